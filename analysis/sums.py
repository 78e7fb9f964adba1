"""Sums that need no posts any more: made of `analysis.aggregates.cells`, or of other sums."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import narwhals as nw
import pandas as pd

from analysis import aggregates
from data.model import Kind

_BY_DAY = ("posts", "likes", "reposts", "replies", "quotes", "impressions")
_HIGHEST = frozenset({"last_on", "largest_audience"})
_NEVER_NULL = frozenset({"posts", "own_posts", "authors", *(f"kind_{kind}" for kind in Kind)})


def selected(
    cells: pd.DataFrame,
    *,
    since: date | None = None,
    until: date | None = None,
    networks: Collection[str] = (),
    kinds: Collection[str] = (),
) -> pd.DataFrame:
    """The cells of a filter's posts: see `aggregates.selected`."""
    is_in = pd.Series(True, index=cells.index)
    if since is not None:
        is_in &= (cells["day"] >= since).fillna(False)
    if until is not None:
        is_in &= (cells["day"] < until).fillna(False)
    for name, codes in (("network", networks), ("kind", kinds)):
        if codes:
            is_in &= cells[name].isin([str(code) for code in codes])
    return cells[is_in]


def by_day(cells: pd.DataFrame) -> pd.DataFrame:
    """What `aggregates.by_day` gives of the posts that were added up in cells.

    >>> day = {"day": [date(2026, 6, 1)] * 2, "network": "x", "kind": ["reply", "quote"]}
    >>> counts = {"posts": [2, 3], "likes": [5, None]} | dict.fromkeys(_BY_DAY[2:], None)
    >>> by_day(pd.DataFrame(day | counts))[["network", "posts", "likes"]].to_dict("records")
    [{'network': 'x', 'posts': 5, 'likes': 5.0}]
    """
    days = cells[cells["day"].notna()].groupby(["day", "network"], as_index=False)
    return days[[*_BY_DAY]].sum(min_count=1)


def comparable(rows: pd.DataFrame, networks: Collection[str]) -> pd.DataFrame:
    """The rows of the networks that may stand in one total: see `aggregates.comparable`."""
    kept: pd.DataFrame = aggregates.comparable(nw.from_native(rows), networks).to_native()
    return kept


def together(sums: pd.DataFrame) -> pd.DataFrame:
    """One row: the rows of several networks added up, or others that share no post or account.

    An account is of one network, as its pseudonym is.

    >>> networks = pd.DataFrame({"posts": [3, 2], "likes": [7, None], "n_likes": [3, 0]})
    >>> together(networks.astype("int64[pyarrow]")).to_dict("records")
    [{'posts': 5, 'likes': 7, 'n_likes': 3}]
    """
    added: dict[object, object] = {}
    for name, column in sums.items():
        known = column.dropna()
        if name in _NEVER_NULL or str(name).startswith("n_"):
            added[name] = known.sum() if len(known) else 0
        elif len(known) == 0:
            added[name] = None
        elif name == "first_on":
            added[name] = known.min()
        else:
            added[name] = known.max() if name in _HIGHEST else known.sum()
    return pd.DataFrame([added], columns=sums.columns).astype(sums.dtypes)


def by_kind(totals: pd.DataFrame) -> pd.DataFrame:
    """One row a kind that occurs in a row of totals: `kind` and `posts`; most posts first.

    >>> totals = {"kind_original": [2], "kind_repost": [5], "kind_reply": [0], "kind_quote": [0]}
    >>> by_kind(pd.DataFrame(totals)).to_dict("list")
    {'kind': ['repost', 'original'], 'posts': [5, 2]}
    """
    kinds = pd.DataFrame(
        [(kind.value, int(totals[f"kind_{kind}"].iloc[0])) for kind in Kind],
        columns=["kind", "posts"],
    )
    found = kinds[kinds["posts"] > 0]
    return found.sort_values(["posts", "kind"], ascending=[False, True], ignore_index=True)
