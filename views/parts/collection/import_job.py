"""Files on their way into a campaign: what is to be read, and what came of each."""

from __future__ import annotations

import logging
import re
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from collectors.base import CollectorError
from collectors.files import files_in
from collectors.runs.imports import Progress, Report, import_file
from data.keys import KeyMissing
from data.lake import Lake
from data.store import LakeError
from views.parts import jobs

_LOG = logging.getLogger(__name__)

_PREFIX = "porte-voix-"
_A_DAY = 24 * 60 * 60


class Upload(Protocol):
    """A file that the browser sent."""

    name: str

    def getbuffer(self) -> memoryview: ...


@dataclass
class Outcome:
    """What came of a file: a report, or the code and values of the sentence that says why not."""

    name: str
    problem: str | None = None
    values: dict[str, object] = field(default_factory=dict)
    report: Report | None = None


@dataclass
class ImportJob(jobs.Job):
    """An import under way: the files that are through, and how far the present one is."""

    names: tuple[str, ...] = ()
    outcomes: list[Outcome] = field(default_factory=list)
    progress: Progress | None = None

    @property
    def share(self) -> float:
        """How much of the files is read, from 0 to 1."""
        part = self.progress.fraction if self.progress else 0.0
        return min((len(self.outcomes) + part) / max(len(self.names), 1), 1.0)


def files_at(typed: str) -> list[Path]:
    """The file at a path as people type or paste it, or those of a folder; nothing elsewhere."""
    try:
        path = Path(typed.strip().strip('"').strip()).expanduser()
        return files_in(path) if typed.strip() and path.exists() else []
    except (OSError, ValueError, RuntimeError):  # too long, a zero byte, nobody's home
        return []


def start_uploads(lake: Lake, campaign_id: str, uploads: Sequence[Upload]) -> str:
    """Imports files that the browser sent; their copies go when it is over, however it ends."""
    folder = _own_folder()
    try:
        files = []
        for number, upload in enumerate(uploads):
            copy = folder / str(number) / _harmless(upload.name)
            copy.parent.mkdir()
            copy.write_bytes(upload.getbuffer())
            files.append((copy, upload.name))
        return _start(lake, campaign_id, files, folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def start_paths(lake: Lake, campaign_id: str, files: Sequence[Path]) -> str:
    """Imports files of this computer where they lie."""
    return _start(lake, campaign_id, [(it, it.name) for it in files], None)


def _start(lake: Lake, campaign_id: str, files: list[tuple[Path, str]], folder: Path | None) -> str:
    job = ImportJob(campaign_id=campaign_id, names=tuple(name for _, name in files))

    def work() -> None:
        try:
            for path, name in files:
                if job.stop.is_set():
                    break
                job.outcomes.append(_imported(lake, job, path, name))
                job.progress = None
        finally:
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)

    return jobs.start(job, work)


def _imported(lake: Lake, job: ImportJob, path: Path, name: str) -> Outcome:
    def follow(progress: Progress) -> None:
        job.progress = progress

    try:
        report = import_file(lake, path, job.campaign_id, name=name, progress=follow, stop=job.stop)
    except (CollectorError, LakeError, KeyMissing) as error:
        return Outcome(name, error.code, dict(error.values))
    except OSError as error:
        return Outcome(name, "unreadable", {"name": name, "detail": error.strerror or ""})
    except Exception:
        # The other files go on; the log has what a developer needs, without anybody's post.
        _LOG.exception("an import failed")
        return Outcome(name, "unexpected", {"name": name})
    return Outcome(name, report=report)


def _harmless(name: str) -> str:
    """A sender's name for a file, which decides no path and suits every system."""
    return re.sub(r'[<>:"/\\|?*\x00-\x1f]', "_", name)[-120:].strip(". ") or "file"


def _own_folder() -> Path:
    """A new folder for copies; those that a killed program left a day ago go now."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        if left.is_dir() and time.time() - left.stat().st_mtime > _A_DAY:
            shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=_PREFIX))
