"""Tables as CSV files that a spreadsheet opens well and that cannot run anything in it."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd

from data.model import COUNTS, Kind, Network
from findings.words import Words

#: A cell that begins so is a formula to some spreadsheet (OWASP ASVS 5.0, 1.2.10).
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")

_NUMBER = re.compile(r"-?\d+([.,]\d+)?")

#: The columns of a list of posts, in its order, and those that stand there even if empty.
_POSTS = ("text", "times_usual", "engagements", "published_at", "network", "kind", *COUNTS)
_ALWAYS = frozenset({"published_at", "network", "kind", "text", "engagements"})

#: A mention of an account in a text, as the lake keeps it.
_PSEUDONYM = re.compile(r"@[0-9a-f]{26}")


def anonymous(text: str | None) -> str | None:
    """A text whose mentions no longer tell accounts apart.

    >>> anonymous("merci @8ac43ef8302ed69c0918ebe93f !")
    'merci @… !'
    """
    return None if text is None else _PSEUDONYM.sub("@…", text)


def posts(words: Words, listed: pd.DataFrame) -> pd.DataFrame:
    """Listed posts in words, with no trace of an account and no column that is unknown throughout.

    The columns are codes of `columns`.
    """
    shown = listed.assign(
        network=listed["network"].map(words.labels("networks", Network)),
        kind=listed["kind"].map(words.labels("kinds", Kind)),
        text=listed["text"].map(anonymous, na_action="ignore"),
    )
    return shown[
        [it for it in _POSTS if it in _ALWAYS or (it in shown and shown[it].notna().any())]
    ]


def csv_bytes(table: pd.DataFrame, language: str) -> bytes:
    """A table as the spreadsheets of a language read it.

    French: semicolons, decimal commas; English: commas, decimal points; both UTF-8 with a
    byte-order mark, which Excel needs. Moments are ISO 8601 in UTC, lists stand with spaces
    between, unknown is empty. Text that a spreadsheet could take for a formula gets an
    apostrophe in front.

    >>> csv_bytes(pd.DataFrame({"a": [1.5], "b": ["=1+1"]}), "fr").decode("utf-8-sig")
    "a;b\\r\\n1,5;'=1+1\\r\\n"
    """
    file = io.StringIO(newline="")
    is_french = language == "fr"
    writer = csv.writer(file, delimiter=";" if is_french else ",")
    writer.writerow([_harmless(str(name)) for name in table.columns])
    for row in table.itertuples(index=False, name=None):
        writer.writerow([_cell(it, "," if is_french else ".") for it in row])
    return file.getvalue().encode("utf-8-sig")


def _cell(value: Any, point: str) -> str:
    if isinstance(value, (list, tuple, np.ndarray)):
        return _harmless(" ".join(str(it) for it in value))
    if pd.isna(value):
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return repr(value).replace(".", point)
    return str(value) if isinstance(value, int) else _harmless(str(value))


def _harmless(text: str) -> str:
    text = text.replace("\0", "")  # no reader of CSV files takes it
    is_formula = _FORMULA.match(text) and not _NUMBER.fullmatch(text)
    return f"'{text}" if is_formula else text
