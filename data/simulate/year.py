"""The 52 weeks: their days, how much attention each gets, and how soon people react."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from data.simulate.chance import Chance

FIRST_DAY = date(2025, 11, 17)  # a Monday
LAST_DAY = date(2026, 11, 15)  # the Sunday 52 weeks later
PRESS_DAY = date(2026, 5, 12)
WORKSHOPS = {"A": date(2026, 3, 7), "B": date(2026, 5, 2), "C": date(2026, 7, 4)}  # Saturdays

DAYS = (LAST_DAY - FIRST_DAY).days + 1
DAY = 86_400
START = datetime.combine(FIRST_DAY, datetime.min.time(), UTC)
LAST_SECOND = DAYS * DAY - 1

HALF_REACT = 4_800  # so many seconds after a post, half of the reactions have come
_LONGEST_DELAY = 13 * DAY


def attention(day: int) -> float:
    """How much the campaign is followed, 1 on an average day: growth, holidays, the new term."""
    when = FIRST_DAY + timedelta(days=day)
    grown = 0.55 + 0.9 * day / DAYS
    if (when.month, when.day) >= (12, 20) or (when.month, when.day) <= (1, 4):
        return 0.6 * grown
    if when.month == 8:
        return 0.75 * grown
    if (9, 14) <= (when.month, when.day) <= (10, 11):
        return 1.25 * grown
    return grown


def news(day: int) -> float:
    """How many times more is posted around the press day."""
    since = day - (PRESS_DAY - FIRST_DAY).days
    return {0: 20.0, 1: 5.0, 2: 2.5, 3: 1.5}.get(since, 1.0)


def later(at: int, chance: Chance) -> int:
    """When somebody reacts: half within 80 minutes, some after days; few by night."""
    fraction = chance.fraction()
    moment = at + 45 + min(int(HALF_REACT * fraction / (1 - fraction)), _LONGEST_DELAY)
    if moment % DAY < 5 * 3600 and chance.happens(0.8):
        moment += 6 * 3600
    return moment
