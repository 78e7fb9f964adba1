"""What has been read of a campaign's time, and what has not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from collectors.runs.coverage import Window, covered, gaps
from data.model import Network

FIRST = datetime(2026, 6, 1, tzinfo=UTC)


def hour(number: int) -> datetime:
    return FIRST + timedelta(hours=number)


windows = st.tuples(st.integers(0, 100), st.integers(1, 40)).map(
    lambda it: Window(hour(it[0]), hour(it[0] + it[1]))
)


@given(whole=windows, read=st.lists(windows, max_size=8))
def test_every_hour_is_either_read_or_in_a_gap_and_never_both(whole, read) -> None:
    found = gaps(whole, read)
    for number in range(0, 150):
        at = hour(number)
        is_inside = whole.since <= at < whole.until
        is_read = any(it.since <= at < it.until for it in read)
        in_gaps = sum(it.since <= at < it.until for it in found)
        assert in_gaps == int(is_inside and not is_read)


@given(whole=windows, read=st.lists(windows, max_size=8))
def test_gaps_come_newest_first_and_are_never_empty(whole, read) -> None:
    found = gaps(whole, read)
    assert all(it.since < it.until for it in found)
    assert found == sorted(found, key=lambda it: it.until, reverse=True)


def test_a_campaign_without_a_beginning_has_a_gap_without_one() -> None:
    assert gaps(Window(None, hour(9)), [Window(hour(2), hour(5))]) == [
        Window(hour(5), hour(9)),
        Window(None, hour(2)),
    ]
    assert gaps(Window(None, hour(9)), [Window(None, hour(9))]) == []


def runs(*rows: dict) -> pd.DataFrame:
    usual = {"network": "x", "source": "#essai", "outcome": "complete"}
    frame = pd.DataFrame([usual | row for row in rows])
    for name in ("since", "until", "started_at"):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    return frame


def read_of(frame: pd.DataFrame, *, strictly: bool = False, now: int = 100) -> list[Window]:
    return covered(frame, Network.X, "#essai", hour(now), strictly=strictly)


def test_the_last_hour_before_a_run_is_not_counted_as_read() -> None:
    row = {"since": hour(0), "until": hour(10), "started_at": hour(10)}
    assert read_of(runs(row)) == [Window(hour(0), hour(9))]
    later = row | {"started_at": hour(30)}
    assert read_of(runs(later)) == [Window(hour(0), hour(10))]


def test_other_hashtags_other_networks_and_runs_that_failed_cover_nothing() -> None:
    row = {"since": hour(0), "until": hour(10), "started_at": hour(30)}
    others = [{"source": "#autre"}, {"network": "reddit"}, {"outcome": "failed"}]
    assert read_of(runs(*(row | other for other in others))) == []


def test_what_was_missed_is_tried_again_a_day_later_for_a_week() -> None:
    row = {
        "since": hour(0),
        "until": hour(10),
        "started_at": hour(12),
        "outcome": "incomplete",
    }
    window = [Window(hour(0), hour(10))]
    assert read_of(runs(row), now=20) == window
    assert read_of(runs(row), now=40) == []
    assert read_of(runs(row), now=24 * 9) == window
    assert read_of(runs(row), now=20, strictly=True) == []
