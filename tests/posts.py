"""Rows of posts as analyses get them, invented and drawn, on the engines."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import narwhals as nw
import pandas as pd
import pyarrow as pa
from hypothesis import settings
from hypothesis import strategies as st

from data.model import COUNTS, POSTS, Kind, Network

AUTHORS = ("afi", "kossi", "dela", "mawuli")
TAGS = ("libertépourtous", "حرية", "ŋutsu", "togo")


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


#: Around a new year, to the microsecond.
moments = st.integers(0, 4 * 86_400 * 10**6).map(
    lambda microseconds: datetime(2023, 12, 30, tzinfo=UTC) + timedelta(microseconds=microseconds)
)


@st.composite
def row(draw: st.DrawFn) -> dict[str, Any]:
    """A post as the lake keeps it: a repost has no counts, and anything else may be unknown."""
    kind = draw(st.sampled_from(list(Kind)))
    published = st.none() if kind is Kind.REPOST else maybe(st.integers(0, 10**9))
    return {
        "network": draw(st.sampled_from([n.value for n in Network][:5])),
        "kind": kind.value,
        "author_id": draw(maybe(st.sampled_from(AUTHORS))),
        "repost_of_author_id": draw(maybe(st.sampled_from(AUTHORS))),
        "reply_to_author_id": draw(maybe(st.sampled_from(AUTHORS))),
        "quote_of_author_id": draw(maybe(st.sampled_from(AUTHORS))),
        "published_at": draw(maybe(moments)),
        "text": draw(maybe(st.text(max_size=5))),
        "hashtags": draw(maybe(st.lists(st.sampled_from(TAGS), unique=True))),
        "mentions": draw(maybe(st.lists(st.sampled_from(AUTHORS), unique=True))),
        "author_followers": draw(maybe(st.integers(0, 10**9))),
        **{count: draw(published) for count in COUNTS},
    }


def numbered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"post_id": f"post{number:03}"} | row for number, row in enumerate(rows)]


posts_rows = st.lists(row(), max_size=12).map(numbered)


def on_pandas(rows: list[dict[str, Any]]) -> nw.DataFrame[Any]:
    table = pa.Table.from_pylist(rows, schema=POSTS)
    return nw.from_native(table.to_pandas(types_mapper=pd.ArrowDtype), eager_only=True)


def on_duckdb(rows: list[dict[str, Any]], time_zone: str = "UTC") -> nw.LazyFrame[Any]:
    connection = duckdb.connect()
    connection.execute(f"SET TimeZone = '{time_zone}'")
    return nw.from_native(connection.from_arrow(pa.Table.from_pylist(rows, schema=POSTS)))


def answers(aggregate: Any, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of an aggregate, after making sure that the engines agree to the last type."""
    from_pandas, from_duckdb = aggregate(on_pandas(rows)), aggregate(on_duckdb(rows))
    pd.testing.assert_frame_equal(from_pandas, from_duckdb)
    return plain(from_duckdb)


def plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    assert not any(pa.types.is_null(field.type) for field in table.schema)
    found: list[dict[str, Any]] = table.to_pylist()
    return found


def added(values: Any) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def day(row: dict[str, Any]) -> date | None:
    return row["published_at"] and row["published_at"].date()


several_rows = settings(max_examples=25, deadline=None)


def post(post_id: str, **values: Any) -> dict[str, Any]:
    return {"post_id": post_id, "network": "x", "kind": "original", "author_id": "afi"} | values
