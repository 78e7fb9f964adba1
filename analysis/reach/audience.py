"""How many distinct people saw a campaign, and how far that may be off.

Views count people again at every post, authors share their public, and networks share
people. The three steps are estimated one after the other:

- *one author*: followers differ in how likely they are to see a post, as a beta distribution
  does (beta-binomial model, Metheringham 1964); of the views by others, 1.3 make a person;
- *several authors of a network*: `analysis.reach.overlap`, by the people who are seen to engage
  with two of them (M1) or, where too few are seen, by assumption (M0);
- *several networks*: of the smaller audience of two, an assumed 30 % are in the larger.

The interval holds 95 % of 500 draws, in which an author's posts, the views that a model filled
in, the people seen to engage and all that is assumed are drawn anew. It is widened by 15 % on
both sides, because draws know nothing of what the model itself gets wrong, and kept within the
hard bounds. Draws are seeded from the input: the same posts give the same numbers.

YouTube forbids to estimate how many people its videos reach: it never enters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias, cast

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis import terms
from analysis.draws import DRAWS, INTERVAL, chance
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
from analysis.reach.overlap import (
    SeenTogether,
    agostini,
    counts_only,
    dawson_sankoff,
    hunter_worsley,
)

Floats: TypeAlias = NDArray[np.float64]

#: The share of an author's views that is by followers.
FROM_FOLLOWERS = 0.7
#: How much followers differ in how often they look: 0 not at all, 1 always or never.
HETEROGENEITY = 0.25
#: How much of the smaller audience of two networks is in the larger.
SHARED = 0.3

_VIEWS_OF_OTHERS, _MOST_SEEN = 1.3, 0.95
#: More than there are people: what next to no views may suggest is not infinite.
_MOST_FOLLOWERS = 1e12
_METHODS = {True: "estimated_reach.m1/2", False: "estimated_reach.m0/1"}

#: How far the central value may lie outside what pairs allow: Agostini's constant alone does 0.3 %.
_ABOUT = 0.99

_MAY_BE_UNKNOWN = ("views", "followers", "reach")
_ZERO_IF_UNKNOWN = ("views_sd", "imputed", "shared_sd", "reported")
_ENGAGED = ["author_id", "actor_id", "even", "odd"]

_WIDENED = (0.85, 1.15)
_HETEROGENEITY_DRAWN, _NESTED_DRAWN, _SHARED_DRAWN = (0.1, 0.4), (0.0, 0.5), (0.0, 0.7)
#: Beyond the authors with the most engaged people: so many are drawn one by one, those with the
#: largest audiences, and so many stand for all others.
_LARGEST, _SAMPLED = 100, 150


@dataclass(frozen=True)
class Reach:
    """Distinct people who saw: all networks together, and each; YouTube never.

    `estimated` and `by_network` have a value, an interval and a grade; `n` is the number of
    authors whose audience is known, `coverage` their share. `bounds` have no value, only
    `low`, the largest single audience, and `high`, the sum of all, or the population where
    that is smaller; as far as these are estimates themselves, the ends of their intervals.

    Grades: A where a single author's reach is published; B where overlaps come from people
    seen to engage (M1) and networks publish 80 % of the views; C where they publish 20 %; D
    below, and where overlaps are assumed (M0). All networks together have the grade that those
    with 80 % of the audience reach, and B at most.
    """

    estimated: Measure
    bounds: Measure
    by_network: dict[str, Measure]
    bounds_by_network: dict[str, Measure]


def estimated_reach(
    exposures: pd.DataFrame, engaged: pd.DataFrame, *, population: Mapping[str, int] | None = None
) -> Reach:
    """How many distinct people saw the posts, by network and together.

    `exposures` is what `impressions.exposures` gives, `engaged` what `aggregates.engaged`
    does; `population` says how many people can be reached on a network, where that is known.
    The order of rows is of no consequence. A missing column raises `KeyError`.

    An author whose followers are unknown is given as many as the usual author of the network
    would have with these views. One whose views are unknown is left out; values are None where
    no audience is known.

    >>> exposures = pd.DataFrame({
    ...     "author_id": ["a", "b"], "network": "x", "posts": 1, "followers": [2000, 1000],
    ...     "views": [1000.0, 500.0], "views_sd": 0.0, "reported": [1000.0, 500.0],
    ...     "n_reported": 1, "imputed": None, "n_imputed": 0, "shared_sd": 0.0, "reach": None,
    ... })
    >>> nobody = {"author_id": [], "actor_id": [], "network": [], "even": [], "odd": []}
    >>> reach = estimated_reach(exposures, pd.DataFrame(nobody))
    >>> round(reach.estimated.value), round(reach.bounds.low), round(reach.bounds.high)
    (1303, 791, 1500)
    >>> reach.estimated.method, reach.estimated.grade
    ('estimated_reach.m0/1', 'D')
    """
    exposures = _in_order(exposures)
    of_network = exposures.groupby("network", sort=True).indices
    networks = {
        str(it): np.asarray(rows) for it, rows in of_network.items() if it not in terms.RESTRICTED
    }
    known = {network: _known(exposures, rows) for network, rows in networks.items()}
    # Names are long, and needed only of those with whom somebody is seen to engage.
    is_engaged = exposures["author_id"].isin(engaged["author_id"].unique())
    names = exposures.loc[is_engaged, "author_id"]
    published = exposures.filter(["posts", "first_on", "last_on"])
    # A network's draws are its own, so it has the same interval alone and among others.
    of_all = _chance({})
    heterogeneity = of_all.uniform(*_HETEROGENEITY_DRAWN, DRAWS)
    found = {
        network: _estimate(
            published.iloc[rows],
            known[network],
            names,
            engaged.loc[engaged["network"] == network, _ENGAGED],
            float((population or {}).get(network, np.inf)),
            heterogeneity,
            _chance({network: known[network]}),
        )
        for network, rows in networks.items()
    }
    authors = published[~exposures["network"].isin(terms.RESTRICTED)]
    together = _together(authors, list(found.values()), of_all.uniform(*_SHARED_DRAWN, DRAWS))
    return Reach(
        together.estimated,
        together.bounds,
        {network: one.estimated for network, one in found.items()},
        {network: one.bounds for network, one in found.items()},
    )


def unique_audience(
    posts: ArrayLike,
    views: ArrayLike,
    followers: ArrayLike,
    *,
    from_followers: float = FROM_FOLLOWERS,
    heterogeneity: ArrayLike = HETEROGENEITY,
) -> Floats:
    """Distinct people who saw at least one of an author's posts; arguments broadcast.

    `from_followers` is the share of the views that is by followers, who see at most 95 % of
    the posts: views beyond these are by others too. `heterogeneity` is above 0 and below 1.

    >>> unique_audience(
    ...     [1, 2], [200, 400], followers=1000, from_followers=1, heterogeneity=1 / 8
    ... ).round(6).tolist()
    [200.0, 340.0]
    """
    n, v, f = (np.asarray(it, dtype=np.float64) for it in (posts, views, followers))
    by_followers = np.minimum(from_followers * v, _MOST_SEEN * n * f)
    p = by_followers / np.maximum(n * f, np.finfo(float).tiny)
    others = (v - by_followers) / _VIEWS_OF_OTHERS
    return np.asarray(np.minimum(v, f * _seen_any(n, p, heterogeneity) + others))


def calibrated_heterogeneity(
    posts: ArrayLike, reach_per_post: ArrayLike, followers: ArrayLike, reach: ArrayLike
) -> float | None:
    """How much followers differ, from accounts whose networks say whom they reached.

    Of each account: its posts, the followers that one reached on average, all its followers,
    and those that the posts reached together. The median over accounts of the heterogeneity
    that explains it, by bisection from 0.001 to 0.95; None without an account of two posts.

    >>> round(calibrated_heterogeneity(2, 200, 1000, 340), 3)
    0.125
    """
    n, r, f, reached = np.broadcast_arrays(
        *(
            np.atleast_1d(np.asarray(it, np.float64))
            for it in (posts, reach_per_post, followers, reach)
        )
    )
    tells = (n > 1) & (r > 0) & (f > 0) & (reached > 0)
    if not tells.any():
        return None
    n, p, goal = n[tells], np.minimum(_MOST_SEEN, r[tells] / f[tells]), reached[tells] / f[tells]
    low, high = np.full(len(n), 0.001), np.full(len(n), 0.95)
    for _ in range(40):
        middle = (low + high) / 2
        is_low = _seen_any(n, p, middle) > goal  # the more people differ, the fewer see any
        low, high = np.where(is_low, middle, low), np.where(is_low, high, middle)
    return float(np.median((low + high) / 2))


def _seen_any(posts: Floats, p: Floats, heterogeneity: ArrayLike) -> Floats:
    """The share of followers who see any of the posts, each seen by the share `p`.

    One less the product of (beta + i) / (alpha + beta + i), i from 0 to posts - 1. Written with
    log(1 - alpha / (alpha + beta + i)) it loses no digits where p is tiny, as differences of
    log-gammas would; from the ninth factor on the sum is an integral, by the midpoint rule with
    its first correction, exact to 1e-6.
    """
    m = 1 / np.asarray(heterogeneity, dtype=np.float64) - 1
    alpha = p * m
    few = 8
    missed = np.zeros(np.broadcast_shapes(posts.shape, alpha.shape))
    for i in range(few):
        missed += np.where(posts > i, np.log1p(-alpha / (m + i)), 0)
    if np.any(posts > few):
        first, last = m + few - 0.5, m + np.maximum(posts, few) - 0.5
        slope = alpha / (last * (last - alpha)) - alpha / (first * (first - alpha))
        missed += (
            last * np.log1p(-alpha / last)
            - first * np.log1p(-alpha / first)
            - alpha * np.log((last - alpha) / (first - alpha))
            - slope / 24
        )
    return np.asarray(-np.expm1(missed))


@dataclass(frozen=True)
class _Estimate:
    """What is found of one network, or of all; `draws` are empty where nothing is known."""

    estimated: Measure
    bounds: Measure
    draws: Floats


def _in_order(exposures: pd.DataFrame) -> pd.DataFrame:
    """The authors in the order of their ids, numbered: to look is faster than to sort."""
    ids = exposures["author_id"].fillna("").array
    if not (ids[1:] >= ids[:-1]).all():
        exposures = exposures.sort_values("author_id", kind="stable")
    return exposures.reset_index(drop=True)


def _known(exposures: pd.DataFrame, rows: NDArray[np.intp]) -> pd.DataFrame:
    """The named authors in some rows whose audience can be told; numbers are floats.

    The index is theirs in `exposures`. Columns: `posts` (those with views), `views`, `views_sd`,
    `imputed`, `shared_sd`, `followers`, `reach` (NaN where unpublished), `reported` (of the
    views).
    """
    rows = rows[exposures["author_id"].notna().to_numpy()[rows]]
    numbers = {
        name: exposures[name].to_numpy(np.float64, na_value=np.nan)[rows]
        for name in (*_MAY_BE_UNKNOWN, *_ZERO_IF_UNKNOWN, "n_reported", "n_imputed")
    }
    for name in _ZERO_IF_UNKNOWN:
        np.nan_to_num(numbers[name], copy=False)
    numbers["posts"] = numbers.pop("n_reported") + numbers.pop("n_imputed")
    known = pd.DataFrame(numbers, rows, copy=False)
    # Where people are counted, nothing is left to estimate.
    is_counted = known["reach"].notna()
    known["views"] = known["views"].fillna(known["reach"])
    known["reported"] = known["reported"].mask(is_counted, known["views"])

    if known["followers"].isna().any():
        a_post = known["views"] / known["posts"].where(known["posts"] > 0)
        a_follower = a_post.where(a_post > 0) / known["followers"].where(known["followers"] > 0)
        guess = (a_post / a_follower.median()).clip(upper=_MOST_FOLLOWERS)
        known["followers"] = known["followers"].fillna(guess)
    known["followers"] = known["followers"].mask(is_counted, 0.0)
    is_known = known["views"].notna() & known["followers"].notna()
    return known[is_known & (is_counted | (known["posts"] > 0))]


def _estimate(
    authors: pd.DataFrame,
    known: pd.DataFrame,
    names: pd.Series[str],
    engaged: pd.DataFrame,
    population: float,
    heterogeneity: Floats,
    chance: np.random.Generator,
) -> _Estimate:
    """One network's distinct people: by M1 where enough people are seen, else by M0.

    `names` are the ids of authors with whom somebody engages, of whatever network, by the index
    of `known`.
    """
    warnings = list(partial(known["posts"].sum(), authors["posts"].sum()))
    if known.empty:
        return _result(authors, 0, None, (0, 0), np.empty(0), False, None, warnings)
    if known["imputed"].any():
        warnings.append(Caution.IMPUTED)
    audiences = _audiences(known, population)
    largest, total = float(audiences.max()), float(audiences.sum())
    most = min(total, population)

    named = names.index.get_indexer(known.index)
    places = np.flatnonzero(named >= 0)
    ids = pd.Series(names.array[named[places]], places)
    seen = SeenTogether.of(ids, audiences, engaged)
    few, weights = _few(audiences, seen.authors)
    again, views = _drawn(known.iloc[few], weights, population, heterogeneity, chance)
    if seen.is_enough:
        others = np.delete(audiences, seen.authors)
        shared = float(seen.shared(seen.rate, np.append(seen.audiences, others)))
        value = float(agostini(total, shared))
        rates = seen.drawn_rates(again[:, : len(seen.authors)], chance)
        draws = agostini(again @ weights, seen.shared(rates, again, weights))
        alone = others * (1 - np.minimum(1, seen.rate * largest))
        highest = hunter_worsley(seen.audiences, seen.shared_by_pair) + float(alone.sum())
        if not _ABOUT * dawson_sankoff(total, shared) <= value <= highest / _ABOUT:
            warnings.append(Caution.OUTSIDE_BOUNDS)
    else:
        value = float(counts_only(audiences, population))
        nested = chance.uniform(*_NESTED_DRAWN, DRAWS)
        draws = counts_only(again, population, nested=nested, weights=weights)
        if len(known) > 1:
            warnings.append(Caution.COUNTS_ONLY)
    low, high = _bounds(known.iloc[few], again, views, weights)
    return _result(
        authors,
        len(known),
        float(np.clip(value, largest, most)),
        (min(low, largest), max(min(high, population), most)),
        np.clip(draws, again.max(axis=1), np.minimum(again @ weights, population)),
        seen.is_enough,
        _grade(known, float(authors["posts"].sum()), seen.is_enough),
        warnings,
    )


def _bounds(
    known: pd.DataFrame, again: Floats, views: Floats, weights: Floats
) -> tuple[float, float]:
    """The least that the largest audience may be, and the most that the sum of all may.

    Estimates may be off by what every estimate may, but nobody sees a post without a view.
    """
    is_counted = known["reach"].notna().to_numpy()
    least, most = (np.where(is_counted, again, again * by) for by in _WIDENED)
    return (
        float(np.percentile(least.max(axis=1), INTERVAL[0])),
        float(np.percentile(np.minimum(most, views) @ weights, INTERVAL[1])),
    )


def _together(authors: pd.DataFrame, networks: list[_Estimate], shared: Floats) -> _Estimate:
    """All networks: each smaller audience shares a part of itself with the largest.

    The part is that of the smaller one for any two, so the heaviest tree through all pairs
    links each network to the largest (Hunter, Worsley).
    """
    known = [one for one in networks if one.estimated.value is not None]
    warnings = [*dict.fromkeys(caution for one in networks for caution in one.estimated.warnings)]
    n = sum(one.estimated.n for one in networks)
    if not known:
        return _result(authors, n, None, (0, 0), np.empty(0), False, None, warnings)
    values = np.array([one.estimated.value for one in known], dtype=np.float64)
    draws = np.array([one.draws for one in known])
    bounds = (
        max(float(one.bounds.low or 0) for one in known),
        sum(float(one.bounds.high or 0) for one in known),
    )
    sure = sorted((str(one.estimated.grade), value) for one, value in zip(known, values))
    reached = np.cumsum([value for _, value in sure]) >= 0.8 * values.sum()
    worst = sure[int(np.argmax(reached))][0]
    return _result(
        authors,
        n,
        float(_linked(values, SHARED)),
        bounds,
        _linked(draws, shared),
        any(one.estimated.method == _METHODS[True] for one in known),
        cast(Grade, worst if len(known) == 1 else max(worst, "B")),
        warnings,
    )


def _linked(networks: Floats, shared: ArrayLike) -> Floats:
    total, largest = networks.sum(axis=0), networks.max(axis=0)
    return np.asarray(total - shared * (total - largest))


def _result(
    authors: pd.DataFrame,
    n: int,
    value: float | None,
    bounds: tuple[float, float],
    draws: Floats,
    is_m1: bool,
    grade: Grade | None,
    warnings: list[Caution],
) -> _Estimate:
    of, days, cautions = len(authors), window(authors), tuple(warnings)
    nothing = Measure(
        value=None,
        kind=MeasureKind.ESTIMATED,
        of=Of.PEOPLE,
        unit=Unit.COUNT,
        method=_METHODS[is_m1],
        n=n,
        coverage=share(n, of),
        window=days,
        warnings=cautions,
    )
    limits = replace(nothing, kind=MeasureKind.BOUNDED, method="reach_bounds/1")
    if value is None:
        return _Estimate(nothing, limits, draws)
    low, high = np.clip(np.percentile(draws, INTERVAL) * _WIDENED, *bounds)
    estimated = replace(
        nothing,
        value=value,
        low=min(float(low), value),
        high=max(float(high), value),
        grade=grade,
    )
    limits = replace(limits, low=bounds[0], high=bounds[1], warnings=())
    return _Estimate(estimated, limits, draws)


def _grade(known: pd.DataFrame, posts: float, is_m1: bool) -> Grade:
    if len(known) > 1 and not is_m1:
        return "D"
    is_counted = bool(known["reach"].notna().all())
    reported = known["reported"].sum() * known["posts"].sum()
    sure = grade(reported, known["views"].sum() * posts)
    return sure if is_counted and len(known) == 1 else max(sure, "B")


def _audiences(known: pd.DataFrame, population: float) -> Floats:
    counted = known["reach"].to_numpy()
    columns = (known[name].to_numpy() for name in ("posts", "views", "followers"))
    audiences = np.where(np.isnan(counted), unique_audience(*columns), counted)
    return np.asarray(np.minimum(audiences, population))


def _few(audiences: Floats, first: NDArray[np.intp]) -> tuple[NDArray[np.intp], Floats]:
    """Authors to draw, `first` ones first, and how many of all each stands for.

    The largest of the others stand for themselves. Of the rest a sample does, drawn evenly
    along the sum of their audiences, so that these add up to the same.
    """
    others = np.delete(np.arange(len(audiences)), first)
    if len(others) > _LARGEST:
        others = others[np.argpartition(-audiences[others], _LARGEST)]
    alone, rest = others[:_LARGEST], np.sort(others[_LARGEST:])
    weights = np.ones(len(rest))
    if len(rest) > _SAMPLED and audiences[rest].any():
        along = np.cumsum(audiences[rest])
        step = along[-1] / _SAMPLED
        hit, times = np.unique(
            np.searchsorted(along, (np.arange(_SAMPLED) + 0.5) * step), return_counts=True
        )
        rest = rest[hit]
        weights = times * step / audiences[rest]
    return np.concatenate([first, alone, rest]), np.concatenate(
        [np.ones(len(first) + len(alone)), weights]
    )


def _drawn(
    known: pd.DataFrame,
    weights: Floats,
    population: float,
    heterogeneity: Floats,
    chance: np.random.Generator,
) -> tuple[Floats, Floats]:
    """The audiences and views if posts and imputed views were drawn again: a row a draw.

    An author's views are log-normal; one that stands for many varies as their mean does.
    """
    number = {name: known[name].to_numpy() for name in known.columns}
    views = number["views"]
    relative = number["views_sd"] / np.maximum(views, 1) / np.sqrt(weights)
    sigma = np.sqrt(np.log1p(relative**2))
    luck = np.exp(sigma * chance.standard_normal((DRAWS, len(known))) - sigma**2 / 2)
    # What is unknown of a network is unknown of all its authors at once.
    factor = np.exp(number["shared_sd"] * chance.standard_normal((DRAWS, 1)))
    views = np.asarray((views + number["imputed"] * (factor - 1)) * luck)
    audiences = unique_audience(
        number["posts"], views, number["followers"], heterogeneity=heterogeneity[:, None]
    )
    audiences = np.where(np.isnan(number["reach"]), audiences, number["reach"])
    return np.minimum(audiences, population), np.maximum(views, audiences)


def _chance(known: Mapping[str, pd.DataFrame]) -> np.random.Generator:
    """The same for the same methods and what is drawn from, in whole numbers."""
    drawn_from = ["|".join(_METHODS.values()).encode()]
    for network, authors in known.items():
        drawn_from.append(network.encode())
        for name in ("posts", "views", "views_sd", "followers"):
            drawn_from.append(np.rint(authors[name].to_numpy()).tobytes())
    return chance(*drawn_from)
