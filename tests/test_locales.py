"""Every word a user reads is there, in every language, with the same gaps."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import locales
from collectors.files import FORMATS

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = tuple(locales.LANGUAGES)

#: Keys that code puts together from a table and a code that only runs know.
_TABLES_BY_CODE = re.compile(r"(?:t\(|text\(\s*language,\s*)f[\"']([a-z_.]+)\.\{")

#: Keys written out, also those whose table is chosen in between.
_WRITTEN_OUT = re.compile(r"[\"']([a-z_0-9-]+(?:\.[a-z_0-9-]+)+)[\"']")


def _leaves(table: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict):
            yield from _leaves(value, f"{key}.")
        else:
            yield key, value


def _keys(language: str) -> dict[str, str]:
    return dict(_leaves(locales.sentences(language)))


def _gaps(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def _sources() -> str:
    rooms = ("views", "findings", "collectors", "reports", "data")
    files = [file for room in rooms for file in (ROOT / room).rglob("*.py")]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


@pytest.mark.parametrize("language", LANGUAGES)
def test_languages_have_the_same_sentences_with_the_same_gaps(language: str) -> None:
    first, other = _keys(LANGUAGES[0]), _keys(language)
    assert set(first) == set(other)
    assert {key for key in first if _gaps(first[key]) != _gaps(other[key])} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_empty(language: str) -> None:
    assert [key for key, sentence in _keys(language).items() if not sentence.strip()] == []


def test_a_plural_has_both_of_its_forms() -> None:
    keys = set(_keys("fr"))
    for key in keys:
        if key.endswith(".one"):
            assert f"{key.removesuffix('.one')}.other" in keys


def test_every_sentence_that_is_used_exists_and_every_one_that_exists_is_used() -> None:
    source = _sources()
    written = set(_keys("fr"))
    plurals = {key.removesuffix(".one") for key in written if key.endswith(".one")}
    forms = {f"{key}.{form}" for key in plurals for form in ("one", "other")}
    keys = (written - forms) | plurals
    written_out = set(_WRITTEN_OUT.findall(source))
    tables = {key.split(".")[0] for key in keys}
    missing = {
        key
        for key in re.findall(r'\bt\(\s*"([^"{]+)"', source)
        + re.findall(r'\btext\(\s*language,\s*"([^"{]+)"', source)
        if key not in keys
    }
    assert missing == set()
    by_code = {*_TABLES_BY_CODE.findall(source), *_tables_named(source)}
    unused = {
        key
        for key in keys
        if key not in written_out and not any(key.startswith(f"{table}.") for table in by_code)
    }
    assert unused == set()
    assert by_code <= tables | {key.rpartition(".")[0] for key in keys}


def _tables_named(source: str) -> set[str]:
    """Tables whose code follows in the next words: `labels("networks", …)`, `named("kinds", …)`."""
    return set(re.findall(r'(?:labels|named)\("([a-z_.]+)"', source))


def test_every_format_says_what_it_is_and_where_to_get_it() -> None:
    for language in LANGUAGES:
        for known in FORMATS:
            for part in ("name", "where"):
                assert locales.text(language, f"formats.{known.code}.{part}")


def test_every_reason_to_refuse_a_row_or_a_file_has_its_sentence() -> None:
    source = _sources()
    refusals = set(re.findall(r'\b(?:Unreadable|Refusal)\(\s*(?:\w+,\s*)?"([a-z-]+)"', source))
    errors = set(re.findall(r'\b(?:CollectorError|LakeError)\(\s*"([a-z-]+)"', source))
    errors |= set(re.findall(r'\bself\.code = "([a-z-]+)"', source))
    assert refusals and errors
    for language in LANGUAGES:
        assert refusals <= set(locales.sentences(language)["refusal"])
        assert errors <= set(locales.sentences(language)["error"])


def test_french_has_its_spaces_before_double_signs() -> None:
    bare = re.compile(r"[^\s\u00a0\u202f?!:;/] ?[?!;»]|\w ?:(?=\s)|«[^\u00a0\u202f]")
    wrong = {
        key: sentence
        for key, sentence in _keys("fr").items()
        if bare.search(re.sub(r"https?://\S+|twarc2 search \S+", "", sentence))
    }
    assert wrong == {}


def test_what_streamlit_writes_has_a_translation_that_is_not_empty() -> None:
    tables = locales.chrome("fr")
    assert all(french for table in tables.values() for french in table.values())
    for pattern, french in tables["patterns"].items():
        groups = re.compile(pattern).groups
        assert {int(it) for it in re.findall(r"\$(\d)", french)} == set(range(1, groups + 1))


def test_numbers_and_days_are_written_as_the_language_does() -> None:
    assert locales.number("fr", 1234567) == "1\u202f234\u202f567"
    assert locales.number("en", 1234567) == "1,234,567"
    assert locales.percent("fr", -0.16, signed=True) == "-16\u202f%"
    assert locales.percent("fr", 0.0, signed=True) == "0\u202f%"
    assert locales.day("fr", date(2026, 8, 1)) == "1er août 2026"
    assert locales.day("fr", date(2026, 8, 11)) == "11 août 2026"
    assert locales.days("fr", date(2026, 12, 30), date(2027, 1, 1)).endswith("1er janv. 2027")


def test_zero_is_singular_in_french_and_plural_in_english() -> None:
    assert locales.text("fr", "count.posts", n=0).endswith("publication")
    assert locales.text("en", "count.posts", n=0).endswith("posts")
    assert locales.text("fr", "count.posts", n=1_000_000).endswith("publications")


def test_a_sentence_takes_any_value_even_one_with_braces() -> None:
    assert "{x}" in locales.text("fr", "error.campaign-unknown", campaign="{x}")
