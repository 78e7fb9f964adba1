"""Pages of the YouTube Data API saved as JSON, and lines of their items."""

from __future__ import annotations

from typing import Any

from collectors.files.format import Documents
from collectors.readers import youtube

_ITEMS = {"video", "searchResult", "playlistItem", "comment", "commentThread"}
_CHANNELS = {"channel", "playlist", "subscription", "activity", "channelSection"}


def _recognises(document: Any) -> bool:
    return _kind(document) in _ITEMS or any(_kind(item) in _ITEMS for item in _list(document))


def _without_posts(document: Any) -> str | None:
    return "channels" if _kind(document) in _CHANNELS else None


def _kind(document: Any) -> str:
    """What a page lists, or what an item is: "video" for `youtube#videoListResponse` too."""
    kind = document.get("kind") if isinstance(document, dict) else None
    if not isinstance(kind, str) or not kind.startswith("youtube#"):
        return ""
    name = kind.removeprefix("youtube#").removesuffix("ListResponse")
    return "searchResult" if name == "search" else name


def _list(document: Any) -> list[Any]:
    return document if isinstance(document, list) else []


FORMAT = Documents("youtube", _recognises, youtube.posts, _without_posts)
