"""What takes long, worked out off the page's thread while the page can be used already."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from findings.question import Filters

#: How often a page asks, in seconds.
A_MOMENT = 1.0

#: What is begun leaves the page so long to be drawn first.
_HEAD_START = 0.5

#: Who has not asked for so long has chosen something else, or left.
_LEFT = 3 * A_MOMENT

#: One thing after another: each takes all that the computer has, and pages need some of it.
_WORKER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="polling")
_KEPT = 128

_timer = st.components.v2.component(
    "porte_voix_polling",
    html="<span></span>",
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
)


@dataclass
class _Work:
    first_asked_at: float
    asked_at: float
    begun: Future[None] | None = None


_WORKS: OrderedDict[tuple[str, Filters], _Work] = OrderedDict()
_LOCK = threading.Lock()


def is_done(load: Callable[[Filters], object], chosen: Filters) -> bool:
    """Whether a loader that caches has been called for a filter, or has failed there.

    If not, it will be when its turn comes, unless nobody has asked for a while by then.
    """
    now = time.monotonic()
    with _LOCK:
        work = _WORKS.setdefault((load.__name__, chosen), _Work(now, now))
        work.asked_at = now
        if work.begun is None:
            work.begun = _WORKER.submit(_work_out, load, chosen, work)
        while len(_WORKS) > _KEPT:
            _WORKS.popitem(last=False)
        return work.begun.done()


def ask_again() -> None:
    """Runs the fragment that calls this once more, in a moment."""
    data = {"milliseconds": int(A_MOMENT * 1000), "asked": time.monotonic()}
    _timer(key="polling", data=data, on_moment_change=lambda: None, height=1)


def _work_out(load: Callable[[Filters], object], chosen: Filters, work: _Work) -> None:
    time.sleep(max(0, work.first_asked_at + _HEAD_START - time.monotonic()))
    with _LOCK:
        if time.monotonic() - work.asked_at > _LEFT:
            _WORKS.pop((load.__name__, chosen), None)
            return
    load(chosen)
