"""`python -m data`: makes the demonstration anew, in `data/demo`, from its seed."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, time
from pathlib import Path

from data.lake import Lake
from data.model import Campaign, NumberedPage, Post
from data.simulate import readings, simulate

_POSTS_A_PAGE = 2_000


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
    demo = Lake.demo()
    shutil.rmtree(demo.root, ignore_errors=True)
    build(demo)
    # Nobody invented can be looked up or asks to be forgotten, and a download is paid by weight.
    for table in ("references", "aliases"):
        shutil.rmtree(demo.root / "lake" / table)
    for left in ("spill", "keys"):
        shutil.rmtree(demo.root / left, ignore_errors=True)
    (demo.root / "writing.lock").unlink(missing_ok=True)
    size = sum(file.stat().st_size for file in Path(demo.root).rglob("*") if file.is_file())
    print(f"{demo.root}: {size / 1e6:.1f} MB")
