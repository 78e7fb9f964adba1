"""What a post is: the records collectors hand over, and the columns the lake keeps.

A `Post` is a post as its network names it. It lives only in memory, between a
collector and `data.pseudonyms`; what is stored has the columns of `OBSERVATIONS`
and `POSTS`, where every id is a keyed pseudonym.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import pyarrow as pa


class Network(StrEnum):
    """A social network; the value is its code in tables, URLs and options."""

    X = "x"
    BLUESKY = "bluesky"
    MASTODON = "mastodon"
    REDDIT = "reddit"
    YOUTUBE = "youtube"
    TIKTOK = "tiktok"
    INSTAGRAM = "instagram"


class Kind(StrEnum):
    """What a post is to others: the first of repost, reply, quote that applies, else original."""

    ORIGINAL = "original"
    REPOST = "repost"
    REPLY = "reply"
    QUOTE = "quote"


#: Kinds of posts that have counts of their own.
OWN_KINDS = tuple(kind.value for kind in Kind if kind is not Kind.REPOST)


class Account(NamedTuple):
    """An account as a network names it; at least one of the two is known.

    `id` is what stays when the handle changes (a number, a DID, a channel id). Where a
    network has nothing steadier than the name (Reddit, Mastodon), that name is the `id`.
    """

    id: str | None
    handle: str | None = None


class Reference(NamedTuple):
    """Another post that a post points to, and who wrote it where the answer says so."""

    post_id: str
    author: Account | None = None


class Post(NamedTuple):
    """A post as its network publishes it, with the network's own ids and handles.

    Counts are null where the network publishes none. `observed_at` is when the counts
    were true; None means that the answer does not say, and the collection's time holds.
    `locator` is what the network's API calls the post where neither `post_id` nor `url` will do.
    """

    network: Network
    post_id: str
    author: Account | None
    published_at: datetime | None
    url: str | None = None
    repost_of: Reference | None = None
    reply_to: Reference | None = None
    quote_of: Reference | None = None
    root_id: str | None = None
    text: str | None = None
    language: str | None = None
    hashtags: tuple[str, ...] = ()
    mentions: tuple[Account, ...] = ()
    links: tuple[str, ...] = ()
    likes: int | None = None
    reposts: int | None = None
    replies: int | None = None
    quotes: int | None = None
    impressions: int | None = None
    reach: int | None = None
    saves: int | None = None
    clicks: int | None = None
    author_followers: int | None = None
    observed_at: datetime | None = None
    locator: str | None = None

    @property
    def kind(self) -> Kind:
        """What the post is to those it points to."""
        return kind_of(self.repost_of, self.reply_to, self.quote_of)


def kind_of(
    repost_of: Reference | None, reply_to: Reference | None, quote_of: Reference | None
) -> Kind:
    """The first that applies: a reply may also quote."""
    if repost_of is not None:
        return Kind.REPOST
    if reply_to is not None:
        return Kind.REPLY
    if quote_of is not None:
        return Kind.QUOTE
    return Kind.ORIGINAL


class KnownPost(NamedTuple):
    """A post that the lake has, as its network names it: `post_id`, `url`, `locator` of `Post`."""

    post_id: str
    url: str | None
    locator: str | None


def normal_hashtag(tag: str) -> str:
    """A hashtag without `#`, NFC and casefolded, so that it is one whatever keyboard typed it.

    >>> normal_hashtag("#LibertéPourTous")
    'libertépourtous'
    """
    folded = unicodedata.normalize("NFC", tag).casefold()
    return unicodedata.normalize("NFC", folded).lstrip("#＃")


#: What networks publish about one post, in the order of the tables.
COUNTS = ("likes", "reposts", "replies", "quotes", "impressions", "reach", "saves", "clicks")

_TIME = pa.timestamp("us", tz="UTC")

#: The latest state of each post, one row a post.
POSTS = pa.schema(
    [
        ("campaign_id", pa.string()),
        ("month", pa.string()),
        ("network", pa.string()),
        ("post_id", pa.string()),
        ("kind", pa.string()),
        ("author_id", pa.string()),
        ("repost_of_id", pa.string()),
        ("reply_to_id", pa.string()),
        ("quote_of_id", pa.string()),
        ("repost_of_author_id", pa.string()),
        ("reply_to_author_id", pa.string()),
        ("quote_of_author_id", pa.string()),
        ("root_id", pa.string()),
        ("published_at", _TIME),
        ("observed_at", _TIME),
        ("text", pa.string()),
        ("language", pa.string()),
        ("hashtags", pa.list_(pa.string())),
        ("mentions", pa.list_(pa.string())),
        ("links", pa.list_(pa.string())),
        *((count, pa.int64()) for count in COUNTS),
        ("author_followers", pa.int64()),
        ("collection_id", pa.string()),
        ("page", pa.int64()),
    ]
)

#: One row each time a post is seen: the columns of `POSTS` and where reading goes on.
OBSERVATIONS = POSTS.append(pa.field("cursor", pa.string()))


class NumberedPage(NamedTuple):
    """A page on its way into the lake: its number in the collection, and where to go on from."""

    number: int
    rows: Sequence[Post]
    cursor: str | None


@dataclass(frozen=True)
class Campaign:
    """What posts are collected for, and where; `campaign_id` is a slug and names folders.

    Posts are asked for from `since` (included) to `until` (excluded), UTC; None is no bound.
    `instances` are Mastodon servers, by host. A budget is the most that collecting from X may
    cost, in posts and in dollars; None sets no limit.
    """

    campaign_id: str
    title: str
    hashtags: tuple[str, ...] = ()
    is_demo: bool = False
    created_at: datetime | None = None
    networks: tuple[Network, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    instances: tuple[str, ...] = ()
    subreddits: tuple[str, ...] = ()
    budget_dollars: float | None = None
    budget_posts: int | None = None
