"""What tests put into a lake and read from it."""

from datetime import UTC, datetime, timedelta

from data.model import (
    Account,
    Network,
    NumberedPage,
    Post,
)

NOW = datetime(2026, 11, 15, 12, tzinfo=UTC)


def a_post(number, **given):
    facts = {
        "network": Network.X,
        "post_id": str(number),
        "author": Account(str(number % 7), f"compte_{number % 7}"),
        "published_at": NOW - timedelta(days=number),
        "text": f"Texte {number}",
        "hashtags": ("Demo",),
        "likes": number,
        "observed_at": NOW,
    }
    return Post(**{**facts, **given})


def add(lake, collection, *posts, page=1, campaign="campagne"):
    lake.writer(campaign, collection).append([NumberedPage(page, posts, f"après {page}")], NOW)


def posts_in(lake, campaign="campagne"):
    return lake.posts(campaign).collect("pyarrow").to_native().to_pylist()
