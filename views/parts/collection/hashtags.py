"""Hashtags as people type them, and how else people write the same ones."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import regex

from data.model import normal_hashtag

# A hashtag ends at an apostrophe or a hyphen, on every network: who types one means it whole.
_WORDS = regex.compile(r"[\p{L}\p{M}\p{N}_\u200c'’ʼ\-‐‑]+")
_NOT_IN_TAGS = regex.compile(r"['’ʼ\-‐‑]")
_A_WORD_BEGINS = regex.compile(r"(?<=\p{Ll})(?=\p{Lu})")
_ACCENTED = regex.compile(r"(?<=\p{Latin}\p{M}*)\p{M}")


def tags_of(typed: str) -> tuple[str, ...]:
    """The hashtags in what somebody typed, without `#`, each once whatever its capitals.

    >>> tags_of("#LibertéPourTous, Togo  togo#L’Eau 2026")
    ('LibertéPourTous', 'Togo', 'LEau')
    """
    found: dict[str, str] = {}
    for word in _WORDS.findall(unicodedata.normalize("NFC", typed)):
        tag = _NOT_IN_TAGS.sub("", word)
        if tag.strip("_") and not tag.isdigit():  # a number alone is no hashtag anywhere
            found.setdefault(normal_hashtag(tag), tag)
    return tuple(found.values())


def variants_of(tags: Sequence[str]) -> tuple[str, ...]:
    """Other spellings of hashtags: without accents, with or without underscores between words.

    Capitals and small letters are one to every network, so they are no variants.

    >>> variants_of(["LibertéPourTous"])
    ('libertepourtous', 'liberté_pour_tous', 'liberte_pour_tous')
    >>> variants_of(["eau_pour_tous"]), variants_of(["togo"])
    (('eaupourtous',), ())
    """
    spellings = [
        spelling
        for tag in tags
        for joined in (tag, tag.replace("_", ""), _A_WORD_BEGINS.sub("_", tag))
        for spelling in (joined, _without_accents(joined))
    ]
    known = {normal_hashtag(tag) for tag in tags}
    return tuple(dict.fromkeys(it for it in map(normal_hashtag, spellings) if it not in known))


def _without_accents(tag: str) -> str:
    """Latin letters alone: elsewhere a mark may be a vowel, and the word another one."""
    bare = _ACCENTED.sub("", unicodedata.normalize("NFD", tag))
    return unicodedata.normalize("NFC", bare)
