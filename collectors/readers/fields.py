"""Readings of a network's JSON: what is absent is None, what has another shape is refused."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import regex


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


# Half of a pair of code units: JSON can write it, UTF-8 cannot, so no table can keep it.
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def text(record: dict[str, Any], name: str) -> str | None:
    """A text as it is written; None where it is absent or null.

    Raises:
        Unreadable: it is something else than a text.

    >>> text({"language": "fr"}, "language"), text({}, "language")
    ('fr', None)
    """
    value = record.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or _LONE_SURROGATE.search(value):
        raise Unreadable("field", name)
    return value


def identifier(record: dict[str, Any], name: str) -> str | None:
    """An id, as text even where a server writes a number; None where it is absent or empty.

    Raises:
        Unreadable: it is neither a text nor a whole number.

    >>> identifier({"id": 109303309876585639}, "id")
    '109303309876585639'
    """
    value = record.get(name)
    return str(value) if type(value) is int else text(record, name) or None


def required(record: dict[str, Any], name: str) -> str:
    """An id without which a post is nothing.

    Raises:
        Unreadable: it is absent, empty, or not an id.
    """
    value = identifier(record, name)
    if value is None:
        raise Unreadable("missing", name)
    return value


def mapping(record: dict[str, Any], name: str) -> dict[str, Any]:
    """A nested object; an empty one where it is absent or null.

    Raises:
        Unreadable: it is something else than an object.

    >>> mapping({"author": {"did": "did:plc:exemple"}}, "author")
    {'did': 'did:plc:exemple'}
    """
    value = record.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Unreadable("field", name)
    return value


def mappings(record: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """A nested list of objects; an empty one where it is absent or null.

    Raises:
        Unreadable: it is not a list, or holds something else than objects.
    """
    value = record.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Unreadable("field", name)
    return value


def texts(record: dict[str, Any], name: str) -> list[str]:
    """A nested list of texts, without the empty ones; an empty list where it is absent or null.

    Raises:
        Unreadable: it is not a list, or holds something else than texts.
    """
    value = record.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise Unreadable("field", name)
    return [item for item in (text({name: item}, name) for item in value) if item]


def host(address: str | None) -> str | None:
    """The server that an address names, with its port where it has one; None where it has none.

    >>> host("https://Pouet.exemple/@abla"), host("pas une adresse")
    ('pouet.exemple', None)
    """
    try:
        return urlsplit(address or "").netloc.rpartition("@")[2].lower() or None
    except ValueError:
        return None
