"""Reads what is missing of a campaign from a network; interrupted anywhere, it goes on there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any, Literal

import pandas as pd
from filelock import FileLock, Timeout

from collectors.access.budget import Ledger
from collectors.base import (
    BudgetSpent,
    Collector,
    CollectorError,
    MissingCredentials,
    NetworkUnavailable,
    Page,
    Query,
    QuotaExhausted,
)
from collectors.runs.collect import collect
from collectors.runs.coverage import Window, covered, gaps, moment
from collectors.runs.missing import Missing, named, written
from collectors.runs.patience import Clock, Patience
from data.lake import Lake
from data.model import Campaign, Network, normal_hashtag

#: A search up to this very second is refused by some networks, and misses what comes late.
_LATEST = timedelta(seconds=30)
#: Without a date of its own a campaign begins so long before it was created.
_BEFORE_CREATION = timedelta(days=30)
#: A network's cursors hold so long; an older run that was interrupted begins again.
_CURSORS_HOLD = timedelta(days=3)
#: So often a long run shows what it has, and has little left to do at its end.
_POSTS_A_DERIVATION = 50_000
_GOES_ON_LATER = (BudgetSpent, MissingCredentials, NetworkUnavailable, QuotaExhausted)
#: What these left can be gone on with; one that failed left nothing.
_INTERRUPTED = ("running", "stopped", "partial")

Outcome = Literal["complete", "incomplete", "partial", "failed", "stopped"]


@dataclass(frozen=True)
class Progress:
    """How far a run is: posts read, the oldest moment reached, until when it waits (UTC)."""

    network: Network
    read: int = 0
    reached: datetime | None = None
    fraction: float = 0.0
    waits_until: datetime | None = None


@dataclass(frozen=True)
class Report:
    """What a run did with one window of one network.

    `outcome`: "complete" (all that the network gives is in), "incomplete" (to its end, but what
    `missing` names), "partial" and "failed" (it could not go on; the next run does from there;
    "failed" when nothing was read), "stopped" (somebody asked). `read` = `new` + `known` +
    `refused` + `forgotten`, in posts, since the window was begun; `requests` are the calls of
    this run alone, `dollars` what they cost.
    """

    network: Network
    outcome: Outcome
    since: datetime | None = None
    until: datetime | None = None
    read: int = 0
    new: int = 0
    known: int = 0
    refused: int = 0
    forgotten: int = 0
    gone: int = 0
    requests: int = 0
    dollars: Decimal = Decimal(0)
    missing: tuple[Missing, ...] = ()


def run(
    lake: Lake,
    campaign: Campaign,
    collector: Collector,
    clock: Clock,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
    stop: threading.Event | None = None,
) -> list[Report]:
    """Read every window that is missing, the newest first: one report a window.

    Without dates that is what came since the last run, and what earlier ones left open; with
    them it is a back-fill of what was not read between them. Nothing missing, no report.

    Raises:
        CollectorError: another run reads the same network for this campaign (`running`), or
            the campaign has no hashtag (`no-hashtag`).
        LakeError, KeyMissing: the campaign cannot be written.
    """
    if not campaign.hashtags:
        raise CollectorError("no-hashtag", campaign=campaign.campaign_id)
    with alone(lake, campaign, collector.network):
        reports: list[Report] = []
        for stretch in stretches(lake, campaign, collector.network, clock.now(), since, until):
            reports.append(_read(lake, campaign, collector, clock, stretch, progress, stop))
            if reports[-1].outcome in ("partial", "failed", "stopped"):
                break
        return reports


@dataclass(frozen=True)
class Stretch:
    """A window to be read, as the collection of this id; `begun_at` is when that first began.

    Where it was begun, the rest is what came of it so far: rows refused, calls, US dollars, and
    what was passed over.
    """

    window: Window
    collection_id: str
    begun_at: datetime
    is_begun: bool
    refused: int = 0
    requests: int = 0
    dollars: Decimal = Decimal(0)
    missing: tuple[Missing, ...] = ()


def stretches(
    lake: Lake,
    campaign: Campaign,
    network: Network,
    now: datetime,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Stretch]:
    """What a run would read, the newest first: what was interrupted, and what is not covered."""
    whole = span(campaign, now)
    whole = Window(since or whole.since, min(until or whole.until, whole.until))
    if whole.since is not None and whole.since >= whole.until:
        return []
    collections = lake.collections(campaign.campaign_id)
    source = hashtags(campaign)
    begun = _interrupted(collections, network, source, now)
    # Days that nobody asks for any more are not paid for either.
    found = [each for each in begun if gaps(each.window, [whole]) == []]
    # Who asks for dates asks for what was missed too.
    is_back_fill = since is not None or until is not None
    done = covered(collections, network, source, now, strictly=is_back_fill)
    for window in gaps(whole, [*done, *(each.window for each in found)]):
        named = (campaign.campaign_id, network, source, *window, now)
        collection_id = sha256("\n".join(map(str, named)).encode()).hexdigest()
        found.append(Stretch(window, collection_id, now, is_begun=False))
    return sorted(found, key=lambda each: each.window.until, reverse=True)


def span(campaign: Campaign, now: datetime) -> Window:
    """The time that a campaign asks for, as far as it has passed."""
    since = campaign.since or (campaign.created_at or now) - _BEFORE_CREATION
    latest = (now - _LATEST).replace(microsecond=0)
    return Window(since, min(campaign.until or latest, latest))


def hashtags(campaign: Campaign) -> str:
    """What a run of a campaign is named by: `#one #two`, in normal form and order."""
    return " ".join(sorted({f"#{normal_hashtag(tag)}" for tag in campaign.hashtags}))


@contextmanager
def alone(lake: Lake, campaign: Campaign, network: Network) -> Iterator[None]:
    """One run of a network at a time for a campaign, in this program and in others.

    Raises:
        CollectorError: there is another (`running`).
    """
    lake.root.mkdir(parents=True, exist_ok=True)
    lock = FileLock(lake.root / f"collecting-{campaign.campaign_id}-{network}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise CollectorError("running", network=network) from None
    try:
        yield
    finally:
        lock.release()


def _interrupted(
    collections: pd.DataFrame, network: Network, source: str, now: datetime
) -> list[Stretch]:
    rows = collections[
        (collections["network"] == network)
        & (collections["source"] == source)
        & collections["outcome"].isin(_INTERRUPTED)
        & collections["until"].notna()
        & (collections["started_at"] > pd.Timestamp(now - _CURSORS_HOLD))
    ]
    counts = ["refused", "requests", "dollars"]
    rows = rows.assign(**{name: rows[name].fillna(0) for name in counts})
    return [
        Stretch(
            Window(moment(row["since"]), row["until"].to_pydatetime()),
            row["collection_id"],
            row["started_at"].to_pydatetime(),
            is_begun=True,
            refused=int(row["refused"]),
            requests=int(row["requests"]),
            dollars=Decimal(str(row["dollars"])),
            missing=_passed_over(row["missing"], row["outcome"]),
        )
        for row in rows.to_dict("records")
    ]


def _passed_over(missing: object, outcome: str) -> tuple[Missing, ...]:
    """What an interrupted run missed for good; what it ended with is asked for again."""
    found = named(missing)
    return found[:-1] if outcome == "partial" else found


def _read(
    lake: Lake,
    campaign: Campaign,
    collector: Collector,
    clock: Clock,
    stretch: Stretch,
    progress: Callable[[Progress], None],
    stop: threading.Event | None,
) -> Report:
    network, window = collector.network, stretch.window
    facts = {
        "campaign_id": campaign.campaign_id,
        "collection_id": stretch.collection_id,
        "source": hashtags(campaign),
        "format": "api",
        "network": network,
        "since": window.since,
        "until": window.until,
        "started_at": stretch.begun_at,
    }
    writer = lake.writer(campaign.campaign_id, stretch.collection_id)
    if not stretch.is_begun:
        lake.record(**facts, finished_at=clock.now(), outcome="running")
    ledger = Ledger(lake.root)
    paid = ledger.spent(campaign.campaign_id, network).dollars
    calls = collector.calls
    page, cursor = writer.resume()
    posts, refused = writer.posts, stretch.refused
    read = posts + refused
    done = Progress(network, read=read)
    told = len(stretch.missing)

    def note(page: Page) -> None:
        nonlocal read, refused, done, told
        if len(patience.missing) > told:
            # Before the pages behind it are kept: who goes on there has to know.
            told = len(patience.missing)
            missing = written(patience.missing)
            lake.record(**facts, finished_at=clock.now(), missing=missing, outcome="running")
        read += len(page.rows) + len(page.refused)
        refused += len(page.refused)
        moments = [post.published_at for post in page.rows if post.published_at is not None]
        reached = min([*moments, *filter(None, [done.reached])], default=None)
        done = replace(done, read=read, reached=reached, fraction=_share(window, reached))
        progress(done)
        if read // _POSTS_A_DERIVATION > (read - len(page.rows)) // _POSTS_A_DERIVATION:
            lake.derive(campaign.campaign_id)

    def tell(waits_until: datetime | None) -> None:
        progress(replace(done, waits_until=waits_until))

    query = Query(campaign.hashtags, window.since, window.until)
    patience = Patience(
        lambda cursor: collector.pages(query, cursor),
        lambda post: writer.mark(network, post.post_id),
        clock,
        calls=lambda: collector.calls,
        pace_seconds=pace(collector),
        seen=writer.seen(),
        keep_aside=lambda body, why: lake.keep_aside(campaign.campaign_id, network, body, why),
        tell=tell,
    )
    patience.missing += stretch.missing
    # What was kept of it may be gone by now, and its cursors with it.
    is_all_in = posts > 0 and cursor is None
    pages = iter(()) if is_all_in else patience.pages(cursor)
    is_whole = collect(writer, pages, clock.now, first=page + 1, stop=stop, note=note)
    lake.derive(campaign.campaign_id)

    kept, earlier = lake.seen(campaign.campaign_id, stretch.collection_id, stretch.begun_at)
    report = Report(
        network,
        outcome(patience, is_whole=is_whole, is_empty=read == 0),
        window.since,
        window.until,
        read=read,
        new=kept - earlier,
        known=max(read - refused - writer.forgotten - (kept - earlier), 0),
        refused=refused,
        forgotten=writer.forgotten,
        requests=collector.calls - calls,
        dollars=ledger.spent(campaign.campaign_id, network).dollars - paid,
        missing=tuple(patience.missing),
    )
    if report.outcome in ("complete", "incomplete"):
        progress(replace(done, fraction=1.0))
    whole = replace(
        report,
        requests=stretch.requests + report.requests,
        dollars=stretch.dollars + report.dollars,
    )
    record(lake, facts, whole, clock.now())
    return report


def pace(collector: Collector) -> float:
    """The seconds that must lie between two calls, for a network that asks for some."""
    return float(getattr(collector, "seconds_between_calls", 0.0))


def record(lake: Lake, facts: dict[str, Any], report: Report, finished_at: datetime) -> None:
    """Keep what a run did: the columns of `Lake.collections`."""
    lake.record(
        **facts,
        finished_at=finished_at,
        read=report.read,
        new=report.new,
        known=report.known,
        refused=report.refused,
        gone=report.gone,
        requests=report.requests,
        dollars=float(report.dollars),
        missing=written(report.missing),
        outcome=report.outcome,
    )


def outcome(patience: Patience, *, is_whole: bool, is_empty: bool) -> Outcome:
    """How a reading ended: the `outcome` of `Report`."""
    if patience.is_stopped or not is_whole:
        return "stopped"
    if isinstance(patience.failure, _GOES_ON_LATER):
        return "failed" if is_empty else "partial"
    held_back = {each.code for each in patience.missing} - {"capped"}
    return "incomplete" if held_back else "complete"


def _share(window: Window, reached: datetime | None) -> float:
    if window.since is None or reached is None or window.until <= window.since:
        return 0.0
    return max(0.0, min((window.until - reached) / (window.until - window.since), 1.0))
