"""What is usual for an account, which posts exceed it, and when those went out."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

import narwhals as nw
import pandas as pd

from analysis.aggregates.frames import ENGAGEMENTS, Posts, collected, in_pandas, published, selected
from analysis.aggregates.listed import anonymous
from data.model import Kind

#: Posts of an account that say what is usual for it; engagements of a post worth showing.
FEWEST_USUAL, FEWEST_ENGAGEMENTS = 5, 5


def above_usual(
    posts: Posts,
    most: int,
    *,
    since: date | None = None,
    until: date | None = None,
    kinds: Collection[str] = (),
) -> pd.DataFrame:
    """The `most` posts that exceed the most what is usual for their account, without authors.

    What is usual is the median of the engagements of the account's own posts among all of
    `posts`, for accounts with at least `FEWEST_USUAL` of known engagements; less than 1 counts
    as 1. Of the posts from `since` to `until` (excluded) and of these `kinds`, those with at
    least `FEWEST_ENGAGEMENTS` engagements, the most times its account's usual first.

    Columns: those of `most_engaging`, and `usual` (float).
    """
    chosen = selected(posts.lazy(), since=since, until=until, kinds=kinds)
    best = (
        anonymous(chosen, "author_id")
        .filter(nw.col("kind") != nw.lit(Kind.REPOST.value))
        .filter(nw.col("engagements") >= FEWEST_ENGAGEMENTS)
        .join(_usual(posts), on="author_id", how="inner")
        .with_columns(
            times=nw.col("engagements").cast(nw.Float64)
            / nw.max_horizontal(nw.col("usual"), nw.lit(1.0))
        )
        .sort("times", "engagements", "post_id", descending=[True, True, False], nulls_last=True)
        .head(most)
        .drop("author_id")
    )
    ordered = ["times", "engagements", "post_id"]
    found = collected(best).sort(*ordered, descending=[True, True, False])
    return in_pandas(found.drop("times"))


def by_slot(
    posts: Posts,
    *,
    since: date | None = None,
    until: date | None = None,
    kinds: Collection[str] = (),
) -> pd.DataFrame:
    """How own posts did, beside what is usual for their account, by when they went out (UTC).

    What is usual is that of `above_usual`. One row a `weekday` (1 is Monday), `hour` (0 to 23)
    and `part` with posts, in order: `posts`, and `twice_better`, 2 for each post above its
    account's usual and 1 for each that is equal to it. A part is the accounts whose pseudonyms
    end with the same two characters: 256 random groups, of which each account is in one.
    """
    chosen = (
        selected(posts.lazy(), since=since, until=until, kinds=kinds)
        .filter(nw.col("kind") != nw.lit(Kind.REPOST.value))
        .filter(~nw.col("published_at").is_null())
        .select(
            "author_id",
            engagements=published(ENGAGEMENTS),
            at=nw.col("published_at").dt.convert_time_zone("UTC"),
        )
        .filter(~nw.col("engagements").is_null())
    )
    is_above = nw.col("engagements") > nw.col("usual")
    is_as_usual = nw.col("engagements") == nw.col("usual")
    weekday = nw.col("at").dt.weekday()
    slots = (
        chosen.join(_usual(posts), on="author_id", how="inner")
        .select(
            # On Spark, narwhals gives Sunday the number 0.
            weekday=nw.when(weekday > 0).then(weekday).otherwise(nw.lit(7)),
            hour=nw.col("at").dt.hour(),
            part=nw.col("author_id").str.slice(24),
            twice_better=is_above.cast(nw.Int64) * 2 + is_as_usual.cast(nw.Int64),
        )
        .group_by("weekday", "hour", "part")
        .agg(nw.len().alias("posts"), nw.col("twice_better").sum())
    )
    columns = ["weekday", "hour", "part", "posts", "twice_better"]
    return in_pandas(collected(slots).select(columns).sort("weekday", "hour", "part"))


def _usual(posts: Posts) -> nw.LazyFrame[Any]:
    """What is usual for an account: `author_id` and `usual`, of accounts that say enough."""
    return (
        posts.lazy()
        .filter(nw.col("kind") != nw.lit(Kind.REPOST.value))
        .select("author_id", engagements=published(ENGAGEMENTS))
        .filter(~nw.col("author_id").is_null(), ~nw.col("engagements").is_null())
        .group_by("author_id")
        .agg(nw.col("engagements").median().alias("usual"), nw.len().alias("own"))
        .filter(nw.col("own") >= FEWEST_USUAL)
        .select("author_id", nw.col("usual").cast(nw.Float64))
    )
