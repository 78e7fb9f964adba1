"""Sums without posts are those of the posts, whatever the filter."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import aggregates
from analysis.kept import sums
from analysis.kept.crowd import accounts, crowd
from data.model import Kind, Network
from tests.posts import on_duckdb, on_pandas, posts_rows

days = st.none() | st.integers(-1, 6).map(lambda later: date(2023, 12, 30) + timedelta(later))
filters = st.fixed_dictionaries(
    {
        "since": days,
        "until": days,
        "networks": st.lists(st.sampled_from(list(Network)), unique=True, max_size=2),
        "kinds": st.lists(st.sampled_from(list(Kind)), unique=True, max_size=2),
    }
)
same = pd.testing.assert_frame_equal


@settings(deadline=None)
@given(posts_rows, filters)
def test_accounts_in_memory_are_counted_as_those_of_the_posts(rows: Any, asked: Any) -> None:
    posts = on_pandas(rows)
    found = accounts(crowd(aggregates.appearances(posts)), **asked)
    same(found, aggregates.accounts(aggregates.selected(posts, **asked)))


@settings(deadline=None)
@given(posts_rows, filters)
def test_cells_add_up_to_what_the_posts_add_up_to(rows: Any, asked: Any) -> None:
    posts = on_pandas(rows)
    chosen, cells = aggregates.selected(posts, **asked), sums.in_arrow(aggregates.cells(posts))
    cells = sums.selected(cells, **asked)
    same(sums.by_day(cells), aggregates.by_day(chosen))
    by_network = sums.by_network(cells, aggregates.accounts(chosen))
    same(by_network, aggregates.by_network(chosen))
    # An account is of one network, which the invented ones are not.
    columns = [it for it in aggregates.SUMS if it not in aggregates.OF_ACCOUNTS]
    comparable = aggregates.comparable(chosen, asked["networks"])
    together = sums.together(by_network, asked["networks"])
    same(together[columns], aggregates.totals(comparable)[columns])
    of_kinds = aggregates.by_kind(comparable)[["kind", "posts"]].to_dict("list")
    assert sums.by_kind(together).to_dict("list") == of_kinds


@settings(deadline=None)
@given(posts_rows, filters, st.integers(1, 5))
def test_hashtags_are_counted_as_those_of_the_posts(rows: Any, asked: Any, most: int) -> None:
    posts = on_duckdb(rows)
    chosen = aggregates.selected(posts, **asked)
    used = aggregates.most_used(chosen, most)
    same(used, aggregates.hashtags(chosen, most)[["hashtag", "posts"]])
    cells = sums.selected(sums.in_arrow(aggregates.hashtag_cells(posts)), **asked)
    same(sums.most_used(cells, most), used)
