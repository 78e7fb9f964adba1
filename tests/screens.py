"""Pages opened without a browser, and the campaigns that they are opened on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import locales
from data.lake import Lake
from data.model import Account, Campaign, Network, NumberedPage, Post

FRAME = Path(__file__).resolve().parent.parent / "views" / "frame.py"
LANGUAGES = tuple(locales.LANGUAGES)
FIRST = datetime(2026, 6, 1, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def fresh(home: Path) -> Iterator[None]:
    """Caches outlive a test's app."""
    yield
    st.cache_data.clear()


def _campaign(campaign_id: str, posts: list[Post]) -> None:
    lake = Lake.of_user()
    lake.create(Campaign(campaign_id, campaign_id.capitalize()))
    if posts:
        writer = lake.writer(campaign_id, f"collecte-{campaign_id}")
        writer.append([NumberedPage(1, posts, None)], FIRST + timedelta(days=30))
        lake.derive(campaign_id)


def _posts(number: int, accounts: int, network: Network = Network.MASTODON) -> list[Post]:
    return [
        Post(
            network,
            f"{network}-{it}",
            Account(f"exemple_{it % accounts}"),
            FIRST + timedelta(days=it % 9),
            text=f"Message {it} pour @voisine #MarchéOuvert",
            mentions=(Account("exemple_voisine", "voisine"),),
            hashtags=("MarchéOuvert",) if it % 2 else (),
            likes=it % 4,
            reposts=0,
            author_followers=100,
        )
        for it in range(number)
    ]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The campaigns that dashboards are bad at."""
    folder = tmp_path_factory.mktemp("campagnes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PORTE_VOIX_HOME", str(folder))
        _campaign("vide", [])
        _campaign("quarante", _posts(40, 12))
        _campaign("seul", _posts(1, 1, Network.BLUESKY))
        _campaign("trois", _posts(9, 3))
        _campaign("videos", _posts(5, 5, Network.YOUTUBE))
        _campaign("melange", [*_posts(30, 12), *_posts(5, 5, Network.YOUTUBE)])
        _campaign("sans-dates", [post._replace(published_at=None) for post in _posts(3, 3)])
    return folder


@pytest.fixture
def campaigns(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTE_VOIX_HOME", str(kept))


def open_page(page: str = "overview", **asked: str) -> AppTest:
    app = AppTest.from_file(str(FRAME), default_timeout=60)
    for name, value in asked.items():
        app.query_params[name] = value
    if page != "overview":
        app.switch_page(f"{page}.py")
    app.run()
    assert not app.exception, app.exception[0].value
    return app


def cards_of(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def words_of(app: AppTest) -> str:
    kinds = (app.title, app.subheader, app.caption, app.markdown, app.info, app.success, app.error)
    said = [str(it.value) for kind in kinds for it in kind]
    return "\n".join([*said, *(f"{it.label} {it.value}" for it in app.metric)])
