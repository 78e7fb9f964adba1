"""The contract of a source, and the small readings that every network's payload needs."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import ClassVar, Protocol

import regex

from data.model import Network, Post


@dataclass(frozen=True)
class Query:
    """What to collect: hashtags without `#`, from `since` (included) to `until` (excluded)."""

    hashtags: tuple[str, ...]
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Refusal:
    """A row that could not be read: its line (1 is the first), and why.

    `code` names the sentence in `locales` (`refusal.<code>`), `detail` fills its gap.
    """

    line: int
    code: str
    detail: str = ""


@dataclass(frozen=True)
class Page:
    """What one call or one piece of a file gave, and where to go on after it."""

    rows: Sequence[Post]
    cursor: str | None = None
    refused: Sequence[Refusal] = field(default=())


class Collector(Protocol):
    """Reads a network's public posts, page by page; it stores nothing and waits for nobody."""

    network: ClassVar[Network]

    def pages(self, query: Query, cursor: str | None = None) -> Iterator[Page]:
        """Yield each page as soon as it is read; `page.cursor` is where to go on after it."""
        ...


class CollectorError(Exception):
    """What a source says when it cannot go on; the only error that leaves a source.

    `code` names the sentence in `locales` (`error.<code>`), `values` fill its gaps.
    """

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code, values)
        self.code = code
        self.values = values


class Unreadable(ValueError):
    """One row is not what its format promises; it becomes a `Refusal`.

    `code` and `detail` are those of `Refusal`.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


# No network shows a count near it, and ten million of them still add up in 64 bits.
LARGEST_COUNT = 900_000_000_000

_TAG = regex.compile(r"(?<![\p{L}\p{M}\p{N}_&#/])[#＃]([\p{L}\p{M}\p{N}_\u200c]+)")
_ADDRESS = regex.compile(r"https?://\S+", regex.IGNORECASE)


def count(value: object, name: str) -> int | None:
    """A published count as a whole number; None where it is not published.

    Networks write counts as numbers, as text ("250") and, rarely, as "12.0".

    Raises:
        Unreadable: it is not a whole number from 0 to 900 thousand millions.

    >>> count("250", "views"), count(None, "views")
    (250, None)
    """
    if value is None or value == "":
        return None
    if type(value) is int:
        number = value
    else:
        try:
            number = int(value) if isinstance(value, str) else _whole(value)
        except (TypeError, ValueError, OverflowError):
            raise Unreadable("count", f"{name}={str(value)[:40]}") from None
    if not 0 <= number <= LARGEST_COUNT:
        raise Unreadable("count", f"{name}={str(value)[:40]}")
    return number


def _whole(value: object) -> int:
    if not isinstance(value, float) or not value.is_integer():
        raise ValueError
    return int(value)


def moment(value: object, name: str = "created_at") -> datetime | None:
    """An ISO 8601 text or Unix seconds as a UTC moment; a text without a zone is UTC.

    Raises:
        Unreadable: it is neither.

    >>> moment("2021-05-11T22:00:29.000Z")
    datetime.datetime(2021, 5, 11, 22, 0, 29, tzinfo=datetime.timezone.utc)
    """
    if value is None or value == "":
        return None
    try:
        if isinstance(value, str):
            read = datetime.fromisoformat(value)
            return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise Unreadable("moment", f"{name}={str(value)[:40]}")


def tags_in(text: str) -> tuple[str, ...]:
    """The hashtags written in a text, for networks that do not list them; any script.

    A `#` inside an address is a fragment, one inside a word is not a tag, and a tag of
    digits alone is a number.

    >>> tags_in("#LibertéPourTous et #Ŋutsu, pas https://exemple.org/#page ni #1")
    ('LibertéPourTous', 'Ŋutsu')
    """
    written = _TAG.findall(_ADDRESS.sub(" ", unicodedata.normalize("NFC", text)))
    return tuple(dict.fromkeys(tag for tag in written if not tag.isdigit()))
