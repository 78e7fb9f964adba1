"""The page Collecte in a real browser: networks on this computer are read, and no key is seen."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Server
from playwright.sync_api import expect

import locales
from collectors.networks.credentials import Credentials
from data.lake import Lake
from data.model import Campaign, Network
from tests.browsers import CUT, LAPTOP, PHONE, Visit, Visitor, browser, home, visit
from tests.invented import BEGIN, END, TAG, Invented
from tests.loopback import Answer, Loopback, Request
from tests.payloads.mastodon import server as mastodon
from tests.payloads.x import server as x

__all__ = ["browser", "home", "visit"]

POSTS = 400
SECTIONS = ("networks", "campaign", "files", "history")


@pytest.fixture(scope="module", autouse=True)
def paid() -> Iterator[Loopback]:
    """X on this computer, where the app is told to look for it."""
    with Loopback(x.Server(Invented(POSTS)).answer) as x_server, pytest.MonkeyPatch.context() as it:
        it.setenv("PORTE_VOIX_X_URL", x_server.url)
        yield x_server


@pytest.fixture
def pouet() -> Iterator[Loopback]:
    """A Mastodon server on this computer, slow enough to be watched."""
    quick = mastodon.Server(Invented(POSTS)).answer

    def slow(request: Request) -> Answer:
        time.sleep(0.04)
        return quick(request)

    with Loopback(slow) as server:
        yield server


def _t(key: str, **values: object) -> str:
    return locales.text("fr", key, **values)


def _type(visitor: Visitor, label: str, text: str) -> None:
    field = visitor.page.get_by_label(label, exact=True)
    field.fill(text)
    field.press("Tab")
    visitor.wait()


def _field(name: str, campaign: str) -> str:
    """The part of the page that is a form's field, as long as nothing was saved."""
    return f"{name}_{campaign}_0"


def _go_to(visitor: Visitor, section: str) -> None:
    visitor.press("section", _t(f"collection.sections.{section}"))
    visitor.wait_for_address(section=section)


@pytest.fixture
def kept(home: Path) -> Campaign:
    """A campaign of that server, without its pages."""
    campaign = Campaign(
        "cles", "Clés", (TAG,), networks=(Network.X,), since=BEGIN, until=END, budget_dollars=40.0
    )
    return Lake(home).create(campaign)


def test_a_campaign_is_made_read_without_a_key_and_its_gaps_are_gone(
    visit: Visit, pouet: Loopback, home: Path
) -> None:
    visitor = visit()
    visitor.open("collection", campaign="demo-bancs")
    _type(visitor, _t("campaign_form.title"), "Liberté pour tous")
    _type(visitor, _t("campaign_form.hashtags"), f"#{TAG}")
    visitor.press(_field("variants", "new"), "#libertepourtous")
    visitor.wait()
    visitor.press(_field("networks", "new"), _t("campaign_form.without_key", network="Mastodon"))
    visitor.wait()
    servers = visitor.part(_field("instances", "new")).locator("input")
    servers.press("Backspace")
    visitor.wait()
    servers.fill(pouet.url)
    visitor.page.get_by_role("option").filter(has_text=pouet.url).click()
    expect(visitor.part(_field("instances", "new"))).to_contain_text(pouet.url)
    visitor.page.keyboard.press("Escape")
    visitor.wait()
    visitor.part("campaign_save").get_by_role("button").click()
    visitor.wait_for_address(campaign="liberte-pour-tous", section="networks")
    made = Lake(home).campaign("liberte-pour-tous")
    assert made is not None and made.hashtags == (TAG, "libertepourtous")
    assert made.instances == (pouet.url,)

    _go_to(visitor, "campaign")
    day = visitor.part(_field("since", "liberte-pour-tous")).get_by_role("spinbutton")
    day.first.click()
    visitor.page.keyboard.type(f"{BEGIN:%d%m%Y}")
    visitor.page.locator("h1").click()
    unsaved = _t("campaign_form.unsaved", names=_t("campaign_form.names.since"))
    expect(visitor.part("campaign_block")).to_contain_text(unsaved)
    visitor.go("overview")
    visitor.go("collection")
    _go_to(visitor, "campaign")
    expect(visitor.part("campaign_block")).to_contain_text(unsaved)
    visitor.part("campaign_save").get_by_role("button").click()
    expect(visitor.part("campaign_block")).not_to_contain_text(unsaved)
    _go_to(visitor, "networks")

    visitor.part("start_run").get_by_role("button").click()
    bar = visitor.part("job").get_by_test_id("stProgress")
    expect(bar).to_contain_text("Mastodon")
    visitor.page.reload(wait_until="commit")
    expect(bar).to_contain_text("2026")
    report = visitor.part("job")
    expect(report).to_contain_text(_t("runs.report.run"), timeout=60_000)
    # The hashtag without its accent was asked for too, and no last day was named.
    noise = sum(at >= BEGIN for _, at in mastodon.NOISE.values())
    new = len(mastodon.expected(Invented(POSTS))) + noise
    expect(report).to_contain_text(_t("runs.new", n=new))
    expect(visitor.part("coverage_block")).to_contain_text(_t("coverage_panel.whole"))
    visitor.part("coverage").locator(".main-svg").first.wait_for()
    visitor.part("close_job").get_by_role("button").click()
    expect(report).to_have_count(0)
    assert "job" not in visitor.asked()
    visitor.go("overview")
    expect(visitor.card("posts")).to_have_text(locales.number("fr", new))


def test_a_key_is_tried_kept_and_seen_by_nobody(
    visit: Visit, server: Server, kept: Campaign, home: Path, paid: Loopback
) -> None:
    (secret,) = x.SECRETS.values()
    visitor = visit()
    visitor.open("collection", campaign=kept.campaign_id)
    visitor.part("key_x").get_by_role("button").click()
    form = visitor.page.get_by_role("dialog")
    expect(form).to_contain_text(_t("terms.x.cost"))
    field = visitor.page.locator("[class*=st-key-secret_x_bearer_token] input")
    check = visitor.part("check_key_x").get_by_role("button")
    field.fill("jeton-invente-mauvais")
    check.click()
    expect(form).to_contain_text(_t("error.key-refused", status=401))
    assert Credentials(home).where(Network.X) is None
    field.fill(f' "{secret}" ')
    check.click()
    expect(form).to_have_count(0)
    expect(visitor.part("source_x")).to_contain_text(_t("sources.key.stored"))
    assert Credentials(home).get(Network.X) == x.SECRETS

    visitor.part("key_x").get_by_role("button").click()
    expect(field).to_have_value("")
    said = [
        visitor.page.content(),
        visitor.page.url,
        server.output.read_text(encoding="utf-8"),
        str(visitor.context.storage_state()),
    ]
    for part in (secret, secret[:20], "jeton-invente"):
        assert not any(part in each for each in said)
    for file in home.rglob("*"):
        if file.is_file() and secret.encode() in file.read_bytes():
            assert file.parent == home / "keys" and (
                os.name == "nt" or not file.stat().st_mode & 0o77
            )
    visitor.page.keyboard.press("Escape")
    expect(form).to_have_count(0)

    visitor.part("start_run").get_by_role("button").click()
    expect(visitor.part("job")).to_contain_text(_t("estimate.title"))
    assert all("counts" in it.path or "ids" in it.query for it in paid.requests)
    visitor.part("estimate_go").get_by_role("button").click()
    expect(visitor.part("job")).to_contain_text(_t("runs.report.run"), timeout=60_000)
    expect(visitor.part("job")).to_contain_text(_t("runs.new", n=POSTS))

    visitor.part("forget_x").get_by_role("button").first.click()
    visitor.part("forget_yes_x").get_by_role("button").click()
    expect(visitor.part("source_x")).to_contain_text(_t("sources.key.none"))
    assert Credentials(home).where(Network.X) is None


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_fits_its_screen_in_french(
    visit: Visit, kept: Campaign, section: str, size: tuple[int, int]
) -> None:
    visitor = visit(size)
    visitor.open("collection", campaign=kept.campaign_id, section=section)
    if section == "networks":
        visitor.part("coverage").locator(".main-svg").first.wait_for()
    assert visitor.page.evaluate(CUT) == []
    assert visitor.english() == []


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_the_form_for_a_key_fits_its_screen_in_french(
    visit: Visit, kept: Campaign, size: tuple[int, int]
) -> None:
    visitor = visit(size)
    visitor.open("collection", campaign=kept.campaign_id)
    visitor.part("key_x").get_by_role("button").click()
    visitor.part("check_key_x").get_by_role("button").wait_for()
    visitor.wait()
    assert visitor.page.evaluate(CUT) == []
    assert visitor.english() == []
