"""Posts by the million in, something small out: the only code that reads every post.

Each function takes posts, a narwhals frame with the columns of `data.model.POSTS` on any
engine (pandas columns must be Arrow-backed), and runs one query. Each gives back a pandas
frame with Arrow-backed columns, in an order that does not depend on the engine's.

A sum is null where no post publishes the count. Next to each sum of a count stands
`n_<count>`, the posts that publish it; `own_posts`, the posts that are not reposts, is what
it is out of, because a repost has no counts of its own.

`SUMS` are the columns that `totals`, `by_network` and `by_kind` share:

- `posts`, `own_posts`, and `authors`, the distinct known accounts;
- `kind_original`, `kind_repost`, `kind_reply`, `kind_quote`: posts of each kind;
- `first_on`, `last_on`: the first and the last day with a post, null when no date is known;
- the `COUNTS`; `engagements` (likes, replies, reposts and quotes) and `shares` (reposts and
  quotes), each of a post null only when none of its parts is published;
- `opportunities_to_see`: the author's followers, summed over posts, reposts included;
- for ratios, both sides over the posts that publish both: `engagements_where_impressions`
  and `impressions_where_engagements`, `shares_where_impressions` and
  `impressions_where_shares`, `engagements_where_followers` and `followers_where_engagements`.

Days are UTC days. DuckDB and Spark keep the time zone in the session: one that is not set to
UTC is refused (`NotImplementedError`) rather than answered with another zone's days.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, TypeAlias

import narwhals as nw
import pandas as pd
from narwhals.typing import FrameT

from data.model import COUNTS, Kind, Network

Posts: TypeAlias = nw.LazyFrame[Any] | nw.DataFrame[Any]

_SHARES = ("reposts", "quotes")
_ENGAGEMENTS = ("likes", "replies", *_SHARES)

#: Each ratio's numerator and denominator; a side's column is `<side>_where_<other side>`.
_PAIRS = (("engagements", "impressions"), ("shares", "impressions"), ("engagements", "followers"))

#: What is summed with the number of posts that publish it.
_SUMMED = (
    *COUNTS,
    "engagements",
    "shares",
    "opportunities_to_see",
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
)

#: Engines give a column of unknown dates no type at all.
_DATES = frozenset({"day", "first_on", "last_on"})

_DAY = nw.col("published_at").dt.convert_time_zone("UTC").dt.date()


def selected(
    posts: FrameT,
    *,
    since: date | None = None,
    until: date | None = None,
    networks: Collection[str] = (),
    kinds: Collection[str] = (),
    hashtag: str | None = None,
) -> FrameT:
    """The posts of a filter, as the same kind of frame.

    `since` is included, `until` is not; both are UTC days, and posts of unknown date drop
    out once either is given. No `networks` or `kinds` means all of them. `hashtag` is
    written as in the column: casefolded, without `#`.
    """
    if since is not None:
        posts = posts.filter(nw.col("published_at") >= nw.lit(_midnight(since)))
    if until is not None:
        posts = posts.filter(nw.col("published_at") < nw.lit(_midnight(until)))
    if networks:
        posts = posts.filter(nw.col("network").is_in(_codes(networks)))
    if kinds:
        posts = posts.filter(nw.col("kind").is_in(_codes(kinds)))
    if hashtag is not None:
        posts = posts.filter(nw.col("hashtags").list.contains(hashtag))
    return posts


def comparable(posts: FrameT, networks: Collection[str]) -> FrameT:
    """The posts that may stand in one total, given the networks that they come from.

    YouTube's terms forbid figures that mix its numbers with those of other networks, so its
    posts are left out of every total unless YouTube is the only network.
    """
    if {*networks} == {Network.YOUTUBE}:
        return posts
    return posts.filter(nw.col("network") != nw.lit(Network.YOUTUBE.value))


def totals(posts: Posts) -> pd.DataFrame:
    """One row, always: the columns of `SUMS`."""
    return _in_pandas(_finished(_collected(_measured(posts).select(*_sums()))).select(*SUMS))


def by_network(posts: Posts) -> pd.DataFrame:
    """One row a network: `network` and the columns of `SUMS`; most posts first."""
    return _summed_by("network", posts)


def by_kind(posts: Posts) -> pd.DataFrame:
    """One row a kind that occurs: `kind` and the columns of `SUMS`; most posts first."""
    return _summed_by("kind", posts)


def by_day(posts: Posts) -> pd.DataFrame:
    """One row a UTC day and network with posts, in order; posts of unknown date are left out.

    Columns: `day` (date), `network`, `posts`, `likes`, `reposts`, `replies`, `quotes`,
    `impressions`.
    """
    counts = (*_ENGAGEMENTS, "impressions")
    days = (
        posts.lazy()
        .filter(~nw.col("published_at").is_null())
        .select("network", *counts, day=_DAY)
        .group_by("day", "network")
        .agg(nw.len().alias("posts"), *_sum_and_number(counts))
    )
    names = ("likes", "reposts", "replies", "quotes", "impressions")
    return _in_pandas(
        _null_unless_published(_collected(days), counts)
        .select("day", "network", "posts", *names)
        .sort("day", "network")
    )


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
            day=_DAY,
            engagements=_published(_ENGAGEMENTS),
        )
        .group_by("author_id", "network")
        .agg(
            nw.len().alias("posts"),
            nw.col("author_followers").max(),
            nw.col("day").min().alias("first_on"),
            nw.col("day").max().alias("last_on"),
            *_sum_and_number(counts),
        )
    )
    return _in_pandas(
        _null_unless_published(_collected(authors), counts)
        .select("author_id", "network", "posts", "author_followers", *counts, "first_on", "last_on")
        .sort("author_id", "network")
    )


def hashtags(posts: Posts, most: int) -> pd.DataFrame:
    """The `most` used hashtags: most posts first, then in the order of the letters.

    Columns: `hashtag`, `posts` (reposts included), `authors`, `engagements`. A post's
    hashtags are distinct in the lake, so each is counted once a post.
    """
    tags = (
        posts.lazy()
        .select("author_id", hashtag=nw.col("hashtags"), engagements=_published(_ENGAGEMENTS))
        .explode("hashtag")
        .filter(~nw.col("hashtag").is_null())
        .with_columns(_is_unknown_author())
        .group_by("hashtag")
        .agg(nw.len().alias("posts"), *_authors(), *_sum_and_number(["engagements"]))
        .sort("posts", "hashtag", descending=[True, False])
        .head(most)
    )
    return _in_pandas(
        _null_unless_published(_collected(tags), ["engagements"])
        .with_columns(_known_authors())
        .select("hashtag", "posts", "authors", "engagements")
    )


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
    return _in_pandas(_collected(pairs).sort("author_id", "target_id", "kind"))


def most_engaging(posts: Posts, most: int) -> pd.DataFrame:
    """The `most` engaging posts, without their authors; those without any count come last.

    Columns: `post_id`, `network`, `kind`, `published_at`, `text`, `language`, `hashtags`,
    the `COUNTS`, `engagements`. Equal ones stand in the order of their date, unknown last.
    """
    best = _anonymous(posts).sort(
        "engagements", "published_at", "post_id", descending=[True, False, False], nulls_last=True
    )
    return _in_pandas(_collected(best.head(most)))


def latest(posts: Posts, most: int, offset: int = 0) -> pd.DataFrame:
    """`most` posts from the newest on, after the first `offset`; unknown dates come last.

    Columns: those of `most_engaging`.
    """
    newest = _anonymous(posts).sort(
        "published_at", "post_id", descending=[True, False], nulls_last=True
    )
    return _in_pandas(_collected(newest.head(offset + most))[offset:])


def span(posts: Posts) -> pd.DataFrame:
    """One row: `first_on` and `last_on` (dates, null when none is known), `posts`."""
    return _in_pandas(
        _collected(
            posts.lazy()
            .select(day=_DAY)
            .select(
                nw.col("day").min().alias("first_on"),
                nw.col("day").max().alias("last_on"),
                nw.len().alias("posts"),
            )
        )
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _codes(values: Iterable[str]) -> list[str]:
    """Plain texts in a fixed order: engines do not know our enumerations."""
    return sorted(str(value) for value in values)


def _published(parts: Sequence[str]) -> nw.Expr:
    """The sum of a post's counts that are published, null if none is."""
    is_unknown = nw.all_horizontal(*(nw.col(part).is_null() for part in parts), ignore_nulls=False)
    return nw.when(~is_unknown).then(nw.sum_horizontal(*parts))


def _is_unknown_author() -> nw.Expr:
    return nw.col("author_id").is_null().cast(nw.Int64).alias("unknown_author")


def _authors() -> list[nw.Expr]:
    """`n_unique` counts null as an account of its own; `_known_authors` takes it off again."""
    return [nw.col("author_id").n_unique().alias("authors"), nw.col("unknown_author").max()]


def _known_authors() -> nw.Expr:
    """Without any post, engines differ on whether they are 0 or null: 0."""
    return nw.col("authors").fill_null(0) - nw.col("unknown_author").fill_null(0)


def _measured(posts: Posts) -> nw.LazyFrame[Any]:
    """The posts with a column for everything that is summed, so that each sum is a plain one."""
    with_parts = posts.lazy().select(
        "network",
        "kind",
        "author_id",
        *COUNTS,
        _is_unknown_author(),
        *((nw.col("kind") == nw.lit(k.value)).cast(nw.Int64).alias(f"kind_{k}") for k in Kind),
        day=_DAY,
        engagements=_published(_ENGAGEMENTS),
        shares=_published(_SHARES),
        opportunities_to_see=nw.col("author_followers"),
        followers=nw.col("author_followers"),
    )
    pairs = [*_PAIRS, *((under, over) for over, under in _PAIRS)]
    return with_parts.with_columns(
        nw.when(~nw.col(other).is_null()).then(nw.col(side)).alias(f"{side}_where_{other}")
        for side, other in pairs
    )


def _sums() -> list[nw.Expr]:
    return [
        nw.len().alias("posts"),
        *_authors(),
        *(nw.col(f"kind_{kind}").sum() for kind in Kind),
        nw.col("day").min().alias("first_on"),
        nw.col("day").max().alias("last_on"),
        *_sum_and_number(_SUMMED),
    ]


def _finished(sums: nw.DataFrame[Any]) -> nw.DataFrame[Any]:
    return _null_unless_published(sums, _SUMMED).with_columns(
        _known_authors(), own_posts=nw.col("posts") - nw.col(f"kind_{Kind.REPOST}")
    )


def _summed_by(key: str, posts: Posts) -> pd.DataFrame:
    sums = _finished(_collected(_measured(posts).group_by(key).agg(*_sums())))
    return _in_pandas(sums.select(key, *SUMS).sort("posts", key, descending=[True, False]))


def _sum_and_number(names: Iterable[str]) -> list[nw.Expr]:
    return [
        expression
        for name in names
        for expression in (nw.col(name).sum(), nw.col(name).count().alias(f"n_{name}"))
    ]


def _null_unless_published(sums: nw.DataFrame[Any], names: Iterable[str]) -> nw.DataFrame[Any]:
    """The sum of nothing but nulls is 0 on every engine: here it is null."""
    return sums.with_columns(
        nw.when(nw.col(f"n_{name}") > 0).then(nw.col(name)).alias(name) for name in names
    )


def _anonymous(posts: Posts) -> nw.LazyFrame[Any]:
    return posts.lazy().select(
        "post_id",
        "network",
        "kind",
        "published_at",
        "text",
        "language",
        "hashtags",
        *COUNTS,
        engagements=_published(_ENGAGEMENTS),
    )


def _collected(small: nw.LazyFrame[Any]) -> nw.DataFrame[Any]:
    """The query's answer, with the same types from every engine (DuckDB adds in decimals)."""
    names = small.collect_schema().names()
    answer = small.collect("pyarrow").select(names)
    return answer.select(
        nw.col(name).cast(_type(name, dtype)) for name, dtype in answer.schema.items()
    )


def _type(name: str, dtype: nw.dtypes.DType) -> nw.dtypes.DType:
    if name in _DATES:
        return nw.Date()
    return nw.Int64() if dtype.is_numeric() else dtype


def _in_pandas(small: nw.DataFrame[Any]) -> pd.DataFrame:
    frame: pd.DataFrame = small.to_native().to_pandas(
        types_mapper=pd.ArrowDtype, ignore_metadata=True
    )
    return frame
