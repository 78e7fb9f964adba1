"""The Overview in a browser: how soon a changed filter shows, beside a bare page, and for four.

The bare page (`benchmarks.bare`) shows the same charts, cards and table from frames that were
computed before. One browser drives both in turns, each click on a filter nobody has chosen
since the server started. The clock is the page's own: it runs from the press of the button to
the frame in which the figures of that filter, known beforehand, stand in the cards and in the
data of every chart, and nothing is left that waits for its turn.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from itertools import chain
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import locales
from benchmarks import campaign

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

    from findings.question import Filters

_ROOT = Path(__file__).resolve().parent.parent
_MOST_TIMES_BARE, _MOST_TIMES_ALONE = 2.0, 3.0
_MOST_TAGS = 10

#: So many times everything is measured, one person and four in turns, each on a server just
#: started: the machine is not as fast in one minute as in another.
_ROUNDS = 2

#: How long people look at what they asked for, in seconds.
_LOOKED_AT = 2.0

#: Where each of four people starts, and what they choose one after the other: 20 filters,
#: none of them twice.
_WALKS = (
    (
        {"period": "90d"},
        ["period all", "kinds original", "networks x", "period 30d", "kinds repost"],
    ),
    (
        {"period": "90d", "networks": ("mastodon",)},
        ["networks bluesky", "kinds reply", "period custom", "kinds quote", "networks x"],
    ),
    (
        {"period": "365d", "kinds": ("repost",)},
        ["kinds reply", "networks x", "period 90d", "kinds repost", "networks mastodon"],
    ),
    (
        {"period": "365d", "kinds": ("quote",)},
        ["kinds quote", "networks x", "networks mastodon", "period 30d", "kinds original"],
    ),
)

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
_ARGUMENTS = (
    "--no-sandbox",  # a container's root has no other way, and only our own page is opened
    "--disable-gpu",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)

#: What a page needs to watch itself. The reach has a card of its own that says when it is still
#: being worked out, and a clock of its own.
_WATCH = """
addEventListener("pointerdown", () => { window.pressedAt = performance.now() }, true)
const all = (selector) => [...document.querySelectorAll(selector)]
const inReach = (it) => it.closest(".st-key-card_estimated_reach")
    || it.querySelector(".st-key-card_estimated_reach")
const drawn = (key) => {
    const chart = document.querySelector(`.st-key-${key} .js-plotly-plot`)
    if (!chart?._fullData || chart.querySelectorAll(".bars .point").length === 0) return null
    const bars = chart._fullData.flatMap((it) => [...(it.orientation === "h" ? it.x : it.y)])
    return bars.reduce((sum, it) => sum + it, 0)
}
const isNew = (expected) => {
    const card = document.querySelector(".st-key-card_posts [data-testid=stMetricValue]")
    return card?.textContent.replace(/\\D/g, "") === String(expected.posts)
        && ["by_day", "by_kind", "hashtags"].every((key) => drawn(key) === expected[key])
        && !all("[data-stale=true]").some((it) => !inReach(it))
}
const isAtRest = () =>
    document.querySelector("[data-testid=stApp]")?.dataset.testScriptState === "notRunning"
    && !document.querySelector("[data-stale=true], .st-key-under_way")
    && document.querySelector(".st-key-card_estimated_reach [data-testid=stMetricValue]")
const when = (isSo) => new Promise((resolve) => {
    const look = () => isSo() ? requestAnimationFrame(() => resolve(performance.now() - pressedAt))
        : requestAnimationFrame(look)
    look()
})
window.watch = (expected, untilWhole) => {
    window.pressedAt = Infinity
    const isPressed = () => window.pressedAt < Infinity
    window.shown = when(() => isPressed() && isNew(expected))
    window.whole = untilWhole && window.shown.then(() => when(isAtRest))
}
window.isAtRest = isAtRest
"""


def compare(posts: int, cache: Path) -> bool:
    """Measure, and print what came of it; whether all limits hold."""
    from streamlit.logger import set_log_level

    set_log_level("ERROR")  # it misses its server at every turn
    home = campaign.home(posts, cache)
    os.environ["PORTE_VOIX_HOME"] = str(home)
    steps = [_steps(*walk) for walk in _WALKS]
    chosen = [step.chosen for walk in steps for step in walk]
    assert len({*chosen}) == len(chosen) == 20
    with TemporaryDirectory() as folder:
        ready_made = Path(folder, "ready-made.pickle")
        shown = {str(number): _shown(step) for number, step in enumerate(chosen)}
        ready_made.write_bytes(pickle.dumps(shown))
        return asyncio.run(_measured(posts, home, ready_made, steps, shown))


@dataclass(frozen=True)
class _Step:
    """A click: on which widget, on what, and the filter that it makes."""

    key: str
    label: str
    chosen: Filters


def _steps(start: dict[str, Any], clicks: list[str]) -> list[_Step]:
    """A walk's clicks, each with all that is chosen after it."""
    from findings.question import Filters, days_of
    from views.parts.loaders import reader

    version = reader.version(campaign.CAMPAIGN)
    outline = reader.outline(campaign.CAMPAIGN, version)
    chosen = Filters(campaign.CAMPAIGN, version, **start)
    steps = []
    for click in clicks:
        key, code = click.split()
        if key == "period":
            asked = (outline.first_on, outline.last_on)
            days = days_of(code, outline, asked) or (None, None)
            chosen = replace(chosen, period=code, since=days[0], until=days[1])
        else:
            if chosen.since is None and chosen.period != "all":
                days = days_of(chosen.period, outline, ())
                chosen = chosen.between(*days)
            given = {key: tuple({*getattr(chosen, key)} ^ {code})}
            chosen = replace(chosen, **given)
        chosen = replace(chosen, **{it: tuple(sorted(getattr(chosen, it))) for it in _MANY})
        steps.append(_Step(key, locales.text("fr", f"{key}.{code}"), chosen))
    return steps


_MANY = ("networks", "kinds")


def _shown(chosen: Filters) -> dict[str, Any]:
    """What a page shows of a filter: the texts of its cards, and its frames."""
    from analysis import aggregates
    from data.lake import Lake
    from findings import sentences
    from views.parts.loaders import reader

    posts = aggregates.selected(
        Lake.of_user().posts(chosen.campaign_id),
        since=chosen.since,
        until=chosen.until,
        networks=chosen.networks,
        kinds=chosen.kinds,
    )
    comparable = aggregates.comparable(posts, reader.shown_networks(chosen))
    totals = aggregates.totals(comparable)
    names = ("posts", "authors", *sentences.COUNTS, "potential_reach", "estimated_reach")
    values = dict.fromkeys(names, 0) | totals.iloc[0].to_dict()
    by_network = aggregates.by_network(posts)[["network", "posts", *sentences.COUNTS]]
    return {
        "since": chosen.since,
        "until": chosen.until,
        "posts": int(totals["posts"].iloc[0]),
        "cards": {
            it: (locales.text("fr", f"measure.{it}"), str(values[it]), "+12 %") for it in names
        },
        "by_day": aggregates.by_day(comparable),
        "by_network": by_network.astype({"posts": "float"}).fillna(0),
        "by_kind": aggregates.by_kind(comparable),
        "hashtags": aggregates.hashtags(comparable, _MOST_TAGS),
    }


def _expected(shown: dict[str, Any]) -> dict[str, int]:
    charts = {it: int(shown[it]["posts"].sum()) for it in ("by_day", "by_kind", "hashtags")}
    return {"posts": shown["posts"], **charts}


async def _measured(
    posts: int,
    home: Path,
    ready_made: Path,
    walks: list[list[_Step]],
    shown: dict[str, dict[str, Any]],
) -> bool:
    from playwright.async_api import async_playwright

    bare_app = _ROOT / "benchmarks" / "bare" / "app.py"
    expected = {number: _expected(it) for number, it in shown.items()}
    async with async_playwright() as playwright:
        found = next(
            filter(None, map(shutil.which, _BROWSERS)), playwright.chromium.executable_path
        )
        browser = await playwright.chromium.launch(executable_path=found, args=_ARGUMENTS)
        environment = {"PORTE_VOIX_HOME": str(home), "READY_MADE": str(ready_made)}
        ours = _ROOT / "app.py"
        rounds = []
        for _ in range(_ROUNDS):
            with _served(ours, environment) as app, _served(bare_app, environment) as bare:
                turns = await _in_turns(browser, app, bare, walks, expected)
            with _served(ours, environment) as app:
                rounds.append((*turns, *await _at_once(browser, app, walks, expected)))
        await browser.close()
    return _report(posts, *(list(chain(*each)) for each in zip(*rounds, strict=True)))


async def _in_turns(
    browser: Browser, app: str, bare: str, walks: list[list[_Step]], expected: dict[str, Any]
) -> tuple[list[float], list[float], list[float]]:
    """Milliseconds of each click: on our page, on the bare one, and on ours with its reach."""
    alone, apart, whole = [], [], []
    async with _visitor(browser) as ours, _visitor(browser) as theirs:
        await theirs.open(bare)
        await theirs.press("state", "19")  # the first click fetches what later ones have
        await theirs.rest()
        number = 0
        for (start, _), walk in zip(_WALKS, walks, strict=True):
            await ours.open(app, **start)
            for step in walk:
                figures = expected[str(number)]
                turns = [
                    (ours, step.key, step.label, alone, whole),
                    (theirs, "state", str(number), apart, []),
                ]
                for visitor, key, label, shown, rest in turns[:: -1 if number % 2 else 1]:
                    await visitor.watch(figures, until_whole=True)
                    await visitor.press(key, label)
                    shown.append(await visitor.clock("shown"))
                    rest.append(await visitor.clock("whole"))
                    await visitor.rest()
                print(
                    f"{alone[-1]:>8,.0f}{apart[-1]:>8,.0f}{whole[-1]:>8,.0f} ms "
                    f"{step.key} {step.label}",
                    flush=True,
                )
                number += 1
        errors = [*await ours.all_errors(), *await theirs.all_errors()]
        assert not errors, errors
    return alone, apart, whole


async def _at_once(
    browser: Browser, app: str, walks: list[list[_Step]], expected: dict[str, Any]
) -> tuple[list[float], list[str]]:
    """Milliseconds of each click of four people, each on their own walk; and what went wrong."""
    found: list[float] = []

    async def walks_along(visitor: _Visitor, first: int, walk: list[_Step]) -> None:
        for number, step in enumerate(walk, start=first):
            await asyncio.sleep(_LOOKED_AT)
            await visitor.watch(expected[str(number)])
            await visitor.press(step.key, step.label)
            found.append(await visitor.clock("shown"))

    async with (
        _visitor(browser) as one,
        _visitor(browser) as two,
        _visitor(browser) as three,
        _visitor(browser) as four,
    ):
        visitors = (one, two, three, four)
        for visitor, (start, _) in zip(visitors, _WALKS, strict=True):
            await visitor.open(app, **start)
        outcomes = await asyncio.gather(
            *(
                walks_along(visitor, 5 * number, walk)
                for number, (visitor, walk) in enumerate(zip(visitors, walks, strict=True))
            ),
            return_exceptions=True,
        )
        errors = [it for visitor in visitors for it in await visitor.all_errors()]
    return found, [*errors, *(repr(it) for it in outcomes if it is not None)]


class _Visitor:
    """Somebody at their computer, who notes what goes wrong."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        note = self.errors.append
        page.on("console", lambda it: note(it.text) if it.type == "error" else None)
        page.on("pageerror", lambda it: note(str(it)))

    async def open(self, address: str, **asked: Any) -> None:
        """Goes to a page of some filters, and waits until it is whole."""
        codes = {
            key: code if isinstance(code, str) else ",".join(code) for key, code in asked.items()
        }
        query = "&".join(f"{key}={code}" for key, code in codes.items())
        await self.page.goto(f"{address}/?campaign={campaign.CAMPAIGN}&{query}")
        self.page.on("websocket", lambda it: it.on("close", lambda _: self.errors.append("cut")))
        await self.page.wait_for_function("document.querySelector('.js-plotly-plot .bars .point')")
        await self.rest()

    async def press(self, key: str, label: str) -> None:
        """Takes one of several buttons side by side, or of a list."""
        part = self.page.locator(f".st-key-{key}")
        if await part.get_by_role("combobox").count():
            await part.get_by_role("combobox").click()
            await self.page.get_by_role("option", name=label, exact=True).click()
        else:
            await (
                part.get_by_role("button", name=label, exact=True)
                .or_(part.get_by_role("radio", name=label, exact=True))
                .click()
            )

    async def watch(self, expected: dict[str, int], *, until_whole: bool = False) -> None:
        """Sets the page's clock: it waits for the next click, and for these figures.

        To wait for what comes after them costs a page work at every frame.
        """
        asked = [expected, until_whole]
        await self.page.evaluate("([expected, untilWhole]) => watch(expected, untilWhole)", asked)

    async def clock(self, of: str) -> float:
        """The milliseconds from the click until the page was there."""
        waiting = self.page.evaluate(f"() => window.{of}")
        return float(await asyncio.wait_for(waiting, timeout=60))

    async def rest(self) -> None:
        """Until nothing goes on any more."""
        await self.page.wait_for_function("window.isAtRest()")
        await self.page.wait_for_timeout(300)

    async def all_errors(self) -> list[str]:
        return [*self.errors, *await self.page.get_by_test_id("stException").all_inner_texts()]


@asynccontextmanager
async def _visitor(browser: Browser) -> AsyncIterator[_Visitor]:
    context = await browser.new_context(viewport={"width": 1366, "height": 768}, locale="fr-TG")
    await context.add_init_script(_WATCH)
    context.set_default_timeout(60_000)
    visitor = _Visitor(await context.new_page())
    yield visitor
    await context.close()


@contextmanager
def _served(entry: Path, environment: dict[str, str]) -> Iterator[str]:
    """A page under way on this computer alone; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--server.port", str(port), "--server.headless", "true"]
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", entry, *options],
        cwd=_ROOT,
        env={**os.environ, **environment, "PYTHONPATH": str(_ROOT)},
        stdout=subprocess.DEVNULL,
    )
    try:
        for _ in range(300):
            assert process.poll() is None, "the server has stopped"
            try:
                connection = HTTPConnection("127.0.0.1", port, timeout=20)
                connection.request("GET", "/_stcore/health")
                if connection.getresponse().status == 200:
                    break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def _report(
    posts: int,
    alone: list[float],
    apart: list[float],
    whole: list[float],
    together: list[float],
    errors: list[str],
) -> bool:
    ours, bare, reach, four = (median(it) / 1000 for it in (alone, apart, whole, together))
    print(f"{posts:,} posts, seconds from a click to the redrawn page, median of {len(alone)}:")
    print(f"bare page   {bare:6.2f}")
    print(f"Porte-voix  {ours:6.2f}   {ours / bare:.2f} times (at most {_MOST_TIMES_BARE})")
    print(f"its reach   {reach:6.2f}   which has a card of its own, and a sign until then")
    print(
        f"four people {four:6.2f}   {four / ours:.2f} times (at most {_MOST_TIMES_ALONE}), ", end=""
    )
    print(f"{len(errors)} errors")
    for error in errors:
        print(f"  {error}")
    return ours <= _MOST_TIMES_BARE * bare and four <= _MOST_TIMES_ALONE * ours and not errors
