"""The program at the work that its peers are measured at; each function in its own process."""

from __future__ import annotations

import importlib
import inspect
import os
import time
from collections.abc import Callable
from functools import partial, wraps
from pathlib import Path
from typing import Any

from benchmarks import child
from benchmarks.campaign import CAMPAIGN

_ROOT = Path(__file__).resolve().parent.parent
_EVERYTHING = 1_000_000


def ask(name: str, home: str, answer: str) -> dict[str, Any]:
    """Ask one aggregate, of the name and with the arguments of `queries.QUERIES`."""
    from analysis import aggregates
    from data.lake import Lake

    asked: dict[str, Callable[..., Any]] = {
        "most_used": partial(aggregates.most_used, most=10),
        "hashtags": partial(aggregates.hashtags, most=10),
        "hashtag_pairs": partial(aggregates.hashtag_pairs, most=_EVERYTHING),
        "most_engaging": partial(aggregates.most_engaging, most=50),
        "missing_views": partial(aggregates.missing_views, model=_model()),
        "cascades": partial(aggregates.cascades, most=10_000),
    }
    aggregate = asked.get(name) or getattr(aggregates, name)
    start = time.perf_counter()
    posts = Lake(Path(home)).posts(CAMPAIGN)
    if name not in ("by_network", "hashtag_pairs"):
        posts = aggregates.comparable(posts, ())
    rows = aggregate(posts)
    return _written(rows, answer, time.perf_counter() - start)


def overview(home: str) -> dict[str, Any]:
    """Open the page itself, with nothing kept: the seconds in which any loader is at work.

    `peak` is that of the page's process and that of the one where the reach is worked out, which
    runs since the program was started.
    """
    os.environ["PORTE_VOIX_HOME"] = home
    from findings import reach_process

    other = reach_process.start()
    from streamlit.logger import set_log_level
    from streamlit.testing.v1 import AppTest

    set_log_level("ERROR")  # it misses its server at every turn
    reader = importlib.import_module("views.parts.loaders").reader
    worked = _clocked(reader)
    page = AppTest.from_file(str(_ROOT / "views" / "frame.py"), default_timeout=3600)
    page.query_params.update({"campaign": CAMPAIGN, "period": "all", "lang": "fr"})
    page.run()
    assert not page.exception, page.exception
    assert page.title[0].value == "Vue d’ensemble", page.title
    # What a card left to be worked out meanwhile.
    for name, chosen in importlib.import_module("views.parts.polling")._WORKS:
        getattr(reader, name)(chosen)
    seconds = _together([(begin, end) for _, begin, end in worked])
    peaks = [child.peak(), child.peak(other.pid)]
    reach_process.stop()
    peak = None if None in peaks else sum(peaks)
    return {"seconds": seconds, "peak": peak, "worked": worked}


def co_actions(action: str, home: str, answer: str) -> dict[str, Any]:
    """The pairs of accounts within 60 seconds."""
    from analysis import aggregates
    from data.lake import Lake

    start = time.perf_counter()
    rows = aggregates.co_actions(Lake(Path(home)).posts(CAMPAIGN), action, 60, fewest_objects=1)
    return _written(rows, answer, time.perf_counter() - start)


def pagerank(edges: str, answer: str) -> dict[str, Any]:
    """The rank of each account in a file of edges that is in memory already."""
    import pandas as pd

    from analysis.people import network

    known = pd.read_parquet(edges, dtype_backend="pyarrow")
    start = time.perf_counter()
    rank = network.pagerank(known)
    seconds = time.perf_counter() - start
    return _written(rank.rename_axis("author_id").reset_index(), answer, seconds)


def _written(rows: Any, answer: str, seconds: float) -> dict[str, Any]:
    facts = {"seconds": seconds, "peak": child.peak()}
    rows.to_parquet(answer, index=False)
    return facts


def _model() -> Any:
    import numpy as np

    from analysis.reach.impressions import Fit, ViewModel
    from benchmarks.queries import SLOPES

    nothing = np.zeros(0)
    return ViewModel({}, Fit((), nothing, nothing, SLOPES, 1.0, 1.0, np.zeros((2, 2)), 0.0))


def _clocked(reader: Any) -> list[tuple[str, float, float]]:
    """Put a clock on every read: what each call was of, when it began and when it ended."""
    worked: list[tuple[str, float, float]] = []

    def clocked(load: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(load)
        def call(*given: Any, **named: Any) -> Any:
            begin = time.perf_counter()
            try:
                return load(*given, **named)
            finally:
                worked.append((load.__name__, begin, time.perf_counter()))

        return call

    for name, read in inspect.getmembers(reader, callable):
        if not name.startswith("__"):
            setattr(reader, name, clocked(read))
    return worked


def _together(spans: list[tuple[float, float]]) -> float:
    """How long at least one of them lasted."""
    seconds = last = 0.0
    for begin, end in sorted(spans):
        seconds += max(end - max(begin, last), 0)
        last = max(last, end)
    return seconds
