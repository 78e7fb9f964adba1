"""Every word a user reads, and how each language writes numbers and dates.

The sentences are in `fr.toml` and `en.toml`, tables of keys; what Streamlit and plotly
write by themselves is translated by `chrome.fr.toml`.
"""

from __future__ import annotations

import os
import re
import tomllib
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale, dates, numbers

#: The languages by code, each named in itself; the first is what a visitor gets.
LANGUAGES = {"fr": "Français", "en": "English"}

_FIRST = re.compile(r"\b1(?=(?:–\d+)?\s[^\W\d])")

_FOLDER = Path(__file__).parent


def of_system() -> str:
    """The language that the computer is set to, for commands; the first where it is another."""
    # Not LC_CTYPE, which Python itself sets where a computer has no other locale than C.
    names = (os.environ.get(it) for it in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"))
    code = re.split(r"[_.:@]", next(filter(None, names), ""))[0]
    return code if code in LANGUAGES else next(iter(LANGUAGES))


@cache
def sentences(language: str) -> dict[str, Any]:
    """The tables of a language, as nested mappings."""
    return _read(f"{language}.toml")


@cache
def chrome(language: str) -> dict[str, dict[str, str]]:
    """What Streamlit and plotly write in English, by the English; empty in English."""
    return _read(f"chrome.{language}.toml") if language != "en" else {}


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / name).read_text(encoding="utf-8"))


def text(language: str, key: str, /, **values: object) -> str:
    """A sentence with its gaps filled; whole numbers are written as the language does.

    A key with the forms `one` and `other` chooses by the value `n`, with the language's own
    rule (in French, 0 is singular).

    Raises:
        KeyError: there is no such sentence.

    >>> text("fr", "count.posts", n=0), text("en", "count.posts", n=1200)
    ('0\\xa0publication', '1,200 posts')
    """
    found: Any = sentences(language)
    for part in key.split("."):
        found = found[part]
    if isinstance(found, dict):
        form = Locale(language).plural_form(abs(values["n"]))  # type: ignore[arg-type]
        found = found.get(form, found["other"])
    return str(found).format(**{name: _written(language, it) for name, it in values.items()})


def _written(language: str, value: object) -> str:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return number(language, value) if is_whole else str(value)  # type: ignore[arg-type]


def number(language: str, value: float) -> str:
    """A number with its separators, at most one decimal.

    >>> number("fr", 12345.67), number("en", 12345.67)
    ('12\\u202f345,7', '12,345.7')
    """
    return str(numbers.format_decimal(value, format="#,##0.#", locale=language))


def percent(
    language: str, fraction: float, *, signed: bool = False, with_decimal: bool = False
) -> str:
    """A fraction as a percentage: whole from 10 % on, unless `with_decimal`; one decimal under it.

    The minus is a plain hyphen, which `st.metric` needs to point its arrow down.

    >>> percent("fr", 0.834), percent("fr", -0.042, signed=True), percent("en", 0.5, signed=True)
    ('83\\u202f%', '-4,2\\u202f%', '+50%')
    """
    decimals = "0.#" if with_decimal or abs(fraction) < 0.0995 else "0"
    gap = "\u202f%" if language == "fr" else "%"
    pattern = f"#,##{decimals}{gap}"
    if signed and fraction:
        pattern = f"+{pattern};-{pattern}"
    return str(numbers.format_percent(fraction, format=pattern, locale=language))


def dollars(language: str, value: float | Decimal) -> str:
    """US dollars and cents.

    >>> dollars("fr", 1234.5), dollars("en", 1234.5)
    ('1\\u202f234,50\\xa0$', '$1,234.50')
    """
    amount = str(numbers.format_decimal(value, format="#,##0.00", locale=language))
    return f"{amount}\xa0$" if language == "fr" else f"${amount}"


def language_name(language: str, code: str) -> str:
    """What a language is called in another, or its code where it has no name there.

    >>> language_name("fr", "ee"), language_name("en", "zz")
    ('éwé', 'zz')
    """
    return str(Locale(language).languages.get(code, code))


def day(language: str, value: date, width: str = "long") -> str:
    """A day in words: "3 mars 2026"; `width` is Babel's (short, medium, long, full).

    >>> day("fr", date(2026, 3, 1)), day("en", date(2026, 3, 1))
    ('1er mars 2026', 'March 1, 2026')
    """
    return _first(language, dates.format_date(value, width, locale=language))


def days(language: str, since: date, until: date) -> str:
    """Two days, both included, without saying twice what they share.

    >>> days("fr", date(2026, 3, 1), date(2026, 3, 9))
    '1er–9 mars 2026'
    >>> days("en", date(2026, 3, 1), date(2026, 3, 1))
    'Mar 1, 2026'
    """
    if since == until:
        return day(language, since, "medium")
    return _first(language, dates.format_interval(since, until, "yMMMd", locale=language))


def _first(language: str, written: str) -> str:
    """French calls the first of a month "1er", which Babel does not know."""
    return _FIRST.sub("1er", written) if language == "fr" else written


def moment(language: str, value: datetime) -> str:
    """A moment in UTC, to the minute.

    >>> moment("fr", datetime(2026, 3, 1, 14, 30, tzinfo=UTC))
    '1er mars 2026, 14:30'
    """
    clock = dates.format_time(value.astimezone(UTC), "HH:mm", tzinfo=UTC, locale=language)
    return f"{day(language, value.astimezone(UTC), 'medium')}, {clock}"
