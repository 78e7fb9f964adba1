"""A changed filter shows soon: no post is read for it, and what takes long is done meanwhile."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from data.lake import Lake
from findings import reach_process
from findings.question import Filters
from locales import text
from views.parts import polling

FRAME = Path(__file__).resolve().parent.parent / "views" / "frame.py"
CAMPAIGN = "demo-puits"


@pytest.fixture
def read(home: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tables that were read, one a reading, with nothing kept from other tests."""
    st.cache_data.clear()
    st.cache_resource.clear()
    tables: list[str] = []
    frame = Lake._frame

    def noted(lake: Lake, table: Any, *asked: Any) -> Any:
        tables.append(table.folder.name)
        return frame(lake, table, *asked)

    monkeypatch.setattr(Lake, "_frame", noted)
    # The reach comes when it is ready, and is no part of what these compare.
    monkeypatch.setattr(polling, "is_done", lambda *_: False)
    return tables


def _overview() -> AppTest:
    app = AppTest.from_file(str(FRAME), default_timeout=60)
    app.query_params.update({"campaign": CAMPAIGN, "period": "all", "lang": "fr"})
    app.run()
    assert not app.exception
    return app


def _shown(app: AppTest) -> list[Any]:
    assert not app.exception
    charts = [it.proto.spec for it in app.get("plotly_chart")]
    return [*((it.label, it.value, it.delta) for it in app.metric), *charts, app.table[0].value]


def test_another_filter_reads_no_post(read: list[str]) -> None:
    app = _overview()
    whole = _shown(app)
    assert len(read) == 3, "the sums, the accounts and the hashtags, each once"
    read.clear()
    app.selectbox(key="period").set_value("90d").run()
    app.button_group(key="kinds").set_value(["original"]).run()
    assert read == []
    assert _shown(app) != whole


def test_a_large_campaign_is_read_again_and_shows_the_same(
    read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def both() -> list[Any]:
        st.cache_data.clear()
        app = _overview()
        app.button_group(key="kinds").set_value(["reply"]).run()
        return _shown(app)

    from_memory = both()
    monkeypatch.setattr("findings.read.MOST_POSTS", 0)
    read.clear()
    assert str(both()) == str(from_memory)
    assert len(read) > 2


def test_the_page_is_there_before_its_reach(home: Path) -> None:
    st.cache_data.clear()
    polling._WORKS.clear()
    app = _overview()
    label = text("fr", "measure.estimated_reach")
    first = {it.label: it.value for it in app.metric}
    assert first[label] == "…" and first[text("fr", "measure.posts")] != "…"
    for _ in range(120):
        time.sleep(0.5)
        app.run()
        now = {it.label: it.value for it in app.metric}
        if now[label] != "…":
            break
    reach_process.stop()
    assert "–" in now[label], "a range of people"
    assert {**now, label: "…"} == first


def test_what_nobody_asks_for_any_more_is_passed_over(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = 100.0
    monkeypatch.setattr(polling.time, "monotonic", lambda: clock)
    waiting: list[Any] = []
    done: list[Filters] = []

    class Worker:
        def submit(self, *asked: Any) -> Any:
            waiting.append(asked)
            return polling.Future()

    def load(chosen: Filters) -> None:
        done.append(chosen)

    monkeypatch.setattr(polling, "_WORKER", Worker())

    def ask(campaign_id: str) -> bool:
        return polling.is_done(load, Filters(campaign_id, "1"))

    assert not ask("left") and not ask("stays") and not ask("stays")
    assert len(waiting) == 2
    clock += 2 * polling.A_MOMENT
    assert not ask("stays")
    clock += 2 * polling.A_MOMENT
    for work, *asked in waiting:
        work(*asked)
    assert [it.campaign_id for it in done] == ["stays"]
    assert not ask("left")
    assert len(waiting) == 3, "who comes back is served"
