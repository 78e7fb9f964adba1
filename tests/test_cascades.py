"""Structural virality against the slow way, and cascades found among a campaign's posts."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import aggregates
from analysis.measure import Caution, MeasureKind
from analysis.reach.cascades import median_virality, viralities
from data.lake import Lake
from tests.posts import answers, on_duckdb

trees = st.integers(1, 25).flatmap(
    lambda n: st.tuples(st.just(-1), *(st.integers(0, child - 1) for child in range(1, n)))
)


def path_to_first(parents: Any, place: int) -> list[int]:
    path = [place]
    while parents[path[-1]] >= 0:
        path.append(parents[path[-1]])
    return path


def virality(parents: Any) -> float | None:
    """The virality of a single cascade, from the place of each post's parent."""
    answered = np.bincount([it for it in parents if it >= 0], minlength=len(parents))
    posts = pd.DataFrame(
        {
            "post_id": [f"{place}" for place in range(len(parents))],
            "network": "x",
            "parent_id": [None if it < 0 else f"{it}" for it in parents],
            "is_known": True,
            "reactions": answered,
        }
    )
    found = viralities(posts)["structural_virality"]
    return None if found.empty else float(found.item())


def mean_distance(parents: Any) -> float | None:
    """Steps between every two posts, one pair after the other."""
    distances = [
        len({*path_to_first(parents, one)} ^ {*path_to_first(parents, other)})
        for one, other in combinations(range(len(parents)), 2)
    ]
    return sum(distances) / len(distances) if distances else None


@pytest.mark.parametrize(
    ("parents", "expected"),
    [
        ([-1] + [0] * 9, 1.8),
        (range(-1, 9), 11 / 3),
        ([-1] + [(child - 1) // 2 for child in range(1, 15)], 3.5048),
        ([-1, 0], 1.0),
        ([-1], None),
    ],
    ids=["star", "path", "binary", "two", "one"],
)
def test_known_cascades_have_their_known_virality(parents: Any, expected: float | None) -> None:
    found = virality(list(parents))
    assert found == (expected and pytest.approx(expected, abs=5e-5))


@given(parents=trees)
def test_virality_is_the_mean_distance_of_all_pairs(parents: tuple[int, ...]) -> None:
    expected = mean_distance(parents)
    assert virality(parents) == (expected and pytest.approx(expected, rel=1e-12))


def test_a_long_thread_is_no_trouble() -> None:
    assert virality(range(-1, 19_999)) == pytest.approx(20_001 / 3)


def campaign(forest: list[tuple[int, ...]], kinds: list[str]) -> list[dict[str, Any]]:
    """The rows of posts, each tree's first being an original; `kinds` go round."""
    rows = []
    for tree, parents in enumerate(forest):
        for place, parent in enumerate(parents):
            kind = kinds[(tree + place) % len(kinds)] if parent >= 0 else "original"
            column = {"repost": "repost_of_id", "quote": "quote_of_id"}.get(kind, "reply_to_id")
            row = {"post_id": f"{tree:02}-{place:02}", "network": "x", "kind": kind}
            rows.append(row | ({column: f"{tree:02}-{parent:02}"} if parent >= 0 else {}))
    return rows


def cascades(rows: list[dict[str, Any]], most: int = 1_000) -> pd.DataFrame:
    return aggregates.cascades(on_duckdb(rows), most)


@given(
    forest=st.lists(trees, min_size=1, max_size=6),
    kinds=st.lists(st.sampled_from(["repost", "reply", "quote"]), min_size=1, max_size=3),
    seed=st.integers(0, 99),
)
@settings(max_examples=30, deadline=None)
def test_every_cascade_of_a_campaign_is_found_whole(
    forest: list[tuple[int, ...]], kinds: list[str], seed: int
) -> None:
    found = cascades(campaign(forest, kinds))
    trees_found = viralities(found).set_index("post_id")
    assert len(trees_found) == sum(len(parents) > 1 for parents in forest)
    for tree, parents in enumerate(forest):
        if len(parents) > 1:
            row = trees_found.loc[f"{tree:02}-00"]
            depth = max(len(path_to_first(parents, place)) for place in range(len(parents))) - 1
            assert (row["posts"], row["depth"]) == (len(parents), depth)
            assert row["structural_virality"] == pytest.approx(mean_distance(parents))
    otherwise = pd.concat([found, found]).sample(frac=1, random_state=seed)
    pd.testing.assert_frame_equal(viralities(otherwise), viralities(found))
    assert median_virality(otherwise) == median_virality(found)


def test_only_posts_with_reactions_come_back_and_at_most_so_many() -> None:
    rows = campaign([(-1, 0, 0, 1), (-1,), (-1, 0)], ["reply"])
    found = answers(lambda posts: aggregates.cascades(posts, 10), rows)
    assert [(it["post_id"], it["parent_id"], it["reactions"]) for it in found] == [
        ("00-00", None, 2),
        ("00-01", "00-00", 1),
        ("02-00", None, 1),
    ]
    assert all(it["is_known"] and it["network"] == "x" for it in found)
    assert answers(lambda posts: aggregates.cascades(posts, 1), rows) == found[:1]
    assert aggregates.cascades(on_duckdb([]), 10).empty


def test_a_post_beyond_the_most_is_counted_without_its_own_reactions() -> None:
    rows = campaign([(-1, 0, 0, 1), (-1, 0)], ["reply"])
    (kept,) = viralities(cascades(rows, most=1)).to_dict("records")
    assert (kept["post_id"], kept["posts"]) == ("00-00", 3)


def test_a_post_reposts_or_else_answers_or_else_quotes() -> None:
    both = {"post_id": "c", "network": "x", "kind": "reply", "reply_to_id": "a", "quote_of_id": "b"}
    rows = [{"post_id": name, "network": "x", "kind": "original"} for name in "ab"]
    assert cascades([*rows, both])["post_id"].tolist() == ["a"]


def test_what_answers_a_post_that_was_not_collected_begins_anew() -> None:
    rows = campaign([(-1, 0, 1, 2, 2)], ["reply"])[1:]
    found = cascades(rows)
    assert found.set_index("post_id")["is_known"].to_dict() == {
        "00-00": False, "00-01": True, "00-02": True,
    }  # fmt: skip
    (only,) = viralities(found).to_dict("records")
    assert (only["post_id"], only["posts"], only["depth"]) == ("00-01", 4, 2)


def test_posts_that_lead_in_a_circle_or_to_themselves_are_no_cascade() -> None:
    def answer(post_id: str, to: str) -> dict[str, Any]:
        return {"post_id": post_id, "network": "x", "kind": "reply", "reply_to_id": to}

    rows = [
        answer("a", "b"),
        answer("b", "a"),
        answer("c", "a"),
        answer("d", "d"),
        answer("e", "d"),
    ]
    assert viralities(cascades(rows))["post_id"].tolist() == ["d"]


def test_the_median_cascade_is_a_lower_bound_with_an_interval() -> None:
    stars = [(-1,) + (0,) * n for n in range(1, 12)]
    found = median_virality(cascades(campaign(stars, ["repost"])))
    assert found.value == pytest.approx(2 * 6 / 7)
    assert 1 <= found.low < found.value < found.high < 2
    assert (found.n, found.coverage, found.grade) == (11, 1.0, "B")
    assert (found.kind, found.warnings) == (MeasureKind.BOUNDED, (Caution.LOWER_BOUND,))
    few = median_virality(cascades(campaign(stars[:4], ["repost"])))
    assert (few.value, few.n, few.grade) == (None, 4, None)
    assert median_virality(cascades([])).coverage is None


@pytest.mark.parametrize(("strangers", "is_shown"), [(20, True), (21, False)])
def test_it_is_shown_only_when_half_of_the_parents_are_known(
    strangers: int, is_shown: bool
) -> None:
    rows = campaign([(-1, 0, 0)] * 10, ["reply"])
    lost = [
        {"post_id": f"lost{n}", "network": "x", "kind": "quote", "quote_of_id": f"elsewhere{n}"}
        for n in range(strangers)
    ]
    found = median_virality(cascades([*rows, *lost]))
    assert found.coverage == pytest.approx(20 / (20 + strangers))
    assert (found.value is not None) is is_shown


def test_the_demonstration_has_cascades_of_several_steps() -> None:
    posts = Lake.demo().posts("demo-bancs")
    found = aggregates.cascades(posts, 100_000)
    trees_found = viralities(found)
    kinds = Counter(aggregates.by_kind(posts).set_index("kind")["posts"].to_dict())
    pointing = kinds["repost"] + kinds["reply"] + kinds["quote"]
    assert found["reactions"].sum() == pointing
    assert found["is_known"].all()
    assert (trees_found["posts"] - 1).sum() == pointing
    assert trees_found["depth"].max() > 2
    assert 1 < median_virality(found).value < 2
