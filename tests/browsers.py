"""A real browser on the real server, and what an officer does with it."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from conftest import Server
from playwright.sync_api import Browser, BrowserContext, Download, Locator, Page, expect
from playwright.sync_api import sync_playwright as playwright_of

import locales

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


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)
