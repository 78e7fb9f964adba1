"""Collecting from a server on loopback: how much of a run is work, and how much memory it takes.

Work is parsing, pseudonyms and storing, in seconds of processor time, whichever thread does it;
what the networks' own clients take for a call is told beside it.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import child

_ROOT = Path(__file__).resolve().parent.parent
_AT_LEAST = 10_000
#: The first derivations of a run fill what allocators keep for the next: from there on.
_SIZES = (150_000, 300_000)


def measure(posts: int, runs: int) -> bool:
    """Measure each network in turn, and print a table; True where none is under 10,000 a second.

    Processor time is counted, not that of the clock. What else the machine does only adds to
    it, so the smallest of the runs is the truest.
    """
    from collectors.networks.table import NETWORKS
    from data.model import Network

    print(f"{'':10}{'posts':>9}{'calls':>8}{'posts/s of work':>18}{'with the client':>18}{'MB':>8}")
    slow: list[str] = []
    for network in NETWORKS:
        found = [_run(network.value, posts) for _ in range(runs)]
        best = min(found, key=lambda each: float(each["work"]))
        speed = best["posts"] / best["work"]
        all_in = best["posts"] / best["processor"]
        print(
            f"{network:10}{best['posts']:>9,}{best['calls']:>8,}{speed:>18,.0f}{all_in:>18,.0f}"
            f"{(best['peak'] or 0) / 1e6:>8,.0f}",
            flush=True,
        )
        if speed < _AT_LEAST:
            slow.append(network)
    small, large = (_run(Network.X.value, size) for size in _SIZES)
    if small["resident"] and large["resident"]:
        print("MB before the last derivation: ", end="")
        print(", ".join(f"{it['posts']:,} {it['resident'] / 1e6:,.0f}" for it in (small, large)))
        growth = (large["resident"] - small["resident"]) / (large["posts"] - small["posts"])
        print(f"bytes that each further post of x keeps: {growth:,.0f}")
    return not slow


def _run(network: str, posts: int) -> dict[str, Any]:
    serving = [sys.executable, "-m", "benchmarks.collectors", network, str(posts)]
    with (
        TemporaryDirectory() as folder,
        subprocess.Popen(
            serving, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        ) as server,
    ):
        try:
            assert server.stdout is not None
            url = server.stdout.readline().strip()
            return child.run(
                sys.executable, "benchmarks.collectors", "collect", network, url, folder
            )
        finally:
            server.terminate()


def collect(network: str, url: str, home: str) -> dict[str, Any]:
    """Collect all that a server has; posts, calls, seconds of work and of the processor.

    `resident` is the memory before the last derivation, in bytes; None where it is not told.
    """
    from collectors.access.budget import Ledger
    from collectors.networks.table import NETWORKS
    from collectors.runs.patience import Clock
    from collectors.runs.run import run
    from data.lake import Lake
    from data.model import Campaign, Network
    from tests.invented import BEGIN, END, TAG

    lake = Lake(Path(home))
    campaign = replace(
        lake.create(Campaign("mesure", "mesure")),
        hashtags=(TAG,),
        networks=(Network(network),),
        since=BEGIN,
        until=END,
        budget_dollars=1e6,
    )
    lake.update(campaign)
    source = NETWORKS[Network(network)]
    budget = {}
    if "budget" in source.takes:
        budget = {"budget": Ledger(lake.root).budget(campaign, Network(network))}
    collector = importlib.import_module(f"tests.payloads.{network}.server").collector(url, **budget)
    clocks = _Clocks()
    clocks.count_parsing(source.module)
    clocks.count_reading(collector)
    resident: list[int | None] = []
    derive = lake.derive

    def derive_and_tell(campaign_id: str) -> None:
        resident.append(_resident())
        derive(campaign_id)

    lake.derive = derive_and_tell

    before = time.process_time()
    now = datetime.now(UTC)
    [report] = run(lake, campaign, collector, Clock(lambda: now, threading.Event().wait))
    processor = time.process_time() - before
    assert report.outcome == "complete", report
    return {
        "posts": report.new,
        "calls": collector.calls,
        "processor": processor,
        "work": processor - clocks.reading + clocks.parsing,
        "resident": resident[-1],
    }


def _resident() -> int | None:
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    lines = (line.split() for line in status.read_text(encoding="ascii").splitlines())
    return next(int(line[1]) * 1024 for line in lines if line[0] == "VmRSS:")


class _Clocks:
    """Processor seconds inside a collector's pages, and inside its parser there."""

    def __init__(self) -> None:
        self.reading = self.parsing = 0.0

    def count_reading(self, collector: Any) -> None:
        pages: Callable[..., Iterator[Any]] = collector.pages

        def read(*given: Any) -> Iterator[Any]:
            found = pages(*given)
            while True:
                begin = time.thread_time()
                page = next(found, None)
                self.reading += time.thread_time() - begin
                if page is None:
                    return
                yield page

        collector.pages = read

    def count_parsing(self, module: str) -> None:
        parsers = importlib.import_module(module)
        for name in ("posts", "posts_of_line"):
            parse = getattr(parsers, name, None)
            if parse is not None:
                setattr(parsers, name, self._counted(parse))

    def _counted(self, parse: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any) -> Any:
            begin = time.thread_time()
            found = parse(*given)
            listed = None if found is None else list(found)
            self.parsing += time.thread_time() - begin
            return None if listed is None else iter(listed)

        return call


def _serve(network: str, posts: int) -> None:
    from tests.invented import Invented
    from tests.loopback import Loopback

    module = importlib.import_module(f"tests.payloads.{network}.server")
    with Loopback(module.Server(Invented(posts)).answer) as server:
        print(server.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    _serve(sys.argv[1], int(sys.argv[2]))
