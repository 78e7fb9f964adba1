"""The standard measures of reach and engagement; those that need a model take its results.

Definitions follow the practice of the field: amplification, conversation and applause are
Avinash Kaushik's ("Best Social Media Metrics", 2011). Ratios are ratios of sums, never means of
ratios, over the posts that publish both sides.

`sums` are rows of `analysis.aggregates.SUMS` (from `totals`, `by_network`, `by_kind`) over
posts that do not overlap; several rows give the measure of all their posts together.
Rates are fractions. A value is None where nothing published allows it, never 0.
A missing column raises `KeyError`.

Measured values rest on every post that publishes them, not on a sample: they are exact and have
no interval. Shares of posts and of accounts have one all the same, because campaigns are
compared by them: how far chance alone would move them if as many were drawn anew, each on its
own (Goodman 1965, 95 % for all campaigns compared at once). Engagements come in bursts, a post
brings thousands, so an interval that counts them one by one would be far too narrow.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from math import sqrt
from statistics import NormalDist

import pandas as pd

from analysis.measure import (
    Caution,
    Grade,
    Measure,
    MeasureKind,
    Of,
    Unit,
    grade,
    partial,
    share,
    window,
)


def impressions(sums: pd.DataFrame) -> Measure:
    """Displays, as the networks publish them.

    >>> three_of_four = {"own_posts": [4], "impressions": [900], "n_impressions": [3]}
    >>> impressions(pd.DataFrame(three_of_four)).value
    900
    """
    value = _sum(sums, "impressions")
    return _measured("impressions/1", sums, value, "n_impressions", Of.DISPLAYS, Unit.COUNT)


def authors(sums: pd.DataFrame) -> Measure:
    """The distinct accounts that posted, those of one network and of another each counted.

    >>> authors(pd.DataFrame({"authors": [12, 5]})).value
    17
    """
    n = _number(sums, "authors")
    return Measure(
        value=n,
        kind=MeasureKind.MEASURED,
        of=Of.ACCOUNTS,
        unit=Unit.COUNT,
        method="authors/1",
        n=n,
        coverage=share(n, n),
        grade="A",
        window=window(sums),
    )


def engagements(sums: pd.DataFrame) -> Measure:
    """Likes, replies, reposts and quotes, as the networks publish them.

    >>> measure = engagements(
    ...     pd.DataFrame({"own_posts": [4], "engagements": [60], "n_engagements": [3]})
    ... )
    >>> measure.value, measure.n, measure.coverage, measure.grade
    (60, 3, 0.75, 'C')
    """
    value = _sum(sums, "engagements")
    return _measured("engagements/1", sums, value, "n_engagements", Of.ENGAGEMENTS, Unit.COUNT)


def engagement_rate(sums: pd.DataFrame) -> Measure:
    """Engagements per impression, over the posts that publish both.

    People may engage more than once, so it can exceed 1.

    >>> sums = {"engagements_where_impressions": [45], "impressions_where_engagements": [900]}
    >>> posts = {"own_posts": [3], "n_engagements_where_impressions": [3]}
    >>> engagement_rate(pd.DataFrame(sums | posts)).value
    0.05
    """
    return _ratio("engagement_rate/1", sums, "engagements", "impressions")


def engagement_rate_by_reach(sums: pd.DataFrame, reach: Measure) -> Measure:
    """Engagements per person reached, of an estimated reach over the same posts.

    The interval is that of the reach. Not every post publishes engagements, nor is every
    account's audience known: the coverage is the lower of the two. People may engage more
    than once, so it can exceed 1.

    >>> sums = pd.DataFrame({"own_posts": [2], "engagements": [60], "n_engagements": [2]})
    >>> people = MeasureKind.ESTIMATED, Of.PEOPLE, Unit.COUNT, ""
    >>> reach = Measure(600, *people, 2, 1.0, low=300, high=1200, grade="C")
    >>> rate = engagement_rate_by_reach(sums, reach)
    >>> rate.value, rate.low, rate.high, rate.grade
    (0.1, 0.05, 0.2, 'C')
    """
    return _quotient_of("engagement_rate_by_reach/1", engagements(sums), reach)


def frequency(impressions: Measure, reach: Measure) -> Measure:
    """How often a person reached saw the posts: impressions per person, at least 1.

    From `impressions.estimated_impressions` and an estimated reach over the same posts. The
    interval takes each at its worst: it is wide, because the two are off together.

    >>> displays = MeasureKind.ESTIMATED, Of.DISPLAYS, Unit.COUNT, ""
    >>> seen = Measure(3000, *displays, 9, 1.0, low=2000, high=4000, grade="B")
    >>> people = MeasureKind.ESTIMATED, Of.PEOPLE, Unit.COUNT, ""
    >>> reach = Measure(1000, *people, 2, 0.5, low=500, high=2500, grade="C")
    >>> often = frequency(seen, reach)
    >>> often.value, often.low, often.high, often.coverage, often.grade
    (3.0, 1.0, 8.0, 0.5, 'C')
    """
    found = _quotient_of("frequency/1", impressions, reach)
    value, low, high = (
        None if it is None else max(it, 1.0) for it in (found.value, found.low, found.high)
    )
    return replace(found, value=value, low=low, high=high, unit=Unit.RATIO)


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


#: What posts bring about, by the names of the rates; each is asked of `sums` alone.
RATES: Mapping[str, Callable[[pd.DataFrame], Measure]] = {
    rate.__name__: rate
    for rate in (
        *(applause_rate, conversation_rate, amplification_rate),
        *(engagement_rate, virality_rate),
    )
}


def potential_reach(sums: pd.DataFrame) -> Measure:
    """Followers of the distinct accounts that posted, each account once, at its highest count.

    An upper bound of the people who could be reached: audiences overlap, within a network
    and across. Nobody knows by how much, so the lower bound is the largest single audience.
    Where accounts do not publish their followers, the coverage is the share that does, and
    the upper bound holds for these accounts only. Rows of `sums` may not share an account, so
    those of `by_kind` do not add up.

    >>> accounts = {"authors": [2], "n_potential_reach": [2]}
    >>> sums = pd.DataFrame({"potential_reach": [800], "largest_audience": [500]} | accounts)
    >>> measure = potential_reach(sums)
    >>> measure.value, measure.low, measure.high
    (800, 500, 800)
    """
    n, of = _number(sums, "n_potential_reach"), _number(sums, "authors")
    value = _sum(sums, "potential_reach")
    return Measure(
        value=value,
        kind=MeasureKind.BOUNDED,
        of=Of.PEOPLE,
        unit=Unit.COUNT,
        method="potential_reach/1",
        n=n,
        coverage=share(n, of),
        low=None if value is None else int(sums["largest_audience"].max()),
        high=value,
        grade=None if value is None else "D",
        window=window(sums),
        warnings=(Caution.OVERLAP, *partial(n, of)),
    )


def potential_reach_over_time(joined: pd.DataFrame, fewest: int) -> pd.DataFrame:
    """The potential reach as accounts join: the one of the last row is that of all.

    `joined` is the frame of `analysis.aggregates.joined_by_day`. One row a step, in order:
    `day` (date), `followers` and `authors` (the accounts whose followers are known) of all who
    have joined by then. Days go together until `fewest` accounts have joined, so that no step
    stands for fewer people; without so many there is no row.

    >>> days = pd.to_datetime([f"2026-06-0{day}" for day in (1, 2, 3, 9)]).date
    >>> joined = pd.DataFrame({"day": days, "author_followers": [50, 30, 70, 5]})
    >>> potential_reach_over_time(joined.assign(n_author_followers=[5, 2, 4, 1]), fewest=5)
              day  followers  authors
    0  2026-06-01         50        5
    1  2026-06-09        155       12
    """
    days = joined[joined["n_author_followers"] > 0]
    authors = days["n_author_followers"].cumsum().astype("int64")
    followers = days["author_followers"].cumsum().astype("int64")
    steps = pd.DataFrame({"day": days["day"], "followers": followers, "authors": authors})
    kept: list[int] = []
    for place, number in enumerate(authors):
        if number - (authors.iloc[kept[-1]] if kept else 0) >= fewest:
            kept.append(place)
    if kept:  # those who came last stand with the step before, which they would tell apart
        kept[-1] = len(steps) - 1
    return steps.iloc[kept].reset_index(drop=True)


def earned_share(moments: pd.DataFrame, own: Collection[str]) -> Measure:
    """The share of the published views on posts by others than the organisation and its members.

    `moments` is `aggregates.view_moments`; `own` holds the `author_id` of these accounts. None
    without any: nobody could say what is earned. Views of unknown authors count as earned.

    >>> moments = {"author_id": ["a", "b"], "impressions": [700, 300]}
    >>> posts = {"posts": [4, 2], "n_impressions": [4, 2]}
    >>> moments = pd.DataFrame(moments | posts)
    >>> earned_share(moments, {"a"}).value, earned_share(moments, set()).value
    (0.3, None)
    """
    n, of = _number(moments, "n_impressions"), _number(moments, "posts")
    by_others = moments[~moments["author_id"].isin(list(own))]
    everywhere = _sum(moments, "impressions")
    earned = _sum(by_others, "impressions") or 0
    value = share(earned, everywhere) if everywhere and own else None
    return Measure(
        value=value,
        kind=MeasureKind.MEASURED,
        of=Of.DISPLAYS,
        unit=Unit.FRACTION,
        method="earned_share/1",
        n=n,
        coverage=share(n, of),
        grade=None if value is None else grade(n, of),
        window=window(moments),
        warnings=partial(n, of),
    )


def share_of_voice(sums: pd.DataFrame, others: pd.Series[int]) -> Measure:
    """The campaign's posts out of those of all campaigns compared, itself included.

    `others` holds the posts of each other campaign, over the same days and networks. None
    when there is nothing to compare with.

    >>> voice = share_of_voice(pd.DataFrame({"posts": [30]}), pd.Series({"b": 50, "c": 20}))
    >>> voice.value, round(voice.low, 3), round(voice.high, 3)
    (0.3, 0.204, 0.418)
    """
    posts = _number(sums, "posts")
    return _share_among(
        "share_of_voice/2", Of.POSTS, sums, posts, others, n=posts, of=posts, by_one=True
    )


def share_of_authors(sums: pd.DataFrame, others: pd.Series[int]) -> Measure:
    """The campaign's distinct accounts out of those of all campaigns compared, summed.

    `others` holds the distinct accounts of each other campaign, over the same days and
    networks; an account that posts in two campaigns counts in both. None when there is
    nothing to compare with.

    >>> share_of_authors(pd.DataFrame({"authors": [12]}), pd.Series({"b": 36})).value
    0.25
    """
    authors = _number(sums, "authors")
    return _share_among(
        "share_of_authors/1",
        Of.ACCOUNTS,
        sums,
        authors,
        others,
        n=authors,
        of=authors,
        by_one=True,
    )


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
    return _share_among("share_of_engagements/1", Of.ENGAGEMENTS, sums, own, others, n=n, of=of)


def change(now: float | None, before: float | None) -> float | None:
    """The change from `before` to `now` as a fraction of `before`; None from nothing.

    >>> change(150, 100), change(150, 0), change(None, 100)
    (0.5, None, None)
    """
    if now is None or not before:
        return None
    return (now - before) / before


def _measured(
    method: str, sums: pd.DataFrame, value: float | None, number: str, about: Of, unit: Unit
) -> Measure:
    n, of = _number(sums, number), _number(sums, "own_posts")
    return Measure(
        value=value,
        kind=MeasureKind.MEASURED,
        of=about,
        unit=unit,
        method=method,
        n=n,
        coverage=share(n, of),
        grade=None if value is None else grade(n, of),
        window=window(sums),
        warnings=partial(n, of),
    )


def _ratio(method: str, sums: pd.DataFrame, over: str, under: str) -> Measure:
    value = _quotient(_sum(sums, f"{over}_where_{under}"), _sum(sums, f"{under}_where_{over}"))
    number = f"n_{over}_where_{under}"
    return _measured(method, sums, value, number, Of.ENGAGEMENTS, Unit.FRACTION)


def _per_post(method: str, sums: pd.DataFrame, count: str) -> Measure:
    value = _quotient(_sum(sums, count), _number(sums, f"n_{count}"))
    return _measured(method, sums, value, f"n_{count}", Of.ENGAGEMENTS, Unit.PER_POST)


def _share_among(
    method: str,
    about: Of,
    sums: pd.DataFrame,
    own: int | None,
    others: pd.Series[int],
    *,
    n: int,
    of: int,
    by_one: bool = False,
) -> Measure:
    """`by_one`: what is counted came one by one, so chance has an interval."""
    known = others.dropna()
    total = own + int(known.sum()) if own is not None and len(known) else None
    value = _quotient(own, total)
    low, high = (None, None)
    if by_one and own is not None and total:
        low, high = _goodman(own, total, len(known) + 1)
    return Measure(
        value=value,
        kind=MeasureKind.MEASURED,
        of=about,
        unit=Unit.FRACTION,
        method=method,
        n=n,
        coverage=share(n, of),
        low=low,
        high=high,
        grade=None if value is None else grade(n, of),
        window=window(sums),
        warnings=(Caution.PARTIAL,) if len(known) < len(others) else partial(n, of),
    )


def _goodman(n: int, of: int, parts: int) -> tuple[float, float]:
    """The interval of one of the shares of a multinomial: all hold at once in 95 of 100."""
    a = NormalDist().inv_cdf(1 - 0.05 / parts / 2) ** 2
    middle, width = a + 2 * n, sqrt(a * (a + 4 * n * (of - n) / of))
    return max(middle - width, 0) / (2 * (of + a)), min((middle + width) / (2 * (of + a)), 1.0)


def _quotient_of(method: str, over: Measure, under: Measure) -> Measure:
    """One measure by another, each at its worst for the bounds."""
    value = low = high = None
    if over.value is not None and under.value:
        value = over.value / under.value
        low, high = share(_low(over), _high(under)), share(_high(over), _low(under))
    known = [it for it in (over.coverage, under.coverage) if it is not None]
    return replace(
        under,
        value=value,
        kind=MeasureKind.ESTIMATED,
        unit=Unit.FRACTION,
        method=method,
        coverage=min(known, default=None),
        low=low,
        high=high,
        grade=None if value is None else _worst(over, under),
        warnings=_together(over.warnings, under.warnings),
    )


def _low(measure: Measure) -> float:
    return (measure.value or 0) if measure.low is None else measure.low


def _high(measure: Measure) -> float:
    return (measure.value or 0) if measure.high is None else measure.high


def _worst(*measures: Measure) -> Grade | None:
    return max((it.grade for it in measures if it.grade is not None), default=None)


def _together(*warnings: tuple[Caution, ...]) -> tuple[Caution, ...]:
    return tuple(dict.fromkeys(caution for each in warnings for caution in each))


def _sum(sums: pd.DataFrame, name: str) -> int | None:
    known = sums[name].dropna()
    return int(known.sum()) if len(known) else None


def _number(sums: pd.DataFrame, name: str) -> int:
    return int(sums[name].sum())


def _quotient(over: int | None, under: int | None) -> float | None:
    return over / under if over is not None and under else None
