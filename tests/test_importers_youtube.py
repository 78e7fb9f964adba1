"""YouTube's answers as posts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mangling import STRANGE, mangled, places

from collectors.files.youtube import FORMAT
from collectors.readers.fields import Unreadable, tags_in
from data.model import Account, Kind, Post, Reference

PAYLOADS = Path(__file__).parent / "payloads"
ANSWERS = [
    *("youtube/videos", "youtube/search", "youtube/threads"),
    *("youtube/replies", "youtube/playlist"),
]
ABLA, KOFI, ESSI = (Account(f"UCexemple{name}") for name in ("abla", "kofi", "essi"))


def answer(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text("utf-8"))


def posts_of(document: Any) -> list[Post]:
    assert FORMAT.recognises(document)
    return [item for item in FORMAT.posts(document) if isinstance(item, Post)]


def refused(document: Any) -> list[tuple[str, str]]:
    read = FORMAT.posts(document)
    return [(item.code, item.detail) for item in read if isinstance(item, Unreadable)]


def test_a_video_gives_its_texts_its_channel_and_its_numbers() -> None:
    first = posts_of(answer("youtube/videos"))[0]
    assert first.post_id == "exempleVid1"
    assert first.author == ABLA
    assert first.url == "https://www.youtube.com/watch?v=exempleVid1"
    assert first.published_at == datetime(2025, 3, 8, 9, tzinfo=UTC)
    assert first.text == (
        "La marche #LibertéPourTous\n\nProgramme : https://amnesty-togo.exemple/#samedi\n#Lomé"
    )
    assert first.hashtags == ("LibertéPourTous", "Lomé")
    assert first.language == "fr"
    assert (first.likes, first.replies, first.impressions) == (90, 4, 1250)
    assert first.reposts is first.quotes is first.saves is None
    assert first.kind is Kind.ORIGINAL


def test_hidden_likes_and_closed_comments_are_unknown_and_no_views_are_none() -> None:
    second = posts_of(answer("youtube/videos"))[1]
    assert (second.likes, second.replies, second.impressions) == (None, None, 0)
    assert second.language == "ee"
    assert second.text == "Sans chiffres"


def test_a_video_that_is_not_public_is_refused() -> None:
    assert refused(answer("youtube/videos")) == [("not-public", "unlisted")]


def test_search_results_are_unescaped_and_have_no_numbers() -> None:
    (found,) = posts_of(answer("youtube/search"))
    assert found.text == "L'appel & la marche #LibertéPourTous\n\nProgramme …"
    assert found.likes is found.replies is found.impressions is None
    assert refused(answer("youtube/search")) == [("not-a-post", "channel")]


def test_comments_reply_to_the_video_and_replies_to_the_comment() -> None:
    first, reply, second = posts_of(answer("youtube/threads"))
    assert {post.kind for post in (first, reply, second)} == {Kind.REPLY}
    assert first.author == KOFI
    assert first.reply_to == Reference("exempleVid1", ABLA)
    assert reply.reply_to == Reference("Ugexemple1", KOFI)
    assert first.root_id == reply.root_id == second.root_id == "exempleVid1"
    assert first.url == "https://www.youtube.com/watch?v=exempleVid1&lc=Ugexemple1"
    assert (first.likes, first.replies, reply.likes, reply.replies) == (6, 3, 1, None)
    assert first.hashtags == ("Lomé",)


def test_a_comment_of_which_only_the_html_is_given_is_read_from_it() -> None:
    second = posts_of(answer("youtube/threads"))[2]
    assert second.text == "Le site\nà voir"
    assert second.author is None
    assert second.reply_to == Reference("exempleVid1", None)


def test_replies_by_themselves_know_their_parent_but_not_the_video() -> None:
    (reply,) = posts_of(answer("youtube/replies"))
    assert reply.reply_to == Reference("Ugexemple1", None)
    assert reply.root_id is reply.url is None


def test_a_list_of_videos_gives_the_videos_owners_and_times_not_the_lists() -> None:
    (listed,) = posts_of(answer("youtube/playlist"))
    assert listed.post_id == "exempleVid1"
    assert listed.author == ABLA
    assert listed.published_at == datetime(2025, 3, 8, 9, tzinfo=UTC)
    assert refused(answer("youtube/playlist")) == [("not-public", "?")]


def test_one_unreadable_comment_does_not_take_its_replies_with_it() -> None:
    document = answer("youtube/threads")
    document["items"][0]["snippet"]["topLevelComment"]["snippet"]["likeCount"] = "beaucoup"
    assert [post.post_id for post in posts_of(document)] == ["Ugexemple1.r1", "Ugexemple2"]
    assert refused(document) == [("count", "likeCount=beaucoup")]


def test_items_by_themselves_and_lists_of_them_are_read_too() -> None:
    items = answer("youtube/videos")["items"]
    assert posts_of(items) == posts_of(answer("youtube/videos"))
    assert posts_of(items[0]) == posts_of(items)[:1]


def test_channels_are_known_and_hold_no_posts() -> None:
    for kind in ("channel", "playlist", "channelList", "playlistList"):
        document = {"kind": f"youtube#{kind.replace('List', 'ListResponse')}", "items": []}
        assert not FORMAT.recognises(document)
        assert FORMAT.without_posts(document) == "channels"


@pytest.mark.parametrize("document", [None, 3, "", [], {}, {"items": []}, {"kind": "Listing"}])
def test_other_documents_are_not_taken_for_youtube(document: Any) -> None:
    assert not FORMAT.recognises(document)
    assert FORMAT.without_posts(document) is None


@settings(deadline=None)
@given(st.data())
def test_a_strange_value_in_one_item_leaves_the_others_alone(data: st.DataObject) -> None:
    document = answer("youtube/threads")
    inside = data.draw(st.sampled_from(list(places(document["items"][0]))))
    changed = mangled(document, ("items", 0, *inside), data.draw(STRANGE))
    assert list(FORMAT.posts(changed))[-1] == posts_of(document)[-1]


def recorded(folder: Path, name: str) -> Any:
    return json.loads((folder / "youtube" / name).read_text("utf-8"))


@pytest.mark.parametrize(
    "name",
    ["apidata__videos__videos_info_multi.json", "modeldata__videos__video_api_response.json"],
)
def test_recorded_videos_give_the_numbers_they_hold(fixtures: Path, name: str) -> None:
    document = recorded(fixtures, name)
    posts, items = posts_of(document), document["items"]
    assert [post.post_id for post in posts] == [item["id"] for item in items]
    for ours, theirs in (
        ("likes", "likeCount"),
        ("replies", "commentCount"),
        ("impressions", "viewCount"),
    ):
        written = [item.get("statistics", {}).get(theirs) for item in items]
        assert [getattr(post, ours) for post in posts] == [int(n) if n else None for n in written]
    for post, item in zip(posts, items, strict=True):
        snippet = item["snippet"]
        assert post.hashtags == tags_in(f"{snippet['title']}\n{snippet['description']}")
        assert post.author == Account(snippet["channelId"])


def test_recorded_search_results_give_the_videos_they_hold(fixtures: Path) -> None:
    document = recorded(fixtures, "apidata__search__search_by_keywords_p1.json")
    posts = posts_of(document)
    assert [post.post_id for post in posts] == [item["id"]["videoId"] for item in document["items"]]
    assert {post.kind for post in posts} == {Kind.ORIGINAL}
    assert {post.likes for post in posts} == {None}


def test_recorded_comments_give_the_numbers_they_hold(fixtures: Path) -> None:
    document = recorded(fixtures, "apidata__comment_threads__comment_threads_by_video_paged_1.json")
    posts = posts_of(document)
    comments = [item["snippet"]["topLevelComment"] for item in document["items"]]
    assert [post.post_id for post in posts] == [comment["id"] for comment in comments]
    assert [post.likes for post in posts] == [c["snippet"]["likeCount"] for c in comments]
    assert [post.text for post in posts] == [c["snippet"]["textOriginal"] for c in comments]
    assert {post.kind for post in posts} == {Kind.REPLY}


def test_recorded_channels_are_refused_politely(fixtures: Path) -> None:
    document = recorded(fixtures, "apidata__channels__info_multiple.json")
    assert not FORMAT.recognises(document)
    assert FORMAT.without_posts(document) == "channels"
