"""From bytes to the rows of a table: CSV or TSV as any program writes it, or a workbook's sheet.

Nobody says how a table is written, so it is seen: the encoding line by line, the separator and
the header by which of them a format knows. Of a text no more than a row is held in memory.
"""

from __future__ import annotations

import csv
import zipfile
from collections import deque
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from itertools import islice, zip_longest
from typing import Any, NamedTuple

from collectors.files.stream import LARGEST_DOCUMENT, Stream
from collectors.readers.fields import Unreadable

#: A header is looked for so far: titles, dates and a `sep=` may stand above it.
_LOOKED_AT = 20
_SEPARATORS = (",", ";", "\t", "|")
_SAID = "sep="  # Excel's own line about the separator

#: A row as it is written: its first line (1 is the file's first), its last, and its cells.
Row = tuple[int, int, "list[str] | Unreadable"]


class Layout(NamedTuple):
    """A row that may be a header, and how the table around it is written.

    `line` is the header's last; `sheet` is None in a text, `separator` empty in a workbook.
    """

    header: tuple[str, ...]
    line: int
    separator: str
    sheet: str | None = None


def layouts(stream: Stream) -> Iterator[Layout]:
    """The ways in which a stream may be read as a table; none where it is no table."""
    if stream.is_workbook:
        for sheet in _workbook(stream).sheet_names:
            for _, line, cells in islice(_sheet(stream, sheet), _LOOKED_AT):
                yield Layout(_named(cells), line, "", sheet)
        return
    for separator in _SEPARATORS:
        for _, line, cells in islice(_text(stream, separator), _LOOKED_AT):
            if not isinstance(cells, Unreadable) and len(cells) > 1:
                yield Layout(_named(cells), line, separator)


def rows(
    stream: Stream, layout: Layout, after: int = 0
) -> Iterator[tuple[int, int, Mapping[str, str] | Unreadable]]:
    """The rows below the header and behind the line `after`: cells by the header's.

    Each with its first and its last line. One with more cells than the header is refused, for
    nobody knows where its columns are; what one with fewer lacks is empty. Of columns of one
    name the first counts.
    """
    begun = max(after, layout.line)
    if layout.sheet is None:
        found: Iterator[Row] = _text(stream, layout.separator, begun)
    else:
        found = (it for it in _sheet(stream, layout.sheet) if it[0] > begun)
    names = layout.header
    for first, last, cells in found:
        if isinstance(cells, Unreadable):
            yield first, last, cells
        elif any(cells[len(names) :]):
            yield first, last, Unreadable("columns", f"{len(cells)} > {len(names)}")
        elif any(cells):
            row: dict[str, str] = {}
            for name, cell in zip_longest(names, cells[: len(names)], fillvalue=""):
                row.setdefault(name, cell)
            yield first, last, row


def _named(cells: list[str] | Unreadable) -> tuple[str, ...]:
    return () if isinstance(cells, Unreadable) else tuple(cells)


def _text(stream: Stream, separator: str, after: int = 0) -> Iterator[Row]:
    """The rows of a text, behind the line `after`; a row may run over several lines."""
    lines = stream.every_line(after)
    waiting: deque[tuple[int, bytes | Unreadable]] = deque()
    while True:
        taken: list[tuple[int, bytes | Unreadable]] = []
        try:
            cells = next(csv.reader(_fed(lines, waiting, taken), delimiter=separator, strict=True))
        except StopIteration:
            return
        except (csv.Error, Unreadable):
            # A quote that is not closed, or stands inside: the line is read as it is, alone.
            waiting.extendleft(reversed(taken[1:]))
            del taken[1:]
            if isinstance(taken[0][1], Unreadable):
                yield taken[0][0], taken[0][0], taken[0][1]
                continue
            cells = _leniently(_decoded(taken[0][1]), separator)
        first, last = taken[0][0], taken[-1][0]
        if first == 1 and len(taken) == 1 and "".join(cells).lower().startswith(_SAID):
            continue
        yield first, last, [cell.strip() for cell in cells]


def _fed(
    lines: Iterator[tuple[int, bytes | Unreadable]],
    waiting: deque[tuple[int, bytes | Unreadable]],
    taken: list[tuple[int, bytes | Unreadable]],
) -> Iterator[str]:
    """Lines as text, the waiting ones first; which were taken is noted."""
    while found := waiting.popleft() if waiting else next(lines, None):
        taken.append(found)
        line = found[1]
        if isinstance(line, Unreadable):
            raise line
        yield _decoded(line)


def _leniently(text: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([text], delimiter=separator))
    except csv.Error:  # a cell longer than any post
        return text.split(separator)


def _decoded(line: bytes) -> str:
    """UTF-8, or else what Windows wrote before: a text that is both is none but ASCII."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        text = line.decode("cp1252", "replace")
    return text.replace("\0", "").rstrip("\r") + "\n"


def _workbook(stream: Stream) -> Any:
    import python_calamine

    with stream.path.open("rb") as file, zipfile.ZipFile(file) as archive:
        if sum(it.file_size for it in archive.infolist()) > LARGEST_DOCUMENT:
            raise Unreadable("file-too-long", f"{LARGEST_DOCUMENT >> 20} MB")
    try:
        return python_calamine.CalamineWorkbook.from_path(str(stream.path))
    except python_calamine.CalamineError:
        raise Unreadable("cut", stream.name) from None


def _sheet(stream: Stream, name: str) -> Iterator[Row]:
    sheet = _workbook(stream).get_sheet_by_name(name)
    top = sheet.start[0] + 1 if sheet.start else 1
    stream.reached = stream.path.stat().st_size
    for line, cells in enumerate(sheet.iter_rows(), top):
        yield line, line, [_written(cell) for cell in cells]


def _written(cell: object) -> str:
    """A cell as a text would have it; spreadsheets keep whole numbers as others."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, (date, datetime)):
        return cell.isoformat()
    return str(cell).strip()
