"""The Overview's numbers for a whole campaign, for scripts and checks."""

from __future__ import annotations

from functools import cache
from typing import Any

import pandas as pd

from data.lake import Lake
from data.model import Kind
from data.store import LakeError
from findings import protect
from findings.question import Filters
from findings.read import Reader

_COUNTS = ("likes", "reposts", "replies", "quotes", "impressions")
_HASHTAGS = 20


def summary(lake: Lake, campaign_id: str) -> dict[str, Any]:
    """What the page Vue d'ensemble shows of a whole campaign, as plain JSON values.

    Keys: posts, by_kind {kind: posts}, by_network {network: posts}, authors, likes, reposts,
    replies, quotes, impressions, top_hashtags [[tag, posts]…] (20 at most), per_day
    [[day, posts]…] (UTC days with posts), version. A count that no post publishes is null.
    Everything but `by_network` leaves YouTube out unless it is alone.

    Raises:
        LakeError: there is no such campaign.
    """
    if lake.campaign(campaign_id) is None:
        raise LakeError("campaign-unknown", campaign=campaign_id)
    reader = Reader(lake, keep=cache)
    chosen = Filters(campaign_id, reader.version(campaign_id))
    totals = reader.totals(chosen).iloc[0]
    by_network = reader.by_network(chosen)
    tags = reader.most_used(chosen, _HASHTAGS)
    days = reader.by_day(chosen).groupby("day")["posts"].sum()
    authors = reader.authors(chosen)
    return {
        "posts": int(totals["posts"]),
        "by_kind": {kind.value: int(totals[f"kind_{kind}"]) for kind in Kind},
        "by_network": _pairs(by_network["network"], by_network["posts"]),
        "authors": authors.value if protect.of_measure(authors, chosen).is_shown else None,
        **{name: None if pd.isna(totals[name]) else int(totals[name]) for name in _COUNTS},
        "top_hashtags": [list(it) for it in _pairs(tags["hashtag"], tags["posts"]).items()],
        "per_day": [[f"{day:%Y-%m-%d}", int(posts)] for day, posts in days.items()],
        "version": chosen.version,
    }


def _pairs(names: pd.Series[str], numbers: pd.Series[int]) -> dict[str, int]:
    return {str(name): int(number) for name, number in zip(names, numbers, strict=True)}
