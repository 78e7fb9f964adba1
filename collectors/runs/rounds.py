"""One round over a campaign's networks, side by side: none waits for another, or stops it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import Literal

from collectors.access.budget import Ledger
from collectors.base import CollectorError
from collectors.networks.credentials import Credentials
from collectors.networks.table import open_collector
from collectors.runs.patience import Clock
from collectors.runs.rereading import check, reread
from collectors.runs.run import Progress, Report, run
from data.keys import KeyMissing
from data.lake import Lake
from data.model import Campaign, Network
from data.store import LakeError

_LOG = logging.getLogger(__name__)

#: What a network that is told to stop may take to keep what it has read.
_LAST_PAGE_SECONDS = 3.0

Purpose = Literal["run", "measure", "check"]


@dataclass(frozen=True)
class Turn:
    """What came of one network in a round: its reports, or why there is none."""

    network: Network
    reports: tuple[Report, ...] = ()
    problem: CollectorError | LakeError | KeyMissing | None = None


def clock(stop: threading.Event) -> Clock:
    """This computer's; it stops waiting when it is asked to stop."""

    def wait(seconds: float) -> bool:
        # In short steps by the calendar: a laptop that slept has waited too.
        until = time.time() + seconds
        while (left := until - time.time()) > 0:
            if stop.wait(min(left, 5.0)):
                return True
        return stop.is_set()

    return Clock(lambda: datetime.now(UTC), wait)


def go_round(
    lake: Lake,
    campaign: Campaign,
    credentials: Credentials,
    purpose: Purpose,
    *,
    networks: Sequence[Network] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
    stop: threading.Event | None = None,
) -> Iterator[Turn]:
    """Give each network its turn as it ends; those of the campaign, unless some are named."""
    stop = stop or threading.Event()
    time_of = clock(stop)

    def take(network: Network) -> Turn:
        try:
            budget = Ledger(lake.root).budget(campaign, network)
            collector = open_collector(network, campaign, credentials, budget)
            if purpose == "run":
                reports = run(
                    lake, campaign, collector, time_of,
                    since=since, until=until, progress=progress, stop=stop,
                )  # fmt: skip
                return Turn(network, tuple(reports))
            act = reread if purpose == "measure" else check
            report = act(lake, campaign, collector, time_of, progress=progress, stop=stop)
            return Turn(network, (report,))
        except (CollectorError, LakeError, KeyMissing) as problem:
            return Turn(network, problem=problem)
        except Exception as error:
            # Its words may hold a key, or somebody's post.
            _LOG.error("%s: unexpected %s", network, type(error).__name__)
            kind = type(error).__name__
            return Turn(network, problem=CollectorError("unexpected-answer", kind=kind))

    wanted = list(networks or campaign.networks)
    taken: SimpleQueue[Turn] = SimpleQueue()
    # Daemons: a call that hangs must not keep the program from ending.
    threads = [
        threading.Thread(target=lambda it=it: taken.put(take(it)), daemon=True) for it in wanted
    ]
    for thread in threads:
        thread.start()
    try:
        for _ in threads:
            yield taken.get()
    except BaseException:
        stop.set()
        for thread in threads:
            thread.join(_LAST_PAGE_SECONDS)
        raise
    lake.retain()
