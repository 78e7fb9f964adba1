"""Zeeschuimer's files as posts: X, TikTok and Instagram."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mangling import STRANGE, assert_every_post_can_be_kept, mangled, places

from collectors.base import Refusal
from collectors.files import sources
from collectors.files.zeeschuimer import FORMAT
from collectors.readers.fields import Unreadable
from data.model import Account, Kind, Network, Post, Reference

PAYLOAD = Path(__file__).parent / "payloads" / "zeeschuimer.ndjson"
LOME = Account("7001", "exemple_lome")
ATAKPAME = Account("7003", "exemple_atakpame")


def envelopes(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def items() -> list[Post | Unreadable]:
    return [item for line in envelopes(PAYLOAD) for item in FORMAT.posts(line)]


def test_a_post_of_x_says_who_when_what_and_how_many(items: list[Any]) -> None:
    assert items[0] == Post(
        network=Network.X,
        post_id="1900000000000000201",
        author=LOME,
        published_at=datetime(2026, 3, 2, 9, tzinfo=UTC),
        url="https://x.com/i/web/status/1900000000000000201",
        root_id="1900000000000000201",
        text="Vidéo > silence #LibertéPourTous",
        language="fr",
        hashtags=("LibertéPourTous",),
        mentions=(Account("7004", "exemple_sokode"),),
        links=("https://exemple.org/petition",),
        likes=9,
        reposts=2,
        replies=1,
        quotes=0,
        impressions=640,
        saves=3,
        author_followers=1200,
        observed_at=datetime(2026, 3, 3, 8, 40, 0, 500_000, tzinfo=UTC),
    )


def test_a_repost_takes_text_and_hashtags_from_the_original_and_no_counts(
    items: list[Any],
) -> None:
    post = items[1]
    assert post.kind is Kind.REPOST
    assert post.repost_of == Reference("1900000000000000299", ATAKPAME)
    assert post.author == Account("7002", "exemple_kpalime")
    assert post.text == "Le texte entier d'origine, avec tout au bout #LibertéPourTous"
    assert post.hashtags == ("LibertéPourTous",)
    assert (post.likes, post.reposts, post.impressions, post.saves) == (None,) * 4


def test_a_deleted_quoted_post_is_still_named_by_its_address(items: list[Any]) -> None:
    post = items[2]
    assert post.kind is Kind.QUOTE
    assert post.quote_of == Reference("1900000000000000298", Account(None, "exemple_dapaong"))


def test_a_reply_with_a_long_text_and_an_unavailable_quote(items: list[Any]) -> None:
    post = items[3]
    assert post.kind is Kind.REPLY
    assert post.reply_to == Reference("1900000000000000201", LOME)
    assert post.quote_of == Reference("1900000000000000297", None)
    assert post.root_id == "1900000000000000201"
    assert post.hashtags == ("Agbɔ",)
    assert post.text.endswith("longuement #Agbɔ")


def test_a_post_with_limited_replies_is_unwrapped(items: list[Any]) -> None:
    assert items[4].post_id == "1900000000000000205"
    assert items[4].impressions == 55


def test_a_video_of_tiktok_says_who_when_what_and_how_many(items: list[Any]) -> None:
    post = items[5]
    assert post == Post(
        network=Network.TIKTOK,
        post_id="7600000000000000001",
        author=Account("6900000000000000001", "exemple_danse"),
        published_at=datetime(2026, 3, 2, 9, tzinfo=UTC),
        url="https://www.tiktok.com/@exemple_danse/video/7600000000000000001",
        text="On danse pour nos droits #LibertéPourTous @exemple_kara",
        hashtags=("LibertéPourTous", "Togo"),
        mentions=(Account("6900000000000000002", "exemple_kara"),),
        likes=500,
        reposts=20,
        replies=31,
        impressions=8200,
        saves=14,
        author_followers=2500,
        observed_at=post.observed_at,
    )


def test_a_duet_with_a_number_as_id_and_a_name_as_author(items: list[Any]) -> None:
    post = items[6]
    assert post.post_id == "7600000000000000002"
    assert post.author == Account("6900000000000000003", "exemple_seul")
    assert post.quote_of == Reference("7600000000000000001")
    assert (post.likes, post.impressions, post.author_followers) == (7, 88, None)
    assert post.language == "fr"


def test_a_post_of_instagram_says_who_when_what_and_how_many(items: list[Any]) -> None:
    post = items[7]
    assert post == Post(
        network=Network.INSTAGRAM,
        post_id="3800000000000000001",
        author=Account("8100", "exemple.photo"),
        published_at=datetime(2026, 3, 2, 10, tzinfo=UTC),
        url="https://www.instagram.com/p/DS8T93ifAAB/",
        text="Veillée à Aného #LibertéPourTous avec @exemple.kara.",
        hashtags=("LibertéPourTous",),
        mentions=(Account("8101", "exemple_tag"), Account(None, "exemple.kara")),
        likes=42,
        replies=5,
        observed_at=post.observed_at,
    )


def test_hidden_likes_and_views_are_unknown(items: list[Any]) -> None:
    post = items[8]
    assert (post.likes, post.impressions, post.text, post.replies) == (None, None, None, 5)


def test_another_platform_is_refused_by_name(items: list[Any]) -> None:
    assert isinstance(items[9], Unreadable)
    assert (items[9].code, items[9].detail) == ("platform", "threads.net")


def test_a_post_of_instagram_has_one_id_however_much_was_loaded() -> None:
    envelope = envelopes(PAYLOAD)[7]
    for name in ("pk", "id"):
        del envelope["data"][name]
        [post] = FORMAT.posts(envelope)
        assert isinstance(post, Post)
        assert post.post_id == "3800000000000000001"


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_a_strange_value_anywhere_costs_at_most_its_post(data: st.DataObject) -> None:
    envelope = data.draw(st.sampled_from(envelopes(PAYLOAD)))
    place = data.draw(st.sampled_from(list(places(envelope))))
    strange = mangled(envelope, place, data.draw(STRANGE))
    if FORMAT.recognises(strange):
        assert_every_post_can_be_kept(FORMAT.posts, strange)


# The rest compares recorded files with a few lines over the raw file.


def test_a_recorded_file_of_x_gives_the_numbers_of_the_raw_file(fixtures: Path) -> None:
    path = fixtures / "imports" / "zeeschuimer-twitter-2023.ndjson"
    raw = [line["data"] for line in envelopes(path)]
    [source] = sources(path)
    posts = [post for page in source.pages() for post in page.rows]

    assert [post.post_id for post in posts] == [item["rest_id"] for item in raw]
    legacies = [item["legacy"] for item in raw]
    assert not [legacy for legacy in legacies if "retweeted_status_result" in legacy]
    assert Counter(post.kind for post in posts) == Counter(
        "reply"
        if "in_reply_to_status_id_str" in legacy
        else "quote"
        if "quoted_status_id_str" in legacy
        else "original"
        for legacy in legacies
    )
    for ours, theirs in (
        ("likes", "favorite_count"),
        ("reposts", "retweet_count"),
        ("replies", "reply_count"),
        ("quotes", "quote_count"),
        ("saves", "bookmark_count"),
    ):
        assert sum(getattr(it, ours) for it in posts) == sum(it[theirs] for it in legacies), ours
    assert sum(post.impressions or 0 for post in posts) == sum(
        int(item["views"]["count"]) for item in raw
    )
    assert Counter(tag for post in posts for tag in set(post.hashtags)) == Counter(
        tag for it in legacies for tag in {each["text"] for each in it["entities"]["hashtags"]}
    )
    users = [item["core"]["user_results"]["result"] for item in raw]
    assert [post.author for post in posts] == [
        Account(user["rest_id"], user["legacy"]["screen_name"]) for user in users
    ]
    assert [post.author_followers for post in posts] == [
        user["legacy"]["followers_count"] for user in users
    ]
    assert [post.published_at for post in posts] == [
        datetime.strptime(legacy["created_at"], "%a %b %d %H:%M:%S %z %Y") for legacy in legacies
    ]
    quoting = [post.quote_of for post in posts if post.quote_of]
    assert len(quoting) == sum("quoted_status_id_str" in legacy for legacy in legacies)
    assert all(reference.author for reference in quoting)


def test_a_recorded_file_of_instagram_gives_the_numbers_of_the_raw_file(fixtures: Path) -> None:
    path = fixtures / "imports" / "zeeschuimer-instagram-2026-1.ndjson"
    raw = [line["data"] for line in envelopes(path)]
    [source] = sources(path)
    posts = [post for page in source.pages() for post in page.rows]

    assert [post.post_id for post in posts] == [item["pk"] for item in raw]
    shown = [item["like_count"] for item in raw if not item["like_and_view_counts_disabled"]]
    assert [post.likes for post in posts if post.likes is not None] == shown
    assert [post.replies for post in posts] == [item["comment_count"] for item in raw]
    assert [post.author for post in posts] == [
        Account(item["user"]["pk"], item["user"]["username"]) for item in raw
    ]
    assert not [post for post in posts if post.impressions is not None]
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    assert [post.published_at for post in posts] == [
        epoch + timedelta(seconds=item["taken_at"]) for item in raw
    ]


def test_a_recorded_video_of_tiktok_gives_the_numbers_of_the_raw_file(fixtures: Path) -> None:
    path = fixtures / "imports" / "zeeschuimer-tiktok-item.json"
    raw = json.loads(path.read_text("utf-8"))["data"]
    [source] = sources(path)
    [page] = source.pages()
    [post] = page.rows
    assert not page.refused
    assert (post.post_id, post.author) == (
        raw["id"],
        Account(raw["author"]["id"], raw["author"]["uniqueId"]),
    )
    assert (post.likes, post.reposts, post.replies, post.impressions, post.saves) == tuple(
        raw["stats"][name]
        for name in ("diggCount", "shareCount", "commentCount", "playCount", "collectCount")
    )
    assert post.author_followers == raw["authorStats"]["followerCount"]
    assert len(post.hashtags) == len(raw["challenges"])
    assert post.quote_of is None


def test_a_file_is_read_around_the_lines_of_other_platforms() -> None:
    [source] = sources(PAYLOAD)
    [page] = source.pages()
    assert (source.format.code, len(page.rows)) == ("zeeschuimer", 9)
    assert page.refused == [Refusal(10, "platform", "threads.net")]
