"""X: the searches that a question takes, one after the other, and where each goes on."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from collectors.base import (
    Query,
)

#: Posts a page, and characters a query: of the last seven days, and of the whole archive.
_RECENT, _ARCHIVE = (100, 512), (500, 1024)
#: An hour less than X's seven days, so that the pages of one search all lie within.
_RECENT_DAYS = timedelta(days=7, hours=-1)
#: X refuses an end within the last ten seconds, and clocks differ.
_SETTLED = timedelta(minutes=1)
_BEGINNING = datetime(2006, 3, 21, tzinfo=UTC)  # X refuses an earlier start


class Place(Struct, frozen=True, omit_defaults=True):
    """Where a search goes on: from which hashtag on, and after which of its pages.

    X wants the question that a token came from: whether the archive was asked, with an end.
    """

    tag: int = 0
    token: str | None = None
    archive: bool = False
    ends: bool = False


class Search(NamedTuple):
    """One search: its place, what is asked, how many posts a page, and where the next begins."""

    place: Place
    parameters: dict[str, Any]
    largest_page: int
    after: Place | None


def next_search(query: Query, place: Place, now: datetime) -> Search | None:
    """What to ask at a place; None where there is nothing to ask for."""
    since = max(query.since or _BEGINNING, _BEGINNING)
    settled = now - _SETTLED
    if place.tag >= len(query.hashtags) or since >= min(query.until or settled, settled):
        return None
    archive = since < now - _RECENT_DAYS
    # A search of recent posts that was left so long that they are no more begins again.
    if place.token is None or (archive and not place.archive):
        ends = query.until is not None and query.until <= settled
        place = Place(place.tag, None, archive, ends)
    largest_page, longest = _ARCHIVE if place.archive else _RECENT
    tags = list(_leg(query.hashtags[place.tag :], longest))
    after = place.tag + len(tags)
    parameters: dict[str, Any] = {"query": f"({' OR '.join(tags)})", "start_time": since}
    if place.ends and query.until is not None:
        # tweepy cuts a moment to its second.
        is_between = query.until.microsecond > 0
        parameters["end_time"] = query.until + timedelta(seconds=is_between)
    following = Place(after) if after < len(query.hashtags) else None
    return Search(place, parameters, largest_page, following)


def _leg(hashtags: Iterable[str], longest: int) -> Iterator[str]:
    """As many hashtags as one query can hold, at least one.

    >>> list(_leg(["Liberté", "Dignité", "Paix"], 25))
    ['#Liberté', '#Dignité']
    """
    length = len("()") - len(" OR ")
    for number, hashtag in enumerate(hashtags):
        tag = "#" + unicodedata.normalize("NFC", hashtag)
        length += len(" OR ") + len(tag)
        if number and length > longest:
            return
        yield tag


def place_of(cursor: str | None) -> Place:
    """The place that a cursor names; the beginning without one."""
    return Place() if cursor is None else msgspec.json.decode(cursor, type=Place)


def cursor_of(place: Place | None) -> str | None:
    """The cursor of a place; None where there is none."""
    return None if place is None else msgspec.json.encode(place).decode()
