"""The reach is worked out in a process of its own, which pages go before."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.lake import Lake
from findings import reach_process

ROOT = Path(__file__).resolve().parent.parent
CAMPAIGN = "demo-puits"
ASKED = {"since": None, "until": None, "networks": (), "kinds": ("original",)}


@pytest.fixture(autouse=True)
def _ended() -> Iterator[None]:
    yield
    reach_process.stop()


def test_what_is_worked_out_there_is_what_is_worked_out_here() -> None:
    lake = Lake.demo()
    found = reach_process.reached(lake, CAMPAIGN, ASKED)
    here = reach_process.work_out(lake.root, CAMPAIGN, ASKED, None)
    assert reach_process.start().pid != os.getpid()
    assert found.measures.keys() == here.measures.keys()
    for name, measure in here.measures.items():
        # Engines add up in the order in which threads come.
        assert found.measures[name].value == pytest.approx(measure.value), name
        assert found.measures[name].low == pytest.approx(measure.low), name


def test_a_home_may_be_named_from_where_the_program_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(Lake.demo().root, tmp_path / "maison")
    monkeypatch.chdir(tmp_path)
    assert (
        reach_process.reached(Lake(Path("maison")), CAMPAIGN, ASKED)
        .measures["estimated_reach"]
        .value
    )


def test_what_fails_there_fails_here_and_the_next_is_worked_out() -> None:
    with pytest.raises(KeyError, match="networks"):
        reach_process.reached(Lake.demo(), CAMPAIGN, {})
    process = reach_process.start()
    assert reach_process.reached(Lake.demo(), CAMPAIGN, ASKED).measures
    assert reach_process.start() is process


def test_when_it_is_killed_it_says_so_and_another_takes_its_place() -> None:
    process = reach_process.start()
    process.kill()
    process.wait()
    assert reach_process.reached(Lake.demo(), CAMPAIGN, ASKED).measures
    assert reach_process.start() is not process


@pytest.mark.skipif(sys.platform == "win32", reason="Windows is told when it is started")
def test_it_has_less_priority_than_pages() -> None:
    reach_process.reached(Lake.demo(), CAMPAIGN, ASKED)
    pid = reach_process.start().pid
    here = os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getpriority(os.PRIO_PROCESS, pid) > here
    group = Path(f"/proc/{pid}/autogroup")
    if group.exists():
        assert group.read_text().split()[-1] != "0"


def test_it_ends_with_the_program_even_with_one_that_is_killed() -> None:
    script = (
        "import time; from findings import reach_process;"
        "print(reach_process.start().pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        pid = int(program.stdout.readline())
        assert _is_running(pid)
        program.kill()
    for _ in range(200):
        if not _is_running(pid):
            return
        time.sleep(0.1)
    os.kill(pid, signal.SIGTERM)
    pytest.fail("it goes on without the program")


def _is_running(pid: int) -> bool:
    if sys.platform == "win32":
        listed = subprocess.run(
            ["tasklist", "/fi", f"pid eq {pid}"], capture_output=True, text=True, check=True
        )
        return str(pid) in listed.stdout
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # Nobody may have collected it yet.
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"
