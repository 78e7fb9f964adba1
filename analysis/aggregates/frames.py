"""What all aggregates are made with: posts chosen, counts added, answers collected."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, TypeAlias

import narwhals as nw
import pandas as pd
from narwhals.typing import FrameT

from analysis import terms

Posts: TypeAlias = nw.LazyFrame[Any] | nw.DataFrame[Any]

SHARES = ("reposts", "quotes")
ENGAGEMENTS = ("likes", "replies", *SHARES)

#: Engines give a column of unknown dates no type at all.
_DATES = frozenset({"day", "first_on", "last_on"})


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

    Those of networks whose figures may be added to no other's (`analysis.terms`) are left out,
    unless there are no others.
    """
    return posts if terms.are_restricted(networks) else estimable(posts)


def estimable(posts: FrameT) -> FrameT:
    """The posts from which their network lets something be estimated: see `analysis.terms`."""
    return posts.filter(IS_ESTIMABLE)


IS_ESTIMABLE = ~nw.col("network").is_in(terms.RESTRICTED)


def day_of(moment: nw.Expr) -> nw.Expr:
    """The UTC day of a moment."""
    return moment.dt.convert_time_zone("UTC").dt.date()


DAY = day_of(nw.col("published_at"))


def published(parts: Sequence[str]) -> nw.Expr:
    """The sum of a post's counts that are published, null if none is."""
    is_unknown = nw.all_horizontal(*(nw.col(part).is_null() for part in parts), ignore_nulls=False)
    return nw.when(~is_unknown).then(nw.sum_horizontal(*parts))


def sum_and_number(names: Iterable[str]) -> list[nw.Expr]:
    """The sum of each count, and as `n_<count>` how many there are."""
    return [
        expression
        for name in names
        for expression in (nw.col(name).sum(), nw.col(name).count().alias(f"n_{name}"))
    ]


def null_unless_published(sums: FrameT, names: Iterable[str]) -> FrameT:
    """The sum of nothing but nulls is 0 on every engine: here it is null."""
    return sums.with_columns(
        nw.when(nw.col(f"n_{name}") > 0).then(nw.col(name)).alias(name) for name in names
    )


def first_of_each(group: str, rows: nw.LazyFrame[Any], most: int, *order: str) -> nw.LazyFrame[Any]:
    """The first `most` rows of each group, in an order without ties."""
    return (
        rows.with_columns(place=nw.lit(1))
        .with_columns(nw.col("place").cum_sum().over(group, order_by=order))
        .filter(nw.col("place") <= most)
        .drop("place")
    )


def collected(small: nw.LazyFrame[Any]) -> nw.DataFrame[Any]:
    """The query's answer, with the same types from every engine (DuckDB adds in decimals)."""
    names = small.collect_schema().names()
    answer = small.collect("pyarrow").select(names)
    return answer.select(
        nw.col(name).cast(_type(name, dtype)) for name, dtype in answer.schema.items()
    )


def in_pandas(small: nw.DataFrame[Any]) -> pd.DataFrame:
    """The same rows, in Arrow-backed columns."""
    frame: pd.DataFrame = small.to_native().to_pandas(
        types_mapper=pd.ArrowDtype, ignore_metadata=True
    )
    return frame


def _type(name: str, dtype: nw.dtypes.DType) -> nw.dtypes.DType:
    if name in _DATES:
        return nw.Date()
    if dtype.is_float():
        return nw.Float64()
    # The most of nothing has no type either.
    return nw.Int64() if dtype.is_numeric() or dtype == nw.Unknown else dtype


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _codes(values: Iterable[str]) -> list[str]:
    """Plain texts in a fixed order: engines do not know our enumerations."""
    return sorted(str(value) for value in values)
