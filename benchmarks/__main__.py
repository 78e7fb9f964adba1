"""`python -m benchmarks`: speed and memory, beside those of named peers, in one table."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import platformdirs

from benchmarks.build import build
from benchmarks.collectors import measure as measure_collectors
from benchmarks.import_speed import compare
from benchmarks.screens import compare as compare_screens
from benchmarks.table import measure

_SIZES = (100_000, 1_000_000)
_FULL = 10_000_000


def main() -> int:
    """Run the command; gives the exit code: 1 where a limit is passed."""
    cache = argparse.ArgumentParser(add_help=False)
    cache.add_argument(
        "--cache",
        type=lambda given: Path(given).absolute(),
        default=Path(platformdirs.user_cache_dir("porte-voix", appauthor=False), "benchmarks"),
        help="the folder of what is measured on, and of the peers' environment (%(default)s)",
    )
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, parents=[cache]
    )
    parser.add_argument("--full", action="store_true", help="10,000,000 posts too")
    parser.add_argument("--runs", type=int, default=3)
    commands = parser.add_subparsers(dest="command")
    imports = commands.add_parser(
        "imports", help="twarc2 JSONL into the lake, beside twarc-csv", parents=[cache]
    )
    imports.add_argument("--posts", type=int, default=100_000)
    imports.add_argument("--runs", type=int, default=5)
    builds = commands.add_parser("build", help="the first build of a campaign's posts")
    builds.add_argument("--posts", type=int, default=1_000_000)
    collecting = commands.add_parser("collectors", help="runs against a server on loopback")
    collecting.add_argument("--posts", type=int, default=20_000)
    collecting.add_argument("--runs", type=int, default=3)
    screens = commands.add_parser(
        "screens", help="the Overview in a browser, beside a bare page", parents=[cache]
    )
    screens.add_argument("--posts", type=int, default=1_000_000)
    chosen = parser.parse_args()
    if chosen.command == "build":
        return 0 if build(chosen.posts) else 1
    if chosen.command == "collectors":
        return 0 if measure_collectors(chosen.posts, chosen.runs) else 1
    if chosen.command == "screens":
        return 0 if compare_screens(chosen.posts, chosen.cache) else 1
    if chosen.command == "imports":
        compare(chosen.posts, chosen.runs, chosen.cache)
        return 0
    sizes = [*_SIZES, _FULL] if chosen.full else [*_SIZES]
    return 0 if measure(sizes, chosen.runs, chosen.cache) else 1


if __name__ == "__main__":
    sys.exit(main())
