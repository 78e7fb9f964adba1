"""Reddit's answers as posts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mangling import STRANGE, mangled, places

from collectors.files.reddit import FORMAT
from collectors.readers.fields import Unreadable, tags_in
from data.model import Account, Kind, Post, Reference

PAYLOADS = Path(__file__).parent / "payloads"
ANSWERS = ["reddit/search", "reddit/submission"]
ABLA, KOFI, ESSI = (Account(n, n) for n in ("exemple_abla", "exemple_kofi", "exemple-essi"))


def answer(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text("utf-8"))


def posts_of(document: Any) -> list[Post]:
    assert FORMAT.recognises(document)
    return [item for item in FORMAT.posts(document) if isinstance(item, Post)]


def test_a_submission_gives_its_title_and_text_its_tags_and_whom_it_mentions() -> None:
    first = posts_of(answer("reddit/search"))[0]
    assert first.post_id == "t3_aaa"
    assert first.author == ABLA
    assert first.published_at == datetime(2025, 3, 8, 9, tzinfo=UTC)
    assert first.text == (
        "Marche à Lomé #LibertéPourTous\nAvec u/Exemple_Kofi et /u/exemple-essi & co, "
        "voir https://www.reddit.com/u/personne #1"
    )
    assert first.hashtags == ("LibertéPourTous",)
    assert first.mentions == (KOFI, ESSI)
    assert first.url == "https://www.reddit.com/r/exemple_togo/comments/aaa/marche/"
    assert first.links == ()
    assert (first.likes, first.replies, first.reposts, first.impressions) == (25, 3, 1, None)
    assert first.kind is Kind.ORIGINAL


def test_votes_below_zero_are_no_likes_and_a_link_outside_is_kept() -> None:
    second = posts_of(answer("reddit/search"))[1]
    assert (second.likes, second.impressions) == (0, 310)
    assert second.links == ("https://amnesty-togo.exemple/programme?a=1&b=2",)


def test_a_crosspost_quotes_and_has_counts_of_its_own() -> None:
    crosspost = posts_of(answer("reddit/search"))[2]
    assert crosspost.kind is Kind.QUOTE
    assert crosspost.quote_of == Reference("t3_aaa", ABLA)
    assert (crosspost.likes, crosspost.replies) == (2, 1)
    assert crosspost.links == ()


def test_who_deleted_an_account_and_what_was_removed_are_unknown() -> None:
    crosspost = posts_of(answer("reddit/search"))[2]
    removed = posts_of(answer("reddit/submission"))[3]
    assert crosspost.author is None
    assert crosspost.text == "Marche à Lomé #LibertéPourTous"
    assert removed.author is removed.text is None


def test_a_page_of_comments_says_who_answers_whom() -> None:
    submission, first, second, third = posts_of(answer("reddit/submission"))
    assert [post.kind for post in (submission, first, second, third)] == [
        Kind.ORIGINAL,
        Kind.REPLY,
        Kind.REPLY,
        Kind.REPLY,
    ]
    assert first.reply_to == Reference("t3_aaa", ABLA)
    assert second.reply_to == Reference("t1_c1", KOFI)
    assert first.root_id == second.root_id == third.root_id == "t3_aaa"
    assert first.url == "https://www.reddit.com/comments/aaa/_/c1"
    assert second.url == "https://www.reddit.com/r/exemple_togo/comments/aaa/marche/c2/"
    assert (first.likes, second.likes, third.likes) == (None, 3, 0), "a hidden score is unknown"
    assert first.replies is None


def test_comments_that_reddit_left_out_are_counted() -> None:
    refused = [i for i in FORMAT.posts(answer("reddit/submission")) if isinstance(i, Unreadable)]
    assert [(item.code, item.detail) for item in refused] == [("more-comments", "12")]


def test_a_conversation_may_be_as_deep_as_it_likes() -> None:
    comment: Any = ""
    for depth in range(5_000):
        replies = {"kind": "Listing", "data": {"children": [comment]}} if comment else ""
        content = {"id": str(depth), "parent_id": f"t1_{depth + 1}", "replies": replies}
        comment = {"kind": "t1", "data": content}
    assert len(posts_of(comment)) == 5_000


def test_lines_of_things_are_read_too() -> None:
    things = answer("reddit/search")["data"]["children"]
    assert [post for thing in things for post in posts_of(thing)] == posts_of(things)
    assert posts_of({"kind": "Listing", "data": {"children": []}}) == []


def test_a_post_without_its_full_name_has_one_made_of_kind_and_id() -> None:
    thing = answer("reddit/search")["data"]["children"][0]
    del thing["data"]["name"]
    assert posts_of(thing)[0].post_id == "t3_aaa"


@pytest.mark.parametrize("kind", ["t2", "t5"])
def test_lists_of_accounts_or_communities_are_known_and_hold_no_posts(kind: str) -> None:
    document = {"kind": "Listing", "data": {"children": [{"kind": kind, "data": {"id": "x"}}]}}
    assert not FORMAT.recognises(document)
    assert FORMAT.without_posts(document) == "profiles"


@pytest.mark.parametrize("document", [None, 3, "t3", [], {}, {"kind": "t3"}, {"data": {"id": "1"}}])
def test_other_documents_are_not_taken_for_reddit(document: Any) -> None:
    assert not FORMAT.recognises(document)
    assert FORMAT.without_posts(document) is None


@settings(deadline=None)
@given(st.data())
def test_a_strange_value_in_one_submission_leaves_the_others_alone(data: st.DataObject) -> None:
    document = answer("reddit/search")
    index = data.draw(st.integers(0, 2))
    inside = data.draw(st.sampled_from(list(places(document["data"]["children"][index]))))
    changed = mangled(document, ("data", "children", index, *inside), data.draw(STRANGE))
    read = [item for item in FORMAT.posts(changed) if isinstance(item, Post)]
    others = [post for i, post in enumerate(posts_of(document)) if i != index]
    assert [post for post in others if post not in read] == []


def things_in(body: Any) -> list[dict[str, Any]]:
    if isinstance(body, list):
        return [thing for part in body for thing in things_in(part)]
    if body["kind"] == "Listing":
        return things_in(body["data"]["children"])
    return [body, *things_in(body["data"].get("replies") or [])]


@pytest.mark.parametrize(
    ("name", "exchange"),
    [
        ("TestComment.test_refresh.replay.json", 0),
        ("TestComment.test_refresh.replay.json", 1),
        ("TestSubmission.test_duplicates.replay.json", 0),
        ("TestSubreddit.test_search.replay.json", 0),
        ("TestSubredditListings.test_new.replay.json", 0),
    ],
)
def test_recorded_answers_give_the_numbers_they_hold(
    fixtures: Path, name: str, exchange: int
) -> None:
    exchanges = json.loads((fixtures / "reddit" / name).read_text("utf-8"))
    body = exchanges[exchange]["response"]["body"]
    things = things_in(body)
    posts = posts_of(body)
    assert len(posts) == len(list(FORMAT.posts(body)))
    assert [post.post_id for post in posts] == [thing["data"]["name"] for thing in things]
    assert [post.likes for post in posts] == [max(thing["data"]["score"], 0) for thing in things]
    assert [post.replies for post in posts] == [
        thing["data"].get("num_comments") for thing in things
    ]
    assert [post.kind.value for post in posts] == [
        "original" if thing["kind"] == "t3" else "reply" for thing in things
    ]
    assert [post.author.id if post.author else None for post in posts] == [
        thing["data"]["author"].lower() for thing in things
    ]
    assert [post.published_at.timestamp() for post in posts if post.published_at] == [
        thing["data"]["created_utc"] for thing in things
    ]
    for post, thing in zip(posts, things, strict=True):
        written = [thing["data"].get(part, "") for part in ("title", "selftext", "body")]
        assert post.hashtags == tags_in("\n".join(written))
        outside = thing["data"].get("is_self") is False
        assert post.links == ((thing["data"]["url"],) if outside else ())
