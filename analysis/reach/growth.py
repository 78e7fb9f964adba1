"""How fast posts grow: comparable values at one age, growth curves and half-lives.

Everything starts from `snapshots`, what `analysis.aggregates.snapshots` gives: one row a post
and reading, with `post_id`, `network`, `kind`, `age_hours`, `engagements`, `likes`, `reposts`,
`replies`, `quotes` and `impressions`. Neither the order of its rows nor a row given twice
changes anything; of two readings at the same age the higher counts hold.

Counts only grow, unless the network takes some back: the running maximum is the growth curve,
and a fall by more than 5 and more than a tenth is said (`Caution.REMOVED`).

All posts are computed at once, as rows of arrays with a column for each reading: 4,000 posts
of ten readings take well under a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.draws import FEWEST_FOR_A_MEDIAN, median_interval, resampled
from analysis.measure import Caution, Grade, Measure, MeasureKind, Of, Unit, grade, share

Floats: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]

#: The ages, in hours, at which curves have a point: those at which posts are read again.
AGES = (1, 3, 6, 12, 24, 48, 96, 168, 336, 672)

_COUNTS = ("engagements", "likes", "reposts", "replies", "quotes", "impressions")
_WEEK = 168  # hours; a younger post has not grown enough to be compared
_FEWEST_ENGAGEMENTS = 5  # half of less is one or two people
_FEWEST_POSTS = 5  # fewer say nothing of how they differ
_FEWEST_READINGS = 4  # fewer do not tell three parameters
_SHORTEST = 0.01  # hours; no half-life is looked for below
_SHAPES = (np.log(0.1), np.log(5.0))
_STEPS = 40
#: Where the search looks: at the place where it is first, so that a draw is none.
_NEIGHBOURS = sorted(product((-1, 0, 1), repeat=2), key=lambda step: (step != (0, 0), step))
_LN2 = float(np.log(2))


def value_at(snapshots: pd.DataFrame, hours: float = _WEEK) -> pd.DataFrame:
    """What each post had at one age, so that old and young posts may be compared.

    Interpolated linearly between the readings before and after; a post first read after that
    age has its first reading. Null without a reading between half and twice the age. A post
    that was not read since that age is provisional, and its values are null.

    Columns: `post_id`, `network`, `kind`, `is_provisional` (bool), `engagements`, `likes`,
    `reposts`, `replies`, `quotes`, `impressions` (float); in the order of network and post.

    >>> readings = {"post_id": ["a"] * 3, "network": ["x"] * 3, "kind": ["original"] * 3}
    >>> counts = dict.fromkeys(("likes", "reposts", "replies", "quotes", "impressions"), None)
    >>> grown = {"age_hours": [24.0, 96.0, 336.0], "engagements": [10, 40, 60]}
    >>> value_at(pd.DataFrame(readings | grown | counts))["engagements"].tolist()
    [46.0]
    """
    tidy = _tidy(snapshots)
    posts = tidy.drop_duplicates("number").reset_index(drop=True)
    last = tidy.groupby("number")["age_hours"].max()
    values = {name: np.full(len(posts), np.nan) for name in _COUNTS}
    for name, of_all in values.items():
        readings = _readings(tidy, name)
        of_all[readings.posts] = readings.at(hours, from_zero=False)
    found = posts.assign(is_provisional=last < hours, **values)
    return found[["post_id", "network", "kind", "is_provisional", *_COUNTS]]


def half_life(snapshots: pd.DataFrame) -> dict[str, Measure]:
    """Hours until a post has half of all its engagements: each network's median post.

    A post grows as C (1 - 2^-(t/h)^k): h is its half-life, k in [0.1, 5], C between what it
    has and five times that, by least squares (Weibull). With fewer than 4 readings, h is
    interpolated on the running maximum. Posts with fewer than 5 engagements say nothing of
    time, and those not read for a week are too young (`Caution.PROVISIONAL`); a network with
    fewer than 5 posts left has no value.

    The interval is that of 500 resamples of the posts. A post that had half of its engagements
    before anybody read it lies anywhere before its first reading, and widens it so. `n` is the
    posts; `coverage` their share of all with enough engagements. The grade is B where four
    fifths of these were fitted, C from one fifth, D below. Time to half of all engagements is
    Graffius's half-life ("Lifespan (Half-Life) of Social Media Posts", 2018 to 2025).
    """
    readings = _readings(_tidy(snapshots), "engagements")
    readings = readings.where(readings.last >= _FEWEST_ENGAGEMENTS)
    is_old = readings.last_age >= _WEEK
    hours, is_fitted = _half_lives(readings)
    first = readings.ages[:, 0] if len(hours) else hours
    is_unseen = hours < first
    return {
        network: _median_half_life(
            hours[of & is_old],
            np.where(is_unseen, first, np.nan)[of & is_old],
            n_fitted=int((of & is_old & is_fitted).sum()),
            posts=int(of.sum()),
            is_removed=bool((of & is_old & readings.is_removed).any()),
        )
        for network in sorted(set(snapshots["network"]))
        for of in [readings.network == network]
    }


def curves(snapshots: pd.DataFrame) -> pd.DataFrame:
    """How much of its final engagements the median post has at each of the `AGES`.

    Final is the running maximum at the last reading, a week after publication or later; posts
    with fewer than 5 engagements are left out. A post counts at an age when it was read
    between half and twice that age, and after it.

    One row a network and age with at least 6 posts, in that order. Columns: `network`,
    `age_hours`, `share` (the median, 0 to 1), `low`, `high` (95 %, from order statistics, which
    assume nothing), `posts`.
    """
    readings = _readings(_tidy(snapshots), "engagements")
    readings = readings.where((readings.last >= _FEWEST_ENGAGEMENTS) & (readings.last_age >= _WEEK))
    rows: list[dict[str, Any]] = []
    shares = {age: readings.at(age, from_zero=True) / readings.top for age in AGES}
    for network in sorted(set(readings.network)):
        for age, of_all in shares.items():
            known = of_all[(readings.network == network) & ~np.isnan(of_all)]
            if len(known) >= FEWEST_FOR_A_MEDIAN:
                low, high = median_interval(known)
                rows.append(
                    {
                        "network": network,
                        "age_hours": age,
                        "share": float(np.median(known)),
                        "low": low,
                        "high": high,
                        "posts": len(known),
                    }
                )
    return pd.DataFrame(
        rows, columns=["network", "age_hours", "share", "low", "high", "posts"]
    ).astype({"age_hours": "int64", "posts": "int64"})


@dataclass(frozen=True)
class _Readings:
    """The readings of one count: a row a post, a column a reading from the youngest on.

    Behind a post's last reading, ages are infinite and counts those of the last reading.
    """

    posts: npt.NDArray[np.int_]  # their numbers
    network: npt.NDArray[np.str_]
    ages: Floats
    counts: Floats

    @property
    def grown(self) -> Floats:
        """The growth curves: running maxima."""
        return np.maximum.accumulate(self.counts, axis=1)

    @property
    def is_removed(self) -> Flags:
        """Whether the network took back more than 5 and more than a tenth at once."""
        before, after = self.counts[:, :-1], self.counts[:, 1:]
        return np.asarray((before - after > np.maximum(5, 0.1 * before)).any(axis=1))

    @property
    def last(self) -> Floats:
        """What each post was last seen to have: what totals count."""
        return self.counts[:, -1]

    @property
    def top(self) -> Floats:
        return np.asarray(self.counts.max(axis=1))

    @property
    def last_age(self) -> Floats:
        return np.asarray(np.where(np.isfinite(self.ages), self.ages, -np.inf).max(axis=1))

    def where(self, chosen: Flags) -> _Readings:
        return _Readings(
            self.posts[chosen], self.network[chosen], self.ages[chosen], self.counts[chosen]
        )

    def at(self, hours: float, *, from_zero: bool) -> Floats:
        """Interpolated at an age, null where no reading is near or none is later.

        From zero: on the growth curve, which begins with nothing at age 0. Otherwise on the
        counts as they were read, and what was first read later has its first reading.
        """
        n = len(self.ages)
        counts = self.grown if from_zero else self.counts
        at_first = np.zeros((n, 1)) if from_zero else counts[:, :1]
        ages = np.hstack([np.zeros((n, 1)), self.ages, np.full((n, 1), np.inf)])
        counts = np.hstack([at_first, counts, counts[:, -1:]])
        after = (ages < hours).sum(1)
        young, old, less, more = _around(ages, counts, after)
        is_near = (old <= 2 * hours) | ((after > 1) & (young >= hours / 2))
        found = less + (more - less) * (hours - young) / (old - young)
        return np.where(is_near & np.isfinite(old), found, np.nan)


def _tidy(snapshots: pd.DataFrame) -> pd.DataFrame:
    """One row a post and age after publication, in order, with plain numbers.

    `number` counts the posts.
    """
    keys = ["network", "post_id", "kind", "age_hours"]
    plain = snapshots[[*keys, *_COUNTS]].astype(
        dict.fromkeys(keys[:3], "str") | dict.fromkeys(["age_hours", *_COUNTS], "float64")
    )
    plain = plain[plain["age_hours"] > 0]
    tidy = plain.groupby(keys, as_index=False, sort=True).max()
    return tidy.assign(number=tidy.groupby(["network", "post_id"]).ngroup())


def _readings(tidy: pd.DataFrame, count: str) -> _Readings:
    """The readings that give a count, for the posts that have any."""
    known = tidy[tidy[count].notna()].sort_values(["number", "age_hours"])
    posts, first, row = np.unique(known["number"], return_index=True, return_inverse=True)
    column = np.arange(len(known)) - first[row]
    shape = (len(posts), int(column.max(initial=0)) + 1)
    ages, counts = np.full(shape, np.inf), np.full(shape, np.nan)
    ages[row, column] = known["age_hours"]
    counts[row, column] = known[count]
    last = np.isfinite(ages).sum(1) - 1
    counts = np.where(np.isfinite(ages), counts, counts[np.arange(len(posts)), last][:, None])
    return _Readings(posts, known["network"].to_numpy(np.str_)[first], ages, counts)


def _around(ages: Floats, counts: Floats, after: npt.NDArray[np.int_]) -> tuple[Floats, ...]:
    """Of each row: the age before a column and at it, then the counts."""
    every = np.arange(len(ages))
    return (
        ages[every, after - 1],
        ages[every, after],
        *(counts[every, column] for column in (after - 1, after)),
    )


def _half_lives(readings: _Readings) -> tuple[Floats, Flags]:
    """The half-life of each post, and whether it is fitted rather than interpolated."""
    hours = _interpolated(readings)
    is_fitted = np.isfinite(readings.ages).sum(1) >= _FEWEST_READINGS
    if is_fitted.any():
        hours[is_fitted] = _fitted(readings.where(is_fitted), hours[is_fitted])
    return hours, is_fitted


def _interpolated(readings: _Readings) -> Floats:
    """When the growth curve, from nothing at age 0, comes to half of its end."""
    begin, grown = np.zeros((len(readings.ages), 1)), readings.grown
    ages, counts = np.hstack([begin, readings.ages]), np.hstack([begin, grown])
    half = grown[:, -1] / 2
    young, old, less, more = _around(ages, counts, (counts < half[:, None]).sum(1))
    hours: Floats = young + (half - less) / (more - less) * (old - young)
    return hours


def _fitted(readings: _Readings, hours: Floats) -> Floats:
    """Half-lives by least squares, from interpolated ones, for all posts at once.

    Given the half-life h and the shape k, the best end C has a closed form, which leaves two
    parameters. From the best of a few beginnings, each post goes to the best of its eight
    neighbours, and looks nearer where there is none.
    """
    grown, is_read = readings.grown, np.isfinite(readings.ages)
    ages = np.log(np.where(is_read, readings.ages, 1.0))
    counts = np.where(is_read, grown / grown[:, -1:], 0.0)
    shortest, longest = np.log(_SHORTEST), np.log(10 * readings.last_age)

    def squares(h: Floats, k: Floats) -> Floats:
        """The sum of squared errors of each post, h and k as logarithms."""
        powers = np.minimum(np.exp(k)[:, None] * (ages - h[:, None]), 7.0)
        grows = np.where(is_read, -np.expm1(-_LN2 * np.exp(powers)), 0.0)
        ends = np.clip((counts * grows).sum(1) / (grows * grows).sum(1), 1.0, 5.0)
        found: Floats = ((counts - ends[:, None] * grows) ** 2).sum(1)
        return found

    def best(tried: list[tuple[Floats, Floats]]) -> tuple[Floats, Floats, npt.NDArray[np.int_]]:
        within = [(np.clip(h, shortest, longest), np.clip(k, *_SHAPES)) for h, k in tried]
        place = np.argmin([squares(h, k) for h, k in within], axis=0)
        every = np.arange(len(hours))
        h, k = (np.stack(values)[place, every] for values in zip(*within, strict=True))
        return h, k, place

    begin = np.log(np.maximum(hours, _SHORTEST))
    factors, shapes = np.log([1.0, 0.3, 3.0]), np.log([1.0, 0.5, 0.25, 2.0])
    h, k, _ = best([(begin + f, np.full(len(hours), shape)) for f in factors for shape in shapes])
    step = np.full(len(hours), 0.5)
    for _ in range(_STEPS):
        h, k, place = best([(h + dh * step, k + dk * step) for dh, dk in _NEIGHBOURS])
        step = np.where(place == 0, step / 2, step)
    fitted: Floats = np.exp(h)
    return fitted


def _median_half_life(
    hours: Floats, first: Floats, *, n_fitted: int, posts: int, is_removed: bool
) -> Measure:
    """The measure of one network, from its posts' half-lives.

    `first` is the age at a post's first reading where half was reached before it, else null.
    `posts` are those with enough engagements, `n_fitted` of which have a fitted half-life.
    """
    method, n, made = "half_life/1", len(hours), (MeasureKind.ESTIMATED, Of.POSTS, Unit.HOURS)
    cautions = (
        Caution.REMOVED if is_removed else None,
        Caution.PROVISIONAL if n < posts else None,
    )
    warnings = tuple(caution for caution in cautions if caution)
    if n < _FEWEST_POSTS:
        return Measure(None, *made, method, n, share(n, posts), warnings=warnings)
    is_unseen = ~np.isnan(first)
    order = np.lexsort((first, hours))
    fewest, most = (
        resampled(values[order], method)
        for values in (np.where(is_unseen, 0.0, hours), np.where(is_unseen, first, hours))
    )
    value = float(np.median(hours))
    return Measure(
        value,
        *made,
        method,
        n,
        share(n, posts),
        low=min(value, float(np.percentile(np.median(fewest, axis=1), 2.5))),
        high=max(value, float(np.percentile(np.median(most, axis=1), 97.5))),
        grade=_estimate_grade(n_fitted, posts),
        warnings=warnings,
    )


def _estimate_grade(n: int, of: int) -> Grade:
    """As `grade`, but never A: a sample and a model stand between."""
    found = grade(n, of)
    return "B" if found == "A" else found
