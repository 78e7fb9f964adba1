"""Runs a piece of work in a process of its own, so that its memory can be told from the rest.

`python -m benchmarks.child MODULE FUNCTION ARGUMENT…` calls the function with these strings and
prints, as JSON, the facts that it gives and the largest memory that the process has had; a
function that does more than what is measured gives its `peak` itself.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parent.parent


def run(
    python: str | Path,
    module: str,
    function: str,
    *arguments: str | Path,
    seconds: float | None = None,
) -> dict[str, Any]:
    """The facts that a function gives, and `peak`: bytes, null where the system does not say.

    Raises:
        subprocess.CalledProcessError: it failed; what it wrote is on the screen.
        subprocess.TimeoutExpired: it took longer than `seconds`.
    """
    # A developer's own keyring is none of a benchmark's business.
    environment = {**os.environ, "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    command = [python, "-m", "benchmarks.child", module, function, *arguments]
    with subprocess.Popen(
        command,
        cwd=_ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    ) as process:
        try:
            said, _ = process.communicate(timeout=seconds)
        except BaseException:
            _end(process)
            raise
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    facts: dict[str, Any] = json.loads(said.splitlines()[-1])
    return facts


def _end(process: subprocess.Popen[str]) -> None:
    """End a process and those that it has started, where the system tells them from others."""
    if sys.platform == "win32":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)


def peak(process: int | None = None) -> int | None:
    """The largest memory that a process has had until now, in bytes; without a number, this one.

    Of others, and of some systems, it is not known.
    """
    status = Path(f"/proc/{process or 'self'}/status")
    if status.exists():  # getrusage would count the process that started this one
        lines = (line.split() for line in status.read_text(encoding="ascii").splitlines())
        return next(int(line[1]) * 1024 for line in lines if line[0] == "VmHWM:")
    try:
        import resource
    except ImportError:
        return None
    if process:
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    called = getattr(importlib.import_module(sys.argv[1]), sys.argv[2])
    facts = called(*sys.argv[3:])
    print(json.dumps({"peak": peak(), **facts}))
