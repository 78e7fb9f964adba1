"""What all commands say on a terminal, and with which code they end."""

from __future__ import annotations

import json
import sys
import threading
from typing import Any, Protocol

from data.lake import Lake
from data.model import Campaign
from data.store import LakeError
from locales import text

DONE, FAILED, WRONG, PARTIAL, NEEDS_SOMEBODY, INTERRUPTED = 0, 1, 2, 3, 4, 130


class Problem(Protocol):
    """An error that names its sentence: `error.<code>`, with `values` for its gaps."""

    @property
    def code(self) -> str: ...

    @property
    def values(self) -> dict[str, Any]: ...


def sentence(language: str, problem: Problem) -> str:
    """What went wrong, in words."""
    return text(language, f"error.{problem.code}", **problem.values)


def refuse(language: str, problem: Problem) -> int:
    """Say why a command cannot be carried out; gives the exit code."""
    print(sentence(language, problem), file=sys.stderr)
    return WRONG


def show(document: Any) -> None:
    """Print a result for a script."""
    print(json.dumps(document, ensure_ascii=False, indent=2, default=str))


def campaign_of(lake: Lake, campaign_id: str) -> Campaign:
    """The campaign of this id.

    Raises:
        LakeError: there is none (`campaign-unknown`).
    """
    found = lake.campaign(campaign_id)
    if found is None:
        raise LakeError("campaign-unknown", campaign=campaign_id)
    return found


class Bar:
    """A line at the bottom of a terminal that is written over; nothing where there is none."""

    def __init__(self, *, is_quiet: bool) -> None:
        self._is_shown = sys.stderr.isatty() and not is_quiet
        self._lock = threading.Lock()
        self._length = 0

    def show(self, name: str, fraction: float, more: str = "") -> None:
        filled = round(fraction * 30)
        self._write(f"{name}  {'█' * filled}{'░' * (30 - filled)} {fraction:4.0%} {more}".rstrip())

    def clear(self) -> None:
        if self._length:
            self._write("", end="\r")

    def _write(self, line: str, end: str = "") -> None:
        if self._is_shown:
            with self._lock:
                print(f"\r{line.ljust(self._length)}", end=end, file=sys.stderr, flush=True)
                self._length = len(line)
