"""The sums that a model of views is solved from, and then applied to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw
import pandas as pd

from analysis.aggregates.frames import (
    ENGAGEMENTS,
    IS_ESTIMABLE,
    Posts,
    collected,
    day_of,
    in_pandas,
    null_unless_published,
    published,
    sum_and_number,
)
from data.model import OWN_KINDS, Kind

if TYPE_CHECKING:
    from analysis.reach.impressions import ViewModel


#: The products of logarithms whose sums a model of views is solved from.
_PRODUCTS = (*((it, it) for it in "yfe"), ("y", "f"), ("y", "e"), ("f", "e"))


def view_moments(posts: Posts) -> pd.DataFrame:
    """What a model of views needs of accounts: one row an account and network of own posts.

    Columns: `author_id` (null: unknown), `network`, `posts`, `followers` (the highest seen,
    null if never), `impressions` and `reach` (sums, null where none is published),
    `n_impressions`, `n_reach`, `impressions_squared` (the sum of the squares), `first_on`,
    `last_on`. Then, of the posts that publish views, followers and engagements, how many there
    are of each kind, `n_original`, `n_reply`, `n_quote`, and the sums of y = log(views + 1),
    f = log(followers + 1) and e = log(engagements + 1): `y`, `f`, `e`.

    Reposts are left out: what a network displays of them counts as views of the original.
    """
    counts = ("impressions", "reach")
    is_of = [
        nw.when(nw.col("kind") == nw.lit(kind)).then(nw.col("is_known")).otherwise(nw.lit(0))
        for kind in OWN_KINDS
    ]
    whole = ("impressions", "reach", *(f"n_{kind}" for kind in OWN_KINDS))
    sums = (
        _logarithms(posts)
        .with_columns(
            *(it.alias(f"n_{kind}") for it, kind in zip(is_of, OWN_KINDS)),
            impressions_squared=_float("impressions") * _float("impressions"),
        )
        .group_by("author_id", "network")
        .agg(
            nw.len().alias("posts"),
            nw.col("followers").max(),
            nw.col("published_at").min().alias("first_on"),
            nw.col("published_at").max().alias("last_on"),
            *sum_and_number(counts),
            nw.col("impressions_squared").sum(),
            *(nw.col(f"n_{kind}").sum() for kind in OWN_KINDS),
            *(nw.col(it).sum() for it in "yfe"),
        )
    )
    # So many rows take their types where they are made, not once more afterwards.
    moments = null_unless_published(sums, counts).with_columns(
        *(nw.col(it).cast(nw.Int64) for it in whole),
        *(day_of(nw.col(it)) for it in ("first_on", "last_on")),
    )
    return in_pandas(collected(moments.sort("author_id", "network")))


def view_sums(posts: Posts) -> pd.DataFrame:
    """What a model of views needs of kinds: one row a network and kind with posts to learn from.

    These are the own posts of known accounts that publish views, followers and engagements.
    Columns: `network`, `kind`, `n` (posts) and, of the logarithms of `view_moments`, the sums
    and those of their products: `y`, `f`, `e`, `yy`, `ff`, `ee`, `yf`, `ye`, `fe`.
    """
    sums = (
        _logarithms(posts)
        .filter(nw.col("is_known") == 1, ~nw.col("author_id").is_null())
        .with_columns((nw.col(one) * nw.col(other)).alias(one + other) for one, other in _PRODUCTS)
        .group_by("network", "kind")
        .agg(
            nw.len().alias("n"),
            *(nw.col(it).sum() for it in (*"yfe", *map("".join, _PRODUCTS))),
        )
    )
    return in_pandas(collected(sums).sort("network", "kind"))


def missing_views(posts: Posts, model: ViewModel) -> pd.DataFrame:
    """What a model of views needs of the posts that publish none, but followers and engagements.

    One row an account, network and kind of own posts, YouTube left out: `author_id`,
    `network`, `kind`, `n` and, with the weight w = exp(b f + g e) of each post, its slopes b
    and g those of its network in the model, the sums of w, w², w f and w e: `w`, `ww`, `wf`,
    `we`. The model's intercepts come later, because every post of a row has the same.
    """
    known = (
        posts.lazy()
        .filter(
            nw.col("kind") != nw.lit(Kind.REPOST.value),
            IS_ESTIMABLE,
            nw.col("impressions").is_null(),
            ~nw.col("author_followers").is_null(),
        )
        .select(
            "author_id",
            "network",
            "kind",
            f=_one_more(nw.col("author_followers")),
            e=_one_more(published(ENGAGEMENTS)),
        )
        .filter(~nw.col("e").is_null())
        .with_columns(nw.col("f").log(), nw.col("e").log())
    )
    by_followers, by_engagements = _slope(model, 0), _slope(model, 1)
    sums = (
        known.with_columns(
            w=(by_followers * nw.col("f") + by_engagements * nw.col("e")).exp(),
        )
        .with_columns(
            ww=nw.col("w") * nw.col("w"),
            wf=nw.col("w") * nw.col("f"),
            we=nw.col("w") * nw.col("e"),
        )
        .group_by("author_id", "network", "kind")
        .agg(nw.len().alias("n"), *(nw.col(it).sum() for it in ("w", "ww", "wf", "we")))
        .sort("author_id", "network", "kind")
    )
    return in_pandas(collected(sums))


def _logarithms(posts: Posts) -> nw.LazyFrame[Any]:
    """Own posts, with `y`, `f` and `e` where all three are known, and whether they are.

    A count is a column before its logarithm is taken: SQL would count it again for every sign
    that narwhals asks about.
    """
    counts = (
        posts.lazy()
        .filter(nw.col("kind") != nw.lit(Kind.REPOST.value))
        .select(
            *("author_id", "network", "kind", "published_at", "impressions", "reach"),
            followers=nw.col("author_followers"),
            y=_one_more(nw.col("impressions")),
            f=_one_more(nw.col("author_followers")),
            e=_one_more(published(ENGAGEMENTS)),
        )
    )
    is_known = ~(nw.col("y") + nw.col("f") + nw.col("e")).is_null()
    return (
        counts.with_columns(is_known=is_known)
        .with_columns(nw.when(nw.col("is_known")).then(nw.col(it).log()).alias(it) for it in "yfe")
        .with_columns(is_known=nw.col("is_known").cast(nw.Int64))
    )


def _one_more(count: nw.Expr) -> nw.Expr:
    """What a logarithm is taken of, so that nothing has one too."""
    return count.cast(nw.Float64) + 1


def _float(name: str) -> nw.Expr:
    return nw.col(name).cast(nw.Float64)


def _slope(model: ViewModel, which: int) -> nw.Expr:
    """Each post's coefficient in a model of views, by its network."""
    slope = nw.lit(model.pooled.slopes[which])
    for network, fit in model.own.items():
        is_its = nw.col("network") == nw.lit(network)
        slope = nw.when(is_its).then(nw.lit(fit.slopes[which])).otherwise(slope)
    return slope
