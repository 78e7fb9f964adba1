"""The summary for scripts says what the page says, of whatever can be imported."""

from __future__ import annotations

import json
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import locales
import reports.__main__
from collectors.base import CollectorError
from collectors.files import files_in, sources
from collectors.runs.imports import import_file
from data.lake import Lake
from data.model import Campaign, Network
from tests.screens import cards_of, fresh, open_page
from views.parts import polling

__all__ = ["fresh"]

PAYLOADS = Path(__file__).parent / "payloads"
COUNTS = ("likes", "reposts", "replies", "quotes", "impressions")
NETWORKS = {locales.text("fr", f"networks.{it}"): it.value for it in Network}


@pytest.fixture(autouse=True)
def without_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes when it is ready, and stands in no summary."""
    monkeypatch.setattr(polling, "is_done", lambda *_: False)


def can_be_imported(path: Path) -> bool:
    try:
        return bool(sources(path))
    except CollectorError:
        return False


def values(given: Any) -> list[Any]:
    """A figure's numbers, which plotly writes as bytes where they are many."""
    if isinstance(given, dict):
        return np.frombuffer(b64decode(given["bdata"]), given["dtype"]).tolist()
    return list(given)


def traces(app: AppTest) -> dict[str, list[dict[str, Any]]]:
    """The data of each chart, by its key."""
    return {
        it.proto.id.rsplit("-", 1)[-1]: json.loads(it.proto.spec)["data"]
        for it in app.get("plotly_chart")
    }


def summed(campaign: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    assert reports.__main__.main(["summary", "--campaign", campaign, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def written(value: int | None) -> str:
    return "—" if value is None else locales.number("fr", value)


def assert_the_page_says(told: dict[str, Any], campaign: str) -> None:
    """Every number of a summary is the one on the Overview of the whole campaign."""
    app = open_page(campaign=campaign, period="all", lang="fr")
    cards = cards_of(app)
    for name in ("posts", "authors", *COUNTS):
        assert cards[locales.text("fr", f"measure.{name}")] == written(told[name]), name

    networks = app.table[0].value.loc[locales.text("fr", "columns.posts")]
    assert {NETWORKS[name]: int(n) for name, n in networks.items()} == told["by_network"]

    charts = traces(app)
    of_kind: Counter[str] = Counter()
    for trace in charts["by_kind"]:
        of_kind.update(dict(zip(trace["customdata"], values(trace["x"]))))
    assert of_kind == Counter(told["by_kind"])

    assert bool(charts.get("hashtags")) == bool(told["top_hashtags"])
    for trace in charts.get("hashtags", []):
        drawn = [[*it] for it in zip(trace["customdata"], values(trace["x"]))]
        assert drawn == told["top_hashtags"][:10]

    per_day = {date.fromisoformat(day): n for day, n in told["per_day"]}
    bars: Counter[tuple[date, date]] = Counter()
    for trace in charts.get("by_day", []):
        for (since, until, *_), n in zip(trace["customdata"], values(trace["y"])):
            bars[date.fromisoformat(since), date.fromisoformat(until)] += n
    for (since, until), drawn_posts in bars.items():
        assert drawn_posts == sum(n for day, n in per_day.items() if since <= day < until)
    assert sum(bars.values()) == sum(per_day.values())


def imported(path: Path, campaign: str) -> None:
    lake = Lake.of_user()
    lake.create(Campaign(campaign, campaign))
    import_file(lake, path, campaign)


def importable(folder: Path) -> Iterator[Path]:
    return filter(can_be_imported, files_in(folder))


@pytest.mark.parametrize("campaign", ["demo-bancs", "demo-puits", "demo-radio"])
@pytest.mark.usefixtures("home")
def test_the_invented_campaigns_have_the_numbers_of_their_page(
    campaign: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert_the_page_says(summed(campaign, capsys), campaign)


@pytest.mark.usefixtures("home")
def test_every_invented_answer_has_the_numbers_of_its_page(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for number, path in enumerate(importable(PAYLOADS)):
        imported(path, f"fichier-{number}")
        told = summed(f"fichier-{number}", capsys)
        if told["posts"] or told["by_network"]:
            assert_the_page_says(told, f"fichier-{number}")


@pytest.mark.usefixtures("home")
def test_every_recorded_answer_that_imports_has_the_numbers_of_its_page(
    fixtures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    read = 0
    for number, path in enumerate(importable(fixtures)):
        imported(path, f"fichier-{number}")
        told = summed(f"fichier-{number}", capsys)
        if told["posts"]:
            assert_the_page_says(told, f"fichier-{number}")
            read += 1
    assert read > 20
