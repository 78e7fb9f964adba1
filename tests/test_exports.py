"""A CSV opens well in the spreadsheets of each language, and runs nothing in them."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta, timezone

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from findings.files import anonymous, csv_bytes

DELIMITERS = {"fr": ";", "en": ","}


def _read(content: bytes, language: str) -> list[list[str]]:
    file = io.StringIO(content.decode("utf-8-sig"), newline="")
    return list(csv.reader(file, delimiter=DELIMITERS[language]))


@pytest.mark.parametrize(
    "cell",
    [
        *("=1+1", "+cmd", "-2+3", "@SUM(A1)", " =1", "==", "@…  merci", "\0=1"),
        *("\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠a", '=HYPERLINK("http://a.invalid")'),
    ],
)
@pytest.mark.parametrize("language", DELIMITERS)
def test_a_cell_that_could_be_a_formula_begins_with_an_apostrophe(cell: str, language: str) -> None:
    for table in (pd.DataFrame({"texte": [cell]}), pd.DataFrame({cell: ["a"]})):
        rows = _read(csv_bytes(table, language), language)
        assert next(it for row in rows for it in row if it not in {"texte", "a"}).startswith("'")


@given(st.lists(st.text(), min_size=1), st.sampled_from(list(DELIMITERS)))
def test_no_text_becomes_a_formula_and_none_is_lost(texts: list[str], language: str) -> None:
    texts = [it.encode("utf-8", "ignore").decode() for it in texts]
    rows = _read(csv_bytes(pd.DataFrame({"texte": texts, "n": 1}), language), language)
    assert len(rows) == len(texts) + 1
    for text, (cell, _) in zip(texts, rows[1:], strict=True):
        assert cell.removeprefix("'") == text.replace("\0", "").removeprefix("'")
        assert cell.lstrip()[:1] not in {*"=+@＝＋－＠"}


def test_numbers_have_the_decimal_sign_of_the_language() -> None:
    table = pd.DataFrame({"taux": [0.25, -1.5], "posts": [3, -4]})
    assert _read(csv_bytes(table, "fr"), "fr")[1:] == [["0,25", "3"], ["-1,5", "-4"]]
    assert _read(csv_bytes(table, "en"), "en")[1:] == [["0.25", "3"], ["-1.5", "-4"]]


def test_moments_are_iso_in_utc_and_days_are_days() -> None:
    lagos = timezone(timedelta(hours=1))
    table = pd.DataFrame(
        {"vu": [datetime(2026, 3, 1, 0, 30, tzinfo=lagos)], "jour": [date(2026, 3, 1)]}
    )
    assert _read(csv_bytes(table, "fr"), "fr")[1] == ["2026-02-28T23:30:00Z", "2026-03-01"]


def test_unknown_is_an_empty_cell_and_zero_is_zero() -> None:
    frame = pd.DataFrame(
        {
            "likes": pd.Series([None, 0], dtype=pd.ArrowDtype(pa.int64())),
            "vu": pd.Series(
                [None, datetime(2026, 3, 1, tzinfo=UTC)],
                dtype=pd.ArrowDtype(pa.timestamp("us", tz="UTC")),
            ),
            "texte": [None, float("nan")],
        }
    )
    assert _read(csv_bytes(frame, "fr"), "fr")[1:] == [
        ["", "", ""],
        ["0", "2026-03-01T00:00:00Z", ""],
    ]


def test_lists_stand_in_one_cell_with_spaces_between() -> None:
    tags = pd.Series([["togo", "libertépourtous"], []], dtype=pd.ArrowDtype(pa.list_(pa.string())))
    rows = _read(csv_bytes(pd.DataFrame({"hashtags": tags, "n": 1}), "fr"), "fr")
    assert rows[1:] == [["togo libertépourtous", "1"], ["", "1"]]


def test_every_script_and_excel_s_mark_are_there() -> None:
    content = csv_bytes(pd.DataFrame({"texte": ["Ŋutsu · حرية · Été"]}), "fr")
    assert content.startswith(b"\xef\xbb\xbf")
    assert "Ŋutsu · حرية · Été" in content.decode("utf-8-sig")


def test_mentions_no_longer_tell_accounts_apart() -> None:
    one, other = "@" + "0a" * 13, "@" + "1b" * 13
    assert anonymous(f"merci {one} et {other}, @exemple") == "merci @… et @…, @exemple"
    assert anonymous(None) is None
