"""What the next reading of a paid network would cost, asked before anything is spent."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, Protocol, runtime_checkable

from collectors.access.budget import Ledger
from collectors.base import CollectorError, Estimate, Query
from collectors.networks.table import Secrets, in_our_words, open_collector
from collectors.runs.run import stretches
from data.lake import Lake
from data.model import Campaign, Network


@runtime_checkable
class Priced(Protocol):
    """A network that says what a collection would take."""

    def estimate(self, query: Query) -> Estimate:
        """What collecting would read and cost; the asking itself may cost something."""
        ...


class Price(NamedTuple):
    """What a reading would take, and the US dollars that may still be spent.

    `left` is infinite where only posts are limited.
    """

    estimate: Estimate
    left: Decimal


def price(
    lake: Lake,
    campaign: Campaign,
    network: Network,
    credentials: Secrets,
    now: datetime,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Price:
    """What reading the `stretches` of a campaign would cost.

    Raises:
        BudgetSpent: no limit was ever set, so nobody is asked anything, or it is too low to ask.
        CollectorError: the network cannot be asked, or names no price (`not-priced`).
        LakeError, KeyMissing: the campaign cannot be read.
    """
    budget = Ledger(lake.root).budget(campaign, network)
    budget.left()
    with in_our_words():
        collector = open_collector(network, campaign, credentials, budget)
        if not isinstance(collector, Priced):
            raise CollectorError("not-priced", network=network)
        windows = (it.window for it in stretches(lake, campaign, network, now, since, until))
        found = sum(
            (collector.estimate(Query(campaign.hashtags, *window)) for window in windows),
            start=Estimate(0, 0, Decimal(0), Decimal(0)),
        )
    return Price(found, budget.left().dollars)  # counting has its price too
