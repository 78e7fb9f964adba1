"""Retention while the app is open: nobody has to do anything for what is too old to go."""

from __future__ import annotations

import logging
import threading

from data.lake import Lake

_LOG = logging.getLogger(__name__)

_EVERY_SECONDS = 60 * 60  # an app may stay open for weeks


def start() -> threading.Event:
    """Keeps it from now on, beside all else; the event that it gives ends it."""
    end = threading.Event()

    def keep() -> None:
        while True:
            try:
                Lake.of_user().retain()
            except Exception as error:
                # Its words may hold what was to be removed.
                _LOG.error("retention: unexpected %s", type(error).__name__)
            if end.wait(_EVERY_SECONDS):
                return

    threading.Thread(target=keep, name="retention", daemon=True).start()
    return end
