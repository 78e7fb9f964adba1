"""The real server, on loopback: sealed, light, and silent."""

from __future__ import annotations

import gzip
import json
import re
import socket

import pytest
from conftest import Server

from views.parts.serving import content_security_policy


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
    assert server.strangers() == []
    assert "External URL" not in server.output.read_text()
    assert "Network URL" not in server.output.read_text()


def test_it_listens_to_one_address_of_this_computer_only(server: Server) -> None:
    assert f"URL: http://127.0.0.1:{server.port}" in server.output.read_text()
    with socket.socket() as other:
        other.settimeout(2)
        # Another address of this very computer: whoever listens to all would answer there.
        assert other.connect_ex(("127.0.0.2", server.port)) != 0


def test_telemetry_is_off(server: Server) -> None:
    _, _, body = server.get("/_stcore/host-config")
    assert json.loads(body).get("metricsUrl", "") in {"", "off"}
