"""Bluesky's answers as posts."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mangling import STRANGE, mangled, places

from collectors.files.bluesky import FORMAT
from collectors.readers.fields import Unreadable
from data.model import Account, Kind, Post, Reference

PAYLOADS = Path(__file__).parent / "payloads"
ANSWERS = ["bluesky/search", "bluesky/feed", "bluesky/thread"]
ABLA = "at://did:plc:exempleabla/app.bsky.feed.post/3aaa"
KOFI = "at://did:plc:exemplekofi/app.bsky.feed.post/3bbb"
ESSI = "at://did:plc:exempleessi/app.bsky.feed.post/"


def answer(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text("utf-8"))


def posts_of(document: Any) -> list[Post]:
    assert FORMAT.recognises(document)
    read = list(FORMAT.posts(document))
    assert not [item for item in read if isinstance(item, Unreadable)]
    return [item for item in read if isinstance(item, Post)]


def test_a_search_page_gives_every_post_with_what_it_says() -> None:
    first, second, third, fourth = posts_of(answer("bluesky/search"))
    assert first.post_id == ABLA
    assert first.author == Account("did:plc:exempleabla", "abla.exemple")
    assert first.url == "https://bsky.app/profile/did:plc:exempleabla/post/3aaa"
    assert first.hashtags == ("LibertéPourTous", "ŊutsuWoŊuti")
    assert first.mentions == (Account("did:plc:exemplekofi", "kofi.exemple"),)
    assert first.links == (
        "https://amnesty-togo.exemple/programme",
        "https://amnesty-togo.exemple/dossier",
    )
    assert (first.likes, first.reposts, first.replies, first.quotes) == (12, 2, 1, 0)
    assert (first.saves, second.saves, first.impressions) == (3, None, None)
    assert first.kind is Kind.ORIGINAL
    assert [post.language for post in (first, second, third)] == ["fr", "fr", None]
    assert third.quotes is None
    assert fourth.kind is Kind.ORIGINAL, "an embedded list is no quote"


def test_a_reply_names_its_parent_its_thread_and_their_authors_and_may_quote() -> None:
    reply = posts_of(answer("bluesky/search"))[1]
    assert reply.kind is Kind.REPLY
    assert reply.reply_to == Reference(ABLA, Account("did:plc:exempleabla"))
    assert reply.root_id == ABLA
    assert reply.quote_of == Reference(ESSI + "3ccc", Account("did:plc:exempleessi"))


def test_a_quote_with_a_picture_or_a_link_is_a_quote_even_of_a_post_that_is_gone() -> None:
    quote = posts_of(answer("bluesky/search"))[2]
    gone = "at://did:plc:exempleabla/app.bsky.feed.post/3zzz"
    assert quote.quote_of == Reference(gone, Account("did:plc:exempleabla"))
    assert quote.links == ("https://radio.exemple/direct",)


def test_the_earlier_of_both_times_holds_and_a_wrong_clock_is_not_believed() -> None:
    times = [post.published_at for post in posts_of(answer("bluesky/search"))]
    assert times == [
        datetime(2025, 3, 8, 9, tzinfo=UTC),
        datetime(2025, 3, 8, 11, 30, tzinfo=UTC),
        datetime(2025, 3, 9, 8, tzinfo=UTC),
        datetime(2025, 3, 9, 10, tzinfo=UTC),
    ]


def test_a_feed_shows_reposts_as_posts_of_whoever_reposted() -> None:
    named, unnamed, reply, pinned = posts_of(answer("bluesky/feed"))
    assert [post.kind for post in (named, unnamed, reply, pinned)] == [
        Kind.REPOST,
        Kind.REPOST,
        Kind.REPLY,
        Kind.ORIGINAL,
    ]
    original = Reference(ABLA, Account("did:plc:exempleabla", "abla.exemple"))
    assert named.repost_of == unnamed.repost_of == original
    assert named.post_id == "at://did:plc:exempleessi/app.bsky.feed.repost/3rrr"
    assert unnamed.post_id == f"{ABLA}#reposted-by:did:plc:exemplekofi"
    assert named.author == Account("did:plc:exempleessi", "essi.exemple")
    assert named.published_at == datetime(2025, 3, 8, 18, tzinfo=UTC)
    assert named.hashtags == ("LibertéPourTous", "ŊutsuWoŊuti")
    assert named.likes is named.reposts is named.replies is named.quotes is named.saves is None


def test_a_thread_gives_the_posts_above_and_below_in_order_without_its_gaps() -> None:
    read = [post.post_id for post in posts_of(answer("bluesky/thread"))]
    assert read == [ABLA, KOFI, ESSI + "3ddd"]


def test_posts_by_themselves_and_lists_of_them_are_read_too() -> None:
    views = answer("bluesky/search")["posts"]
    assert posts_of(views) == posts_of(answer("bluesky/search"))
    assert posts_of(views[0]) == posts_of(views)[:1]
    assert posts_of(answer("bluesky/feed")["feed"]) == posts_of(answer("bluesky/feed"))
    assert posts_of({"posts": [], "cursor": "100"}) == []


def test_one_unreadable_post_is_named_in_its_place_and_the_others_are_read() -> None:
    page = answer("bluesky/search")
    page["posts"][1]["likeCount"] = 2**63
    del page["posts"][2]["uri"]
    read = list(FORMAT.posts(page))
    assert [type(item) for item in read] == [Post, Unreadable, Unreadable, Post]
    assert [(item.code, item.detail) for item in read if isinstance(item, Unreadable)] == [
        ("count", f"likeCount={2**63}"),
        ("missing", "uri"),
    ]


@pytest.mark.parametrize(
    "document",
    [
        {"profiles": [{"did": "did:plc:exempleabla", "handle": "abla.exemple"}]},
        {"likes": [{"actor": {"did": "did:plc:exempleabla"}, "createdAt": "2025-03-08T09:00:00Z"}]},
        {"did": "did:plc:exempleabla", "handle": "abla.exemple", "followersCount": 3},
    ],
)
def test_lists_of_accounts_are_known_and_hold_no_posts(document: Any) -> None:
    assert not FORMAT.recognises(document)
    assert FORMAT.without_posts(document) == "profiles"


@pytest.mark.parametrize("document", [None, 3, "at://", [], {}, {"posts": 1}, {"feed": {}}])
def test_other_documents_are_not_taken_for_bluesky(document: Any) -> None:
    assert not FORMAT.recognises(document)
    assert FORMAT.without_posts(document) is None


@settings(deadline=None)
@given(st.data())
def test_a_strange_value_in_one_post_leaves_the_others_alone(data: st.DataObject) -> None:
    document = answer("bluesky/search")
    index = data.draw(st.integers(0, 3))
    inside = data.draw(st.sampled_from(list(places(document["posts"][index]))))
    changed = mangled(document, ("posts", index, *inside), data.draw(STRANGE))
    read = [item for item in FORMAT.posts(changed) if isinstance(item, Post)]
    others = [post for i, post in enumerate(posts_of(document)) if i != index]
    assert [post for post in others if post not in read] == []


def recorded(folder: Path, name: str) -> Any:
    read = json.loads((folder / "bluesky" / name).read_text("utf-8"))
    return read[0]["response"]["body"] if name.endswith(".replay.json") else read


def in_thread(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [node["post"], *(view for reply in node["replies"] for view in in_thread(reply))]


@pytest.mark.parametrize(
    "name",
    [
        "app.bsky.feed.searchPosts_b1263.json",
        "app.bsky.feed.searchPosts_bb16d.json",
        "app.bsky.feed.getPostThread_72827.json",
        "thread_view_post_with_embed_media.json",
        "f_feedfeed.replay.json",
        "f_getquotes.replay.json",
    ],
)
def test_recorded_answers_give_the_numbers_they_hold(fixtures: Path, name: str) -> None:
    document = recorded(fixtures, name)
    if "thread" in document:
        views = in_thread(document["thread"])
    else:
        views = document.get("posts") or [item["post"] for item in document["feed"]]
    posts = posts_of(document)
    assert [post.post_id for post in posts] == [view["uri"] for view in views]
    for ours, theirs in (
        ("likes", "likeCount"),
        ("reposts", "repostCount"),
        ("replies", "replyCount"),
        ("quotes", "quoteCount"),
    ):
        assert [getattr(post, ours) for post in posts] == [view.get(theirs) for view in views]
    is_reply = ["reply" in view["record"] for view in views]
    embeds = [json.dumps(view["record"].get("embed")) for view in views]
    is_quote = ["/app.bsky.feed.post/" in embed for embed in embeds]  # not a starter pack
    kinds = [
        "reply" if reply else "quote" if quote else "original"
        for reply, quote in zip(is_reply, is_quote, strict=True)
    ]
    assert [post.kind.value for post in posts] == kinds
    written = json.dumps([view["record"].get("facets", []) for view in views], ensure_ascii=False)
    beside = Counter(tag for view in views for tag in set(view["record"].get("tags", [])))
    tags = Counter(tag for post in posts for tag in post.hashtags)
    assert set(tags) == {*beside, *(part.split('"')[0] for part in written.split('"tag": "')[1:])}
    assert {post.published_at.isoformat()[:10] for post in posts if post.published_at} == {
        min(view["record"]["createdAt"], view["indexedAt"])[:10] for view in views
    }


@pytest.mark.parametrize(
    "name", ["app.bsky.actor.getProfiles_0f35e.json", "app.bsky.feed.getRepostedBy_95deb.json"]
)
def test_recorded_lists_of_accounts_are_refused_politely(fixtures: Path, name: str) -> None:
    document = recorded(fixtures, name)
    assert not FORMAT.recognises(document)
    assert FORMAT.without_posts(document) == "profiles"
