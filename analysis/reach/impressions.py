"""Views where a network publishes none, estimated from the posts whose views are published.

The model, one for each network that publishes enough, is

    log(views + 1) = a[kind] + b log(followers + 1) + g log(engagements + 1) + u + e

with u ~ N(0, between) an author's own and e ~ N(0, within) a post's own. It is a ridge
(alpha 1 on b and g, covariates centred by kind); the two variances come by the method of
moments (Henderson's third), u by shrinkage. All of it is solved exactly from the sums of
`analysis.aggregates.view_sums` and `view_moments`: no frame of posts is ever held.

The other networks take a model pooled over all, times a factor that nobody knows: 0.25 to 4
with 95 %. Under `FEWEST_POSTS` posts with views nothing is estimated, nor where a post's
followers or engagements are unknown. YouTube's terms forbid estimates of its numbers.

Reposters' followers are added nowhere. The views of a post contain those of its reposts, and
reposts are among the engagements that the model predicts from: its estimate already holds what
they bring, and adding reposters' followers would count their audiences twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis import draws, terms
from analysis.measure import Caution, Measure, MeasureKind, Of, Unit, grade, partial, share, window
from data.model import OWN_KINDS

Numbers: TypeAlias = npt.NDArray[np.float64]

#: With fewer posts that publish views, followers and engagements there is no model.
FEWEST_POSTS = 30

#: The factor of a network without a model of its own: the standard deviation of its logarithm.
OFFSET = 0.7

#: How strongly the ridge pulls the slopes to nothing.
_ALPHA = 1.0

#: With fewer authors, or fewer posts beyond each author's first, the variances are set equal.
_FEWEST_TO_TELL = 5

_METHOD = "estimated_impressions/1"
_DRAWS = 2000

_KEY = ["author_id", "network"]
_OF_KINDS = [f"n_{kind}" for kind in OWN_KINDS]

#: What an account tells of the views that its other posts may have.
_TELLING = [*_OF_KINDS, *"fey"]

_NONE_IMPUTED = pd.DataFrame(
    columns=["imputed", "imputed_sd", "imputed_squares", "n_imputed", "shared_sd"], dtype=float
)


@dataclass(frozen=True)
class Fit:
    """The regression of one network, or of all together.

    `kinds` of posts seen, their `shares` of the posts and their `intercepts`; `slopes` of
    log(followers + 1) and log(engagements + 1); the variances `within` an author's posts and
    `between` authors. `covariance` is that of the intercepts and slopes, in this order;
    `doubts` how far half of either variance may be off, as the square of it.
    """

    kinds: tuple[str, ...]
    shares: Numbers
    intercepts: Numbers
    slopes: tuple[float, float]
    within: float
    between: float
    covariance: Numbers
    doubts: tuple[float, float]

    def mix(self, kinds: pd.Series[str]) -> Numbers:
        """How each kind draws on the intercepts, a row each: one not seen on all, by share."""
        is_of = _is_of(kinds, self.kinds)
        return np.where(is_of.any(axis=1, keepdims=True), is_of, self.shares)


@dataclass(frozen=True)
class ViewModel:
    """The regressions: of each network that publishes enough views, and of all pooled."""

    own: Mapping[str, Fit]
    pooled: Fit


def view_model(sums: pd.DataFrame, moments: pd.DataFrame) -> ViewModel | None:
    """The model of views; None under `FEWEST_POSTS` posts.

    From `aggregates.view_sums` and `aggregates.view_moments` of the same posts. A network with
    fewer has no regression of its own. Posts of unknown authors do not show what one author's
    posts share, and are left out.
    """
    sums = sums[~sums["network"].isin(terms.RESTRICTED)]
    posts = sums.groupby("network")["n"].sum()
    if posts.sum() < FEWEST_POSTS:
        return None
    accounts = _by_account(moments)
    is_telling = accounts["author_id"].notna() & accounts["network"].isin(posts.index)
    accounts = accounts.loc[is_telling, ["network", *_TELLING]]
    pooled = _fit(sums, accounts)
    own = {
        str(network): pooled
        if len(posts) == 1
        else _fit(sums[sums["network"] == network], accounts[accounts["network"] == network])
        for network, n in posts.items()
        if n >= FEWEST_POSTS
    }
    return ViewModel(own, pooled)


def exposures(
    moments: pd.DataFrame, missing: pd.DataFrame | None, model: ViewModel | None
) -> pd.DataFrame:
    """How often each account's own posts were seen: one row an account and network.

    From `aggregates.view_moments` and, where there is a model, `aggregates.missing_views`
    with it. In the order of the accounts; the posts of unknown authors are one row of their
    network, without `author_id`. Columns, with null as NaN:

    - `author_id`, `network`, `posts` (own ones), `first_on`, `last_on`;
    - `followers`: the highest seen, null if never;
    - `reported`: the views that the network publishes, of `n_reported` posts, null if none;
    - `imputed`: the views expected of `n_imputed` more posts, null if none, and `imputed_sd`,
      their standard deviation;
    - `views`: the two together, null where both are, and `views_sd`: its standard deviation
      by the imputation and if the account's posts were drawn again;
    - `shared_sd`: beyond that, by which factor all imputed views of the network may be off
      together: the standard deviation of its logarithm, 0 where nothing is imputed;
    - `reach`: the people reached, where the network publishes it for the account's one post.
    """
    moments = _by_account(moments)
    missing = moments.head(0) if missing is None else missing
    telling = ["author_id", *_TELLING]
    parts = [
        _imputed(of_network, moments.loc[moments["network"] == network, telling], model)
        for network, of_network in missing.groupby("network")
        if model is not None
    ]
    imputed = pd.concat([_NONE_IMPUTED, *parts])
    of_all = {name: np.zeros(len(moments)) for name in imputed}
    for name, values in of_all.items():
        values[imputed.index.to_numpy(np.intp)] = imputed[name]

    n_reported, n_imputed = moments["n_impressions"].to_numpy(int), of_all["n_imputed"].astype(int)
    reported, squares, reach = _numbers(moments, "impressions", "impressions_squared", "reach")
    n = n_reported + n_imputed
    views = np.where(n > 0, np.nan_to_num(reported) + of_all["imputed"], np.nan)
    drawn_again = np.nan_to_num(squares + of_all["imputed_squares"] - views**2 / np.maximum(n, 1))
    is_of_one_post = (moments["posts"] == 1) & (moments["n_reach"] == 1)
    columns = {
        **{name: moments[name] for name in (*_KEY, "followers", "first_on", "last_on")},
        "posts": moments["posts"].to_numpy(int),
        "views": views,
        "views_sd": np.sqrt(np.maximum(drawn_again, 0) + of_all["imputed_sd"] ** 2),
        "reported": reported,
        "n_reported": n_reported,
        "imputed": np.where(n_imputed > 0, of_all["imputed"], np.nan),
        "n_imputed": n_imputed,
        "imputed_sd": of_all["imputed_sd"],
        "shared_sd": of_all["shared_sd"],
        "reach": np.where(is_of_one_post, reach, np.nan),
    }
    # Of a million accounts, a copy of each column is seconds of nothing but memory.
    return pd.DataFrame(columns, copy=False)


def estimated_impressions(exposures: pd.DataFrame) -> Measure:
    """The views that networks publish, and those expected where they do not.

    From `exposures`; YouTube is left out unless it is alone. `n` and `coverage` are of the
    own posts whose views are published or estimated: where there are more, so are the views.
    The interval lies between the 2.5th and the 97.5th percentile of seeded draws: the imputed
    views of each network as a log-normal with the mean and the variance of their sum (Fenton
    1960), times the factor that they share. The grade is the lower of two: by coverage, and
    by how much of the views is published. Where nothing is imputed the value is measured.

    >>> exposures = pd.DataFrame({
    ...     "network": ["x", "mastodon"], "posts": [4, 2],
    ...     "n_reported": [4, 0], "reported": [900.0, None],
    ...     "n_imputed": [0, 2], "imputed": [None, 100.0], "views": [900.0, 100.0],
    ...     "imputed_sd": [0.0, 30.0], "shared_sd": [0.0, 0.7],
    ... })
    >>> measure = estimated_impressions(exposures)
    >>> measure.value, round(measure.low, -1), round(measure.high, -1), measure.grade
    (1000.0, 920.0, 1310.0, 'B')
    """
    if not terms.are_restricted(exposures["network"].unique().tolist()):
        exposures = exposures[~exposures["network"].isin(terms.RESTRICTED)]
    posts = int(exposures["posts"].sum())
    n = int(exposures["n_reported"].sum() + exposures["n_imputed"].sum())
    value = float(exposures["views"].sum()) if n else None
    reported = float(exposures["reported"].sum())
    is_imputed = bool(exposures["n_imputed"].sum())
    low, high = _interval(exposures, reported) if is_imputed else (None, None)
    return Measure(
        value=value,
        kind=MeasureKind.ESTIMATED if is_imputed else MeasureKind.MEASURED,
        of=Of.DISPLAYS,
        unit=Unit.COUNT,
        method=_METHOD,
        n=n,
        coverage=share(n, posts),
        low=low,
        high=high,
        grade=None if value is None else max(grade(n, posts), grade(reported, value)),
        window=window(exposures),
        warnings=(*partial(n, posts), *((Caution.IMPUTED,) if is_imputed else ())),
    )


def _by_account(moments: pd.DataFrame) -> pd.DataFrame:
    """One row an account, in their order; unknown authors are one a network.

    Aggregates give them so: to look is faster than to sort and to add up.
    """
    author, network = moments["author_id"].fillna("").array, moments["network"].array
    is_later = (author[1:] > author[:-1]) | (
        (author[1:] == author[:-1]) & (network[1:] > network[:-1])
    )
    if is_later.all():
        return moments.reset_index(drop=True)
    how = {"followers": "max", "first_on": "min", "last_on": "max"}
    accounts = moments.groupby(_KEY, dropna=False)
    rows = accounts.agg({name: how.get(name, "sum") for name in moments.columns.drop(_KEY)})
    published = {"impressions": "n_impressions", "reach": "n_reach"}
    for name, number in published.items():
        rows[name] = rows[name].where(rows[number] > 0)
    return rows.reset_index().sort_values(_KEY, na_position="first", ignore_index=True)


def _is_of(kinds: pd.Series[str], seen: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    codes, found = pd.factorize(kinds)
    is_of = np.array([[kind == it for it in seen] for kind in found], dtype=np.bool_)
    return is_of.reshape(-1, len(seen))[codes]


def _fit(sums: pd.DataFrame, moments: pd.DataFrame) -> Fit:
    """From rows of `view_sums` and `view_moments`."""
    by_kind = sums.groupby("kind")[[*"nyfe"]].sum().astype(float)
    kinds = tuple(map(str, by_kind.index))
    n, y, corner = (by_kind[[*names]].to_numpy() for names in ("n", "y", "fe"))
    yy, ff, ee, yf, ye, fe = (
        float(sums[name].sum()) for name in ("yy", "ff", "ee", "yf", "ye", "fe")
    )
    gram = np.block([[np.diag(n[:, 0]), corner], [corner.T, np.array([[ff, fe], [fe, ee]])]])
    target = np.array([*y[:, 0], yf, ye])
    # Free intercepts beside penalised slopes are a ridge on covariates centred by kind.
    inverse = np.linalg.inv(gram + np.diag([0.0] * len(kinds) + [_ALPHA] * 2))
    found = inverse @ target

    accounts = np.stack(_numbers(moments, *(f"n_{kind}" for kind in kinds), *"fey"))
    posts = accounts[:-3].sum(axis=0)
    if not posts.all():
        accounts, posts = accounts[:, posts > 0], posts[posts > 0]
    covariates = accounts[:-1]
    means = (accounts[-1] - found @ covariates) / posts
    squares = yy - 2 * found @ target + found @ gram @ found
    squares_within = squares - posts @ means**2
    within, between = _variances(gram, inverse, covariates, posts, squares, squares_within)

    authors = len(posts)
    spread = within * gram + between * covariates @ covariates.T
    doubt_within = within**2 / (2 * max(posts.sum() - authors, 1))
    doubt_between = (between + within * authors / posts.sum()) ** 2 / (2 * max(authors - 1, 1))
    return Fit(
        kinds=kinds,
        shares=n[:, 0] / n.sum(),
        intercepts=found[:-2],
        slopes=(float(found[-2]), float(found[-1])),
        within=within,
        between=between,
        covariance=inverse @ spread @ inverse,
        doubts=(float(doubt_within), float(doubt_between)),
    )


def _variances(
    gram: Numbers,
    inverse: Numbers,
    covariates: Numbers,
    posts: Numbers,
    squares: float,
    squares_within: float,
) -> tuple[float, float]:
    """The variance within an author's posts, and that between authors.

    The squares of the residuals, and of what they differ from their author's mean, are each
    expected to be a sum of the two variances with known factors (traces): two equations.
    """
    shared = inverse @ covariates @ covariates.T
    fitted = inverse @ gram
    apart = inverse @ (gram - (covariates / posts) @ covariates.T)
    n, authors = posts.sum(), len(posts)
    factors = np.array(
        [
            [n - 2 * np.trace(fitted) + np.trace(fitted @ fitted), n - 2 * np.trace(shared)],
            [n - authors - 2 * np.trace(apart) + np.trace(apart @ fitted), 0],
        ]
    ) + np.array([[0, np.trace(fitted @ shared)], [0, np.trace(shared @ apart)]])
    if min(authors, n - authors) < _FEWEST_TO_TELL:
        within = between = squares / factors[0].sum()
    else:
        within, between = np.linalg.solve(factors, [squares, squares_within])
        if between < 0:
            within, between = squares / factors[0, 0], 0.0
    return max(float(within), np.finfo(float).tiny), max(float(between), 0.0)


def _imputed(missing: pd.DataFrame, moments: pd.DataFrame, model: ViewModel) -> pd.DataFrame:
    """What is expected of one network's posts without views: a row an `account`, the index.

    Columns: those of `_NONE_IMPUTED`; `imputed_squares` is the sum of the squares of the
    posts' expected views.
    """
    own = model.own.get(str(missing["network"].iloc[0]))
    fit = own or model.pooled
    mix = fit.mix(missing["kind"])
    scale = np.exp(mix @ fit.intercepts)
    n, w, ww, wf, we = (missing[name].to_numpy(float) for name in ("n", "w", "ww", "wf", "we"))
    per_row = np.column_stack([mix * w[:, None], wf, we, scale * ww]) * scale[:, None]
    names = pd.concat([moments["author_id"], missing["author_id"]])
    codes, _ = pd.factorize(names, use_na_sentinel=False)
    account = np.empty(codes.max() + 1, np.intp)
    account[codes[: len(moments)]] = moments.index
    sums = pd.DataFrame(np.column_stack([per_row, n]))
    sums = sums.groupby(account[codes[len(moments) :]]).sum()
    covariates, (ww, n) = sums.to_numpy()[:, :-2], sums.to_numpy()[:, -2:].T
    w = covariates[:, :-2].sum(axis=1)

    is_telling = moments["author_id"].notna() & (own is not None)
    shown, residuals = _shown(sums.index, moments[is_telling], fit)
    unknown = fit.within + shown[:, :-2].sum(axis=1) * fit.between
    habit = fit.between * residuals / unknown
    left = fit.between * fit.within / unknown
    mean = np.exp(habit + (left + fit.within) / 2)
    variance = np.exp(2 * habit + fit.within) * (
        np.exp(left) * np.expm1(left) * w**2 + np.exp(2 * left) * np.expm1(fit.within) * ww
    )
    # An account's own posts, as far as they tell its habit, make up for wrong coefficients.
    parts = mean * w / (mean @ w)
    slant = parts @ (covariates / w[:, None] - (fit.between / unknown)[:, None] * shown)
    doubts = np.array([1, (parts @ (fit.within / unknown) ** 2) ** 2]) @ fit.doubts
    shared_variance = slant @ fit.covariance @ slant + doubts + (0 if own else OFFSET**2)
    imputed = {
        "imputed": (mean * w - n).clip(min=0),
        "imputed_sd": np.sqrt(variance),
        "imputed_squares": mean**2 * ww,
        "n_imputed": n,
        "shared_sd": np.sqrt(shared_variance),
    }
    return pd.DataFrame(imputed, index=sums.index)


def _shown(accounts: pd.Index[int], moments: pd.DataFrame, fit: Fit) -> tuple[Numbers, Numbers]:
    """Over the posts with views of each account, the sums of covariates and residuals."""
    *of_kinds, f, e, y = _numbers(moments, *_TELLING)
    covariates = np.column_stack([np.transpose(of_kinds) @ fit.mix(pd.Series(OWN_KINDS)), f, e])
    residuals = y - covariates @ [*fit.intercepts, *fit.slopes]
    rows = pd.DataFrame(np.column_stack([covariates, residuals]), index=moments.index)
    shown = rows.reindex(accounts).fillna(0).to_numpy()
    return shown[:, :-1], shown[:, -1]


def _numbers(rows: pd.DataFrame, *names: str) -> list[Numbers]:
    """Some columns as floats, null as NaN."""
    return [rows[name].to_numpy(float, na_value=np.nan) for name in names]


def _interval(exposures: pd.DataFrame, reported: float) -> tuple[float, float]:
    imputed = exposures[exposures["imputed"] > 0]
    sums = imputed.assign(variance=imputed["imputed_sd"] ** 2).groupby("network")
    mean, variance = (sums[name].sum().to_numpy(float) for name in ("imputed", "variance"))
    shared = sums["shared_sd"].max().to_numpy(float)
    drawn = draws.chance(_METHOD.encode()).standard_normal((2, _DRAWS, len(mean)))
    logarithm = np.log1p(variance / mean**2)
    factors = np.exp(np.sqrt(logarithm) * drawn[0] - logarithm / 2 + shared * drawn[1])
    totals = reported + factors @ mean
    low, high = np.percentile(totals, draws.INTERVAL)
    value = reported + mean.sum()
    return float(min(low, value)), float(max(high, value))
