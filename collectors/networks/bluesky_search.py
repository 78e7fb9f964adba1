"""Bluesky: the searches that a question takes, and how one goes on behind its last post."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median_low
from typing import Any, NamedTuple

from collectors.base import (
    CollectorError,
    NetworkUnavailable,
    Query,
)
from data.model import Post

MOST_A_PAGE = 100  # the most posts or accounts that one answer gives


class Answer(NamedTuple):
    """What was answered: the bytes, and the JSON object in them."""

    document: dict[str, Any]
    body: bytes

    @property
    def cursor(self) -> str | None:
        cursor = self.document.get("cursor")
        return cursor if isinstance(cursor, str) and cursor else None

    def listed(self, name: str) -> list[Any]:
        """What the answer lists.

        Raises:
            NetworkUnavailable: it lists nothing of the kind, so it answers something else.
        """
        found = self.document.get(name)
        if not isinstance(found, list):
            raise NetworkUnavailable("not-json-answer", body=self.body)
        return found


_SEARCHED = 10_000  # the most posts that one search shows, however many there are
_OVERLAP = timedelta(seconds=1)


class Place(NamedTuple):
    """Where a search goes on; as text, the cursor of a page. Moments are texts of `_iso`.

    `leg` counts hashtags. `at` is the network's own cursor in the search that ends at
    `until`, `asked` how many posts that search was asked for, `reached` how far back it
    came. `without` numbers the page's optional calls that are left out.
    """

    leg: int = 0
    at: str | None = None
    asked: int = 0
    until: str | None = None
    reached: str | None = None
    without: tuple[int, ...] = ()

    @classmethod
    def at_cursor(cls, cursor: str | None) -> Place:
        written = json.loads(cursor) if cursor else {}
        return cls(**{**written, "without": tuple(written.get("without", ()))})

    def cursor(self) -> str:
        """
        >>> Place(at="100", asked=100).cursor()
        '{"at":"100","asked":100}'
        """
        told = {name: value for name, value in self._asdict().items() if value}
        return json.dumps(told, separators=(",", ":"))


def make_calls(calls: Sequence[Callable[[], None]], place: Place, first: int = 0) -> None:
    """Make the calls that a page can do without; one that fails can be left out later."""
    for number, call in enumerate(calls, start=first):
        if number in place.without:
            continue
        try:
            call()
        except CollectorError as error:
            pass_over(error, place._replace(without=(*place.without, number)))
            raise


def pass_over(error: CollectorError, place: Place | None) -> None:
    """Say where to go on without a call that is answered badly each time.

    A network that does not answer, or asks to wait, is asked the same again later.
    """
    is_answered = type(error) is CollectorError or isinstance(error, NetworkUnavailable)
    if place is not None and is_answered and error.code != "unreachable":
        error.after = place.cursor()


def search_terms(query: Query, place: Place) -> dict[str, Any]:
    """What the search at a place is asked."""
    hashtag = query.hashtags[place.leg]
    return {
        "q": f"#{hashtag}",
        "tag": [hashtag],
        "sort": "latest",
        "since": _iso(query.since),
        "until": place.until or _iso(query.until),
        "limit": MOST_A_PAGE,
        "cursor": place.at,
    }


def onward_from(
    query: Query, place: Place, answer: Answer, read: list[Post]
) -> tuple[Place | None, str | None]:
    """Where to go on after an answer, and `capped` where posts before that are out of reach.

    A post may be dated back by years, and the order is not exact: how far back a search
    came is told by the middle post of its last page, not by the oldest.
    """
    moments = [post.published_at for post in read if post.published_at is not None]
    reached = _iso(median_low(moments)) if moments else place.reached
    here = place._replace(
        at=answer.cursor, asked=place.asked + MOST_A_PAGE, reached=reached, without=()
    )
    if here.at is not None and here.asked < _SEARCHED:
        return here, None
    is_cut = here.asked >= _SEARCHED or len(answer.listed("posts")) >= MOST_A_PAGE
    if not is_cut or reached is None or reached <= (_iso(query.since) or ""):
        return _next_leg(query, place), None
    if (earlier := _earlier(query, here)) is not None:
        return earlier, None
    # More posts within a second than one search shows: go on before it, where that is earlier.
    if reached < (_end(query, place) or ""):
        return Place(place.leg, until=reached), "capped"
    return _next_leg(query, place), "capped"


def _earlier(query: Query, place: Place) -> Place | None:
    """A search from where this one came to; None where it would be the same again."""
    if place.reached is None:
        return None
    until = _iso(datetime.fromisoformat(place.reached) + _OVERLAP)
    end = _end(query, place)
    return Place(place.leg, until=until) if until and (end is None or until < end) else None


def _end(query: Query, place: Place) -> str | None:
    return place.until or _iso(query.until)


def _next_leg(query: Query, place: Place) -> Place | None:
    return Place(place.leg + 1) if place.leg + 1 < len(query.hashtags) else None


def beyond(query: Query, place: Place, error: CollectorError) -> Place | None:
    """Where to go on without a search that fails.

    By time, where its cursor may be what the network does not like (it answers 502 then);
    behind a page that is cut off, cursors being offsets; else with the next hashtag.
    """
    if place.at is not None and (earlier := _earlier(query, place)) is not None:
        return earlier
    is_cut_off = isinstance(error, NetworkUnavailable) and (error.body or b"").startswith(b"{")
    offset, asked = place.at or "0", place.asked + MOST_A_PAGE
    if error.code == "not-json-answer" and is_cut_off and offset.isdecimal() and asked < _SEARCHED:
        return place._replace(at=str(int(offset) + MOST_A_PAGE), asked=asked, without=())
    return _next_leg(query, place)


def _iso(at: datetime | None) -> str | None:
    """A moment in UTC as a text of one length, so that texts compare as moments do."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
