"""The page Portée says how many people saw a campaign, how sure that is, and no more."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas import DataFrame
from streamlit.testing.v1 import AppTest

import locales
from analysis.measure import Caution, Measure, MeasureKind, Of, Unit
from analysis.reach.reached import Reached
from data.lake import Lake
from data.model import Account, Network, NumberedPage, Post
from findings import notebook, sentences
from findings.protect import To
from findings.question import Filters
from findings.words import Words
from tests.screens import LANGUAGES, campaigns, cards_of, fresh, kept, open_page, words_of
from views.parts.loaders import reader

__all__ = ["campaigns", "fresh", "kept"]

WHOLE = Filters("quarante", "1")
FRENCH = Words("fr")
SECTIONS = ("title", "by_network", "youtube", "audience", "growth", "rates", "voice", "versus")


def estimate(
    value: float | None, low: float | None, high: float | None, **other: object
) -> Measure:
    kind = MeasureKind.ESTIMATED, Of.PEOPLE, Unit.COUNT
    made = Measure(value, *kind, "example/1", 50, 0.8, low, high, "C")
    return replace(made, **other)


def invented(**changed: Measure) -> Reached:
    """Measures as `reached` gives them."""
    bounds = estimate(None, 40_000, 400_000, kind=MeasureKind.BOUNDED, grade=None)
    found = {
        "estimated_reach": estimate(180_400, 121_300, 268_900, warnings=(Caution.IMPUTED,)),
        "reach_bounds": bounds,
        "potential_reach": estimate(812_345, 90_000, 812_345, kind=MeasureKind.BOUNDED, grade="D"),
        "impressions": estimate(512_345, None, None, kind=MeasureKind.MEASURED, of=Of.DISPLAYS),
        "estimated_impressions": estimate(634_000, 590_100, 690_000, of=Of.DISPLAYS),
        "frequency": estimate(3.51, 2.34, 5.22, unit=Unit.RATIO),
        "engagement_rate_by_reach": estimate(0.11, 0.084, 0.173, unit=Unit.FRACTION),
        "structural_virality": estimate(1.84, 1.79, 1.91, of=Of.POSTS, unit=Unit.RATIO),
    }
    networks = {
        "x": estimate(150_000, 101_000, 201_000, n=40),
        "mastodon": estimate(9, 7, 12, n=20),
    }
    return Reached(found | changed, networks, dict.fromkeys(networks, bounds))


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """The page with measures that a test gives it."""

    def show(found: Reached, before: Reached | None = None, **asked: str) -> AppTest:
        def reach_of(chosen: Filters) -> Reached:
            first_on = reader.outline(chosen.campaign_id, chosen.version).first_on
            is_now = before is None or chosen.until is None or chosen.until > date(2026, 8, 20)
            assert first_on is not None
            return found if is_now or before is None else before

        monkeypatch.setattr(reader, "reach_of", reach_of)
        return open_page("reach", **asked)

    return show


def _charts(app: AppTest) -> dict[str, dict[str, object]]:
    """Each chart's figure and what it says of itself, by its key."""
    return {
        it.proto.id.rsplit("-", 1)[-1]: json.loads(it.proto.spec) | {"alt": it.proto.alt}
        for it in app.get("plotly_chart")
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_section_stands_on_the_demo_in_both_languages(language: str) -> None:
    app = open_page("reach", lang=language, campaign="demo-bancs")
    titles = [it.value for it in app.subheader]
    assert titles == [locales.text(language, f"reach.{it}") for it in SECTIONS]
    assert {"reach", "reach_by_network", "audience", "growth", "voice"} == set(_charts(app))
    said = words_of(app)
    assert not re.search(r"\bnan\b|\bNone\b(?! of)|<NA>|NaT|[{}]", said)
    assert all(it["alt"] for it in _charts(app).values())


def test_the_sentence_and_the_picture_are_those_of_the_measures() -> None:
    app = open_page("reach", campaign="demo-bancs", period="all")
    chosen = Filters("demo-bancs", reader.version("demo-bancs"))
    found = reader.reach_of(chosen).measures
    low, high = sentences.range_of(found["estimated_reach"])
    assert low is not None and high is not None
    said = locales.text("fr", "measured.between", low=int(low), n=int(high))
    assert app.header[0].value.startswith(said.capitalize())
    bars, _ = _charts(app)["reach"]["data"]
    assert bars["base"][0] == low <= found["estimated_reach"].low
    assert bars["base"][0] + bars["x"][0] == high >= found["estimated_reach"].high
    assert bars["x"][2] == found["potential_reach"].value


def test_the_picture_begins_with_what_is_likely(
    shown: Callable[..., AppTest],
) -> None:
    app = shown(invented(), campaign="demo-bancs")
    assert app.header[0].value.startswith("Entre 120\u202f000 et 270\u202f000\xa0personnes ")
    bars, line = _charts(app)["reach"]["data"]
    assert bars["customdata"] == ["estimated", "bounds", "potential"]
    assert line["x"] == [180_400]
    assert "120\u202f000 – 270\u202f000" in str(_charts(app)["reach"]["alt"])


def test_grade_d_prints_a_range_and_no_figure_in_it(shown: Callable[..., AppTest]) -> None:
    weak = estimate(180_400, 121_300, 268_900, grade="D", warnings=(Caution.COUNTS_ONLY,))
    app = shown(invented(estimated_reach=weak), campaign="demo-bancs")
    _, line = _charts(app)["reach"]["data"]
    assert not line.get("x")
    said = words_of(app)
    assert locales.text("fr", "grade.D") in said
    assert locales.text("fr", "caution.counts_only") in said
    assert "180" not in said.replace("demo", "")


@pytest.mark.usefixtures("campaigns")
def test_an_empty_campaign_says_what_to_do_next() -> None:
    app = open_page("reach", campaign="vide")
    assert app.info[0].value == locales.text("fr", "empty.campaign")
    assert not app.metric and not app.subheader


@pytest.mark.usefixtures("campaigns")
@pytest.mark.parametrize("campaign", ["seul", "trois"])
def test_few_accounts_show_no_figure_about_their_public(campaign: str) -> None:
    app = open_page("reach", campaign=campaign)
    cards = cards_of(app)
    of_people = ("potential_reach", "frequency", "engagement_rate_by_reach")
    for name in of_people:
        assert cards[locales.text("fr", f"measure.{name}")] == "—"
    assert "reach" not in _charts(app) and "audience" not in _charts(app)
    assert not app.header


@pytest.mark.usefixtures("campaigns")
def test_youtube_alone_has_no_reach_and_its_own_figures() -> None:
    app = open_page("reach", campaign="videos")
    titles = [it.value for it in app.subheader]
    assert locales.text("fr", "reach.youtube") in titles
    assert locales.text("fr", "reach.by_network") not in titles
    assert locales.text("fr", "reach.youtube_why") in words_of(app)
    assert cards_of(app)["Portée potentielle"] == "—"
    assert not app.header
    overview = open_page(campaign="videos")
    assert cards_of(overview)["Portée potentielle"] == "—"
    assert locales.text("fr", "reach.rates") not in titles
    assert locales.text("fr", "reach.youtube_why") in words_of(overview)


def test_the_views_of_youtube_alone_are_the_same_on_both_pages() -> None:
    asked = {"campaign": "demo-bancs", "networks": "youtube"}
    on_overview, on_reach = (cards_of(open_page(page, **asked)) for page in ("overview", "reach"))
    assert on_overview["Affichages"] == on_reach["Affichages"] != "—"
    assert on_reach["Affichages estimés"] == "—"


def test_older_readings_that_come_late_are_in_the_growth_of_posts(lake: Lake) -> None:
    first, account = datetime(2026, 6, 1, tzinfo=UTC), Account("exemple")
    newest = [
        Post(
            Network.X,
            f"{it}",
            account,
            first,
            likes=9,
            observed_at=first + timedelta(hours=200 + it),
        )
        for it in range(40)
    ]
    older = [
        post._replace(likes=likes, observed_at=first + timedelta(hours=hours))
        for post in newest
        for hours, likes in ((1, 3), (6, 6), (24, 8))
    ]

    def curves(collection: str, posts: list[Post]) -> DataFrame:
        lake.writer("campagne", collection).append([NumberedPage(1, posts, None)], first)
        lake.derive("campagne")
        return reader.growth_of(Filters("campagne", reader.version("campagne"))).curves

    assert curves("après", newest).empty
    assert not curves("avant", older).empty


def test_dates_that_could_be_subtracted_hide_people_and_not_posts() -> None:
    app = open_page(
        "reach", campaign="demo-bancs", period="custom", since="2026-06-01", until="2026-08-01"
    )
    cards = cards_of(app)
    assert cards["Portée potentielle"] == cards["Répétition"] == "—"
    assert cards["Affichages"] != "—"
    assert locales.text("fr", "people.custom_dates") in words_of(app)
    charts = _charts(app)
    assert not {"reach", "reach_by_network", "audience"} & set(charts)
    shares = {part[0] for bar in charts["voice"]["data"] for part in bar["customdata"]}
    assert shares == {"posts", "engagements"}


def test_a_network_of_few_accounts_is_not_told_by_the_others(
    shown: Callable[..., AppTest],
) -> None:
    few = invented()
    few.by_network["bluesky"] = estimate(4_000, 3_000, 5_000, n=3)
    few.bounds_by_network["bluesky"] = few.bounds_by_network["x"]
    app = shown(few, campaign="demo-bancs")
    bars, _ = _charts(app)["reach_by_network"]["data"]
    assert bars["customdata"] == ["x"]
    assert locales.text("fr", "reach.networks_hidden", fewest=5) in words_of(app)


def test_a_change_is_said_only_where_the_ranges_leave_no_doubt(
    shown: Callable[..., AppTest],
) -> None:
    before = invented(
        estimated_reach=estimate(60_000, 50_000, 100_000),
        frequency=estimate(3.0, 2.0, 4.0, unit=Unit.RATIO),
    )
    app = shown(invented(), before, campaign="demo-bancs", period="90d")
    said = locales.text("fr", "measured.at_least", change=locales.percent("fr", 0.213, signed=True))
    assert locales.text("fr", "reach.compared", change=said) in words_of(app)
    deltas = {it.label: it.delta for it in app.metric}
    assert deltas["Répétition"] == locales.text("fr", "measured.no_change")


def test_another_campaign_stands_beside_this_one() -> None:
    app = open_page("reach", campaign="demo-bancs", period="all", versus="demo-puits")
    (table,) = (it.value for it in app.dataframe if "L’autre campagne" in it.value.columns)
    potential = table.set_index("Mesure").loc["Portée potentielle"]
    other = Filters("demo-puits", reader.version("demo-puits"))
    bound = int(reader.potential_reach(other).value or 0)
    assert potential["L’autre campagne"] == locales.text("fr", "coverage.bound", value=bound)
    strange = open_page("reach", campaign="demo-bancs", versus="../x", others="x,y")
    assert strange.session_state["versus"] == "" and strange.session_state["others"] == []


def test_what_a_post_brings_about_is_said_per_post_and_per_display() -> None:
    app = open_page("reach", campaign="demo-bancs", period="all")
    totals = reader.totals(Filters("demo-bancs", reader.version("demo-bancs"))).iloc[0]
    likes = totals["likes"] / totals["n_likes"]
    replies = totals["replies"] / totals["n_replies"]
    assert likes > 1 > replies
    cards = cards_of(app)
    assert cards["J’aime par publication"] == locales.number("fr", likes)
    per_hundred = locales.number("fr", 100 * replies)
    assert cards["Réponses par publication"] == f"{per_hundred} pour 100"
    rate = totals["engagements_where_impressions"] / totals["impressions_where_engagements"]
    assert cards["Interactions par affichage"] == locales.percent("fr", rate)


def test_every_figure_says_what_it_rests_on() -> None:
    app = open_page("reach", campaign="demo-bancs", period="all")
    (table,) = (it.value for it in app.dataframe if "Méthode" in it.value.columns)
    named = set(table["Mesure"])
    chosen = Filters("demo-bancs", reader.version("demo-bancs"))
    found = reader.reach_of(chosen).measures
    assert {locales.text("fr", f"measure.{it}") for it in found} <= named
    assert {"Part des publications", "Demi-vie d’une publication, X"} <= named
    known = table[table["Chiffre"] != "—"]
    is_of_readings = known["Mesure"].str.startswith("Demi-vie")
    assert (known["Version des données"][~is_of_readings] == chosen.version).all()
    readings = Lake.demo().version_of_observations("demo-bancs")
    assert (known["Version des données"][is_of_readings] == readings).all()


def test_a_file_has_no_figure_of_few_people_and_none_to_the_unit() -> None:
    few = ("Portée estimée", estimate(61, 52, 78, n=7))
    assert sentences.rests_on(FRENCH, [few], WHOLE)["figure"].iloc[0] == "52 – 78"
    file = sentences.rests_on(FRENCH, [few], WHOLE, To.FILE)
    assert file["figure"].iloc[0] == "—" and file["n"].isna().all()
    more = ("Portée estimée", replace(few[1], n=12))
    file = sentences.rests_on(FRENCH, [more], WHOLE, To.FILE)
    assert (file["figure"].iloc[0], file["n"].iloc[0]) == ("50 – 80", 10)


def test_figures_are_as_short_as_a_card_needs() -> None:
    many = estimate(15e6, 12_340_000, 18_000_001, of=Of.DISPLAYS)
    assert sentences.figure(FRENCH, many) == "12 – 19\xa0millions"
    half_life = estimate(6.2, 5.31, 7.02, of=Of.POSTS, unit=Unit.HOURS)
    assert sentences.figure(FRENCH, half_life) == "5,3\xa0h – 7,1\xa0h"
    assert sentences.figure(FRENCH, estimate(2.0, 2.0, 2.0, unit=Unit.RATIO)) == "2"


@given(st.floats(1, 1e9), st.floats(1, 1e9))
def test_a_range_is_rounded_outwards_and_by_no_more_than_two_digits_need(
    one: float, other: float
) -> None:
    low, high = sorted((one, other))
    below, above = sentences.range_of(estimate(low, low, high, unit=Unit.RATIO))
    assert below is not None and above is not None
    assert below <= low * (1 + 1e-9) and above >= high * (1 - 1e-9)
    assert low - below <= 0.1 * low + 1e-9 and above - high <= 0.1 * high + 1e-9


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_people_are_whole(one: int, other: int) -> None:
    low, high = sorted((one, other))
    for edge in sentences.range_of(estimate(low, low, high)):
        assert edge is not None and edge == int(edge) < inf


def test_what_is_divided_by_the_reach_is_of_the_networks_that_have_one() -> None:
    chosen = Filters("demo-bancs", reader.version("demo-bancs"))
    whole = reader.reach_of(chosen)
    assert whole.by_network["bluesky"].value is None
    with_reach = reader.reach_of(replace(chosen, networks=("mastodon", "x"))).measures
    name = "engagement_rate_by_reach"
    assert whole.measures[name].value == pytest.approx(with_reach[name].value)
    said = words_of(open_page("reach", campaign="demo-bancs", period="all"))
    left_out = locales.text("fr", "reach.networks_unknown", networks="Bluesky")
    assert left_out in said


def test_a_network_alone_is_estimated_by_what_is_known_of_all() -> None:
    chosen = Filters("demo-bancs", reader.version("demo-bancs"))
    alone = reader.reach_of(replace(chosen, networks=("mastodon",))).by_network["mastodon"]
    among = reader.reach_of(chosen).by_network["mastodon"]
    for name in ("value", "low", "high"):
        assert getattr(alone, name) == pytest.approx(getattr(among, name)), name
    assert (alone.grade, alone.n) == (among.grade, among.n)


@pytest.mark.usefixtures("campaigns")
@pytest.mark.parametrize(("campaign", "networks"), [("quarante", ()), ("demo-bancs", ("x",))])
def test_the_call_under_the_page_gives_its_measures(
    campaign: str, networks: tuple[str, ...]
) -> None:
    chosen = Filters(campaign, reader.version(campaign), networks=networks)
    *lines, last = notebook.call(reader, chosen, "reached").splitlines()
    names: dict[str, object] = {}
    exec("\n".join(lines), names)
    assert eval(last, names).at(chosen.version) == reader.reach_of(chosen)
