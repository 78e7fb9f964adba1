"""YouTube: the searches that a question takes, and where they go on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from collectors.base import (
    Query,
)
from collectors.readers.fields import moment

# A search ends near its 500th result, whatever the window still holds.
MAY_BE_CAPPED = 450


def is_video(post_id: str) -> bool:
    """Ids of videos have eleven characters, those of comments more than twenty."""
    return len(post_id) == 11


def thread_of(post_id: str) -> str:
    """The comment that begins the thread: a reply's id is made of it, a point and its own."""
    return post_id.partition(".")[0]


MOST_IDS = 50  # in one call, and in what a search gives
SECOND = timedelta(seconds=1)


class Place(NamedTuple):
    """Where reading goes on: a search, or with `comments` what follows it.

    A search is asked for below `before`, page by page by `token`; `found` counts its results
    so far, of which `oldest` was published first. `comments` says that its page's videos are
    read, and the comments of those that are newer than this.
    """

    before: datetime | None = None
    token: str | None = None
    found: int = 0
    oldest: datetime | None = None
    comments: datetime | None = None

    @classmethod
    def read(cls, cursor: str | None) -> Place:
        place = cls(**json.loads(cursor or "{}"))
        return place._replace(
            before=moment(place.before),
            oldest=moment(place.oldest),
            comments=moment(place.comments),
        )

    @property
    def written(self) -> str:
        named = {name: value for name, value in self._asdict().items() if value}
        return json.dumps(named, separators=(",", ":"), default=written_at)

    def slice_below(self) -> Place | None:
        """A search for what is older than all that was found; None where it would be the same."""
        if self.oldest is None:
            return None
        below = self.oldest + SECOND  # again the last second: it may hold more
        return None if self.before and below >= self.before else Place(before=below)


def after_search(query: Query, place: Place) -> tuple[Place | None, str | None]:
    """Where a search goes on, and whether the network held something back."""
    if place.token:
        return place, None
    is_at_the_end = query.since and place.oldest and place.oldest <= query.since
    if place.found < MAY_BE_CAPPED or is_at_the_end:
        return None, None
    below = place.slice_below()
    return below, None if below else "capped"


def batch_of(ids: Sequence[str]) -> Sequence[str]:
    """The first ids that one page answers for: at most 50 videos, 50 threads and 50 replies."""
    kinds: tuple[set[str], set[str], set[str]] = (set(), set(), set())
    for place, post_id in enumerate(ids):
        videos, threads, replies = kinds
        if is_video(post_id):
            videos.add(post_id)
        else:
            threads.add(thread_of(post_id))
            replies.update({post_id} - threads)
        if max(map(len, kinds)) > MOST_IDS:
            return ids[:place]
    return ids


def written_at(at: datetime | None) -> str | None:
    """A moment as YouTube wants it written."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None
