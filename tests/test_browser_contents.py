"""The page Contenus in a real browser: topics are looked for, stopped, named, and remembered."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Server, serving
from playwright.sync_api import Browser, expect

import locales
from analysis.texts.content import STEPS
from data.lake import Lake
from data.model import Account, Campaign, Network, NumberedPage, Post
from tests.browsers import CUT, LAPTOP, PHONE, Visit, Visitor, browser, home, visit
from tests.planted import planted

__all__ = ["browser", "home", "visit"]

SECTIONS = ("best", "topics", "times", "hashtags", "posts")
POSTS, SUBJECTS = 6_000, 8


def _t(key: str, **values: object) -> str:
    return locales.text("fr", key, **values)


@pytest.fixture
def keep(home: Path) -> Callable[[], str]:
    """Puts posts about a few subjects into a campaign of that server, a new one each time."""
    numbers = itertools.count(len(Lake(home).campaigns()) if home.exists() else 0)

    def keep() -> str:
        lake = Lake(home)
        name = f"sujets-{next(numbers)}"
        lake.create(Campaign(name, name.capitalize(), ("MarchéOuvert",)))
        rows = planted(POSTS, SUBJECTS, authors=300).to_dict("records")
        posts = [
            Post(
                Network.MASTODON,
                str(place),
                Account(f"exemple_{place % 300}"),
                row["published_at"].to_pydatetime(),
                text=row["text"],
                language="fr",
                likes=row["engagements"],
            )
            for place, row in enumerate(rows)
        ]
        writer = lake.writer(name, "collecte")
        writer.append([NumberedPage(1, posts, None)], max(it.published_at for it in posts))
        lake.derive(name)
        return name

    return keep


def _search(visitor: Visitor) -> None:
    visitor.part("search_topics").get_by_role("button").click()


def _wait_for_topics(visitor: Visitor) -> None:
    visitor.part("topic").wait_for(timeout=90_000)
    visitor.wait()


def test_topics_are_found_named_and_remembered_by_a_server_that_starts_again(
    visit: Visit, browser: Browser, server: Server, keep: Callable[[], str]
) -> None:
    campaign = keep()
    visitor = visit()
    visitor.open("contents", campaign=campaign, section="topics", period="all")
    _search(visitor)
    bar = visitor.part("job").get_by_test_id("stProgress")
    expect(bar).to_contain_text(_t("topics.searching"))
    visitor.page.reload(wait_until="commit")
    _wait_for_topics(visitor)
    found = _t("topics.found", n=SUBJECTS, share="")
    expect(visitor.part("topics_block")).to_contain_text(found.split(".")[0])
    assert visitor.page.evaluate(CUT) == [] and visitor.english() == []

    field = visitor.part("topic_block").get_by_role("textbox")
    field.fill("L’eau au marché")
    visitor.part("keep_name").get_by_role("button").click()
    title = visitor.part("topic_block").locator("h3")
    expect(title).to_have_text("L’eau au marché")
    address = visitor.asked()
    visitor.page.reload(wait_until="commit")
    expect(title).to_have_text("L’eau au marché")

    with serving(server.watched.parent) as again:
        later = Visitor(browser, again, LAPTOP, "light")
        later.open("contents", **{name: address[name] for name in ("campaign", "section", "topic")})
        _search(later)
        _wait_for_topics(later)
        expect(later.part("topic_block").locator("h3")).to_have_text("L’eau au marché")
        later.part("drop_name").get_by_role("button").click()
        expect(later.part("topic_block").locator("h3")).not_to_have_text("L’eau au marché")
        later.context.close()
        assert later.complaints == []


def test_a_search_stops_when_asked_while_other_pages_go_on(
    visit: Visit, keep: Callable[[], str]
) -> None:
    campaign = keep()
    visitor, other = visit(), visit()
    visitor.open("contents", campaign=campaign, section="topics", period="all")
    _search(visitor)
    other.open(campaign=campaign, period="all")
    expect(other.card("posts")).to_have_text(locales.number("fr", POSTS))
    visitor.part("stop").get_by_role("button").click()
    expect(visitor.part("topics_block")).to_contain_text(_t("topics.stopped"), timeout=60_000)
    _search(visitor)
    _wait_for_topics(visitor)


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
@pytest.mark.parametrize("section", SECTIONS)
def test_every_part_fits_its_screen_in_french_and_names_nobody(
    visit: Visit, section: str, size: tuple[int, int]
) -> None:
    visitor = visit(size)
    visitor.open("contents", campaign="demo-bancs", period="all")
    visitor.press("section", _t(f"contents.sections.{section}"))
    visitor.wait_for_address(section=section)
    assert visitor.page.evaluate(CUT) == []
    assert visitor.english() == []
    assert not re.search(r"@\w", visitor.texts())


def _rows(file: bytes) -> list[list[str]]:
    return list(csv.reader(file.decode("utf-8-sig").splitlines(), delimiter=";"))


def test_the_files_of_a_part_hold_what_it_shows_and_nobody_s_usual(visit: Visit) -> None:
    visitor = visit()
    visitor.open("contents", campaign="demo-bancs", period="all", section="best")
    heading, *rows = _rows(visitor.csv("best"))
    times = heading.index(_t("columns.times_usual"))
    assert len(rows) > 20 and {int(row[times]) for row in rows} <= {*STEPS}
    visitor.open("contents", campaign="demo-bancs", period="all", section="times")
    heading, *rows = _rows(visitor.csv("times"))
    assert len(rows) == 56 and heading[0] == _t("columns.weekday")
