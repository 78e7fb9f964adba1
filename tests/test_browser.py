"""A real browser on the real server: an officer's journeys, and nothing that leaves 127.0.0.1."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import tomllib
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from conftest import ROOT, Server
from playwright.sync_api import Browser, BrowserContext, Download, Locator, Page, expect
from playwright.sync_api import sync_playwright as playwright_of
from test_recorded_answers import expected, x

import locales
from benchmarks.pages import twarc_pages
from collectors.runs.imports import import_file
from data.lake import Lake
from data.model import Campaign
from reports.summary import summary

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
MISSING = (
    "no Chromium here: `apt install chromium`, or `python -m playwright install chromium` "
    "where there is no apt"
)
ARGUMENTS = (
    "--no-sandbox",  # a container's root has no other way, and only our own page is opened
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)
LAPTOP, PHONE = (1366, 768), (390, 844)
PAGES = {it: it for it in ("overview", "reach", "contents", "collection")} | {"overview": ""}
COUNTS = ("likes", "reposts", "replies", "quotes", "impressions")
CARDS = ("posts", "authors", "engagements", *COUNTS)
POSTS_OF_A_LONG_FILE = 60_000

IS_DRAWN = """() => {
    const app = document.querySelector("[data-testid=stApp]")
    return app?.dataset.testScriptState === "notRunning"
        && app.dataset.testConnectionState === "CONNECTED"
        && document.querySelector("h1")
        && !document.querySelector("[data-stale=true], [data-testid=stSkeleton], .st-key-under_way")
}"""

#: Text that does not fit where it stands, and a page wider than its window.
CUT = """() => {
    const isShown = (it) => it.clientWidth && it.getBoundingClientRect().right > 0
    const parts = "[data-testid=stMetricLabel], [data-testid=stMetricValue], h1, h2, h3, button, "
        + "[data-testid=stWidgetLabel], [data-testid=stSidebarNavLink], [role=tab]"
    const cut = [...document.querySelectorAll(parts)]
        .flatMap((part) => [part, ...part.querySelectorAll("*")])
        .filter((it) => isShown(it) && it.textContent.trim())
        .filter((it) => it.scrollWidth > it.clientWidth + 1)
        .map((it) => it.textContent)
    const wide = [document.scrollingElement, document.querySelector("[data-testid=stMain]")]
        .filter((it) => it.scrollWidth > it.clientWidth)
        .map((it) => `${it.scrollWidth} px in ${it.clientWidth}`)
    return [...cut, ...wide]
}"""

#: What Streamlit itself writes, which is all that is no sentence of ours, and what it calls
#: things for screen readers. Icons are letters to the page and pictures to its reader.
CHROME = """() => {
    const own = "[data-testid=stMarkdown], [data-testid=stText], [data-testid=stIconMaterial], "
        + "[data-testid=stSidebarNavLink], script, style, noscript, svg, table, canvas"
    const texts = []
    const all = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT)
    while (all.nextNode()) {
        const element = all.currentNode
        for (const name of ["aria-label", "placeholder", "title"])
            texts.push(element.getAttribute(name))
        if (!element.closest(own))
            for (const node of element.childNodes) if (node.nodeType === 3) texts.push(node.data)
    }
    return [...new Set(texts.map((it) => it?.trim()).filter(Boolean))]
}"""

ENGLISH = re.compile(
    r"\b(the|of|to|and|with|your|file|files|please|drag|drop|browse|upload|per|search|close|open|"
    r"show|hide|select|choose|loading|running|download|help|view|more|next|previous|clear|toggle|"
    r"expand|collapse|sidebar|chart|value|plot|zoom|icon)\b",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def browser(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One Chromium for all; when it closes, neither it nor the server has called anyone."""
    log = tmp_path_factory.mktemp("chromium") / "network.json"
    with playwright_of() as playwright:
        found = next(filter(None, map(shutil.which, BROWSERS)), playwright.chromium.executable_path)
        if not Path(found).exists():
            (pytest.fail if os.environ.get("CI") else pytest.skip)(MISSING)
        arguments = [*ARGUMENTS, f"--log-net-log={log}"]
        chromium = playwright.chromium.launch(executable_path=found, args=arguments)
        yield chromium
        chromium.close()
    assert _strangers(log, f"http://{server.host}") == []
    assert server.strangers() == []


def _strangers(log: Path, origin: str) -> list[str]:
    """What our pages, their workers included, asked of others; Chromium's own talk with its
    maker has no origin."""
    written = json.loads(log.read_text(encoding="utf-8"))
    started = written["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
    begun = [it["params"] for it in written["events"] if it["type"] == started and "params" in it]
    ours = [it["url"] for it in begun if it.get("initiator") == origin]
    assert len(ours) > 20
    return [it for it in ours if urlsplit(it).hostname != "127.0.0.1"]


class Visitor:
    """Somebody at their computer, who notes what goes wrong and who is called."""

    def __init__(self, browser: Browser, server: Server, size: tuple[int, int], theme: Any) -> None:
        self.server = server
        self.context: BrowserContext = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=theme,
            locale="fr-TG",
            timezone_id="Africa/Lome",
        )
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(30_000)
        self.complaints: list[str] = []
        self.page.on("console", lambda it: self._note(it.text, it.type == "error"))
        self.page.on("pageerror", lambda it: self._note(str(it)))
        self.page.on("request", lambda it: self._note(it.url, self._is_elsewhere(it.url)))
        self.page.on("websocket", lambda it: self._note(it.url, self._is_elsewhere(it.url)))

    def _note(self, complaint: str, is_one: bool = True) -> None:
        if is_one:
            self.complaints.append(complaint)

    def _is_elsewhere(self, url: str) -> bool:
        address = urlsplit(url)
        return address.scheme not in {"blob", "data"} and address.netloc != self.server.host

    def open(self, page: str = "overview", **asked: str) -> None:
        query = "&".join(f"{name}={value}" for name, value in asked.items())
        self.page.goto(f"http://{self.server.host}/{PAGES[page]}?{query}")
        self.wait()

    def wait(self) -> None:
        self.page.wait_for_function(IS_DRAWN)

    def part(self, key: str) -> Locator:
        """A keyed part of the page."""
        return self.page.locator(f".st-key-{key}")

    def asked(self) -> dict[str, str]:
        """What the address says."""
        return dict(parse_qsl(urlsplit(self.page.url).query))

    def wait_for_address(self, **asked: str) -> None:
        self.page.wait_for_url(
            lambda url: asked.items() <= dict(parse_qsl(urlsplit(url).query)).items()
        )
        self.wait()

    def card(self, name: str) -> Locator:
        return self.part(f"card_{name}").get_by_test_id("stMetricValue")

    def figures(self) -> dict[str, int | None]:
        """Every figure of the overview, read off its card."""
        self.card("potential_reach").wait_for()
        shown = {name: self.card(name).inner_text() for name in CARDS}
        return {name: None if it == "—" else int(_digits(it)) for name, it in shown.items()}

    def choose(self, key: str, option: str) -> None:
        """Takes an option of a list, by its words."""
        self.part(key).get_by_role("combobox").click()
        self.page.get_by_role("option", name=option, exact=True).click()

    def press(self, key: str, option: str) -> None:
        """Presses one of several buttons side by side."""
        self.part(key).get_by_role("button", name=option, exact=True).or_(
            self.part(key).get_by_role("radio", name=option, exact=True)
        ).click()

    def go(self, page: str) -> None:
        """Follows the menu."""
        links = self.page.get_by_test_id("stSidebarNavLink")
        name = locales.text("fr", f"pages.{page}")
        links.filter(has_text=name).click()
        expect(self.page.locator("h1")).to_have_text(name)
        self.wait()

    def name_campaign(self, title: str) -> None:
        """On the page Collecte, asks for a campaign that is not there yet."""
        self.open("collection", campaign="demo-bancs", section="files")
        new = locales.text("fr", "targets.new")
        if self.part("target").get_by_role("combobox").input_value() != new:
            self.choose("target", new)
        field = self.part("new_title").locator("input")
        field.wait_for()
        self.wait()
        field.fill(title)
        field.press("Enter")
        self.wait()

    def upload(self, *files: Path) -> None:
        self.part("uploads").locator("input[type=file]").set_input_files(files)
        self.part("start_uploads").get_by_role("button").click()

    def point_to(self, path: Path) -> None:
        self.page.get_by_role("tab", name=locales.text("fr", "collection.by_path")).click()
        field = self.part("path").locator("input")
        field.fill(str(path))
        field.press("Enter")
        self.part("start_path").get_by_role("button").click()

    def report(self) -> Locator:
        """What came of an import, once it is over."""
        title = locales.text("fr", "report.title")
        expect(self.part("job")).to_contain_text(title, timeout=90_000)
        self.wait()
        return self.part("job")

    def csv(self, key: str) -> bytes:
        """The file behind a table's button."""
        with self.page.expect_download() as waiting:
            self.part(f"{key}_csv").get_by_role("button").click()
        download: Download = waiting.value
        return download.path().read_bytes()

    def english(self) -> list[str]:
        """What Streamlit itself wrote that is left in English on a French page."""
        skip = locales.chrome("fr")["exact"]["Skip to main content"]
        self.page.get_by_text(skip).wait_for(state="attached")
        return [it for it in self.page.evaluate(CHROME) if ENGLISH.search(it)]

    def texts(self) -> str:
        return self.page.get_by_test_id("stApp").inner_text()


Visit = Callable[..., Visitor]


@pytest.fixture
def visit(browser: Browser, server: Server) -> Iterator[Visit]:
    """Lets visitors come; none of them may meet an error or call anybody."""
    visitors: list[Visitor] = []

    def come(size: tuple[int, int] = LAPTOP, theme: str = "light") -> Visitor:
        visitors.append(Visitor(browser, server, size, theme))
        return visitors[-1]

    yield come
    for visitor in visitors:
        errors = visitor.page.get_by_test_id("stException").all_inner_texts()
        visitor.context.close()
        assert [*visitor.complaints, *errors] == []


@pytest.fixture(scope="module")
def home(server: Server) -> Path:
    """Where that server keeps what it is given."""
    return server.watched.parent / "données"


@pytest.fixture
def keep(home: Path, tmp_path: Path) -> Callable[..., None]:
    """Puts invented posts into a campaign of that server, without its pages."""

    def keep(campaign_id: str, **drawn: int) -> None:
        lake = Lake(home)
        lake.create(Campaign(campaign_id, campaign_id.capitalize()))
        import_file(lake, _written(tmp_path / f"{campaign_id}.jsonl", **drawn), campaign_id)

    return keep


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


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
