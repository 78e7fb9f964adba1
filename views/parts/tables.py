"""Tables on the page, each with its CSV beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from findings import files, protect
from findings.words import UNKNOWN
from views.parts.words import t, words

#: Where rows are tall, words break to the column's width: these do not break inside a word,
#: and a text leaves room on a phone for the number beside it. In pixels.
_WIDTHS = {
    **{"text": 236, "times_usual": 86, "reason": 236},
    **{"published_at": 140, "network": 90, "kind": 80},
}

#: A tall row has room for eight lines; so many show at once, and the heading, none of them cut.
_TALL, _TALL_SHOWN, _HEADING = 160, 4, 35 + 2


def show(
    table: pd.DataFrame,
    *,
    key: str,
    alt: str,
    export: Callable[[], pd.DataFrame] | None = None,
    csv_help: str | None = None,
    is_tall: bool = False,
) -> None:
    """A table whose columns are codes of `locales` (`columns.<code>`), and its CSV.

    `export` gives what the CSV holds when that is not what is shown, and `csv_help` says why;
    tall rows are for texts.
    """
    table = protect.columns(table)
    titles = {name: t(f"columns.{name}") for name in table.columns}
    columns = {
        titles[name]: st.column_config.Column(width=_WIDTHS.get(name) if is_tall else None)
        for name in table.columns
    }
    st.dataframe(
        _styled(table, titles),
        hide_index=True,
        key=key,
        alt=alt,
        column_config=columns,
        placeholder=UNKNOWN,
        row_height=_TALL if is_tall else None,
        height=_HEADING + _TALL * min(len(table), _TALL_SHOWN) if is_tall else "auto",
    )
    _csv(table, titles, key, export, csv_help)


def show_small(table: pd.DataFrame, *, key: str, alt: str) -> None:
    """A few rows, each a name and its numbers, as plain text, and their CSV.

    The page loads faster without the sheet that `show` needs. A row is shown as a column: names
    are few and numbers are many, and a phone is narrow.
    """
    table = protect.columns(table)
    titles = {name: t(f"columns.{name}") for name in table.columns}
    name, *numbers = table.columns
    shown = table.set_index(name)[numbers].rename(columns=titles).astype(float).T
    number: Callable[[Any], str] = words().number
    written = shown.rename_axis(columns=None).style.format(number, na_rep=UNKNOWN)
    st.table(written, border="horizontal", alt=alt)
    _csv(table, titles, key, None)


def _csv(
    table: pd.DataFrame,
    titles: Mapping[str, str],
    key: str,
    export: Callable[[], pd.DataFrame] | None,
    explained: str | None = None,
) -> None:
    language = words().language  # the file is written later, where no session is at hand

    def file() -> bytes:
        whole = table if export is None else protect.columns(export())
        return files.csv_bytes(whole.rename(columns=titles), language)

    st.download_button(
        t("tables.csv"),
        file,
        f"porte-voix-{key.replace('_', '-')}.csv",
        "text/csv",
        key=f"{key}_csv",
        icon=":material/download:",
        help=explained,
        on_click="ignore",
    )


def show_posts(
    listed: pd.DataFrame, *, key: str, alt: str, every: Callable[[], pd.DataFrame]
) -> None:
    """Posts without their authors; `every` gives those of the CSV, in the same columns."""
    said = words()
    show(
        files.posts(said, listed),
        key=key,
        alt=alt,
        export=lambda: files.posts(said, every()),
        is_tall=True,
    )


def _styled(table: pd.DataFrame, titles: Mapping[str, str]) -> Any:
    """Numbers and moments in the language's own writing; they sort as what they are."""
    formats: Any = {
        titles[name]: words().moment if _is_moment(table[name]) else words().number
        for name in table.columns
        if _is_moment(table[name]) or pd.api.types.is_numeric_dtype(table[name])
    }
    return table.rename(columns=titles).style.format(formats, na_rep=UNKNOWN)


def _is_moment(column: pd.Series) -> bool:
    return column.dtype.kind == "M"
