"""The recipes of `docs/`, applied to a copy of the program."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
_COPIED = (
    *("analysis", "collectors", "data", "findings", "locales", "reports", "tests", "views"),
    *(".streamlit", "app.py", "pyproject.toml"),
)


class Change(NamedTuple):
    """What a recipe does to one file: its lines added, and how many."""

    path: str
    added: int


def diff_of(name: str) -> str:
    """The one diff of a recipe."""
    text = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    [diff] = re.findall(r"```diff\n(.*?)```", text, re.DOTALL)
    return str(diff)


def changes(diff: str) -> Iterator[Change]:
    """What a diff adds, file by file."""
    for part in _parts(diff):
        added = [line for line in part.splitlines() if line.startswith("+")]
        yield Change(_target(part), len(added) - 1)  # the line that names the file


def applied(name: str, folder: Path) -> Path:
    """A copy of the program with a recipe carried out in it."""
    copy = folder / "copie"
    copy.mkdir()
    for each in _COPIED:
        if (ROOT / each).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / each, copy / each, ignore=ignored)
        else:
            shutil.copy(ROOT / each, copy / each)
    for part in _parts(diff_of(name)):
        file = copy / _target(part)
        hunks = re.split(r"^@@.*\n", part, flags=re.MULTILINE)[1:]
        if "new file mode" in part:
            file.parent.mkdir(parents=True, exist_ok=True)
            written = "".join(f"{line[1:]}\n" for line in hunks[0].splitlines())
        else:
            written = file.read_text(encoding="utf-8")
            for hunk in hunks:
                lines = hunk.splitlines()
                kept = "\n".join(line[1:] for line in lines if line.startswith(" "))
                added = "\n".join(line[1:] for line in lines)
                assert written.count(kept) == 1, (file, kept)
                written = written.replace(kept, added)
        file.write_text(written, encoding="utf-8", newline="\n")
    return copy


def passes(copy: Path, *asked: str) -> int:
    """How many tests pass in a copy; fails where one does not."""
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", *asked]
    done = subprocess.run(command, cwd=copy, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout[-6000:]
    found = re.search(r"(\d+) passed", done.stdout)
    return int(found[1]) if found else 0


def _parts(diff: str) -> list[str]:
    return re.split(r"^diff --git .*\n", diff, flags=re.MULTILINE)[1:]


def _target(part: str) -> str:
    found = re.search(r"^\+\+\+ b/(.+)$", part, re.MULTILINE)
    assert found is not None
    return found[1]
