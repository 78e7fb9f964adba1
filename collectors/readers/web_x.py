"""A post of X as its own web pages receive it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from collectors.readers.fields import (
    Unreadable,
    count,
    identifier,
    mapping,
    mappings,
    required,
    text,
)
from collectors.readers.x import language, unescaped
from data.model import Account, Network, Post, Reference

#: `%b` follows the machine's language, X does not.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def post(item: dict[str, Any], observed_at: datetime | None) -> Post:
    """The post of one item, `rest_id` and `legacy` with what surrounds them.

    Raises:
        Unreadable: a part of it is missing or is not what it should be.
    """
    item = _unwrapped(item)
    said = legacy = mapping(item, "legacy")
    post_id = identifier(item, "rest_id") or required(legacy, "id_str")
    repost_of = quote_of = None
    original = _result(legacy, "retweeted_status_result")
    if original:
        repost_of = Reference(required(original, "rest_id"), _author(original))
        said = mapping(original, "legacy")
    elif "quoted_status_id_str" in legacy:
        quote_of = _quoted(item, legacy)

    note = _result(mapping(original or item, "note_tweet"), "note_tweet_results")
    entities = mapping(note, "entity_set") or mapping(said, "entities")
    hashtags = (text(each, "text") for each in mappings(entities, "hashtags"))
    links = (text(each, "expanded_url") for each in mappings(entities, "urls"))
    counts = {} if repost_of else legacy
    views = {} if repost_of else mapping(item, "views")
    followers = mapping(_user(item), "legacy").get("followers_count")
    return Post(
        network=Network.X,
        post_id=post_id,
        author=_author(item),
        published_at=created_at(text(legacy, "created_at")),
        url=f"https://x.com/i/web/status/{post_id}",
        repost_of=repost_of,
        reply_to=_answered(legacy),
        quote_of=quote_of,
        root_id=identifier(legacy, "conversation_id_str"),
        text=unescaped(text(note, "text") or text(said, "full_text")),
        language=language(text(legacy, "lang")),
        hashtags=tuple(dict.fromkeys(tag for tag in hashtags if tag)),
        mentions=_mentions(entities),
        links=tuple(dict.fromkeys(link for link in links if link)),
        likes=count(counts.get("favorite_count"), "favorite_count"),
        reposts=count(counts.get("retweet_count"), "retweet_count"),
        replies=count(counts.get("reply_count"), "reply_count"),
        quotes=count(counts.get("quote_count"), "quote_count"),
        impressions=count(views.get("count"), "views"),
        saves=count(counts.get("bookmark_count"), "bookmark_count"),
        author_followers=count(followers, "followers_count"),
        observed_at=observed_at,
    )


def created_at(written: str | None) -> datetime | None:
    """X's older way to write a moment.

    Raises:
        Unreadable: it is written otherwise.

    >>> created_at("Tue Oct 10 07:57:53 +0000 2023")
    datetime.datetime(2023, 10, 10, 7, 57, 53, tzinfo=datetime.timezone.utc)
    """
    if not written:
        return None
    try:
        _, month, day, clock, zone, year = written.split()
        number = _MONTHS.index(month) + 1
        moment = datetime.fromisoformat(f"{year}-{number:02}-{day:0>2}T{clock}{zone}")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unreadable("moment", f"created_at={written[:40]}") from None


def _unwrapped(item: dict[str, Any]) -> dict[str, Any]:
    """A post with limited visibility lies one level deeper."""
    return mapping(item, "tweet") or item


def _result(item: dict[str, Any], name: str) -> dict[str, Any]:
    return _unwrapped(mapping(mapping(item, name), "result"))


def _user(item: dict[str, Any]) -> dict[str, Any]:
    return _result(mapping(item, "core"), "user_results")


def _author(item: dict[str, Any]) -> Account | None:
    """The name moved from `legacy` to `core`; the number is in the post too."""
    user = _user(item)
    handle = text(mapping(user, "core"), "screen_name") or text(
        mapping(user, "legacy"), "screen_name"
    )
    number = identifier(user, "rest_id") or identifier(mapping(item, "legacy"), "user_id_str")
    return Account(number, handle or None) if number or handle else None


def _quoted(item: dict[str, Any], legacy: dict[str, Any]) -> Reference | None:
    quoted = identifier(legacy, "quoted_status_id_str")
    if quoted is None:
        return None
    author = _author(_result(item, "quoted_status_result"))
    if author is None:
        # A deleted post still has its address: https://twitter.com/<handle>/status/<number>.
        address = text(mapping(legacy, "quoted_status_permalink"), "expanded") or ""
        parts = address.split("/")
        if len(parts) == 6 and parts[4] == "status" and parts[3] != "i":
            author = Account(None, parts[3])
    return Reference(quoted, author)


def _answered(legacy: dict[str, Any]) -> Reference | None:
    """A post that only begins with a name answers an account, and no post."""
    answered = identifier(legacy, "in_reply_to_status_id_str")
    if answered is None:
        return None
    number = identifier(legacy, "in_reply_to_user_id_str")
    handle = text(legacy, "in_reply_to_screen_name") or None
    return Reference(answered, Account(number, handle) if number or handle else None)


def _mentions(entities: dict[str, Any]) -> tuple[Account, ...]:
    mentioned = (
        Account(identifier(each, "id_str"), text(each, "screen_name") or None)
        for each in mappings(entities, "user_mentions")
    )
    return tuple(dict.fromkeys(each for each in mentioned if each.id or each.handle))
