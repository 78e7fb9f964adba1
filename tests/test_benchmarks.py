"""What is measured does the same work as what it is measured beside."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from benchmarks import campaign, ours, queries, table
from data.lake import Lake

POSTS = 30_000


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a campaign as benchmarks make it, of two copies and a part of a third."""
    return campaign.home(POSTS, tmp_path_factory.mktemp("benchmarks"))


@pytest.mark.parametrize("name", queries.QUERIES)
def test_plain_sql_gives_the_same_rows(name: str, measured: Path, tmp_path: Path) -> None:
    answers = []
    for module in (ours, queries):
        file = tmp_path / f"{module.__name__}.parquet"
        assert module.ask(name, str(measured), str(file))["seconds"] > 0
        answers.append(pd.read_parquet(file, dtype_backend="pyarrow"))
    assert table._are_equal(*answers)
    assert len(answers[0])


def test_each_copy_of_the_campaign_is_a_crowd_of_its_own(measured: Path) -> None:
    simulated = Lake.demo().posts(campaign.SIMULATED).collect("pyarrow").to_pandas()
    posts = Lake(measured).posts(campaign.CAMPAIGN).collect("pyarrow").to_pandas()
    assert len(posts) == posts["post_id"].nunique() == POSTS
    assert posts["author_id"].nunique() > 1.2 * simulated["author_id"].nunique()
    assert not {*posts["author_id"]} & {*simulated["author_id"]}
    # What reposts, answers and quotes point to is among the posts of the copies that are whole.
    for column in ("repost_of_id", "reply_to_id", "quote_of_id"):
        pointed = posts[column].dropna()
        assert pointed.isin(posts["post_id"]).mean() > 0.99
    days = [frame["published_at"].dt.date for frame in (simulated, posts)]
    assert (days[0].min() - days[1].min()).days <= 1 and (days[1].max() - days[0].max()).days <= 1


def test_ranks_and_pairs_are_told_from_others() -> None:
    ranks = pd.DataFrame({"author_id": ["a", "b"], "pagerank": [0.4, 0.6]})
    assert table._are_ranked_alike(ranks, ranks[::-1])
    assert not table._are_ranked_alike(ranks, ranks.assign(pagerank=[0.400001, 0.599999]))
    pairs = pd.DataFrame({"author_id": ["a", "b"], "other_id": ["c", "c"], "objects": [1, 2]})
    assert table._are_equal_in_any_order(pairs, pairs[::-1])
    assert not table._are_equal_in_any_order(pairs, pairs.assign(objects=[1, 3]))
    assert not table._are_equal_in_any_order(pairs, pairs.head(1))
