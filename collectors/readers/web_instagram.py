"""A post of Instagram as its own web pages receive it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from collectors.readers.fields import (
    Unreadable,
    count,
    identifier,
    mapping,
    mappings,
    moment,
    tags_in,
    text,
)
from data.model import Account, Network, Post

_MENTION = re.compile(r"(?<![\w.@/])@([A-Za-z0-9_](?:[A-Za-z0-9_.]*[A-Za-z0-9_])?)")
_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def post(item: dict[str, Any], observed_at: datetime | None) -> Post:
    """The post of one item; what Instagram had not loaded yet is unknown.

    Raises:
        Unreadable: a part of it is missing or is not what it should be.
    """
    post_id = _post_id(item)
    code = text(item, "code")
    written = text(mapping(item, "caption"), "text")
    author = _account(mapping(item, "user")) or _account(mapping(item, "owner"))
    is_hidden = item.get("like_and_view_counts_disabled") is True
    views = item.get("view_count")
    if views is None:
        views = item.get("play_count")
    return Post(
        network=Network.INSTAGRAM,
        post_id=post_id,
        author=author,
        published_at=moment(item.get("taken_at"), "taken_at"),
        url=f"https://www.instagram.com/p/{code}/" if code else None,
        text=written,
        hashtags=tags_in(written or ""),
        mentions=_mentions(item, written or ""),
        likes=None if is_hidden else _count(item.get("like_count"), "like_count"),
        reposts=_count(item.get("media_repost_count"), "media_repost_count"),
        replies=_count(item.get("comment_count"), "comment_count"),
        impressions=None if is_hidden else _count(views, "view_count"),
        author_followers=count(mapping(item, "user").get("follower_count"), "follower_count"),
        observed_at=observed_at,
    )


def _post_id(item: dict[str, Any]) -> str:
    """The number of the post, which stays.

    `id` is the same with the number of its owner behind it, which changes when a post is
    shared by two; `code`, in its address, is the same written with 64 digits.
    """
    number = identifier(item, "pk") or (identifier(item, "id") or "").partition("_")[0]
    if number:
        return number
    code = text(item, "code")
    if not code or not set(code) <= set(_DIGITS):
        raise Unreadable("missing", "pk")
    # The code of a private post has a secret behind its first 11 digits.
    read = 0
    for digit in code[:11]:
        read = read * 64 + _DIGITS.index(digit)
    return str(read)


def _count(value: object, name: str) -> int | None:
    """Instagram writes -1 for a count that it hides."""
    return None if value == -1 else count(value, name)


def _account(user: dict[str, Any]) -> Account | None:
    number = identifier(user, "pk") or identifier(user, "id")
    handle = text(user, "username")
    return Account(number, handle or None) if number or handle else None


def _mentions(item: dict[str, Any], written: str) -> tuple[Account, ...]:
    """Who is tagged on the picture, then who is named in the caption."""
    tagged = [mapping(each, "user") for each in mappings(mapping(item, "usertags"), "in")]
    mentioned = {account: None for user in tagged if (account := _account(user))}
    known = {account.handle for account in mentioned}
    for handle in dict.fromkeys(_MENTION.findall(written)):
        if handle not in known:
            mentioned[Account(None, handle)] = None
    return tuple(mentioned)
