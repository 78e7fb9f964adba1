"""The words, numbers and dates of one language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import pandas as pd

import locales
from data.model import Campaign

#: What stands where a network publishes nothing.
UNKNOWN = "—"


@dataclass(frozen=True)
class Words:
    """What is said in a language of `locales`, by its code.

    >>> Words("fr").number(None), Words("en").percent(0.5)
    ('—', '50%')
    """

    language: str

    def t(self, key: str, /, **values: object) -> str:
        """A sentence of `locales`."""
        return locales.text(self.language, key, **values)

    def labels(self, table: str, codes: Iterable[str]) -> dict[str, str]:
        """The words of codes: `labels("networks", ["x"])` gives `{"x": "X"}`."""
        return {code: self.t(f"{table}.{code}") for code in codes}

    def cautions(self, codes: Iterable[str]) -> str:
        """What to know about a measure, a sentence for each of its `warnings`."""
        return " ".join(self.t(f"caution.{code}") for code in codes)

    def language_name(self, code: str | None) -> str:
        """What a language is called in this one; None is unknown."""
        return locales.language_name(self.language, code) if code else self.t("topics.no_language")

    def number(self, value: float | None) -> str:
        """A number, or the sign for unknown."""
        if value is None or pd.isna(value):
            return UNKNOWN
        return locales.number(self.language, value)

    def percent(self, fraction: float, *, signed: bool = False, with_decimal: bool = False) -> str:
        """A fraction in percent."""
        return locales.percent(self.language, fraction, signed=signed, with_decimal=with_decimal)

    def days(self, since: date, until: date) -> str:
        """A span of days, `until` excluded as everywhere in the code, in words."""
        return locales.days(self.language, since, date.fromordinal(until.toordinal() - 1))

    def moment(self, value: datetime) -> str:
        """A moment in UTC."""
        return locales.moment(self.language, value)

    def dollars(self, value: float | Decimal) -> str:
        """US dollars and cents."""
        return locales.dollars(self.language, value)

    def error(self, code: str, values: Mapping[str, object]) -> str:
        """What went wrong, and what to do, as Markdown."""
        return self.t(f"error.{code}", **self._in_words(values))

    def missing(self, code: str, values: Mapping[str, object]) -> str:
        """Why something could not be read, as Markdown."""
        if code in locales.sentences(self.language)["missing"]:
            said = self.t(f"missing.{code}", **self._in_words(values))
        else:
            said = self.error(code, values)
        server = plain(str(values.get("instance", "")))
        return said if server in said else f"{server} – {said}"

    def _in_words(self, values: Mapping[str, object]) -> dict[str, object]:
        shown: dict[str, object] = {name: plain(str(it)) for name, it in values.items()}
        if "network" in values:
            shown["network"] = self.t(f"networks.{values['network']}")
        return shown


def titles(campaigns: Collection[Campaign]) -> dict[str, str]:
    """Campaigns' titles by their ids, which tell apart those that share a title: a list of
    choices knows its choices by their words."""
    times = Counter(it.title for it in campaigns)
    return {
        it.campaign_id: it.title if times[it.title] == 1 else f"{it.title} ({it.campaign_id})"
        for it in campaigns
    }


def plain(text: str) -> str:
    """Someone's own words (a file's name, a title) as Markdown that shows them as they are."""
    return "".join(f"\\{sign}" if sign in r"\`*_{}[]()<>#+-.!|~$:&" else sign for sign in text)
