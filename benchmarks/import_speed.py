"""twarc2 JSONL into the lake, side by side with twarc-csv, which writes it as CSV."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import child, environment

_FEWEST_AUTHORS = 10_000
_CAMPAIGN = "mesure"


def compare(posts: int, runs: int, cache: Path) -> None:
    """Measure both in turns, and print a table and what takes the time in ours.

    Ours is everything: pseudonyms, commits and the derived posts. Only the loading of modules
    is left out, on both sides. The median of the runs counts.
    """
    twarc = environment.python(cache)
    file = _file(cache, posts)
    print(f"{posts:,} posts, {file.stat().st_size / 1e6:,.0f} MB", flush=True)
    peers, ours = [], []
    print(f"{'run':>8}{'twarc-csv':>16}{'Porte-voix':>16}   posts/s", flush=True)
    for number in range(1, runs + 1):
        with TemporaryDirectory() as folder:
            peers.append(
                child.run(twarc, "benchmarks.peer", "convert", file, Path(folder, "posts.csv"))
            )
            ours.append(
                child.run(sys.executable, "benchmarks.import_speed", "bring_in", file, folder)
            )
        assert peers[-1]["posts"] == ours[-1]["posts"] == posts
        assert ours[-1]["authors"] >= _FEWEST_AUTHORS, "too few authors: take more posts"
        print(_row(str(number), posts / peers[-1]["seconds"], posts / ours[-1]["seconds"]))
    speeds = [posts / median(each["seconds"] for each in side) for side in (peers, ours)]
    print(_row("median", *speeds) + f"   {speeds[1] / speeds[0]:.1f} times")
    memory = [median(each["peak"] or 0 for each in side) / 1e6 for side in (peers, ours)]
    print(_row("MB", *memory) + "   peak memory")
    print(f"{ours[0]['authors']:,} authors; the lake takes {ours[0]['size'] / 1e6:.0f} MB")
    with TemporaryDirectory() as folder:
        spent = child.run(sys.executable, "benchmarks.import_speed", "take_apart", file, folder)
    print("seconds: " + ", ".join(f"{name} {spent[name]:.2f}" for name in (*_PARTS, "all")))


def beside(
    posts: int, runs: int, cache: Path, peers: Path
) -> dict[str, tuple[tuple[float, float], tuple[float, float]]]:
    """Ours and each peer in turns: by the peer, seconds and memory of ours, then the peer's."""
    file = _file(cache, posts)
    found: dict[str, list[dict[str, Any]]] = {"": [], "twarc-csv": [], "twitwi": []}
    for _ in range(runs):
        with TemporaryDirectory() as folder:
            csv = Path(folder, "posts.csv")
            for peer, function in (("twarc-csv", "convert"), ("twitwi", "normalise")):
                found[peer].append(child.run(peers, "benchmarks.peer", function, file, csv))
            found[""].append(
                child.run(sys.executable, "benchmarks.import_speed", "bring_in", file, folder)
            )
        assert all(each[-1]["posts"] == posts for each in found.values())
    sides = {
        peer: (median(it["seconds"] for it in each), median(it["peak"] or 0 for it in each))
        for peer, each in found.items()
    }
    return {peer: (sides[""], side) for peer, side in sides.items() if peer}


def bring_in(file: str, home: str) -> dict[str, Any]:
    """Import a file into a fresh lake; seconds, posts, authors, and the lake's size in bytes."""
    from collectors.runs.imports import import_file
    from data.lake import Lake
    from data.model import Campaign

    start = time.perf_counter()
    lake = Lake(Path(home))
    lake.create(Campaign(_CAMPAIGN, _CAMPAIGN))
    report = import_file(lake, Path(file), _CAMPAIGN)
    seconds = time.perf_counter() - start
    assert report.outcome == "complete"
    assert report.new == report.read
    authors = lake.posts(_CAMPAIGN).select("author_id").unique().collect()
    stored = (each.stat().st_size for each in (lake.root / "lake").rglob("*") if each.is_file())
    return {
        "seconds": seconds,
        "posts": report.new,
        "authors": len(authors),
        "size": sum(stored),
    }


_PARTS = ("parse", "pseudonyms", "write", "derive")


def take_apart(file: str, home: str) -> dict[str, Any]:
    """The same with a clock at each part: seconds of `_PARTS`, and of `all`.

    A part's time is without that of the parts inside it. Reading and writing go on at once,
    each waiting for the other's share of Python, so that together they are more than all.
    """
    from collectors.files import Source
    from data.lake import Lake
    from data.pseudonyms import Pseudonyms
    from data.writer import Writer

    spent: Counter[str] = Counter()
    inside = threading.local()

    def clocked(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            around, inside.seconds = getattr(inside, "seconds", 0.0), 0.0
            start = time.perf_counter()
            try:
                return function(*given, **named)
            finally:
                seconds = time.perf_counter() - start
                spent[name] += seconds - inside.seconds
                inside.seconds = around + seconds

        return call

    def clocked_pages(pages: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
        def call(*given: Any, **named: Any) -> Iterator[Any]:
            read = pages(*given, **named)
            return iter(clocked("parse", lambda: next(read, None)), None)

        return call

    Source.pages = clocked_pages(Source.pages)  # type: ignore[method-assign]
    Pseudonyms.rows = clocked("pseudonyms", Pseudonyms.rows)  # type: ignore[method-assign]
    Writer.commit = clocked("write", Writer.commit)  # type: ignore[method-assign]
    Lake.derive = clocked("derive", Lake.derive)  # type: ignore[method-assign]
    return {"all": bring_in(file, home)["seconds"], **spent}


def write_pages(file: str, posts: str) -> dict[str, Any]:
    """Write a search's pages as twarc2 does, one a line."""
    from benchmarks.pages import twarc_pages

    with Path(file).open("w", encoding="utf-8", newline="\n") as written:
        for page in twarc_pages(posts=int(posts)):
            written.write(json.dumps(page) + "\n")
    return {}


def _file(cache: Path, posts: int) -> Path:
    """The pages, written once; named by what makes them, so that no older file is measured."""
    made_by = sha256(Path(__file__).with_name("pages.py").read_bytes()).hexdigest()[:8]
    file = cache / f"twarc2-{posts}-{made_by}.jsonl"
    if not file.exists():
        print(f"writing {file} …", flush=True)
        cache.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(".part")
        child.run(sys.executable, "benchmarks.import_speed", "write_pages", unfinished, str(posts))
        unfinished.replace(file)
    return file


def _row(name: str, peer: float, ours: float) -> str:
    return f"{name:>8}{peer:>16,.0f}{ours:>16,.0f}"
