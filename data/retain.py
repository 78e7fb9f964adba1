"""Retention: what may be kept for a time only, removed when that is over."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from data import aside
from data.store import Store

_LOG = logging.getLogger(__name__)


class Retained(NamedTuple):
    """The files that retention removed; `is_whole` says whether nothing is left that must go."""

    removed: int
    is_whole: bool


def retain(store: Store, now: datetime) -> Retained:
    """Keep every promise of retention, for all campaigns, those that are gone included.

    Pages kept aside go after 30 days, and what a crash left of others at once. What the system
    does not let go, because something else holds it open, is left for the next time. Where
    nothing was kept, nothing is made.
    """
    if not store.aside.is_dir():
        return Retained(0, True)
    try:
        with store.writing():
            folders = sorted(store.aside.iterdir())
            gone = [_remove(file) for folder in folders for file in aside.expired(folder, now)]
    except OSError as error:
        _LOG.error("retention: %s", type(error).__name__)
        return Retained(0, False)
    return Retained(sum(gone), all(gone))


def _remove(file: Path) -> bool:
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        _LOG.error("retention: %s", type(error).__name__)
        return False
    return True
