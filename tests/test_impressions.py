"""The model of views: its sums against plain rows, its solution against a direct one, its
intervals against views that were hidden from it."""

from __future__ import annotations

from datetime import date
from math import exp, log
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import aggregates
from analysis.measure import Caution, MeasureKind
from analysis.reach import rates
from analysis.reach.impressions import (
    FEWEST_POSTS,
    OFFSET,
    ViewModel,
    estimated_impressions,
    exposures,
    view_model,
)
from data.model import OWN_KINDS
from tests.posts import added, day, on_duckdb, on_pandas, post, posts_rows

ENGAGEMENTS = ("likes", "replies", "reposts", "quotes")
A, B, G = {"original": 1.0, "reply": 0.2, "quote": 0.6}, 0.55, 0.6

several_rows = settings(max_examples=25, deadline=None)
few_campaigns = settings(max_examples=8, deadline=None)


def campaign(
    seed: int,
    networks: tuple[str, ...] = ("x", "instagram"),
    authors: int = 30,
    hidden: float = 0.5,
    without_views: dict[str, float] | None = None,
    within: float = 0.8,
    between: float = 0.6,
) -> tuple[list[dict[str, Any]], int]:
    """Posts whose views follow the model, some hidden, and the views of all.

    `without_views`: networks that hide all views, with the logarithm of their factor.
    """
    chance = np.random.default_rng(seed)
    rows, truth = [], 0
    for network in networks:
        factor = (without_views or {}).get(network)
        for author in range(authors):
            followers, habit = int(exp(chance.normal(7, 1.5))), chance.normal(0, between)
            for _ in range(1 + chance.poisson(5)):
                kind = str(chance.choice(list(A), p=[0.6, 0.3, 0.1]))
                likes = int(exp(chance.normal(1.5, 1.2)))
                level = A[kind] + B * log(followers + 1) + G * log(likes + 1) + (factor or 0)
                views = round(max(exp(level + habit + chance.normal(0, within)) - 1, 0))
                is_hidden = factor is not None or chance.random() < hidden
                truth += views
                rows.append(
                    post(
                        f"{network}{len(rows)}",
                        network=network,
                        kind=kind,
                        author_id=f"{network}{author}",
                        author_followers=followers,
                        likes=likes,
                        impressions=None if is_hidden else views,
                    )
                )
    return rows, truth


def modelled(
    rows: list[dict[str, Any]], on: Any = on_pandas
) -> tuple[pd.DataFrame, ViewModel | None]:
    posts = on(rows)
    moments = aggregates.view_moments(posts)
    model = view_model(aggregates.view_sums(posts), moments)
    missing = aggregates.missing_views(posts, model) if model else None
    return exposures(moments, missing, model), model


def engagements(row: dict[str, Any]) -> int | None:
    return added(row.get(count) for count in ENGAGEMENTS)


def own(rows: list[dict[str, Any]]) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        if row["kind"] != "repost":
            groups.setdefault((row["author_id"], row["network"], row["kind"]), []).append(row)
    return groups


def by_group(frame: pd.DataFrame) -> dict[tuple[Any, ...], dict[str, Any]]:
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return {(row["author_id"], row["network"], row["kind"]): row for row in rows}


def logarithms(posts: list[dict[str, Any]]) -> list[tuple[float, float, float]]:
    return [
        (log(row["impressions"] + 1), log(row["author_followers"] + 1), log(engaged + 1))
        for row in posts
        if row["impressions"] is not None and row["author_followers"] is not None
        if (engaged := engagements(row)) is not None
    ]


def are_close(found: dict[str, Any], expected: dict[str, Any]) -> bool:
    return all(
        found[name] == (pytest.approx(it, rel=1e-9) if isinstance(it, float) else it)
        for name, it in expected.items()
    )


@several_rows
@given(posts_rows)
def test_the_moments_of_accounts_are_sums_over_posts_on_every_engine(rows):
    found = aggregates.view_moments(on_pandas(rows))
    pd.testing.assert_frame_equal(found, aggregates.view_moments(on_duckdb(rows)), rtol=1e-9)
    accounts: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for (author, network, _), posts in own(rows).items():
        accounts.setdefault((author, network), []).extend(posts)
    groups = {key[:2]: row for key, row in by_group(found.assign(kind="")).items()}
    assert groups.keys() == accounts.keys()
    for key, posts in accounts.items():
        logs = logarithms(posts)
        days = [day(row) for row in posts if day(row)]
        views = [row["impressions"] for row in posts]
        followers = {row["author_followers"] for row in posts} - {None}
        of_kinds = {
            f"n_{kind}": len(logarithms([row for row in posts if row["kind"] == kind]))
            for kind in OWN_KINDS
        }
        assert are_close(
            groups[key],
            of_kinds
            | {
                "posts": len(posts),
                "followers": max(followers, default=None),
                "impressions": added(views),
                "n_impressions": sum(it is not None for it in views),
                "impressions_squared": float(sum(it**2 for it in views if it)),
                "reach": added(row["reach"] for row in posts),
                "first_on": min(days, default=None),
                "last_on": max(days, default=None),
                "y": float(sum(y for y, _, _ in logs)),
                "f": float(sum(f for _, f, _ in logs)),
                "e": float(sum(e for _, _, e in logs)),
            },
        )


@several_rows
@given(posts_rows)
def test_the_sums_of_kinds_are_over_posts_of_known_accounts_on_every_engine(rows):
    found = aggregates.view_sums(on_pandas(rows))
    pd.testing.assert_frame_equal(found, aggregates.view_sums(on_duckdb(rows)), rtol=1e-9)
    kinds: dict[tuple[Any, ...], list[tuple[float, float, float]]] = {}
    for (author, network, kind), posts in own(rows).items():
        if author is not None and (logs := logarithms(posts)):
            kinds.setdefault((None, network, kind), []).extend(logs)
    groups = by_group(found.assign(author_id=None))
    assert groups.keys() == kinds.keys()
    for key, logs in kinds.items():
        products = {
            "".join("yfe"[it] for it in (one, other)): float(
                sum(it[one] * it[other] for it in logs)
            )
            for one, other in ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))
        }
        sums = {name: float(sum(it[place] for it in logs)) for place, name in enumerate("yfe")}
        assert are_close(groups[key], {"n": len(logs)} | sums | products)


@several_rows
@given(posts_rows)
def test_what_is_missing_is_weighed_by_its_network_on_every_engine(rows):
    _, model = modelled(campaign(1)[0])
    found = aggregates.missing_views(on_pandas(rows), model)
    pd.testing.assert_frame_equal(
        found, aggregates.missing_views(on_duckdb(rows), model), rtol=1e-9
    )
    groups = by_group(found)
    for key, posts in own(rows).items():
        b, g = model.own.get(key[1], model.pooled).slopes
        logs = [
            (log(row["author_followers"] + 1), log(engaged + 1))
            for row in posts
            if row["impressions"] is None and row["author_followers"] is not None
            if (engaged := engagements(row)) is not None and row["network"] != "youtube"
        ]
        assert (key in groups) == bool(logs)
        weights = [exp(b * f + g * e) for f, e in logs]
        for name, value in {
            "n": len(logs),
            "w": sum(weights),
            "ww": sum(w * w for w in weights),
            "wf": sum(w * f for w, (f, _) in zip(weights, logs)),
            "we": sum(w * e for w, (_, e) in zip(weights, logs)),
        }.items():
            assert not logs or groups[key][name] == pytest.approx(value, rel=1e-9)


def direct(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The same regression on the posts themselves, with matrices as large as the posts."""
    known = [row for row in rows if row["impressions"] is not None]
    y = np.log1p([row["impressions"] for row in known])
    covariates = np.log1p([[row["author_followers"], row["likes"]] for row in known])
    kinds = np.array([[row["kind"] == kind for kind in sorted(A)] for row in known], float)
    authors = sorted({row["author_id"] for row in known})
    of_author = np.array([[row["author_id"] == it for it in authors] for row in known], float)
    mean = kinds @ np.linalg.pinv(kinds)
    ridge = np.vstack([covariates - mean @ covariates, np.eye(2)])
    slopes = np.linalg.lstsq(ridge, np.concatenate([y - mean @ y, np.zeros(2)]), rcond=None)[0]
    intercepts = np.linalg.pinv(kinds) @ (y - covariates @ slopes)
    residuals = y - kinds @ intercepts - covariates @ slopes

    design = np.hstack([kinds, covariates])
    inverse = np.linalg.inv(design.T @ design + np.diag([0] * len(A) + [1, 1]))
    leaves = np.eye(len(y)) - design @ inverse @ design.T
    centres = np.eye(len(y)) - of_author @ np.linalg.pinv(of_author)
    shared = of_author @ of_author.T
    factors = [
        [np.trace(leaves @ centre @ leaves @ noise) for noise in (np.eye(len(y)), shared)]
        for centre in (np.eye(len(y)), centres)
    ]
    squares = [residuals @ residuals, residuals @ centres @ residuals]
    within, between = np.linalg.solve(factors, squares)
    noise = within * np.eye(len(y)) + between * shared
    return {
        "slopes": slopes,
        "intercepts": intercepts,
        "within": within,
        "between": between,
        "covariance": inverse @ design.T @ noise @ design @ inverse,
        "n": dict(zip(authors, of_author.sum(axis=0))),
        "residuals": dict(zip(authors, of_author.T @ residuals)),
    }


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_moments_give_the_solution_that_the_posts_give(seed):
    rows, _ = campaign(seed, networks=("x",), authors=25)
    _, model = modelled(rows)
    (fit,), expected = model.own.values(), direct(rows)
    assert fit.kinds == tuple(sorted(A))
    for name in ("slopes", "intercepts", "within", "between", "covariance"):
        np.testing.assert_allclose(getattr(fit, name), expected[name], rtol=1e-9, atol=1e-12)


def test_an_account_is_expected_to_have_what_its_posts_are_expected_to_have():
    rows, _ = campaign(3, networks=("x",), authors=25)
    found, _ = modelled(rows)
    fit = direct(rows)
    intercepts = dict(zip(sorted(A), fit["intercepts"]))
    for _, account in found.iterrows():
        mine = [row for row in rows if row["author_id"] == account["author_id"]]
        hidden = [row for row in mine if row["impressions"] is None]
        n = fit["n"].get(account["author_id"], 0)
        known_from = fit["within"] + n * fit["between"]
        habit = fit["between"] * fit["residuals"].get(account["author_id"], 0) / known_from
        left = fit["between"] * fit["within"] / known_from
        levels = [
            intercepts[row["kind"]]
            + fit["slopes"] @ np.log1p([row["author_followers"], row["likes"]])
            + habit
            for row in hidden
        ]
        means = np.exp(np.array(levels) + (left + fit["within"]) / 2)
        covariance = np.expm1(left + fit["within"] * np.eye(len(hidden)))
        reported = added(row["impressions"] for row in mine)
        assert account["n_imputed"] == len(hidden)
        if hidden:
            assert account["imputed"] == pytest.approx(means.sum() - len(hidden), rel=1e-9)
            variance = means @ covariance @ means
            assert account["imputed_sd"] == pytest.approx(variance**0.5, rel=1e-9)
        else:
            assert pd.isna(account["imputed"])
            assert account["imputed_sd"] == 0
        expected = (reported or 0) + (account["imputed"] if hidden else 0)
        assert account["views"] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    "settings_of_world",
    [{}, {"hidden": 0.9, "authors": 80}, {"within": 1.2, "between": 0.2}],
    ids=["half hidden", "nearly all hidden", "posts differ more than authors"],
)
def test_the_interval_holds_the_views_that_were_hidden(settings_of_world):
    hits = []
    for seed in range(40):
        rows, truth = campaign(seed, networks=("x",), **settings_of_world)
        found = estimated_impressions(modelled(rows)[0])
        hits.append(found.low <= truth <= found.high)
    assert np.mean(hits) >= 0.88


def test_the_interval_holds_the_views_of_a_network_that_publishes_none():
    chance, hits = np.random.default_rng(0), []
    for seed in range(40):
        factor = chance.normal(0, OFFSET)
        rows, truth = campaign(seed, networks=("x", "bluesky"), without_views={"bluesky": factor})
        found, _ = modelled(rows)
        measure = estimated_impressions(found)
        hits.append(measure.low <= truth <= measure.high)
    assert np.mean(hits) >= 0.88
    of_bluesky = found[found["network"] == "bluesky"]
    assert (of_bluesky["shared_sd"] >= OFFSET).all()
    alone = estimated_impressions(of_bluesky)
    assert (alone.grade, alone.n, alone.coverage) == ("D", of_bluesky["posts"].sum(), 1)
    assert alone.high / alone.low > 10


def views(number: int, **values: Any) -> list[dict[str, Any]]:
    return [
        post(
            f"{values.get('network', 'x')}{it}",
            **{
                "author_id": f"a{it % 7}",
                "author_followers": 100 * (it % 7) + it,
                "likes": it % 11,
                "impressions": 50 + 13 * it,
            }
            | values,
        )
        for it in range(number)
    ]


def test_under_thirty_posts_with_views_nothing_is_estimated():
    hidden = post("hidden", author_followers=10, likes=3)
    found, model = modelled([*views(FEWEST_POSTS - 1), hidden])
    assert model is None
    assert found["imputed"].isna().all()
    measure = estimated_impressions(found)
    assert (measure.kind, measure.value) == (MeasureKind.MEASURED, sum(found["reported"].dropna()))
    assert (measure.low, measure.high) == (None, None)
    assert measure.warnings == (Caution.PARTIAL,)
    found, model = modelled([*views(FEWEST_POSTS), hidden])
    assert found.set_index("author_id")["n_imputed"]["afi"] == 1
    assert Caution.IMPUTED in estimated_impressions(found).warnings


def test_what_followers_or_engagements_do_not_allow_stays_unknown():
    silent = [
        post("1", author_id="no followers", likes=3),
        post("2", author_id="no engagements", author_followers=10),
        post("3", author_id="both", author_followers=10, likes=3),
        post("4", author_id="only reposts", kind="repost", author_followers=10),
    ]
    found, _ = modelled([*views(FEWEST_POSTS), *silent])
    of = found.set_index("author_id")
    assert of.loc[["no followers", "no engagements"], "views"].isna().all()
    assert of.loc["both", "views"] > 0
    assert "only reposts" not in of.index
    measure = estimated_impressions(found)
    assert (measure.n, measure.coverage) == (31, 31 / 33)
    assert measure.warnings == (Caution.PARTIAL, Caution.IMPUTED)


def test_nothing_of_youtube_is_estimated_or_added_to_others():
    silent = [post(f"s{it}", network="youtube", author_followers=10, likes=3) for it in range(3)]
    rows = [*views(FEWEST_POSTS), *views(40, network="youtube"), *silent]
    found, model = modelled(rows)
    assert set(model.own) == {"x"}
    of_youtube = found[found["network"] == "youtube"]
    assert (of_youtube["n_imputed"] == 0).all()
    published = sum(row["impressions"] for row in views(FEWEST_POSTS))
    assert estimated_impressions(found).value == published
    assert estimated_impressions(of_youtube).n == 40
    assert modelled([*views(40, network="youtube"), *silent])[1] is None


def test_a_network_with_few_views_takes_the_pooled_model():
    few = views(FEWEST_POSTS - 1, network="tiktok")
    hidden = post("hidden", network="tiktok", author_followers=10, likes=3)
    found, model = modelled([*views(40), *few, hidden])
    assert set(model.own) == {"x"}
    assert model.pooled.shares.sum() == pytest.approx(1)
    of = found.set_index(["author_id", "network"])
    assert of.loc[("afi", "tiktok"), "shared_sd"] > OFFSET


def test_a_kind_that_the_model_has_not_seen_takes_the_mean_of_the_others():
    hidden = [post("hidden", kind="quote", author_followers=300, likes=3)]
    found, model = modelled([*views(40), *views(20, network="x", kind="reply"), *hidden])
    (fit,) = model.own.values()
    assert fit.kinds == ("original", "reply")
    b, g = fit.slopes
    level = fit.shares @ fit.intercepts + b * log(301) + g * log(4)
    expected = exp(level + (fit.between + fit.within) / 2) - 1
    assert found.set_index("author_id")["imputed"]["afi"] == pytest.approx(expected)


def test_one_author_with_views_speaks_for_others_with_doubt():
    rows = [*views(FEWEST_POSTS, author_id="us", kind="original"), *campaign(4)[0][:1]]
    hidden = post("hidden", author_id="others", author_followers=300, likes=3)
    found, model = modelled([*rows, hidden])
    assert model.pooled.between == model.pooled.within
    measure = estimated_impressions(found[found["author_id"] == "others"])
    assert measure.high / measure.low > 2


def test_published_reach_is_that_of_an_only_post():
    rows = [
        post("1", author_id="one", reach=70, impressions=90),
        post("2", author_id="two", reach=70),
        post("3", author_id="two", kind="reply", reach=50),
        post("4", author_id="none"),
    ]
    found, _ = modelled(rows)
    assert found.set_index("author_id")["reach"].fillna(-1).to_dict() == {
        "one": 70,
        "two": -1,
        "none": -1,
    }


def test_posts_of_unknown_authors_count_without_teaching():
    unknown = [
        *views(20, author_id=None),
        post("hidden", author_id=None, author_followers=9, likes=1),
    ]
    known, _ = campaign(5)
    found, model = modelled([*known, *unknown])
    for own_fit, fit in zip(modelled(known)[1].own.values(), model.own.values()):
        assert own_fit.slopes == fit.slopes
    (nobody,) = found[found["author_id"].isna()].to_dict("records")
    assert (nobody["n_reported"], nobody["n_imputed"], nobody["posts"]) == (20, 1, 21)


def test_drawing_an_account_again_moves_it_as_its_posts_differ():
    rows = [post(str(it), impressions=seen) for it, seen in enumerate([100, 200, 600])]
    (account,) = modelled(rows)[0].to_dict("records")
    assert account["views_sd"] == pytest.approx(np.std([100, 200, 600]) * 3**0.5)
    (one,) = modelled(rows[:1])[0].to_dict("records")
    assert (one["views"], one["views_sd"], one["shared_sd"]) == (100, 0, 0)


def test_the_measure_says_what_it_rests_on():
    rows, _ = campaign(6)
    found, _ = modelled([row | {"published_at": None} for row in rows])
    measure = estimated_impressions(found)
    assert (measure.kind, measure.grade, measure.coverage) == (MeasureKind.ESTIMATED, "C", 1)
    assert measure.n == len(rows)
    assert measure.low < measure.value < measure.high
    assert measure.window is None
    dated = found.assign(first_on=date(2024, 5, 1), last_on=date(2024, 5, 3))
    assert estimated_impressions(dated).window == (date(2024, 5, 1), date(2024, 5, 3))
    assert estimated_impressions(found) == measure


@several_rows
@given(posts_rows)
def test_any_posts_have_exposures_that_add_up(rows):
    found, _ = modelled([*campaign(7, authors=12)[0], *rows])
    measured = rates.impressions(aggregates.totals(on_pandas(rows)))
    alone, _ = modelled(rows)
    assert len(alone) == len(
        {(row["author_id"], row["network"]) for row in rows if row["kind"] != "repost"}
    )
    assert added(alone["reported"].dropna()) == measured.value
    for frame in (found, alone):
        known = frame.dropna(subset="views")
        assert (known["views"] >= known["reported"].fillna(0)).all()
        assert (frame["views"].isna() == (frame["n_reported"] + frame["n_imputed"] == 0)).all()
        for name in ("views_sd", "imputed_sd", "shared_sd"):
            assert np.isfinite(frame[name]).all()
            assert (frame[name] >= 0).all()
        measure = estimated_impressions(frame)
        assert measure.low is None or 0 <= measure.low <= measure.value <= measure.high


@several_rows
@given(posts_rows)
def test_without_views_the_impressions_are_unknown_and_not_zero(rows):
    found, _ = modelled([row | {"impressions": None} for row in rows])
    measure = estimated_impressions(found)
    assert (measure.value, measure.n, measure.grade) == (None, 0, None)
    assert found["views"].isna().all()


@few_campaigns
@given(st.integers(0, 20), st.integers(0, 240), st.randoms(use_true_random=False))
def test_neither_the_order_of_posts_nor_the_batch_they_came_in_matters(seed, cut, random):
    rows, _ = campaign(seed, authors=20)
    expected, _ = modelled(rows)
    shuffled = random.sample(rows, len(rows))
    pd.testing.assert_frame_equal(modelled(shuffled)[0], expected, rtol=1e-9)
    parts = [on_pandas(part) for part in (shuffled[:cut], shuffled[cut:]) if part]
    moments = pd.concat([aggregates.view_moments(part) for part in parts])
    together = view_model(pd.concat([aggregates.view_sums(part) for part in parts]), moments)
    missing = pd.concat([aggregates.missing_views(part, together) for part in parts])
    found = exposures(moments, missing, together)
    pd.testing.assert_frame_equal(found, expected, rtol=1e-9)


def test_the_engines_give_the_same_exposures():
    rows, _ = campaign(8, authors=20)
    pd.testing.assert_frame_equal(
        modelled(rows)[0], modelled(rows, on_duckdb)[0], rtol=1e-9, atol=1e-9
    )
