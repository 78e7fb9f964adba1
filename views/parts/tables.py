"""Tables on the page, each with its CSV beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

import locales
from data.model import COUNTS, Kind, Network
from findings import files
from views.parts import words
from views.parts.words import t

#: The columns of a list of posts, in its order.
_POSTS = ("text", "times_usual", "engagements", "published_at", "network", "kind", *COUNTS)

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
        placeholder=words.UNKNOWN,
        row_height=_TALL if is_tall else None,
        height=_HEADING + _TALL * min(len(table), _TALL_SHOWN) if is_tall else "auto",
    )
    _csv(table, titles, key, export, csv_help)


def show_small(table: pd.DataFrame, *, key: str, alt: str) -> None:
    """A few rows, each a name and its numbers, as plain text, and their CSV.

    The page loads faster without the sheet that `show` needs. A row is shown as a column: names
    are few and numbers are many, and a phone is narrow.
    """
    titles = {name: t(f"columns.{name}") for name in table.columns}
    name, *numbers = table.columns
    shown = table.set_index(name)[numbers].rename(columns=titles).astype(float).T
    written = shown.rename_axis(columns=None).style.format(words.number, na_rep=words.UNKNOWN)
    st.table(written, border="horizontal", alt=alt)
    _csv(table, titles, key, None)


def _csv(
    table: pd.DataFrame,
    titles: Mapping[str, str],
    key: str,
    export: Callable[[], pd.DataFrame] | None,
    explained: str | None = None,
) -> None:
    language = words.language()  # the file is written later, where no session is at hand

    def file() -> bytes:
        whole = table if export is None else export()
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
    language = words.language()
    show(
        _posts(listed, language),
        key=key,
        alt=alt,
        export=lambda: _posts(every(), language),
        is_tall=True,
    )


def _posts(listed: pd.DataFrame, language: str) -> pd.DataFrame:
    """Words for codes, no trace of an account in the text, no column that is unknown throughout."""

    def named(table: str, codes: Iterable[str]) -> dict[str, str]:
        return {code: locales.text(language, f"{table}.{code}") for code in codes}

    shown = listed.assign(
        network=listed["network"].map(named("networks", Network)),
        kind=listed["kind"].map(named("kinds", Kind)),
        text=listed["text"].map(files.anonymous, na_action="ignore"),
    )
    always = {"published_at", "network", "kind", "text", "engagements"}
    return shown[[it for it in _POSTS if it in always or (it in shown and shown[it].notna().any())]]


def _styled(table: pd.DataFrame, titles: Mapping[str, str]) -> Any:
    """Numbers and moments in the language's own writing; they sort as what they are."""
    formats = {
        titles[name]: words.moment if _is_moment(table[name]) else words.number
        for name in table.columns
        if _is_moment(table[name]) or pd.api.types.is_numeric_dtype(table[name])
    }
    return table.rename(columns=titles).style.format(formats, na_rep=words.UNKNOWN)


def _is_moment(column: pd.Series) -> bool:
    return column.dtype.kind == "M"
