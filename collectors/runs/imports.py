"""Brings a file into a campaign, with progress and a way to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import file_digest
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal

from collectors.base import Page, Refusal
from collectors.files import sources
from collectors.runs.collect import collect, few_collections_of_garbage
from data.lake import Lake

_REFUSALS_KEPT = 1_000
_PAGES_WHILE_NAMING = 20  # a large file's bytes take as long to hash as these to be read

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
    try:
        return _imported(lake, path, campaign_id, name or path.name, progress, stop)
    finally:
        lake.retain()


def _imported(
    lake: Lake,
    path: Path,
    campaign_id: str,
    name: str,
    progress: Callable[[Progress], None],
    stop: threading.Event | None,
) -> Report:
    readable = sources(path)
    formats = ", ".join(dict.fromkeys(source.format.code for source in readable))
    pages = chain.from_iterable(source.pages() for source in readable)
    with few_collections_of_garbage(), ThreadPoolExecutor(1) as hashing:
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

    written_at = _written_at(path)
    pages = chain(first, pages)
    is_whole = collect(writer, pages, lambda: written_at, stop=stop, note=note)
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
