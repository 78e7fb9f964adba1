"""`python -m collectors`: collection for a terminal, cron or Windows Task Scheduler.

Exits with 0 when all was read, 1 when something could not be read at all, 2 when the command
itself is wrong, 3 when a part is missing (the report says which), 4 when somebody must give a
key or a budget, 130 when it was interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys

from collectors.commands import campaigns, import_files, rounds, status
from data.lake import Lake
from locales import of_system, text


def main(arguments: list[str] | None = None) -> int:
    """Run the command; gives the exit code."""
    language = of_system()
    parser = argparse.ArgumentParser(
        prog="python -m collectors", description=text(language, "command.collectors")
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for family in (campaigns, rounds, status, import_files):
        family.add(commands, language)
    chosen = parser.parse_args(arguments)
    code: int = chosen.do(Lake.of_user(), chosen, language)
    return code


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print(f"\n{text(of_system(), 'command.interrupted')}", file=sys.stderr, flush=True)
        # At once: a call may hang for half a minute, and what is in the lake is whole.
        os._exit(130)
