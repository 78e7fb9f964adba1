"""Accounts: how many there are, how many follow them, and when they join."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import pandas as pd

from analysis.aggregates.frames import (
    DAY,
    ENGAGEMENTS,
    Posts,
    collected,
    in_pandas,
    null_unless_published,
    published,
    sum_and_number,
)

#: The columns of `SUMS` that speak of accounts: who posts twice counts once, so they do not add up.
OF_ACCOUNTS = ("authors", "potential_reach", "n_potential_reach", "largest_audience")


def accounts(posts: Posts) -> pd.DataFrame:
    """One row a network with a known account, in order: `network` and `OF_ACCOUNTS`."""
    return in_pandas(
        known_accounts(posts, "network").select("network", *OF_ACCOUNTS).sort("network")
    )


def appearances(posts: Posts) -> pd.DataFrame:
    """One row a post of a known account, in no order; for `analysis.kept.crowd` alone.

    Columns: `author_id`, `network`, `kind`, `day` (UTC, null if unknown), `author_followers`.
    """
    names = ("author_id", "network", "kind", "author_followers")
    known = posts.lazy().filter(~nw.col("author_id").is_null()).select(*names, day=DAY)
    return in_pandas(collected(known))


def by_author(posts: Posts) -> pd.DataFrame:
    """One row a known account, in the order of `author_id`; for measures, never for a screen.

    Columns: `author_id`, `network`, `posts`, `author_followers` (the highest seen, null if
    never), `engagements`, `impressions`, `first_on`, `last_on`.
    """
    counts = ("engagements", "impressions")
    authors = (
        posts.lazy()
        .filter(~nw.col("author_id").is_null())
        .select(
            "author_id",
            "network",
            "author_followers",
            "impressions",
            day=DAY,
            engagements=published(ENGAGEMENTS),
        )
        .group_by("author_id", "network")
        .agg(
            nw.len().alias("posts"),
            nw.col("author_followers").max(),
            nw.col("day").min().alias("first_on"),
            nw.col("day").max().alias("last_on"),
            *sum_and_number(counts),
        )
    )
    return in_pandas(
        null_unless_published(collected(authors), counts)
        .select("author_id", "network", "posts", "author_followers", *counts, "first_on", "last_on")
        .sort("author_id", "network")
    )


def joined_by_day(posts: Posts) -> pd.DataFrame:
    """One row a UTC day on which an account posts for the first time, in order.

    Columns: `day` (date), `authors` (the accounts that are new that day), `author_followers`
    (theirs, each account once at its highest count; null where none is known) and
    `n_author_followers` (the accounts whose count is known). Accounts of which no post has a
    known date are left out.
    """
    joined = (
        posts.lazy()
        .filter(~nw.col("author_id").is_null())
        .select("author_id", "author_followers", day=DAY)
        .group_by("author_id")
        .agg(nw.col("day").min(), nw.col("author_followers").max())
        .filter(~nw.col("day").is_null())
        .group_by("day")
        .agg(nw.len().alias("authors"), *sum_and_number(["author_followers"]))
    )
    return in_pandas(null_unless_published(collected(joined), ["author_followers"]).sort("day"))


def known_accounts(posts: Posts, *key: str) -> nw.DataFrame[Any]:
    """The known accounts, all or for each value of a key, as `SUMS` has them."""
    highest = nw.col("potential_reach")
    each = (
        posts.lazy()
        .filter(~nw.col("author_id").is_null())
        .group_by(*key, "author_id")
        .agg(nw.col("author_followers").max().alias("potential_reach"))
        .with_columns(largest_audience=highest)
    )
    sums = (
        nw.len().alias("authors"),
        *sum_and_number(["potential_reach"]),
        nw.col("largest_audience").max(),
    )
    accounts = collected(each.group_by(*key).agg(*sums) if key else each.select(*sums))
    return null_unless_published(accounts, ["potential_reach"])
