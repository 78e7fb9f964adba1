"""`python -m collectors`: collection for a terminal, cron or Windows Task Scheduler.

Exits with 0 when every file was read (rows that had to be refused are in the report), 1 when
one could not be, 2 when the command itself is wrong, 130 when it was interrupted.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

from collectors.base import CollectorError
from collectors.files import files_in
from collectors.run import Progress, Report, import_file
from data.keys import KeyMissing
from data.lake import Lake, LakeError
from data.model import Campaign
from locales import of_system, text


def main(arguments: list[str] | None = None) -> int:
    """Run the command; gives the exit code."""
    language = of_system()
    chosen = _parser(language).parse_args(arguments)
    lake = Lake.of_user()
    try:
        lake.create(Campaign(chosen.campaign, title=chosen.campaign))
    except LakeError as error:
        print(_sentence(language, error), file=sys.stderr)
        return 2
    outcomes = [
        _imported(lake, path, chosen.campaign, language, is_quiet=chosen.json)
        for path in chain.from_iterable(map(files_in, chosen.paths))
    ]
    if chosen.json:
        print(json.dumps(_totals(chosen.campaign, outcomes), ensure_ascii=False, indent=2))
    return 1 if any("error" in outcome for outcome in outcomes) else 0


def _parser(language: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m collectors", description=text(language, "command.collectors")
    )
    commands = parser.add_subparsers(required=True, metavar="import")
    importing = commands.add_parser("import", help=text(language, "command.import"))
    importing.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help=text(language, "command.paths")
    )
    importing.add_argument("--campaign", required=True, help=text(language, "command.campaign"))
    importing.add_argument("--json", action="store_true", help=text(language, "command.json"))
    return parser


def _imported(
    lake: Lake, path: Path, campaign_id: str, language: str, *, is_quiet: bool
) -> dict[str, Any]:
    """One file's report, or the sentence that says why there is none; the next file goes on."""
    show = _bar(path.name) if sys.stderr.isatty() and not is_quiet else lambda _: None
    try:
        report = import_file(lake, path, campaign_id, progress=show)
    except (CollectorError, LakeError, KeyMissing) as error:
        sentence = _sentence(language, error)
        if not is_quiet:
            print(f"{path.name}: {sentence}", file=sys.stderr)
        return {"file": path.name, "error": error.code, "reason": sentence}
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


def _sentence(language: str, error: CollectorError | LakeError | KeyMissing) -> str:
    return text(language, f"error.{error.code}", **error.values)


def _bar(name: str) -> Callable[[Progress], None]:
    def show(done: Progress) -> None:
        filled = round(done.fraction * 30)
        end = "\n" if done.fraction == 1 else ""
        bar = "█" * filled + "░" * (30 - filled)
        print(f"\r{name}  {bar} {done.fraction:4.0%}", end=end, file=sys.stderr, flush=True)

    return show


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
