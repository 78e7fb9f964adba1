"""What worked: a topic's share over time, and the times at which posts do better than usual."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
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
from analysis.figures.drawing import (
    LIGHT,
    MOST_TICKS,
    ROOM_FOR_100,
    SEPARATORS,
    Palette,
    blank,
    percent_sign,
)

_DAY_MS = 86_400_000
_ROW = 34

_VERDICTS = ("worse", "same", "better")
_SIGNS = {"worse": "▼ ", "same": "", "better": "▲ "}


def topic_chart(
    days: pd.DataFrame,
    palette: Palette = LIGHT,
    *,
    since: date | None = None,
    until: date | None = None,
    separators: str = SEPARATORS,
) -> go.Figure:
    """The share of posts that are about a topic, over time; a bar is a day, a week or a month.

    `days` has a row a day: `day` (date), `posts` (about the topic), `of` (all). Days are those
    of `posts_by_day_chart`. Each bar's `customdata` is its days as text, `posts` and `of`.
    """
    figure = blank(palette, separators, height=240)
    if days.empty:
        return figure
    first = since or days["day"].min()
    last = until - DAY if until is not None else days["day"].max()
    unit = unit_of((last - first).days + 1)
    starts = starts_of(first, last, unit)
    ends = [next_of(start, unit) for start in starts]
    bars = days.groupby([start_of(day, unit) for day in days["day"]])[["posts", "of"]].sum()
    bars = bars.reindex(starts, fill_value=0)
    percent = percent_sign(separators)
    figure.add_bar(
        x=[middle_of(start, end) for start, end in zip(starts, ends, strict=True)],
        width=[
            (end - start) / DAY * _DAY_MS * 0.85 for start, end in zip(starts, ends, strict=True)
        ],
        y=[100 * int(posts) / int(of) if of else 0.0 for posts, of in bars.to_numpy()],
        marker_color=palette.colorway[0],
        customdata=[
            [days_text(start, end), int(posts), int(of)]
            for start, end, (posts, of) in zip(starts, ends, bars.to_numpy(), strict=True)
        ],
        hovertemplate=f"<b>%{{y:.0f}}{percent}</b> (%{{customdata[1]:,}}/%{{customdata[2]:,}})"
        "<br>%{customdata[0]}<extra></extra>",
    )
    figure.update_layout(showlegend=False, xaxis=time_axis(starts, ends[-1], unit))
    figure.update_yaxes(tickformat="d", ticksuffix=percent, nticks=MOST_TICKS)
    return figure


def times_chart(
    times: pd.DataFrame,
    names: Sequence[str],
    palette: Palette = LIGHT,
    *,
    separators: str = SEPARATORS,
) -> go.Figure:
    """How often posts do better than usual at each time: a point and its interval a row.

    `times` is the frame of `content.best_times`, by one thing; `names` are the rows'. A dotted
    line stands at what is usual at any time; a time that cannot be judged has its empty row.
    """
    figure = blank(palette, separators, height=_ROW * max(len(times), 1) + 50)
    known = times["share"].notna()
    share, low, high = (100 * times.loc[known, it].astype(float) for it in ("share", "low", "high"))
    percent = percent_sign(separators)
    color = {
        "better": palette.colorway[0], "worse": palette.colorway[1], "same": palette.colorway[6]
    }  # fmt: skip
    figure.add_scatter(
        x=share.tolist(),
        y=[name for name, it in zip(names, known, strict=True) if it],
        mode="markers",
        marker={"size": 11, "color": [color[it] for it in times.loc[known, "verdict"]]},
        error_x={
            "array": (high - share).tolist(),
            "arrayminus": (share - low).tolist(),
            "color": palette.text,
            "thickness": 1.5,
            "width": 4,
        },
        customdata=np.column_stack([times.loc[known, "posts"], low, high]).tolist(),
        hovertemplate=f"%{{y}} <b>%{{x:.0f}}{percent}</b>"
        f" (%{{customdata[1]:.0f}} – %{{customdata[2]:.0f}}{percent})"
        "<br>%{customdata[0]:,}<extra></extra>",
    )
    if known.any():
        usual = 100 * float(times["usual"].iloc[0])
        figure.add_vline(x=usual, line={"color": palette.text, "dash": "dot", "width": 1})
    figure.update_layout(showlegend=False, margin_r=ROOM_FOR_100)
    figure.update_xaxes(
        range=[0, 100], tickformat="d", ticksuffix=percent, dtick=25, showgrid=True, tickangle=0
    )
    figure.update_yaxes(
        categoryorder="array", categoryarray=list(names)[::-1], tickformat=None, showgrid=False,
        range=[-0.5, len(names) - 0.5],
    )  # fmt: skip
    return figure


def week_chart(
    times: pd.DataFrame,
    weekdays: Sequence[str],
    hours: Sequence[str],
    palette: Palette = LIGHT,
    *,
    separators: str = SEPARATORS,
) -> go.Figure:
    """Days by hours, each cell with how many of 100 posts do better than usual then.

    `times` is the frame of `content.best_times` by `weekday` and `hours`; `weekdays` are the
    seven names from Monday on, `hours` those of the parts of a day. Only what is sure has a
    colour, and a triangle that points up or down; cells that cannot be judged are blank.
    """
    shape = (len(weekdays), len(hours))
    percent = percent_sign(separators)
    verdicts, texts, hovers = np.full(shape, np.nan), np.full(shape, "", object), {}
    for row in times[times["share"].notna()].to_dict("records"):
        at = int(row["weekday"]) - 1, int(row["hours"]) * len(hours) // 24
        verdicts[at] = _VERDICTS.index(row["verdict"]) - 1
        texts[at] = f"{_SIGNS[row['verdict']]}{100 * row['share']:.0f}"
        share, low, high = (f"{100 * row[it]:.0f}" for it in ("share", "low", "high"))
        hovers[at] = f"{share}{percent} ({low} – {high}{percent})<br>{row['posts']}"
    figure = blank(palette, separators, height=_ROW * len(weekdays) + 60)
    figure.add_heatmap(
        z=verdicts,
        x=list(hours),
        y=list(weekdays),
        zmin=-1,
        zmax=1,
        colorscale=[[0, palette.colorway[1]], [0.5, palette.surface], [1, palette.colorway[5]]],
        showscale=False,
        xgap=3,
        ygap=3,
        text=texts,
        texttemplate="%{text}",
        customdata=[[hovers.get((y, x), "") for x in range(shape[1])] for y in range(shape[0])],
        hoverongaps=False,
        hovertemplate="%{y}, %{x}<br>%{customdata}<extra></extra>",
    )
    figure.update_layout(showlegend=False)
    figure.update_xaxes(tickangle=0)
    figure.update_yaxes(
        categoryorder="array", categoryarray=list(weekdays)[::-1], tickformat=None, showgrid=False
    )
    return figure
