"""What a run keeps in memory does not grow with what it reads."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from weakref import WeakSet

import pytest

from collectors.base import Page
from collectors.runs import collect as collecting
from collectors.runs.patience import Clock, Patience
from data.lake import Lake
from data.model import Account, Campaign, Network, Post

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SIZE = 100  # posts a page


def pages(last: int) -> Iterator[Page]:
    for number in range(1, last + 1):
        posts = range(number * SIZE, (number + 1) * SIZE)
        rows = [Post(Network.X, str(post), Account("1"), NOW) for post in posts]
        yield Page(rows, f"a long cursor of page {number}" if number < last else None)


def test_a_reading_keeps_nothing_of_the_posts_that_it_has_passed_on() -> None:
    patience = Patience(
        lambda cursor: pages(1_000),
        # As far apart as pseudonyms are.
        lambda post: int(post.post_id) * 0x9E3779B97F4A7C15 % 2**60,
        Clock(lambda: NOW, lambda seconds: False),
    )
    held = {}
    tracemalloc.start()
    try:
        for number, page in enumerate(patience.pages(), start=1):
            assert len(page.rows) == SIZE
            if number in (200, 1_000):
                gc.collect()
                held[number * SIZE], _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held[100_000] - held[20_000] < 80_000, "a byte a post"


class Answer:
    """What some clients give: it points to itself, and holds what it has read."""

    def __init__(self) -> None:
        self.itself = self


def test_answers_that_point_to_themselves_go_while_a_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collecting, "_FLUSH_POSTS", 5 * SIZE)
    lake = Lake(tmp_path)
    lake.create(Campaign("essai", "Essai"))
    answers: WeakSet[Answer] = WeakSet()
    most = 0

    def answered() -> Iterator[Page]:
        nonlocal most
        for page in pages(50):
            answers.add(Answer())
            most = max(most, len(answers))
            yield page

    assert collecting.collect(lake.writer("essai", "a"), answered(), lambda: NOW)
    assert most <= 6
