"""Zeeschuimer: what a browser was shown of X, TikTok and Instagram, one envelope a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from collectors.files.format import Documents
from collectors.readers import web_instagram, web_tiktok, web_x
from collectors.readers.fields import Unreadable, mapping, moment, text
from data.model import Post

#: Zeeschuimer goes on saying twitter.com although the site moved.
_PLATFORMS: dict[str, Callable[[dict[str, Any], datetime | None], Post]] = {
    "twitter.com": web_x.post,
    "x.com": web_x.post,
    "tiktok.com": web_tiktok.post,
    "instagram.com": web_instagram.post,
}


def _recognises(document: Any) -> bool:
    return any(map(_is_envelope, document if isinstance(document, list) else [document]))


def _is_envelope(value: Any) -> bool:
    return isinstance(value, dict) and {"source_platform", "data"} <= value.keys()


def _posts(document: Any) -> Iterator[Post | Unreadable]:
    for envelope in document if isinstance(document, list) else [document]:
        item: Post | Unreadable
        try:
            item = _post(envelope)
        except Unreadable as problem:
            item = problem
        yield item


def _post(envelope: Any) -> Post:
    if not _is_envelope(envelope):
        raise Unreadable("other")
    platform = text(envelope, "source_platform") or ""
    read = _PLATFORMS.get(platform.removeprefix("www."))
    if read is None:
        raise Unreadable("platform", platform[:40])
    return read(mapping(envelope, "data"), _collected_at(envelope))


def _collected_at(envelope: dict[str, Any]) -> datetime | None:
    """Milliseconds since 1970."""
    written: Any = envelope.get("timestamp_collected")
    is_number = isinstance(written, (int, float)) and not isinstance(written, bool)
    return moment(written / 1000 if is_number else written, "timestamp_collected")


FORMAT = Documents("zeeschuimer", _recognises, _posts)
