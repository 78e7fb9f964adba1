"""Files as a source: the table of formats, and how a file finds its own in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from collectors.base import CollectorError, Page, Refusal
from collectors.files import (
    bluesky,
    mastodon,
    reddit,
    x_v2,
    youtube,
    youtube_studio,
    zeeschuimer,
)
from collectors.files.format import Documents, Format, Table
from collectors.files.stream import Stream, parsed_or_why, streams
from collectors.files.table import Layout, layouts, rows
from collectors.readers.fields import Unreadable
from data.model import Post

#: The first that recognises a document, or the header of a table, reads its file.
FORMATS: tuple[Format, ...] = (
    zeeschuimer.FORMAT,
    youtube_studio.FORMAT,
    bluesky.FORMAT,
    mastodon.FORMAT,
    reddit.FORMAT,
    youtube.FORMAT,
    x_v2.FORMAT,
)
DOCUMENTS = tuple(it for it in FORMATS if isinstance(it, Documents))
TABLES = tuple(it for it in FORMATS if isinstance(it, Table))

_POSTS_A_PAGE = 500

#: A file is recognised by its first good document; behind so many bad ones there is none.
_LOOKED_AT = 50

_MAGIC = {b"<": "html", b"%PDF": "pdf"}
_OF_OTHER_FILES = frozenset({"empty", "html", "pdf", "not-json", "unknown-format"})


@dataclass(frozen=True)
class Source:
    """One readable stream: a file, or one member of a zip."""

    name: str
    format: Format
    _stream: Stream
    _is_whole: bool = False
    _layout: Layout | None = None

    @property
    def fraction(self) -> float:
        """How far reading is in the file that this is or lies in, from 0 to 1."""
        return min(self._stream.reached / self._stream.path.stat().st_size, 1.0)

    def pages(self, cursor: str | None = None) -> Iterator[Page]:
        """Pages of at most 500 posts, refused ones included; none where nothing is left.

        A cursor is the number of lines read, `12`, and of posts read in the line behind them
        where a page ends inside it, `12+500`. A line or a post that cannot be read is refused
        and the rest goes on; a file that breaks off gives what was read, then a refusal.
        """
        lines, posts = _position(cursor)
        read: list[Post] = []
        refused: list[Refusal] = []
        reached = cursor
        for line, last, items in self._items(lines):
            number = posts if line == lines + 1 else 0
            for item in islice(items, number, None):
                if len(read) + len(refused) == _POSTS_A_PAGE:
                    yield Page(read, f"{line - 1}+{number}" if number else reached, refused)
                    read, refused = [], []
                if isinstance(item, Unreadable):
                    refused.append(Refusal(line, item.code, item.detail))
                else:
                    read.append(item)
                number += 1
            reached = str(last)
        if read or refused:
            yield Page(read, reached, refused)

    def _items(self, after: int) -> Iterator[tuple[int, int, Iterator[Post | Unreadable]]]:
        """What each line holds, or the lines of each row: the first, the last, and the posts."""
        if isinstance(self.format, Table):
            assert self._layout is not None  # noqa: S101  (a table is found by its header)
            for first, last, row in rows(self._stream, self._layout, after):
                yield first, last, _of_row(self.format, row)
        elif not self._is_whole:
            for number, line in self._stream.lines(after):
                quickly = self.format.posts_of_line(line) if isinstance(line, bytes) else None
                yield number, number, quickly or _of_document(self.format, parsed_or_why(line))
        elif after == 0:
            try:
                yield 1, 1, _of_document(self.format, self._stream.document())
            except Unreadable as problem:
                yield 1, 1, iter([problem])


def _of_document(format_: Documents, document: Any) -> Iterator[Post | Unreadable]:
    if isinstance(document, Unreadable):
        return iter([document])
    if format_.recognises(document):
        return format_.posts(document)
    return iter([Unreadable("other")])


def _of_row(format_: Table, row: Mapping[str, str] | Unreadable) -> Iterator[Post | Unreadable]:
    if isinstance(row, Unreadable):
        yield row
        return
    try:
        post = format_.post(row)
    except Unreadable as problem:
        yield problem
        return
    if post is not None:
        yield post


def files_in(path: Path) -> list[Path]:
    """A file, or the files of a folder and of those in it in the order of their names.

    Hidden ones are left out: systems keep their own notes there.
    """
    if not path.is_dir():
        return [path]
    found = (it for it in path.rglob("*") if not it.name.startswith("."))
    return sorted(it for it in found if it.is_file())


def sources(path: Path) -> list[Source]:
    """What a file holds that can be read: itself, or each member of a zip that is a format's.

    Members of a zip that hold no posts are left out, unless none does.

    Raises:
        CollectorError: nothing in it can be read; `code` says why (`error.<code>`), and
            `name` is the file's.
    """
    found: list[Source] = []
    problems: list[CollectorError] = []
    for stream in streams(path):
        try:
            found.append(_source(stream))
        except CollectorError as problem:
            if problem.code == "bomb":
                raise
            problems.append(problem)
    if not found:
        raise _most_telling(path, problems)
    return found


def _source(stream: Stream) -> Source:
    if stream.is_workbook:
        if table := _table(stream):
            return table
        raise CollectorError("office", name=stream.name)
    reasons: list[str] = []
    for _, line in islice(stream.lines(), _LOOKED_AT):
        document = parsed_or_why(line)
        format_, reason = _recognised(document)
        if format_:
            return Source(stream.name, format_, replace(stream))
        if not reasons and reason in {"json", "line-too-long"} and _begins_json(stream):
            # A document written over several lines: its first line is none by itself.
            whole, reason_of_whole = _recognised(_whole(stream))
            if whole:
                return Source(stream.name, whole, replace(stream), _is_whole=True)
            if reason_of_whole != "json":
                reasons = [reason_of_whole]
                break
        reasons.append(reason)
        if reason == "bomb":
            break
    if "bomb" not in reasons and not _begins_json(stream) and (table := _table(stream)):
        return table
    raise CollectorError(_reason(reasons, stream), name=stream.name)


def _table(stream: Stream) -> Source | None:
    """The stream as a table whose header a format knows; None where none does."""
    try:
        for layout in layouts(stream):
            for format_ in TABLES:
                if format_.recognises(layout.header):
                    return Source(stream.name, format_, replace(stream), _layout=layout)
    except Unreadable as problem:
        raise CollectorError(problem.code, name=stream.name) from None
    return None


def _recognised(document: Any) -> tuple[Documents | None, str]:
    """The document's format, or why it has none."""
    if isinstance(document, Unreadable):
        return None, document.code
    for format_ in DOCUMENTS:
        if format_.recognises(document):
            return format_, ""
    codes = (format_.without_posts(document) for format_ in DOCUMENTS)
    return None, next(filter(None, codes), "unknown-format")


def _whole(stream: Stream) -> Any:
    try:
        return stream.document()
    except Unreadable as problem:
        return problem


def _begins_json(stream: Stream) -> bool:
    return stream.head()[:1] in (b"{", b"[")


def _reason(reasons: list[str], stream: Stream) -> str:
    """The one of a file's reasons that says most about what to do."""
    if not reasons:
        return "empty"
    if reasons[0] in {"json", "encoding"} and not _begins_json(stream):
        head = stream.head()
        known = (code for magic, code in _MAGIC.items() if head.startswith(magic))
        return next(known, "not-json")
    telling = (reason for reason in reasons if reason not in {"json", "unknown-format"})
    return next(telling, "incomplete" if reasons[0] == "json" else "unknown-format")


def _most_telling(path: Path, problems: list[CollectorError]) -> CollectorError:
    """A zip's pictures and notes explain nothing; a member that is nearly right does."""
    telling = [problem for problem in problems if problem.code not in _OF_OTHER_FILES]
    if telling or len(problems) == 1:
        return (telling or problems)[0]
    return CollectorError("zip-nothing", name=path.name)


def _position(cursor: str | None) -> tuple[int, int]:
    """
    >>> _position(None), _position("12"), _position("12+500")
    ((0, 0), (12, 0), (12, 500))
    """
    lines, _, posts = (cursor or "0").partition("+")
    return int(lines), int(posts or 0)
