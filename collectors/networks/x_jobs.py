"""X: its compliance jobs, which say of many posts at once which are public no more."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from msgspec import Meta, Struct

from collectors.access import answers
from collectors.base import (
    Refusal,
)
from collectors.readers.fields import Unreadable
from collectors.readers.x import read_as

#: How long a job is left alone at first: twice as long each time that it is not done.
_FIRST_WAIT = timedelta(seconds=10)
#: The reasons that are about a post's place alone; X has written both.
_PLACES = frozenset({"scrub_geo", "geo_scrubbed"})


class Made(Struct):
    """A job as X has made it."""

    id: Annotated[str, Meta(pattern=r"^[0-9]+$")]
    upload_url: str


class State(Struct):
    """How far a job is."""

    status: str
    download_url: str | None = None


class Job(Struct):
    """A question about posts that X takes its time to answer, and how far it has come."""

    ids: list[str]
    id: str
    upload_url: str
    is_sent: bool = False
    download_url: str | None = None
    wait: timedelta = _FIRST_WAIT


class _Removal(Struct):
    id: str
    action: str | None = None
    reason: str | None = None


def removals(body: bytes) -> tuple[set[str], list[Refusal]]:
    """The posts that a job says to delete, and the lines that cannot be read.

    Where only the place of a post is to go, there is nothing to do: none is kept.
    """
    removed: set[str] = set()
    refused: list[Refusal] = []
    for number, line in enumerate(body.splitlines(), start=1):
        if line.strip():
            try:
                removal = read_as(answers.document(line), _Removal)
            except Unreadable as problem:
                refused.append(Refusal(number, problem.code, problem.detail))
                continue
            if removal.action == "delete" and removal.reason not in _PLACES:
                removed.add(removal.id)
    return removed, refused
