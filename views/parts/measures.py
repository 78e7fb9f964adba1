"""Measures in words: the figure with its range, its change, and what it rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import ceil, floor, log10
from typing import TypeAlias

import pandas as pd

from analysis.measure import Grade, Measure, least_change
from analysis.reach import rates
from analysis.reach.reached import Reached
from views.parts import words
from views.parts.filters import Filters
from views.parts.words import t

#: A measure with what it is called here, and the name by which it is written.
Named: TypeAlias = tuple[str, str, Measure]

#: A figure about fewer people than this is not shown; nor, under the second, put into a file.
FEWEST_PEOPLE, FEWEST_IN_A_FILE = 5, 10

#: What figures about people are rounded to in a file.
STEP_IN_A_FILE = 5

#: How sure a measure is, the surest first.
GRADES: tuple[Grade, ...] = ("A", "B", "C", "D")

#: The measures that speak of people.
OF_PEOPLE = frozenset(
    (
        *("estimated_reach", "reach_bounds", "potential_reach"),
        *("frequency", "engagement_rate_by_reach", "share_of_authors"),
    )
)

_MILLION = 1_000_000


def _in_hours(value: float) -> str:
    return t("measured.hours", n=words.number(value))


def _per_post(value: float) -> str:
    """How many a post brings; of less than one, how many a hundred posts do."""
    if value >= 1:
        return words.number(value)
    return t("measured.per_hundred", n=words.number(100 * value))


#: How a figure is written where it is no whole number.
_WRITTEN: Mapping[str, Callable[[float], str]] = {
    "amplification_rate": _per_post,
    "applause_rate": _per_post,
    "conversation_rate": _per_post,
    "engagement_rate": words.percent,
    "engagement_rate_by_reach": words.percent,
    "frequency": words.number,
    "half_life": _in_hours,
    "share_of_voice": words.percent,
    "share_of_authors": words.percent,
    "share_of_engagements": words.percent,
    "structural_virality": words.number,
    "virality_rate": words.percent,
}


def why_hidden(
    name: str, measure: Measure, chosen: Filters, fewest: int = FEWEST_PEOPLE
) -> str | None:
    """Why a measure is not shown, as a sentence; None where it is."""
    if name in OF_PEOPLE and chosen.period == "custom":
        return t("people.custom_dates")
    if measure.value is None and measure.low is None:
        return t("measured.unknown")
    if name in OF_PEOPLE and measure.n < fewest:
        return t("people.why", fewest=fewest)
    return None


def figure(name: str, measure: Measure, step: int = 1) -> str:
    """The figure as it may be printed: a range wherever it is an estimate.

    Ranges are rounded outwards to two digits, whole numbers to a multiple of `step` too: more
    would say more than is known.
    """
    if name == "potential_reach" and measure.value is not None:
        return t("coverage.bound", value=_whole(measure.value, step))
    low, high = range_of(name, measure, step)
    if low is None or high is None:
        return words.UNKNOWN if measure.value is None else _said(name, measure.value)
    if low == high:
        return _said(name, high)
    if name not in _WRITTEN and low >= _MILLION and high >= 2 * _MILLION:
        low, high = low / _MILLION, high / _MILLION
        return t("measured.millions", low=words.number(low), high=words.number(high))
    return t("measured.range", low=_said(name, low), high=_said(name, high))


def people(measure: Measure) -> str:
    """A number of people as a phrase: "entre 150 000 et 270 000 personnes"."""
    low, high = range_of("estimated_reach", measure)
    if low is None or high is None:
        return words.UNKNOWN
    if low == high:
        return t("count.people", n=int(high))
    return t("measured.between", low=int(low), n=int(high))


def left_out(found: Reached) -> str:
    """Which networks an estimate of reach leaves out, as a sentence; empty where it has all."""
    unknown = [t(f"networks.{of}") for of, it in found.by_network.items() if it.value is None]
    return t("reach.networks_unknown", networks=", ".join(unknown)) if unknown else ""


def range_of(name: str, measure: Measure, step: int = 1) -> tuple[float | None, float | None]:
    """The edges of a measure's range, rounded outwards; (None, None) where it has none."""
    if measure.low is None or measure.high is None:
        return None, None
    least = 0.0 if name in _WRITTEN else float(step)
    return _rounded(measure.low, floor, least), _rounded(measure.high, ceil, least)


def change(
    name: str, now: Measure, before: Measure | None, chosen: Filters
) -> tuple[float | None, str | None]:
    """The change since the period before, as a fraction and in words.

    Of estimates only the change that their ranges leave no doubt of is said.
    """
    if before is None or why_hidden(name, now, chosen) or why_hidden(name, before, chosen):
        return None, None
    is_exact = name == "potential_reach" or now.low is None
    if is_exact:
        exact = rates.change(now.value, before.value)
        return exact, None if exact is None else words.percent(exact, signed=True)
    least = least_change(now, before)
    if not least:
        return least, None if least is None else t("measured.no_change")
    return least, t("measured.at_least", change=words.percent(least, signed=True))


def rests_on(
    named: Iterable[Named], chosen: Filters, *, is_for_a_file: bool = False
) -> pd.DataFrame:
    """What measures rest on, a row each, in words.

    The columns are codes of `columns`. A file has no figure of few people, and none to the unit.
    """
    fewest = FEWEST_IN_A_FILE if is_for_a_file else FEWEST_PEOPLE
    rows = []
    for title, name, measure in named:
        why = why_hidden(name, measure, chosen, fewest)
        is_secret = why is not None and name in OF_PEOPLE
        step = STEP_IN_A_FILE if is_for_a_file and name in OF_PEOPLE else 1
        rows.append(
            {
                "measure": title,
                "figure": words.UNKNOWN if why else figure(name, measure, step),
                "grade": None if why else measure.grade,
                "n": None if is_secret else _whole(measure.n, step),
                "coverage": None if is_secret else _share(measure.coverage),
                "days": days(measure),
                "cautions": why or words.cautions(measure.warnings),
                "method": measure.method,
                "version": measure.version,
            }
        )
    return pd.DataFrame(rows)


def days(measure: Measure) -> str:
    """The days of the posts that a measure rests on."""
    if measure.window is None:
        return words.UNKNOWN
    first, last = measure.window
    return words.days(first, last.fromordinal(last.toordinal() + 1))


def _said(name: str, value: float) -> str:
    return _WRITTEN[name](value) if name in _WRITTEN else words.number(int(value))


def _share(coverage: float | None) -> str | None:
    return None if coverage is None else words.percent(coverage)


def _whole(value: float, step: int) -> int:
    return int(round(value / step) * step)


def _rounded(value: float, towards: Callable[[float], int], least: float) -> float:
    """Two digits, `towards` down or up; steps of `least` or more, where that is not 0."""
    if value <= 0:
        return 0.0
    step = max(10.0 ** (floor(log10(value)) - 1), least)
    # What is whole already must not move by the error of the division.
    return round(towards(round(value / step, 9)) * step, 9)
