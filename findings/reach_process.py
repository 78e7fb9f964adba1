"""The reach, worked out in a process of its own: it takes all that a computer has for a while.

Pages go before it. In their own process it would hold Python's lock, and four people would wait
for one. The other process is started with the program, and ends with it: what it is asked comes
through a pipe that closes then.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from analysis import aggregates
from analysis.reach.reached import Reached
from analysis.reach.reached import reached as _reached
from data.lake import Lake

_ROOT = Path(__file__).resolve().parents[1]
_NICE = 10

#: What `start` needs: on Windows no console window and less priority, elsewhere no Ctrl-C, which
#: is for the program that asks; this one ends when that does.
_DETACHED: dict[str, Any]
if sys.platform == "win32":
    _DETACHED = {
        "creationflags": subprocess.CREATE_NO_WINDOW | subprocess.BELOW_NORMAL_PRIORITY_CLASS
    }
else:
    _DETACHED = {"start_new_session": True}

#: One thing after another: who asks holds this until there is an answer.
_LOCK = threading.Lock()
_process: subprocess.Popen[bytes] | None = None


def start() -> subprocess.Popen[bytes]:
    """Starts the other process, unless it runs already."""
    global _process  # noqa: PLW0603
    if _process is None or _process.poll() is not None:
        command = [sys.executable, "-m", __name__]
        _process = subprocess.Popen(  # noqa: S603  (this very module)
            command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **_DETACHED
        )
    return _process


def stop() -> None:
    """Ends the other process, whatever it is at."""
    if _process is not None:
        _process.kill()
        _process.wait()


def reached(
    lake: Lake,
    campaign_id: str,
    asked: dict[str, Any],
    by_network: pd.DataFrame | None = None,
) -> Reached:
    """`analysis.reach.reached.reached` of the posts that `aggregates.selected` gives for `asked`.

    Any network and kind of post is estimated by what is known of all. `by_network` as there.

    Raises:
        OSError, EOFError: the other process has ended; the next call starts another.
    """
    with _LOCK:
        process = start()
        questions, answers = process.stdin, process.stdout
        assert questions is not None and answers is not None  # noqa: S101  (started with pipes)
        pickle.dump((lake.root.resolve(), campaign_id, asked, by_network), questions)
        questions.flush()
        found: Reached | Exception = pickle.load(answers)  # noqa: S301  (our own process)
    if isinstance(found, Exception):
        raise found
    return found


def work_out(
    root: Path, campaign_id: str, asked: dict[str, Any], by_network: pd.DataFrame | None
) -> Reached:
    """What `reached` gives, worked out here."""
    posts = Lake(root).posts(campaign_id)
    is_part = bool(asked["networks"] or asked["kinds"])
    whole = {**asked, "networks": (), "kinds": ()}
    return _reached(
        aggregates.selected(posts, **asked),
        aggregates.selected(posts, **whole) if is_part else None,
        by_network,
    )


def _give_way() -> None:
    """Less priority where it is not given at the start: Linux weighs sessions before processes."""
    if hasattr(os, "nice"):
        os.nice(_NICE)
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(_NICE), encoding="ascii")


def _answer(questions: BinaryIO, answers: BinaryIO) -> None:
    while True:
        try:
            question = pickle.load(questions)  # noqa: S301  (our own process)
        except EOFError:
            return
        answer: Reached | Exception
        try:
            answer = work_out(*question)
        except Exception as error:  # raised again where it was asked
            answer = error
        pickle.dump(answer, answers)
        answers.flush()


if __name__ == "__main__":
    _give_way()
    # What is printed goes where errors go: the pipe is for answers alone.
    pipe = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    _answer(sys.stdin.buffer, pipe)
