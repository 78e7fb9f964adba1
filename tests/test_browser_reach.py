"""The page Portée in a real browser: the picture says what was measured, and leads on."""

from __future__ import annotations

import csv

import pytest
from playwright.sync_api import expect

import locales
from analysis.reach.reached import Reached, reached
from data.lake import Lake
from tests.browsers import CUT, LAPTOP, PHONE, Visit, Visitor, browser, home, visit

__all__ = ["browser", "home", "visit"]

#: The bars of a picture: from where, how long, and of what.
BARS = "(it) => it.data[0].customdata.map((of, n) => [of, it.data[0].base[n], it.data[0].x[n]])"


@pytest.fixture(scope="module")
def measured() -> Reached:
    """What is known of the demo's whole campaign."""
    return reached(Lake.demo().posts("demo-bancs"))


def _t(key: str, **values: object) -> str:
    return locales.text("fr", key, **values)


def _open(visitor: Visitor, **asked: str) -> None:
    visitor.open("reach", **({"campaign": "demo-bancs", "period": "all"} | asked))
    visitor.part("reach").locator(".js-plotly-plot .main-svg").first.wait_for()


def test_the_picture_and_its_sentence_are_the_measures(visit: Visit, measured: Reached) -> None:
    visitor = visit()
    _open(visitor)
    plot = visitor.part("reach").locator(".js-plotly-plot")
    shown = {of: (base, base + length) for of, base, length in plot.evaluate(BARS)}
    found = measured.measures
    estimated, bounds = found["estimated_reach"], found["reach_bounds"]
    assert shown["potential"] == (0, found["potential_reach"].value)
    for measure, (low, high) in ((estimated, shown["estimated"]), (bounds, shown["bounds"])):
        assert measure.low is not None and measure.high is not None
        assert 0.9 * measure.low - 1 <= low <= measure.low
        assert measure.high <= high <= 1.1 * measure.high + 1
    low, high = (int(edge) for edge in shown["estimated"])
    said = _t("reach.sentence", people=_t("measured.between", low=low, n=high))
    title = visitor.part("reach_block").locator("h2")
    expect(title).to_have_text(f"{said[:1].upper()}{said[1:]}")
    for edge in (low, high):
        expect(plot).to_contain_text(locales.number("fr", edge))


def test_the_estimate_stands_within_its_bounds_on_the_screen(visit: Visit) -> None:
    visitor = visit()
    _open(visitor)
    bars = visitor.part("reach").locator(".trace.bars .point path")
    boxes = [bars.nth(row).bounding_box() for row in range(bars.count())]
    assert len(boxes) == 3 and all(boxes)
    estimated, bounds, _ = (it for it in boxes if it is not None)
    assert bounds["x"] <= estimated["x"] + 1
    assert estimated["x"] + estimated["width"] <= bounds["x"] + bounds["width"] + 1
    assert estimated["width"] > 4


def test_the_overview_leads_to_where_its_reach_comes_from(visit: Visit) -> None:
    visitor = visit()
    visitor.open(campaign="demo-bancs", period="90d", networks="x")
    figure = visitor.card("estimated_reach").inner_text()
    visitor.part("card_estimated_reach").get_by_role("link").click()
    expect(visitor.page.locator("h1")).to_have_text(_t("pages.reach"))
    visitor.wait_for_address(period="90d", networks="x")
    expect(visitor.part("reach")).to_contain_text(figure)


def test_another_campaign_is_in_the_address_and_in_the_table_s_file(visit: Visit) -> None:
    visitor = visit()
    _open(visitor)
    visitor.part("versus").scroll_into_view_if_needed()  # a list that is open closes when it moves
    visitor.choose("versus", "Un puits par quartier")
    visitor.wait_for_address(versus="demo-puits")
    visitor.press("others", "Une radio à nous")
    visitor.wait_for_address(others="demo-radio", versus="demo-puits")
    heading, *rows = csv.reader(
        visitor.csv("versus_table").decode("utf-8-sig").splitlines(), delimiter=";"
    )
    assert heading == [_t("columns.measure"), _t("columns.this"), _t("columns.other")]
    assert _t("measure.estimated_reach") in {row[0] for row in rows}


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_what_opens_on_the_page_fits_and_speaks_french(visit: Visit, size: tuple[int, int]) -> None:
    visitor = visit(size)
    _open(visitor, versus="demo-puits")
    for part in ("how", "rests_on"):
        visitor.part(part).locator("summary").click()
    visitor.part("rests_on").get_by_test_id("stDataFrame").wait_for()
    assert visitor.page.evaluate(CUT) == []
    assert visitor.english() == []
