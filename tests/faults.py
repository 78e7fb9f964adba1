"""Faults of a network that pass, and how posts are told apart after them."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.loopback import Answer, Fault, Handler, Request


def says(status: int, headers: dict[str, str] | None = None, body: Any = None) -> Fault:
    def fault(handler: Handler, request: Request, answer: Answer) -> None:
        handler.send(Answer(body if body is not None else {}, status, headers or {}))

    return fault


def soon(write: Callable[[datetime], str]) -> str:
    return write(datetime.now(UTC) + timedelta(seconds=2))


def truncates(handler: Handler, request: Request, answer: Answer) -> None:
    handler.send(Answer(answer.bytes[: len(answer.bytes) // 2] + b'{"a', headers=answer.headers))


def breaks_off(handler: Handler, request: Request, answer: Answer) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(answer.bytes) + 1))
    handler.end_headers()
    handler.wfile.write(answer.bytes[:-1])
    handler.close_connection = True


def resets(handler: Handler, request: Request, answer: Answer) -> None:
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    handler.connection.close()


def sleeps(handler: Handler, request: Request, answer: Answer) -> None:
    time.sleep(0.6)
    handler.close_connection = True


HTML = b"<!doctype html><title>Bienvenue</title><p>Connectez-vous au wifi"
PASSING: dict[str, Fault] = {
    "429": says(429),
    "429 retry-after, seconds": says(429, {"Retry-After": "2"}),
    "429 reset, Unix time": says(
        429, {"x-rate-limit-reset": soon(lambda at: str(int(at.timestamp())))}
    ),
    "429 reset, seconds": says(429, {"X-Ratelimit-Reset": "2", "X-Ratelimit-Remaining": "0"}),
    "429 reset, ISO": says(429, {"X-RateLimit-Reset": soon(lambda at: at.isoformat())}),
    "429 reset, unreadable": says(429, {"X-RateLimit-Reset": "bientôt".encode().decode("latin-1")}),
    "500": says(500, body={"error": "internal"}),
    "502 HTML": says(502, {"Content-Type": "text/html"}, HTML),
    "503": says(503),
    "200 HTML": says(200, {"Content-Type": "text/html"}, HTML),
    "200 HTML called JSON": says(200, body=HTML),
    "truncated JSON": truncates,
    "broken off": breaks_off,
    "reset": resets,
    "time-out": sleeps,
}


def identity(request: Request) -> str:
    return f"{request.method} {request.path} {sorted(request.query.items())} {request.body!r}"
