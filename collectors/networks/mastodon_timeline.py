"""Mastodon: where a hashtag's timeline is read, instance after instance, and where it goes on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson

from collectors.base import (
    Query,
)
from collectors.readers import fields


class Answer(NamedTuple):
    """What a server said: the JSON, its bytes, and the `max_id` of its link to the next page."""

    document: Any
    body: bytes
    link: str | None
    has_links: bool = False


# A server numbers a status when it arrives; others try to deliver theirs for about two days.
_DELIVERY = timedelta(days=3)


class Leg(NamedTuple):
    """A timeline: a hashtag on an instance."""

    instance: str
    tag: str

    @property
    def name(self) -> str:
        return f"{fields.host(self.instance)} #{self.tag}"


class Place(NamedTuple):
    """A page to read: of which timeline, from where on, and whether to ask who boosted."""

    leg: int
    max_id: str | None = None
    with_boosts: bool = True

    def then(self, max_id: str | None) -> Place:
        """The timeline's next page, or the next timeline where it has none."""
        return Place(self.leg, max_id) if max_id else Place(self.leg + 1)

    def cursor(self, legs: Sequence[Leg]) -> str | None:
        return orjson.dumps(self._asdict()).decode() if self.leg < len(legs) else None


def following_place(
    query: Query, place: Place, answer: Answer, times: Sequence[tuple[str, datetime]]
) -> str | None:
    """The `max_id` of a timeline's next page; None where nothing of the window can be left.

    An id of Mastodon's is the milliseconds, shifted by 16 bits, at which the status came to the
    server: never before it was published, and seldom long after. So ids show when to stop, and
    let the days after the window be skipped. Of other servers' ids only the order is known.
    """
    max_id = answer.link
    if not answer.has_links and answer.document:
        max_id = id_of(answer.document[-1])
    if not max_id:
        return None
    if _number(max_id) and any(_is_numbered_by(*each) for each in times):
        if query.since is not None and _number(max_id) <= _number_at(query.since):
            return None
        if query.until is not None and place.max_id is None:
            return str(min(_number(max_id), _number_at(query.until + _DELIVERY)))
    elif query.since is not None and times and all(at < query.since for _, at in times):
        return None
    return max_id


def id_of(status: Any) -> str:
    """The id by which the server that was asked calls a status; empty where it has none."""
    status_id = status.get("id") if isinstance(status, dict) else None
    return str(status_id) if isinstance(status_id, (str, int)) else ""


def _number(status_id: str) -> int:
    """An id as a number; 0 where it is none."""
    return int(status_id) if re.fullmatch(r"[0-9]{1,20}", status_id) else 0


def _number_at(at: datetime) -> int:
    return int(at.timestamp() * 1000) << 16


def _is_numbered_by(status_id: str, published_at: datetime) -> bool:
    """Whether an id says, to the minute, when its status was published."""
    return abs((_number(status_id) >> 16) / 1000 - published_at.timestamp()) < 60
