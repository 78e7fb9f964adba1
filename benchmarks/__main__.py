"""`python -m benchmarks`: speed and memory, beside those of named peers."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import platformdirs

from benchmarks.build import build
from benchmarks.collectors import measure
from benchmarks.imports import compare


def main() -> int:
    """Run the command; gives the exit code: 1 where a limit is passed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    imports = commands.add_parser("imports", help="twarc2 JSONL into the lake, beside twarc-csv")
    imports.add_argument("--posts", type=int, default=100_000)
    imports.add_argument("--runs", type=int, default=5)
    imports.add_argument(
        "--cache",
        type=Path,
        default=Path(platformdirs.user_cache_dir("porte-voix", appauthor=False), "benchmarks"),
        help="the folder of the generated file and of twarc-csv's environment (%(default)s)",
    )
    builds = commands.add_parser("build", help="the first build of a campaign's posts")
    builds.add_argument("--posts", type=int, default=1_000_000)
    collecting = commands.add_parser("collectors", help="runs against a server on loopback")
    collecting.add_argument("--posts", type=int, default=20_000)
    collecting.add_argument("--runs", type=int, default=3)
    chosen = parser.parse_args()
    if chosen.command == "build":
        return 0 if build(chosen.posts) else 1
    if chosen.command == "collectors":
        return 0 if measure(chosen.posts, chosen.runs) else 1
    compare(chosen.posts, chosen.runs, chosen.cache.absolute())
    return 0


if __name__ == "__main__":
    sys.exit(main())
