"""`status`: what has been read of each campaign; `estimate`: what the next run would cost."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from collectors.access.budget import Ledger
from collectors.base import CollectorError
from collectors.commands import terminal
from collectors.commands.campaigns import described
from collectors.networks.credentials import Credentials
from collectors.networks.table import secrets_of
from collectors.runs.coverage import covered, gaps
from collectors.runs.missing import named
from collectors.runs.price import price
from collectors.runs.run import hashtags, span
from data.lake import Lake
from data.model import Campaign, Network
from data.store import LakeError
from locales import dollars, moment, text


def add(commands: Any, language: str) -> None:
    """Describe the commands to argparse."""
    status = commands.add_parser("status", help=text(language, "command.status"))
    status.add_argument("--campaign", help=text(language, "command.known"))
    status.set_defaults(do=tell)
    estimating = commands.add_parser("estimate", help=text(language, "command.estimate"))
    estimating.add_argument("--campaign", required=True, help=text(language, "command.known"))
    estimating.set_defaults(do=estimate)
    for parser in (status, estimating):
        parser.add_argument("--json", action="store_true", help=text(language, "command.json"))


def tell(lake: Lake, chosen: argparse.Namespace, language: str) -> int:
    """Each network of each campaign: its key, its last run, what is missing, what it cost."""
    try:
        campaigns = (
            [terminal.campaign_of(lake, chosen.campaign)] if chosen.campaign else lake.campaigns()
        )
    except LakeError as error:
        return terminal.refuse(language, error)
    now = datetime.now(UTC)
    states = [
        {
            **described(campaign),
            "networks": [state(lake, campaign, network, now) for network in campaign.networks],
        }
        for campaign in campaigns
    ]
    if chosen.json:
        terminal.show(states)
        return terminal.DONE
    for campaign_state in states:
        print(f"{campaign_state['campaign']}: {' '.join(campaign_state['hashtags']) or '—'}")
        for each in campaign_state["networks"]:
            print(text(language, "command.state", **_in_words(each, language)))
    return terminal.DONE


def state(lake: Lake, campaign: Campaign, network: Network, now: datetime) -> dict[str, Any]:
    """What stands of one network: `last` is its newest run, `gaps` the days that are not read."""
    rows = lake.collections(campaign.campaign_id)
    runs = rows[(rows["network"] == network) & (rows["format"] == "api")]
    done = covered(rows, network, hashtags(campaign), now, strictly=True)
    open_ = gaps(span(campaign, now), done)
    spent = Ledger(lake.root).spent(campaign.campaign_id, network)
    needs_key = bool(secrets_of(network))
    return {
        "network": network.value,
        "key": Credentials(lake.root).where(network) if needs_key else "not needed",
        "last": _last(runs),
        "gaps": [[each.since, each.until] for each in open_],
        "dollars": float(spent.dollars),
        "posts_paid": spent.posts,
    }


def estimate(lake: Lake, chosen: argparse.Namespace, language: str) -> int:
    """Ask X how many posts the next run would read, and say what they would cost."""
    try:
        campaign = terminal.campaign_of(lake, chosen.campaign)
        credentials = Credentials(lake.root)
        found, left = price(lake, campaign, Network.X, credentials, datetime.now(UTC))
    except (LakeError, CollectorError) as error:
        terminal.refuse(language, error)
        return terminal.NEEDS_SOMEBODY if isinstance(error, CollectorError) else terminal.WRONG
    numbers = {
        "campaign": campaign.campaign_id,
        "network": Network.X.value,
        "posts": found.posts,
        "requests": found.requests,
        "dollars": float(found.dollars),
        "most_dollars": float(found.most_dollars),
        "left_dollars": float(left) if left.is_finite() else None,
    }
    if chosen.json:
        days = [[day.isoformat(), n] for day, n in sorted(found.per_day.items())]
        terminal.show({**numbers, "per_day": days})
    else:
        left_in_words = "—" if numbers["left_dollars"] is None else dollars(language, left)
        said = {
            **numbers,
            "dollars": dollars(language, found.dollars),
            "most_dollars": dollars(language, found.most_dollars),
            "left_dollars": left_in_words,
        }
        print(text(language, "command.estimated", **said))
    return terminal.DONE


def _last(runs: pd.DataFrame) -> dict[str, Any] | None:
    if runs.empty:
        return None
    newest = runs.iloc[0]
    return {
        "finished_at": newest["finished_at"].to_pydatetime(),
        "outcome": newest["outcome"],
        "new": None if pd.isna(newest["new"]) else int(newest["new"]),
        "missing": [{"code": each.code, **each.values} for each in named(newest["missing"])],
    }


def _in_words(state: dict[str, Any], language: str) -> dict[str, Any]:
    last = state["last"]
    return {
        "network": text(language, f"networks.{state['network']}"),
        "outcome": text(language, f"outcome.{last['outcome']}") if last else "—",
        "at": moment(language, last["finished_at"]) if last else "—",
        "gaps": len(state["gaps"]),
        "dollars": dollars(language, state["dollars"]),
    }
