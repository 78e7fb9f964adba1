"""Reads known posts again: what they count as they grow older, and which of them are gone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Protocol, runtime_checkable
from urllib.parse import urlsplit
from uuid import uuid4

import pandas as pd

from collectors.access.budget import Ledger
from collectors.base import Collector, CollectorError, Page
from collectors.runs.collect import collect
from collectors.runs.missing import Missing, named
from collectors.runs.patience import Clock, Patience
from collectors.runs.run import Progress, Report, alone, hashtags, outcome, pace, record
from data.lake import Lake
from data.model import Campaign, KnownPost, Network

#: The ages at which a post's counts are read again: often while it grows fast, then ever less.
AGES = tuple(timedelta(hours=hours) for hours in (1, 3, 6, 12, 24, 48, 96, 168, 336, 672))

#: A post that nobody has seen for so long is looked for again: sooner where terms ask for it.
CHECKED_AFTER = {
    Network.X: timedelta(days=1),
    Network.REDDIT: timedelta(days=2),
    Network.BLUESKY: timedelta(days=7),
    Network.MASTODON: timedelta(days=7),
    Network.YOUTUBE: timedelta(days=25),  # its figures are refreshed or deleted within 30
}

_KEPT_BY_YOUTUBE = timedelta(days=30)
_MOST_POSTS = 20_000
#: More than so many posts gone at once, and more than half of those asked for, is a fault of the
#: network's until another check says the same a day later.
_MANY = 20
_SAID_AGAIN_AFTER = timedelta(hours=20)
_TOO_MANY = "gone-too-many"


@runtime_checkable
class Compliant(Protocol):
    """A network that can be asked which posts are gone without reading them."""

    def gone(self, posts: Sequence[KnownPost]) -> Iterator[Page]:
        """Pages without rows whose `gone` answers for the posts asked, as `reread` does."""
        ...


def reread(
    lake: Lake,
    campaign: Campaign,
    collector: Collector,
    clock: Clock,
    *,
    progress: Callable[[Progress], None] = lambda _: None,
    stop: threading.Event | None = None,
) -> Report:
    """Read the posts again that have passed one of the `AGES` since they were last seen.

    The most telling come first, so that a budget or a quota that ends too early costs least.
    Posts that turn out to be gone are forgotten.
    """
    found = lake.to_reread(campaign.campaign_id, collector.network, AGES, clock.now(), _MOST_POSTS)
    read = _from(collector.reread, [each.known for each in found])
    return _read_again(lake, campaign, collector, clock, "measure", read, progress, stop)


def check(
    lake: Lake,
    campaign: Campaign,
    collector: Collector,
    clock: Clock,
    *,
    progress: Callable[[Progress], None] = lambda _: None,
    stop: threading.Event | None = None,
) -> Report:
    """Look for posts that nobody has seen for a while, and forget those that are gone.

    X is asked by a compliance job, which costs nothing. What YouTube did not give again within
    30 days is forgotten too: its terms ask to refresh its data or to delete them.
    """
    network, now = collector.network, clock.now()
    before, last = now - CHECKED_AFTER[network], None
    reports: list[Report] = []
    while batch := lake.known(campaign.campaign_id, network, before, _MOST_POSTS, after=last):
        posts, last = [each.known for each in batch], batch[-1]
        if isinstance(collector, Compliant):
            read, asked = _from(collector.gone, posts), len(posts)
        else:
            read, asked = _from(collector.reread, posts), 0
        reports.append(
            _read_again(lake, campaign, collector, clock, "check", read, progress, stop, asked)
        )
        if reports[-1].outcome != "complete":
            break
    report = _together(reports, network)
    if network is Network.YOUTUBE:
        old = lake.known(campaign.campaign_id, network, now - _KEPT_BY_YOUTUBE, _MOST_POSTS)
        expired = lake.remove(campaign.campaign_id, network, [each.known.post_id for each in old])
        report = replace(report, gone=report.gone + expired)
    return report


def _together(reports: Sequence[Report], network: Network) -> Report:
    """The reports of one check as one; how it ended is how the last did."""
    counts = ("read", "known", "refused", "forgotten", "gone", "requests")
    return Report(
        network,
        reports[-1].outcome if reports else "complete",
        dollars=sum((each.dollars for each in reports), Decimal(0)),
        missing=tuple(missing for each in reports for missing in each.missing),
        **{name: sum(getattr(each, name) for each in reports) for name in counts},
    )


def _from(
    look: Callable[[Sequence[KnownPost]], Iterator[Page]], known: Sequence[KnownPost]
) -> Callable[[str | None], Iterator[Page]]:
    """Goes on behind the posts that were asked for already; a cursor is their number.

    What lies on one server stands together, so that a call asks for many.
    """
    posts = sorted(known, key=lambda post: urlsplit(post.locator or post.url or "").netloc)

    def further(asked: int, cursor: str | None) -> str | None:
        return None if cursor is None else str(asked + int(cursor))

    def read(cursor: str | None) -> Iterator[Page]:
        asked = int(cursor or 0)
        try:
            for page in look(posts[asked:]):
                # It ends with the posts: many pages that give none are no sign of anything.
                yield replace(page, cursor=further(asked, page.cursor), leg=None)
        except CollectorError as error:
            error.after = further(asked, error.after)
            raise

    return read


def _read_again(
    lake: Lake,
    campaign: Campaign,
    collector: Collector,
    clock: Clock,
    purpose: str,
    read: Callable[[str | None], Iterator[Page]],
    progress: Callable[[Progress], None],
    stop: threading.Event | None,
    asked: int = 0,
) -> Report:
    """Read known posts, and forget those that are gone.

    `asked` is how many they are where the network says nothing of those that are there.
    """
    network, began_at = collector.network, clock.now()
    named = (campaign.campaign_id, network, purpose, began_at, uuid4())
    collection_id = sha256("\n".join(map(str, named)).encode()).hexdigest()
    facts = {
        "campaign_id": campaign.campaign_id,
        "collection_id": collection_id,
        "source": hashtags(campaign),
        "format": purpose,
        "network": network,
        "started_at": began_at,
    }
    gone: list[str] = []
    rows = refused = 0
    ledger = Ledger(lake.root)
    paid, calls = ledger.spent(campaign.campaign_id, network).dollars, collector.calls

    def note(page: Page) -> None:
        nonlocal rows, refused
        gone.extend(page.gone)
        rows += len(page.rows)
        refused += len(page.refused)
        tell(None)

    def tell(waits_until: datetime | None) -> None:
        progress(Progress(network, read=rows + len(gone), waits_until=waits_until))

    with alone(lake, campaign, network):
        writer = lake.writer(campaign.campaign_id, collection_id)
        patience = Patience(
            read,
            lambda post: writer.mark(network, post.post_id),
            clock,
            calls=lambda: collector.calls,
            pace_seconds=pace(collector),
            keep_aside=lambda body, why: lake.keep_aside(campaign.campaign_id, network, body, why),
            tell=tell,
        )
        is_whole = collect(writer, patience.pages(), clock.now, stop=stop, note=note)
        lake.derive(campaign.campaign_id)
        there = max(rows, asked - len(gone))
        is_doubtful = len(gone) > max(_MANY, there)
        if is_doubtful and not _was_said(lake, campaign, network, purpose, began_at):
            patience.missing.append(Missing(_TOO_MANY, {"n": len(gone)}))
            gone.clear()
        removed = lake.remove(campaign.campaign_id, network, gone) if gone else 0
    report = Report(
        network,
        outcome(patience, is_whole=is_whole, is_empty=not rows and not gone),
        read=rows + refused,
        known=rows - writer.forgotten,
        refused=refused,
        forgotten=writer.forgotten,
        gone=removed,
        requests=collector.calls - calls,
        dollars=ledger.spent(campaign.campaign_id, network).dollars - paid,
        missing=tuple(patience.missing),
    )
    if report.requests:
        record(lake, facts, report, clock.now())
    return report


def _was_said(
    lake: Lake, campaign: Campaign, network: Network, purpose: str, now: datetime
) -> bool:
    """Whether the last look of this purpose, a day ago, found too many posts gone as well."""
    rows = lake.collections(campaign.campaign_id)
    rows = rows[(rows["network"] == network) & (rows["format"] == purpose)]
    is_said = rows["missing"].map(_says_too_many).astype(bool)
    # One that could not be read to its end says nothing.
    rows = rows.assign(is_said=is_said)[is_said | (rows["outcome"] == "complete")]
    rows = rows[rows["started_at"] <= pd.Timestamp(now - _SAID_AGAIN_AFTER)]
    return bool(rows.sort_values("started_at")["is_said"].tail(1).any())


def _says_too_many(missing: object) -> bool:
    return any(each.code == _TOO_MANY for each in named(missing))
