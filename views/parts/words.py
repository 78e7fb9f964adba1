"""The words of the language that is chosen."""

from __future__ import annotations

import locales
from findings.words import Words
from views.parts import address

CHOICE = address.one_of("lang", locales.LANGUAGES, next(iter(locales.LANGUAGES)))


def words() -> Words:
    """What is said in the language that is chosen.

    A file is written later, where no session is at hand: what writes it keeps these.
    """
    return Words(str(address.value(CHOICE.key)))


def t(key: str, **values: object) -> str:
    """A sentence of `locales`."""
    return words().t(key, **values)
