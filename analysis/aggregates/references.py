"""What posts point to: who reposts, answers, quotes or mentions whom, and what cascades."""

from __future__ import annotations

import narwhals as nw
import pandas as pd

from analysis.aggregates.frames import IS_ESTIMABLE, Posts, collected, first_of_each, in_pandas
from data.model import Kind

_EVEN_DIGITS = ("0", "2", "4", "6", "8", "a", "c", "e")


def interactions(posts: Posts) -> pd.DataFrame:
    """Who reposts, answers, quotes or mentions whom, and how many times.

    Columns: `author_id`, `target_id` (the other account), `kind` (`repost`, `reply`,
    `quote`, `mention`), `times`; in the order of the first three. A reply that quotes counts
    as both. The mentions of a repost are the original author's, and the mention of the
    account that a reply answers is written by the network: neither counts. Accounts that
    answer themselves (threads) are included.
    """
    known = posts.lazy().filter(~nw.col("author_id").is_null())
    pointed = [
        known.select(
            "author_id", target_id=nw.col(f"{column}_author_id"), kind=nw.lit(kind, nw.String)
        )
        for column, kind in (("repost_of", "repost"), ("reply_to", "reply"), ("quote_of", "quote"))
    ]
    mentioned = (
        known.filter(nw.col("kind") != nw.lit(Kind.REPOST.value))
        .select("author_id", "reply_to_author_id", target_id=nw.col("mentions"))
        .explode("target_id")
        .filter(
            nw.col("reply_to_author_id").is_null()
            | (nw.col("target_id") != nw.col("reply_to_author_id"))
        )
        .select("author_id", "target_id", kind=nw.lit("mention", nw.String))
    )
    pairs = (
        nw.concat([*pointed, mentioned])
        .filter(~nw.col("target_id").is_null())
        .group_by("author_id", "target_id", "kind")
        .agg(nw.len().alias("times"))
    )
    return in_pandas(collected(pairs).sort("author_id", "target_id", "kind"))


def engaged(posts: Posts, most: int = 300) -> pd.DataFrame:
    """Who reposts, quotes or answers whom, of the `most` accounts a network that most do.

    Columns: `author_id` (whose posts), `actor_id` (who engages), `network`, and how many times
    with either half of that author's posts: `even`, `odd`; in the order of the first three.
    Nobody engages with himself; YouTube is left out. For measures, never for a screen.

    The halves are those of `analysis.reach.overlap`: what is seen with one says how likely the same
    people are to be seen again with the other.
    """
    ours = posts.lazy().filter(~nw.col("author_id").is_null(), IS_ESTIMABLE)
    pointed = nw.concat(
        [
            ours.filter(
                ~nw.col(f"{column}_author_id").is_null(),
                nw.col(f"{column}_author_id") != nw.col("author_id"),
            ).select(
                "network",
                author_id=nw.col(f"{column}_author_id"),
                actor_id=nw.col("author_id"),
                post_id=nw.col(f"{column}_id"),
            )
            for column in ("repost_of", "reply_to", "quote_of")
        ]
    )
    accounts = (
        pointed.group_by("author_id", "network")
        .agg(nw.len().alias("times"))
        .select("author_id", "network", below=-nw.col("times"))
    )
    chosen = first_of_each("network", accounts, most, "below", "author_id").drop("below")
    pairs = (
        pointed.join(chosen, on=["author_id", "network"], how="inner")
        # A pseudonym is random: the last digit of a post's halves an author's posts, without
        # having to line them up.
        .with_columns(is_even=nw.col("post_id").str.slice(-1).is_in(_EVEN_DIGITS))
        .with_columns(
            even=nw.col("is_even").cast(nw.Int64), odd=(~nw.col("is_even")).cast(nw.Int64)
        )
        .group_by("author_id", "actor_id", "network")
        .agg(nw.col("even").sum(), nw.col("odd").sum())
    )
    return in_pandas(collected(pairs).sort("author_id", "actor_id", "network"))


def cascades(posts: Posts, most: int) -> pd.DataFrame:
    """What people reposted, answered or quoted, and what that in turn pointed to.

    One row for each of the `most` posts with the most direct reactions, most first, then in the
    order of `post_id`; a post without any stands only in the count of the one that it points to.
    Columns: `post_id`, `network`, `is_known` (whether the post itself was collected),
    `parent_id` (what it points to in turn; null for the first of a cascade, and where it is
    unknown), `reactions` (posts that point to it). So what comes back grows neither with viral
    posts nor with long campaigns.

    A post points to what it reposts, or else answers, or else quotes.
    """
    parent = nw.coalesce("repost_of_id", "reply_to_id", "quote_of_id")
    pointing = posts.lazy().select("post_id", "network", parent_id=parent)
    reactions = (
        pointing.filter(~nw.col("parent_id").is_null(), nw.col("parent_id") != nw.col("post_id"))
        .group_by("parent_id", "network")
        .agg(nw.len().alias("reactions"))
        .sort("reactions", "parent_id", "network", descending=[True, False, False])
        .head(most)
        .select("network", "reactions", post_id=nw.col("parent_id"))
    )
    known = pointing.select("post_id", "network", "parent_id", is_known=nw.lit(1, nw.Int64))
    found = collected(reactions.join(known, on=["post_id", "network"], how="left"))
    return in_pandas(
        found.select(
            *("post_id", "network"),
            ~nw.col("is_known").is_null(),
            *("parent_id", "reactions"),
        ).sort("reactions", "post_id", "network", descending=[True, False, False])
    )
