"""What every measure carries can be said, in every language."""

from __future__ import annotations

import pytest

import locales
from analysis.measure import Caution, grade


@pytest.mark.parametrize("language", locales.LANGUAGES)
def test_every_caution_has_its_sentence_and_no_other(language):
    assert set(locales.sentences(language)["caution"]) == {code.value for code in Caution}


@pytest.mark.parametrize(
    ("n", "of", "expected"),
    [(10, 10, "A"), (9, 10, "B"), (8, 10, "B"), (7, 10, "C"), (2, 10, "C"), (1, 10, "D")],
)
def test_the_grade_falls_with_what_is_missing(n, of, expected):
    assert grade(n, of) == expected
