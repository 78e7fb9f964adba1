"""A small HTTP server on loopback that speaks for a network, and misbehaves when it is told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Request:
    """What a client asked; header names are in lower case."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes = b""

    def one(self, name: str, default: str | None = None) -> str | None:
        """The first value of a parameter, of the address or of a form in the body."""
        form = parse_qs(self.body.decode("utf-8", "replace")) if self.body else {}
        return (self.query.get(name) or form.get(name) or [default])[0]


@dataclass(frozen=True)
class Answer:
    """What the server says: `body` is sent as it is where it is bytes, else as JSON."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def bytes(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


#: Takes the place of an answer: writes to the client what a network in trouble would.
Fault = Callable[["Handler", Request, Answer], None]


class Handler(BaseHTTPRequestHandler):
    """Notes each request, then answers it, or does what the fault of its turn says."""

    protocol_version = "HTTP/1.1"
    # Head and body in one packet: in two, the second waits for an acknowledgement of the first.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def handle_any(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        request = Request(
            self.command,
            parts.path,
            parse_qs(parts.query, keep_blank_values=True),
            {name.lower(): value for name, value in self.headers.items()},
            self.rfile.read(length) if length else b"",
        )
        loopback = self.server.loopback
        with loopback.lock:
            turn = len(loopback.requests)
            loopback.requests.append(request)
            fault = loopback.faults.pop(turn, None) or loopback.always
        answer = loopback.answer(request)
        if fault is not None:
            fault(self, request, answer)
        else:
            self.send(answer)

    do_GET = do_POST = do_PUT = handle_any

    def send(self, answer: Answer) -> None:
        body = answer.bytes
        self.send_response(answer.status)
        headers = {"Content-Type": "application/json; charset=utf-8", **answer.headers}
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing: tests look at `requests`."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    loopback: Loopback

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is what some tests are about."""


class Loopback:
    """`with Loopback(answer) as server:` serves at `server.url` until the block ends.

    `requests` is everything asked so far. `faults` names, by the request's turn (0 is the
    first), what happens instead of its answer, once; `always` happens to every other request.
    """

    def __init__(self, answer: Callable[[Request], Answer]) -> None:
        self.answer = answer
        self.requests: list[Request] = []
        self.faults: dict[int, Fault] = {}
        self.always: Fault | None = None
        self.lock = threading.Lock()

    def __enter__(self) -> Loopback:
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.loopback = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
