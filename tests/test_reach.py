"""The measures, worked by hand and held to what must be true of any posts."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import aggregates
from analysis.measure import Caution, Measure, MeasureKind, Of, Unit
from analysis.reach import rates
from data.model import COUNTS
from tests.posts import on_pandas, post, posts_rows

OF_SUMS = (rates.impressions, rates.engagements, *rates.RATES.values())
VOLUMES = (rates.impressions, rates.engagements)

several_rows = settings(max_examples=25, deadline=None)


def totals(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return aggregates.totals(on_pandas(rows))


def authors(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return aggregates.by_author(on_pandas(rows))


CAMPAIGN = [
    post(
        "1",
        author_id="afi",
        author_followers=1000,
        published_at=datetime(2024, 5, 6, 8, tzinfo=UTC),
        likes=30,
        replies=6,
        reposts=10,
        quotes=4,
        impressions=1000,
    ),
    post(
        "2",
        author_id="afi",
        author_followers=1200,
        published_at=datetime(2024, 5, 7, 8, tzinfo=UTC),
        likes=10,
        replies=0,
        reposts=0,
        quotes=0,
        impressions=200,
    ),
    post("3", author_id="dela", network="mastodon", likes=5, replies=1, reposts=4),
    post("4", author_id="kossi", kind="repost", author_followers=300),
]


@pytest.mark.parametrize(
    ("measure", "value", "n", "coverage", "grade"),
    [
        (rates.impressions, 1200, 2, 2 / 3, "C"),
        (rates.engagements, 70, 3, 1, "A"),
        (rates.engagement_rate, 60 / 1200, 2, 2 / 3, "C"),
        (rates.virality_rate, 14 / 1200, 2, 2 / 3, "C"),
        (rates.amplification_rate, 18 / 3, 3, 1, "A"),
        (rates.conversation_rate, 7 / 3, 3, 1, "A"),
        (rates.applause_rate, 45 / 3, 3, 1, "A"),
    ],
)
def test_a_measure_worked_by_hand(measure, value, n, coverage, grade):
    found = measure(totals(CAMPAIGN))
    assert found.value == pytest.approx(value)
    assert (found.n, found.coverage, found.grade) == (n, pytest.approx(coverage), grade)
    assert found.window == (date(2024, 5, 6), date(2024, 5, 7))
    assert (Caution.PARTIAL in found.warnings) == (coverage < 1)
    assert found.method.startswith(measure.__name__)


def test_potential_reach_counts_each_account_once_at_its_highest():
    found = rates.potential_reach(totals(CAMPAIGN))
    assert (found.kind, found.grade) == (MeasureKind.BOUNDED, "D")
    assert (found.low, found.value, found.high) == (1200, 1500, 1500)
    assert (found.n, found.coverage) == (2, pytest.approx(2 / 3))
    assert found.warnings == (Caution.OVERLAP, Caution.PARTIAL)


def test_potential_reach_is_unknown_when_no_follower_count_is():
    found = rates.potential_reach(totals([post("1"), post("2", author_id="dela")]))
    assert (found.value, found.low, found.high, found.grade) == (None, None, None, None)
    assert (found.n, found.coverage) == (0, 0)


def test_shares_are_out_of_all_campaigns_compared():
    sums = totals(CAMPAIGN)
    assert rates.share_of_voice(sums, pd.Series({"b": 10, "c": 2})).value == 4 / 16
    assert rates.share_of_voice(sums, pd.Series(dtype="int64")).value is None
    partial = rates.share_of_engagements(sums, pd.Series({"b": 70, "c": None}))
    assert (partial.value, partial.warnings) == (0.5, (Caution.PARTIAL,))
    assert rates.share_of_engagements(totals([post("1")]), pd.Series({"b": 70})).value is None


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [(150, 100, 0.5), (0, 4, -1), (3, 0, None), (3, None, None), (None, 3, None), (0, 0, None)],
)
def test_change_is_a_fraction_and_unknown_from_nothing(now, before, expected):
    assert rates.change(now, before) == expected


def test_the_interval_of_a_share_holds_what_chance_allows():
    # At either end, the share found is as far off as 1.96 (two shares: 2.24) deviations allow.
    voice = rates.share_of_voice(pd.DataFrame({"posts": [30]}), pd.Series({"b": 70}))
    for end in (voice.low, voice.high):
        assert abs(voice.value - end) == pytest.approx(2.241403 * (end * (1 - end) / 100) ** 0.5)
    everyone = rates.share_of_authors(pd.DataFrame({"authors": [5]}), pd.Series({"b": 0}))
    assert everyone.value == everyone.high == 1
    assert everyone.low < 0.6
    nobody = rates.share_of_authors(pd.DataFrame({"authors": [0]}), pd.Series({"b": 5}))
    assert nobody.value == nobody.low == 0
    more = rates.share_of_voice(pd.DataFrame({"posts": [30]}), pd.Series({"b": 40, "c": 30}))
    assert more.low < voice.low < voice.high < more.high
    bursts = rates.share_of_engagements(totals(CAMPAIGN), pd.Series({"b": 70}))
    assert (bursts.low, bursts.high) == (None, None)


def estimate(value, low, high, **more):
    made = MeasureKind.ESTIMATED, Of.PEOPLE, Unit.COUNT, "some/1"
    return Measure(value, *made, 3, 1.0, low=low, high=high, **more)


def test_earned_views_are_those_of_neither_the_organisation_nor_its_members():
    moments = aggregates.view_moments(
        on_pandas([*CAMPAIGN, post("5", author_id="yao", impressions=400)])
    )
    earned = rates.earned_share(moments, {"afi", "dela"})
    assert (earned.value, earned.n, earned.coverage) == (0.25, 3, 0.75)
    assert (earned.grade, earned.warnings) == ("C", (Caution.PARTIAL,))
    assert rates.earned_share(moments, {"somebody else"}).value == 1
    assert rates.earned_share(moments, set()).value is None
    assert (
        rates.earned_share(aggregates.view_moments(on_pandas([post("1")])), {"afi"}).value is None
    )


def test_engagements_by_reach_are_as_uncertain_as_the_reach():
    rate = rates.engagement_rate_by_reach(
        totals(CAMPAIGN), estimate(700.0, 350.0, 1400.0, grade="D")
    )
    assert (rate.value, rate.low, rate.high, rate.grade) == (0.1, 0.05, 0.2, "D")
    assert rate.kind is MeasureKind.ESTIMATED
    unknown = estimate(None, None, None)
    assert rates.engagement_rate_by_reach(totals(CAMPAIGN), unknown).value is None
    assert rates.engagement_rate_by_reach(totals([post("1")]), rate).value is None


amounts = st.floats(0, 1e9)
estimates = (
    st.tuples(amounts, amounts, amounts)
    .map(sorted)
    .map(lambda it: estimate(it[1], it[0], it[2], grade="C"))
)


@several_rows
@given(estimates, estimates)
def test_whoever_was_reached_saw_it_at_least_once(impressions, people):
    often = rates.frequency(impressions, people)
    if people.value == 0:
        assert (often.value, often.low, often.high) == (None, None, None)
        return
    assert 1 <= often.low <= often.value
    assert often.high is None or often.value <= often.high
    assert (often.high is None) == (people.low == 0)


def test_no_posts_give_no_values():
    for measure in OF_SUMS:
        for sums in (totals([]), aggregates.by_network(on_pandas([]))):
            found = measure(sums)
            assert (found.value, found.n, found.coverage, found.grade) == (None, 0, None, None)
    assert rates.potential_reach(totals([])).value is None


@several_rows
@given(posts_rows)
def test_what_nobody_publishes_is_unknown_and_not_zero(rows):
    silent = [row | dict.fromkeys((*COUNTS, "author_followers")) for row in rows]
    sums = totals(silent)
    assert all(measure(sums).value is None for measure in OF_SUMS)
    assert rates.potential_reach(totals(silent)).value is None


@several_rows
@given(posts_rows, st.randoms(use_true_random=False))
def test_the_order_of_posts_changes_nothing(rows, random):
    shuffled = random.sample(rows, len(rows))
    sums, sums_shuffled = totals(rows), totals(shuffled)
    assert all(measure(sums) == measure(sums_shuffled) for measure in OF_SUMS)
    assert rates.potential_reach(totals(rows)) == rates.potential_reach(totals(shuffled))


@several_rows
@given(posts_rows, st.integers(0, 12))
def test_parts_measured_together_give_the_whole(rows, cut):
    whole, parts = totals(rows), [totals(rows[:cut]), totals(rows[cut:])]
    networks = aggregates.by_network(on_pandas(rows))
    for measure in OF_SUMS:
        assert measure(whole) == measure(pd.concat(parts)) == measure(networks)
    for volume in VOLUMES:
        values = [volume(part).value for part in parts]
        known = [value for value in values if value is not None]
        assert volume(whole).value == (sum(known) if known else None)


@several_rows
@given(posts_rows, st.lists(st.none() | st.integers(0, 10**9), max_size=4))
def test_values_stay_within_their_bounds(rows, others):
    sums = totals(rows)
    known = [measure(sums) for measure in OF_SUMS]
    assert all(found.value is None or found.value >= 0 for found in known)
    assert all(found.coverage is None or 0 <= found.coverage <= 1 for found in known)
    assert all((found.value is None) == (found.grade is None) for found in known)
    compared = pd.Series(others, dtype="Int64")
    moments = aggregates.view_moments(on_pandas(rows))
    for share in (
        rates.share_of_voice(sums, compared),
        rates.share_of_authors(sums, compared),
        rates.share_of_engagements(sums, compared),
        rates.earned_share(moments, {"afi"}),
    ):
        assert share.value is None or 0 <= share.value <= 1
        assert share.low is None or 0 <= share.low <= share.value <= share.high <= 1
    potential = rates.potential_reach(sums)
    if potential.value is not None:
        assert 0 <= potential.low <= potential.value <= potential.high


@several_rows
@given(posts_rows)
def test_another_account_never_lowers_the_potential_reach(rows):
    more = [*rows, post("another", author_id="yao", author_followers=7)]
    before, after = (rates.potential_reach(totals(part)).value for part in (rows, more))
    assert after == (before or 0) + 7
