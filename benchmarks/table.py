"""One table: each piece of work beside the peer that does the same, at growing sizes.

Each measurement has a process of its own; ours and the peer's take turns, and the median of the
runs counts. What takes longer than a minute runs once. Where both give rows, the rows must be
the same, or there is no number.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import campaign, child, environment, import_speed, inputs, queries

_SQL, _EXPLORER, _TOOLKIT = "DuckDB SQL", "twitter-explorer", "coordination toolkit"
#: Peers hold every post in memory, or take hours: they run to a million posts, and this long.
_MOST_POSTS_OF_PEERS, _LONGEST_SECONDS = 1_000_000, 1_800
#: What runs longer runs once.
_LONG_SECONDS = 60
_POSTS_OF_IMPORTS = 100_000
_PRECISION = 1e-9
_PRECISION_OF_RANKS = 1e-9  # of an account's share of 1: a thousandth of what is asked for

#: From so many posts on, the Overview is work and not mostly a start.
_LARGE = 10_000_000
_LARGEST_RATIO, _LARGEST_PEAK, _LARGEST_GROWTH, _TIMES_FASTER = 1.5, 3e9, 12, 10

#: What is measured; the seconds are those of the work, and modules are loaded before.
_NOTES = """
The Overview is the page itself: the seconds in which it waits for what it shows, the whole
campaign chosen and nothing kept; the SQL answers the same questions, each once, and stops where
pandas begins. Its memory is that of the page and of the process that works out its reach, each at
its largest. Other rows of DuckDB SQL are single aggregates.
twitter-explorer builds its network from posts in memory, ours reads them from the lake. networkx
builds its graph from the edges that ours reads, in memory on both sides. The coordination toolkit
starts from its own database, without the time to fill it; its memory is that of its largest
process. twarc-csv flattens twarc2's JSON and writes CSV; twitwi writes fewer columns of it; ours
parses, makes pseudonyms, stores and derives the posts.
"""


@dataclass(frozen=True)
class _Work:
    """A row: ours and the peer's, each a module, a function and what it is given."""

    name: str
    peer: str
    ours: Callable[[Path], tuple[str | Path, ...]]
    theirs: Callable[[Path], tuple[str | Path, ...]]
    is_same: Callable[[pd.DataFrame, pd.DataFrame], bool] | None
    is_of_peers: bool = True


@dataclass(frozen=True)
class _Result:
    seconds: float | None
    peak: float | None


def measure(sizes: list[int], runs: int, cache: Path) -> bool:
    """Measure everything, and print the table; whether all limits hold."""
    try:
        peers = environment.python(cache)
    except subprocess.CalledProcessError:
        print("the peers could not be installed: only DuckDB SQL is beside ours")
        peers = None
    print(_line("", "peer", "posts", "ours s", "peer s", "ratio", "ours MB", "peer MB", "growth"))
    found: dict[tuple[str, int], tuple[_Result, _Result]] = {}
    for size in sizes:
        home = campaign.home(size, cache)
        for work in _works(peers):
            if work.is_of_peers and size > _MOST_POSTS_OF_PEERS:
                both = _in_turns(work, home, runs, peers, with_peer=False)
            else:
                both = _in_turns(work, home, runs, peers)
            found[work.name, size] = both
            before = found.get((work.name, size // 10))
            _show(work.name, work.peer, size, *both, before and before[0])
        if size == _POSTS_OF_IMPORTS and peers:
            for peer, both in import_speed.beside(_POSTS_OF_IMPORTS, runs, cache, peers).items():
                sides = (_Result(*side) for side in both)
                _show("import of JSON", peer, size, *sides, None)
    print(_NOTES)
    return _judge(found, sizes)


def _works(peers: Path | None) -> list[_Work]:
    """The Overview, its aggregates, then what networks are made of."""
    everything = [
        _Work(
            "Overview, whole",
            _SQL,
            lambda home: ("benchmarks.ours", "overview", home),
            lambda home: ("benchmarks.queries", "ask", "overview", home, "-"),
            None,
            is_of_peers=False,
        )
    ]
    for name in queries.QUERIES:
        everything.append(
            _Work(
                name,
                _SQL,
                lambda home, name=name: ("benchmarks.ours", "ask", name, home),
                lambda home, name=name: ("benchmarks.queries", "ask", name, home),
                _are_equal,
                is_of_peers=False,
            )
        )
    if peers is None:
        return everything
    everything += [
        _Work(
            "co-hashtag pairs",
            _EXPLORER,
            lambda home: ("benchmarks.ours", "ask", "hashtag_pairs", home),
            lambda home: ("benchmarks.peer", "hashtag_pairs", inputs.path(home, "twitwi.csv")),
            _are_equal_in_any_order,
        ),
        _Work(
            "PageRank",
            "networkx",
            lambda home: ("benchmarks.ours", "pagerank", inputs.path(home, "edges.parquet")),
            lambda home: ("benchmarks.peer", "pagerank", inputs.path(home, "edges.parquet")),
            _are_ranked_alike,
        ),
    ]
    for action, name in (("repost", "co-repost"), ("text", "co-tweet"), ("link", "co-link")):
        everything.append(
            _Work(
                name,
                _TOOLKIT,
                lambda home, action=action: ("benchmarks.ours", "co_actions", action, home),
                lambda home, action=action: (
                    *("benchmarks.peer", "co_actions", action),
                    inputs.path(home, f"{action}.db", peers),
                ),
                _are_equal_in_any_order,
            )
        )
    return everything


def _in_turns(
    work: _Work, home: Path, runs: int, peers: Path | None, *, with_peer: bool = True
) -> tuple[_Result, _Result]:
    python = peers if work.is_of_peers and peers else sys.executable
    ours: list[dict[str, Any]] = []
    theirs: list[dict[str, Any]] = []
    is_late = False
    with TemporaryDirectory() as folder:
        answers = Path(folder, "ours.parquet"), Path(folder, "theirs.parquet")
        for _ in range(runs):
            if _goes_on(ours):
                given = (answers[0],) if work.is_same else ()
                ours.append(child.run(sys.executable, *work.ours(home), *given))
            if with_peer and not is_late and _goes_on(theirs):
                given = (answers[1],) if work.is_same else ()
                try:
                    theirs.append(
                        child.run(python, *work.theirs(home), *given, seconds=_LONGEST_SECONDS)
                    )
                except subprocess.TimeoutExpired:
                    is_late = True
        if work.is_same and theirs:
            rows = [pd.read_parquet(answer, dtype_backend="pyarrow") for answer in answers]
            assert work.is_same(*rows), f"{work.name}: ours and {work.peer} differ"
    return _result(ours), _result(theirs)


def _goes_on(runs: list[dict[str, Any]]) -> bool:
    return not runs or runs[0]["seconds"] < _LONG_SECONDS


def _result(runs: list[dict[str, Any]]) -> _Result:
    if not runs:
        return _Result(None, None)
    return _Result(
        median(run["seconds"] for run in runs), median(run["peak"] or np.nan for run in runs)
    )


def _are_equal(ours: pd.DataFrame, theirs: pd.DataFrame) -> bool:
    """The same rows in the same order; fractions to nine digits."""
    if {*ours} != {*theirs} or len(ours) != len(theirs):
        return False
    return all(_is_equal(ours[name], theirs[name]) for name in ours)


def _is_equal(ours: pd.Series[Any], theirs: pd.Series[Any]) -> bool:
    if (ours.isna() != theirs.isna()).any():
        return False
    ours, theirs = ours.dropna(), theirs.dropna()
    if pd.api.types.is_float_dtype(ours.dtype):
        return np.allclose(ours.to_numpy(float), theirs.to_numpy(float), rtol=_PRECISION, atol=0)
    # Lists are compared as they are, and zones of time by the moment they mean.
    return ours.tolist() == theirs.tolist()


def _are_equal_in_any_order(ours: pd.DataFrame, theirs: pd.DataFrame) -> bool:
    names = list(ours)
    return _are_equal(
        ours.sort_values(names[:2], ignore_index=True),
        theirs[names].astype(ours.dtypes).sort_values(names[:2], ignore_index=True),
    )


def _are_ranked_alike(ours: pd.DataFrame, theirs: pd.DataFrame) -> bool:
    both = ours.merge(theirs, on="author_id", suffixes=("", "_theirs"))
    off = (both["pagerank"] - both["pagerank_theirs"]).abs().max()
    return len(both) == len(ours) == len(theirs) and off < _PRECISION_OF_RANKS


def _show(
    name: str, peer: str, size: int, ours: _Result, theirs: _Result, before: _Result | None
) -> None:
    growth = before and before.seconds and ours.seconds and ours.seconds / before.seconds
    print(
        _line(
            name,
            peer,
            f"{size:,}",
            _number(ours.seconds, 2),
            _number(theirs.seconds, 2),
            _number(_ratio(ours, theirs), 2),
            _number(ours.peak and ours.peak / 1e6),
            _number(theirs.peak and theirs.peak / 1e6),
            _number(growth, 1),
        ),
        flush=True,
    )


def _line(*cells: str) -> str:
    name, peer, *numbers = cells
    return f"{name:18}{peer:22}" + "".join(f"{cell:>11}" for cell in numbers)


def _number(value: float | None, digits: int = 0) -> str:
    return "–" if not value else f"{value:,.{digits}f}"


def _ratio(ours: _Result, theirs: _Result) -> float | None:
    return ours.seconds / theirs.seconds if ours.seconds and theirs.seconds else None


def _judge(found: dict[tuple[str, int], tuple[_Result, _Result]], sizes: list[int]) -> bool:
    """Hold the largest size of each against its limit."""
    limits: list[tuple[str, float | None, float]] = []
    whole, sql = found["Overview, whole", sizes[-1]]
    if sizes[-1] >= _LARGE:
        limits.append(("Overview beside SQL", _ratio(whole, sql), _LARGEST_RATIO))
    limits.append(("Overview's memory, GB", (whole.peak or 0) / 1e9, _LARGEST_PEAK / 1e9))
    if before := found.get(("Overview, whole", sizes[-1] // 10)):
        limits.append(("Overview's growth", _ratio(whole, before[0]), _LARGEST_GROWTH))
    for name in ("co-hashtag pairs", "PageRank"):
        measured = [found[name, size] for size in sizes if (name, size) in found]
        ratios = [ratio for both in measured if (ratio := _ratio(*both))]
        if ratios:
            limits.append((f"{name} beside the peer", ratios[-1], 1 / _TIMES_FASTER))
    for name, value, most in limits:
        held = value is not None and value <= most
        print(f"{name:36}{_number(value, 3)} (at most {most:g}){'' if held else '  TOO MUCH'}")
    return all(value is not None and value <= most for _, value, most in limits)
