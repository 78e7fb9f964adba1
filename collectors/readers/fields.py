"""Readings of a network's JSON: what is absent is None, what has another shape is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from collectors.base import Unreadable

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


class Written(NamedTuple):
    """What a post written in HTML says, and where it links to."""

    text: str
    links: tuple[str, ...]


def html(content: str, mentions: Mapping[str, str] = MappingProxyType({})) -> Written:
    """The text of a post's HTML, and its links without those of hashtags and mentions.

    Paragraphs are parted by an empty line. Servers show a mention without its server:
    `mentions`, from the address of a profile to a handle, says who is meant.

    Raises:
        Unreadable: it holds a declaration that is no HTML.

    >>> html('<p>Merci <a href="https://pouet.exemple/@abla">@abla</a></p>',
    ...      {"https://pouet.exemple/@abla": "abla@pouet.exemple"}).text
    'Merci @abla@pouet.exemple'
    """
    reader = _Html(mentions)
    try:
        reader.feed(content)
        reader.close()
    except AssertionError:
        raise Unreadable("field", "content") from None
    text = re.sub(r"\n{3,}", "\n\n", "".join(reader.written)).strip()
    return Written(text, tuple(dict.fromkeys(reader.links)))


class _Html(HTMLParser):
    def __init__(self, mentions: Mapping[str, str]) -> None:
        super().__init__()
        self.written: list[str] = []
        self.links: list[str] = []
        self._mentions = mentions
        self._mention: str | None = None
        self._is_shown = True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "p":
            # Servers repeat the address of a quoted post for those that know no quotes.
            self._is_shown = "quote-inline" not in values.get("class", "").split()
        elif tag == "br":
            self.handle_data("\n")
        elif tag == "li":
            self.handle_data("\n- ")
        elif tag == "a" and self._is_shown:
            self._link(values)

    def _link(self, values: dict[str, str]) -> None:
        address = values.get("href", "")
        self._mention = self._mentions.get(address)
        marks = {*values.get("class", "").split(), *values.get("rel", "").split()}
        if self._mention is not None:
            self.written.append(f"@{self._mention}")
        elif address and marks.isdisjoint({"mention", "hashtag", "tag"}):
            self.links.append(address)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._mention = None
        elif tag in {"p", "ul", "ol", "blockquote", "pre"}:
            self.handle_data("\n\n")
            self._is_shown = True

    def handle_data(self, data: str) -> None:
        if self._is_shown and self._mention is None:
            self.written.append(data)
