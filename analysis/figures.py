"""A small frame in, a plotly figure out; every word comes in as a label.

Figures have no title and no background, so that the page's own show; dates are in digits,
so that no month's name needs translating. `labels` gives the word for each code of a network
or kind (`KeyError` for one that is missing). `separators` are plotly's: the decimal sign,
then the one between thousands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from html import escape
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from data.model import Kind, Network

#: French: a comma, and a narrow space that does not break.
SEPARATORS = ",\u202f"

_DAY = timedelta(days=1)
_DAY_MS = 86_400_000
_LONGEST_BY_DAY = 92
_LONGEST_BY_WEEK = 2 * 366
_MOST_TICKS = 5
_FEWEST_BARS = 7
_BAR_SHARE = 0.85
_ROW_HEIGHT = 42
_LONGEST_LABEL = 38


#: What may be said of a stretch of a campaign's time on a network.
STATES = ("read", "reading", "capped", "missing")


@dataclass(frozen=True)
class Palette:
    """The colours of a theme, the same as the page's.

    `colorway` has one colour a network, in the order of `Network`; the first one also
    stands for posts of any network. `surface` lies behind what hovers over the figure.
    """

    colorway: tuple[str, ...]
    text: str
    grid: str
    surface: str
    background: str = "rgba(0,0,0,0)"

    def network(self, code: str) -> str:
        """A network's colour, whatever else is shown.

        >>> LIGHT.network("x"), DARK.network("x")
        ('#0B5394', '#6CB4F2')
        """
        return self.colorway[list(Network).index(Network(code))]


LIGHT = Palette(
    colorway=("#0B5394", "#D55E00", "#009E73", "#CC79A7", "#B58900", "#56B4E9", "#555555"),
    text="#1D2430",
    grid="#E3DFD9",
    surface="#F6F4F1",
)
DARK = Palette(
    colorway=("#6CB4F2", "#FF9E57", "#4FD1A5", "#F0A6CC", "#E6C34A", "#A8DDFB", "#BBBBBB"),
    text="#E8EBF0",
    grid="#323B47",
    surface="#1C222B",
)


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
    figure = _figure(palette, separators, height=300)
    if by_day.empty and (since is None or until is None):
        return figure
    first = since or by_day["day"].min()
    last = until - _DAY if until is not None else by_day["day"].max()
    unit = _unit((last - first).days + 1)
    starts = _starts(first, last, unit)
    ends = [_next(start, unit) for start in starts]
    shown = [
        (max(start, first) if since else start, min(end, until) if until else end)
        for start, end in zip(starts, ends, strict=True)
    ]
    bars = by_day.assign(bar=[_start(day, unit) for day in by_day["day"]])
    posts = bars.groupby(["network", "bar"])["posts"].sum()
    present = set(by_day["network"])
    for network in (n.value for n in Network if n in present):
        figure.add_bar(
            x=[_middle(start, end) for start, end in zip(starts, ends, strict=True)],
            width=[
                (end - start) / _DAY * _DAY_MS * _BAR_SHARE
                for start, end in zip(starts, ends, strict=True)
            ],
            y=[int(count) for count in posts[network].reindex(starts, fill_value=0)],
            name=labels[network],
            marker_color=palette.network(network),
            customdata=[
                [start.isoformat(), end.isoformat(), network, _days_text(start, end)]
                for start, end in shown
            ],
            hovertemplate="%{fullData.name} <b>%{y:,}</b><br>%{customdata[3]}<extra></extra>",
        )
    highest = int(bars.groupby("bar")["posts"].sum().max()) if present else 0
    figure.update_layout(barmode="stack", xaxis=_time_axis(starts, ends[-1], unit))
    figure.update_yaxes(dtick=1 if highest <= _MOST_TICKS else None, nticks=_MOST_TICKS)
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
    return _rows(
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
    return _rows(
        [f"#{tag}" for tag in tags],
        [int(count) for count in hashtags["posts"]],
        tags,
        palette,
        separators,
    )


def coverage_chart(
    stretches: pd.DataFrame, labels: Mapping[str, str], palette: Palette = LIGHT
) -> go.Figure:
    """What was read of each network, as stretches of one time line a network.

    `stretches` has the columns `network`, `since`, `until` (UTC) and `state`, one of `STATES`;
    `labels` has words for networks and states. Each bar's `customdata` is its network, since
    and until (ISO). States differ by their pattern as well as by their colour.
    """
    networks = [network.value for network in Network if network in set(stretches["network"])]
    figure = _figure(palette, SEPARATORS, height=_ROW_HEIGHT * max(len(networks), 1) + 90)
    for state, (color, pattern) in zip(STATES, _states(palette), strict=True):
        rows = stretches[stretches["state"] == state]
        if rows.empty:
            continue
        figure.add_bar(
            base=[since.isoformat() for since in rows["since"]],
            x=[(until - since) / _DAY * _DAY_MS for since, until in _edges(rows)],
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
        figure.update_xaxes(**_days_axis(stretches["since"].min(), stretches["until"].max()))
    names = [labels[network] for network in networks]
    figure.update_yaxes(categoryorder="array", categoryarray=names[::-1], tickformat=None)
    return figure


def _figure(palette: Palette, separators: str, *, height: int) -> go.Figure:
    axis: dict[str, Any] = {
        "gridcolor": palette.grid,
        "linecolor": palette.grid,
        "zeroline": False,
        "fixedrange": True,  # a finger that scrolls the page must not zoom the chart
    }
    return go.Figure(
        layout={
            "template": go.layout.Template(),
            "height": height,
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "font": {"family": '"Source Sans", sans-serif', "size": 14, "color": palette.text},
            "paper_bgcolor": palette.background,
            "plot_bgcolor": palette.background,
            "colorway": palette.colorway,
            "separators": separators,
            "hovermode": "closest",
            "hoverlabel": {
                "bgcolor": palette.surface,
                "bordercolor": palette.grid,
                "font": {"color": palette.text},
                "align": "left",
            },
            "showlegend": True,
            "legend": {
                "orientation": "h",
                "x": 0,
                "y": 1.02,
                "yanchor": "bottom",
                "traceorder": "normal",
            },
            "xaxis": axis | {"showgrid": False, "automargin": True},
            "yaxis": axis | {"rangemode": "tozero", "tickformat": ",d", "automargin": True},
        }
    )


def _rows(
    labels: list[str], values: list[int], codes: list[str], palette: Palette, separators: str
) -> go.Figure:
    """Horizontal bars with each label above its bar, where even a phone has room for it."""
    figure = _figure(palette, separators, height=_ROW_HEIGHT * max(len(labels), 1) + 24)
    whole = [_isolated(label) for label in labels]
    figure.add_bar(
        x=values,
        y=list(range(len(values))),
        orientation="h",
        width=0.36,
        marker_color=palette.colorway[0],
        customdata=codes,
        hovertext=whole,
        hovertemplate="%{hovertext} <b>%{x:,}</b><extra></extra>",
        texttemplate="%{x:,}",
        textposition="outside",
        constraintext="none",
        cliponaxis=False,
    )
    figure.update_layout(
        showlegend=False,
        annotations=[
            {
                "text": _isolated(_cut(label)),
                "x": 0,
                "xref": "paper",
                "xanchor": "left",
                "xshift": -2,
                "y": row,
                "yshift": 17,
                "showarrow": False,
            }
            for row, label in enumerate(labels)
        ],
    )
    # Room at the right for the number that stands at the end of the longest bar.
    figure.update_xaxes(visible=False, range=[0, 1.25 * max([*values, 1])])
    figure.update_yaxes(visible=False, range=[len(labels) - 0.5, -0.8], automargin=False)
    return figure


def _cut(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1]}…"


def _isolated(label: str) -> str:
    """Plain text for plotly, in its own direction: an Arabic tag keeps its `#` on the right."""
    return f"\u2068{escape(label, quote=False)}\u2069"


def _unit(days: int) -> str:
    if days <= _LONGEST_BY_DAY:
        return "day"
    return "week" if days <= _LONGEST_BY_WEEK else "month"


def _start(day: date, unit: str) -> date:
    if unit == "week":
        return day - day.weekday() * _DAY
    return day.replace(day=1) if unit == "month" else day


def _next(start: date, unit: str) -> date:
    if unit == "month":
        return (start + 31 * _DAY).replace(day=1)
    return start + (7 * _DAY if unit == "week" else _DAY)


def _starts(first: date, last: date, unit: str) -> list[date]:
    starts = [_start(first, unit)]
    while (following := _next(starts[-1], unit)) <= last:
        starts.append(following)
    return starts


def _days_text(start: date, end: date) -> str:
    last = end - _DAY
    text = f"{start:%d/%m/%Y}"
    return text if last <= start else f"{text} – {last:%d/%m/%Y}"


def _middle(start: date, end: date) -> str:
    first = pd.Timestamp(start)
    return (first + (pd.Timestamp(end) - first) / 2).isoformat()


def _time_axis(starts: list[date], end: date, unit: str) -> dict[str, Any]:
    """A few ticks, each under the middle of its bar; a lone bar is not as wide as the figure."""
    first, last = pd.Timestamp(starts[0]), pd.Timestamp(end)
    room = (last - first) / len(starts) * max(_FEWEST_BARS - len(starts), 0) / 2
    ticks = starts[:: -(-len(starts) // (_MOST_TICKS - 1 if unit == "month" else _MOST_TICKS))]
    return {
        "type": "date",
        "range": [(first - room).isoformat(), (last + room).isoformat()],
        "tickvals": [_middle(tick, _next(tick, unit)) for tick in ticks],
        "ticktext": _tick_texts(ticks, unit),
        "tickangle": 0,
    }


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


def _days_axis(first: datetime, last: datetime) -> dict[str, Any]:
    """A few days of a time line, each where it begins."""
    days = _starts(first.date(), last.date(), "day")
    ticks = days[:: -(-len(days) // _MOST_TICKS)]
    return {
        "type": "date",
        "range": [first.isoformat(), last.isoformat()],
        "tickvals": [tick.isoformat() for tick in ticks],
        "ticktext": _tick_texts(ticks, "day"),
        "tickangle": 0,
    }


def _tick_texts(ticks: list[date], unit: str) -> list[str]:
    """Months with their year; days with it below where it is not that of the tick before."""
    if unit == "month":
        return [f"{tick:%m/%Y}" for tick in ticks]
    years = [None, *(tick.year for tick in ticks)]
    return [
        f"{tick:%d/%m}" if tick.year == year else f"{tick:%d/%m}<br>{tick.year}"
        for tick, year in zip(ticks, years, strict=False)
    ]
