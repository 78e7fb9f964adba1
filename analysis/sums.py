"""What posts add up to, from `analysis.aggregates.cells`: no post is read again for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

import narwhals as nw
import pandas as pd

from analysis import aggregates
from analysis.aggregates import OF_ACCOUNTS, SUMS
from data.model import Kind

_DAYS = ("first_on", "last_on")
_OF_CELLS = tuple(it for it in SUMS if it not in OF_ACCOUNTS)
_ADDED = tuple(it for it in _OF_CELLS if it not in _DAYS)
_OF_DAYS = ("posts", "likes", "reposts", "replies", "quotes", "impressions")
_HIGHEST = ("last_on", "largest_audience")


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


def comparable(rows: pd.DataFrame, networks: Collection[str]) -> pd.DataFrame:
    """The rows of the networks that may stand in one total: see `aggregates.comparable`."""
    kept: pd.DataFrame = aggregates.comparable(nw.from_native(rows), networks).to_native()
    return kept


def by_network(cells: pd.DataFrame) -> pd.DataFrame:
    """What `aggregates.by_network` gives of the posts of cells, without `OF_ACCOUNTS`."""
    rows = [_added(group) | {"network": name} for name, group in cells.groupby("network")]
    rows.sort(key=lambda row: (-row["posts"], row["network"]))
    names = pd.Series([row["network"] for row in rows], dtype=cells["network"].dtype)
    return pd.concat([names.rename("network"), _rows(rows, _OF_CELLS)], axis=1)


def by_day(cells: pd.DataFrame) -> pd.DataFrame:
    """What `aggregates.by_day` gives of the posts of cells."""
    dated = cells[cells["day"].notna()]
    numbers = [f"n_{name}" for name in _OF_DAYS[1:]]
    days = dated.groupby(["day", "network"], as_index=False)[[*_OF_DAYS, *numbers]].sum()
    for name, number in zip(_OF_DAYS[1:], numbers):
        days[name] = days[name].where(days.pop(number) > 0)
    return days


def most_used(cells: pd.DataFrame, most: int) -> pd.DataFrame:
    """What `aggregates.most_used` gives of the posts of `aggregates.hashtag_cells`."""
    tags: pd.DataFrame = cells.groupby("hashtag", as_index=False)[["posts"]].sum()
    used = tags.sort_values(["posts", "hashtag"], ascending=[False, True], ignore_index=True)
    return used.head(most)


def with_accounts(by_network: pd.DataFrame, accounts: pd.DataFrame) -> pd.DataFrame:
    """The whole of `aggregates.by_network`: `by_network` of cells, and `aggregates.accounts`."""
    rows = by_network.merge(accounts, on="network", how="left")
    known = rows[["authors", "n_potential_reach"]].fillna(0)
    return rows.assign(**known)[["network", *SUMS]]


def together(by_network: pd.DataFrame) -> pd.DataFrame:
    """One row, without `network`: the rows of several networks added up.

    An account is of one network, as its pseudonym is.

    >>> networks = pd.DataFrame({"network": ["x", "bluesky"], "posts": 3, "largest_audience": 9})
    >>> together(networks.astype({"posts": "int64[pyarrow]"})).to_dict("records")
    [{'posts': 6, 'largest_audience': 9}]
    """
    added: dict[str, Any] = {}
    for name, values in by_network.drop(columns="network").to_dict("list").items():
        known = [value for value in values if not pd.isna(value)]
        if name == "first_on":
            added[name] = min(known, default=None)
        elif name in _HIGHEST:
            added[name] = max(known, default=None)
        else:
            is_a_number = f"n_{name}" not in by_network
            added[str(name)] = sum(known) if known or is_a_number else None
    return _rows([added], added)


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


def _added(cells: pd.DataFrame) -> dict[str, Any]:
    numbers = cells[[*_ADDED]].to_numpy("int64").sum(axis=0).tolist()
    added = dict(zip(_ADDED, numbers, strict=True))
    days = cells["day"].dropna()
    published = {name: it if added.get(f"n_{name}", 1) else None for name, it in added.items()}
    return {
        **published,
        "first_on": None if days.empty else days.min(),
        "last_on": None if days.empty else days.max(),
    }


def _rows(rows: list[dict[str, Any]], names: Iterable[str]) -> pd.DataFrame:
    """Days and numbers with the types that aggregates have."""
    return pd.DataFrame({name: [row[name] for row in rows] for name in names}, dtype=object).astype(
        {name: "date32[day][pyarrow]" if name in _DAYS else "int64[pyarrow]" for name in names}
    )
