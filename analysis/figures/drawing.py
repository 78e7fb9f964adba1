"""What all figures share: the colours of a theme, the empty figure, texts that fit."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import plotly.graph_objects as go

from data.model import Network

#: French: a comma, and a narrow space that does not break.
SEPARATORS = ",\u202f"

#: An axis has no more ticks than a phone has room for.
MOST_TICKS = 5
ROW_HEIGHT = 42
#: Pixels at the right of a scale that ends at 100 %: plotly drops a label that is cut.
ROOM_FOR_100 = 26

_LONGEST_LABEL = 38


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

    def reach(self, of: str) -> str:
        """The colour of one of `REACHES`, or of a network; the surer, the stronger.

        >>> LIGHT.reach("estimated"), LIGHT.reach("x")
        ('#0B5394', '#0B5394')
        """
        strength = {
            "potential": self.grid,
            "bounds": self.colorway[5],
            "estimated": self.colorway[0],
        }
        return strength[of] if of in strength else self.network(of)


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


def blank(palette: Palette, separators: str, *, height: int) -> go.Figure:
    """A figure with nothing in it yet, `height` pixels high."""
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


def rows_of_bars(
    labels: list[str], values: list[int], codes: list[str], palette: Palette, separators: str
) -> go.Figure:
    """Horizontal bars with each label above its bar, where even a phone has room for it."""
    figure = blank(palette, separators, height=ROW_HEIGHT * max(len(labels), 1) + 24)
    whole = [isolated(label) for label in labels]
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
                "text": isolated(cut(label)),
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


def percent_sign(separators: str) -> str:
    """What follows a number of percents: plotly knows no language's own way.

    >>> percent_sign(".,"), percent_sign(SEPARATORS)
    ('%', '\\u202f%')
    """
    return "\u202f%" if separators == SEPARATORS else "%"


def faint(color: str) -> str:
    """A colour to see other things through."""
    red, green, blue = bytes.fromhex(color.removeprefix("#"))
    return f"rgba({red},{green},{blue},0.15)"


def cut(label: str) -> str:
    """A label that a phone has room for."""
    return label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1]}…"


def isolated(label: str) -> str:
    """Plain text for plotly, in its own direction: an Arabic tag keeps its `#` on the right."""
    return f"\u2068{escape(label, quote=False)}\u2069"
