"""What a network's HTTP answer means: go on, wait, give a key, or try again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from html import escape
from typing import Any
from urllib.parse import quote, unquote

import orjson

from collectors.base import (
    BudgetSpent,
    CollectorError,
    MissingCredentials,
    NetworkUnavailable,
    QuotaExhausted,
)

#: Seconds after which a call is given up.
TIMEOUT = 30.0

_RESETS = ("retry-after", "x-rate-limit-reset", "x-ratelimit-reset", "ratelimit-reset")
# Resets are moments or durations: no network asks to wait three years, and none has an old clock.
_LONGEST_WAIT = 100_000_000


def check(status: int, headers: Mapping[str, str], body: bytes = b"") -> None:
    """Let an answer pass that is one, whatever the client makes of it.

    Raises:
        MissingCredentials: 401 and 403.
        BudgetSpent: 402.
        QuotaExhausted: 429, with the moment from which on to ask again where a header says it.
        NetworkUnavailable: 408, 425 and 5xx.
        CollectorError: any other that is not 2xx (`refused`, with the status).
    """
    if 200 <= status < 300:
        return
    if status in (401, 403):
        raise MissingCredentials("key-refused", status=status)
    if status == 402:
        raise BudgetSpent("payment")
    if status == 429:
        raise QuotaExhausted(resumes_at=resumes_at(headers, datetime.now(UTC)))
    if status in (408, 425) or status >= 500:
        raise NetworkUnavailable("unavailable", body=body, status=status)
    raise CollectorError("refused", status=status)


def document(body: bytes) -> Any:
    """The JSON of an answer.

    Raises:
        NetworkUnavailable: it is none: cut off, or the page of a hotel's network.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise NetworkUnavailable("not-json-answer", body=body) from None


def masked(body: bytes, sent: str) -> bytes:
    """An answer without the key that it was asked for with.

    Proxies and error pages repeat what they were asked, and answers that cannot be read are
    kept. `sent` is the key, or a header that ends in it.

    >>> masked(b'{"error": "bad header: Bearer abc/1", "path": "/?key=abc%2F1"}', "Bearer abc/1")
    b'{"error": "bad header: Bearer <secret>", "path": "/?key=<secret>"}'
    """
    key = sent.rpartition(" ")[2]
    spelled = {key, quote(key, safe=""), unquote(key)}
    spelled |= {each.replace("/", "\\/") for each in spelled} | set(map(escape, spelled))
    for each in sorted(filter(None, spelled), key=len, reverse=True):
        body = body.replace(each.encode(), b"<secret>")
    return body


def resumes_at(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """When a network that asks to wait lets us in again; None where no header says it.

    Networks write it as seconds to wait, as Unix time, as an HTTP date or as ISO 8601.

    >>> now = datetime(2026, 6, 1, tzinfo=UTC)
    >>> resumes_at({"Retry-After": "90"}, now) - now
    datetime.timedelta(seconds=90)
    >>> resumes_at({"X-RateLimit-Reset": "2026-06-01T00:05:00.000Z"}, now) - now
    datetime.timedelta(seconds=300)
    """
    named = {name.lower(): value.strip() for name, value in headers.items()}
    for name in _RESETS:
        if name in named and (read := _moment(named[name], now)):
            return read
    return None


def _moment(written: str, now: datetime) -> datetime | None:
    try:
        if re.fullmatch(r"\d+(\.\d+)?", written):
            number = float(written)
            if number < _LONGEST_WAIT:
                return now + timedelta(seconds=number)
            return datetime.fromtimestamp(number, UTC)
        if written[:1].isdigit():
            read = datetime.fromisoformat(written)
        else:
            read = parsedate_to_datetime(written)
    except (ValueError, OverflowError, OSError):
        return None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
