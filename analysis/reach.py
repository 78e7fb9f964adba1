"""The standard measures of reach and engagement that need no model.

Definitions follow the practice of the field: amplification, conversation and applause are
Avinash Kaushik's ("Best Social Media Metrics", 2011); opportunities to see are kept apart
from contacts. Ratios are ratios of sums, never means of ratios, over the posts that publish
both sides.

`sums` are rows of `analysis.aggregates.SUMS` (from `totals`, `by_network`, `by_kind`) over
posts that do not overlap; several rows give the measure of all their posts together.
`authors` is the frame of `analysis.aggregates.by_author`; an account that stands there twice
counts once. Rates are fractions. A value is None where nothing published allows it, never 0.
A missing column raises `KeyError`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Literal, TypeAlias

import pandas as pd

Grade: TypeAlias = Literal["A", "B", "C", "D"]

#: How long an account must not have been seen to count as new.
LOOK_BACK = timedelta(days=90)


class MeasureKind(StrEnum):
    """How a value was made."""

    MEASURED = "measured"  # exact for what it rests on
    ESTIMATED = "estimated"  # by a model
    BOUNDED = "bounded"  # no more is known than two bounds


class Caution(StrEnum):
    """What the reader should know about a value, as a code."""

    PARTIAL = "partial"  # some posts, accounts or campaigns do not publish what it needs
    OVERLAP = "overlap"  # one person may count several times
    SHORT_HISTORY = "short_history"  # the campaign does not go back far enough


@dataclass(frozen=True)
class Measure:
    """A number and how it was made.

    `n` is how many posts (or accounts) it rests on, `coverage` their share of those that
    should carry it: reposts have no counts of their own, so they are not missed. A measured
    value is exact for these and has no interval; an estimated or bounded one lies between
    `low` and `high`. `window` is the first and the last day with a post, both included.
    `method` changes when the formula does.

    `grade` says how far the value stands for everything: A when all carry it, B from 80 %,
    C from 20 %, D below, and always D for sums of follower counts, which say who could have
    seen and not who saw. It is None when there is no value.
    """

    value: float | None
    kind: MeasureKind
    method: str
    n: int
    coverage: float | None
    low: float | None = None
    high: float | None = None
    grade: Grade | None = None
    window: tuple[date, date] | None = None
    warnings: tuple[Caution, ...] = ()


def impressions(sums: pd.DataFrame) -> Measure:
    """Displays, as the networks publish them.

    >>> three_of_four = {"own_posts": [4], "impressions": [900], "n_impressions": [3]}
    >>> impressions(pd.DataFrame(three_of_four)).value
    900
    """
    return _measured("impressions/1", sums, _sum(sums, "impressions"), "n_impressions")


def engagements(sums: pd.DataFrame) -> Measure:
    """Likes, replies, reposts and quotes, as the networks publish them.

    >>> measure = engagements(
    ...     pd.DataFrame({"own_posts": [4], "engagements": [60], "n_engagements": [3]})
    ... )
    >>> measure.value, measure.n, measure.coverage, measure.grade
    (60, 3, 0.75, 'C')
    """
    return _measured("engagements/1", sums, _sum(sums, "engagements"), "n_engagements")


def engagement_rate(sums: pd.DataFrame) -> Measure:
    """Engagements per impression, over the posts that publish both.

    People may engage more than once, so it can exceed 1.

    >>> sums = {"engagements_where_impressions": [45], "impressions_where_engagements": [900]}
    >>> posts = {"own_posts": [3], "n_engagements_where_impressions": [3]}
    >>> engagement_rate(pd.DataFrame(sums | posts)).value
    0.05
    """
    return _ratio("engagement_rate/1", sums, "engagements", "impressions")


def engagement_rate_by_followers(sums: pd.DataFrame) -> Measure:
    """Engagements per follower of the author, over the posts where both are known.

    An author's followers count again with each post.

    >>> sums = {"engagements_where_followers": [45], "followers_where_engagements": [1500]}
    >>> posts = {"own_posts": [3], "n_engagements_where_followers": [3]}
    >>> engagement_rate_by_followers(pd.DataFrame(sums | posts)).value
    0.03
    """
    return _ratio("engagement_rate_by_followers/1", sums, "engagements", "followers")


def virality_rate(sums: pd.DataFrame) -> Measure:
    """Reposts and quotes per impression, over the posts that publish both.

    >>> sums = {"shares_where_impressions": [9], "impressions_where_shares": [900]}
    >>> posts = {"own_posts": [3], "n_shares_where_impressions": [3]}
    >>> virality_rate(pd.DataFrame(sums | posts)).value
    0.01
    """
    return _ratio("virality_rate/1", sums, "shares", "impressions")


def amplification_rate(sums: pd.DataFrame) -> Measure:
    """Reposts and quotes per post, over the posts that publish either (Kaushik).

    >>> sums = pd.DataFrame({"own_posts": [5], "shares": [10], "n_shares": [4]})
    >>> amplification_rate(sums).value
    2.5
    """
    return _per_post("amplification_rate/1", sums, "shares")


def conversation_rate(sums: pd.DataFrame) -> Measure:
    """Replies per post, over the posts that publish them (Kaushik).

    >>> sums = pd.DataFrame({"own_posts": [5], "replies": [10], "n_replies": [4]})
    >>> conversation_rate(sums).value
    2.5
    """
    return _per_post("conversation_rate/1", sums, "replies")


def applause_rate(sums: pd.DataFrame) -> Measure:
    """Likes per post, over the posts that publish them (Kaushik).

    >>> applause_rate(pd.DataFrame({"own_posts": [2], "likes": [None], "n_likes": [0]})).value
    """
    return _per_post("applause_rate/1", sums, "likes")


def opportunities_to_see(sums: pd.DataFrame) -> Measure:
    """The author's followers, summed over all posts and reposts: how often it could be seen.

    Also called gross impressions. It says nothing of how often it was seen.

    >>> sums = {"posts": [3], "opportunities_to_see": [700], "n_opportunities_to_see": [3]}
    >>> measure = opportunities_to_see(pd.DataFrame(sums))
    >>> measure.value, measure.grade
    (700, 'D')
    """
    n, of = _number(sums, "n_opportunities_to_see"), _number(sums, "posts")
    value = _sum(sums, "opportunities_to_see")
    return Measure(
        value=value,
        kind=MeasureKind.MEASURED,
        method="opportunities_to_see/1",
        n=n,
        coverage=_share(n, of),
        grade=None if value is None else "D",
        window=_window(sums),
        warnings=(Caution.OVERLAP, *_partial(n, of)),
    )


def potential_reach(authors: pd.DataFrame) -> Measure:
    """Followers of the distinct accounts that posted, each account once, at its highest count.

    An upper bound of the people who could be reached: audiences overlap, within a network
    and across. Nobody knows by how much, so the lower bound is the largest single audience.
    Where accounts do not publish their followers, the coverage is the share that does, and
    the upper bound holds for these accounts only.

    >>> authors = pd.DataFrame({"author_id": ["a", "b"], "author_followers": [300, 500]})
    >>> measure = potential_reach(authors)
    >>> measure.value, measure.low, measure.high
    (800, 500, 800)
    """
    followers = authors.groupby("author_id")["author_followers"].max()
    known = followers.dropna()
    value = int(known.sum()) if len(known) else None
    return Measure(
        value=value,
        kind=MeasureKind.BOUNDED,
        method="potential_reach/1",
        n=len(known),
        coverage=_share(len(known), len(followers)),
        low=int(known.max()) if len(known) else None,
        high=value,
        grade=None if value is None else "D",
        window=_window(authors),
        warnings=(Caution.OVERLAP, *_partial(len(known), len(followers))),
    )


def new_audience_rate(
    authors: pd.DataFrame, before: pd.DataFrame, *, since: date, collected_from: date | None
) -> Measure:
    """The share of the accounts posting from `since` on that were not seen shortly before.

    `before` is `by_author` over `LOOK_BACK`, up to `since`; `collected_from` is the
    campaign's first day. None when the campaign goes back less far: everybody would be new.

    >>> authors = pd.DataFrame({"author_id": ["a", "b", "c", "d"]})
    >>> before = pd.DataFrame({"author_id": ["a", "z"]})
    >>> long_ago, since = date(2024, 1, 1), date(2024, 6, 1)
    >>> new_audience_rate(authors, before, since=since, collected_from=long_ago).value
    0.75
    >>> new_audience_rate(authors, before, since=since, collected_from=since).value
    """
    accounts = authors["author_id"].drop_duplicates()
    is_short = collected_from is None or since - collected_from < LOOK_BACK
    is_new = ~accounts.isin(before["author_id"])
    value = None if is_short else _share(int(is_new.sum()), len(accounts))
    return Measure(
        value=value,
        kind=MeasureKind.MEASURED,
        method="new_audience_rate/1",
        n=len(accounts),
        coverage=None if value is None else 1.0,
        grade=None if value is None else "A",
        window=_window(authors),
        warnings=(Caution.SHORT_HISTORY,) if is_short else (),
    )


def share_of_voice(sums: pd.DataFrame, others: pd.Series[int]) -> Measure:
    """The campaign's posts out of those of all campaigns compared, itself included.

    `others` holds the posts of each other campaign, over the same days and networks. None
    when there is nothing to compare with.

    >>> share_of_voice(pd.DataFrame({"posts": [30]}), pd.Series({"b": 50, "c": 20})).value
    0.3
    """
    posts = _number(sums, "posts")
    return _share_among("share_of_voice/1", sums, posts, others, n=posts, of=posts)


def share_of_engagements(sums: pd.DataFrame, others: pd.Series[int]) -> Measure:
    """The campaign's engagements out of those of all campaigns compared, itself included.

    `others` holds the engagements of each other campaign, over the same days and networks; a
    campaign whose engagements are unknown is left out, with a warning. None when there is
    nothing to compare with.

    >>> sums = pd.DataFrame({"own_posts": [2], "engagements": [40], "n_engagements": [2]})
    >>> share_of_engagements(sums, pd.Series({"b": 60})).value
    0.4
    """
    n, of = _number(sums, "n_engagements"), _number(sums, "own_posts")
    own = _sum(sums, "engagements")
    return _share_among("share_of_engagements/1", sums, own, others, n=n, of=of)


def change(now: float | None, before: float | None) -> float | None:
    """The change from `before` to `now` as a fraction of `before`; None from nothing.

    >>> change(150, 100), change(150, 0), change(None, 100)
    (0.5, None, None)
    """
    if now is None or not before:
        return None
    return (now - before) / before


def _measured(method: str, sums: pd.DataFrame, value: float | None, number: str) -> Measure:
    n, of = _number(sums, number), _number(sums, "own_posts")
    return Measure(
        value=value,
        kind=MeasureKind.MEASURED,
        method=method,
        n=n,
        coverage=_share(n, of),
        grade=None if value is None else _grade(n, of),
        window=_window(sums),
        warnings=_partial(n, of),
    )


def _ratio(method: str, sums: pd.DataFrame, over: str, under: str) -> Measure:
    value = _quotient(_sum(sums, f"{over}_where_{under}"), _sum(sums, f"{under}_where_{over}"))
    return _measured(method, sums, value, f"n_{over}_where_{under}")


def _per_post(method: str, sums: pd.DataFrame, count: str) -> Measure:
    value = _quotient(_sum(sums, count), _number(sums, f"n_{count}"))
    return _measured(method, sums, value, f"n_{count}")


def _share_among(
    method: str, sums: pd.DataFrame, own: int | None, others: pd.Series[int], *, n: int, of: int
) -> Measure:
    known = others.dropna()
    value = _quotient(own, own + int(known.sum())) if own is not None and len(known) else None
    return Measure(
        value=value,
        kind=MeasureKind.MEASURED,
        method=method,
        n=n,
        coverage=_share(n, of),
        grade=None if value is None else _grade(n, of),
        window=_window(sums),
        warnings=(Caution.PARTIAL,) if len(known) < len(others) else _partial(n, of),
    )


def _sum(sums: pd.DataFrame, name: str) -> int | None:
    known = sums[name].dropna()
    return int(known.sum()) if len(known) else None


def _number(sums: pd.DataFrame, name: str) -> int:
    return int(sums[name].sum())


def _quotient(over: int | None, under: int | None) -> float | None:
    return over / under if over is not None and under else None


def _share(n: int, of: int) -> float | None:
    return n / of if of else None


def _grade(n: int, of: int) -> Grade:
    if n >= of:
        return "A"
    return "B" if n >= 0.8 * of else "C" if n >= 0.2 * of else "D"


def _partial(n: int, of: int) -> tuple[Caution, ...]:
    return (Caution.PARTIAL,) if n < of else ()


def _window(frame: pd.DataFrame) -> tuple[date, date] | None:
    """The days that the rows span, where the frame has them and any is known."""
    if "first_on" not in frame or not frame["first_on"].notna().any():
        return None
    return frame["first_on"].dropna().min(), frame["last_on"].dropna().max()
