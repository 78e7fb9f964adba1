"""A real browser on the real server: an officer's journeys, and nothing that leaves 127.0.0.1."""

from __future__ import annotations

import csv
import json
import re
import tomllib
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from playwright.sync_api import expect

import locales
from benchmarks.pages import twarc_pages
from collectors.runs.imports import import_file
from data.lake import Lake
from data.model import Campaign
from reports.summary import summary
from tests.browsers import CHROME, COUNTS, CUT, LAPTOP, PAGES, PHONE, Visit, browser, home, visit
from tests.oracles import expected, x

__all__ = ["browser", "home", "visit"]

POSTS_OF_A_LONG_FILE = 60_000


@pytest.fixture
def keep(home: Path, tmp_path: Path) -> Callable[..., None]:
    """Puts invented posts into a campaign of that server, without its pages."""

    def keep(campaign_id: str, **drawn: int) -> None:
        lake = Lake(home)
        lake.create(Campaign(campaign_id, campaign_id.capitalize()))
        import_file(lake, _written(tmp_path / f"{campaign_id}.jsonl", **drawn), campaign_id)

    return keep


def _written(path: Path, first: int = 0, end: int | None = None, **drawn: int) -> Path:
    """A file as twarc2 writes it, all of it invented: its pages from `first` to before `end`."""
    pages = islice(twarc_pages(**drawn), first, end)
    lines = [json.dumps(page, ensure_ascii=False) for page in pages]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def _counted(*files: Path) -> dict[str, int | None]:
    """The overview's figures, counted over raw files of X."""
    seen = [post for file in files for post in x(file)]
    own = {post.post_id: post for post in seen if post.kind != "repost"}.values()
    figures = {name: expected(seen)[name] for name in ("posts", "authors", *COUNTS)}
    return figures | {"engagements": sum(sum(post.counts[:4]) for post in own)}


def _rows(file: bytes) -> list[list[str]]:
    return list(csv.reader(file.decode("utf-8-sig").splitlines(), delimiter=";"))


def test_it_opens_on_the_demo_in_french_with_the_numbers_of_the_summary(visit: Visit) -> None:
    visitor = visit()
    visitor.open(campaign="demo-bancs", period="all")
    told = summary(Lake.demo(), "demo-bancs")
    shown = visitor.figures()
    assert {name: shown[name] for name in ("posts", "authors", *COUNTS)} == {
        name: told[name] for name in ("posts", "authors", *COUNTS)
    }
    assert shown["engagements"] == sum(told[it] for it in ("likes", "reposts", "replies", "quotes"))
    banner = locales.text("fr", "demo.banner", title="Des bancs pour toutes").replace("**", "")
    expect(visitor.part("demo")).to_contain_text(banner)
    assert visitor.page.locator("html").get_attribute("lang") == "fr"


def test_the_first_visit_weighs_less_than_three_megabytes(visit: Visit) -> None:
    visitor = visit()
    wire = visitor.context.new_cdp_session(visitor.page)
    wire.send("Network.enable")
    received: list[float] = []
    wire.on("Network.loadingFinished", lambda it: received.append(it["encodedDataLength"]))
    wire.on(
        "Network.webSocketFrameReceived",
        lambda it: received.append(len(it["response"]["payloadData"])),
    )
    visitor.open(campaign="demo-bancs")
    visitor.page.locator(".js-plotly-plot .main-svg").first.wait_for()
    assert len(received) > 20
    assert sum(received) < 3_000_000


@pytest.mark.parametrize("file", ["recorded", "invented"])
def test_an_uploaded_file_gives_the_numbers_that_are_in_it(
    visit: Visit, file: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if file == "recorded":
        path = request.getfixturevalue("fixtures") / "x" / "brexit.jsonl"
    else:
        path = _written(tmp_path / "Été à Lomé.jsonl", posts=700, authors=90)
    visitor = visit()
    visitor.name_campaign(f"Envoi {file}")
    visitor.upload(path)
    counted = _counted(path)
    posts = int(counted["posts"] or 0)
    expect(visitor.report()).to_contain_text(locales.text("fr", "report.new", n=posts))
    visitor.go("overview")
    assert visitor.asked()["campaign"] == f"envoi-{file}"
    assert visitor.figures() == counted


def test_a_folder_of_this_computer_gives_the_numbers_of_its_files(
    visit: Visit, tmp_path: Path
) -> None:
    folder = tmp_path / "Exports d’été"
    (folder / "mars").mkdir(parents=True)
    drawn = {"posts": 500, "authors": 60}
    first = _written(folder / "début.jsonl", 0, 3, **drawn)
    second = _written(folder / "mars" / "fin.jsonl", 2, 5, **drawn)
    visitor = visit()
    visitor.name_campaign("Un dossier")
    visitor.point_to(folder)
    expect(visitor.report()).to_contain_text(locales.text("fr", "report.new", n=500))
    visitor.go("overview")
    assert visitor.figures() == _counted(first, second)


def _only(language: str) -> list[str]:
    """The sentences without gaps that a language does not share with the other."""

    def leaves(table: dict[str, Any]) -> Iterator[str]:
        for it in table.values():
            yield from leaves(it) if isinstance(it, dict) else [it]

    said = {name: set(leaves(locales.sentences(name))) for name in locales.LANGUAGES}
    (other,) = said.keys() - {language}
    return [it for it in said[language] - said[other] if "{" not in it]


def _said(sentences: list[str], text: str) -> list[str]:
    return [it for it in sentences if re.search(rf"(?<!\w){re.escape(it)}(?!\w)", text)]


@pytest.mark.parametrize("page", PAGES)
def test_another_language_changes_every_text_and_the_address(visit: Visit, page: str) -> None:
    visitor = visit()
    visitor.open(page, campaign="demo-bancs")
    french, english = _only("fr"), _only("en")
    assert _said(french, visitor.texts()) and _said(english, visitor.texts()) == []
    before = visitor.page.locator("h1").inner_text()

    visitor.press("lang", "English")
    visitor.wait_for_address(lang="en", campaign="demo-bancs")
    expect(visitor.page.locator("html")).to_have_attribute("lang", "en")
    assert _said(english, visitor.texts()) and _said(french, visitor.texts()) == []
    chrome = locales.chrome("fr")["exact"]
    assert set(visitor.page.evaluate(CHROME)) & (set(chrome.values()) - set(chrome)) == set()

    visitor.press("lang", "Français")
    visitor.wait_for_address(lang="fr")
    expect(visitor.page.locator("h1")).to_have_text(before)
    assert _said(english, visitor.texts()) == []
    assert visitor.english() == []


def test_filters_change_the_figures_and_the_address_brings_them_back(visit: Visit) -> None:
    visitor = visit()
    visitor.open(campaign="demo-bancs", period="all")
    everything = visitor.figures()

    visitor.press("networks", "X")
    visitor.wait_for_address(networks="x")
    of_x = visitor.figures()
    assert of_x["posts"] == summary(Lake.demo(), "demo-bancs")["by_network"]["x"]
    visitor.choose("period", locales.text("fr", "period.30d"))
    visitor.wait_for_address(period="30d", networks="x")
    of_a_month = visitor.figures()
    visitor.press("kinds", locales.text("fr", "kinds.original"))
    visitor.wait_for_address(period="30d", networks="x", kinds="original")
    filtered = visitor.figures()
    posts = [int(it["posts"] or 0) for it in (everything, of_x, of_a_month, filtered)]
    assert posts == sorted(posts, reverse=True) and len(set(posts)) == 4

    other = visit()
    other.page.goto(visitor.page.url)
    other.wait()
    assert other.figures() == filtered
    assert other.asked() == visitor.asked()


def test_an_address_that_makes_no_sense_opens_on_the_defaults(visit: Visit) -> None:
    visitor = visit()
    visitor.open(
        campaign="%3Cscript%3E", period="zz", networks="myspace,", kinds="9", lang="xx",
        since="2999-99-99", until="-1", tag="%00", order="%24%24", job="nobody",
    )  # fmt: skip
    visitor.figures()
    assert visitor.page.locator("html").get_attribute("lang") == "fr"
    said = visitor.asked()
    assert (said["lang"], said["networks"], said["kinds"]) == ("fr", "all", "all")
    assert said["campaign"] != "<script>" and said["period"] != "zz"
    for page in ("contents", "collection"):
        visitor.open(page, campaign="demo-bancs", tag="%22%3E", order="x", job="..%2F..")


def test_a_part_of_a_bar_opens_as_many_posts_as_it_counts_and_names_nobody(visit: Visit) -> None:
    visitor = visit()
    visitor.open(campaign="demo-bancs", period="30d")
    chart = visitor.part("by_day")
    place = 12
    bar = chart.locator(".trace.bars").first.locator(".point path").nth(place)
    bar.scroll_into_view_if_needed()
    box = bar.bounding_box()
    assert box is not None
    visitor.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    title = visitor.part("bar_block").locator("h3")
    network, number = chart.locator(".js-plotly-plot").evaluate(
        f"(it) => [it.calcdata[0][0].trace.name, it.calcdata[0][{place}].s]"
    )
    posts = locales.text("fr", "count.posts", n=number)
    expect(title).to_contain_text(f", {network}\u00a0: {posts}")
    visitor.wait()
    heading, *rows = _rows(file := visitor.csv("bar_posts"))
    assert len(rows) == number > 1
    day = heading.index(locales.text("fr", "columns.published_at"))
    assert len({row[day][:10] for row in rows}) == 1
    assert {row[heading.index(locales.text("fr", "columns.network"))] for row in rows} == {network}
    assert not re.search(r"@\w", visitor.texts()) and not re.search(rb"@[0-9a-f]{6}", file)


def test_a_table_s_file_opens_in_a_french_spreadsheet_and_runs_nothing(
    visit: Visit, tmp_path: Path
) -> None:
    (page,) = twarc_pages(posts=60, authors=20)
    formula = '=HYPERLINK("https://exemple.invalid";"cliquez")'
    original = next(it for it in page["data"] if "referenced_tweets" not in it)
    original |= {"text": formula, "entities": {}}
    (path := tmp_path / "piège.jsonl").write_text(json.dumps(page), encoding="utf-8")
    visitor = visit()
    visitor.name_campaign("Un piège")
    visitor.upload(path)
    visitor.report()
    visitor.go("contents")
    visitor.press("section", locales.text("fr", "contents.sections.posts"))
    visitor.wait_for_address(section="posts")

    file = visitor.csv("posts")
    assert file.startswith("\N{BYTE ORDER MARK}".encode())
    heading, *rows = _rows(file)
    texts = [row[heading.index(locales.text("fr", "columns.text"))] for row in rows]
    assert len(rows) == 60 and f"'{formula}" in texts
    assert [it for row in rows for it in row if re.match(r"\s*[=+@-]", it)] == []


def test_a_table_offers_no_file_but_ours(visit: Visit) -> None:
    visitor = visit()
    visitor.open("contents", campaign="demo-bancs", section="posts")
    table = visitor.part("posts_block").get_by_test_id("stDataFrame")
    table.hover()
    tools = visitor.part("posts_block").locator("[data-testid=stElementToolbarButton] button")
    expect(tools.first).to_be_visible()
    offered = tools.evaluate_all("(all) => all.map((it) => it.ariaLabel ?? it.textContent)")
    assert len(offered) > 1 and all(offered)
    assert [it for it in offered if re.search("csv|download|télécharger", it, re.I)] == []


def test_what_opens_on_a_page_speaks_french_too(visit: Visit, tmp_path: Path) -> None:
    visitor = visit()
    visitor.open("collection", campaign="demo-bancs", section="files")
    path = _written(tmp_path / "quelques.jsonl", posts=40)
    visitor.part("uploads").locator("input[type=file]").set_input_files(path)
    expect(visitor.part("uploads")).to_contain_text("quelques.jsonl")
    expect(visitor.part("start_uploads").get_by_role("button")).to_be_enabled()
    assert visitor.english() == []
    visitor.open(campaign="demo-bancs", period="custom")
    visitor.part("since").get_by_role("button").click()
    visitor.page.get_by_role("grid").wait_for()
    assert visitor.english() == []


def test_a_long_import_survives_a_reload_stops_when_asked_and_goes_on_later(
    visit: Visit, tmp_path: Path
) -> None:
    path = _written(tmp_path / "longue collecte.jsonl", posts=POSTS_OF_A_LONG_FILE)
    visitor = visit()
    visitor.name_campaign("Longue collecte")
    visitor.point_to(path)
    bar = visitor.part("job").get_by_test_id("stProgress")
    expect(bar).to_contain_text("longue collecte.jsonl")
    visitor.page.reload(wait_until="commit")
    expect(bar).to_contain_text("longue collecte.jsonl")
    visitor.part("stop").get_by_role("button").click()
    expect(visitor.report()).to_contain_text(locales.text("fr", "report.stopped"))

    visitor.point_to(path)
    report = visitor.part("job")
    expect(report.get_by_test_id("stProgress")).to_be_visible()
    expect(visitor.report()).not_to_contain_text(locales.text("fr", "report.stopped"))
    visitor.go("overview")
    expect(visitor.card("posts")).to_have_text(locales.number("fr", POSTS_OF_A_LONG_FILE))


def test_two_visitors_at_once_keep_their_own_language_and_filters(visit: Visit) -> None:
    one, other = visit(), visit()
    one.open(campaign="demo-bancs", period="all")
    other.open(campaign="demo-bancs", period="all", lang="en")
    one.press("networks", "Bluesky")
    other.press("networks", "Mastodon")
    one.wait_for_address(networks="bluesky", lang="fr")
    other.wait_for_address(networks="mastodon", lang="en")
    told = summary(Lake.demo(), "demo-bancs")["by_network"]
    assert one.figures()["posts"] == told["bluesky"]
    assert other.figures()["posts"] == told["mastodon"]


@pytest.mark.parametrize(("posts", "authors"), [(1, 1), (9, 1), (40, 12)])
def test_a_small_campaign_is_readable_and_counts_in_good_french(
    visit: Visit, keep: Callable[..., Path], posts: int, authors: int
) -> None:
    name = f"petite-{posts}-{authors}"
    keep(name, posts=posts, authors=authors)
    visitor = visit()
    visitor.open(campaign=name)
    figures = visitor.figures()
    assert figures["posts"] == posts and 1 <= int(figures["authors"] or 0) <= authors
    assert visitor.page.locator(".js-plotly-plot .main-svg").count() > 0
    visitor.go("contents")
    assert visitor.page.evaluate(CUT) == []
    visitor.press("section", locales.text("fr", "contents.sections.posts"))
    visitor.wait_for_address(section="posts")
    title = visitor.part("posts_block").locator("h3")
    expect(title).to_have_text(locales.text("fr", "count.posts", n=posts))
    assert not re.search(r"\b[01]\s(publications|lignes|fichiers)\b|\bnan\b|None", visitor.texts())
    assert visitor.page.evaluate(CUT) == []


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_fits_its_screen_in_french(
    visit: Visit, page: str, theme: str, size: tuple[int, int]
) -> None:
    visitor = visit(size, theme)
    visitor.open(page, campaign="demo-bancs")
    assert visitor.page.evaluate(CUT) == []
    assert visitor.english() == []
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    ground = config["theme"][theme]["backgroundColor"].removeprefix("#")
    shown = visitor.page.get_by_test_id("stApp").evaluate(
        "(it) => getComputedStyle(it).backgroundColor"
    )
    assert shown == "rgb({}, {}, {})".format(*bytes.fromhex(ground))
