"""What posts add up to: all together, by network, by kind, by day."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import pandas as pd

from analysis.aggregates.authors import OF_ACCOUNTS, known_accounts
from analysis.aggregates.frames import (
    DAY,
    ENGAGEMENTS,
    SHARES,
    Posts,
    collected,
    day_of,
    in_pandas,
    null_unless_published,
    published,
    sum_and_number,
)
from data.model import COUNTS, Kind

#: Each ratio's numerator and denominator; a side's column is `<side>_where_<other side>`.
_PAIRS = (
    ("engagements", "impressions"),
    ("shares", "impressions"),
)

#: What is summed with the number of posts that publish it.
_SUMMED = (
    *COUNTS,
    "engagements",
    "shares",
    *(f"{over}_where_{under}" for over, under in _PAIRS),
    *(f"{under}_where_{over}" for over, under in _PAIRS),
)

#: The columns that `totals`, `by_network` and `by_kind` share.
SUMS = (
    "posts",
    "own_posts",
    "authors",
    *(f"kind_{kind}" for kind in Kind),
    "first_on",
    "last_on",
    *_SUMMED,
    *(f"n_{name}" for name in _SUMMED),
    "potential_reach",
    "n_potential_reach",
    "largest_audience",
)

#: What each bit of `pattern` says that a post publishes, the lowest first.
_BITS = COUNTS


def totals(posts: Posts) -> pd.DataFrame:
    """One row, always: the columns of `SUMS`."""
    sums = _finished(_measured(_alike(posts)).select(*_sums()), known_accounts(posts))
    return in_pandas(sums.select(*SUMS))


def by_network(posts: Posts) -> pd.DataFrame:
    """One row a network: `network` and the columns of `SUMS`; most posts first."""
    return _summed_by("network", posts)


def by_kind(posts: Posts) -> pd.DataFrame:
    """One row a kind that occurs: `kind` and the columns of `SUMS`; most posts first."""
    return _summed_by("kind", posts)


def cells(posts: Posts) -> pd.DataFrame:
    """The posts of one day, network and kind added up: some thousand rows of any campaign.

    Those of a filter give its sums (`analysis.kept.sums`), and the posts need not be read again.
    Columns: `day` (UTC, null if unknown), `network`, `kind`, and those of `SUMS` without
    `first_on`, `last_on` and `OF_ACCOUNTS`; in the order of the first three. Here a sum is 0
    where no post publishes the count.
    """
    key = ("day", "network", "kind")
    rows = _measured(_alike(posts, day=DAY)).group_by(*key).agg(*_sums())
    own_posts = nw.col("posts") - nw.col(f"kind_{Kind.REPOST}")
    names = [it for it in SUMS if it not in ("first_on", "last_on", *OF_ACCOUNTS)]
    return in_pandas(rows.with_columns(own_posts=own_posts).select(*key, *names).sort(*key))


def by_day(posts: Posts) -> pd.DataFrame:
    """One row a UTC day and network with posts, in order; posts of unknown date are left out.

    Columns: `day` (date), `network`, `posts`, `likes`, `reposts`, `replies`, `quotes`,
    `impressions`.
    """
    counts = (*ENGAGEMENTS, "impressions")
    days = (
        posts.lazy()
        .filter(~nw.col("published_at").is_null())
        .select("network", *counts, day=DAY)
        .group_by("day", "network")
        .agg(nw.len().alias("posts"), *sum_and_number(counts))
    )
    names = ("likes", "reposts", "replies", "quotes", "impressions")
    return in_pandas(
        null_unless_published(collected(days), counts)
        .select("day", "network", "posts", *names)
        .sort("day", "network")
    )


def span(posts: Posts) -> pd.DataFrame:
    """One row: `first_on` and `last_on` (dates, null when none is known), `posts`."""
    return in_pandas(
        collected(
            posts.lazy()
            .select(day=DAY)
            .select(
                nw.col("day").min().alias("first_on"),
                nw.col("day").max().alias("last_on"),
                nw.len().alias("posts"),
            )
        )
    )


def _summed_by(key: str, posts: Posts) -> pd.DataFrame:
    sums = _measured(_alike(posts)).group_by(key).agg(*_sums())
    rows = _finished(sums, known_accounts(posts, key), key)
    return in_pandas(rows.select(key, *SUMS).sort("posts", key, descending=[True, False]))


def _alike(posts: Posts, **key: nw.Expr) -> nw.DataFrame[Any]:
    """The posts of one network and kind that publish the same, added up: a few rows in all.

    Columns: those of the key, `network`, `kind`, `pattern`, `posts`, `first_on`, `last_on`,
    the `COUNTS`, each null in the rows of the posts that do not publish
    it. So what holds for a post holds for a row, and its sums can be made from rows.
    """
    bits = ((~nw.col(it).is_null()).cast(nw.Int64) * 2**bit for bit, it in enumerate(_BITS))
    pattern = nw.sum_horizontal(*bits)
    alike = (
        posts.lazy()
        .select("network", "kind", "published_at", *_BITS, pattern=pattern, **key)
        .group_by(*key, "network", "kind", "pattern")
        .agg(
            nw.len().alias("posts"),
            nw.col("published_at").min().alias("first_on"),
            nw.col("published_at").max().alias("last_on"),
            *(nw.col(it).sum() for it in _BITS),
        )
        .with_columns(day_of(nw.col(it)) for it in ("first_on", "last_on"))
    )
    return collected(alike).with_columns(
        nw.when(nw.col("pattern") // 2**bit % 2 == 1).then(nw.col(it)).alias(it)
        for bit, it in enumerate(_BITS)
    )


def _measured(alike: nw.DataFrame[Any]) -> nw.DataFrame[Any]:
    """`_alike` with a column for everything that is summed, and for how many posts publish it."""
    parts = alike.with_columns(
        *((nw.col("kind") == nw.lit(k.value)).cast(nw.Int64).alias(f"kind_{k}") for k in Kind),
        engagements=published(ENGAGEMENTS),
        shares=published(SHARES),
    )
    pairs = [*_PAIRS, *((under, over) for over, under in _PAIRS)]
    return parts.with_columns(
        *(nw.col(f"kind_{kind}") * nw.col("posts") for kind in Kind),
        *(
            nw.when(~nw.col(other).is_null()).then(nw.col(side)).alias(f"{side}_where_{other}")
            for side, other in pairs
        ),
    ).with_columns(
        ((~nw.col(it).is_null()).cast(nw.Int64) * nw.col("posts")).alias(f"n_{it}")
        for it in _SUMMED
    )


def _sums() -> list[nw.Expr]:
    return [
        *(nw.col(it).sum() for it in ("posts", *(f"kind_{kind}" for kind in Kind))),
        nw.col("first_on").min(),
        nw.col("last_on").max(),
        *(nw.col(name).sum() for it in _SUMMED for name in (it, f"n_{it}")),
    ]


def _finished(sums: nw.DataFrame[Any], accounts: nw.DataFrame[Any], *key: str) -> nw.DataFrame[Any]:
    own_posts = nw.col("posts") - nw.col(f"kind_{Kind.REPOST}")
    joined = (
        sums.join(accounts, on=list(key), how="left") if key else sums.join(accounts, how="cross")
    )
    return null_unless_published(joined, _SUMMED).with_columns(
        nw.col("authors").fill_null(0),
        nw.col("n_potential_reach").fill_null(0),
        own_posts=own_posts,
    )
