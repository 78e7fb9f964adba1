"""X: tweepy, made to ask where we say, in time, and without the key in anybody's log."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

from collectors.access import answers
from collectors.base import (
    BudgetSpent,
    MissingCredentials,
    NetworkUnavailable,
)

#: tweepy knows one address only.
_HOST = "https://api.twitter.com"
_KEY = re.compile(r"[!-~]+")


def client_for(bearer_token: str, address: str) -> Any:
    """tweepy, made to ask `address`, to give up in time and to leave the judging to us."""
    # Here, not above: a client takes up to a second to load, and an import of files needs none.
    import requests
    import tweepy

    client = tweepy.Client(bearer_token, return_type=requests.Response, wait_on_rate_limit=False)
    # The first writes the key into its log, the others addresses that are keys themselves.
    for name in ("tweepy.client", "urllib3.connection", "urllib3.connectionpool"):
        logging.getLogger(name).addFilter(_is_worth_logging)
    ask = client.session.request

    def request(method: str, url: str, **more: Any) -> Any:
        if not _KEY.fullmatch(bearer_token):
            raise MissingCredentials("key-malformed")
        with sent(ask, method, address + url.removeprefix(_HOST), **more) as response:
            try:
                # Whoever reads the answer from here on reads it without the key.
                body = response._content = answers.masked(response.content, bearer_token)
            except OSError:
                body = None
        if response.status_code == 429 and b"/usage-capped" in (body or b""):
            raise BudgetSpent("payment")
        # Before tweepy, which trips over strange headers and bodies of errors.
        answers.check(response.status_code, response.headers, body or b"")
        if body is None:
            raise NetworkUnavailable("not-json-answer")
        return response

    client.session.request = request
    return client


def sent(send: Callable[..., Any], method: str, url: str, **more: Any) -> Any:
    """The head of an answer, from where it was asked for, or an error in time."""
    more |= {"timeout": answers.TIMEOUT, "allow_redirects": False, "stream": True}
    try:
        return send(method, url, **more)
    except OSError:  # all that requests raises is one
        raise NetworkUnavailable("unreachable") from None


def _is_worth_logging(record: logging.LogRecord) -> bool:
    return record.levelno > logging.WARNING
