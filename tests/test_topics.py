"""Topics: found where they were planted, as the whole method finds them, and kept by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from sklearn.decomposition import NMF
from sklearn.feature_extraction.text import TfidfVectorizer
from threadpoolctl import threadpool_limits

from analysis.texts import factors, topics
from analysis.texts.topics import Found, Stopped, Topic, find, names
from data.lake import Lake
from tests.planted import planted


def as_read(rows: pd.DataFrame) -> pd.DataFrame:
    """The types of `aggregates.texts`."""
    schema = pa.schema(
        [
            *((name, pa.string()) for name in ("post_id", "author_id", "network", "kind")),
            ("published_at", pa.timestamp("us", tz="UTC")),
            ("language", pa.string()),
            ("text", pa.string()),
            ("engagements", pa.int64()),
        ]
    )
    table = pa.Table.from_pandas(rows, schema=schema, preserve_index=False)
    return table.to_pandas(types_mapper=pd.ArrowDtype)


@pytest.fixture(scope="module")
def corpus() -> pd.DataFrame:
    return planted(600, 6)


@pytest.fixture(scope="module")
def found(corpus: pd.DataFrame) -> Found:
    return find(as_read(corpus))


def whole_method(texts: Sequence[str]) -> tuple[int, list[set[str]]]:
    """The number of topics and their terms, without any short cut."""
    counter = TfidfVectorizer(
        ngram_range=(1, 2), min_df=3, sublinear_tf=True, stop_words=sorted(topics.FRENCH)
    )
    rows = counter.fit_transform(texts)
    terms = counter.get_feature_names_out()

    def factorised(kept: Any, number: int) -> list[set[str]]:
        model = NMF(number, init="nndsvda", random_state=0, max_iter=400).fit(kept)
        return [set(terms[np.argsort(-it)[:10]]) for it in model.components_]

    chance = np.random.default_rng(5)
    parts = [chance.permutation(len(texts))[: len(texts) * 4 // 5] for _ in range(20)]
    wholes = {number: factorised(rows, number) for number in range(4, 21)}
    stabilities = {
        number: np.mean([alike(whole, factorised(rows[part], number)) for part in parts])
        for number, whole in wholes.items()
    }
    best = max(stabilities, key=lambda it: (round(float(stabilities[it]), 2), -it))
    return best, wholes[best]


def alike(one: Sequence[set[str]], other: Sequence[set[str]]) -> float:
    """How alike sets of terms are, each with the one that stands for it."""
    likeness = np.array([[len(a & b) / len(a | b) for b in other] for a in one])
    return float(likeness[linear_sum_assignment(likeness, maximize=True)].mean())


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_short_cuts_find_the_number_and_the_topics_of_the_whole_method(
    corpus: pd.DataFrame, found: Found
) -> None:
    with threadpool_limits(1):
        number, terms = whole_method(corpus["text"].tolist())
    assert number == found.corpora[0].number == len(found.topics) == 6
    assert alike(terms, [set(it.terms) for it in found.topics]) > 0.9


def test_every_post_is_given_to_what_it_was_written_about(
    corpus: pd.DataFrame, found: Found
) -> None:
    subject = corpus.set_index("post_id")["subject"]
    of_best = found.best.assign(subject=list(subject[found.best["post_id"]]))
    assert (of_best.groupby("topic")["subject"].nunique() == 1).all()
    sizes = sorted(it.posts for it in found.topics)
    planted_sizes = sorted(corpus["subject"].value_counts())
    assert sum(sizes) > 0.9 * len(corpus)
    assert all(abs(a - b) < 0.15 * b for a, b in zip(sizes, planted_sizes, strict=True))


def test_the_same_posts_have_the_same_topics_every_time(corpus: pd.DataFrame, found: Found) -> None:
    again = find(as_read(corpus))
    assert again.topics == found.topics and again.corpora == found.corpora
    assert again.days.equals(found.days) and again.best.equals(found.best)


def test_topics_come_with_their_posts_days_and_engagements(
    corpus: pd.DataFrame, found: Found
) -> None:
    assert [it.posts for it in found.topics] == sorted(
        (it.posts for it in found.topics), reverse=True
    )
    days = found.days
    assert days["posts"].sum() == len(corpus)
    for place, topic in enumerate(found.topics):
        assert days.loc[days["topic"] == place, "posts"].sum() == topic.posts
        best = found.best[found.best["topic"] == place]
        assert len(best) == topics.BEST and best["engagements"].is_monotonic_decreasing
        assert all(set(topic.terms) & set(text.split()) for text in best["text"])
        assert topic.posts >= 20 and 5 <= topic.authors <= topic.posts
        assert topic.engagements is not None and topic.engagements > 0
    assert "author_id" not in found.best
    corpus_of_all = found.corpora[0]
    assert corpus_of_all.in_topics == sum(it.posts for it in found.topics)


def test_languages_are_looked_at_apart_and_too_few_texts_are_left_alone() -> None:
    rows = pd.concat(
        [
            planted(400, 5, seed=2, language="fr-FR"),
            planted(300, 4, seed=3, language=None),
            planted(60, 2, seed=4, language="ee"),
        ]
    )
    found = find(as_read(rows.sort_values("post_id")))
    assert [it.language for it in found.corpora] == ["fr", None, "ee"]
    assert [it.posts for it in found.corpora] == [400, 300, 60]
    assert found.corpora[2].number is None and found.corpora[2].in_topics == 0
    assert {it.language for it in found.topics} == {"fr", None}


def test_a_topic_of_few_accounts_is_not_shown() -> None:
    assert find(as_read(planted(400, 5, authors=4))).topics == ()


def test_no_account_s_own_word_names_a_topic(corpus: pd.DataFrame) -> None:
    rows = corpus.copy()
    rows.loc[:149, "author_id"] = f"{7:026x}"
    rows.loc[:149, "text"] += " monsignature monsignature"
    found = find(as_read(rows))
    assert found.topics
    assert not [it for topic in found.topics for it in topic.terms if "monsignature" in it]


def test_the_campaign_s_hashtags_names_of_accounts_and_addresses_are_no_terms(
    corpus: pd.DataFrame,
) -> None:
    tail = (
        " #LibertéPourTous #libertepourtous @8ac43ef8302ed69c0918ebe93f https://exemple.invalid/x"
    )
    rows = corpus.assign(text=corpus["text"] + tail)
    found = find(as_read(rows), hashtags=["LibertéPourTous"])
    terms = {it for topic in found.topics for it in topic.terms}
    assert not {it for it in terms if any(no in it for no in ("libert", "8ac4", "exemple"))}


def test_a_text_published_a_hundred_times_is_learnt_from_once(corpus: pd.DataFrame) -> None:
    copies = pd.concat([corpus.head(1)] * 100).assign(post_id=[f"ff{it:024x}" for it in range(100)])
    found = find(as_read(pd.concat([corpus, copies])))
    assert found.corpora[0].texts == len(corpus) and found.corpora[0].posts == 700
    assert found.corpora[0].number == 6
    assert not found.best.duplicated(["topic", "text"]).any()


@pytest.mark.parametrize("texts", [[], ["un mot"], ["👍"] * 300, [f"{it}" for it in range(300)]])
def test_texts_without_words_have_no_topics(texts: list[str]) -> None:
    rows = planted(max(len(texts), 1), 1).head(len(texts)).assign(text=texts)
    assert find(as_read(rows)).topics == ()


def test_progress_grows_to_the_end_and_a_stop_is_heard_soon(corpus: pd.DataFrame) -> None:
    told: list[float] = []
    find(as_read(corpus), progress=told.append)
    assert told == sorted(told) and told[-1] == pytest.approx(1) and len(told) > 100

    told.clear()
    with pytest.raises(Stopped):
        find(as_read(corpus), progress=told.append, is_stopped=lambda: len(told) > 30)
    assert len(told) == 31


@given(st.integers(1, 6), st.integers(1, 6), st.data())
@settings(max_examples=30, deadline=None)
def test_likeness_pairs_each_set_with_the_one_that_stands_for_it(
    ours: int, theirs: int, data: st.DataObject
) -> None:
    row = st.lists(st.booleans(), min_size=12, max_size=12)
    one, other = (
        np.array(data.draw(st.lists(row, min_size=n, max_size=n)), np.float32)
        for n in (ours, theirs)
    )
    found = factors.likest(one, other)
    assert len(found) == min(ours, theirs) and ((found >= 0) & (found <= 1)).all()
    assert factors.likest(one, one[::-1]).sum() == pytest.approx(one.any(axis=1).sum())


def topic(*terms: str, language: str | None = "fr") -> Topic:
    return Topic(language, terms, 1.0, 20, 5, None, 0)


def test_a_name_stays_with_its_topic_while_most_of_its_terms_do(lake: Lake) -> None:
    before = topic(*"abcdefghij")
    lake.name_topic("campagne", "fr", before.terms, "L’eau")
    named = lake.topic_names("campagne")
    drifted = topic(*"jihgfedxyz")  # 7 of 13 terms
    other = topic(*"abcuvwxyzk")  # 3 of 17
    assert names([other, drifted, before], named) == [None, None, ("L’eau", before.terms)]
    assert names([other, drifted], named) == [None, ("L’eau", before.terms)]
    assert names([topic(*"abcdefghij", language=None)], named) == [None]


def test_a_new_name_takes_the_place_of_the_old_one_for_good(lake: Lake) -> None:
    before, after = topic(*"abcdefghij"), topic(*"abcdefghxy")
    lake.name_topic("campagne", "fr", before.terms, "L’eau")
    lake.name_topic("campagne", "fr", after.terms, "Les puits", before.terms)
    named = lake.topic_names("campagne")
    assert names([before], named) == names([after], named) == [("Les puits", after.terms)]
    lake.name_topic("campagne", "fr", after.terms, None, after.terms)
    assert lake.topic_names("campagne").empty
    assert Lake(lake.root).topic_names("autre").empty


def test_a_topic_of_no_known_language_keeps_its_name_too(lake: Lake) -> None:
    unknown = topic(*"abcdefghij", language=None)
    lake.name_topic("campagne", None, unknown.terms, "Sans langue")
    assert names([unknown], lake.topic_names("campagne")) == [("Sans langue", unknown.terms)]
