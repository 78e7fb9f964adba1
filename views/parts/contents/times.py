"""When posts do better than what is usual for their account, or that nobody can tell."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from analysis import figures
from analysis.measure import FEWEST_ACCOUNTS
from analysis.texts import content
from findings.question import Filters
from views.parts import cards, charts, tables
from views.parts.contents import best
from views.parts.loaders import reader
from views.parts.words import t, words

_WEEKDAYS = tuple("1234567")


def show(chosen: Filters) -> None:
    """By day, by part of the day, and by both: what is sure in a sentence, the rest drawn."""
    days, hours = st.columns(2)
    with days, cards.block("days_block", t("contents.times.days")):
        _rows(reader.best_times(chosen, ("weekday",)), "days")
    with hours, cards.block("hours_block", t("contents.times.hours")):
        _rows(reader.best_times(chosen, ("hours",)), "hours")
    with cards.block("week_block", t("contents.times.week")):
        week = reader.best_times(chosen, ("weekday", "hours"))
        st.markdown(_said(week))
        if week["share"].notna().any():
            _week(week)
        if not week.empty:
            tables.show(_table(week), key="times", alt=t("contents.times.week"))
    st.caption(t("contents.times.how", posts=content.FEWEST_POSTS, authors=FEWEST_ACCOUNTS))
    best.compared(chosen)


def _rows(times: pd.DataFrame, key: str) -> None:
    said = _said(times)
    st.markdown(said)
    if times["share"].notna().any():
        figure = figures.times_chart(
            times, _names(times), charts.palette(), separators=charts.separators()
        )
        charts.show(figure, key=key, alt=said)


def _week(times: pd.DataFrame) -> None:
    names = words().labels("weekdays", _WEEKDAYS)
    figure = figures.week_chart(
        times,
        [names[it] for it in _WEEKDAYS],
        [t("contents.times.from", hour=it) for it in range(0, 24, content.HOURS)],
        charts.palette(),
        separators=charts.separators(),
    )
    charts.show(figure, key="week", alt=_said(times))


def _said(times: pd.DataFrame) -> str:
    """What is sure, in words: which times are better or worse, or that none is."""
    if not times["share"].notna().any():
        return t("contents.times.too_few", posts=content.FEWEST_POSTS, authors=FEWEST_ACCOUNTS)
    told = [
        _sure(str(row["verdict"]), name, row)
        for name, row in zip(_names(times), times.to_dict("records"), strict=True)
        if row["verdict"] in ("better", "worse")
    ]
    return "  \n".join(told) or t("contents.times.none")


def _sure(verdict: str, name: str, row: Mapping[Hashable, Any]) -> str:
    # Without a decimal an edge may look as if it touched what is usual.
    shares = {
        it: words().percent(row[it], with_decimal=True) for it in ("share", "low", "high", "usual")
    }
    return t(f"contents.times.{verdict}", time=name, **shares)


def _names(times: pd.DataFrame) -> list[str]:
    """What the times of rows are called."""
    weekdays = words().labels("weekdays", _WEEKDAYS)
    return [
        ", ".join(
            [
                *([weekdays[str(row["weekday"])]] if "weekday" in row else []),
                *([_hours(row["hours"])] if "hours" in row else []),
            ]
        )
        for row in times.to_dict("records")
    ]


def _hours(first: int) -> str:
    return t("contents.times.between", first=int(first), last=int(first) + content.HOURS)


def _table(times: pd.DataFrame) -> pd.DataFrame:
    weekdays = words().labels("weekdays", _WEEKDAYS)
    verdicts = words().labels("contents.verdicts", ("better", "worse", "same"))
    return pd.DataFrame(
        {
            "weekday": [weekdays[str(it)] for it in times["weekday"]],
            "hours": [_hours(it) for it in times["hours"]],
            "posts": times["posts"],
            "better_percent": (100 * times["share"]).round(1),
            "low_percent": (100 * times["low"]).round(1),
            "high_percent": (100 * times["high"]).round(1),
            "verdict": times["verdict"].map(verdicts),
        }
    )
