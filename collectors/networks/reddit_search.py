"""Reddit: the searches that a question takes, and where they go on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import orjson

from collectors.base import (
    CollectorError,
)
from collectors.networks.reddit_transport import STOPS_ALL
from data.model import Post, normal_hashtag

_LONGEST_SEARCH = 512  # characters
EVERYWHERE = "all"
# Somewhat shorter than they are called, as they end when Reddit reads them, not now. None is
# shorter than the week before a window.
_SPANS = (("month", timedelta(days=27)), ("year", timedelta(days=360)))


class Leg(NamedTuple):
    """A listing to read: of a subreddit, for some hashtags.

    `is_first` is the first for its hashtags; `is_part` is for one of them by itself, read
    where the listing for all of them stopped too early.
    """

    subreddit: str
    hashtags: tuple[str, ...]
    is_part: bool

    @property
    def is_first(self) -> bool:
        return self.subreddit == EVERYWHERE and not self.is_part

    @property
    def search(self) -> str:
        return " OR ".join(f'"#{tag}"' for tag in self.hashtags)

    @property
    def name(self) -> str:
        return f"r/{self.subreddit} {' '.join(f'#{tag}' for tag in self.hashtags)}"


class Place(NamedTuple):
    """Where reading goes on: in which leg, behind which post, after how many.

    `read` is the Unix time after which the leg's hashtags were read everywhere, None before
    that; `skip` names posts of the page whose comments could not be read.
    """

    leg: int = 0
    after: str | None = None
    seen: int = 0
    read: int | None = None
    skip: tuple[str, ...] = ()

    @classmethod
    def at(cls, cursor: str | None) -> Place:
        found = orjson.loads(cursor) if cursor is not None else {}
        return cls(**{**found, "skip": tuple(found.get("skip", ()))})

    @property
    def cursor(self) -> str:
        return orjson.dumps(self._asdict()).decode()

    @property
    def whole(self) -> Place:
        return self._replace(skip=())

    def knows(self, leg: Leg, post: Post) -> bool:
        """Whether what is around a post was read before, or is to be left out."""
        if post.post_id in self.skip:
            return True
        if leg.is_first or self.read is None or post.published_at is None:
            return False
        return post.published_at.timestamp() > self.read


def legs_of(hashtags: Sequence[str], subreddits: Sequence[str]) -> list[Leg]:
    """The searches that hashtags take in these subreddits, one after the other."""
    legs: list[Leg] = []
    for group in _groups(hashtags):
        for subreddit in (EVERYWHERE, *subreddits):
            legs.append(Leg(subreddit, group, is_part=False))
            if len(group) > 1:
                legs += [Leg(subreddit, (tag,), is_part=True) for tag in group]
    return legs


def _groups(hashtags: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The hashtags, as many together as a search takes."""
    group: tuple[str, ...] = ()
    for tag in {normal_hashtag(tag): tag for tag in hashtags}.values():
        longer = Leg(EVERYWHERE, (*group, tag), is_part=False)
        if group and len(longer.search) > _LONGEST_SEARCH:
            yield group
            group = ()
        group = (*group, tag)
    if group:
        yield group


def next_leg(legs: Sequence[Leg], place: Place, *, is_cut: bool) -> Place | None:
    """The beginning of the next leg; parts are passed over unless their whole was cut off."""
    for number in range(place.leg + 1, len(legs)):
        if is_cut or legs[place.leg].is_part or not legs[number].is_part:
            return Place(number, read=None if legs[number].is_first else place.read)
    return None


def lead_on(error: CollectorError, place: Place | None) -> None:
    """Say where to go on without what failed, unless it is all of Reddit that failed."""
    if place is not None and not isinstance(error, STOPS_ALL):
        error.after = place.cursor


def is_before(at: datetime | None, since: datetime | None) -> bool:
    """Whether a moment is known and lies before another that is."""
    return at is not None and since is not None and at < since


def span_of(since: datetime | None, now: datetime) -> str:
    """The shortest of Reddit's spans of time that reaches back to a moment.

    >>> since, now = (datetime.fromisoformat(f"2026-06-{it}T00:00Z") for it in ("01", "09"))
    >>> span_of(since, now)
    'month'
    """
    return next((name for name, span in _SPANS if since and now - since < span), "all")
