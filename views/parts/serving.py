"""How pages travel: sealed, so that nothing leaves this computer, and compressed once.

Both classes are plain ASGI middleware for `st.App`.
"""

from __future__ import annotations

import gzip
import re
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import anyio
import streamlit
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LOOPBACK = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?")

_HEADERS = (
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


def content_security_policy(host: str) -> str:
    """The policy of a page served to `host` (the request's own Host header).

    A page may talk to where it came from and to nobody else. Streamlit's front end needs
    its inline scripts and styles, its charts compile what they draw, and components are
    loaded from `blob:`. Older browsers do not count a WebSocket as 'self', so the one of this
    very host is named.

    >>> "ws://127.0.0.1:8501" in content_security_policy("127.0.0.1:8501")
    True
    >>> "evil" in content_security_policy("evil.example; script-src *")
    False
    """
    socket = f" ws://{host}" if _LOOPBACK.fullmatch(host) else ""
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "worker-src 'self' blob:",
            f"connect-src 'self'{socket}",
            "frame-src 'none'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


class Sealed:
    """Adds the content-security policy and its kin, and addresses the page to its reader.

    A WebSocket opened by another site's page is refused here: Streamlit would first ask a
    server on the internet for this machine's address, to compare it with that site.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", ()))
        host = headers.get(b"host", b"").decode("latin-1")
        if scope["type"] == "websocket":
            origin = headers.get(b"origin", b"").decode("latin-1")
            if origin and urlsplit(origin).netloc != host:
                await send({"type": "websocket.close", "code": 1008})
                return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        policy = content_security_policy(host).encode("latin-1")
        is_page = False

        async def sealed(message: Message) -> None:
            nonlocal is_page
            if message["type"] == "http.response.start":
                sent = [*message["headers"], (b"content-security-policy", policy), *_HEADERS]
                is_page = dict(sent).get(b"content-type", b"").startswith(b"text/html")
                if is_page:
                    sent = [(name, value) for name, value in sent if name != b"content-length"]
                message = {**message, "headers": sent}
            elif message["type"] == "http.response.body" and is_page:
                message = {**message, "body": _addressed(message.get("body", b""), scope)}
            await send(message)

        await self.app(_uncompressed(scope), receive, sealed)


def _addressed(page: bytes, scope: Scope) -> bytes:
    """Streamlit's empty page with its language, our name, and where its server is.

    Without the last, a page opened by its own address (`/contents`) first looks for a server
    under that address, and the console shows two errors.
    """
    asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("lang", [""])[-1]
    language = b"en" if asked == "en" else b"fr"
    server = b'<script>window.__streamlit={BACKEND_BASE_URL:location.origin+"/"}</script></head>'
    return (
        page.replace(b'<html lang="en">', b'<html lang="%s">' % language, 1)
        .replace(b"<title>Streamlit</title>", b"<title>Porte-voix</title>", 1)
        .replace(b"</head>", server, 1)
    )


def _uncompressed(scope: Scope) -> Scope:
    """The page itself is asked for as it is, since its language is written into it."""
    if scope["path"].startswith(("/static/", "/media/", "/_stcore/", "/component")):
        return scope
    kept = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
    return {**scope, "headers": kept}


_BUNDLE = Path(streamlit.__file__).parent / "static"

#: Named here, since on Windows the registry decides what `mimetypes` answers.
_KINDS = {
    ".js": b"text/javascript",
    ".css": b"text/css",
    ".svg": b"image/svg+xml",
    ".json": b"application/json",
}

#: The text files of Streamlit's front end by the path that asks for them; their names carry
#: a hash of their content, so a browser may keep them for ever.
_FILES = {
    f"/{file.relative_to(_BUNDLE).as_posix()}": file
    for file in (_BUNDLE / "static").rglob("*")
    if file.suffix in _KINDS
}


@cache
def _compressed(path: str) -> bytes:
    return gzip.compress(_FILES[path].read_bytes(), compresslevel=9, mtime=0)


class Compressed:
    """Serves Streamlit's own files compressed, each compressed once: 2.8 MB instead of 8.3."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _wants_compressed(scope):
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        body = await anyio.to_thread.run_sync(_compressed, path)
        headers = [
            (b"content-type", _KINDS[_FILES[path].suffix]),
            (b"content-encoding", b"gzip"),
            (b"content-length", str(len(body)).encode()),
            (b"vary", b"accept-encoding"),
            (b"cache-control", b"public, immutable, max-age=31536000"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _wants_compressed(scope: Scope) -> bool:
    return (
        scope["type"] == "http"
        and scope["method"] == "GET"
        and scope["path"] in _FILES
        and b"gzip" in dict(scope["headers"]).get(b"accept-encoding", b"")
    )
