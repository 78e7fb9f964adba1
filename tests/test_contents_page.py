"""The page Contenus: each part says what is known and what is not, and names topics for good."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from conftest import ROOT
from streamlit.testing.v1 import AppTest

import locales
from analysis.texts import topics
from data.lake import Lake
from data.model import Account, Campaign, Network, NumberedPage, Post
from findings import notebook
from findings.question import Filters
from tests.planted import planted
from views.parts import loaders
from views.parts.contents import topic_search
from views.parts.loaders import reader

FRAME = ROOT / "views" / "frame.py"
SECTIONS = ("best", "topics", "times", "hashtags", "posts")
FIRST = datetime(2026, 6, 1, 9, tzinfo=UTC)


def _t(key: str, **values: object) -> str:
    return locales.text("fr", key, **values)


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Caches outlive a test's app."""
    yield
    st.cache_data.clear()


def _keep(campaign_id: str, posts: list[Post]) -> None:
    lake = Lake.of_user()
    lake.create(Campaign(campaign_id, campaign_id.capitalize(), ("MarchéOuvert",)))
    writer = lake.writer(campaign_id, f"collecte-{campaign_id}")
    writer.append([NumberedPage(1, posts, None)], FIRST + timedelta(days=90))
    lake.derive(campaign_id)


def _subjects(number: int, network: Network = Network.MASTODON) -> list[Post]:
    """Posts about six subjects; account 3's ninth one has a success that is none for others."""
    rows = planted(number, 6, authors=30).to_dict("records")
    return [
        Post(
            network,
            f"{network}-{place}",
            Account(f"exemple_{place % 30}"),
            FIRST + timedelta(hours=7 * place),
            text=f"{row['text']} #MarchéOuvert",
            language="fr",
            hashtags=("MarchéOuvert", "marcheouvert") if place % 3 else ("ablɔɖe",),
            likes=60 if place == 243 else 2 if place % 30 == 3 else 40 + place % 30,
            reposts=0,
        )
        for place, row in enumerate(rows)
    ]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("contenus")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PORTE_VOIX_HOME", str(folder))
        _keep("sujets", _subjects(600))
        _keep("peu", _subjects(12))
        _keep("melange", [*_subjects(400), *_subjects(300, Network.YOUTUBE)])
    return folder


@pytest.fixture(autouse=True)
def campaigns(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTE_VOIX_HOME", str(kept))


def _open(section: str, campaign: str = "sujets", **asked: str) -> AppTest:
    app = AppTest.from_file(str(FRAME), default_timeout=60)
    for name, value in {"campaign": campaign, "section": section, **asked}.items():
        app.query_params[name] = value
    app.switch_page("contents.py")
    return _checked(app.run())


def _checked(app: AppTest) -> AppTest:
    assert not app.exception, app.exception[0].value
    return app


def _words(app: AppTest) -> str:
    kinds = (app.title, app.subheader, app.caption, app.markdown, app.info, app.success, app.error)
    return "\n".join(str(it.value) for kind in kinds for it in kind)


def _search(app: AppTest) -> AppTest:
    """Looks for topics and waits for them."""
    _checked(app.button(key="search_topics").click().run())
    job = topic_search.of(_chosen(app))
    assert job is not None and job.done.wait(120)
    return _checked(app.run())


def _chosen(app: AppTest) -> Any:
    """The filters of a page that is open."""
    campaign = app.session_state["campaign"]
    searches = (it for it in reversed(list(topic_search.jobs._JOBS.values())))
    return next(
        it.chosen
        for it in searches
        if isinstance(it, topic_search.TopicSearch) and it.chosen.campaign_id == campaign
    )


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("language", list(locales.LANGUAGES))
@pytest.mark.parametrize("campaign", ["sujets", "peu", "melange", "demo-bancs"])
def test_every_part_opens_in_every_language(section: str, language: str, campaign: str) -> None:
    app = _open(section, campaign, lang=language)
    assert app.title[0].value == locales.text(language, "pages.contents")
    assert app.session_state["section"] == section


@pytest.mark.parametrize("section", ["zzz", "networks", ""])
def test_a_strange_part_is_the_first_one(section: str) -> None:
    assert _open(section).session_state["section"] == "best"


def test_a_small_account_s_success_comes_first_and_nobody_is_named() -> None:
    app = _open("best")
    best = app.dataframe[0].value
    assert list(best[_t("columns.times_usual")]) == [20]
    assert best[_t("columns.engagements")][0] == 60
    assert not {it for it in best.columns if "compte" in it.lower() or "median" in it.lower()}


def test_few_posts_have_no_usual_no_topic_and_no_best_time() -> None:
    assert _t("contents.best.none", fewest=5, times=2) in _words(_open("best", "peu"))
    few = _open("topics", "peu")
    assert _t("topics.too_few", n=12, fewest=topics.FEWEST_TEXTS) in _words(few)
    assert not [it for it in few.button if it.key == "search_topics"]
    times = _words(_open("times", "peu"))
    assert times.count(_t("contents.times.too_few", posts=20, authors=5)) == 3


def test_times_without_a_sure_difference_say_so() -> None:
    said = _words(_open("times", "demo-bancs", period="all"))
    assert said.count(_t("contents.times.none")) == 3


def test_spellings_are_counted_together_and_scripts_apart() -> None:
    app = _open("hashtags")
    tags, scripts = (it.value for it in app.dataframe)
    assert list(tags[_t("columns.hashtag")]) == ["marcheouvert", "ablɔɖe"]
    assert list(tags[_t("columns.posts")]) == [400, 200]
    assert list(tags[_t("columns.spellings")]) == ["marchéouvert", ""]
    assert list(scripts[_t("columns.uses")]) == [400, 200]


def test_youtube_is_in_no_part_with_other_networks() -> None:
    assert _open("hashtags", "melange").dataframe[0].value[_t("columns.posts")].max() < 300
    both = _search(_open("topics", "melange"))
    found = loaders.topics(_chosen(both))
    assert found is not None and sum(it.posts for it in found.corpora) == 400
    assert set(found.best["network"]) == {"mastodon"}


def test_topics_are_looked_for_once_for_all_and_named_for_good() -> None:
    app = _search(_open("topics"))
    shown = app.dataframe[0].value
    assert len(shown) == 6 and shown[_t("columns.posts")].sum() > 500
    code = app.selectbox(key="topic").value
    called = shown[_t("columns.topic")][0]

    app.text_input(key=f"name_of_{code}").set_value("  Le *marché* ")
    _checked(app.button(key="keep_name").click().run())
    assert app.dataframe[0].value[_t("columns.topic")][0] == "Le *marché*"

    another = _open("topics", topic=code)
    assert another.dataframe[0].value[_t("columns.topic")][0] == "Le *marché*"
    assert another.subheader[-1].value == r"Le \*marché\*"

    loaders._TOPICS.clear()
    shorter = _search(_open("topics", period="90d", kinds="original"))
    assert "Le *marché*" in set(shorter.dataframe[0].value[_t("columns.topic")])

    again = _search(_open("topics", topic=code))
    assert again.text_input(key=f"name_of_{code}").value == "Le *marché*"
    _checked(again.button(key="drop_name").click().run())
    assert again.dataframe[0].value[_t("columns.topic")][0] == called
    assert again.text_input(key=f"name_of_{code}").value == ""


@pytest.mark.parametrize("section", SECTIONS)
def test_the_call_under_a_part_gives_its_figures(section: str) -> None:
    version = reader.version("melange")
    chosen = Filters(
        "melange", version, "custom", date(2026, 6, 3), date(2026, 8, 1), kinds=("original",)
    )
    *lines, last = notebook.call(reader, chosen, section).splitlines()
    given: dict[str, Any] = {}
    exec("\n".join(lines), given)
    shown = eval(last, given)
    if section == "topics":
        assert sum(it.posts for it in shown.corpora) == reader.texts(chosen, 1_000)().shape[0] > 0
        return
    expected = {
        "best": lambda: reader.above_usual(chosen, 20),
        "times": lambda: reader.best_times(chosen, ("weekday", "hours")),
        "hashtags": lambda: reader.hashtags(chosen, 200),
        "posts": lambda: reader.listing(chosen, "engagements", 50),
    }[section]()
    assert len(shown) and shown.equals(expected)


def test_a_topic_s_accounts_are_not_told_between_dates_that_could_be_subtracted() -> None:
    whole = _search(_open("topics", "melange", networks="mastodon"))
    assert "comptes" in whole.caption[-1].value
    dated = _open(
        "topics", "melange", networks="mastodon", period="custom",
        since="2026-06-01", until="2026-09-20",
    )  # fmt: skip
    assert "comptes" not in _search(dated).caption[-1].value


def test_a_search_is_stopped_and_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, goes_on = threading.Event(), threading.Event()
    find = topics.find

    def slow(*given: Any, **more: Any) -> topics.Found:
        begun.set()
        assert goes_on.wait(60)
        return find(*given, **more)

    monkeypatch.setattr(topics, "find", slow)
    app = _open("topics", period="90d")
    _checked(app.button(key="search_topics").click().run())
    assert begun.wait(60)
    other = _open("topics", period="90d")
    assert not [it for it in other.button if it.key == "search_topics"]
    _checked(other.button(key="stop").click().run())
    goes_on.set()
    job = topic_search.of(_chosen(app))
    assert job is not None and job.stop.is_set() and job.done.wait(60)
    stopped = _open("topics", period="90d")
    assert _t("topics.stopped") in _words(stopped)
    assert _search(stopped).dataframe


def test_an_error_in_a_search_is_told_and_its_posts_are_not(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("cassé")

    monkeypatch.setattr(topics, "find", broken)
    app = _search(_open("topics", period="30d", kinds="original"))
    assert _t("topics.failed") in _words(app)
    assert "cassé" not in _words(app)


def test_sklearn_is_imported_by_nothing_but_a_search(tmp_path: Path) -> None:
    code = """
import sys
from streamlit.testing.v1 import AppTest
import app
pages = [(page, "") for page in ("overview", "reach", "collection")]
for page, section in [*pages, *(("contents", it) for it in sys.argv[2:])]:
    shown = AppTest.from_file(sys.argv[1], default_timeout=120)
    shown.query_params["section"] = section
    if page != "overview":
        shown.switch_page(f"{page}.py")
    shown.run()
    assert not shown.exception, shown.exception[0].value
assert "sklearn" not in sys.modules, sorted(it for it in sys.modules if "sklearn" in it)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(FRAME), *SECTIONS],
        cwd=ROOT,
        env={**os.environ, "PORTE_VOIX_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
