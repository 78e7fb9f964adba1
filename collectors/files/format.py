"""What a file format is: how one of its documents is told apart, and how it becomes posts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from collectors.readers.fields import Unreadable
from data.model import Post


def _never(_: Any) -> None:
    return None


@dataclass(frozen=True)
class Format:
    """A format of JSON documents: a document is one line of the file, or the whole file.

    `posts` gives a document's posts in its order; a post that cannot be read comes as the
    `Unreadable` that says why, in its place. `without_posts` names a document of the same
    source that holds none (counts, profiles …) by the code of its sentence (`error.<code>`).
    `posts_of_line` may read a line of the usual shape faster, and gives None of any other.
    """

    code: str
    recognises: Callable[[Any], bool]
    posts: Callable[[Any], Iterator[Post | Unreadable]]
    without_posts: Callable[[Any], str | None] = _never
    posts_of_line: Callable[[bytes], Iterator[Post] | None] = _never
