"""Answers with one value replaced by something no network promised."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from collectors.readers.fields import Unreadable
from data.model import NumberedPage, Post
from data.pseudonyms import Pseudonyms

STRANGE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([2**63, -1, 1e308, float("inf"), float("nan")]),
    st.text(max_size=8),
    st.sampled_from(["<![x", "http://[", "\ud800", "\x00", "at://", "@", "#", "NaN", "9" * 30]),
    st.just([]),
    st.just({}),
    st.just([None]),
    st.just([[]]),
    st.just({"inconnu": 1}),
)


def places(document: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in a document, the document's own first."""
    yield place
    if isinstance(document, dict):
        for name, value in document.items():
            yield from places(value, (*place, name))
    elif isinstance(document, list):
        for index, value in enumerate(document):
            yield from places(value, (*place, index))


def mangled(document: Any, place: tuple[Any, ...], value: Any) -> Any:
    """A copy of the document with another value at one place."""
    if not place:
        return value
    changed = copy.deepcopy(document)
    inside = changed
    for step in place[:-1]:
        inside = inside[step]
    inside[place[-1]] = value
    return changed


def assert_every_post_can_be_kept(
    read: Callable[[Any], Iterator[Post | Unreadable]], document: Any
) -> None:
    """What is read is posts that a table can hold, and reasons; nothing else comes out."""
    items = list(read(document))
    assert all(isinstance(item, (Post, Unreadable)) for item in items)
    posts = [item for item in items if isinstance(item, Post)]
    at = datetime(2025, 4, 1, tzinfo=UTC)
    rows = Pseudonyms(b"0" * 32).rows("essai", "essai", [NumberedPage(0, posts, None)], at)
    assert rows.observations.num_rows == len({post.post_id for post in posts})
    assert all(item.code for item in items if isinstance(item, Unreadable))
