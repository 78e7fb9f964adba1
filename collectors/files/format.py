"""What a file format is: documents or a table, how one is told apart, and how it becomes posts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from collectors.readers.fields import Unreadable
from data.model import Post


def _never(_: Any) -> None:
    return None


@dataclass(frozen=True)
class Documents:
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


@dataclass(frozen=True)
class Table:
    """A format of rows under a header, as CSV, TSV or a sheet of a workbook.

    `recognises` is asked with the cells of a header, `post` with a row's cells by those of the
    header: what it holds, or None of a row that is none (a total). Cells are texts as they are
    written, without the spaces around them; what is not there is empty.

    Raises (`post`):
        Unreadable: the row is not what the format promises.
    """

    code: str
    recognises: Callable[[Sequence[str]], bool]
    post: Callable[[Mapping[str, str]], Post | None]


Format: TypeAlias = Documents | Table
