"""Figures on the page: the page's colours, the language's words, no company's logo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

import locales
from analysis import figures
from analysis.figures import DARK, LIGHT, Palette
from data.model import Kind, Network
from findings.question import Filters
from views.parts.words import t, words


def palette() -> Palette:
    """The colours of the theme that the visitor sees."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def posts_by_day(chosen: Filters, by_day: pd.DataFrame) -> Filters | None:
    """Draws posts over time; gives the filter that leaves what is clicked: a network's part
    of a bar."""
    if by_day.empty:
        st.write(t("overview.by_day.undated"))
        return None
    figure = figures.posts_by_day_chart(
        by_day,
        words().labels("networks", tuple(Network)),
        palette(),
        since=chosen.since,
        until=chosen.until,
        separators=separators(),
    )
    days = by_day.groupby("day")["posts"].sum()
    top: Any = days.idxmax()
    event: Any = st.plotly_chart(
        _dressed(figure),
        key="by_day",
        alt=t("overview.by_day.alt", day=words().days(top, top + timedelta(1)), n=int(days[top])),
        theme=None,
        config=_config(),
        on_select="rerun",
        selection_mode="points",
    )
    st.caption(t("overview.by_day.hint"))
    points = event.selection.points
    if not points:
        return None
    since, until, network = points[0]["customdata"][:3]
    days_of_bar = date.fromisoformat(since), date.fromisoformat(until)
    return replace(chosen.between(*days_of_bar), networks=(network,))


def counted_by_day(per_day: Mapping[date, int]) -> None:
    """Draws how many posts X counted on each day, without one having been read."""
    by_day = pd.DataFrame({"day": list(per_day), "posts": list(per_day.values())})
    by_day["network"] = Network.X.value
    figure = figures.posts_by_day_chart(
        by_day, words().labels("networks", tuple(Network)), palette(), separators=separators()
    )
    show(figure, key="counted", alt=t("estimate.alt", n=sum(per_day.values())))


def posts_by_kind(by_kind: pd.DataFrame) -> None:
    """Draws how many posts there are of each kind."""
    kinds = words().labels("kinds", tuple(Kind))
    first = by_kind.iloc[0]
    share = words().percent(first["posts"] / by_kind["posts"].sum())
    show(
        figures.posts_by_kind_chart(by_kind, kinds, palette(), separators=separators()),
        key="by_kind",
        alt=t("overview.by_kind_alt", kind=kinds[first["kind"]], share=share),
    )


def hashtags(tags: pd.DataFrame) -> None:
    """Draws how many posts carry each hashtag."""
    if tags.empty:
        st.write(t("contents.no_hashtags"))
        return
    first = tags.iloc[0]
    show(
        figures.hashtags_chart(tags, palette(), separators=separators()),
        key="hashtags",
        alt=t("overview.hashtags_alt", tag=first["hashtag"], n=int(first["posts"])),
    )


def coverage(stretches: pd.DataFrame, gaps: int) -> None:
    """Draws which stretches of time were read of each network, and between how many gaps."""
    states = words().labels("coverage_panel.states", figures.STATES)
    figure = figures.coverage_chart(
        stretches, words().labels("networks", tuple(Network)) | states, palette()
    )
    show(figure, key="coverage", alt=t("coverage_panel.alt", n=gaps))


def separators() -> str:
    """How plotly separates decimals and thousands."""
    return figures.SEPARATORS if words().language == "fr" else ".,"


def show(figure: go.Figure, *, key: str, alt: str) -> None:
    """Draws a figure; `alt` says what is found in it."""
    st.plotly_chart(_dressed(figure), key=key, alt=alt, theme=None, config=_config())


def _dressed(figure: go.Figure) -> go.Figure:
    """The button that saves the figure, without the grey box that plotly puts behind it."""
    colors = palette()
    return figure.update_layout(
        modebar={"bgcolor": colors.background, "color": colors.grid, "activecolor": colors.text}
    )


def _config() -> dict[str, Any]:
    language = words().language
    return {
        "displaylogo": False,
        "modeBarButtons": [["toImage"]],
        "locale": language,
        "locales": {language: {"dictionary": locales.chrome(language).get("plotly", {})}},
    }
