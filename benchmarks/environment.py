"""The peers' own environment: what they need is not what the program needs."""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

_REQUIREMENTS = Path(__file__).with_name("requirements.txt")


def python(cache: Path) -> Path:
    """The Python of the environment of `requirements.txt`, made on first use.

    Raises:
        subprocess.CalledProcessError: it could not be made; why is on the screen.
    """
    named = sha256(_REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()[:8]
    folder = cache / f"peers-{named}"
    found = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not (folder / "complete").exists():
        print(f"installing the peers into {folder} …", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([found, "-m", "pip", "install", "-q", "-r", _REQUIREMENTS], check=True)
        (folder / "complete").touch()
    return found
