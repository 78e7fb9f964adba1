"""What several tests share."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from data.lake import Lake
from data.model import Campaign

# The keys of tests stay in their folders: a developer's own keyring is none of their business.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"

# What helpers assert is explained as what tests assert.
for helper in ("browsers", "faults", "lakes", "oracles", "planted", "posts", "screens"):
    pytest.register_assert_rewrite(f"tests.{helper}")

ROOT = Path(__file__).resolve().parent.parent

# Servers of the same name, one a network: they are imported by their tests, and hold none.
collect_ignore_glob = ["payloads/*"]

#: Written into the server's Python: notes every address that it looks up or connects to.
WATCH = """
import os, sys
def watch(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        with open(os.environ["WATCHED"], "a", encoding="utf-8") as file:
            file.write(f"{event} {arguments}\\n")
sys.addaudithook(watch)
"""


#: What takes longest begins first, so that nothing is left to wait for at the end.
_LONGEST = ("test_browser", "test_faults", "test_engines", "test_exactly_once", "test_topics")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        named = (n for n, name in enumerate(_LONGEST) if item.path.stem.startswith(name))
        return next(named, len(_LONGEST))

    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A file is one process's, which makes what its tests share once; all browsers are one's."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return "browser" if "test_browser" in file else file

    return ByFile(config, log)


@pytest.fixture(scope="session")
def fixtures() -> Path:
    """The recorded answers of real networks; they are other people's posts and stay outside."""
    folder = Path(os.environ.get("PORTE_VOIX_FIXTURES", ROOT / ".." / "shared" / "fixtures"))
    if not folder.is_dir():
        pytest.skip("no recorded answers here: PORTE_VOIX_FIXTURES names their folder")
    return folder.resolve()


@pytest.fixture(scope="session")
def known_answers() -> Path:
    """Public data with published results; they stay outside."""
    given = os.environ.get("PORTE_VOIX_KNOWN_ANSWERS", ROOT / ".." / "shared" / "known_answers")
    folder = Path(given)
    if not folder.is_dir():
        pytest.skip("no known answers here: PORTE_VOIX_KNOWN_ANSWERS names their folder")
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


@dataclass(frozen=True)
class Server:
    """The app under way, and where it is noted what it calls and says."""

    port: int
    watched: Path
    output: Path

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request(
            "GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, found, answer.read()

    def strangers(self) -> list[str]:
        """What it looked up or called, this computer left out."""
        watched = self.watched.read_text(encoding="utf-8") if self.watched.exists() else ""
        return [
            line
            for line in watched.splitlines()
            if not re.search(r"'(127\.0\.0\.1|localhost|::1)'|family=\S*AF_UNIX", line)
        ]


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app as an officer starts it, from a folder with an accent and a space in its name;
    it only opens no browser."""
    folder = tmp_path_factory.mktemp("serveur") / "Été à Lomé"
    folder.mkdir()
    try:
        with serving(folder) as running:
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """The app under way, with what it keeps in a folder: anew, it finds what another one kept."""
    (folder / "sitecustomize.py").write_text(WATCH, encoding="utf-8")
    port = _free_port()
    running = Server(port, folder / "watched.txt", folder / f"output-{port}.txt")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("STREAMLIT_")},
        "PYTHONPATH": str(folder),
        "WATCHED": str(running.watched),
        "PORTE_VOIX_HOME": str(folder / "données"),
        "HOME": str(folder),
    }
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py")]
    with running.output.open("w") as output:
        process = subprocess.Popen(
            [*command, "--server.port", str(running.port), "--server.headless", "true"],
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        try:
            _wait_for(running, process)
            yield running
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait_for(server: Server, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        assert process.poll() is None, server.output.read_text()
        try:
            if server.get("/_stcore/health")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(server.output.read_text())
