"""Hashtags and accounts that go together, against plain loops and published networks."""

from __future__ import annotations

import json
from collections import Counter
from csv import DictReader
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import aggregates
from tests.posts import answers, on_duckdb, post, posts_rows, several_rows

BEGIN = datetime(2026, 2, 28, 23, 59, tzinfo=UTC)
LONG = "nous demandons une place en classe pour chaque fille"


def after(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def objects(action: str, rows: list[dict[str, Any]], **asked: Any) -> dict[tuple[str, str], int]:
    """What pairs did together, after making sure that the engines agree."""
    asked = {"within_seconds": 60, "fewest_objects": 1} | asked
    found = answers(partial(aggregates.co_actions, action=action, **asked), rows)
    return {(row["author_id"], row["other_id"]): row["objects"] for row in found}


def share(author: str, seconds: float, **values: Any) -> dict[str, Any]:
    return post(f"{author} {seconds}", author_id=author, published_at=after(seconds), **values)


def repost(author: str, of: str, seconds: float) -> dict[str, Any]:
    return share(author, seconds, kind="repost", repost_of_id=of)


@several_rows
@given(posts_rows, st.integers(1, 5))
def test_pairs_of_hashtags_are_those_of_the_rows(rows: list[dict[str, Any]], most: int) -> None:
    posts = Counter(pair for row in rows for pair in combinations(sorted(row["hashtags"] or ()), 2))
    expected = sorted(posts.items(), key=lambda item: (-item[1], item[0]))[:most]
    found = answers(partial(aggregates.hashtag_pairs, most=most), rows)
    assert [((it["hashtag"], it["other_hashtag"]), it["posts"]) for it in found] == expected


reposts = st.lists(
    st.builds(
        repost,
        st.sampled_from(("afi", "kossi", "dela", "mawuli")),
        st.sampled_from(("a", "b", "c")),
        st.integers(0, 400).map(lambda tenths: tenths / 2),
    ),
    max_size=14,
)


@settings(max_examples=30, deadline=None)
@given(reposts, st.sampled_from((1, 10, 60)), st.sampled_from((1, 2)))
def test_pairs_of_accounts_are_those_of_the_rows(
    rows: list[dict[str, Any]], seconds: int, fewest: int
) -> None:
    first: dict[tuple[str, str], datetime] = {}
    for row in rows:
        key = row["author_id"], row["repost_of_id"]
        first[key] = min(row["published_at"], first.get(key, row["published_at"]))
    shared = Counter(author for author, _ in first)
    expected: Counter[tuple[str, str]] = Counter()
    for (one, it), (other, that) in combinations(sorted(first), 2):
        is_in_time = abs(first[one, it] - first[other, that]) <= timedelta(seconds=seconds)
        if it == that and is_in_time and min(shared[one], shared[other]) >= fewest:
            expected[one, other] += 1
    assert objects("repost", rows, within_seconds=seconds, fewest_objects=fewest) == expected


def test_the_networks_of_the_coordination_toolkit_are_found(known_answers: Path) -> None:
    published = json.loads((known_answers / "expected.json").read_text(encoding="utf-8"))
    with (known_answers / published["coordination_cnt"]["file"]).open(encoding="utf-8-sig") as file:
        rows = [
            repost(row["user_id"], row["repost_id"], float(row["timestamp"]))
            for row in DictReader(file)
        ]
    for number, row in enumerate(rows):
        row["post_id"] = str(number)
    # Its loops are accounts that share the same twice, which is no pair of ours.
    cases = [case for case in published["coordination_cnt"]["cases"] if not case[2]]
    assert len(cases) == 3
    for seconds, fewest, _, accounts in cases:
        pairs = objects("repost", rows, within_seconds=seconds)
        found = {end for pair, number in pairs.items() if number >= fewest for end in pair}
        assert len(found) == accounts


def test_the_last_second_of_the_window_counts() -> None:
    rows = [repost("afi", "a", 0), repost("kossi", "a", 60), repost("dela", "a", 120.5)]
    assert objects("repost", rows) == {("afi", "kossi"): 1}
    assert objects("repost", rows, within_seconds=0) == {}
    at_once = [repost("kossi", "a", 7.25), repost("afi", "a", 7.25)]
    assert objects("repost", at_once, within_seconds=0) == {("afi", "kossi"): 1}


def test_only_the_first_share_of_an_object_counts() -> None:
    rows = [repost("afi", "a", 0), repost("afi", "a", 500), repost("kossi", "a", 510)]
    assert objects("repost", rows) == {}


def test_accounts_that_share_one_thing_only_take_no_part() -> None:
    rows = [repost(who, "a", 0) for who in ("afi", "kossi", "dela")]
    rows += [repost(who, "b", 900) for who in ("afi", "kossi")]
    assert objects("repost", rows, fewest_objects=2) == {("afi", "kossi"): 2}


def test_the_turn_of_a_year_and_of_a_leap_day_are_no_gap() -> None:
    for midnight in (datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 2, 29, tzinfo=UTC)):
        rows = [
            repost("afi", "a", 0) | {"published_at": midnight - timedelta(seconds=20)},
            repost("kossi", "a", 1) | {"published_at": midnight + timedelta(seconds=20)},
        ]
        assert objects("repost", rows) == {("afi", "kossi"): 1}
        assert objects("repost", rows, within_seconds=39) == {}


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("https://Exemple.invalid/Bancs", "http://exemple.invalid/Bancs", True),
        ("https://exemple.invalid/bancs#haut", "https://exemple.invalid/bancs", True),
        ("https://exemple.invalid/?utm_source=x&a=1", "https://exemple.invalid/?a=1", True),
        (
            "https://exemple.invalid/p?a=1&utm_medium=y&fbclid=zz",
            "https://exemple.invalid/p?a=1",
            True,
        ),
        ("https://exemple.invalid/p?fbclid=zz", "https://exemple.invalid/p", True),
        ("https://exemple.invalid?utm_source=x", "https://EXEMPLE.invalid", True),
        ("https://exemple.invalid/Bancs", "https://exemple.invalid/bancs", False),
        ("https://exemple.invalid/p?a=1", "https://exemple.invalid/p?a=2", False),
    ],
)
def test_links_to_the_same_page_are_the_same(one: str, other: str, is_same: bool) -> None:
    rows = [share("afi", 0, links=[one]), share("kossi", 30, links=["https://x.invalid", other])]
    assert objects("link", rows) == ({("afi", "kossi"): 1} if is_same else {})


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (LONG, f"@quelqu_un {LONG.upper()}  https://exemple.invalid/1", True),
        (LONG, LONG.replace(" ", "\n\n"), True),
        (LONG, f"{LONG} !", False),
        ("@afi @kossi trop court pour compter", "trop court pour compter", False),
    ],
)
def test_texts_are_the_same_whoever_they_are_said_to(one: str, other: str, is_same: bool) -> None:
    rows = [share("afi", 0, text=one), share("kossi", 30, text=other)]
    assert objects("text", rows) == ({("afi", "kossi"): 1} if is_same else {})


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("abc", "abc", True),
        ("abc", "acb", False),
        ("abc", "abcd", False),
        ("ab", "ab", False),
        ("abcdefghij", "abcdefghijk", True),
    ],
)
def test_hashtags_are_the_same_in_the_same_order(one: str, other: str, is_same: bool) -> None:
    rows = [share("afi", 0, hashtags=[*one]), share("kossi", 30, hashtags=[*other])]
    assert objects("hashtags", rows) == ({("afi", "kossi"): 1} if is_same else {})


@pytest.mark.parametrize("action", ["link", "text", "hashtags"])
def test_reposts_share_nothing_but_what_they_repost(action: str) -> None:
    what = {"links": ["https://exemple.invalid"], "text": LONG, "hashtags": ["a", "b", "c"]}
    rows = [repost("afi", "a", 0) | what, repost("kossi", "a", 1) | what]
    assert objects(action, rows) == {}
    assert objects(action, [row | {"kind": "original"} for row in rows]) == {("afi", "kossi"): 1}


def test_posts_without_an_author_or_a_date_are_left_out() -> None:
    rows = [repost("afi", "a", 0), repost("kossi", "a", 1), repost("dela", "a", 2)]
    rows[1]["author_id"] = None
    rows[2]["published_at"] = None
    assert objects("repost", rows) == {}


def test_what_thousands_share_over_a_day_is_not_held_against_itself() -> None:
    rows = [repost(f"compte {number:04}", "a", 61 * number) for number in range(3_000)]
    assert aggregates.co_actions(on_duckdb(rows), "repost", fewest_objects=1).empty
