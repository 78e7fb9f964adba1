"""What may be said of people is decided in one place, and shut unless told."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from importlib import import_module
from typing import Any

import pandas as pd
import pytest

import analysis
import locales
from analysis import aggregates
from analysis.kept import crowd, sums
from analysis.measure import Measure, MeasureKind, Of, Unit
from analysis.people import followers
from analysis.reach import audience, cascades, growth, impressions, rates, reached
from analysis.texts import content, topics
from data.lake import Lake
from findings import protect, sentences
from findings.protect import To, Why
from findings.question import Filters
from findings.words import UNKNOWN, Words

CAMPAIGN = "demo-puits"
WHOLE = Filters(CAMPAIGN, "1")
PART = replace(WHOLE, period="30d", since=date(2026, 5, 1), until=date(2026, 5, 31))
FREE = replace(PART, period="custom")
FRENCH = Words("fr")


def measure(of: Of, n: int, unit: Unit = Unit.COUNT, value: float | None = 40.0) -> Measure:
    return Measure(value, MeasureKind.MEASURED, of, unit, "invented/1", n, 1.0, grade="A")


@pytest.fixture(scope="module")
def known() -> dict[str, Any]:
    """Frames of the invented campaign that others are made from."""
    lake = Lake.demo()
    posts = lake.posts(CAMPAIGN)
    by_network = aggregates.by_network(posts)
    estimable = aggregates.estimable(posts)
    moments = aggregates.view_moments(estimable)
    model = impressions.view_model(aggregates.view_sums(posts), moments)
    missing = aggregates.missing_views(estimable, model) if model else None
    return {
        "posts": posts,
        "observations": lake.observations(CAMPAIGN),
        "by_network": by_network,
        "totals": sums.together(by_network, ()),
        "cells": sums.in_arrow(aggregates.cells(posts)),
        "tags": aggregates.hashtags(posts, 50),
        "moments": moments,
        "model": model,
        "exposures": impressions.exposures(moments, missing, model),
        "engaged": aggregates.engaged(estimable),
        "read": aggregates.snapshots(lake.observations(CAMPAIGN), 200),
        "authors": int(by_network["authors"].sum()),
    }


OTHERS, IN_MAY = pd.Series({"b": 50}), pd.Timestamp("2026-05-01", tz="UTC")


def history(known: dict[str, Any]) -> pd.DataFrame:
    return aggregates.followers_over_time(known["observations"], 9)


def spelled(known: dict[str, Any]) -> pd.DataFrame:
    pair = known["tags"]["hashtag"].tolist()[:2]
    return content.together(known["tags"], aggregates.spellings(known["posts"], [pair]))


#: Every public function of `analysis` that gives a measure or a small frame, on that campaign.
EXAMPLES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "aggregates.above_usual": lambda it: aggregates.above_usual(it["posts"], 5),
    "aggregates.accounts": lambda it: aggregates.accounts(it["posts"]),
    "aggregates.appearances": lambda it: aggregates.appearances(it["posts"]),
    "aggregates.by_author": lambda it: aggregates.by_author(it["posts"]),
    "aggregates.by_day": lambda it: aggregates.by_day(it["posts"]),
    "aggregates.by_kind": lambda it: aggregates.by_kind(it["posts"]),
    "aggregates.by_network": lambda it: it["by_network"],
    "aggregates.by_slot": lambda it: aggregates.by_slot(it["posts"]),
    "aggregates.cascades": lambda it: aggregates.cascades(it["posts"], 50),
    "aggregates.cells": lambda it: aggregates.cells(it["posts"]),
    "aggregates.co_actions": lambda it: aggregates.co_actions(it["posts"], "repost"),
    "aggregates.engaged": lambda it: it["engaged"],
    "aggregates.followers_over_time": lambda it: aggregates.followers_over_time(
        it["observations"], 9
    ),
    "aggregates.hashtag_cells": lambda it: aggregates.hashtag_cells(it["posts"]),
    "aggregates.hashtag_pairs": lambda it: aggregates.hashtag_pairs(it["posts"], 5),
    "aggregates.hashtags": lambda it: it["tags"],
    "aggregates.interactions": lambda it: aggregates.interactions(it["posts"]),
    "aggregates.joined_by_day": lambda it: aggregates.joined_by_day(it["posts"]),
    "aggregates.latest": lambda it: aggregates.latest(it["posts"], 5),
    "aggregates.missing_views": lambda it: aggregates.missing_views(it["posts"], it["model"]),
    "aggregates.most_engaging": lambda it: aggregates.most_engaging(it["posts"], 5),
    "aggregates.most_used": lambda it: aggregates.most_used(it["posts"], 5),
    "aggregates.snapshots": lambda it: it["read"],
    "aggregates.span": lambda it: aggregates.span(it["posts"]),
    "aggregates.spellings": lambda it: aggregates.spellings(
        it["posts"], [it["tags"]["hashtag"].tolist()[:2]]
    ),
    "aggregates.texts": lambda it: aggregates.texts(it["posts"], 5),
    "aggregates.totals": lambda it: aggregates.totals(it["posts"]),
    "aggregates.view_moments": lambda it: it["moments"],
    "aggregates.view_sums": lambda it: aggregates.view_sums(it["posts"]),
    "kept.crowd.accounts": lambda it: crowd.accounts(
        crowd.crowd(aggregates.appearances(it["posts"]))
    ),
    "kept.sums.by_day": lambda it: sums.by_day(it["cells"]),
    "kept.sums.by_kind": lambda it: sums.by_kind(it["totals"]),
    "kept.sums.by_network": lambda it: sums.by_network(
        it["cells"], aggregates.accounts(it["posts"])
    ),
    "kept.sums.most_used": lambda it: sums.most_used(
        sums.in_arrow(aggregates.hashtag_cells(it["posts"])), 5
    ),
    "kept.sums.together": lambda it: it["totals"],
    "people.followers.followers_at": lambda it: followers.followers_at(
        history(it),
        it["moments"][["author_id", "network"]]
        .head(3)
        .assign(at=pd.Timestamp("2026-05-01", tz="UTC")),
    ),
    "people.followers.suspicious": lambda it: followers.suspicious(history(it)),
    "reach.audience.estimated_reach": lambda it: audience.estimated_reach(
        it["exposures"], it["engaged"]
    ),
    "reach.cascades.median_virality": lambda it: cascades.median_virality(
        aggregates.cascades(it["posts"], 1_000)
    ),
    "reach.cascades.viralities": lambda it: cascades.viralities(
        aggregates.cascades(it["posts"], 50)
    ),
    "reach.growth.curves": lambda it: growth.curves(it["read"]),
    "reach.growth.half_life": lambda it: growth.half_life(it["read"]),
    "reach.growth.value_at": lambda it: growth.value_at(it["read"], 24),
    "reach.impressions.estimated_impressions": lambda it: impressions.estimated_impressions(
        it["exposures"]
    ),
    "reach.impressions.exposures": lambda it: it["exposures"],
    "reach.rates.earned_share": lambda it: rates.earned_share(it["moments"], {"nobody"}),
    "reach.rates.engagement_rate_by_reach": lambda it: rates.engagement_rate_by_reach(
        it["totals"], audience.estimated_reach(it["exposures"], it["engaged"]).estimated
    ),
    "reach.rates.frequency": lambda it: rates.frequency(
        impressions.estimated_impressions(it["exposures"]),
        audience.estimated_reach(it["exposures"], it["engaged"]).estimated,
    ),
    "reach.rates.potential_reach_over_time": lambda it: rates.potential_reach_over_time(
        aggregates.joined_by_day(it["posts"]), 5
    ),
    "reach.rates.share_of_authors": lambda it: rates.share_of_authors(it["totals"], OTHERS),
    "reach.rates.share_of_engagements": lambda it: rates.share_of_engagements(it["totals"], OTHERS),
    "reach.rates.share_of_voice": lambda it: rates.share_of_voice(it["totals"], OTHERS),
    **{
        f"reach.rates.{each.__name__}": lambda it, each=each: each(it["totals"])
        for each in (
            *rates.RATES.values(),
            *(rates.authors, rates.engagements, rates.impressions, rates.potential_reach),
        )
    },
    "reach.reached.reached": lambda it: reached.reached(it["posts"]),
    "texts.content.best_times": lambda it: content.best_times(
        aggregates.by_slot(it["posts"]), ["weekday"]
    ),
    "texts.content.by_script": lambda it: content.by_script(spelled(it)),
    "texts.content.together": spelled,
    "texts.topics.find": lambda it: topics.find(aggregates.texts(it["posts"], 2_000)),
}

_SAYS_SOMETHING = ("DataFrame", "Measure", "Reach", "Found")


def public_functions() -> Iterator[str]:
    for found in pkgutil.walk_packages(analysis.__path__, "analysis."):
        module = import_module(found.name)
        if found.name.startswith("analysis.figures"):
            continue
        for name, function in inspect.getmembers(module, inspect.isfunction):
            is_own = function.__module__ == found.name and not name.startswith("_")
            gives = str(inspect.signature(function).return_annotation)
            if is_own and any(it in gives for it in _SAYS_SOMETHING) and "nw." not in gives:
                inside = found.name.removeprefix("analysis.")
                if inside.startswith("aggregates."):
                    if name not in aggregates.__all__:
                        continue
                    inside = "aggregates"
                yield f"{inside}.{name}"


def parts(found: object) -> Iterator[object]:
    """The measures and the frames in what a function gives."""
    if isinstance(found, (pd.DataFrame, Measure)):
        yield found
    elif isinstance(found, Mapping):
        for it in found.values():
            yield from parts(it)
    elif isinstance(found, tuple):
        for it in found:
            yield from parts(it)
    elif hasattr(found, "__dataclass_fields__"):
        for it in vars(found).values():
            yield from parts(it)


def test_every_function_that_says_something_is_looked_at() -> None:
    assert sorted(public_functions()) == sorted(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_somebody_decided_on_all_that_a_function_gives(name: str, known: dict[str, Any]) -> None:
    found = list(parts(EXAMPLES[name](known)))
    assert found
    for it in found:
        if isinstance(it, Measure):
            assert {*protect.RULES[it.of]} == {*To}
            assert it.name in locales.sentences("fr")["measure"] or name.endswith("earned_share")
            if protect.is_about_people(it.of):
                assert it.n <= known["authors"], "it counts accounts, and not their posts"
        elif isinstance(it, pd.DataFrame):
            undecided = {*it.columns} - {*protect.COLUMNS} - {*WORKED_WITH}
            assert not undecided


#: Columns that only other measures are made from; no words are there to show them with.
WORKED_WITH = (
    *("post_id", "parent_id", "is_known", "age_hours", "is_provisional", "weekday", "hour"),
    *("part", "twice_better", "even", "odd", "other_hashtag", "impressions_squared"),
    *("n_original", "n_reply", "n_quote", "n", "y", "e", "f", "ee", "ff", "fe", "ye", "yf", "yy"),
    *("w", "we", "wf", "ww", "at"),
    *("imputed", "imputed_sd", "imputed_squares", "n_imputed", "shared_sd", "views", "views_sd"),
    *("reported", "n_reported", "better", "usual"),
)


def test_what_has_no_words_is_in_no_table() -> None:
    words = {*locales.sentences("fr")["columns"]}
    assert words <= {*protect.COLUMNS}
    assert not [it for it in words if protect.is_about_people(protect.COLUMNS[it])]
    assert not {*WORKED_WITH} & words - {*protect.COLUMNS}


def test_a_table_shows_no_column_about_people_and_none_that_nobody_decided_on() -> None:
    table = pd.DataFrame({"hashtag": ["eau"], "posts": [7], "authors": [3], "shoe_size": [41]})
    assert [*protect.columns(table)] == ["hashtag", "posts"]


@pytest.mark.parametrize("of", [Of.PEOPLE, Of.ACCOUNTS])
@pytest.mark.parametrize("to", To)
def test_a_figure_about_one_account_is_shown_to_nobody(of: Of, to: To) -> None:
    decision = protect.of_measure(measure(of, n=1), PART, to)
    assert decision.why is Why.FEW
    assert str(decision.fewest) in (sentences.why_hidden(FRENCH, decision) or "")
    said = sentences.rests_on(FRENCH, [("Chiffre", measure(of, n=1))], PART, to)
    assert said["figure"].item() == UNKNOWN and said["n"].isna().all()


@pytest.mark.parametrize("of", Of)
@pytest.mark.parametrize("to", To)
def test_what_is_about_people_needs_so_many_and_no_free_dates(of: Of, to: To) -> None:
    fewest = {To.SCREEN: 5, To.FILE: 10}[to] if protect.is_about_people(of) else 0
    assert protect.of_measure(measure(of, n=fewest), PART, to).is_shown
    if fewest:
        assert protect.of_measure(measure(of, n=fewest - 1), PART, to).why is Why.FEW
        assert protect.of_measure(measure(of, n=fewest), FREE, to).why is Why.FREE_DATES
    else:
        assert protect.of_measure(measure(of, n=0), FREE, to).is_shown


def test_how_many_accounts_a_whole_campaign_has_is_exact_on_the_screen_alone() -> None:
    three = measure(Of.ACCOUNTS, n=3, value=3)
    decision = protect.of_measure(three, WHOLE)
    assert decision.is_shown and sentences.shown(FRENCH, three, decision) == "3"
    assert protect.of_measure(three, WHOLE, To.FILE).why is Why.FEW
    part = protect.of_measure(three, PART)
    assert sentences.shown(FRENCH, three, part) == "moins de 5"
    share = replace(three, unit=Unit.FRACTION)
    assert protect.of_measure(share, WHOLE).why is Why.FEW


def test_what_nobody_decided_on_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(protect.RULES, Of.DISPLAYS)  # type: ignore[arg-type]
    decision = protect.of_measure(measure(Of.DISPLAYS, n=900), WHOLE)
    assert decision.why is Why.UNDECIDED
    assert sentences.why_hidden(FRENCH, decision) == FRENCH.t("people.undecided")


@pytest.mark.parametrize(
    ("unit", "value", "said"),
    [
        (Unit.PER_POST, 0.9, "90 pour 100"),
        (Unit.PER_POST, 2.5, "2,5"),
        (Unit.RATIO, 0.9, "0,9"),
        (Unit.FRACTION, 0.009, "0,9\u202f%"),
        (Unit.HOURS, 0.9, "0,9\xa0h"),
        (Unit.COUNT, 40.0, "40"),
    ],
)
def test_a_figure_is_written_in_its_unit_and_never_as_nothing(
    unit: Unit, value: float, said: str
) -> None:
    assert sentences.figure(FRENCH, measure(Of.ENGAGEMENTS, 9, unit, value)) == said


def test_a_file_says_people_in_steps_and_volumes_as_they_are() -> None:
    people, posts = (
        replace(measure(of, n=13), low=52.0, high=78.0) for of in (Of.PEOPLE, Of.POSTS)
    )
    file = sentences.rests_on(FRENCH, [("a", people), ("b", posts)], WHOLE, To.FILE)
    assert [*file["figure"]] == ["50 – 80", "52 – 78"]
    assert [*file["n"]] == [15, 13]
