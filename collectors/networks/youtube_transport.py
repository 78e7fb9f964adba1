"""YouTube: how the client's calls leave, and what an answer's head says."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson

from collectors.access import answers
from collectors.base import (
    CollectorError,
    MissingCredentials,
    NetworkUnavailable,
    QuotaExhausted,
)

_SPENT_TODAY = {"quotaExceeded", "dailyLimitExceeded"}
_TOO_FAST = {"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"}
_SWITCHED_OFF = {"accessNotConfigured", "SERVICE_DISABLED"}
_WRONG_KEY = {"keyInvalid", "keyExpired", "API_KEY_INVALID"}


class Transport:
    """What the client sends its requests through; every failure leaves it as one of ours.

    It puts the key into a header, where the client would put it into the address, and so
    into its logs and the texts of its errors.
    """

    def __init__(self, api_key: str) -> None:
        import httplib2

        self._key = api_key.strip()
        if not (self._key.isascii() and self._key.isprintable() and self._key):
            raise MissingCredentials("key-refused", status=400)
        self._http: Any = httplib2.Http(timeout=answers.TIMEOUT)
        self._http.follow_redirects = False  # the key would go along
        self._connections = {
            "http": type("_Http", (_AskedOnce, httplib2.HTTPConnectionWithTimeout), {}),
            "https": type("_Https", (_AskedOnce, httplib2.HTTPSConnectionWithTimeout), {}),
        }
        self._failures = (OSError, http.client.HTTPException, httplib2.HttpLib2Error)

    def request(
        self, uri: str, method: str = "GET", body: Any = None, headers: Any = None
    ) -> tuple[Any, bytes]:
        """Send a request as `httplib2.Http.request` does."""
        try:
            response, content = self._http.request(
                uri,
                method,
                body=body,
                headers={**(headers or {}), "x-goog-api-key": self._key},
                connection_type=self._connections[urlsplit(uri).scheme],
            )
        except self._failures:
            self._http.close()  # half an answer may be left in the connection
            raise NetworkUnavailable("unreachable") from None
        body = answers.masked(content, self._key)
        _check(response.status, response, body)
        return response, body

    def close(self) -> None:
        """Close the connections, as `httplib2.Http.close` does."""
        self._http.close()


class _AskedOnce(http.client.HTTPConnection):
    """A connection on which a lost answer is an error.

    httplib2 would ask once more without a word, and a search counts each time.
    """

    def getresponse(self) -> http.client.HTTPResponse:
        try:
            return super().getresponse()
        except (http.client.BadStatusLine, http.client.ResponseNotReady):
            raise ConnectionResetError from None


def _check(status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Let an answer pass that is one; what is refused says why in its body.

    Raises:
        CollectorError: `answers.check` says which, save that a spent quota is a 403 as much as
            a 429, a wrong key a 400, and comments that are closed a 403.
    """
    if 200 <= status < 300:
        return
    errors = _errors(body)
    reasons = {str(error.get("reason")) for error in errors}
    message = " ".join(str(error.get("message")) for error in errors)
    if status in (403, 429):
        now = datetime.now(UTC)
        if reasons & _SPENT_TODAY or "per day" in message:
            raise QuotaExhausted(resumes_at=_next_midnight(now))
        if reasons & _TOO_FAST:
            raise QuotaExhausted(resumes_at=answers.resumes_at(headers, now))
    if status == 403 and reasons & _SWITCHED_OFF:
        raise MissingCredentials("service-disabled")
    if status == 400 and (reasons & _WRONG_KEY or "API key" in message):
        raise MissingCredentials("key-refused", status=status)
    if status == 403 and any(str(error.get("domain")).startswith("youtube.") for error in errors):
        raise CollectorError("refused", status=status)
    answers.check(status, headers, body)


def _errors(body: bytes) -> list[dict[str, Any]]:
    """What an answer says of its failure: YouTube in `errors`, Google's platform in `details`."""
    try:
        error = orjson.loads(body)["error"]
        listed = [error, *error.get("errors", []), *error.get("details", [])]
    except (ValueError, LookupError, TypeError, AttributeError):
        return []
    return [it for it in listed if isinstance(it, dict)]


def _next_midnight(now: datetime) -> datetime:
    """When a day's quota comes back: at midnight in California.

    >>> _next_midnight(datetime(2026, 6, 1, 12, tzinfo=UTC)).isoformat()
    '2026-06-02T07:00:00+00:00'
    """
    try:
        zone: tzinfo = ZoneInfo("America/Los_Angeles")
    except ZoneInfoNotFoundError:  # Windows knows no zones: an hour late in summer
        zone = timezone(timedelta(hours=-8))
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), zone).astimezone(UTC)
