"""Reddit: how praw's calls leave, and what an answer's head says."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, ClassVar

import orjson

from collectors.access import answers
from collectors.base import (
    BudgetSpent,
    CollectorError,
    MissingCredentials,
    NetworkUnavailable,
    QuotaExhausted,
)

USER_AGENT = f"{sys.platform}:porte-voix:0.1.0 (campaign research)"


class Requestor:
    """What prawcore calls Reddit through: all that it is shown are answers without fault.

    By itself it repeats calls that fail, sleeps as the headers on limits tell it to, and breaks
    off where those are no whole numbers. So it is given neither; of an answer with posts it
    gets the bytes to hand on, of one with a token what it says.
    """

    def __init__(
        self,
        session: Any,
        count_call: Callable[[], None],
        *,
        oauth_url: str,
        reddit_url: str,
        user_agent: str,
    ) -> None:
        self._session = session
        self._count_call = count_call
        self._user_agent = user_agent
        self.oauth_url = oauth_url
        self.reddit_url = reddit_url

    def request(
        self, method: str, url: str, *, headers: dict[str, str], timeout: float = 0, **asked: Any
    ) -> _Sound:
        """Make a call, within our time-out whatever `timeout` says.

        Raises:
            CollectorError: in the kind that says what to do.
        """
        is_for_token = "auth" in asked
        # Asked to close the connection, as prawcore does for a token, some do so without a word
        # while the next call is under way.
        kept = {name: value for name, value in headers.items() if name != "Connection"}
        kept["User-Agent"] = self._user_agent
        asked["allow_redirects"] = False
        self._count_call()
        try:
            answer = self._session.request(
                method, url, headers=kept, timeout=answers.TIMEOUT, **asked
            )
        except UnicodeError:  # in a header: a secret with other letters than keys have
            raise MissingCredentials("key-refused", status=401) from None
        except OSError:
            kind = NoToken if is_for_token else NetworkUnavailable
            raise kind("unreachable") from None
        if is_for_token:
            if answer.status_code >= 500:
                raise NoToken("unavailable", status=answer.status_code)
            answers.check(answer.status_code, answer.headers)
            return _Sound(_token(answer.content))
        if answer.status_code == 401:
            raise TokenRefused("key-refused", status=401)
        body = answers.masked(answer.content, kept.get("Authorization", ""))
        if _is_closed(answer.status_code, body):
            raise Closed("refused", status=answer.status_code)
        answers.check(answer.status_code, answer.headers, body)
        return _Sound(body)


class _Sound:
    """An answer without fault, and without headers, as prawcore reads it."""

    status_code = 200
    headers: ClassVar[dict[str, str]] = {}

    def __init__(self, content: Any) -> None:
        self._content = content

    def json(self) -> Any:
        return self._content


class TokenRefused(MissingCredentials):
    """The token is not, or no more, a good one; another may be."""


class NoToken(NetworkUnavailable):
    """There is no token to be had at present, for whatever is asked next."""


#: What stops a reading, whatever would have been asked next.
STOPS_ALL = (BudgetSpent, MissingCredentials, QuotaExhausted, NoToken)


class Closed(CollectorError):
    """What was asked for is not public: a subreddit gone private, a post that was removed."""


def _token(body: bytes) -> dict[str, Any]:
    """The answer with a token, which is never kept aside as another might be."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise NoToken("not-json-answer") from None
    if not isinstance(found, dict):
        raise NoToken("unexpected-answer", kind="token")
    if "error" in found:  # with status 200
        raise MissingCredentials("key-refused", status=401)
    expected = {"access_token": str, "expires_in": int, "scope": str}
    if not all(isinstance(found.get(name), kind) for name, kind in expected.items()):
        raise NoToken("unexpected-answer", kind="token")
    return found


def _is_closed(status: int, body: bytes) -> bool:
    """Whether a place is refused and not the caller, who is refused without a reason."""
    if status != 403:
        return status == 404
    try:
        return "reason" in orjson.loads(body)
    except (orjson.JSONDecodeError, TypeError):
        return False
