"""Reddit answers saved as JSON: listings, a submission's page, and lines of things."""

from __future__ import annotations

from typing import Any

from collectors.files.format import Documents
from collectors.readers import reddit

_READ = {reddit.SUBMISSION, reddit.COMMENT, reddit.MORE}
_WITHOUT_POSTS = {"t2", "t5", "UserList"}  # accounts, communities


def _recognises(document: Any) -> bool:
    kinds = _kinds(document)
    return bool(kinds & _READ) or kinds == {"Listing"}


def _without_posts(document: Any) -> str | None:
    kinds = _kinds(document)
    return "profiles" if kinds & _WITHOUT_POSTS and not kinds & _READ else None


def _kinds(document: Any) -> set[str]:
    """The kinds of the things in a document; "Listing" stands for a list of none."""
    kinds: set[str] = set()
    for part in document if isinstance(document, list) else [document]:
        if not isinstance(part, dict) or not isinstance(part.get("data"), dict):
            continue
        children = part["data"].get("children")
        is_listing = part.get("kind") == "Listing" and isinstance(children, list) and children
        for thing in children if is_listing else [part]:
            if isinstance(thing, dict) and isinstance(thing.get("kind"), str):
                kinds.add(thing["kind"])
    return kinds


FORMAT = Documents("reddit", _recognises, reddit.posts, _without_posts)
