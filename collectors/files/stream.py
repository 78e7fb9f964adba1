"""From bytes to lines and JSON documents: a plain, gzip or zip file, a document a line or in all.

Nothing is unpacked to the disk, and a line is all that is held in memory. What a file is
shows in its bytes: names lie.
"""

from __future__ import annotations

import codecs
import gzip
import io
import json
import lzma
import math
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any

import orjson

from collectors.base import CollectorError
from collectors.readers.fields import Unreadable

_MEGABYTE = 1 << 20

#: A page of 500 posts of X with all its fields is about 3 MB.
LARGEST_LINE = 64 * _MEGABYTE
LARGEST_DOCUMENT = 256 * _MEGABYTE

#: Exports shrink 5 to 20 times, a bomb 1,000 times; below the second figure it does no harm.
_LARGEST_RATIO = 200
_HARMLESS = 64 * _MEGABYTE
_LARGEST_STREAM = 64 * 1024 * _MEGABYTE

_CHUNK = 1 << 18

_GZIP = b"\x1f\x8b"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_UTF_16 = {
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    b"{\x00": "utf-16-le",
    b"[\x00": "utf-16-le",
    b"\x00{": "utf-16-be",
    b"\x00[": "utf-16-be",
}
_MARKUP = (b"<", b"%PDF")
_WORKBOOK = frozenset({"[Content_Types].xml", "xl/workbook.xml"})
_DAMAGED = (EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)


@dataclass(eq=False)
class Stream:
    """One readable run of bytes: a file, or one member of a zip.

    `reached` is how many bytes of the file lie behind where reading is. A workbook is no run of
    bytes: its sheets are read as tables.
    """

    path: Path
    member: zipfile.ZipInfo | None = None
    is_workbook: bool = False
    reached: int = field(default=0, init=False)

    @property
    def name(self) -> str:
        return self.member.filename if self.member else self.path.name

    def head(self) -> bytes:
        """The first bytes, which say what this is; none where they cannot be read."""
        try:
            return next(self._utf_8(), b"")[:64].lstrip()
        except Unreadable:
            return b""

    def lines(self, after: int = 0) -> Iterator[tuple[int, bytes | Unreadable]]:
        """Each line with its number (1 is the first), behind the line `after`.

        Empty lines are left out. A line too long to be held comes as the `Unreadable` that
        says so; so does the point where the file breaks off, as the last.
        """
        for number, line in self.every_line(after):
            if line and not (isinstance(line, bytes) and line.isspace()):
                yield number, line

    def every_line(self, after: int = 0) -> Iterator[tuple[int, bytes | Unreadable]]:
        """As `lines`, the empty ones too: they may stand inside a cell of a table."""
        for number, line in enumerate(_lines(self._utf_8()), start=1):
            if number > after:
                yield number, line

    def document(self) -> Any:
        """The whole as one document.

        Raises:
            Unreadable: it is none, or is too large to be read at once.
        """
        pieces, size = [], 0
        for piece in self._utf_8():
            size += len(piece)
            if size > LARGEST_DOCUMENT:
                raise Unreadable("file-too-long", f"{LARGEST_DOCUMENT // _MEGABYTE} MB")
            pieces.append(piece)
        return parsed(b"".join(pieces))

    def _utf_8(self) -> Iterator[bytes]:
        chunks = self._chunks()
        head = b""
        for chunk in chunks:
            head += chunk
            if len(head) > 3:
                break
        encoding = _UTF_16.get(head[:2])
        if encoding is None:
            yield head.removeprefix(codecs.BOM_UTF8)
            yield from chunks
        else:
            decoder = codecs.getincrementaldecoder(encoding)("replace")
            for chunk in chain([head], chunks):
                yield decoder.decode(chunk).encode()

    def _chunks(self) -> Iterator[bytes]:
        size = 0
        try:
            stored_size = self.member.compress_size if self.member else self.path.stat().st_size
            allowed = min(max(_HARMLESS, _LARGEST_RATIO * stored_size), _LARGEST_STREAM)
            with self._opened() as stored:
                is_gzip = stored.peek(2)[:2] == _GZIP
                plain = gzip.GzipFile(fileobj=stored) if is_gzip else stored
                # read1 gives what was good before a break; read loses it.
                while chunk := plain.read1(_CHUNK):
                    size += len(chunk)
                    if size > allowed and (is_gzip or self.member):
                        raise Unreadable("bomb", self.name)
                    self.reached = self._place(stored.tell())
                    yield chunk
        except NotImplementedError:
            raise Unreadable("zip-method", self.name) from None
        except _DAMAGED:
            raise Unreadable("cut", self.name) from None

    def _place(self, position: int) -> int:
        if self.member is None:
            return position
        share = position / max(self.member.file_size, 1)
        return self.member.header_offset + round(share * self.member.compress_size)

    @contextmanager
    def _opened(self) -> Iterator[io.BufferedReader | zipfile.ZipExtFile]:
        if self.member is None:
            with self.path.open("rb") as file:
                yield file
        else:
            with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as member:
                yield member  # type: ignore[misc]  # typed as any file, and a ZipExtFile


def streams(path: Path) -> list[Stream]:
    """A file's streams: itself, or the members of a zip.

    Raises:
        CollectorError: it cannot be opened, holds nothing, or is a zip that is damaged, locked,
            or names files outside itself.
    """
    if not path.exists():
        raise CollectorError("missing", name=path.name)
    if not path.is_file():
        raise CollectorError("not-a-file", name=path.name)
    try:
        with path.open("rb") as file:
            head = file.read(4)
    except OSError:
        raise CollectorError("locked", name=path.name) from None
    if not head:
        raise CollectorError("empty", name=path.name)
    return _members(path) if head in _ZIP else [Stream(path)]


def _members(path: Path) -> list[Stream]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
            if {info.filename for info in members} >= _WORKBOOK:
                return [Stream(path, is_workbook=True)]
            for info in members:
                if _climbs_out(info.filename):
                    raise CollectorError("zip-path", name=path.name)
                if info.flag_bits & 1:
                    raise CollectorError("zip-encrypted", name=path.name)
                if info.filename == "[Content_Types].xml":
                    raise CollectorError("office", name=path.name)
            return [Stream(path, info) for info in members if _may_be_read(archive, info)]
    except (*_DAMAGED, ValueError, NotImplementedError):
        raise CollectorError("zip-damaged", name=path.name) from None


def _may_be_read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    """Archives hold pictures by the thousand; each is left after one look at its first bytes."""
    try:
        with archive.open(member) as file:
            head = file.read(64).lstrip()
    except (*_DAMAGED, NotImplementedError):
        return True
    is_data = head.startswith((b"{", b"[", codecs.BOM_UTF8, _GZIP, *_UTF_16))
    return is_data or (b"\0" not in head and not head.startswith(_MARKUP))


def _climbs_out(name: str) -> bool:
    """Nothing is unpacked, so it would do no harm; but no honest export does it.

    >>> _climbs_out("../secret"), _climbs_out(r"C:\\posts.json"), _climbs_out("data/posts.json")
    (True, True, False)
    """
    inside = PurePosixPath(name.replace("\\", "/"))
    return inside.is_absolute() or ".." in inside.parts or name[1:2] == ":"


def _lines(chunks: Iterator[bytes]) -> Iterator[bytes | Unreadable]:
    """Lines without their end; why, in the place of one too long to be held.

    Where the bytes break off, the reason is the last; half a line before it is left out.
    """
    too_long = Unreadable("line-too-long", f"{LARGEST_LINE // _MEGABYTE} MB")
    held: list[bytes] = []
    size = 0
    broken = None
    try:
        for chunk in chunks:
            *ended, rest = chunk.split(b"\n")
            for piece in ended:
                size += len(piece)
                yield too_long if size > LARGEST_LINE else b"".join((*held, piece))
                held, size = [], 0
            size += len(rest)
            if size > LARGEST_LINE:
                held.clear()
            else:
                held.append(rest)
    except Unreadable as problem:
        broken = problem
    last = too_long if size > LARGEST_LINE else b"".join(held)
    if broken is None:
        yield last
        return
    if isinstance(last, bytes) and not isinstance(parsed_or_why(last), Unreadable):
        yield last
    yield broken


def parsed_or_why(line: bytes | Unreadable) -> Any:
    """A line's document, or the `Unreadable` that says why there is none."""
    if isinstance(line, Unreadable):
        return line
    try:
        return parsed(line)
    except Unreadable as problem:
        return problem


def parsed(line: bytes) -> Any:
    """A JSON document.

    Raises:
        Unreadable: it is none (`json`, with the place), is not in UTF-8 (`encoding`), or is
            nested too deeply (`nesting`).

    >>> parsed(b'{"likes": 12}')
    {'likes': 12}
    """
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return _parsed_leniently(line)


def _parsed_leniently(line: bytes) -> Any:
    """The same with what real exports hold and JSON has not: NaN, Infinity and half an emoji.

    It costs its post a count or a character, not its page all posts.
    """
    try:
        read = json.loads(line.decode(), parse_int=_number)
        written = json.dumps(read, ensure_ascii=False)
        whole = written.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return json.loads(whole, parse_int=_number)
    except UnicodeDecodeError as problem:
        if problem.reason == "unexpected end of data":
            # Cut in the middle of a letter.
            raise Unreadable("json", str(problem.start + 1)) from None
        raise Unreadable("encoding") from None
    except RecursionError:
        raise Unreadable("nesting") from None
    except json.JSONDecodeError as problem:
        raise Unreadable("json", str(problem.pos + 1)) from None


def _number(digits: str) -> float:
    """Python refuses to read a whole number of more than 4,300 digits; no count has 300."""
    return int(digits) if len(digits) < 300 else math.inf
