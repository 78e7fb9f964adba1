"""What posts add up to, from `analysis.aggregates.cells`: no post is read again for it.

A page asks at every click, so what a filter leaves is added up in Arrow: pandas takes longer to
look at fifty columns than to add them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import narwhals as nw
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analysis import aggregates
from analysis.aggregates import OF_ACCOUNTS, SUMS
from data.model import Kind

_DAYS = ("first_on", "last_on")
_ADDED = tuple(it for it in SUMS if it not in (*_DAYS, *OF_ACCOUNTS))
_OF_DAYS = ("posts", "likes", "reposts", "replies", "quotes", "impressions")
_HIGHEST = ("last_on", "largest_audience")
_NOBODY = {"authors": 0, "potential_reach": None, "n_potential_reach": 0, "largest_audience": None}


def in_arrow(cells: pd.DataFrame) -> pa.Table:
    """What `aggregates.cells` or `aggregates.hashtag_cells` gives, for the functions below."""
    return pa.Table.from_pandas(cells, preserve_index=False)


def selected(
    cells: pa.Table,
    *,
    since: date | None = None,
    until: date | None = None,
    networks: Collection[str] = (),
    kinds: Collection[str] = (),
) -> pa.Table:
    """The cells of a filter's posts: see `aggregates.selected`."""
    is_in = pc.scalar(True)
    if since is not None:
        is_in &= pc.field("day") >= since
    if until is not None:
        is_in &= pc.field("day") < until
    for name, codes in (("network", networks), ("kind", kinds)):
        if codes:
            is_in &= pc.field(name).isin([str(code) for code in codes])
    return cells.filter(is_in)


def comparable(cells: pa.Table, networks: Collection[str]) -> pa.Table:
    """The cells of the networks that may stand in one total: see `aggregates.comparable`."""
    return aggregates.comparable(nw.from_native(cells), networks).to_native()


def by_network(cells: pa.Table, accounts: pd.DataFrame) -> pd.DataFrame:
    """What `aggregates.by_network` gives of the posts of cells and their `aggregates.accounts`."""
    asked = [*((name, "sum") for name in _ADDED), ("day", "min"), ("day", "max")]
    names = ["network", *_ADDED, *_DAYS]
    added = cells.group_by("network").aggregate(asked).rename_columns(names).to_pylist()
    theirs = accounts.set_index("network").to_dict("index")
    rows = [_published(row) | theirs.get(row["network"], _NOBODY) for row in added]
    rows.sort(key=lambda row: (-row["posts"], row["network"]))
    return _typed(rows, ("network", *SUMS))


def by_day(cells: pa.Table) -> pd.DataFrame:
    """What `aggregates.by_day` gives of the posts of cells."""
    counts = _OF_DAYS[1:]
    asked = [*_OF_DAYS, *(f"n_{name}" for name in counts)]
    dated = cells.filter(pc.field("day").is_valid()).group_by(["day", "network"])
    days = dated.aggregate([(name, "sum") for name in asked])
    days = days.rename_columns(["day", "network", *asked])
    for name in counts:
        is_known = pc.greater(days[f"n_{name}"], 0)
        at = days.column_names.index(name)
        days = days.set_column(at, name, pc.if_else(is_known, days[name], None))
    in_order = days.sort_by([("day", "ascending"), ("network", "ascending")])
    return _in_pandas(in_order.select(["day", "network", *_OF_DAYS]))


def most_used(cells: pa.Table, most: int) -> pd.DataFrame:
    """What `aggregates.most_used` gives of the posts of `aggregates.hashtag_cells`."""
    tags = cells.group_by("hashtag").aggregate([("posts", "sum")])
    tags = tags.rename_columns(["hashtag", "posts"])
    used = tags.sort_by([("posts", "descending"), ("hashtag", "ascending")])
    return _in_pandas(used.slice(0, most))


def together(by_network: pd.DataFrame, networks: Collection[str]) -> pd.DataFrame:
    """One row, without `network`: those of the networks that may stand in one total, added up.

    See `aggregates.comparable`. An account is of one network, as its pseudonym is.

    >>> networks = pd.DataFrame({"network": ["x", "bluesky"], "posts": 3, "largest_audience": 9})
    >>> together(networks, ["x", "bluesky"]).to_dict("records")
    [{'posts': 6, 'largest_audience': 9}]
    """
    rows = comparable(in_arrow(by_network), networks).drop_columns("network")
    added: dict[str, Any] = {}
    for name, values in rows.to_pydict().items():
        known = [value for value in values if value is not None]
        if name == "first_on":
            added[name] = min(known, default=None)
        elif name in _HIGHEST:
            added[name] = max(known, default=None)
        else:
            is_a_number = f"n_{name}" not in by_network
            added[name] = sum(known) if known or is_a_number else None
    return _typed([added], added)


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


def _published(row: dict[str, Any]) -> dict[str, Any]:
    """Null where no post publishes the count: cells have 0 there."""
    return {name: it if row.get(f"n_{name}", 1) else None for name, it in row.items()}


def _typed(rows: Sequence[Mapping[Any, Any]], names: Iterable[str]) -> pd.DataFrame:
    """Days and numbers with the types that aggregates have."""
    types = dict.fromkeys(_DAYS, pa.date32()) | {"network": pa.string()}
    columns = {
        name: pa.array([row[name] for row in rows], types.get(name, pa.int64()), from_pandas=True)
        for name in names
    }
    return _in_pandas(pa.table(columns))


def _in_pandas(rows: pa.Table) -> pd.DataFrame:
    frame: pd.DataFrame = rows.to_pandas(types_mapper=pd.ArrowDtype)
    return frame
