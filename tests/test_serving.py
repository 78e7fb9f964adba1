"""The real server, on loopback: sealed, light, and silent."""

from __future__ import annotations

import gzip
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from views.parts.serving import content_security_policy

ROOT = Path(__file__).resolve().parent.parent

#: Written into the server's Python: notes every address that it looks up or connects to.
WATCH = """
import os, sys
def watch(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        with open(os.environ["WATCHED"], "a", encoding="utf-8") as file:
            file.write(f"{event} {arguments}\\n")
sys.addaudithook(watch)
"""


@dataclass(frozen=True)
class Server:
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


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app as an officer starts it, from a folder with an accent and a space in its name."""
    folder = tmp_path_factory.mktemp("serveur") / "Été à Lomé"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(WATCH, encoding="utf-8")
    running = Server(_free_port(), folder / "watched.txt", folder / "output.txt")
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
            [*command, "--server.port", str(running.port)],
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
            shutil.rmtree(folder, ignore_errors=True)


def _wait_for(server: Server, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        assert process.poll() is None, server.output.read_text()
        try:
            if server.get("/_stcore/health")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(server.output.read_text())


def test_a_page_may_talk_to_where_it_came_from_and_to_nobody_else(server: Server) -> None:
    _, headers, _ = server.get("/")
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["connect-src"] == f"'self' ws://{server.host}"
    assert policy["default-src"] == "'self'"
    assert not re.search(r"https?:|\*|wss?:(?!//127\.0\.0\.1)", headers["content-security-policy"])


@pytest.mark.parametrize("path", ["/", "/contents", "/_stcore/health", "/favicon.png"])
def test_every_answer_is_sealed(server: Server, path: str) -> None:
    _, headers, _ = server.get(path)
    assert "content-security-policy" in headers
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert "camera=()" in headers["permissions-policy"]


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1:8501; script-src *", "127.0.0.1.evil.example", "", "a b"]
)
def test_a_host_that_is_not_this_computer_adds_nothing_to_the_policy(host: str) -> None:
    assert "connect-src 'self';" in content_security_policy(host)


@pytest.mark.parametrize("host", ["localhost:8501", "127.0.0.1", "[::1]:8501"])
def test_this_computer_s_socket_is_named(host: str) -> None:
    assert f"connect-src 'self' ws://{host};" in content_security_policy(host)


def test_the_page_says_its_language_and_its_name(server: Server) -> None:
    for query, language in (("", "fr"), ("?lang=en", "en"), ("?lang=<script>", "fr")):
        status, headers, body = server.get(f"/{query}", accept_encoding="gzip")
        assert status == 200 and "content-encoding" not in headers
        assert f'<html lang="{language}">'.encode() in body
        assert b"<title>Porte-voix</title>" in body and b"</html>" in body


def test_the_front_end_s_files_travel_compressed_and_whole(server: Server) -> None:
    _, _, page = server.get("/")
    scripts = re.findall(rb'(?:src|href)="\./(static/[^"]+\.(?:js|css))"', page)
    assert len(scripts) > 10
    for path in (f"/{it.decode()}" for it in scripts):
        _, _, plain = server.get(path)
        _, headers, packed = server.get(path, accept_encoding="gzip, br")
        assert headers["content-encoding"] == "gzip" and "immutable" in headers["cache-control"]
        assert headers["vary"] == "accept-encoding"
        assert gzip.decompress(packed) == plain
        kind = {"js": "text/javascript", "css": "text/css"}[path.rpartition(".")[2]]
        assert headers["content-type"] == kind
    assert len(packed) < len(plain)


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/%2e%2e/index.html", "/static/js"])
def test_nothing_else_is_served_compressed(server: Server, path: str) -> None:
    _, headers, body = server.get(path, accept_encoding="gzip")
    assert "content-encoding" not in headers or b"streamlit" not in body
    assert b"st.App" not in body


def _handshake(server: Server, origin: str, **headers: str) -> int:
    status, _, _ = server.get(
        "/_stcore/stream",
        **headers,
        origin=origin,
        connection="Upgrade",
        upgrade="websocket",
        sec_websocket_version="13",
        sec_websocket_key="dGhlIHNhbXBsZSBub25jZQ==",
        sec_websocket_protocol="streamlit",
    )
    return status


def test_another_site_s_page_opens_no_socket_here(server: Server) -> None:
    assert _handshake(server, "https://evil.example") == 403
    assert _handshake(server, f"http://{server.host}") == 101


def test_another_name_for_this_computer_opens_no_socket(server: Server) -> None:
    assert _handshake(server, "http://evil.example", host="evil.example") == 403


def test_the_server_looks_up_and_calls_nobody(server: Server) -> None:
    test_another_site_s_page_opens_no_socket_here(server)
    watched = server.watched.read_text(encoding="utf-8") if server.watched.exists() else ""
    strangers = [
        line
        for line in watched.splitlines()
        if not re.search(r"'(127\.0\.0\.1|localhost|::1)'|family=\S*AF_UNIX", line)
    ]
    assert strangers == []
    assert "External URL" not in server.output.read_text()
    assert "Network URL" not in server.output.read_text()


def test_it_listens_to_this_computer_only(server: Server) -> None:
    assert f"URL: http://127.0.0.1:{server.port}" in server.output.read_text()
    with socket.socket() as other:
        other.settimeout(2)
        assert other.connect_ex((_own_address(), server.port)) != 0


def _own_address() -> str:
    found = {str(it[4][0]) for it in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    outside = [it for it in found if not it.startswith("127.")]
    return outside[0] if outside else pytest.skip("this machine has no other address")


def test_telemetry_is_off(server: Server) -> None:
    _, _, body = server.get("/_stcore/host-config")
    assert json.loads(body).get("metricsUrl", "") in {"", "off"}
