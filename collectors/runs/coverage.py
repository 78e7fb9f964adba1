"""Which stretches of a campaign's time have been read from a network, and which have not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pandas as pd

from data.model import Network

_EVER = datetime.min.replace(tzinfo=UTC)


class Window(NamedTuple):
    """A stretch of time, UTC: from `since` (included; None is ever) to `until` (excluded)."""

    since: datetime | None
    until: datetime


#: Networks index a post some time after it was written: what a run saw of the last hour before
#: it is not counted as read.
_INDEXED_AFTER = timedelta(hours=1)


#: What a run could not read to its end is tried again a day later, for a week.
_TRIED_AGAIN_AFTER = timedelta(days=1)
_TRIED_FOR = timedelta(days=7)


def covered(
    collections: pd.DataFrame, network: Network, source: str, now: datetime, *, strictly: bool
) -> list[Window]:
    """The windows that were read for the same hashtags, joined where they touch.

    `collections` is what `Lake.collections` gives; `source` names the hashtags. Strictly, only
    those count that were read to their end; else those too that need no other try at present.
    """
    is_ours = (collections["network"] == network) & (collections["source"] == source)
    is_read = collections["outcome"] == "complete"
    if not strictly:
        is_recent = collections["started_at"] > pd.Timestamp(now - _TRIED_AGAIN_AFTER)
        is_old = collections["until"] < pd.Timestamp(now - _TRIED_FOR)
        is_read |= (collections["outcome"] == "incomplete") & (is_recent | is_old)
    rows = collections[is_ours & is_read & collections["until"].notna()]
    windows = [
        Window(moment(since), min(until, started_at - _INDEXED_AFTER).to_pydatetime())
        for since, until, started_at in zip(rows["since"], rows["until"], rows["started_at"])
    ]
    # Of a window within the last hour nothing counts.
    return _joined(each for each in windows if (each.since or _EVER) < each.until)


def gaps(whole: Window, covered: Iterable[Window]) -> list[Window]:
    """What of a window lies in none of the others, the newest first.

    >>> day = lambda number: datetime(2026, 6, number, tzinfo=UTC)
    >>> [gap.since.day for gap in gaps(Window(day(1), day(9)), [Window(day(2), day(5))])]
    [5, 1]
    """
    found: list[Window] = []
    since: datetime | None = whole.since
    for window in _joined(covered):
        if window.until <= (since or _EVER):
            continue
        if window.since is not None and window.since >= whole.until:
            break
        if window.since is not None and window.since > (since or _EVER):
            found.append(Window(since, window.since))
        since = window.until
    if since is None or since < whole.until:
        found.append(Window(since, whole.until))
    return found[::-1]


def _joined(windows: Iterable[Window]) -> list[Window]:
    joined: list[Window] = []
    for window in sorted(windows, key=lambda each: (each.since or _EVER, each.until)):
        if joined and (window.since or _EVER) <= joined[-1].until:
            last = joined[-1]
            joined[-1] = Window(last.since, max(last.until, window.until))
        else:
            joined.append(window)
    return joined


def moment(value: object) -> datetime | None:
    """A cell of a frame as a moment; None where it is empty."""
    return value.to_pydatetime() if isinstance(value, pd.Timestamp) else None  # NaT is none
