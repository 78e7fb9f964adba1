"""Mastodon answers saved as JSON: timelines, searches, contexts, and lists or lines of statuses."""

from __future__ import annotations

from typing import Any

from collectors.files.format import Documents
from collectors.readers import mastodon


def _recognises(document: Any) -> bool:
    if isinstance(document, list):
        return any(_is_status(item) for item in document)
    if not isinstance(document, dict):
        return False
    if isinstance(document.get("statuses"), list):
        return "hashtags" in document or any(map(_is_status, document["statuses"]))
    parts = [document.get("ancestors"), document.get("descendants")]
    return _is_status(document) or all(isinstance(part, list) for part in parts)


def _is_status(item: Any) -> bool:
    return isinstance(item, dict) and {"account", "content", "visibility"} <= item.keys()


def _without_posts(document: Any) -> str | None:
    items = document if isinstance(document, list) else [document]
    accounts = any(isinstance(item, dict) and {"acct", "url"} <= item.keys() for item in items)
    return "profiles" if accounts and not _recognises(document) else None


FORMAT = Documents("mastodon", _recognises, mastodon.posts, _without_posts)
