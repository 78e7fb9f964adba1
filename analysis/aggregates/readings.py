"""Counts that were read again and again: how posts and accounts grow."""

from __future__ import annotations

import narwhals as nw
import pandas as pd

from analysis.aggregates.frames import (
    ENGAGEMENTS,
    Posts,
    collected,
    day_of,
    first_of_each,
    in_pandas,
    published,
)
from data.model import Kind


def snapshots(observations: Posts, most: int) -> pd.DataFrame:
    """The readings of at most `most` posts a network, of those that were read at least twice.

    `observations` is what `Lake.observations` gives, filtered by `selected` if wanted. One row a
    post and moment at which counts were read, in the order of network, post and age; reposts,
    which have no counts, are left out. Columns: `post_id`, `network`, `kind`, `age_hours` (float,
    since publication), `engagements`, `likes`, `reposts`, `replies`, `quotes`, `impressions`
    (null where that reading did not give them).

    The posts are those with the smallest pseudonyms: keyed hashes, so a random sample, and one
    that stays as a campaign grows.
    """
    counts = ("engagements", *ENGAGEMENTS, "impressions")
    readings = (
        observations.lazy()
        .filter(
            nw.col("kind") != nw.lit(Kind.REPOST.value),
            ~nw.col("observed_at").is_null(),
            ~nw.all_horizontal(
                *(nw.col(name).is_null() for name in counts[1:]), ignore_nulls=False
            ),
        )
        .select(
            *("post_id", "network", "kind", "published_at", "observed_at"),
            *counts[1:],
            engagements=published(ENGAGEMENTS),
        )
    )
    # What names a post without its references calls it an original, the first in the alphabet.
    read_again = (
        readings.group_by("post_id", "network")
        .agg(
            nw.col("kind").max(),
            nw.col("published_at").min(),
            nw.col("observed_at").min().alias("first_read_at"),
            nw.col("observed_at").max().alias("last_read_at"),
        )
        .filter(nw.col("first_read_at") < nw.col("last_read_at"), ~nw.col("published_at").is_null())
        .select("post_id", "network", "kind", "published_at")
    )
    sample = first_of_each("network", read_again, most, "post_id")
    found = collected(
        readings.drop("kind", "published_at")
        .join(sample, on=["post_id", "network"], how="inner")
        .group_by("post_id", "network", "kind", "published_at", "observed_at")
        .agg(*(nw.col(name).max() for name in counts))
    )
    # Engines name the same moments in several time zones; the difference is that of the moments.
    rows = in_pandas(found.sort("network", "post_id", "observed_at"))
    age = rows.pop("observed_at") - rows.pop("published_at")
    rows.insert(3, "age_hours", (age.dt.total_seconds() / 3600).astype("double[pyarrow]"))
    return rows[["post_id", "network", "kind", "age_hours", *counts]]


def followers_over_time(observations: Posts, most: int) -> pd.DataFrame:
    """How many followers each network's `most` followed accounts had, day by day.

    One row an account and UTC day on which its followers were read: `author_id`, `network`,
    `day` (date), `followers` (the most read that day); in the order of the first three. For
    measures, never for a screen. `observations` is what `Lake.observations` gives.
    """
    read = (
        observations.lazy()
        .filter(
            *(~nw.col(name).is_null() for name in ("author_id", "author_followers", "observed_at"))
        )
        .select(
            *("author_id", "network"),
            day=day_of(nw.col("observed_at")),
            followers=nw.col("author_followers"),
        )
        .group_by("author_id", "network", "day")
        .agg(nw.col("followers").max())
    )
    accounts = (
        read.group_by("author_id", "network")
        .agg(nw.col("followers").max())
        .select("author_id", "network", below=-nw.col("followers"))
    )
    followed = first_of_each("network", accounts, most, "below", "author_id").drop("below")
    days = read.join(followed, on=["author_id", "network"], how="inner")
    return in_pandas(
        collected(days.select("author_id", "network", "day", "followers")).sort(
            "author_id", "network", "day"
        )
    )
