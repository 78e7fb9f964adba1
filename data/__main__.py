"""`python -m data`: what is kept, for a terminal or cron.

Exits with 0 when it is done, 1 when a part could not be, 2 when the command itself is wrong.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import NoReturn

from data.lake import Lake
from data.model import Campaign, NumberedPage, Post
from data.simulate import readings, simulate
from locales import of_system, text

_POSTS_A_PAGE = 2_000


class _Parser(argparse.ArgumentParser):
    """Says in the user's language what argparse would say of a wrong command in English."""

    def error(self, message: str) -> NoReturn:
        sentence = text(of_system(), "command.not_understood", program=self.prog)
        self.exit(2, f"{sentence}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; gives the exit code."""
    language = of_system()
    parser = _Parser(prog="python -m data", description=text(language, "command.data"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, do in (("demo", demo), ("retain", retain)):
        said = text(language, f"command.{name}")
        commands.add_parser(name, help=said, description=said).set_defaults(do=do)
    code: int = parser.parse_args(arguments).do(language)
    return code


def retain(language: str) -> int:
    """Remove what may be kept no longer from what this computer's user keeps."""
    retained = Lake.of_user().retain()
    print(text(language, "command.retained", n=retained.removed))
    if retained.is_whole:
        return 0
    print(text(language, "command.retained_in_part"), file=sys.stderr)
    return 1


def demo(_: str) -> int:
    """Make the demonstration anew, in `data/demo`, from its seed."""
    lake = Lake.demo()
    shutil.rmtree(lake.root, ignore_errors=True)
    build(lake)
    # Nobody invented can be looked up or asks to be forgotten, and a download is paid by weight.
    for table in (lake.store.references, lake.store.aliases):
        shutil.rmtree(table.folder)
    for left in (lake.store.spill, lake.root / "keys"):
        shutil.rmtree(left, ignore_errors=True)
    (lake.root / "writing.lock").unlink(missing_ok=True)
    size = sum(file.stat().st_size for file in lake.root.rglob("*") if file.is_file())
    print(f"{lake.root}: {size / 1e6:.1f} MB")
    return 0


def build(lake: Lake, seed: int = 2026) -> None:
    """Fill an empty lake with the simulated campaigns, and leave nothing else in it.

    Own posts are read at several ages, as rounds of collection do.
    """
    for simulated in simulate(seed).campaigns:
        campaign = Campaign(
            simulated.id,
            simulated.title,
            simulated.hashtags,
            is_demo=True,
            created_at=datetime.combine(simulated.first_day, time(), UTC),
        )
        lake.create(campaign)
        ended_at = datetime.combine(simulated.last_day, time(23, 59, 59), UTC)
        read = {
            f"simulation-{seed}-young": list(readings(simulated.posts, seed)),
            f"simulation-{seed}": simulated.posts,
        }
        for collection_id, posts in read.items():
            lake.writer(campaign.campaign_id, collection_id).append(_pages(posts), ended_at)
        lake.derive(campaign.campaign_id)
    lake.keep_newest()


def _pages(posts: Sequence[Post]) -> list[NumberedPage]:
    starts = range(0, len(posts), _POSTS_A_PAGE)
    return [
        NumberedPage(number, posts[start : start + _POSTS_A_PAGE], str(start))
        for number, start in enumerate(starts, start=1)
    ]


if __name__ == "__main__":
    sys.exit(main())
