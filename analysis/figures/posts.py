"""Posts: how many over time, of each kind, with each hashtag."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd
import plotly.graph_objects as go

from analysis.figures.days import (
    DAY,
    days_text,
    middle_of,
    next_of,
    start_of,
    starts_of,
    time_axis,
    unit_of,
)
from analysis.figures.drawing import LIGHT, MOST_TICKS, SEPARATORS, Palette, blank, rows_of_bars
from data.model import Kind, Network

_DAY_MS = 86_400_000
_BAR_SHARE = 0.85


def posts_by_day_chart(
    by_day: pd.DataFrame,
    labels: Mapping[str, str],
    palette: Palette = LIGHT,
    *,
    since: date | None = None,
    until: date | None = None,
    separators: str = SEPARATORS,
) -> go.Figure:
    """Posts over time, stacked by network; a bar is a day, a week or a month.

    `by_day` is the frame of `analysis.aggregates.by_day` (`day`, `network`, `posts`). From
    `since` to `until` (excluded), or from the first to the last day with a post: up to 92
    days by day, up to two years by ISO week, then by month. Days without posts are zeros and
    have their place. Each bar's `customdata` is its first day, the day after its last (ISO,
    as `selected(since=…, until=…)` takes them), the network, and its days as text.
    """
    figure = blank(palette, separators, height=300)
    if by_day.empty and (since is None or until is None):
        return figure
    first = since or by_day["day"].min()
    last = until - DAY if until is not None else by_day["day"].max()
    unit = unit_of((last - first).days + 1)
    starts = starts_of(first, last, unit)
    ends = [next_of(start, unit) for start in starts]
    shown = [
        (max(start, first) if since else start, min(end, until) if until else end)
        for start, end in zip(starts, ends, strict=True)
    ]
    bars = by_day.assign(bar=[start_of(day, unit) for day in by_day["day"]])
    posts = bars.groupby(["network", "bar"])["posts"].sum()
    present = set(by_day["network"])
    for network in (n.value for n in Network if n in present):
        figure.add_bar(
            x=[middle_of(start, end) for start, end in zip(starts, ends, strict=True)],
            width=[
                (end - start) / DAY * _DAY_MS * _BAR_SHARE
                for start, end in zip(starts, ends, strict=True)
            ],
            y=[int(count) for count in posts[network].reindex(starts, fill_value=0)],
            name=labels[network],
            marker_color=palette.network(network),
            customdata=[
                [start.isoformat(), end.isoformat(), network, days_text(start, end)]
                for start, end in shown
            ],
            hovertemplate="%{fullData.name} <b>%{y:,}</b><br>%{customdata[3]}<extra></extra>",
        )
    highest = int(bars.groupby("bar")["posts"].sum().max()) if present else 0
    figure.update_layout(barmode="stack", xaxis=time_axis(starts, ends[-1], unit))
    figure.update_yaxes(dtick=1 if highest <= MOST_TICKS else None, nticks=MOST_TICKS)
    return figure


def posts_by_kind_chart(
    by_kind: pd.DataFrame,
    labels: Mapping[str, str],
    palette: Palette = LIGHT,
    *,
    separators: str = SEPARATORS,
) -> go.Figure:
    """Posts of each kind, in the order of `Kind`; a kind that does not occur has its zero.

    `by_kind` is the frame of `analysis.aggregates.by_kind` (`kind`, `posts`). Each bar's
    `customdata` is its kind.
    """
    posts = dict(zip(by_kind["kind"], by_kind["posts"], strict=True))
    kinds = [kind.value for kind in Kind] if posts else []
    return rows_of_bars(
        [labels[kind] for kind in kinds],
        [int(posts.get(kind, 0)) for kind in kinds],
        kinds,
        palette,
        separators,
    )


def hashtags_chart(
    hashtags: pd.DataFrame, palette: Palette = LIGHT, *, separators: str = SEPARATORS
) -> go.Figure:
    """Posts with each hashtag, in the order of the frame; any script.

    `hashtags` is the frame of `analysis.aggregates.hashtags` (`hashtag`, `posts`). Each bar's
    `customdata` is its hashtag, without `#`. A long one is cut; it shows whole when hovered.
    """
    tags = [str(tag) for tag in hashtags["hashtag"]]
    return rows_of_bars(
        [f"#{tag}" for tag in tags],
        [int(count) for count in hashtags["posts"]],
        tags,
        palette,
        separators,
    )
