"""`run`, `measure`, `check`: one round over a campaign's networks; `watch`: round after round."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

from collectors.base import BudgetSpent, CollectorError, MissingCredentials
from collectors.commands import terminal
from collectors.commands.campaigns import after, day, first_moment
from collectors.networks.credentials import Credentials
from collectors.networks.table import NETWORKS
from collectors.runs.missing import CAPPED, Missing
from collectors.runs.rounds import Purpose, Turn, clock, go_round
from collectors.runs.run import Progress, Report
from data.lake import Lake
from data.model import Campaign, Network
from data.store import LakeError
from locales import moment, text

_CHECKED_EVERY = timedelta(days=1)
#: A campaign that is over is watched until its last posts have been measured at every age.
_WATCHED_AFTER_ITS_END = timedelta(days=29)


def add(commands: Any, language: str) -> None:
    """Describe the commands to argparse."""
    for purpose in ("run", "measure", "check"):
        parser = commands.add_parser(purpose, help=text(language, f"command.{purpose}"))
        parser.add_argument("--campaign", required=True, help=text(language, "command.known"))
        _add_networks(parser, language)
        if purpose == "run":
            _add_days(parser, language)
        parser.add_argument("--json", action="store_true", help=text(language, "command.json"))
        parser.set_defaults(do=once, purpose=purpose, since=None, until=None)
    parser = commands.add_parser("watch", help=text(language, "command.watch"))
    parser.add_argument("--campaign", nargs="+", help=text(language, "command.watched"))
    parser.add_argument(
        "--every", type=float, default=60.0, metavar="MINUTES", help=text(language, "command.every")
    )
    parser.set_defaults(do=watch)


def _add_networks(parser: argparse.ArgumentParser, language: str) -> None:
    parser.add_argument(
        "--network",
        nargs="+",
        choices=[network.value for network in NETWORKS],
        metavar="NETWORK",
        help=text(language, "command.network"),
    )


def _add_days(parser: argparse.ArgumentParser, language: str) -> None:
    for name in ("since", "until"):
        parser.add_argument(
            f"--{name}",
            type=day,
            metavar="DAY",
            help=text(language, f"command.{name}"),
        )


def once(lake: Lake, chosen: argparse.Namespace, language: str) -> int:
    """One round, told as it goes; gives the exit code."""
    try:
        campaign = terminal.campaign_of(lake, chosen.campaign)
        if not (chosen.network or campaign.networks):
            raise CollectorError("no-network", campaign=campaign.campaign_id)  # noqa: TRY301
    except (LakeError, CollectorError) as error:
        return terminal.refuse(language, error)
    turns = _round(
        lake, campaign, chosen.purpose, language, threading.Event(),
        networks=[Network(name) for name in chosen.network or ()],
        since=chosen.since, until=chosen.until, is_quiet=chosen.json,
    )  # fmt: skip
    if chosen.json:
        networks = [_described(turn, language) for turn in turns]
        terminal.show({"campaign": campaign.campaign_id, "networks": networks})
    return max(map(_code, turns), default=terminal.DONE)


def watch(lake: Lake, chosen: argparse.Namespace, language: str) -> int:
    """Round after round until somebody ends it; what fails in one is tried in the next."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    time_of = clock(stop)
    checked: dict[str, datetime] = {}
    try:
        while not stop.is_set():
            began_at = time_of.now()
            for campaign in _watched(lake, chosen.campaign, began_at):
                purposes: list[Purpose] = ["run", "measure"]
                if began_at - checked.get(campaign.campaign_id, _NEVER) >= _CHECKED_EVERY:
                    checked[campaign.campaign_id] = began_at
                    purposes.append("check")
                for purpose in purposes:
                    if not stop.is_set():
                        _round(lake, campaign, purpose, language, stop)
            next_at = began_at + timedelta(minutes=chosen.every)
            if not stop.is_set():
                print(text(language, "command.next", at=moment(language, next_at)), flush=True)
            time_of.wait((next_at - time_of.now()).total_seconds())
    except KeyboardInterrupt:
        stop.set()
    return terminal.DONE


_NEVER = datetime.min.replace(tzinfo=UTC)


def _watched(lake: Lake, named: list[str] | None, now: datetime) -> list[Campaign]:
    return [
        campaign
        for campaign in lake.campaigns()
        if (campaign.campaign_id in named if named else not campaign.is_demo)
        and campaign.networks
        and campaign.hashtags
        and (campaign.until is None or now < campaign.until + _WATCHED_AFTER_ITS_END)
    ]


def _round(
    lake: Lake,
    campaign: Campaign,
    purpose: Purpose,
    language: str,
    stop: threading.Event,
    *,
    networks: Any = (),
    since: date | None = None,
    until: date | None = None,
    is_quiet: bool = False,
) -> list[Turn]:
    """One round, told network by network as each ends."""
    bar = terminal.Bar(is_quiet=is_quiet)

    def show(done: Progress) -> None:
        more = text(language, "command.read", n=done.read)
        if done.waits_until:
            more += " " + text(language, "command.waits", at=moment(language, done.waits_until))
        bar.show(text(language, f"networks.{done.network}"), done.fraction, more)

    turns = []
    try:
        for turn in go_round(
            lake, campaign, Credentials(lake.root), purpose,
            networks=networks,
            since=None if since is None else first_moment(since),
            until=None if until is None else after(until),
            progress=show, stop=stop,
        ):  # fmt: skip
            bar.clear()
            turns.append(turn)
            if not is_quiet:
                _tell(turn, language)
    except KeyboardInterrupt:
        stop.set()  # the pages that were read are kept
        raise
    return turns


def _tell(turn: Turn, language: str) -> None:
    name = text(language, f"networks.{turn.network}")
    if turn.problem is not None:
        said = terminal.sentence(language, turn.problem)
        print(text(language, "command.said", name=name, said=said), file=sys.stderr)
    asked = [report for report in turn.reports if report.requests or report.missing]
    if turn.problem is None and not asked:
        up_to_date = text(language, "command.up_to_date")
        print(text(language, "command.said", name=name, said=up_to_date))
    for report in asked:
        counts = {it: getattr(report, it) for it in ("read", "new", "known", "refused", "gone")}
        outcome = text(language, f"outcome.{report.outcome}")
        print(text(language, "command.turn", network=name, outcome=outcome, **counts))
        for each in report.missing:
            print(f"  {_reason(each, language)}")


def _reason(missing: Missing, language: str) -> str:
    table = "missing" if missing.code == CAPPED else "error"
    return text(language, f"{table}.{missing.code}", **missing.values)


def _described(turn: Turn, language: str) -> dict[str, Any]:
    reports = [_numbers(report, language) for report in turn.reports]
    described: dict[str, Any] = {"network": turn.network.value, "windows": reports}
    if turn.problem is not None:
        described["error"] = turn.problem.code
        described["reason"] = terminal.sentence(language, turn.problem)
    return described


def _numbers(report: Report, language: str) -> dict[str, Any]:
    numbers = asdict(report)
    del numbers["network"]
    numbers["dollars"] = float(report.dollars)
    numbers["missing"] = [
        {"code": each.code, "reason": _reason(each, language), **each.values}
        for each in report.missing
    ]
    return numbers


def _code(turn: Turn) -> int:
    """The exit code of one network's turn; the greatest of a round is the command's."""
    if turn.problem is not None:
        if turn.problem.code == "running":
            return terminal.DONE  # whoever was first reads it
        needs_somebody = isinstance(turn.problem, (MissingCredentials, BudgetSpent))
        return terminal.NEEDS_SOMEBODY if needs_somebody else terminal.FAILED
    codes = {each.code for report in turn.reports for each in report.missing}
    if codes & _FOR_SOMEBODY:
        return terminal.NEEDS_SOMEBODY
    outcomes = {report.outcome for report in turn.reports}
    if "failed" in outcomes:
        return terminal.FAILED
    return terminal.PARTIAL if outcomes - {"complete"} else terminal.DONE


_FOR_SOMEBODY = {
    *("key-needed", "key-refused", "key-malformed"),
    *("budget", "budget-posts", "budget-needed", "payment"),
}
