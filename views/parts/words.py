"""The words, numbers and dates of the language that is chosen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import date, datetime

import pandas as pd

import locales
from data.model import Campaign
from views.parts import address

CHOICE = address.one_of("lang", locales.LANGUAGES, next(iter(locales.LANGUAGES)))

#: What stands where a network publishes nothing.
UNKNOWN = "—"


def language() -> str:
    """The language's code."""
    return str(address.value(CHOICE.key))


def t(key: str, **values: object) -> str:
    """A sentence of `locales`."""
    return locales.text(language(), key, **values)


def labels(table: str, codes: Iterable[str]) -> dict[str, str]:
    """The words of codes: `labels("networks", ["x"])` gives `{"x": "X"}`."""
    return {code: t(f"{table}.{code}") for code in codes}


def titles(campaigns: Collection[Campaign]) -> dict[str, str]:
    """Campaigns' titles by their ids, which tell apart those that share a title: a list of
    choices knows its choices by their words."""
    times = Counter(it.title for it in campaigns)
    return {
        it.campaign_id: it.title if times[it.title] == 1 else f"{it.title} ({it.campaign_id})"
        for it in campaigns
    }


def number(value: float | None) -> str:
    """A number, or the sign for unknown."""
    return UNKNOWN if pd.isna(value) else locales.number(language(), value)


def percent(fraction: float, *, signed: bool = False) -> str:
    """A fraction in percent."""
    return locales.percent(language(), fraction, signed=signed)


def days(since: date, until: date) -> str:
    """A span of days, `until` excluded as everywhere in the code, in words."""
    return locales.days(language(), since, date.fromordinal(until.toordinal() - 1))


def moment(value: datetime) -> str:
    """A moment in UTC."""
    return locales.moment(language(), value)


def plain(text: str) -> str:
    """Someone's own words (a file's name, a title) as Markdown that shows them as they are."""
    return "".join(f"\\{sign}" if sign in r"\`*_{}[]()<>#+-.!|~$:&" else sign for sign in text)
