"""What raw files hold, read from the documentation of their networks and with nothing of ours."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple

COUNTS = ("likes", "reposts", "replies", "quotes", "impressions")
KINDS = ("original", "repost", "reply", "quote")


class Seen(NamedTuple):
    """A post as a reader of the raw file sees it; `counts` are in the order of `COUNTS`."""

    network: str
    post_id: str
    kind: str
    author: str | None
    published: datetime
    hashtags: list[str]
    counts: tuple[int | None, ...]


def lines(path: Path) -> Iterator[Any]:
    """The JSON lines of a file, or its one document; what is cut off is passed over."""
    text = path.read_text(encoding="utf-8")
    try:
        yield json.loads(text)
    except json.JSONDecodeError:
        for line in text.splitlines():
            try:
                yield json.loads(line)
            except json.JSONDecodeError:
                continue


def written(text: str) -> list[str]:
    """The hashtags in a text, for the networks that do not list them."""
    return [tag for tag in re.findall(r"(?<![\w/&#])#(\w+)", text) if not tag.isdecimal()]


def iso(moment: str) -> datetime:
    return datetime.fromisoformat(moment)


def whole(number: str | None) -> int | None:
    return None if number is None else int(number)


def x(path: Path) -> Iterator[Seen]:
    """Pages, or a stream of single posts; posts that only come along are in `includes`."""
    for page in lines(path):
        included = {it["id"]: it for it in page["includes"].get("tweets", [])}
        for post in page["data"] if isinstance(page["data"], list) else [page["data"]]:
            refers = {it["type"]: it["id"] for it in post.get("referenced_tweets", [])}
            names = {"retweeted": "repost", "replied_to": "reply", "quoted": "quote"}
            kind = next((names[it] for it in names if it in refers), "original")
            source = included[refers["retweeted"]] if kind == "repost" else post
            published = post["public_metrics"]
            yield Seen(
                "x",
                post["id"],
                kind,
                post["author_id"],
                iso(post["created_at"]),
                [it["tag"] for it in source.get("entities", {}).get("hashtags", [])],
                tuple(
                    published.get(f"{it}_count")
                    for it in ("like", "retweet", "reply", "quote", "impression")
                ),
            )


def youtube(path: Path) -> Iterator[Seen]:
    """Videos, search results (their texts are HTML) and the first comment of each thread."""
    for page in lines(path):
        for item in page["items"]:
            about = item["snippet"]
            if item["kind"] == "youtube#commentThread":
                comment = about["topLevelComment"]
                said = comment["snippet"]
                yield Seen(
                    "youtube",
                    comment["id"],
                    "reply",
                    said["authorChannelId"]["value"],
                    iso(said["publishedAt"]),
                    written(said["textOriginal"]),
                    (said["likeCount"], None, about["totalReplyCount"], None, None),
                )
                continue
            found = item["kind"] == "youtube#searchResult"
            text = f"{about['title']}\n{about['description']}"
            counts = item.get("statistics", {})
            yield Seen(
                "youtube",
                item["id"]["videoId"] if found else item["id"],
                "original",
                about["channelId"],
                iso(about["publishedAt"]),
                written(unescape(text) if found else text),
                (
                    whole(counts.get("likeCount")),
                    None,
                    whole(counts.get("commentCount")),
                    None,
                    whole(counts.get("viewCount")),
                ),
            )


def tags_of(post: Seen) -> set[str]:
    return {unicodedata.normalize("NFC", tag).casefold() for tag in post.hashtags}


def expected(seen: list[Seen]) -> dict[str, Any]:
    """The summary of these posts, all their hashtags included, by counting on one's fingers."""
    every = {(post.network, post.post_id): post for post in seen}.values()
    networks = {post.network for post in every}
    posts = [it for it in every if it.network != "youtube" or len(networks) == 1]
    kinds = Counter(post.kind for post in posts)
    known = {
        count: [
            post.counts[place]
            for post in posts
            if post.kind != "repost" and post.counts[place] is not None
        ]
        for place, count in enumerate(COUNTS)
    }
    return {
        "posts": len(posts),
        "by_kind": {kind: kinds[kind] for kind in KINDS},
        "by_network": dict(Counter(post.network for post in every)),
        "authors": len({(post.network, post.author) for post in posts if post.author}),
        **{count: sum(values) if values else None for count, values in known.items()},
        "top_hashtags": dict(Counter(tag for post in posts for tag in tags_of(post))),
        "per_day": dict(Counter(f"{it.published.astimezone(UTC):%Y-%m-%d}" for it in posts)),
    }
