"""Puts pages into the lake as they come, each exactly once."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime

from collectors.base import Page
from data.model import NumberedPage
from data.writer import Writer

_FLUSH_POSTS = 10_000
_FLUSH_SECONDS = 2.0


def collect(
    writer: Writer,
    pages: Iterable[Page],
    now: Callable[[], datetime],
    *,
    first: int = 1,
    stop: threading.Event | None = None,
    note: Callable[[Page], None] = lambda _: None,
) -> bool:
    """Put pages into the lake as they come; True when all are in, False when it was stopped.

    Whole pages are written together every 10,000 posts or 2 seconds, while the next are read:
    a commit costs tens of milliseconds, whatever it holds. A page keeps its number from run
    to run, so that those which are in already are passed over; `first` is that of the first.
    `now` is the moment for posts whose source does not say when they were seen.
    """
    waiting: list[NumberedPage] = []
    is_stopped = False
    with few_collections_of_garbage(), ThreadPoolExecutor(1) as writing:
        written = writing.submit(lambda: None)
        written_at = time.monotonic()
        for number, page in enumerate(pages, start=first):
            waiting.append(NumberedPage(number, page.rows, page.cursor))
            note(page)
            is_stopped = stop is not None and stop.is_set()
            if is_stopped:
                break
            is_due = time.monotonic() - written_at >= _FLUSH_SECONDS
            if is_due or sum(len(it.rows) for it in waiting) >= _FLUSH_POSTS:
                rows = writer.prepare(waiting, now())
                written.result()
                written = writing.submit(writer.commit, rows)
                waiting, written_at = [], time.monotonic()
                # The answers of some clients are cycles, and hold all that they have read.
                gc.collect(0)
        written.result()
        writer.append(waiting, now())
    return not is_stopped


_LOCK = threading.Lock()
_THRESHOLDS: list[tuple[int, int, int]] = []


@contextmanager
def few_collections_of_garbage() -> Iterator[None]:
    """A page is tens of thousands of objects that live for a moment, and few are in a cycle.

    Looking through them for cycles would take half the time of an import. Of several threads
    the last to end puts back what the first had found.
    """
    with _LOCK:
        _THRESHOLDS.append(gc.get_threshold())
        gc.set_threshold(500_000, *_THRESHOLDS[-1][1:])
    try:
        yield
    finally:
        with _LOCK:
            gc.set_threshold(*_THRESHOLDS.pop())
