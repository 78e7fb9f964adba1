"""The page Collecte: campaigns are made and changed on it, networks read, and gaps shown."""

from __future__ import annotations

import doctest
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
import streamlit as st
from hypothesis import given
from hypothesis import strategies as some
from streamlit.testing.v1 import AppTest

import locales
from collectors.access.budget import Amount, Ledger
from collectors.networks.credentials import Credentials
from collectors.networks.table import NETWORKS
from data.lake import Lake
from data.model import Campaign, Network, normal_hashtag
from data.store import home
from tests.invented import BEGIN, END, TAG, Invented
from tests.loopback import Answer, Loopback, Request
from tests.payloads.mastodon import server as mastodon
from tests.payloads.x import server as x
from tests.screens import FRAME, words_of
from views.parts import jobs
from views.parts.collection import coverage, hashtags, runs, targets
from views.parts.collection.runs import Plan

SECTIONS = ("networks", "campaign", "files", "history")
NOW = datetime(2026, 7, 20, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def fresh(home: Any) -> Iterator[None]:
    """Caches outlive a test's app, and so does its work."""
    yield
    jobs.stop_all()
    st.cache_data.clear()


@pytest.fixture(scope="module")
def invented() -> Invented:
    return Invented(120)


@pytest.fixture
def pouet(invented: Invented) -> Iterator[Loopback]:
    """A Mastodon server on this computer."""
    with Loopback(mastodon.Server(invented).answer) as server:
        yield server


@pytest.fixture
def paid(invented: Invented, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """X on this computer, which asks for a key and to be paid."""
    with Loopback(x.Server(invented).answer) as server:
        monkeypatch.setenv("PORTE_VOIX_X_URL", server.url)
        yield server


def _campaign(*networks: Network, **more: Any) -> Campaign:
    return Lake.of_user().create(
        Campaign("essai", "Essai", (TAG,), networks=networks, since=BEGIN, until=END, **more)
    )


def _open(section: str | None = None, **asked: str) -> AppTest:
    app = AppTest.from_file(str(FRAME), default_timeout=60)
    for name, value in {**asked, **({"section": section} if section else {})}.items():
        app.query_params[name] = value
    app.switch_page("collection.py")
    app.run()
    assert not app.exception, app.exception[0].value
    return app


def _run(app: AppTest) -> None:
    app.run()
    assert not app.exception, app.exception[0].value


def _field(app: AppTest, name: str) -> Any:
    """A field of the form, whichever campaign it belongs to."""
    return next(it for it in _keyed(app) if it.key.startswith(f"{name}_"))


def _keyed(app: AppTest) -> list[Any]:
    kinds = ("text_input", "number_input", "date_input", "multiselect", "pills")
    return [it for kind in kinds for it in app.get(kind) if it.key]


def _done(job_id: str) -> Any:
    job = jobs.find(job_id)
    assert job is not None and job.done.wait(60)
    return job


def _warnings(app: AppTest) -> str:
    return "\n".join(str(it.value) for it in (*app.warning, *app.error, *app.info))


@pytest.mark.parametrize("module", [hashtags, targets])
def test_the_examples_of_the_page_s_parts_are_true(module: Any) -> None:
    assert doctest.testmod(module).failed == 0


@given(some.text(max_size=60))
def test_whatever_is_typed_its_hashtags_can_be_looked_for(typed: str) -> None:
    tags = hashtags.tags_of(typed)
    assert len({normal_hashtag(tag) for tag in tags}) == len(tags)
    assert hashtags.tags_of(" ".join(f"#{tag}" for tag in tags)) == tags
    for tag in (*tags, *hashtags.variants_of(tags)):
        assert tag and not set(tag) & set("#＃ ,;'’-") and not tag.isspace()
    assert not set(hashtags.variants_of(tags)) & {normal_hashtag(tag) for tag in tags}


def test_another_script_keeps_its_marks() -> None:
    assert hashtags.variants_of(["حُرِّيَّة"]) == ()
    assert hashtags.variants_of(["nǔkún"]) == ("nukun",)


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("language", locales.LANGUAGES)
@pytest.mark.parametrize("campaign", ["demo-bancs", "essai", "vide"])
def test_every_section_opens_on_every_campaign(section: str, language: str, campaign: str) -> None:
    _campaign(*NETWORKS, instances=("exemple.social",), budget_posts=10)
    Lake.of_user().create(Campaign("vide", "Vide"))
    app = _open(section, campaign=campaign, lang=language)
    assert app.title[0].value == locales.text(language, "pages.collection")


def test_the_demo_is_only_looked_at() -> None:
    assert locales.text("fr", "campaign_form.demo") in _warnings(_open(campaign="demo-bancs"))
    app = _open("networks", campaign="demo-bancs")
    assert locales.text("fr", "collection.demo") in _warnings(app)
    assert not [it for it in app.button if it.key in {"start_run", "try_mastodon"}]


def test_a_campaign_is_made_of_what_is_typed() -> None:
    app = _open(campaign="demo-bancs")
    _field(app, "title").set_value("Eau pour toutes")
    _field(app, "hashtags").set_value("#EauPourToutes, l'été")
    _run(app)
    assert locales.text("fr", "campaign_form.slug", campaign="eau-pour-toutes") in words_of(app)
    _field(app, "variants").set_value(["ete", "lete"][1:])
    _field(app, "networks").set_value([Network.REDDIT, Network.X, Network.MASTODON])
    _run(app)
    _field(app, "instances").set_value(["@moi@Mastodon.social", "piaille.fr"])
    _field(app, "subreddits").set_value("r/togo, /r/africa/ lome")
    _field(app, "dollars").set_value(12.5)
    _field(app, "since").set_value(BEGIN.date())
    _field(app, "until").set_value(BEGIN.date())
    app.button(key="campaign_save").click()
    _run(app)
    (made,) = Lake.of_user().campaigns()
    assert (made.campaign_id, made.title) == ("eau-pour-toutes", "Eau pour toutes")
    assert made.hashtags == ("EauPourToutes", "lété", "lete")
    assert made.networks == (Network.X, Network.MASTODON, Network.REDDIT)
    assert made.instances == ("mastodon.social", "piaille.fr")
    assert made.subreddits == ("togo", "africa", "lome")
    assert (made.budget_dollars, made.budget_posts) == (12.5, None)
    assert (made.since, made.until) == (BEGIN, BEGIN + timedelta(days=1))
    assert app.session_state["campaign"] == made.campaign_id
    assert app.session_state["section"] == "networks"
    assert locales.text("fr", "campaign_form.created", title=made.title) in words_of(app)


@pytest.mark.parametrize(
    ("server", "code", "values"),
    [
        ("192.168.1.1", "address-private", {"host": "192.168.1.1"}),
        ("http://exemple.social", "address-not-https", {"host": "exemple.social"}),
        ("https://moi:secret@exemple.social", "address-with-password", {}),
    ],
)
def test_an_address_that_may_not_be_called_is_refused_with_its_reason(
    server: str, code: str, values: dict[str, str]
) -> None:
    before = _campaign(Network.MASTODON, instances=("exemple.social",))
    app = _open("campaign", campaign="essai")
    _field(app, "instances").set_value([server])
    _run(app)
    app.button(key="campaign_save").click()
    _run(app)
    reason = locales.text("fr", f"error.{code}", **values)
    assert any(reason in it.value.replace("\\", "") for it in app.error)
    assert Lake.of_user().campaign("essai") == before


def test_days_in_the_wrong_order_and_no_hashtag_are_refused() -> None:
    before = _campaign(Network.BLUESKY)
    app = _open("campaign", campaign="essai")
    _field(app, "hashtags").set_value(" , # 2026 ")
    _field(app, "until").set_value((BEGIN - timedelta(days=9)).date())
    _run(app)
    app.button(key="campaign_save").click()
    _run(app)
    said = [it.value for it in app.error]
    assert locales.text("fr", "campaign_form.no_hashtag") in said
    assert locales.text("fr", "error.campaign-dates") in said
    assert Lake.of_user().campaign("essai") == before


def test_changes_wait_until_they_are_saved_and_saving_says_what_changed() -> None:
    _campaign(Network.BLUESKY)
    app = _open("campaign", campaign="essai")
    assert _field(app, "until").value == (END - timedelta(days=1)).date()
    _field(app, "title").set_value("Un autre *nom*")
    _run(app)
    unsaved = locales.text("fr", "campaign_form.unsaved", names="le nom")
    assert unsaved in words_of(app)
    app.get_by_key("section").set_value("networks")
    _run(app)
    app.get_by_key("section").set_value("campaign")
    _run(app)
    assert _field(app, "title").value == "Un autre *nom*" and unsaved in words_of(app)
    app.button(key="campaign_save").click()
    _run(app)
    assert locales.text("fr", "campaign_form.saved", names="le nom") in words_of(app)
    assert [it.title for it in Lake.of_user().campaigns()] == ["Un autre *nom*"]

    _field(app, "hashtags").set_value("#autre")
    _run(app)
    app.button(key="campaign_undo").click()
    _run(app)
    assert _field(app, "hashtags").value == f"#{TAG}"


def test_a_network_that_is_taken_out_keeps_its_choices_for_its_return() -> None:
    before = _campaign(Network.MASTODON, Network.X, instances=("exemple.social",), budget_posts=9)
    app = _open("campaign", campaign="essai")
    _field(app, "networks").set_value([Network.BLUESKY])
    _run(app)
    app.button(key="campaign_save").click()
    _run(app)
    after = Lake.of_user().campaign("essai")
    assert after is not None and after.networks == (Network.BLUESKY,)
    assert (after.instances, after.budget_posts) == (before.instances, before.budget_posts)


def test_anybody_can_try_mastodon_and_see_what_came_of_it(pouet: Loopback) -> None:
    _campaign(Network.MASTODON, instances=(pouet.url,))
    app = _open(campaign="essai")
    assert locales.text("fr", "sources.never") in words_of(app)
    app.button(key="try_mastodon").click()
    _run(app)
    job = _done(app.session_state["job"])
    _run(app)
    (turn,) = job.turns
    (report,) = turn.reports
    assert (report.outcome, report.new) == ("complete", len(mastodon.expected(Invented(120))))
    said = words_of(app)
    assert locales.text("fr", "runs.new", n=report.new) in said
    assert locales.text("fr", "outcome.complete") in said
    assert locales.text("fr", "sources.requests", n=len(pouet.requests)) in said
    assert locales.text("fr", "coverage_panel.whole") in said
    history = _open("history", campaign="essai").dataframe[0].value
    assert list(history[locales.text("fr", "columns.source")]) == ["Mastodon"]


def test_a_server_that_is_closed_says_so_and_what_to_do() -> None:
    closed = {"error": "This method requires an authenticated user"}
    with Loopback(lambda _: Answer(closed, 401)) as server:
        campaign = _campaign(Network.MASTODON, instances=(server.url,))
        job = _done(runs.start(Lake.of_user(), Plan(campaign, (Network.MASTODON,))))
        (turn,) = job.turns
        assert [it.code for report in turn.reports for it in report.missing] == ["instance-closed"]
        app = _open(campaign="essai", job=job.job_id)
    reason = locales.text("fr", "error.instance-closed", instance="127.0.0.1")
    assert _warnings(app).replace("\\", "").count(reason.split("127")[0]) == 2


def test_a_run_is_found_again_without_its_address_and_stops_when_asked(pouet: Loopback) -> None:
    campaign = _campaign(Network.MASTODON, instances=(pouet.url,))
    pouet.always = lambda handler, *_: handler.send(
        Answer({"error": "Throttled"}, 429, {"X-RateLimit-Reset": _in_ten_minutes()})
    )
    job_id = runs.start(Lake.of_user(), Plan(campaign, (Network.MASTODON,)))
    job = jobs.find(job_id)
    assert isinstance(job, runs.RunJob)
    while not job.progress or job.progress[Network.MASTODON].waits_until is None:
        assert not job.done.wait(0.02)
    app = _open(campaign="essai")
    assert app.button(key="start_run").disabled
    app.button(key="stop").click()
    _run(app)
    _done(job_id)
    assert job.turns[0].reports[0].outcome == "stopped"
    assert locales.text("fr", "runs.stopped") in _warnings(_open(campaign="essai", job=job_id))


def _in_ten_minutes() -> str:
    return (datetime.now(UTC) + timedelta(minutes=10)).isoformat()


def test_x_without_a_key_is_not_read_and_says_what_is_needed(paid: Loopback) -> None:
    _campaign(Network.X)
    app = _open(campaign="essai")
    assert locales.text("fr", "runs.none_ready") in _warnings(app)
    assert locales.text("fr", "sources.no_budget") in _warnings(app)
    assert app.button(key="key_x").label == locales.text("fr", "sources.add_key")
    assert paid.requests == []


@pytest.fixture
def key() -> None:
    Credentials(home()).store(Network.X, x.SECRETS)


@pytest.mark.usefixtures("key")
def test_nothing_is_spent_before_a_budget_is_set(paid: Loopback) -> None:
    _campaign(Network.X)
    app = _open(campaign="essai")
    app.button(key="start_run").click()
    _run(app)
    _done(app.session_state["job"])
    _run(app)
    assert locales.text("fr", "error.budget-needed", network="X") in _warnings(app)
    assert paid.requests == []


@pytest.mark.usefixtures("key")
def test_x_says_its_price_before_it_is_paid(paid: Loopback) -> None:
    _campaign(Network.X, budget_dollars=50.0)
    app = _open(campaign="essai")
    app.button(key="start_run").click()
    _run(app)
    asked = _done(app.session_state["job"])
    _run(app)
    assert all("counts" in request.path for request in paid.requests)
    said = words_of(app)
    for amount in (asked.estimate.dollars, asked.estimate.most_dollars, asked.left):
        assert locales.dollars("fr", amount) in said
    app.button(key="estimate_go").click()
    _run(app)
    (turn,) = _done(app.session_state["job"]).turns
    assert turn.reports[0].outcome == "complete"
    spent = Ledger(home()).spent("essai", Network.X).dollars
    assert asked.estimate.posts * Decimal("0.005") < spent <= 50
    _run(app)
    shown = {"dollars": locales.dollars("fr", spent), "budget": locales.dollars("fr", 50)}
    assert locales.text("fr", "sources.spent", **shown) in words_of(app)


@pytest.mark.usefixtures("key")
def test_who_finds_x_too_dear_reads_nothing(paid: Loopback) -> None:
    campaign = _campaign(Network.X, budget_posts=500)
    job = _done(runs.start_estimate(Lake.of_user(), Plan(campaign, (Network.X,))))
    app = _open(campaign="essai", job=job.job_id)
    assert locales.text("fr", "estimate.posts_only", n=500) in words_of(app)
    app.button(key="estimate_cancel").click()
    _run(app)
    assert Ledger(home()).spent("essai", Network.X) == Amount(0, Decimal("0.01"))
    assert Lake.of_user().collections("essai").empty


@pytest.mark.usefixtures("key")
def test_no_key_is_shown(paid: Loopback) -> None:
    _campaign(Network.X, budget_posts=500)
    app = _open(campaign="essai")
    assert locales.text("fr", "sources.change_key") == app.button(key="key_x").label
    app.button(key="key_x").click()
    _run(app)
    assert not any(secret in str(app) for secret in x.SECRETS.values())
    assert locales.text("fr", "terms.x.ways_out") in _warnings(app)


def _collections(*rows: tuple[Network, int, int, str, str | None]) -> pd.DataFrame:
    """Readings of days after the campaign's beginning: from, to, outcome, missing code."""
    return pd.DataFrame(
        [
            {
                "network": network,
                "source": f"#{normal_hashtag(TAG)}",
                "since": pd.Timestamp(BEGIN + timedelta(days=since)),
                "until": pd.Timestamp(BEGIN + timedelta(days=until)),
                "started_at": pd.Timestamp(NOW),
                "outcome": outcome,
                "missing": json.dumps([{"code": code}]) if code else "[]",
            }
            for network, since, until, outcome, code in rows
        ]
    )


def test_a_time_line_says_what_is_read_capped_and_missing() -> None:
    campaign = _campaign(Network.X, Network.REDDIT)
    read = _collections(
        (Network.X, 0, 5, "complete", None),
        (Network.X, 8, 10, "complete", "capped"),
        (Network.X, 12, 14, "partial", "unreachable"),
    )
    found = coverage.stretches(campaign, read, NOW, {Network.REDDIT})
    days = [
        (network, (since - BEGIN).days, (until - BEGIN).days, state)
        for network, since, until, state in found.itertuples(index=False)
    ]
    whole = (END - BEGIN).days
    assert days == [
        ("reddit", 0, whole, "reading"),
        ("x", 0, 5, "read"),
        ("x", 5, 8, "missing"),
        ("x", 8, 10, "capped"),
        ("x", 10, whole, "missing"),
    ]


def test_a_gap_is_read_by_its_button(pouet: Loopback) -> None:
    campaign = _campaign(Network.MASTODON, instances=(pouet.url,))
    half = BEGIN + timedelta(days=14)
    plan = Plan(campaign, (Network.MASTODON,), since=half)
    _done(runs.start(Lake.of_user(), plan))
    app = _open(campaign="essai")
    assert locales.text("fr", "coverage_panel.gaps", n=1) in words_of(app)
    app.button(key="read_gaps").click()
    _run(app)
    _done(app.session_state["job"])
    _run(app)
    assert locales.text("fr", "coverage_panel.whole") in words_of(app)


def test_a_reason_never_reads_as_markdown(pouet: Loopback) -> None:
    def answer(_: Request) -> Answer:
        return Answer({"error": "[clic](https://exemple.invalid)"}, 500)

    campaign = _campaign(Network.MASTODON, instances=(pouet.url,), subreddits=("*a*",))
    pouet.answer = answer
    assert campaign.subreddits == ("*a*",)
    app = _open("campaign", campaign="essai")
    assert "](https" not in words_of(app)
