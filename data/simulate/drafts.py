"""A post while it is written, and what its network publishes of it in the end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from data.model import Account, Network, Post, Reference
from data.simulate.chance import Chance
from data.simulate.people import Person, grown
from data.simulate.year import DAY, DAYS, START

_OBSERVED_AFTER_DAYS = 29  # at six in the morning: the last time that counts were read
_OBSERVED_HOUR = 6 * 3600


@dataclass(eq=False)
class Draft:
    """A post while others still refer to it."""

    author: Person
    at: int  # seconds since the start
    text: str
    tags: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    mentions: tuple[Account, ...] = ()
    language: str = "fr"
    repost_of: Draft | None = None
    reply_to: Draft | None = None
    quote_of: Draft | None = None
    root: Draft | None = None
    reposts: int = 0
    replies: int = 0
    quotes: int = 0
    id: str = ""


def published(draft: Draft, chance: Chance) -> Post:
    """The post as it is when its counts are read for the last time."""
    author, network = draft.author, draft.author.network
    observed_day = min(draft.at // DAY + _OBSERVED_AFTER_DAYS, DAYS)
    is_comment = network is Network.YOUTUBE and draft.reply_to is not None
    gives_followers = network is not Network.BLUESKY and not is_comment
    post = Post(
        network=network,
        post_id=draft.id,
        author=author.account,
        published_at=START + timedelta(seconds=draft.at),
        repost_of=_reference(draft.repost_of),
        reply_to=_reference(draft.reply_to),
        quote_of=_reference(draft.quote_of),
        root_id=draft.root.id if draft.root else None,
        text=draft.text,
        language=None if network is Network.YOUTUBE else draft.language,
        hashtags=draft.tags,
        mentions=draft.mentions,
        links=draft.links,
        author_followers=grown(author.followers, observed_day) if gives_followers else None,
        observed_at=START + timedelta(seconds=observed_day * DAY + _OBSERVED_HOUR),
    )
    return post if draft.repost_of else post._replace(**_counts(draft, chance))


def _counts(draft: Draft, chance: Chance) -> dict[str, Any]:
    """What the network publishes of a post: never less than what can be seen of it."""
    network = draft.author.network
    counts = {"likes": chance.number(1.2 + 2.2 * draft.reposts + 0.7 * draft.replies)}
    if network is Network.YOUTUBE:
        if draft.root is draft.reply_to:  # a video or a comment; answers to comments have none
            counts["replies"] = draft.replies
        if draft.reply_to is None:
            counts["impressions"] = 60 + counts["likes"] * (20 + chance.below(30))
        return counts
    counts["reposts"] = draft.reposts + chance.number(0.1 + 0.15 * draft.reposts)
    counts["replies"] = draft.replies + chance.number(0.1 + 0.1 * draft.replies)
    counts["quotes"] = draft.quotes + chance.number(0.02 + 0.1 * draft.quotes)
    if network is Network.X:
        engagements = sum(counts.values())
        counts["impressions"] = (
            engagements * (12 + chance.below(25))
            + draft.author.followers * (4 + chance.below(20)) // 100
            + chance.below(12)
        )
    return counts


def _reference(draft: Draft | None) -> Reference | None:
    return None if draft is None else Reference(draft.id, draft.author.account)
