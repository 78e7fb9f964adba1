"""The words, numbers and dates of the language that is chosen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal

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


def cautions(codes: Iterable[str]) -> str:
    """What to know about a measure, a sentence for each of its `warnings`."""
    return " ".join(t(f"caution.{code}") for code in codes)


def language_name(code: str | None) -> str:
    """What a language is called in the one that is chosen; None is unknown."""
    return locales.language_name(language(), code) if code else t("topics.no_language")


def number(value: float | None) -> str:
    """A number, or the sign for unknown."""
    return UNKNOWN if pd.isna(value) else locales.number(language(), value)


def percent(fraction: float, *, signed: bool = False, with_decimal: bool = False) -> str:
    """A fraction in percent."""
    return locales.percent(language(), fraction, signed=signed, with_decimal=with_decimal)


def days(since: date, until: date) -> str:
    """A span of days, `until` excluded as everywhere in the code, in words."""
    return locales.days(language(), since, date.fromordinal(until.toordinal() - 1))


def moment(value: datetime) -> str:
    """A moment in UTC."""
    return locales.moment(language(), value)


def dollars(value: float | Decimal) -> str:
    """US dollars and cents."""
    return locales.dollars(language(), value)


def error(code: str, values: Mapping[str, object]) -> str:
    """What went wrong, and what to do."""
    return t(f"error.{code}", **_in_words(values))


def missing(reason: Mapping[str, object]) -> str:
    """Why something could not be read: `code` and what fills the gaps of its sentence."""
    code = str(reason["code"])
    is_an_error = code not in locales.sentences(language())["missing"]
    said = error(code, reason) if is_an_error else t(f"missing.{code}", **_in_words(reason))
    server = plain(str(reason.get("instance", "")))
    return said if server in said else f"{server} – {said}"


def _in_words(values: Mapping[str, object]) -> dict[str, object]:
    shown = {name: plain(str(it)) for name, it in values.items()}
    if "network" in values:
        shown["network"] = t(f"networks.{values['network']}")
    return shown


def plain(text: str) -> str:
    """Someone's own words (a file's name, a title) as Markdown that shows them as they are."""
    return "".join(f"\\{sign}" if sign in r"\`*_{}[]()<>#+-.!|~$:&" else sign for sign in text)
