"""Brings pages into the lake, each exactly once, with progress and a way to stop."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import file_digest
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal

from collectors.base import Page, Refusal
from collectors.files import sources
from data.lake import Lake, Writer
from data.model import NumberedPage

_FLUSH_POSTS = 10_000
_FLUSH_SECONDS = 2.0
_PAGES_WHILE_NAMING = 20  # a large file's bytes take as long to hash as these to be read
_REFUSALS_KEPT = 1_000

Outcome = Literal["complete", "stopped", "already imported"]


@dataclass(frozen=True)
class Progress:
    """How far an import is: `fraction` of the file from 0 to 1, and the rows read."""

    fraction: float
    read: int


@dataclass(frozen=True)
class Report:
    """What an import did with a file.

    `read` = `new` + `known` + `refused` + `forgotten`, in rows of the file: posts that the
    campaign did not have, posts that it had already (or that stand twice in the file), rows
    that could not be read, and posts of accounts that asked to be forgotten.
    `refusals` keeps the first 1,000 of the refused.
    """

    source: str
    format: str
    outcome: Outcome
    read: int = 0
    new: int = 0
    known: int = 0
    refused: int = 0
    forgotten: int = 0
    refusals: tuple[Refusal, ...] = ()


def import_file(
    lake: Lake,
    path: Path,
    campaign_id: str,
    *,
    name: str | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
    stop: threading.Event | None = None,
) -> Report:
    """Read a file into a campaign; given again after a crash or a stop, it goes on from there.

    The collection is named by the file's bytes, so the same file under another name changes
    nothing. `name` is what the report calls it (default: the file's own name).

    Raises:
        CollectorError: the file cannot be read at all; it says why and what to do.
        LakeError, KeyMissing: the campaign cannot be written.
    """
    name = name or path.name
    readable = sources(path)
    formats = ", ".join(dict.fromkeys(source.format.code for source in readable))
    pages = chain.from_iterable(source.pages() for source in readable)
    with _few_collections_of_garbage(), ThreadPoolExecutor(1) as hashing:
        naming = hashing.submit(_collection_id, path, campaign_id)
        first = list(islice(pages, _PAGES_WHILE_NAMING))
    collection_id = naming.result()
    before = _recorded(lake, campaign_id, collection_id)
    if before is not None and before["outcome"] == "complete":
        kept = int(before["read"]) - int(before["refused"])
        return Report(
            name,
            formats,
            "already imported",
            read=int(before["read"]),
            known=kept,
            refused=int(before["refused"]),
        )
    started_at = before["started_at"] if before is not None else datetime.now(UTC)
    facts = {
        "campaign_id": campaign_id,
        "collection_id": collection_id,
        "source": name,
        "format": formats,
        "started_at": started_at,
    }
    writer = lake.writer(campaign_id, collection_id)
    if before is None:
        lake.record(**facts, finished_at=started_at, outcome="running")

    read = refused = 0
    refusals: list[Refusal] = []

    def note(page: Page) -> None:
        nonlocal read, refused
        read += len(page.rows) + len(page.refused)
        refused += len(page.refused)
        refusals.extend(page.refused[: _REFUSALS_KEPT - len(refusals)])
        progress(Progress(max(source.fraction for source in readable), read))

    is_whole = collect(writer, chain(first, pages), _written_at(path), stop=stop, note=note)
    lake.derive(campaign_id)

    kept, earlier = lake.seen(campaign_id, collection_id, started_at)
    report = Report(
        name,
        formats,
        "complete" if is_whole else "stopped",
        read=read,
        new=kept - earlier,
        known=read - refused - writer.forgotten - (kept - earlier),
        refused=refused,
        forgotten=writer.forgotten,
        refusals=tuple(refusals),
    )
    lake.record(
        **facts,
        finished_at=datetime.now(UTC),
        read=report.read,
        new=report.new,
        known=report.known,
        refused=report.refused,
        outcome=report.outcome,
    )
    return report


def collect(
    writer: Writer,
    pages: Iterable[Page],
    collected_at: datetime,
    *,
    stop: threading.Event | None = None,
    note: Callable[[Page], None] = lambda _: None,
) -> bool:
    """Put pages into the lake as they come; True when all are in, False when it was stopped.

    Whole pages are written together every 10,000 posts or 2 seconds, while the next are read:
    a commit costs tens of milliseconds, whatever it holds. A page keeps its number from run
    to run, so that those which are in already are passed over.
    """
    waiting: list[NumberedPage] = []
    is_stopped = False
    with _few_collections_of_garbage(), ThreadPoolExecutor(1) as writing:
        written = writing.submit(lambda: None)
        written_at = time.monotonic()
        for number, page in enumerate(pages, start=1):
            waiting.append(NumberedPage(number, page.rows, page.cursor))
            note(page)
            is_stopped = stop is not None and stop.is_set()
            if is_stopped:
                break
            is_due = time.monotonic() - written_at >= _FLUSH_SECONDS
            if is_due or sum(len(it.rows) for it in waiting) >= _FLUSH_POSTS:
                rows = writer.prepare(waiting, collected_at)
                written.result()
                written = writing.submit(writer.commit, rows)
                waiting, written_at = [], time.monotonic()
        written.result()
        writer.append(waiting, collected_at)
    return not is_stopped


@contextmanager
def _few_collections_of_garbage() -> Iterator[None]:
    """A page is tens of thousands of objects that live for a moment, and none is a cycle.

    Looking through them for cycles would take half the time of an import.
    """
    before = gc.get_threshold()
    gc.set_threshold(500_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _collection_id(path: Path, campaign_id: str) -> str:
    with path.open("rb") as file:
        digest = file_digest(file, "sha256")
    digest.update(campaign_id.encode())
    return digest.hexdigest()


def _recorded(lake: Lake, campaign_id: str, collection_id: str) -> dict[str, Any] | None:
    rows = lake.collections(campaign_id)
    rows = rows[rows["collection_id"] == collection_id]
    return None if rows.empty else {str(name): it for name, it in rows.iloc[0].items()}


def _written_at(path: Path) -> datetime:
    """When the file was written, for posts that do not say when they were seen."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
