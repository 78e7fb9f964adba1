"""`import PATH…`: files become a campaign's posts."""

from __future__ import annotations

import argparse
import sys
from itertools import chain
from pathlib import Path
from typing import Any

from collectors.base import CollectorError
from collectors.commands import terminal
from collectors.files import files_in
from collectors.runs.imports import Progress, Report, import_file
from data.keys import KeyMissing
from data.lake import Lake
from data.model import Campaign
from data.store import LakeError
from locales import text


def add(commands: Any, language: str) -> None:
    """Describe the command to argparse."""
    parser = commands.add_parser("import", help=text(language, "command.import"))
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help=text(language, "command.paths")
    )
    parser.add_argument("--campaign", required=True, help=text(language, "command.campaign"))
    parser.add_argument("--json", action="store_true", help=text(language, "command.json"))
    parser.set_defaults(do=bring_in)


def bring_in(lake: Lake, chosen: argparse.Namespace, language: str) -> int:
    """Read every file, whatever becomes of the others; gives the exit code."""
    if any(path.exists() for path in chosen.paths):  # a mistyped path leaves no empty campaign
        try:
            lake.create(Campaign(chosen.campaign, title=chosen.campaign))
        except LakeError as error:
            return terminal.refuse(language, error)
    outcomes = [
        _imported(lake, path, chosen.campaign, language, is_quiet=chosen.json)
        for path in chain.from_iterable(map(files_in, chosen.paths))
    ]
    if chosen.json:
        terminal.show(_totals(chosen.campaign, outcomes))
    return terminal.FAILED if any("error" in each for each in outcomes) else terminal.DONE


def _imported(
    lake: Lake, path: Path, campaign_id: str, language: str, *, is_quiet: bool
) -> dict[str, Any]:
    """One file's report, or the sentence that says why there is none; the next file goes on."""
    bar = terminal.Bar(is_quiet=is_quiet)

    def show(done: Progress) -> None:
        bar.show(path.name, done.fraction)

    try:
        report = import_file(lake, path, campaign_id, progress=show)
    except (CollectorError, LakeError, KeyMissing) as error:
        sentence = terminal.sentence(language, error)
        if not is_quiet:
            print(f"{path.name}: {sentence}", file=sys.stderr)
        return {"file": path.name, "error": error.code, "reason": sentence}
    finally:
        bar.clear()
    outcome = _outcome(report, language)
    if not is_quiet:
        counts = {name: outcome[name] for name in ("read", "new", "known", "refused")}
        print(text(language, "command.report", file=report.source, **counts))
        for row in outcome["refused_rows"]:
            print(text(language, "command.refused", **row))
    return outcome


def _outcome(report: Report, language: str) -> dict[str, Any]:
    return {
        "file": report.source,
        "format": report.format,
        "outcome": report.outcome,
        "read": report.read,
        "new": report.new,
        "known": report.known,
        "refused": report.refused,
        "forgotten": report.forgotten,
        "refused_rows": [
            {
                "line": refusal.line,
                "code": refusal.code,
                "reason": text(language, f"refusal.{refusal.code}", detail=refusal.detail),
            }
            for refusal in report.refusals
        ],
    }


def _totals(campaign_id: str, outcomes: list[dict[str, Any]]) -> dict[str, Any]:
    counts = ("read", "new", "known", "refused", "forgotten")
    sums = {name: sum(outcome.get(name, 0) for outcome in outcomes) for name in counts}
    return {"campaign": campaign_id, **sums, "files": outcomes}
