"""A video of TikTok as its own web pages receive it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from collectors.readers.fields import (
    Unreadable,
    count,
    identifier,
    mapping,
    mappings,
    moment,
    required,
    tags_in,
    text,
)
from data.model import Account, Network, Post, Reference


def post(item: dict[str, Any], observed_at: datetime | None) -> Post:
    """The video of one item.

    `reposts` are TikTok's shares, sent in private ones included: it publishes no others.

    Raises:
        Unreadable: a part of it is missing or is not what it should be.
    """
    post_id = required(item, "id")
    author = _author(item)
    written = text(item, "desc")
    # The second writes the same counts as text; some pages have only one of the two.
    counts = mapping(item, "stats") | mapping(item, "statsV2")
    audience = mapping(item, "authorStats") | mapping(item, "authorStatsV2")
    language = text(item, "textLanguage")
    handle = author.handle if author and author.handle else ""
    return Post(
        network=Network.TIKTOK,
        post_id=post_id,
        author=author,
        published_at=moment(_seconds(item.get("createTime")), "createTime"),
        url=f"https://www.tiktok.com/@{handle}/video/{post_id}",
        quote_of=_duet(item),
        text=written,
        language=None if language in (None, "", "un") else language,
        hashtags=_hashtags(item) or tags_in(written or ""),
        mentions=tuple(dict.fromkeys(_mentions(item))),
        likes=count(counts.get("diggCount"), "diggCount"),
        reposts=count(counts.get("shareCount"), "shareCount"),
        replies=count(counts.get("commentCount"), "commentCount"),
        impressions=count(counts.get("playCount"), "playCount"),
        saves=count(counts.get("collectCount"), "collectCount"),
        author_followers=count(audience.get("followerCount"), "followerCount"),
        observed_at=observed_at,
    )


def _seconds(written: object) -> object:
    """Some pages write them as text."""
    is_text = isinstance(written, str) and written.isdecimal() and len(written) < 20
    return int(written) if is_text else written  # type: ignore[call-overload]


def _author(item: dict[str, Any]) -> Account | None:
    """An object, or the bare name with the number beside it."""
    author = item.get("author")
    if isinstance(author, dict):
        number, handle = identifier(author, "id"), text(author, "uniqueId")
    elif author is None or isinstance(author, str):
        number, handle = identifier(item, "authorId"), text(item, "author")
    else:
        raise Unreadable("field", "author")
    return Account(number, handle or None) if number or handle else None


def _duet(item: dict[str, Any]) -> Reference | None:
    """The video that this one plays beside itself; 0 says that there is none."""
    duet = identifier(mapping(item, "duetInfo"), "duetFromId")
    return None if duet in (None, "0") else Reference(duet)


def _hashtags(item: dict[str, Any]) -> tuple[str, ...]:
    """Those of the text, then those it is filed under, each once whatever its capitals."""
    written = [text(each, "hashtagName") for each in _extras(item)]
    filed = [text(each, "title") for each in mappings(item, "challenges")]
    tags: dict[str, str] = {}
    for tag in (*written, *filed):
        if tag:
            tags.setdefault(tag.casefold(), tag)
    return tuple(tags.values())


def _mentions(item: dict[str, Any]) -> Iterator[Account]:
    for each in _extras(item):
        number, handle = identifier(each, "userId"), text(each, "userUniqueId")
        if handle or number not in (None, "0"):
            yield Account(None if number == "0" else number, handle or None)


def _extras(item: dict[str, Any]) -> list[dict[str, Any]]:
    return mappings(item, "textExtra")
