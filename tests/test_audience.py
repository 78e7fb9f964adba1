"""Unique audiences: worked values, properties, and audiences whose truth is known."""

from __future__ import annotations

import math
import sys
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis import aggregates
from analysis.measure import Caution, MeasureKind
from analysis.reach.audience import (
    SHARED,
    Reach,
    calibrated_heterogeneity,
    estimated_reach,
    unique_audience,
)
from analysis.reach.overlap import (
    FEWEST_SEEN_TWICE,
    SeenTogether,
    agostini,
    counts_only,
    dawson_sankoff,
    halves_to_wholes,
    hunter_worsley,
    random_duplication,
)
from data.simulate import SimulatedAudiences, audiences
from tests.posts import on_duckdb, on_pandas

NOBODY = pd.DataFrame(columns=["author_id", "actor_id", "network", "even", "odd"])

sizes = st.lists(st.floats(1, 1e6), min_size=1, max_size=8)


def exposures(*authors: dict[str, Any]) -> pd.DataFrame:
    """Authors of X with 10 posts, 1,000 followers and 1,000 views, except for what is said."""
    usual = {
        **{"network": "x", "posts": 10, "followers": 1000, "views": 1000.0, "views_sd": 0.0},
        **{"n_reported": None, "imputed": None, "n_imputed": 0, "shared_sd": 0.0, "reach": None},
    }
    rows = [{"author_id": f"a{n:02}"} | usual | author for n, author in enumerate(authors)]
    for row in rows:
        row.setdefault("reported", row["views"])
        row["n_reported"] = row["posts"] if row["n_reported"] is None else row["n_reported"]
    return pd.DataFrame(rows)


def counted(*people: float, **same: Any) -> pd.DataFrame:
    """Authors whose networks say how many people they reached."""
    return exposures(*({"reach": it, "views": float(it), "posts": 1} | same for it in people))


def engaged(*groups: tuple[str, range], times: tuple[int, int] = (1, 1)) -> pd.DataFrame:
    """People, by their numbers, who engage with an author, in both halves unless said."""
    rows = [(author, f"p{n:05}", "x", *times) for author, people in groups for n in people]
    return pd.DataFrame(rows, columns=list(NOBODY.columns))


def values(found: Reach) -> list[float | None]:
    measures = [found.estimated, found.bounds, *found.by_network.values()]
    return [it for one in measures for it in (one.value, one.low, one.high)]


# One author


@pytest.mark.parametrize(("posts", "seen"), [(1, 0.2), (2, 0.34), (5, 0.581696)])
def test_the_beta_binomial_gives_the_worked_values(posts, seen):
    # One post is seen by p = 0.2, two by 2 p - d: with d = 0.06 in both, alpha is 1.4, beta 5.6.
    audience = unique_audience(posts, 200 * posts, 1000, from_followers=1, heterogeneity=1 / 8)
    assert audience == pytest.approx(1000 * seen, rel=1e-6)


def test_without_heterogeneity_posts_are_seen_by_chance_and_with_all_of_it_by_the_same():
    posts = np.array([1, 2, 7, 40, 300])
    views = 200 * posts

    def seen(heterogeneity):
        return unique_audience(posts, views, 1000, from_followers=1, heterogeneity=heterogeneity)

    assert seen(1e-7) == pytest.approx(1000 * (1 - 0.8**posts), rel=1e-5)
    assert seen(1 - 1e-7) == pytest.approx(200, rel=1e-5)


@given(
    st.integers(1, 3000),
    st.floats(1e-9, 0.95),
    st.floats(0.001, 0.95),
)
def test_the_share_who_saw_is_exact_whatever_the_numbers(posts, p, heterogeneity):
    m = 1 / heterogeneity - 1
    exact = -math.expm1(math.fsum(math.log1p(-p * m / (m + i)) for i in range(posts)))
    found = unique_audience(posts, p * posts, 1, from_followers=1, heterogeneity=heterogeneity)
    assert found == pytest.approx(exact, rel=1e-5)


@given(st.floats(1e-6, 0.95), st.floats(0.001, 0.95), st.floats(1, 1e7))
def test_more_posts_reach_more_followers_but_each_fewer_new_ones(p, heterogeneity, followers):
    posts = np.arange(1, 60)
    found = unique_audience(
        posts, p * posts * followers, followers, from_followers=1, heterogeneity=heterogeneity
    )
    assert found[0] == pytest.approx(followers * p)
    assert (found <= followers * (1 + 1e-9)).all()
    assert (np.diff(found) >= -1e-9 * found[1:]).all()
    assert (np.diff(found, 2) <= 1e-6 * found[2:]).all()


@given(st.integers(1, 500), st.floats(0, 1e9), st.floats(0, 1e8), st.floats(0.01, 0.99))
def test_nobody_sees_without_a_view(posts, views, followers, heterogeneity):
    found = unique_audience(posts, views, followers, heterogeneity=heterogeneity)
    assert 0 <= found <= views
    assert math.isfinite(found)


def test_views_that_followers_cannot_account_for_are_by_others():
    # 100 followers see 95 at the most, so of 10,000 views 9,905 are by others.
    assert unique_audience(1, 10_000, 100) == pytest.approx(95 + 9905 / 1.3)


def test_heterogeneity_is_found_again_from_accounts_that_know_whom_they_reach():
    posts, a_post = np.array([2, 5, 9, 30, 1]), np.array([200, 50, 400, 90, 7])
    reach = unique_audience(posts, posts * a_post, 1000, from_followers=1, heterogeneity=0.37)
    assert calibrated_heterogeneity(posts, a_post, 1000, reach) == pytest.approx(0.37, abs=1e-5)
    assert calibrated_heterogeneity([1], [50], [1000], [50]) is None


# Several authors


def test_three_audiences_give_the_worked_values():
    assert random_duplication([0.2, 0.3, 0.1], 1) == pytest.approx(0.496)
    pairs = [[0, 20, 0], [20, 0, 10], [0, 10, 0]]
    assert agostini(120, 30) == pytest.approx(93.658537)
    assert dawson_sankoff(120, 30) == 90
    assert hunter_worsley([40, 50, 30], pairs) == 90


@given(sizes, st.floats(1, 1e7), st.floats(0, 1))
def test_m0_lies_within_the_hard_bounds(people, population, nested):
    people = np.minimum(people, population)
    found = counts_only(people, population, nested=nested)
    most = min(people.sum(), population)
    assert people.max() * (1 - 1e-9) <= found <= most * (1 + 1e-9)


@given(sizes, st.floats(1, 1e6), st.floats(1, 1e7), st.floats(0, 1))
def test_one_more_author_never_lowers_m0(people, another, population, nested):
    before = counts_only(np.minimum(people, population), population, nested=nested)
    after = counts_only(np.minimum([*people, another], population), population, nested=nested)
    assert after >= before * (1 - 1e-9)


@given(sizes, sizes, st.floats(1, 1e7), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_two_halves_of_a_campaign_reach_at_least_what_the_whole_does(
    people, others, population, nested, some, more
):
    people, others = np.minimum(people, population), np.minimum(others, population)
    both = np.append(people, others)
    apart = sum(counts_only(it, population, nested=nested) for it in (people, others))
    assert counts_only(both, population, nested=nested) <= apart * (1 + 1e-9)

    shared, of_others = some * people.sum(), more * others.sum()
    apart = agostini(people.sum(), shared) + agostini(others.sum(), of_others)
    assert agostini(both.sum(), shared + of_others) <= apart * (1 + 1e-9)


@given(sizes, st.floats(1, 1e7), st.floats(0.01, 100))
def test_m0_scales_with_audiences_and_population(people, population, by):
    people = np.minimum(people, population)
    scaled = counts_only(people * by, population * by)
    assert scaled == pytest.approx(by * counts_only(people, population), rel=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(60, 200), min_size=2, max_size=6))
def test_m1_adds_up_whatever_audiences_have_nobody_in_common(people):
    seen = engaged(*((f"a{n:02}", range(100 * n, 100 * n + 20)) for n in range(len(people))))
    found = estimated_reach(counted(*people), seen).estimated
    assert found.method == "estimated_reach.m1/2"
    assert found.value == pytest.approx(sum(people))


@given(st.integers(2, 6), st.integers(20, 10_000))
def test_audiences_that_are_all_the_same_are_no_more_than_one(authors, people):
    ids = [f"a{n:02}" for n in range(authors)]
    audiences = np.full(authors, float(people))
    seen = SeenTogether.of(pd.Series(ids), audiences, engaged(*((it, range(20)) for it in ids)))
    assert hunter_worsley(audiences, seen.shared_by_pair) == pytest.approx(people)


def test_people_seen_with_both_authors_say_what_these_share():
    authors = pd.Series(["a", "b"])
    alike = engaged(("a", range(20)), ("b", range(20)))
    seen = SeenTogether.of(authors, np.array([100.0, 100.0]), alike)
    assert seen.shared_by_pair == pytest.approx(np.array([[0, 100], [100, 0]]))
    assert hunter_worsley([100, 100], seen.shared_by_pair) == pytest.approx(100)


def test_audiences_without_anybody_in_common_add_up():
    apart = engaged(("a00", range(20)), ("a01", range(50, 70)))
    found = estimated_reach(counted(100, 60), apart).estimated
    assert found.method == "estimated_reach.m1/2"
    assert found.value == found.high == 160


@given(st.floats(0.05, 5), st.floats(0.5, 30))
def test_wholes_tell_of_one_another_what_the_logarithmic_series_says(rate, x):
    """Poisson numbers whose means are spread as 1 / mean, down to next to nothing."""
    means = np.exp(np.linspace(np.log(1e-9), np.log(60 * x), 20_001))
    likely = np.exp(-means / x) * rate  # of each step of a logarithm, so without the 1 / mean
    seen, whole = (likely @ (1 - np.exp(-share * means)) for share in (0.5, 1))
    twice, whole_twice = (likely @ (1 - np.exp(-share * means)) ** 2 for share in (0.5, 1))
    expected = (whole_twice / whole**2) / (twice / seen**2)
    assert halves_to_wholes(likely @ means / whole) == pytest.approx(expected, rel=1e-3)


def test_people_who_are_seen_once_leave_nothing_to_correct():
    assert halves_to_wholes(1) == 1
    assert halves_to_wholes(1.00002) == pytest.approx(1, abs=1e-4)


def test_where_few_people_are_seen_the_overlap_is_an_assumption():
    few = engaged(("a00", range(2)), ("a01", range(2)))
    found = estimated_reach(counted(50_000, 40_000), few).estimated
    assert found.method == "estimated_reach.m0/1"
    assert found.warnings == (Caution.COUNTS_ONLY,)
    assert found.grade == "D"


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.floats(1, 50))
def test_m1_scales_with_the_audiences_where_it_learns_from_halves(seed, by):
    universe = audiences(8, seed)
    assume((universe.engaged[["even", "odd"]] > 0).all(axis=1).sum() >= FEWEST_SEEN_TWICE)
    people = np.array(universe.audiences, dtype=float)
    once = estimated_reach(universe.exposures.assign(reach=people), universe.engaged)
    more = estimated_reach(universe.exposures.assign(reach=by * people), universe.engaged)
    assert more.estimated.method == once.estimated.method
    assert more.estimated.value == pytest.approx(by * once.estimated.value)


# Campaigns

author = st.fixed_dictionaries(
    {
        "network": st.sampled_from(["x", "mastodon", "youtube"]),
        "posts": st.integers(1, 30),
        "followers": st.none() | st.integers(0, 10**6),
        "views": st.none() | st.floats(0, 1e7),
        "views_sd": st.floats(0, 1e4),
        "shared_sd": st.just(0.0),
        "reach": st.none() | st.integers(0, 10**6),
    }
)
#: Who engages: the place of the author, a person, and how many times.
meetings = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 30), st.integers(0, 3), st.integers(0, 3)),
    max_size=120,
    unique_by=lambda it: it[:2],
)


@st.composite
def campaign(draw: st.DrawFn) -> tuple[pd.DataFrame, pd.DataFrame]:
    authors = exposures(*draw(st.lists(author, min_size=1, max_size=8)))
    rows = [
        (authors["author_id"][place], f"p{person}", authors["network"][place], even, odd)
        for place, person, even, odd in draw(meetings)
        if place < len(authors)
    ]
    return authors, pd.DataFrame(rows, columns=list(NOBODY.columns))


@settings(max_examples=60, deadline=None)
@given(campaign(), st.none() | st.integers(1, 10**7))
def test_every_estimate_lies_in_its_interval_and_that_in_the_hard_bounds(made, population):
    authors, seen = made
    people = {} if population is None else {"x": population, "mastodon": population}
    found = estimated_reach(authors, seen, population=people)
    for network, measure in [*found.by_network.items(), (None, found.estimated)]:
        bounds = found.bounds if network is None else found.bounds_by_network[network]
        ours = authors[authors["network"] != "youtube"]
        ours = ours if network is None else ours[ours["network"] == network]
        assert bounds.value is None
        if measure.value is None:
            assert (measure.low, measure.high, measure.grade) == (None, None, None)
            assert (bounds.low, bounds.high) == (None, None)
            continue
        assert 0 <= bounds.low <= measure.low <= measure.value <= measure.high <= bounds.high
        assert bounds.high <= people.get(network or "x", math.inf) * (1 if network else 2)
        views = np.maximum(
            ours["views"].fillna(0).astype(float), ours["reach"].fillna(0).astype(float)
        )
        assert measure.value <= views.sum() * (1 + 1e-9)


@settings(max_examples=40, deadline=None)
@given(campaign(), st.randoms(use_true_random=False))
def test_the_order_of_rows_is_of_no_consequence_and_the_same_input_gives_the_same(made, random):
    authors, seen = made
    rows, others = list(range(len(authors))), list(range(len(seen)))
    random.shuffle(rows)
    random.shuffle(others)
    found = estimated_reach(authors, seen)
    assert estimated_reach(authors, seen) == found
    assert estimated_reach(authors.iloc[rows], seen.iloc[others]) == found


@settings(max_examples=40, deadline=None)
@given(campaign())
def test_one_more_author_never_lowers_the_bounds(made):
    authors, seen = made
    # Of audiences that are counted, the bounds are exactly the largest and the sum.
    authors = authors.assign(reach=authors["reach"].fillna(7).astype(int), network="x")
    seen = seen.assign(network="x")
    more = pd.concat([authors, counted(5000).assign(author_id="zz")], ignore_index=True)
    before, after = (estimated_reach(it, seen) for it in (authors, more))
    assert before.bounds.low == authors["reach"].max()
    assert before.bounds.high == pytest.approx(authors["reach"].sum())
    assert after.bounds.low >= before.bounds.low
    assert after.bounds.high >= before.bounds.high
    assert after.bounds.low <= after.estimated.value <= after.bounds.high


def test_unknown_views_give_an_unknown_reach_and_not_none():
    found = estimated_reach(exposures({"views": None}, {"views": None}), NOBODY)
    assert {*values(found)} == {None}
    assert (found.estimated.n, found.estimated.coverage) == (0, 0.0)


def test_an_author_without_known_views_is_left_out_and_said_to_be():
    found = estimated_reach(exposures({}, {"views": None, "n_reported": 0}), NOBODY).estimated
    alone = estimated_reach(exposures({}), NOBODY).estimated
    assert found.value == alone.value
    assert (found.n, found.coverage) == (1, 0.5)
    assert Caution.PARTIAL in found.warnings
    assert Caution.PARTIAL not in alone.warnings


def test_unknown_followers_are_those_of_the_usual_author():
    known, unknown = exposures({}, {}), exposures({}, {"followers": None})
    assert values(estimated_reach(unknown, NOBODY)) == pytest.approx(
        values(estimated_reach(known, NOBODY))
    )


def test_youtube_never_enters():
    tube = {"network": "youtube", "views": 1e6, "followers": 10**6}
    alone = estimated_reach(exposures({}), NOBODY)
    assert estimated_reach(exposures({}, tube), NOBODY) == alone
    nothing = estimated_reach(exposures(tube), NOBODY)
    assert nothing.by_network == nothing.bounds_by_network == {}
    assert nothing.estimated.value is None


def test_of_two_networks_the_smaller_shares_a_part_with_the_larger():
    found = estimated_reach(
        pd.concat([counted(1000), counted(400, network="mastodon")], ignore_index=True), NOBODY
    )
    assert found.estimated.value == pytest.approx(1000 + (1 - SHARED) * 400)
    assert found.bounds.low == 1000
    assert found.bounds.high == pytest.approx(1400)
    assert found.bounds.kind is MeasureKind.BOUNDED


@pytest.mark.parametrize(
    ("authors", "grade"),
    [
        (counted(1000), "A"),
        (exposures({}), "B"),
        (exposures({"reported": 700.0, "imputed": 300.0, "n_reported": 7, "n_imputed": 3}), "C"),
        (exposures({"reported": 100.0, "imputed": 900.0, "n_reported": 1, "n_imputed": 9}), "D"),
        (exposures({}, {}), "D"),
        (
            exposures(
                {},
                {
                    "network": "mastodon",
                    "views": 10.0,
                    "reported": None,
                    "imputed": 10.0,
                    "n_reported": 0,
                    "n_imputed": 10,
                },
            ),
            "B",
        ),
    ],
)
def test_grades_say_what_an_estimate_rests_on(authors, grade):
    assert estimated_reach(authors, NOBODY).estimated.grade == grade


def test_views_that_nobody_publishes_widen_the_interval():
    imputed = {"reported": None, "imputed": 1000.0, "n_reported": 0, "n_imputed": 10}
    sure = estimated_reach(exposures({}), NOBODY).estimated
    unsure = estimated_reach(exposures(imputed | {"shared_sd": 0.7}), NOBODY).estimated
    assert unsure.low < 0.6 * sure.low
    assert unsure.high > 1.4 * sure.high
    assert Caution.IMPUTED in unsure.warnings


def test_in_a_large_campaign_some_authors_stand_for_the_others():
    """2,000 authors, ten of each kind: ten times what 200, all drawn one by one, give."""
    people = np.exp(np.linspace(2, 9, 200))
    few = exposures(*({"views": it, "followers": int(2 * it)} for it in people))
    many = exposures(*({"views": it, "followers": int(2 * it)} for it in np.repeat(people, 10)))
    one, ten = (estimated_reach(it, NOBODY) for it in (few, many))
    assert ten.bounds.high == pytest.approx(10 * one.bounds.high, rel=0.02)
    assert ten.estimated.high == pytest.approx(10 * one.estimated.high, rel=0.04)


# Who engages


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_engaged_counts_who_reposts_answers_or_quotes_on_every_engine(data):
    ids = st.none() | st.sampled_from(["afi", "kossi", "dela"])
    pointing = {
        f"{column}_{what}": of
        for column in ("repost_of", "reply_to", "quote_of")
        for what, of in (("id", st.none() | st.sampled_from("0123ab")), ("author_id", ids))
    }
    rows = data.draw(
        st.lists(
            st.fixed_dictionaries(
                {"network": st.sampled_from(["x", "youtube"]), "author_id": ids} | pointing
            ),
            max_size=12,
        )
    )
    rows = [{"post_id": f"{n:026x}", "kind": "original"} | row for n, row in enumerate(rows)]
    times: dict[tuple[str, str], Counter[str]] = {}
    for row in rows:
        for column in ("repost_of", "reply_to", "quote_of"):
            author_id, post = row[f"{column}_author_id"], row[f"{column}_id"]
            strangers = {author_id, row["author_id"]} - {None}
            if len(strangers) == 2 and row["network"] == "x":
                half = times.setdefault((author_id, row["author_id"]), Counter())
                if post is not None:
                    half["odd" if int(post, 16) % 2 else "even"] += 1
    expected = [
        {"author_id": whose, "actor_id": who, "network": "x", "even": n["even"], "odd": n["odd"]}
        for (whose, who), n in sorted(times.items())
    ]
    for posts in (on_pandas(rows), on_duckdb(rows)):
        assert aggregates.engaged(posts).to_dict("records") == expected


def test_engaged_is_about_the_accounts_that_most_engage_with():
    rows = [
        {"post_id": f"{n:026x}", "network": "x", "kind": "repost", "author_id": f"p{n}"}
        | {"repost_of_id": "a", "repost_of_author_id": whose}
        for n, whose in enumerate(["kossi", "kossi", "afi", "dela"])
    ]
    for posts in (on_pandas(rows), on_duckdb(rows)):
        assert {*aggregates.engaged(posts, 1)["author_id"]} == {"kossi"}
        assert {*aggregates.engaged(posts, 2)["author_id"]} == {"kossi", "afi"}


# Universes whose truth is known

#: Median and 90th percentile of the size of M1's error that the method promises, by authors.
PROMISED = {3: (0.01, 0.10), 8: (0.00, 0.11), 20: (0.09, 0.17)}
UNIVERSES = 40


@dataclass
class Universe:
    """What was estimated of a universe, as a share of the truth."""

    naive: float
    m0: float
    m1: float
    is_covered: bool

    @classmethod
    def of(cls, made: SimulatedAudiences, authors: pd.DataFrame) -> Universe:
        m1 = estimated_reach(authors, made.engaged)
        people = authors["reach"].to_numpy(float, na_value=np.nan)
        modelled = unique_audience(*(authors[it] for it in ("posts", "views", "followers")))
        each = np.where(np.isnan(people), modelled, people)
        assert m1.estimated.value is not None
        return cls(
            *(it / made.people - 1 for it in (each.sum(), float(counts_only(each)))),
            m1.estimated.value / made.people - 1,
            m1.estimated.low <= made.people <= m1.estimated.high,
        )


def errors(universes: list[Universe], name: str) -> tuple[float, float]:
    of = np.array([getattr(it, name) for it in universes])
    return float(np.median(of)), float(np.quantile(np.abs(of), 0.9))


def test_people_are_counted_as_well_as_promised_where_the_truth_is_known(capsys):
    """Overlap alone, from each author's own audience, and all of it, from views and followers.

    The promises are of the overlap alone, and in whole percents.
    """
    lines = ["", "authors  given      sum          M0           M1           covered"]
    for authors, (median, most) in PROMISED.items():
        made = [audiences(authors, seed) for seed in range(UNIVERSES)]
        counts = [Universe.of(it, it.exposures.assign(reach=list(it.audiences))) for it in made]
        views = [Universe.of(it, it.exposures) for it in made]
        for given_, universes in (("audiences", counts), ("views", views)):
            said = "  ".join(
                f"{100 * middle:+4.0f} % ({100 * far:3.0f})"
                for middle, far in (errors(universes, name) for name in ("naive", "m0", "m1"))
            )
            covered = np.mean([it.is_covered for it in universes])
            lines.append(f"{authors:7}  {given_:9}{said}  {100 * covered:5.1f} %")
            assert covered >= 0.95
        middle, far = errors(counts, "m1")
        assert round(abs(middle), 2) <= median
        assert round(far, 2) <= most
    with capsys.disabled():
        sys.stdout.write("\n".join([*lines, ""]))


def test_followers_that_next_to_no_views_suggest_are_not_infinite() -> None:
    known = {"views_sd": 0.0, "imputed": None, "n_imputed": 0, "shared_sd": 0.0, "reach": None}
    views = [4.0, 2.3e-308]
    exposures = pd.DataFrame(
        {"author_id": ["a", "b"], "network": "x", "posts": 1, "followers": [None, 1000.0]}
        | {"views": views, "reported": views, "n_reported": 1}
        | known
    )
    nobody = pd.DataFrame({it: [] for it in ("author_id", "actor_id", "network", "even", "odd")})
    found = estimated_reach(exposures, nobody)
    assert 0 < found.estimated.value <= sum(views)
