"""What several tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from data.lake import Lake
from data.model import Campaign

# The keys of tests stay in their folders: a developer's own keyring is none of their business.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def fixtures() -> Path:
    """The recorded answers of real networks; they are other people's posts and stay outside."""
    folder = Path(os.environ.get("PORTE_VOIX_FIXTURES", ROOT / ".." / "shared" / "fixtures"))
    if not folder.is_dir():
        pytest.skip("no recorded answers here: PORTE_VOIX_FIXTURES names their folder")
    return folder.resolve()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """All that the program keeps, in a folder called as a user's might be."""
    folder = tmp_path / "Été à Lomé"
    monkeypatch.setenv("PORTE_VOIX_HOME", str(folder))
    return folder


@pytest.fixture
def lake(home: Path) -> Lake:
    """A real lake with one empty campaign, `campagne`."""
    ours = Lake(home)
    ours.create(Campaign("campagne", "Une campagne inventée"))
    return ours


@pytest.fixture(scope="session")
def payloads() -> Path:
    """Invented answers in the networks' real shapes."""
    return ROOT / "tests" / "payloads"
