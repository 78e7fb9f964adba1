"""What people's tables write into their cells: counts and days, in French and in English."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from functools import cache

from babel import Locale

from collectors.readers.fields import Unreadable, count

_SPACES = re.compile(r"\s")
_GROUPED = re.compile(r"\d{1,3}(?:[,.]\d{3})+")
_DAY = re.compile(r"(?P<month>[^\W\d]+)\.? (?P<day>\d{1,2}), (?P<year>\d{4})", re.IGNORECASE)
_JOUR = re.compile(r"(?P<day>\d{1,2})(?:er)? (?P<month>[^\W\d]+)\.? (?P<year>\d{4})", re.IGNORECASE)


def column(name: str) -> str:
    """A column's name as it is compared: accents composed, spaces plain, small letters.

    >>> column("Titre de la vid\u0065\u0301o ") == column("TITRE DE LA VIDÉO")
    True
    """
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def number(cell: str, name: str) -> int | None:
    """A count with or without what parts its thousands; None of an empty cell.

    Raises:
        Unreadable: it is no whole number.

    >>> number("44\u202f531", "Vues"), number("1,234", "Views"), number("12.0", "Likes")
    (44531, 1234, 12)
    """
    text = _SPACES.sub("", cell)
    if _GROUPED.fullmatch(text):
        text = re.sub("[,.]", "", text)
    return count(text.removesuffix(".0"), name)


def day(cell: str, name: str) -> datetime | None:
    """The first moment (UTC) of a day as ISO 8601, French or English write it.

    Raises:
        Unreadable: it is written otherwise.

    >>> day("28 sept. 2026", "").date().isoformat(), day("Dec 15, 2023", "").date().isoformat()
    ('2026-09-28', '2023-12-15')
    """
    text = " ".join(cell.split())
    if not text:
        return None
    found = _DAY.fullmatch(text) or _JOUR.fullmatch(text)
    try:
        if found is None:
            return datetime.fromisoformat(text).replace(tzinfo=UTC)
        month = _months()[column(found["month"]).rstrip(".")]
        return datetime(int(found["year"]), month, int(found["day"]), tzinfo=UTC)
    except (KeyError, ValueError):
        raise Unreadable("moment", f"{name}={cell[:40]}") from None


@cache
def _months() -> dict[str, int]:
    """The names of months, whole and short, by what they are compared as."""
    return {
        column(name).rstrip("."): number
        for language in ("fr", "en")
        for width in ("wide", "abbreviated")
        for number, name in Locale(language).months["format"][width].items()
    }
