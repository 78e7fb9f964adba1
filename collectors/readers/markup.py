"""What a post that is written in HTML says, and where it links to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from types import MappingProxyType
from typing import NamedTuple

from collectors.readers.fields import Unreadable


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
