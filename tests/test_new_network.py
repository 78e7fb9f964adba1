"""The network that ARCHITECTURE adds is covered by the tests of all the others."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")


def apply(diff: str, folder: Path) -> None:
    """Carries out a diff that adds files, and lines to files."""
    for part in re.split(r"^diff --git .*\n", diff, flags=re.MULTILINE)[1:]:
        target = re.search(r"^\+\+\+ b/(.+)$", part, re.MULTILINE)
        assert target is not None
        file = folder / target[1]
        hunk = part.split("@@\n", 1)[-1] if "new file mode" in part else part.split("@@")[-1]
        lines = hunk.splitlines()
        if "new file mode" in part:
            file.parent.mkdir(parents=True, exist_ok=True)
            written = "".join(f"{line[1:]}\n" for line in lines if line.startswith("+"))
        else:
            kept = [line[1:] for line in lines[1:] if line.startswith(" ")]
            added = [line[1:] for line in lines[1:] if line[:1] in {" ", "+"}]
            text = file.read_text(encoding="utf-8")
            assert text.count("\n".join(kept)) == 1
            written = text.replace("\n".join(kept), "\n".join(added))
        file.write_text(written, encoding="utf-8", newline="\n")


def test_the_network_that_architecture_adds_passes_what_all_networks_pass(tmp_path: Path) -> None:
    [diff] = re.findall(
        r"```diff\n(.*?)```", (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"), re.DOTALL
    )
    copy = tmp_path / "copie"
    copy.mkdir()
    for room in ("collectors", "data", "locales", "tests"):
        shutil.copytree(ROOT / room, copy / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    apply(diff, copy)
    chosen = "instagram and (500 or HTML or page or endless)"
    done = subprocess.run(
        [*PYTEST, "-k", chosen, "tests/test_faults.py"],
        cwd=copy,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:]
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) >= 13
