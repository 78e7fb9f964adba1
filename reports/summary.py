"""The Overview's numbers for a whole campaign, for scripts and checks."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis import aggregates
from data.lake import Lake
from data.model import Kind
from data.store import LakeError

_COUNTS = ("likes", "reposts", "replies", "quotes", "impressions")
_HASHTAGS = 20


def summary(lake: Lake, campaign_id: str) -> dict[str, Any]:
    """A campaign's totals, as plain JSON values; null where no post publishes the count.

    Keys: posts, by_kind {kind: posts}, by_network {network: posts}, authors, likes, reposts,
    replies, quotes, impressions, top_hashtags [[tag, posts]…] (20 at most), per_day
    [[day, posts]…] (UTC days with posts), version. Everything but `by_network` leaves
    YouTube out unless it is alone.

    Raises:
        LakeError: there is no such campaign.
    """
    if lake.campaign(campaign_id) is None:
        raise LakeError("campaign-unknown", campaign=campaign_id)
    posts = lake.posts(campaign_id)
    by_network = aggregates.by_network(posts)
    comparable = aggregates.comparable(posts, list(by_network["network"]))
    totals = aggregates.totals(comparable).iloc[0]
    tags = aggregates.hashtags(comparable, _HASHTAGS)
    days = aggregates.by_day(comparable).groupby("day")["posts"].sum()
    return {
        "posts": int(totals["posts"]),
        "by_kind": {kind.value: int(totals[f"kind_{kind}"]) for kind in Kind},
        "by_network": _pairs(by_network["network"], by_network["posts"]),
        "authors": int(totals["authors"]),
        **{name: None if pd.isna(totals[name]) else int(totals[name]) for name in _COUNTS},
        "top_hashtags": [list(it) for it in _pairs(tags["hashtag"], tags["posts"]).items()],
        "per_day": [[f"{day:%Y-%m-%d}", int(posts)] for day, posts in days.items()],
        "version": lake.version(campaign_id),
    }


def _pairs(names: pd.Series, numbers: pd.Series) -> dict[str, int]:
    return {str(name): int(number) for name, number in zip(names, numbers, strict=True)}
