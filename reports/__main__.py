"""`python -m reports`: what the screens show, for scripts and checks."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from data.lake import Lake
from data.store import LakeError
from locales import number, of_system, text
from reports.summary import summary

#: The reports by their names: each gives what it says of a campaign as plain JSON values.
REPORTS: Mapping[str, Callable[[Lake, str], dict[str, Any]]] = {
    "summary": summary,
}


def main(arguments: list[str] | None = None) -> int:
    """Run the command; gives the exit code: 0, or 2 when there is no such campaign."""
    language = of_system()
    parser = argparse.ArgumentParser(
        prog="python -m reports", description=text(language, "command.reports")
    )
    commands = parser.add_subparsers(required=True, dest="report", metavar="|".join(REPORTS))
    for name in REPORTS:
        command = commands.add_parser(name, help=text(language, f"command.{name}"))
        command.add_argument(
            "--campaign", required=True, help=text(language, "command.campaign_known")
        )
        command.add_argument("--json", action="store_true", help=text(language, "command.json"))
    chosen = parser.parse_args(arguments)
    demo = Lake.demo()
    lake = demo if demo.campaign(chosen.campaign) else Lake.of_user()
    try:
        found = REPORTS[chosen.report](lake, chosen.campaign)
    except LakeError as error:
        print(text(language, f"error.{error.code}", **error.values), file=sys.stderr)
        return 2
    if chosen.json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        for name, value in found.items():
            print(f"{text(language, f'measure.{name}'):<24} {_shown(language, name, value)}")
    return 0


def _shown(language: str, name: str, value: Any) -> str:
    """A number, or names with their numbers; what is unknown is a dash."""
    words = {"by_kind": "kinds", "by_network": "networks"}.get(name)
    if isinstance(value, dict):
        pairs = [(text(language, f"{words}.{code}"), n) for code, n in value.items()]
    elif isinstance(value, list):
        pairs = value
    else:
        return number(language, value) if isinstance(value, int) else str(value or "—")
    return ", ".join(f"{what} {number(language, n)}" for what, n in pairs)


if __name__ == "__main__":
    sys.exit(main())
