"""The rank of accounts against published values, plain arithmetic and what must hold."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.people.network import pagerank

#: Who met whom outside the club (Zachary 1977), each pair once.
KARATE = {
    1: (2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 18, 20, 22, 32),
    2: (3, 4, 8, 14, 18, 20, 22, 31),
    3: (4, 8, 9, 10, 14, 28, 29, 33),
    4: (8, 13, 14),
    5: (7, 11),
    6: (7, 11, 17),
    7: (17,),
    9: (31, 33, 34),
    10: (34,),
    14: (34,),
    15: (33, 34),
    16: (33, 34),
    19: (33, 34),
    20: (34,),
    21: (33, 34),
    23: (33, 34),
    24: (26, 28, 30, 33, 34),
    25: (26, 28, 32),
    26: (32,),
    27: (30, 34),
    28: (34,),
    29: (32, 34),
    30: (33, 34),
    31: (33, 34),
    32: (33, 34),
    33: (34,),
}

edges_drawn = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef"), st.integers(1, 9)),
    min_size=1,
    max_size=15,
)


def edges(rows: list[tuple[object, object, int]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["author_id", "target_id", "times"])


def solved(rows: list[tuple[object, object, int]], damping: float) -> dict[object, float]:
    """The rank as the solution of its equations, without steps."""
    accounts = sorted({end for row in rows for end in row[:2]})
    place = {account: number for number, account in enumerate(accounts)}
    moves = np.zeros((len(accounts), len(accounts)))
    for author, target, times in rows:
        moves[place[target], place[author]] += times
    given_by = moves.sum(axis=0)
    moves[:, given_by == 0] = 1
    moves /= moves.sum(axis=0)
    away = np.full(len(accounts), (1 - damping) / len(accounts))
    rank = np.linalg.solve(np.eye(len(accounts)) - damping * moves, away)
    return dict(zip(accounts, rank))


def test_the_karate_club_is_ranked_as_published(known_answers: Path) -> None:
    expected = json.loads((known_answers / "expected.json").read_text(encoding="utf-8"))["karate"]
    pairs = [(one, other, 1) for one, others in KARATE.items() for other in others]
    assert len(pairs) == 78
    rank = pagerank(edges([*pairs, *((other, one, 1) for one, other, _ in pairs)]))
    for member, value in expected["pagerank"].items():
        assert rank[int(member)] == pytest.approx(value, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(edges_drawn, st.floats(0.1, 0.95))
def test_the_rank_solves_its_equations(rows: list[tuple[str, str, int]], damping: float) -> None:
    rank = pagerank(edges(rows), damping=damping)
    assert rank.index.name == "author_id"
    assert rank.to_dict() == pytest.approx(solved(rows, damping), abs=1e-9)


def test_accounts_that_nobody_turns_to_share_what_is_left() -> None:
    star = pagerank(edges([(f"follower {number}", "centre", 1) for number in range(3)]))
    assert star.sum() == pytest.approx(1)
    assert star["centre"] > 2 * star["follower 0"]
    assert star["follower 0"] == star["follower 2"]


def test_rows_of_the_same_two_add_up_and_their_order_does_not_matter() -> None:
    apart = edges([("a", "b", 1), ("a", "c", 1), ("a", "b", 2), ("b", "a", 1)])
    together = edges([("b", "a", 1), ("a", "c", 1), ("a", "b", 3)])
    assert pagerank(apart).to_dict() == pytest.approx(pagerank(together).to_dict())


def test_arrow_columns_of_the_aggregates_are_read() -> None:
    rows = edges([("a", "b", 2)]).astype(
        {"author_id": "string[pyarrow]", "target_id": "string[pyarrow]", "times": "int64[pyarrow]"}
    )
    assert pagerank(rows)["b"] == pytest.approx(1.85 / 2.85)


def test_no_edges_rank_nobody() -> None:
    assert pagerank(edges([])).empty


def test_what_does_not_settle_is_refused() -> None:
    with pytest.raises(ArithmeticError, match="1000"):
        pagerank(edges([("a", "b", 1), ("b", "a", 1), ("c", "a", 1)]), damping=1 - 1e-15)
