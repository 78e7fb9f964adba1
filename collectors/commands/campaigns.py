"""`campaign ID …`: what a campaign collects, from where, since when, for how much."""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from collectors.access.addresses import checked
from collectors.base import CollectorError
from collectors.commands import terminal
from collectors.networks.table import NETWORKS
from data.lake import Lake
from data.model import Campaign, Network
from data.store import LakeError
from locales import of_system, text


def add(commands: Any, language: str) -> None:
    """Describe the command to argparse."""
    parser = commands.add_parser("campaign", help=text(language, "command.campaign_set"))
    words = {name: text(language, f"command.{name}") for name in _WORDS}
    parser.add_argument("campaign", metavar="ID", help=words["campaign"])
    parser.add_argument("--title", help=words["title"])
    parser.add_argument("--hashtags", nargs="+", metavar="TAG", help=words["hashtags"])
    parser.add_argument(
        "--networks",
        nargs="+",
        choices=[network.value for network in NETWORKS],
        metavar="NETWORK",
        help=words["networks"],
    )
    parser.add_argument("--since", type=day, metavar="DAY", help=words["since"])
    parser.add_argument("--until", type=day, metavar="DAY", help=words["until"])
    parser.add_argument("--instances", nargs="+", metavar="SERVER", help=words["instances"])
    parser.add_argument("--subreddits", nargs="+", metavar="NAME", help=words["subreddits"])
    parser.add_argument("--budget-dollars", type=float, help=words["budget_dollars"])
    parser.add_argument("--budget-posts", type=int, help=words["budget_posts"])
    parser.add_argument("--json", action="store_true", help=text(language, "command.json"))
    parser.set_defaults(do=settle)


_WORDS = (
    *("campaign", "title", "hashtags", "networks", "since", "until", "instances"),
    *("subreddits", "budget_dollars", "budget_posts"),
)


def settle(lake: Lake, chosen: argparse.Namespace, language: str) -> int:
    """Create a campaign, or change what is named of one; gives the exit code."""
    new = Campaign(chosen.campaign, title=chosen.title or chosen.campaign)
    try:
        campaign = replace(lake.campaign(chosen.campaign) or new, **_changes(chosen))
        if campaign.since and campaign.until and campaign.since >= campaign.until:
            raise LakeError("campaign-dates")  # noqa: TRY301
        lake.create(new)
        lake.update(campaign)
    except (LakeError, CollectorError) as error:
        return terminal.refuse(language, error)
    document = described(campaign)
    if chosen.json:
        terminal.show(document)
    else:
        for name, value in document.items():
            written = ", ".join(map(str, value)) if isinstance(value, list) else value
            label = text(language, f"command.fields.{name}")
            print(text(language, "command.said", name=label, said=written or "—"))
    return terminal.DONE


def described(campaign: Campaign) -> dict[str, Any]:
    """A campaign for a script: days are the first and the last, both included."""
    last = campaign.until - timedelta(microseconds=1) if campaign.until else None
    return {
        "campaign": campaign.campaign_id,
        "title": campaign.title,
        "hashtags": list(campaign.hashtags),
        "networks": [network.value for network in campaign.networks],
        "since": campaign.since.date().isoformat() if campaign.since else None,
        "until": last.date().isoformat() if last else None,
        "instances": list(campaign.instances),
        "subreddits": list(campaign.subreddits),
        "budget_dollars": campaign.budget_dollars,
        "budget_posts": campaign.budget_posts,
    }


def day(typed: str) -> date:
    """A day of the command line.

    Raises:
        argparse.ArgumentTypeError: it is none; the words say how one is written.
    """
    try:
        return date.fromisoformat(typed)
    except ValueError:
        words = text(of_system(), "command.not_a_day", typed=typed)
        raise argparse.ArgumentTypeError(words) from None


def first_moment(day: date) -> datetime:
    """When a day begins, UTC."""
    return datetime.combine(day, time(), UTC)


def after(day: date) -> datetime:
    """When a day is over, UTC."""
    return first_moment(day) + timedelta(days=1)


def _changes(chosen: argparse.Namespace) -> dict[str, Any]:
    """What was named on the command line; what was not stays as it is."""
    named: dict[str, Any] = {
        "title": chosen.title,
        "hashtags": chosen.hashtags and tuple(tag.lstrip("#＃") for tag in chosen.hashtags),
        "networks": chosen.networks and tuple(map(Network, dict.fromkeys(chosen.networks))),
        "since": chosen.since and first_moment(chosen.since),
        "until": chosen.until and after(chosen.until),
        "instances": chosen.instances and tuple(map(checked, chosen.instances)),
        "subreddits": chosen.subreddits
        and tuple(name.removeprefix("/").removeprefix("r/") for name in chosen.subreddits),
        "budget_dollars": chosen.budget_dollars,
        "budget_posts": chosen.budget_posts,
    }
    return {name: value for name, value in named.items() if value is not None}
