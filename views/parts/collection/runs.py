"""Networks being read for a campaign: what is asked of them, and what came of each."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal

from collectors.base import CollectorError, Estimate
from collectors.networks.credentials import Credentials
from collectors.runs.price import price
from collectors.runs.rounds import Purpose, Turn, go_round
from collectors.runs.run import Progress
from data.keys import KeyMissing
from data.lake import Lake
from data.model import Campaign, Network
from data.store import LakeError
from views.parts import jobs

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plan:
    """What is to be read: all that is missing, unless dates (UTC, `until` excluded) are named."""

    campaign: Campaign
    networks: tuple[Network, ...]
    purpose: Purpose = "run"
    since: datetime | None = None
    until: datetime | None = None

    def without(self, network: Network) -> Plan:
        """The same, one network left out."""
        return replace(self, networks=tuple(it for it in self.networks if it != network))


@dataclass(kw_only=True)
class PlannedJob(jobs.Job):
    """A plan being carried out; `problem` is why it could not be."""

    plan: Plan
    problem: CollectorError | LakeError | KeyMissing | None = None


@dataclass(kw_only=True)
class RunJob(PlannedJob):
    """A round under way: how far each network is, and what came of those that are through."""

    progress: dict[Network, Progress] = field(default_factory=dict)
    turns: list[Turn] = field(default_factory=list)


@dataclass(kw_only=True)
class EstimateJob(PlannedJob):
    """X being asked what a plan would cost there, and its answer.

    `left` is what may still be spent, in dollars; infinite where only posts are limited.
    """

    estimate: Estimate | None = None
    left: Decimal | None = None


def start(lake: Lake, plan: Plan) -> str:
    """Reads what is planned; gives the job's id."""
    job = RunJob(campaign_id=plan.campaign.campaign_id, plan=plan)

    def note(progress: Progress) -> None:
        job.progress[progress.network] = progress

    def work() -> None:
        for turn in go_round(
            lake,
            plan.campaign,
            Credentials(lake.root),
            plan.purpose,
            networks=plan.networks,
            since=plan.since,
            until=plan.until,
            progress=note,
            stop=job.stop,
        ):
            job.turns.append(turn)

    return jobs.start(job, _guarded(job, work))


def start_estimate(lake: Lake, plan: Plan) -> str:
    """Asks X what the plan would cost; gives the job's id."""
    job = EstimateJob(campaign_id=plan.campaign.campaign_id, plan=plan)

    def work() -> None:
        job.estimate, job.left = price(
            lake,
            plan.campaign,
            Network.X,
            Credentials(lake.root),
            datetime.now(UTC),
            plan.since,
            plan.until,
        )

    return jobs.start(job, _guarded(job, work))


def _guarded(job: PlannedJob, work: Callable[[], None]) -> Callable[[], None]:
    def guarded() -> None:
        try:
            work()
        except (CollectorError, LakeError, KeyMissing) as problem:
            job.problem = problem
        except Exception as error:
            # Its words may hold a key, or somebody's post.
            _LOG.error("unexpected %s", type(error).__name__)
            job.problem = CollectorError("unexpected-answer", kind=type(error).__name__)

    return guarded
