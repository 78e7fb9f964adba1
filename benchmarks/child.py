"""Runs a piece of work in a process of its own, so that its memory can be told from the rest.

`python -m benchmarks.child MODULE FUNCTION ARGUMENT…` calls the function with these strings and
prints, as JSON, the facts that it gives and the largest memory that the process has had.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parent.parent


def run(python: str | Path, module: str, function: str, *arguments: str | Path) -> dict[str, Any]:
    """The facts that a function gives, and `peak`: bytes, null where the system does not say.

    Raises:
        subprocess.CalledProcessError: it failed; what it wrote is on the screen.
    """
    # A developer's own keyring is none of a benchmark's business.
    environment = {**os.environ, "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    command = [python, "-m", "benchmarks.child", module, function, *arguments]
    done = subprocess.run(
        command, cwd=_ROOT, env=environment, stdout=subprocess.PIPE, encoding="utf-8", check=True
    )
    facts: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return facts


def _peak() -> int | None:
    status = Path("/proc/self/status")
    if status.exists():  # getrusage would count the process that started this one
        lines = (line.split() for line in status.read_text(encoding="ascii").splitlines())
        return next(int(line[1]) * 1024 for line in lines if line[0] == "VmHWM:")
    try:
        import resource
    except ImportError:
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    called = getattr(importlib.import_module(sys.argv[1]), sys.argv[2])
    print(json.dumps({**called(*sys.argv[3:]), "peak": _peak()}))
