"""Findings in words: a figure with its range, its change, and what it rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import ceil, floor, log10
from typing import TypeAlias

import pandas as pd

from analysis.measure import Grade, Measure, MeasureKind, Of, Unit, least_change
from analysis.reach import rates
from analysis.reach.reached import Reached
from findings import protect
from findings.protect import To, Why
from findings.question import Filters, Outline
from findings.words import UNKNOWN, Words

#: A measure with what it is called where it stands.
Named: TypeAlias = tuple[str, Measure]

#: How sure a measure is, the surest first.
GRADES: tuple[Grade, ...] = ("A", "B", "C", "D")

#: The published counts whose sums are shown, each with what it rests on.
COUNTS = ("engagements", "impressions", "likes", "reposts", "replies", "quotes")

#: From here on a count is as good as published everywhere.
_FULL = 0.995

_MILLION = 1_000_000

_WHY_HIDDEN = {
    Why.UNDECIDED: "people.undecided",
    Why.FREE_DATES: "people.custom_dates",
    Why.FEW: "people.why",
    Why.UNKNOWN: "measured.unknown",
}


# Measures


def why_hidden(words: Words, decision: protect.Decision) -> str | None:
    """Why something is not shown, as a sentence; None where it is."""
    if decision.why is None:
        return None
    return words.t(_WHY_HIDDEN[decision.why], fewest=decision.fewest)


def shown(words: Words, measure: Measure, decision: protect.Decision) -> str:
    """The figure as it was decided on; of too few accounts, that they are so few."""
    if decision.why is None:
        return figure(words, measure, decision.step)
    is_number_of_accounts = measure.of is Of.ACCOUNTS and measure.unit is Unit.COUNT
    if decision.why is Why.FEW and is_number_of_accounts:
        return words.t("people.few", fewest=decision.fewest)
    return UNKNOWN


def written(words: Words, unit: Unit, value: float) -> str:
    """A number in its unit.

    >>> written(Words("en"), Unit.PER_POST, 0.9), written(Words("en"), Unit.FRACTION, 0.5)
    ('90 per 100', '50%')
    """
    match unit:
        case Unit.FRACTION:
            return words.percent(value)
        case Unit.HOURS:
            return words.t("measured.hours", n=words.number(value))
        case Unit.PER_POST if value < 1:  # of less than one, how many a hundred posts bring
            return words.t("measured.per_hundred", n=words.number(100 * value))
        case Unit.COUNT:
            return words.number(int(value))
        case _:
            return words.number(value)


def figure(words: Words, measure: Measure, step: int = 1) -> str:
    """The figure as it may be printed: a range wherever it is an estimate.

    Ranges are rounded outwards to two digits, whole numbers to a multiple of `step` too: more
    would say more than is known.
    """
    if measure.value is not None and _is_its_own_bound(measure):
        return words.t("coverage.bound", value=_whole(measure.value, step))
    low, high = range_of(measure, step)
    if low is None or high is None:
        return UNKNOWN if measure.value is None else written(words, measure.unit, measure.value)
    if low == high:
        return written(words, measure.unit, high)
    if measure.unit is Unit.COUNT and low >= _MILLION and high >= 2 * _MILLION:
        low, high = low / _MILLION, high / _MILLION
        return words.t("measured.millions", low=words.number(low), high=words.number(high))
    return words.t(
        "measured.range",
        low=written(words, measure.unit, low),
        high=written(words, measure.unit, high),
    )


def people(words: Words, measure: Measure) -> str:
    """A number of people as a phrase: "entre 150 000 et 270 000 personnes"."""
    low, high = range_of(measure)
    if low is None or high is None:
        return UNKNOWN
    if low == high:
        return words.t("count.people", n=int(high))
    return words.t("measured.between", low=int(low), n=int(high))


def range_of(measure: Measure, step: int = 1) -> tuple[float | None, float | None]:
    """The edges of a measure's range, rounded outwards; (None, None) where it has none."""
    if measure.low is None or measure.high is None:
        return None, None
    least = float(step) if measure.unit is Unit.COUNT else 0.0
    return _rounded(measure.low, floor, least), _rounded(measure.high, ceil, least)


def change(
    words: Words, now: Measure, before: Measure | None, chosen: Filters
) -> tuple[float | None, str | None]:
    """The change since the period before, as a fraction and in words.

    Of estimates only the change that their ranges leave no doubt of is said.
    """
    is_shown = before is not None and all(
        protect.of_measure(it, chosen).is_shown for it in (now, before)
    )
    if before is None or not is_shown:
        return None, None
    if now.low is None or _is_its_own_bound(now):
        exact = rates.change(now.value, before.value)
        return exact, None if exact is None else words.percent(exact, signed=True)
    least = least_change(now, before)
    if not least:
        return least, None if least is None else words.t("measured.no_change")
    return least, words.t("measured.at_least", change=words.percent(least, signed=True))


def rests_on(
    words: Words, named: Iterable[Named], chosen: Filters, to: To = To.SCREEN
) -> pd.DataFrame:
    """What measures rest on, a row each, in words.

    The columns are codes of `columns`. A file has no figure of few people, and none to the unit.
    """
    rows = []
    for title, measure in named:
        decision = protect.of_measure(measure, chosen, to)
        why = why_hidden(words, decision)
        is_secret = why is not None and protect.is_about_people(measure.of)
        rows.append(
            {
                "measure": title,
                "figure": UNKNOWN if why else figure(words, measure, decision.step),
                "grade": None if why else measure.grade,
                "n": None if is_secret else _whole(measure.n, decision.step),
                "coverage": None if is_secret else _share(words, measure.coverage),
                "days": days(words, measure),
                "cautions": why or words.cautions(measure.warnings),
                "method": measure.method,
                "version": measure.version,
            }
        )
    return pd.DataFrame(rows)


def days(words: Words, measure: Measure) -> str:
    """The days of the posts that a measure rests on."""
    if measure.window is None:
        return UNKNOWN
    first, last = measure.window
    return words.days(first, last.fromordinal(last.toordinal() + 1))


# Reach


def reached(words: Words, estimated: Measure) -> str:
    """The estimate as a sentence about people."""
    said = words.t("reach.sentence", people=people(words, estimated))
    return f"{said[:1].upper()}{said[1:]}"


def how_sure(words: Words, estimated: Measure, earlier: Measure | None, chosen: Filters) -> str:
    """How sure the estimate is, why, and whether it changed."""
    grade = estimated.grade
    _, changed = change(words, estimated, earlier, chosen)
    said = [
        words.t("reach.grade", grade=grade, meaning=words.t(f"grade.{grade}")),
        words.cautions(estimated.warnings),
        words.t("reach.compared", change=changed) if changed else "",
    ]
    return " ".join(filter(None, said))


def left_out(words: Words, found: Reached) -> str:
    """Which networks an estimate of reach leaves out, as a sentence; empty where it has all."""
    unknown = [words.t(f"networks.{of}") for of, it in found.by_network.items() if it.value is None]
    return words.t("reach.networks_unknown", networks=", ".join(unknown)) if unknown else ""


def reach_of_networks(
    words: Words, found: Reached, chosen: Filters, to: To = To.SCREEN
) -> pd.DataFrame:
    """Each network's reach and its limits, a row each, in words; the columns are codes."""
    rows = []
    for network, measure in protect.networks(found.by_network, chosen).items():
        decision = protect.of_measure(measure, chosen, to)
        if decision.is_shown:
            bounds = found.bounds_by_network[network]
            rows.append(
                {
                    "network": words.t(f"networks.{network}"),
                    "estimated_reach": figure(words, measure, decision.step),
                    "reach_bounds": figure(words, bounds, decision.step),
                    "grade": measure.grade,
                }
            )
    return pd.DataFrame(rows, columns=["network", "estimated_reach", "reach_bounds", "grade"])


# Counts


def coverage(words: Words, totals: pd.DataFrame, name: str) -> str:
    """On how many of the posts a published count rests."""
    share = _published_share(totals, name)
    if share is None:
        return words.t("coverage.none")
    number = int(totals[f"n_{name}"].iloc[0])
    return words.t("coverage.posts", share=words.percent(share), n=number)


def partly_published(words: Words, totals: pd.DataFrame) -> str | None:
    """A sentence that names the counts which only some of the posts publish; None without any."""
    shares = {name: _published_share(totals, name) for name in COUNTS}
    named = [
        f"{words.t(f'measure.{name}')} ({words.percent(share)})"
        for name, share in shares.items()
        if share is not None and share < _FULL
    ]
    return words.t("coverage.partial", measures=", ".join(named)) if named else None


# Periods


def period(words: Words, chosen: Filters, outline: Outline) -> str:
    """The days that are shown, as a sentence; empty where there is nothing."""
    if not outline.posts:
        return ""
    if outline.first_on is None or outline.last_on is None:
        return words.t("period.undated")
    if chosen.since is None or chosen.until is None:
        until = outline.last_on.fromordinal(outline.last_on.toordinal() + 1)
        return words.t("period.sentence.all", days=words.days(outline.first_on, until))
    return words.t("period.sentence.part", days=words.days(chosen.since, chosen.until))


def compared_period(words: Words, chosen: Filters, outline: Outline) -> str:
    """The days that are shown and those they are compared with, as a sentence."""
    first = outline.first_on
    if chosen.since is None or chosen.until is None or first is None:
        return period(words, chosen, outline)
    shown = words.days(chosen.since, chosen.until)
    before = chosen.comparison(outline)
    if before is None or before.since is None or before.until is None:
        begun = words.days(first, first.fromordinal(first.toordinal() + 1))
        return words.t("period.sentence.alone", days=shown, first=begun)
    earlier = words.days(before.since, before.until)
    return words.t("period.sentence.compared", days=shown, before=earlier)


def _is_its_own_bound(measure: Measure) -> bool:
    """Nothing but an upper bound is known, and the value is that."""
    return (
        measure.kind is MeasureKind.BOUNDED
        and measure.unit is Unit.COUNT
        and measure.value == measure.high
    )


def _published_share(totals: pd.DataFrame, name: str) -> float | None:
    """The share of the posts, reposts left out, that publish a count; None where none does."""
    published, own = totals[f"n_{name}"].iloc[0], totals["own_posts"].iloc[0]
    return float(published / own) if published and own else None


def _share(words: Words, coverage: float | None) -> str | None:
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
