"""Posts themselves, few of them: the most engaging, the newest, those to find topics in."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import pandas as pd

from analysis.aggregates.frames import ENGAGEMENTS, Posts, collected, in_pandas, published
from data.model import COUNTS, Kind


def most_engaging(posts: Posts, most: int) -> pd.DataFrame:
    """The `most` engaging posts, without their authors; those without any count come last.

    Columns: `post_id`, `network`, `kind`, `published_at`, `text`, `language`, `hashtags`,
    the `COUNTS`, `engagements`. Equal ones stand in the order of their date, unknown last.
    """
    best = anonymous(posts).sort(
        "engagements", "published_at", "post_id", descending=[True, False, False], nulls_last=True
    )
    return in_pandas(collected(best.head(most)))


def latest(posts: Posts, most: int, offset: int = 0) -> pd.DataFrame:
    """`most` posts from the newest on, after the first `offset`; unknown dates come last.

    Columns: those of `most_engaging`.
    """
    newest = anonymous(posts).sort(
        "published_at", "post_id", descending=[True, False], nulls_last=True
    )
    return in_pandas(collected(newest.head(offset + most))[offset:])


def texts(posts: Posts, most: int) -> pd.DataFrame:
    """Own posts that have a text, at most `most`, in the order of `post_id`; for topics alone.

    Of more, those of the smallest `post_id`: pseudonyms are random, so these are a sample that
    stays the same. Columns: `post_id`, `author_id` (null: unknown), `network`, `kind`,
    `published_at`, `language`, `text`, `engagements`.
    """
    said = (
        posts.lazy()
        .filter(nw.col("kind") != nw.lit(Kind.REPOST.value))
        .filter(~nw.col("text").is_null())
        .select(
            "post_id",
            "author_id",
            "network",
            "kind",
            "published_at",
            "language",
            "text",
            engagements=published(ENGAGEMENTS),
        )
        .sort("post_id")
        .head(most)
    )
    return in_pandas(collected(said).sort("post_id"))


def anonymous(posts: Posts, *more: str) -> nw.LazyFrame[Any]:
    """Posts as they may be listed: without their authors, but for what `more` asks."""
    return posts.lazy().select(
        *more,
        "post_id",
        "network",
        "kind",
        "published_at",
        "text",
        "language",
        "hashtags",
        *COUNTS,
        engagements=published(ENGAGEMENTS),
    )
