"""Bluesky pages saved as JSON: search, quotes, feeds, threads, and lists or lines of posts."""

from __future__ import annotations

from typing import Any

from collectors.files.format import Documents
from collectors.readers import bluesky

_SEARCH_PAGE = {"posts", "cursor", "hitsTotal"}
_FEED_PAGE = {"feed", "cursor"}
_ACCOUNTS = ("profiles", "actors", "repostedBy", "followers", "follows", "likes")


def _recognises(document: Any) -> bool:
    if isinstance(document, list):
        return any(_is_post(item) or _is_shown(item) for item in document)
    if not isinstance(document, dict):
        return False
    thread = document.get("thread")
    return (
        _is_post(document)
        or _is_shown(document)
        or _is_page(document, "posts", _is_post, _SEARCH_PAGE)
        or _is_page(document, "feed", _is_shown, _FEED_PAGE)
        or (isinstance(thread, dict) and _is_shown(thread))
    )


def _is_page(document: dict[str, Any], name: str, is_item: Any, names: set[str]) -> bool:
    items = document.get(name)
    if not isinstance(items, list):
        return False
    return any(is_item(item) for item in items) if items else names.issuperset(document)


def _is_post(item: Any) -> bool:
    return isinstance(item, dict) and _is_address(item.get("uri")) and "record" in item


def _is_shown(item: Any) -> bool:
    return isinstance(item, dict) and _is_post(item.get("post"))


def _is_address(uri: Any) -> bool:
    return isinstance(uri, str) and uri.startswith("at://")


def _without_posts(document: Any) -> str | None:
    if not isinstance(document, dict):
        return None
    for name in _ACCOUNTS:
        accounts = document.get(name)
        if isinstance(accounts, list) and any(_is_account(account) for account in accounts):
            return "profiles"
    return "profiles" if _is_account(document) else None


def _is_account(item: Any) -> bool:
    if not isinstance(item, dict):
        return False
    account = item.get("actor", item)
    did = account.get("did") if isinstance(account, dict) else None
    return isinstance(did, str) and did.startswith("did:")


FORMAT = Documents("bluesky", _recognises, bluesky.posts, _without_posts)
