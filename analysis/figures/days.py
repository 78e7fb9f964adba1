"""Days on an axis: their units, their bars, their few ticks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd

from analysis.figures.drawing import MOST_TICKS

DAY = timedelta(days=1)

#: So many bars fill a figure; fewer are no wider.
FEWEST_BARS = 7

_LONGEST_BY_DAY = 92
_LONGEST_BY_WEEK = 2 * 366


def unit_of(days: int) -> str:
    """The time that a bar stands for in so many days: day, week or month."""
    if days <= _LONGEST_BY_DAY:
        return "day"
    return "week" if days <= _LONGEST_BY_WEEK else "month"


def start_of(day: date, unit: str) -> date:
    """The first day of a day's unit; weeks are ISO weeks."""
    if unit == "week":
        return day - day.weekday() * DAY
    return day.replace(day=1) if unit == "month" else day


def next_of(start: date, unit: str) -> date:
    """The first day of the unit after the one that begins at `start`."""
    if unit == "month":
        return (start + 31 * DAY).replace(day=1)
    return start + (7 * DAY if unit == "week" else DAY)


def starts_of(first: date, last: date, unit: str) -> list[date]:
    """The first days of all units from that of `first` to that of `last`."""
    starts = [start_of(first, unit)]
    while (following := next_of(starts[-1], unit)) <= last:
        starts.append(following)
    return starts


def days_text(start: date, end: date) -> str:
    """The days from `start` to before `end`, in digits."""
    last = end - DAY
    text = f"{start:%d/%m/%Y}"
    return text if last <= start else f"{text} – {last:%d/%m/%Y}"


def middle_of(start: date, end: date) -> str:
    """The moment between two days, as plotly reads it."""
    first = pd.Timestamp(start)
    return (first + (pd.Timestamp(end) - first) / 2).isoformat()


def midnight(day: date) -> datetime:
    """When a day begins, UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def time_axis(starts: list[date], end: date, unit: str) -> dict[str, Any]:
    """A few ticks, each under the middle of its bar; a lone bar is not as wide as the figure."""
    first, last = pd.Timestamp(starts[0]), pd.Timestamp(end)
    room = (last - first) / len(starts) * max(FEWEST_BARS - len(starts), 0) / 2
    ticks = starts[:: -(-len(starts) // (MOST_TICKS - 1 if unit == "month" else MOST_TICKS))]
    return {
        "type": "date",
        "range": [(first - room).isoformat(), (last + room).isoformat()],
        "tickvals": [middle_of(tick, next_of(tick, unit)) for tick in ticks],
        "ticktext": _tick_texts(ticks, unit),
        "tickangle": 0,
    }


def days_axis(first: datetime, last: datetime) -> dict[str, Any]:
    """A few days of a time line, each where it begins."""
    days = starts_of(first.date(), last.date(), "day")
    ticks = days[:: -(-len(days) // MOST_TICKS)]
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
