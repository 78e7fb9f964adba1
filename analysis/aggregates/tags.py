"""Hashtags: how often they are used, beside which others, in which spellings."""

from __future__ import annotations

from collections.abc import Sequence

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


def hashtags(posts: Posts, most: int) -> pd.DataFrame:
    """The `most` used hashtags: most posts first, then in the order of the letters.

    Columns: `hashtag`, `posts` (reposts included), `authors`, `engagements`. A post's
    hashtags are distinct in the lake, so each is counted once a post.
    """
    tags = (
        posts.lazy()
        .select("author_id", hashtag=nw.col("hashtags"), engagements=published(ENGAGEMENTS))
        .explode("hashtag")
        .filter(~nw.col("hashtag").is_null())
        .with_columns(_is_unknown_author())
        .group_by("hashtag")
        .agg(nw.len().alias("posts"), *_authors(), *sum_and_number(["engagements"]))
        .sort("posts", "hashtag", descending=[True, False])
        .head(most)
    )
    return in_pandas(
        null_unless_published(collected(tags), ["engagements"])
        .with_columns(_known_authors())
        .select("hashtag", "posts", "authors", "engagements")
    )


def most_used(posts: Posts, most: int) -> pd.DataFrame:
    """`hashtag` and `posts` of `hashtags`: without the accounts, in a fifth of the time."""
    tags = (
        posts.lazy()
        .select(hashtag=nw.col("hashtags"))
        .explode("hashtag")
        .filter(~nw.col("hashtag").is_null())
        .group_by("hashtag")
        .agg(nw.len().alias("posts"))
        .sort("posts", "hashtag", descending=[True, False])
        .head(most)
    )
    return in_pandas(collected(tags).sort("posts", "hashtag", descending=[True, False]))


def hashtag_cells(posts: Posts) -> pd.DataFrame:
    """One row a UTC day (null if unknown), network, kind and hashtag with posts, in this order.

    Columns: `day`, `network`, `kind`, `hashtag`, `posts`. Those of a filter give its
    `most_used`.
    """
    key = ("day", "network", "kind", "hashtag")
    tags = (
        posts.lazy()
        .select("network", "kind", day=DAY, hashtag=nw.col("hashtags"))
        .explode("hashtag")
        .filter(~nw.col("hashtag").is_null())
        .group_by(*key)
        .agg(nw.len().alias("posts"))
    )
    return in_pandas(collected(tags).sort(*key))


def hashtag_pairs(posts: Posts, most: int) -> pd.DataFrame:
    """The `most` frequent pairs of hashtags: most posts first, then in the order of the letters.

    Columns: `hashtag`, `other_hashtag` (the later in the order of the letters), `posts` (those
    with both, reposts included).
    """
    tags = nw.col("hashtags")
    pairs = (
        posts.lazy()
        .filter(tags.list.len() > 1)
        .select(hashtag=tags, other_hashtag=tags)
        .explode("hashtag")
        .explode("other_hashtag")
        .filter(nw.col("hashtag") < nw.col("other_hashtag"))
        .group_by("hashtag", "other_hashtag")
        .agg(nw.len().alias("posts"))
        .sort("posts", "hashtag", "other_hashtag", descending=[True, False, False])
        .head(most)
    )
    return in_pandas(collected(pairs))


def spellings(posts: Posts, groups: Sequence[Sequence[str]]) -> pd.DataFrame:
    """One row a group of hashtags, in their order: a post with several of a group counts once.

    Columns: `posts` (reposts included), `engagements` (null where none is published).
    """
    if not groups:
        return pd.DataFrame({"posts": [], "engagements": []}, dtype="int64[pyarrow]")
    tags = nw.col("hashtags").list
    is_in = [
        nw.any_horizontal(*(tags.contains(it) for it in group), ignore_nulls=True)
        for group in groups
    ]
    carrying = (
        posts.lazy()
        .select("hashtags", engagements=published(ENGAGEMENTS))
        .filter(~nw.col("hashtags").is_null())
        .select(
            *(nw.when(it).then(1).alias(f"posts_{at}") for at, it in enumerate(is_in)),
            *(nw.when(it).then("engagements").alias(f"sum_{at}") for at, it in enumerate(is_in)),
        )
    )
    sums = carrying.select(
        *(nw.col(f"posts_{at}").count() for at in range(len(groups))),
        *sum_and_number([f"sum_{at}" for at in range(len(groups))]),
    )
    [row] = collected(sums).rows(named=True)
    return pd.DataFrame(
        {
            "posts": [row[f"posts_{at}"] for at in range(len(groups))],
            "engagements": [
                row[f"sum_{at}"] if row[f"n_sum_{at}"] else None for at in range(len(groups))
            ],
        },
        dtype="int64[pyarrow]",
    )


def _is_unknown_author() -> nw.Expr:
    return nw.col("author_id").is_null().cast(nw.Int64).alias("unknown_author")


def _authors() -> list[nw.Expr]:
    """`n_unique` counts null as an account of its own; `_known_authors` takes it off again."""
    return [nw.col("author_id").n_unique().alias("authors"), nw.col("unknown_author").max()]


def _known_authors() -> nw.Expr:
    """Without any post, engines differ on whether they are 0 or null: 0."""
    return nw.col("authors").fill_null(0) - nw.col("unknown_author").fill_null(0)
