"""X's API version 2 as files: twarc2's pages, streams and flattened posts, and raw answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from collectors.files.format import Documents
from collectors.readers import x
from collectors.readers.fields import Unreadable
from data.model import Post

_OF_A_LONE_POST = ("author_id", "conversation_id", "edit_history_tweet_ids")
#: Other networks answer in `data` with an `id` and a `text` too (Threads).
_OF_OTHERS = ("permalink", "media_type", "uri")


def _recognises(document: Any) -> bool:
    return any(map(_is_answer, document if isinstance(document, list) else [document]))


def _posts(document: Any) -> Iterator[Post | Unreadable]:
    for answer in document if isinstance(document, list) else [document]:
        if _is_answer(answer):
            yield from x.posts(answer)
        else:
            yield Unreadable("other")


def _without_posts(document: Any) -> str | None:
    answers = document if isinstance(document, list) else [document]
    return next(filter(None, map(_code_without_posts, answers)), None)


def _is_answer(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    if "data" in value:
        return any(map(_is_post, _data(value)))
    if _is_post(value):
        return any(name in value for name in _OF_A_LONE_POST)
    return _is_only_errors(value) or _is_empty_page(value)


def _code_without_posts(value: Any) -> str | None:
    if not isinstance(value, dict):
        return None
    if "full_text" in value or "search_metadata" in value:
        return "x-old"
    if "action" in value and ("redacted_at" in value or "reason" in value):
        return "x-compliance"
    for each in _data(value):
        if isinstance(each, dict) and "tweet_count" in each:
            return "x-counts"
        if isinstance(each, dict) and "username" in each and "name" in each:
            return "x-profiles"
    return None


def _data(document: dict[str, Any]) -> list[Any]:
    found = document.get("data")
    return found if isinstance(found, list) else [found]


def _is_post(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and "id" in value
        and "text" in value
        and not any(name in value for name in _OF_OTHERS)
    )


def _is_only_errors(document: dict[str, Any]) -> bool:
    """X's problems have a `type` that is an address of its documentation."""
    errors = document.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    return isinstance(first, dict) and "api.twitter.com" in str(first.get("type", ""))


def _is_empty_page(document: dict[str, Any]) -> bool:
    meta = document.get("meta")
    return isinstance(meta, dict) and meta.get("result_count") == 0


FORMAT = Documents("x-v2", _recognises, _posts, _without_posts, x.posts_of_line)
