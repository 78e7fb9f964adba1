"""Reach: how many people, how it grows, and beside which other campaigns."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from math import log10

import pandas as pd
import plotly.graph_objects as go

from analysis.figures.days import DAY, FEWEST_BARS, days_axis, midnight
from analysis.figures.drawing import (
    LIGHT,
    MOST_TICKS,
    ROOM_FOR_100,
    ROW_HEIGHT,
    SEPARATORS,
    Palette,
    blank,
    cut,
    faint,
    isolated,
    percent_sign,
)
from data.model import Network

#: The ranges of people that stand on one scale: who probably saw, between which bounds, and who
#: follows. A campaign may be seen by many more than that, or by few of them.
REACHES = ("estimated", "bounds", "potential")

#: The ages of a post that have a tick, in hours.
AGES = (1, 6, 24, 168, 672)

_REACH_ROW = 66
_PATTERNS = ("", "/", ".", "x", "\\", "-", "+")
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")


def reach_chart(
    reaches: pd.DataFrame,
    labels: Mapping[str, str],
    palette: Palette = LIGHT,
    *,
    separators: str = SEPARATORS,
) -> go.Figure:
    """Ranges of people on one scale that begins at nobody, a row each in the order of the frame.

    `reaches` has the columns `of` (one of `REACHES`, or a network), `low` and `high` (people),
    `value` (the estimate between them, null where only the range is to be shown) and `said`,
    the figures in words, which stand above the bar beside the label. A bar goes from `low` to
    `high`; a line across it is its `value`. Each bar's `customdata` is what it is of. `labels`
    also has the word for `people`, which the scale counts.
    """
    rows = list(range(len(reaches)))
    figure = blank(palette, separators, height=_REACH_ROW * max(len(rows), 1) + 60)
    colors = [palette.reach(of) for of in reaches["of"]]
    figure.add_bar(
        base=[float(low) for low in reaches["low"]],
        x=[float(high - low) for low, high in zip(reaches["low"], reaches["high"], strict=True)],
        y=rows,
        orientation="h",
        width=0.34,
        marker={"color": colors, "line": {"color": colors, "width": 2}},
        customdata=list(reaches["of"]),
        hovertext=[
            f"{escape(labels[of])}<br><b>{escape(said)}</b>"
            for of, said in zip(reaches["of"], reaches["said"], strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    shown = [(row, float(value)) for row, value in enumerate(reaches["value"]) if pd.notna(value)]
    figure.add_scatter(
        x=[value for _, value in shown],
        y=[row for row, _ in shown],
        mode="markers",
        marker={"symbol": "line-ns", "size": 22, "line": {"color": palette.text, "width": 3}},
        hoverinfo="skip",
    )
    figure.update_layout(
        showlegend=False,
        annotations=[
            {
                "text": text,
                "x": x,
                "xref": "paper",
                "xanchor": anchor,
                "y": row,
                "yshift": 24,
                "showarrow": False,
            }
            for row, (of, said) in enumerate(zip(reaches["of"], reaches["said"], strict=True))
            for text, x, anchor in (
                (isolated(cut(labels[of])), 0, "left"),
                (f"<b>{isolated(said)}</b>", 1, "right"),
            )
        ],
    )
    highest = max([float(high) for high in reaches["high"]], default=1.0)
    figure.update_xaxes(
        showgrid=True,
        range=[0, 1.02 * max(highest, 1)],
        nticks=MOST_TICKS,
        tickformat=",d",
        title={"text": labels["people"], "standoff": 6, "font": {"size": 14}},
    )
    figure.update_yaxes(
        visible=False, range=[len(rows) - 0.6, -0.75], automargin=False, rangemode="normal"
    )
    return figure


def audience_chart(
    audience: pd.DataFrame, palette: Palette = LIGHT, *, separators: str = SEPARATORS
) -> go.Figure:
    """The potential audience as accounts join: a line that only climbs, in steps.

    `audience` has a row a moment, in order: `day` (date), `followers` and `authors` (of all
    accounts that have joined by then). Each point's `customdata` is its day as text and its
    accounts.
    """
    figure = blank(palette, separators, height=280)
    figure.add_scatter(
        x=[day.isoformat() for day in audience["day"]],
        y=[int(followers) for followers in audience["followers"]],
        mode="lines+markers" if len(audience) <= FEWEST_BARS else "lines",
        line={"color": palette.colorway[0], "shape": "hv", "width": 2.5},
        fill="tozeroy",
        fillcolor=faint(palette.colorway[0]),
        customdata=[
            [f"{day:%d/%m/%Y}", int(authors)]
            for day, authors in zip(audience["day"], audience["authors"], strict=True)
        ],
        hovertemplate="%{customdata[0]}<br><b>%{y:,}</b><extra></extra>",
    )
    figure.update_layout(showlegend=False)
    if not audience.empty:
        first, last = audience["day"].iloc[0], audience["day"].iloc[-1]
        figure.update_xaxes(**days_axis(midnight(first), midnight(last + DAY)))
    figure.update_yaxes(nticks=MOST_TICKS)
    return figure


def growth_chart(
    curves: pd.DataFrame,
    labels: Mapping[str, str],
    palette: Palette = LIGHT,
    *,
    separators: str = SEPARATORS,
) -> go.Figure:
    """How much of its final engagements a post has at each age, a curve a network.

    `curves` is the frame of `analysis.reach.growth.curves` (`network`, `age_hours`, `share`, `low`,
    `high`, `posts`). Ages stand on a logarithmic scale; `labels` has the words for networks
    and, by the number of hours as text, for `AGES`. The band around a curve is its interval;
    curves differ by their dashes as well as by their colours. Half of the engagements has a
    line of its own.
    """
    figure = blank(palette, separators, height=320)
    percent = percent_sign(separators)
    present = set(curves["network"])
    for network in (it.value for it in Network if it in present):
        curve = curves[curves["network"] == network].sort_values("age_hours")
        color = palette.network(network)
        ages = [float(age) for age in curve["age_hours"]]
        edges = curve.dropna(subset=["low", "high"])
        figure.add_scatter(
            x=[*edges["age_hours"], *edges["age_hours"][::-1]],
            y=[100 * share for share in (*edges["high"], *edges["low"][::-1])],
            mode="lines",
            line_width=0,
            fill="toself",
            fillcolor=faint(color),
            hoverinfo="skip",
            showlegend=False,
        )
        figure.add_scatter(
            x=ages,
            y=[100 * float(share) for share in curve["share"]],
            mode="lines",
            name=labels[network],
            line={"color": color, "width": 2.5, "dash": _dash(network)},
            customdata=[[network, int(posts)] for posts in curve["posts"]],
            hovertemplate=f"%{{fullData.name}} <b>%{{y:.0f}}{percent}</b><extra></extra>",
        )
    figure.add_hline(y=50, line={"color": palette.text, "width": 1, "dash": "dot"})
    oldest = max(curves["age_hours"], default=AGES[-1])
    figure.update_xaxes(
        type="log",
        range=[log10(min(curves["age_hours"], default=1)), log10(1.6 * oldest)],
        tickvals=[age for age in AGES if age <= oldest],
        ticktext=[labels[str(age)] for age in AGES if age <= oldest],
        tickangle=0,
    )
    shares = [0, 25, 50, 75, 100]
    figure.update_yaxes(
        range=[0, 104], tickvals=shares, ticktext=[f"{share}{percent}" for share in shares]
    )
    return figure


def share_of_voice_chart(
    shares: pd.DataFrame,
    labels: Mapping[str, str],
    palette: Palette = LIGHT,
    *,
    separators: str = SEPARATORS,
) -> go.Figure:
    """What each campaign has of posts, accounts and engagements: a full bar each, cut in parts.

    `shares` has the columns `of` (what is shared), `campaign_id` and `share` (a fraction; those
    of one `of` make 1), in the order in which bars and parts stand; `labels` has the words for
    what is shared and the campaigns' titles. Each part's `customdata` is what it is of and its
    campaign. Parts differ by their pattern as well as by their colour.
    """
    of_each = list(dict.fromkeys(shares["of"]))
    figure = blank(palette, separators, height=ROW_HEIGHT * max(len(of_each), 1) + 76)
    percent = percent_sign(separators)
    for place, campaign_id in enumerate(dict.fromkeys(shares["campaign_id"])):
        parts = shares[shares["campaign_id"] == campaign_id]
        color = palette.colorway[place % len(palette.colorway)]
        figure.add_bar(
            x=[100 * float(share) for share in parts["share"]],
            y=[labels[of] for of in parts["of"]],
            orientation="h",
            width=0.55,
            name=escape(cut(labels[campaign_id])),
            marker={
                "color": color,
                "pattern": {
                    "shape": _PATTERNS[place % len(_PATTERNS)],
                    "fgcolor": palette.surface,
                    "fillmode": "overlay",
                    "solidity": 0.15,
                },
            },
            customdata=[[of, campaign_id] for of in parts["of"]],
            hovertemplate=f"%{{fullData.name}} <b>%{{x:.0f}}{percent}</b><extra></extra>",
        )
    figure.update_layout(barmode="stack", margin_r=ROOM_FOR_100)
    figure.update_xaxes(range=[0, 100], dtick=50, tickformat="d", ticksuffix=percent)
    names = [labels[of] for of in of_each]
    figure.update_yaxes(categoryorder="array", categoryarray=names[::-1], tickformat=None)
    return figure


def _dash(network: str) -> str:
    return _DASHES[list(Network).index(Network(network)) % len(_DASHES)]
