"""Posts as they were read while they were younger."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from data.model import Post
from data.simulate.chance import Chance
from data.simulate.people import at_first, grown
from data.simulate.year import DAY, HALF_REACT, START, later

#: The ages at which the counts of a post were read before they were for the last time.
READ_AT_HOURS = (1, 3, 6, 12, 24, 48, 96, 168, 336)
_SEEN = ("reposts", "replies", "quotes")  # the counts whose reactions are posts themselves
_READINGS = 9  # keeps the chance of readings apart from that of the campaigns


def readings(posts: Sequence[Post], seed: int = 2026) -> Iterator[Post]:
    """The same posts as they were read while they were younger, at the ages of `READ_AT_HOURS`.

    Reposts have no counts to read again, and of what never had an engagement every reading
    says the same: both are left out. The readings of a post follow each other, the youngest
    first; that of the 28th day is the post itself. Reactions that are among the posts count
    from their moment on; the others, and the views, come as fast as these do.
    """
    chance = Chance(seed, _READINGS)
    reacted: dict[tuple[str, str], list[int]] = {}
    for post in posts:
        for count, of in zip(_SEEN, (post.repost_of, post.reply_to, post.quote_of), strict=True):
            if of is not None:
                reacted.setdefault((count, of.post_id), []).append(_second(post.published_at))
    for post in posts:
        finals = {count: getattr(post, count) for count in ("likes", *_SEEN)}
        if not any(finals.values()):
            continue
        published, last = _second(post.published_at), _second(post.observed_at)
        came = {
            count: _moments(reacted.get((count, post.post_id), []), n, published, last, chance)
            for count, n in finals.items()
            if n is not None
        }
        for at in (published + hours * 3600 for hours in READ_AT_HOURS):
            if at < last:
                yield _as_read(post, came, published, at, last)


def _moments(seen: list[int], n: int, published: int, last: int, chance: Chance) -> list[int]:
    """When each of `n` reactions came, in order: those that are seen, and others before `last`."""
    moments = list(seen)
    while len(moments) < n:
        moment = later(published, chance)
        if moment < last:
            moments.append(moment)
    return sorted(moments)


def _as_read(
    post: Post, came: Mapping[str, Sequence[int]], published: int, at: int, last: int
) -> Post:
    """A post as it was at a moment, given those of its reactions and of its last reading."""
    counts: dict[str, Any] = {count: bisect(moments, at) for count, moments in came.items()}
    if post.impressions is not None:
        engagements, all_engagements = sum(counts.values()), sum(map(len, came.values()))
        age, last_age = at - published, last - published
        share = age / (age + HALF_REACT) * (last_age + HALF_REACT) / last_age
        counts["impressions"] = int(
            post.impressions * (engagements + share) / (all_engagements + 1)
        )
    followers = post.author_followers
    if followers is not None:
        followers = grown(at_first(followers, last // DAY), at // DAY)
    return post._replace(
        author_followers=followers, observed_at=START + timedelta(seconds=at), **counts
    )


def _second(moment: datetime | None) -> int:
    """A moment in seconds since the start: whatever is simulated has one."""
    return ((moment or START) - START) // timedelta(seconds=1)
