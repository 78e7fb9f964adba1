"""What every number of the product carries: how it was made and how far it may be off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal, TypeAlias

import pandas as pd

Grade: TypeAlias = Literal["A", "B", "C", "D"]


#: Behind a figure about fewer accounts than this somebody can be recognised.
FEWEST_ACCOUNTS = 5


class MeasureKind(StrEnum):
    """How a value was made."""

    MEASURED = "measured"  # exact for what it rests on
    ESTIMATED = "estimated"  # by a model
    BOUNDED = "bounded"  # no more is known than two bounds


class Of(StrEnum):
    """What a value is about: what protects people asks for it."""

    PEOPLE = "people"  # those who saw it, or may have; as sure as the accounts that stand behind
    ACCOUNTS = "accounts"  # those who posted
    POSTS = "posts"
    DISPLAYS = "displays"
    ENGAGEMENTS = "engagements"


class Unit(StrEnum):
    """In what a value is written."""

    COUNT = "count"  # a whole number
    FRACTION = "fraction"
    PER_POST = "per_post"
    HOURS = "hours"
    RATIO = "ratio"  # how many of one for one of the other


class Caution(StrEnum):
    """What the reader should know about a value, as a code."""

    PARTIAL = "partial"  # some posts, accounts or campaigns do not publish what it needs
    OVERLAP = "overlap"  # one person may count several times
    IMPUTED = "imputed"  # some views are estimated by a model
    COUNTS_ONLY = "counts_only"  # nobody knows who engaged: the overlap is an assumption
    OUTSIDE_BOUNDS = "outside_bounds"  # outside what the overlaps two by two would allow
    LOWER_BOUND = "lower_bound"  # the network hides who passed it on to whom
    REMOVED = "removed"  # counts fell at the network: a purge, or deleted accounts
    PROVISIONAL = "provisional"  # posts too young to compare
    SUSPICIOUS_FOLLOWERS = "suspicious_followers"  # followers jumped, as bought ones do


@dataclass(frozen=True)
class Measure:
    """A number, what it is about, and how it was made.

    `n` is how many posts it rests on, of `Of.PEOPLE` and `Of.ACCOUNTS` how many accounts;
    `coverage` is their share of those that should carry it: reposts have no counts of their own,
    so they are not missed. A measured value is exact for these and has no interval; an estimated
    or bounded one lies between `low` and `high`. `window` is the first and the last day with a
    post, both included. `method` begins with the measure's name, and changes when the formula
    does; `version` is that of the lake's posts, which the measure cannot know: who read the posts
    stamps it.

    `grade` says how far the value stands for everything: A when all carry it, B from 80 %,
    C from 20 %, D below, and always D for sums of follower counts, which say who could have
    seen and not who saw. It is None when there is no value.
    """

    value: float | None
    kind: MeasureKind
    of: Of
    unit: Unit
    method: str
    n: int
    coverage: float | None
    low: float | None = None
    high: float | None = None
    grade: Grade | None = None
    window: tuple[date, date] | None = None
    warnings: tuple[Caution, ...] = ()
    version: str | None = None

    @property
    def name(self) -> str:
        """What it is called in `locales` (`measure.<name>`)."""
        return self.method.partition("/")[0].partition(".")[0]


def least_change(now: Measure, before: Measure) -> float | None:
    """The least change, as a fraction, that the intervals of two measures leave possible.

    0 where they overlap: no change can be shown. None where one is unknown or begins at
    nothing.

    >>> def between(low, high):
    ...     made = MeasureKind.ESTIMATED, Of.PEOPLE, Unit.COUNT
    ...     return Measure(low, *made, "example/1", 9, 1.0, low, high)
    >>> least_change(between(150, 200), between(90, 100))
    0.5
    >>> least_change(between(90, 160), between(100, 150))
    0.0
    >>> least_change(between(9, 10), between(20, 40))
    -0.5
    """
    if now.value is None or before.value is None:
        return None
    low, high = _edges(now.value, now)
    low_before, high_before = _edges(before.value, before)
    if low > high_before:
        return (low - high_before) / high_before if high_before else None
    return (high - low_before) / low_before if high < low_before else 0.0


def _edges(value: float, measure: Measure) -> tuple[float, float]:
    """A measured value is exact: both edges of its own interval."""
    low, high = measure.low, measure.high
    return value if low is None else low, value if high is None else high


def share(n: float, of: float) -> float | None:
    """How much of a whole; None of nothing.

    >>> share(3, 4), share(0, 0)
    (0.75, None)
    """
    return n / of if of else None


def grade(n: float, of: float) -> Grade:
    """How far what is known stands for everything.

    >>> grade(4, 4), grade(4, 5), grade(1, 5), grade(0, 5)
    ('A', 'B', 'C', 'D')
    """
    if n >= of:
        return "A"
    return "B" if n >= 0.8 * of else "C" if n >= 0.2 * of else "D"


def partial(n: float, of: float) -> tuple[Caution, ...]:
    """The caution that something is missing, if it is.

    >>> partial(3, 4), partial(4, 4)
    ((<Caution.PARTIAL: 'partial'>,), ())
    """
    return (Caution.PARTIAL,) if n < of else ()


def window(frame: pd.DataFrame) -> tuple[date, date] | None:
    """The days that rows with `first_on` and `last_on` span, where any is known."""
    if "first_on" not in frame or not frame["first_on"].notna().any():
        return None
    return frame["first_on"].dropna().min(), frame["last_on"].dropna().max()
