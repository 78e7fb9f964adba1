"""Every page opens in both languages on every kind of campaign, and says only what is true."""

from __future__ import annotations

import json
import re
import threading
from datetime import date, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import locales
from collectors.base import CollectorError
from data.lake import Lake
from data.model import Campaign
from findings import notebook
from findings.question import Filters, Outline, days_of, default_period
from tests.screens import FRAME, LANGUAGES, campaigns, cards_of, fresh, kept, open_page, words_of
from views.parts import jobs, pages
from views.parts.collection import import_job, targets
from views.parts.loaders import reader

__all__ = ["campaigns", "fresh", "kept"]

PAGES = tuple(it.code for it in pages.PAGES)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_opens_on_the_demo(page: str, language: str) -> None:
    app = open_page(page, lang=language)
    assert app.title[0].value == locales.text(language, f"pages.{page}")
    assert locales.text(language, "demo.banner", title="")[:12] in words_of(app)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "campaign", ["vide", "quarante", "seul", "trois", "videos", "melange", "sans-dates"]
)
@pytest.mark.usefixtures("campaigns")
def test_every_page_opens_on_every_campaign(page: str, language: str, campaign: str) -> None:
    app = open_page(page, lang=language, campaign=campaign)
    assert app.title[0].value == locales.text(language, f"pages.{page}")
    words = words_of(app)
    assert not re.search(r"\bnan\b|\bNone\b(?! of)|<NA>|NaT|[{}]", words)


@pytest.mark.usefixtures("campaigns")
def test_a_small_campaign_opens_whole_and_compares_with_nothing() -> None:
    app = open_page(campaign="quarante")
    cards = cards_of(app)
    assert (cards["Publications"], cards["Comptes"], cards["J’aime"]) == ("40", "12", "60")
    assert cards["Affichages"] == "—"
    assert [metric.delta for metric in app.metric if metric.delta] == []
    assert app.session_state["period"] == "all"


@pytest.mark.usefixtures("campaigns")
def test_one_account_s_whole_total_is_shown_and_its_followers_are_not() -> None:
    cards = cards_of(open_page(campaign="seul"))
    assert (cards["Publications"], cards["Comptes"]) == ("1", "1")
    assert cards["Portée potentielle"] == "—"


@pytest.mark.usefixtures("campaigns")
def test_fewer_than_five_accounts_are_not_counted_under_a_filter() -> None:
    assert cards_of(open_page(campaign="trois"))["Comptes"] == "3"
    assert cards_of(open_page(campaign="trois", period="7d"))["Comptes"] == "moins de 5"
    assert cards_of(open_page(campaign="trois", kinds="original"))["Comptes"] == "moins de 5"
    assert cards_of(open_page(campaign="quarante", period="7d"))["Comptes"] == "12"


@pytest.mark.usefixtures("campaigns")
def test_accounts_are_not_counted_between_dates_that_could_be_subtracted() -> None:
    app = open_page(campaign="quarante", period="custom", since="2026-06-01", until="2026-06-03")
    cards = cards_of(app)
    assert cards["Publications"] == "10"
    assert cards["Comptes"] == cards["Portée potentielle"] == "—"


@pytest.mark.usefixtures("campaigns")
def test_youtube_stays_out_of_totals_unless_it_is_alone() -> None:
    mixed = open_page(campaign="melange")
    assert cards_of(mixed)["Publications"] == "30"
    assert locales.text("fr", "youtube.apart") in words_of(mixed)
    assert cards_of(open_page(campaign="melange", networks="youtube"))["Publications"] == "5"
    alone = open_page(campaign="videos")
    assert cards_of(alone)["Publications"] == "5"
    assert locales.text("fr", "youtube.apart") not in words_of(alone)


@pytest.mark.usefixtures("campaigns")
def test_listed_posts_have_no_author_and_no_trace_of_one() -> None:
    app = open_page("contents", campaign="quarante", section="posts")
    listed = app.dataframe[0].value
    assert app.subheader[0].value == "40\u00a0publications" and len(listed) == 40
    assert not {name for name in listed.columns if re.search("author|auteur|compte", name.lower())}
    assert all("@…" in text for text in listed["Texte"])
    assert not any(re.search(r"[0-9a-f]{26}", str(cell)) for cell in listed.to_numpy().ravel())


@pytest.mark.usefixtures("campaigns")
def test_a_hashtag_in_the_address_filters_the_posts() -> None:
    found = open_page("contents", campaign="quarante", section="posts", tag="marchéouvert")
    assert found.selectbox(key="tag").value == "marchéouvert"
    assert found.subheader[0].value == "20\u00a0publications · #marchéouvert"
    strange = open_page("contents", campaign="quarante", section="posts", tag="x")
    assert strange.selectbox(key="tag").value == ""


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    "asked",
    [
        {
            "period": "<script>",
            "networks": "x'--",
            "kinds": "zzz",
            "lang": "de",
            "campaign": "../x",
        },
        {"period": "custom", "since": "9999-99-99", "until": "hier"},
        {"period": "custom", "since": "0001-01-01", "until": "0001-01-01"},
        {"period": "custom", "since": "2026-06-05", "until": "2026-06-02"},
        {"networks": "", "kinds": ",,,", "tag": "\x00", "order": "1;drop", "job": "z" * 500},
        {"networks": "all,x", "kinds": "reply,reply", "target": "demo-bancs"},
    ],
)
@pytest.mark.usefixtures("campaigns")
def test_strange_words_in_the_address_fall_back_to_the_defaults(
    page: str, asked: dict[str, str]
) -> None:
    app = open_page(page, **({"campaign": "quarante"} | asked))
    assert app.session_state["lang"] == "fr"
    assert app.session_state["period"] in {"all", "90d", "custom"}


@pytest.mark.usefixtures("campaigns")
def test_another_campaign_starts_with_its_own_defaults() -> None:
    app = open_page(campaign="quarante", period="7d", networks="mastodon")
    app.selectbox(key="campaign").select("seul").run()
    assert not app.exception
    assert app.session_state["period"] == "all" and app.session_state["networks"] == []
    assert cards_of(app)["Publications"] == "1"


def test_filters_survive_a_change_of_page_and_of_language() -> None:
    app = open_page(period="30d", networks="bluesky")
    app.switch_page("contents.py").run()
    app.get_by_key("lang").set_value("en").run()
    assert not app.exception
    assert app.title[0].value == "Contents"
    assert (app.session_state["period"], app.session_state["networks"]) == ("30d", ["bluesky"])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_charts_have_the_theme_s_colours_and_say_what_they_show(theme: str) -> None:
    app = AppTest.from_file(str(FRAME), default_timeout=60)
    app.context = {"theme": theme}
    app.run()
    assert not app.exception
    charts = app.get("plotly_chart")
    assert len(charts) == 3
    spec = json.loads(charts[0].proto.spec)
    assert spec["data"][0]["marker"]["color"] == {"light": "#0B5394", "dark": "#6CB4F2"}[theme]
    assert all(json.loads(it.proto.config)["displaylogo"] is False for it in charts)


@pytest.mark.usefixtures("campaigns")
def test_an_import_goes_into_the_campaign_on_the_page_or_into_a_new_one() -> None:
    assert (
        open_page("collection", campaign="demo-bancs", section="files")
        .selectbox(key="target")
        .value
        == ""
    )
    app = open_page("collection", campaign="quarante", section="files")
    assert app.selectbox(key="target").value == "quarante"
    app.selectbox(key="campaign").set_value("demo-bancs").run()
    assert app.selectbox(key="target").value == ""


def test_campaigns_that_share_a_title_may_be_compared() -> None:
    lake = Lake.of_user()
    for campaign_id in ("marche", "marche-2"):
        lake.create(Campaign(campaign_id, "Marché"))
    for campaign_id in ("marche", "marche-2"):
        app = open_page("collection", campaign=campaign_id, section="files").run()
        assert app.selectbox(key="campaign").value == campaign_id
        assert app.selectbox(key="target").value == campaign_id


def test_the_demo_is_no_target_for_an_import() -> None:
    app = open_page("collection", section="files")
    assert app.selectbox(key="target").options == [locales.text("fr", "targets.new")]


def test_a_file_is_imported_and_reported(tmp_path: Path) -> None:
    folder = tmp_path / "à importer"
    folder.mkdir()
    good = folder / "bon.jsonl"
    good.write_text(json.dumps(_mastodon(1)) + "\n{cassé\n", encoding="utf-8")
    bad = folder / "page.html"
    bad.write_text("<html>connexion</html>", encoding="utf-8")
    lake = Lake.of_user()
    lake.create(Campaign("essai", "Essai"))
    job = jobs.find(import_job.start_paths(lake, "essai", import_job.files_at(f'"{folder}"')))
    assert isinstance(job, import_job.ImportJob) and job.done.wait(60)
    assert [outcome.name for outcome in job.outcomes] == ["bon.jsonl", "page.html"]
    report = job.outcomes[0].report
    assert report is not None and (report.new, report.refused) == (1, 1)
    assert job.outcomes[1].problem == "html"

    app = open_page("collection", campaign="essai", section="history", job=job.job_id)
    said = words_of(app)
    assert locales.text("fr", "report.new", n=1) in said
    assert "page.html" in said.replace("\\", "")
    assert any("Raison" in table.value.columns for table in app.dataframe)
    assert locales.text("fr", "collection.history", title="Essai") in said


def _mastodon(number: int) -> dict[str, object]:
    return {
        "id": str(number),
        "uri": f"https://exemple.invalid/users/exemple/statuses/{number}",
        "url": f"https://exemple.invalid/@exemple/{number}",
        "created_at": "2026-06-01T09:00:00.000Z",
        "visibility": "public",
        "content": "<p>Bonjour</p>",
        "in_reply_to_id": None,
        "reblog": None,
        "account": {
            "id": "1",
            "username": "exemple",
            "acct": "exemple",
            "url": "https://exemple.invalid/@exemple",
            "followers_count": 3,
        },
        "tags": [],
        "mentions": [],
        "language": "fr",
        "favourites_count": 1,
        "reblogs_count": 0,
        "replies_count": 0,
    }


class _Upload:
    def __init__(self, name: str, content: bytes) -> None:
        self.name = name
        self._content = content

    def getbuffer(self) -> memoryview:
        return memoryview(self._content)


@pytest.mark.parametrize("failing", [False, True])
def test_copies_of_uploads_are_gone_after_the_import_wherever_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: bool
) -> None:
    monkeypatch.setattr(import_job.tempfile, "tempdir", str(tmp_path))
    seen: list[Path] = []

    def read(lake: Lake, path: Path, *_: object, **__: object) -> None:
        seen.append(path)
        assert path.read_bytes() == b"{}"
        raise (RuntimeError if failing else CollectorError)("empty")

    monkeypatch.setattr(import_job, "import_file", read)
    job = jobs.find(
        import_job.start_uploads(Lake.of_user(), "essai", [_Upload("../../é/CON:x.json", b"{}")])
    )
    assert job is not None and job.done.wait(30)
    assert seen and tmp_path in seen[0].parents
    assert list(tmp_path.glob("porte-voix-*")) == []


def test_copies_of_uploads_are_gone_when_they_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_job.tempfile, "tempdir", str(tmp_path))

    class Broken(_Upload):
        def getbuffer(self) -> memoryview:
            raise MemoryError

    with pytest.raises(MemoryError):
        import_job.start_uploads(Lake.of_user(), "essai", [_Upload("a", b"1"), Broken("b", b"")])
    assert list(tmp_path.iterdir()) == []


def test_a_job_that_this_program_does_not_know_is_said_so() -> None:
    assert locales.text("fr", "collection.job_gone") in words_of(open_page("collection", job="abc"))


def test_a_stopped_import_passes_over_the_files_that_are_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()

    def read(*_: object, stop: threading.Event, **__: object) -> None:
        begun.set()
        assert stop.wait(30)
        raise CollectorError("empty", name="a")

    monkeypatch.setattr(import_job, "import_file", read)
    job = jobs.find(
        import_job.start_paths(Lake.of_user(), "essai", [tmp_path / "a", tmp_path / "b"])
    )
    assert job is not None and begun.wait(30)
    job.stop.set()
    assert job.done.wait(30)
    assert isinstance(job, import_job.ImportJob) and len(job.outcomes) == 1


@pytest.mark.parametrize("typed", ["", "   ", "/nulle/part", "\0", "~nobody-at-all/x", "a" * 5000])
def test_a_path_that_leads_nowhere_gives_no_file(typed: str) -> None:
    assert import_job.files_at(typed) == []


def test_periods_end_with_the_last_day_of_data() -> None:
    outline = Outline(5_000, date(2025, 1, 1), date(2026, 3, 31), ("x",))
    assert days_of("7d", outline, ()) == (date(2026, 3, 25), date(2026, 4, 1))
    assert days_of("all", outline, ()) is None
    backwards = (date(2026, 3, 9), date(2026, 3, 1))
    assert days_of("custom", outline, backwards) == (date(2026, 3, 1), date(2026, 3, 10))


@pytest.mark.parametrize(
    ("posts", "days", "period"),
    [(5_000, 180, "90d"), (5_000, 179, "all"), (999, 400, "all"), (1_000, 180, "90d")],
)
def test_a_short_or_small_campaign_opens_whole(posts: int, days: int, period: str) -> None:
    first = date(2025, 1, 1)
    assert default_period(Outline(posts, first, first + timedelta(days - 1), ())) == period


def test_the_previous_period_is_as_long_and_ends_where_this_one_begins() -> None:
    chosen = Filters("c", "1", "30d", date(2026, 3, 2), date(2026, 4, 1))
    before = chosen.previous_period()
    assert before is not None and (before.since, before.until) == (date(2026, 1, 31), chosen.since)
    assert Filters("c", "1").previous_period() is None


def test_a_title_in_any_script_becomes_an_id() -> None:
    for title in ("Été à Lomé", "حرية", "a" * 200, "!!!", "Ŋutsu"):
        slug = targets.slug_of(title, {"campaign"})
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug) and len(slug) <= 40


@pytest.mark.usefixtures("campaigns")
def test_the_call_under_a_page_gives_the_page_s_figures() -> None:
    chosen = Filters(
        "quarante", reader.version("quarante"), "7d", date(2026, 6, 3), date(2026, 6, 10)
    )
    *lines, last = notebook.call(reader, chosen).splitlines()
    names: dict[str, object] = {}
    exec("\n".join(lines), names)
    assert eval(last, names).equals(reader.totals(chosen))
