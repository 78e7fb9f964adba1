"""What was read of each network, and what was not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import pandas as pd
import plotly.graph_objects as go

from analysis.figures.days import DAY, days_axis
from analysis.figures.drawing import LIGHT, ROW_HEIGHT, SEPARATORS, Palette, blank
from data.model import Network

#: What may be said of a stretch of a campaign's time on a network.
STATES = ("read", "reading", "capped", "missing")

_DAY_MS = 86_400_000


def coverage_chart(
    stretches: pd.DataFrame, labels: Mapping[str, str], palette: Palette = LIGHT
) -> go.Figure:
    """What was read of each network, as stretches of one time line a network.

    `stretches` has the columns `network`, `since`, `until` (UTC) and `state`, one of `STATES`;
    `labels` has words for networks and states. Each bar's `customdata` is its network, since
    and until (ISO). States differ by their pattern as well as by their colour.
    """
    networks = [network.value for network in Network if network in set(stretches["network"])]
    figure = blank(palette, SEPARATORS, height=ROW_HEIGHT * max(len(networks), 1) + 90)
    for state, (color, pattern) in zip(STATES, _states(palette), strict=True):
        rows = stretches[stretches["state"] == state]
        if rows.empty:
            continue
        figure.add_bar(
            base=[since.isoformat() for since in rows["since"]],
            x=[(until - since) / DAY * _DAY_MS for since, until in _edges(rows)],
            y=[labels[network] for network in rows["network"]],
            orientation="h",
            width=0.5,
            name=labels[state],
            marker={
                "color": color,
                "line": {"color": palette.text if state == "missing" else color, "width": 1},
                "pattern": {"shape": pattern, "fgcolor": palette.text, "fillmode": "overlay"},
            },
            customdata=[
                [network, since.isoformat(), until.isoformat()]
                for network, (since, until) in zip(rows["network"], _edges(rows), strict=True)
            ],
            hovertext=[
                f"{since:%d/%m/%Y %H:%M} – {until:%d/%m/%Y %H:%M}" for since, until in _edges(rows)
            ],
            hovertemplate="%{y} – %{fullData.name}<br>%{hovertext}<extra></extra>",
        )
    figure.update_layout(barmode="overlay")
    if not stretches.empty:
        figure.update_xaxes(**days_axis(stretches["since"].min(), stretches["until"].max()))
    names = [labels[network] for network in networks]
    figure.update_yaxes(categoryorder="array", categoryarray=names[::-1], tickformat=None)
    return figure


def _edges(stretches: pd.DataFrame) -> list[tuple[datetime, datetime]]:
    return list(zip(stretches["since"], stretches["until"], strict=True))


def _states(palette: Palette) -> list[tuple[str, str]]:
    """The colour and the pattern of each of `STATES`."""
    return [
        (palette.colorway[2], ""),
        (palette.colorway[5], "."),
        (palette.colorway[4], "\\"),
        (palette.surface, "/"),
    ]
