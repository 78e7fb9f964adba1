"""Mastodon's answers as posts."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mangling import STRANGE, mangled, places

from collectors.files.mastodon import FORMAT
from collectors.readers import markup
from collectors.readers.fields import Unreadable
from data.model import Account, Kind, Post, Reference

PAYLOADS = Path(__file__).parent / "payloads"
ANSWERS = ["mastodon/timeline", "mastodon/context"]
ABLA, KOFI, ESSI = (
    Account(handle, handle)
    for handle in ("abla@pouet.exemple", "kofi@togo.exemple", "essi@lome.exemple")
)
FIRST = "https://pouet.exemple/users/Abla/statuses/91"


def answer(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text("utf-8"))


def posts_of(document: Any) -> list[Post]:
    assert FORMAT.recognises(document)
    return [item for item in FORMAT.posts(document) if isinstance(item, Post)]


def timeline() -> dict[str, Post]:
    return {post.post_id.rpartition("/")[2]: post for post in posts_of(answer("mastodon/timeline"))}


def test_a_status_is_named_the_same_on_every_server() -> None:
    first, second = timeline()["91"], timeline()["92"]
    assert first.post_id == FIRST
    assert first.author == ABLA
    assert second.author == KOFI
    assert first.url == "https://pouet.exemple/@Abla/91"
    assert first.published_at == datetime(2025, 3, 8, 9, tzinfo=UTC)


def test_html_becomes_text_with_the_warning_first_and_mentions_in_full() -> None:
    first = timeline()["91"]
    assert first.text == (
        "Manifestation\n\nRendez-vous samedi @kofi@togo.exemple\nà Lomé & Kara\n\n"
        "#LibertéPourTous https://amnesty-togo.exemple/programme?a=1&b=2"
    )
    assert first.hashtags == ("libertépourtous",)
    assert first.mentions == (KOFI,)
    assert first.links == ("https://amnesty-togo.exemple/programme?a=1&b=2",)


@pytest.mark.parametrize(
    ("content", "text", "links"),
    [
        ("<p>Un</p><p>Deux</p>", "Un\n\nDeux", ()),
        ("Un<br />Deux<br>Trois", "Un\nDeux\nTrois", ()),
        ("<ul><li>Un</li><li>Deux</li></ul>Fin", "- Un\n- Deux\n\nFin", ()),
        ("a &lt; b &amp;&amp; c", "a < b && c", ()),
        ('<a href="https://a.exemple" rel="tag ugc">#a</a>', "#a", ()),
        ('<a href="https://a.exemple">ici</a>', "ici", ("https://a.exemple",)),
        ("<p>Non fermé", "Non fermé", ()),
        ("", "", ()),
    ],
)
def test_html_is_read_as_a_reader_sees_it(content: str, text: str, links: tuple[str, ...]) -> None:
    assert markup.html(content) == (text, links)


def test_a_boost_is_a_repost_with_the_text_and_without_the_counts() -> None:
    boost = timeline()["93"]
    assert boost.kind is Kind.REPOST
    assert boost.author == ESSI
    assert boost.author_followers == 7
    assert boost.repost_of == Reference(FIRST, ABLA)
    assert boost.hashtags == ("libertépourtous",)
    assert boost.text == timeline()["91"].text
    assert boost.likes is boost.reposts is boost.replies is boost.quotes is None
    assert boost.published_at == datetime(2025, 3, 8, 11, tzinfo=UTC)


def test_a_reply_finds_its_parent_in_the_page_or_says_where_its_number_is_valid() -> None:
    here, absent = timeline()["92"], timeline()["95"]
    assert here.reply_to == Reference(FIRST, ABLA)
    assert here.root_id == FIRST
    assert absent.reply_to == Reference("pouet.exemple/77", ESSI)
    assert absent.root_id is None


def test_a_thread_leads_back_to_its_first_status() -> None:
    first, second, third = posts_of(answer("mastodon/context"))
    assert [post.kind for post in (first, second, third)] == ["original", "reply", "reply"]
    assert third.reply_to == Reference(second.post_id, KOFI)
    assert [post.root_id for post in (first, second, third)] == [None, FIRST, FIRST]


def test_a_quote_names_the_quoted_status_once_it_was_accepted() -> None:
    quote, pending = timeline()["94"], timeline()["95"]
    assert quote.kind is Kind.QUOTE
    assert quote.quote_of == Reference(FIRST, ABLA)
    assert quote.text == "À lire"
    assert quote.links == ()
    assert pending.quote_of is None


def test_counts_that_are_not_published_are_unknown() -> None:
    first, second = timeline()["91"], timeline()["92"]
    assert (first.likes, first.reposts, first.replies, first.quotes) == (3, 2, 1, 1)
    assert second.quotes is None
    assert first.author_followers == 40
    assert second.author_followers is None, "-1 hides the number"
    assert second.language is None


@pytest.mark.parametrize("visibility", ["unlisted", "private", "direct", None])
def test_only_public_statuses_are_read(visibility: str | None) -> None:
    page = answer("mastodon/timeline")
    page[5]["visibility"] = visibility
    refused = [item for item in FORMAT.posts(page) if isinstance(item, Unreadable)]
    assert [(item.code, item.detail) for item in refused] == [
        ("not-public", "unlisted"),
        ("not-public", visibility or "?"),
    ]


def test_a_boost_does_not_bring_in_what_is_not_public() -> None:
    page = answer("mastodon/timeline")
    page[3]["reblog"]["visibility"] = "private"
    assert "not-public" in [i.code for i in [*FORMAT.posts(page)][3:4] if isinstance(i, Unreadable)]


def test_lines_searches_and_single_statuses_are_read_too() -> None:
    page = answer("mastodon/timeline")
    assert posts_of({"accounts": [], "statuses": page, "hashtags": []}) == posts_of(page)
    assert [post.post_id for post in posts_of(page[5])] == [FIRST]
    assert posts_of({"accounts": [], "statuses": [], "hashtags": []}) == []
    alone = posts_of(page[4])[0]
    assert alone.reply_to == Reference("local/1"), "nothing here says which server was asked"


@pytest.mark.parametrize("document", [None, 3, "", [], {}, [[]], {"statuses": 1}, {"ancestors": 2}])
def test_other_documents_are_not_taken_for_mastodon(document: Any) -> None:
    assert not FORMAT.recognises(document)
    assert FORMAT.without_posts(document) is None


@settings(deadline=None)
@given(st.data())
def test_a_strange_value_in_one_status_leaves_the_others_readable(data: st.DataObject) -> None:
    document = answer("mastodon/timeline")
    index = data.draw(st.integers(0, 5))
    inside = data.draw(st.sampled_from(list(places(document[index]))))
    changed = mangled(document, (index, *inside), data.draw(STRANGE))
    read = {item.post_id for item in FORMAT.posts(changed) if isinstance(item, Post)}
    others = [status for i, status in enumerate(document) if i != index]
    assert {s["uri"] for s in others if s["visibility"] == "public"} <= read


@settings(deadline=None)
@given(st.text(alphabet="<>/!&#;[]-?= \"'apbr\n", max_size=60))
def test_any_html_is_text_or_refused(content: str) -> None:
    try:
        assert isinstance(markup.html(content).text, str)
    except Unreadable as reason:
        assert reason.code == "field"


def recorded(folder: Path, name: str) -> list[Any]:
    exchanges = json.loads((folder / "mastodon" / name).read_text("utf-8"))
    return [exchange["response"]["body"] for exchange in exchanges]


def statuses_in(body: Any) -> list[dict[str, Any]]:
    if isinstance(body, dict):
        return body["ancestors"] + body["descendants"] if "ancestors" in body else [body]
    return list(body)


@pytest.mark.parametrize(
    ("name", "exchange"),
    [
        ("get_context_with_ancesters.replay.json", 0),
        ("get_timeline_hashtag_default.replay.json", 0),
        ("get_timeline_public_instance.replay.json", 0),
        ("test_entity_status.replay.json", 0),
        ("test_entity_status.replay.json", 1),
        ("test_hashtag_tl.replay.json", 1),
    ],
)
def test_recorded_answers_give_the_numbers_they_hold(
    fixtures: Path, name: str, exchange: int
) -> None:
    body = recorded(fixtures, name)[exchange]
    statuses = statuses_in(body)
    posts = posts_of(body)
    assert [post.post_id for post in posts] == [status["uri"] for status in statuses]
    for ours, theirs in (
        ("likes", "favourites_count"),
        ("reposts", "reblogs_count"),
        ("replies", "replies_count"),
        ("quotes", "quotes_count"),
    ):
        expected = [status.get(theirs) for status in statuses]
        assert [getattr(post, ours) for post in posts] == expected
    assert [post.kind.value for post in posts] == [
        "reply" if status["in_reply_to_id"] else "original" for status in statuses
    ]
    assert Counter(tag for post in posts for tag in post.hashtags) == Counter(
        tag["name"] for status in statuses for tag in status["tags"]
    )
    assert [post.author.id for post in posts if post.author] == [
        f"{status['account']['username']}@{urlsplit(status['account']['url']).netloc}".lower()
        for status in statuses
    ]
    numbers = {status["id"]: status["uri"] for status in statuses}
    for post, status in zip(posts, statuses, strict=True):
        if parent := status["in_reply_to_id"]:
            assert post.reply_to is not None
            assert post.reply_to.post_id == numbers.get(parent, post.reply_to.post_id)
            assert (parent in numbers) != post.reply_to.post_id.endswith(f"/{parent}") or (
                numbers[parent].endswith(parent)
            )
    assert not any("<" in (post.text or "") for post in posts)


def test_recorded_accounts_are_refused_politely(fixtures: Path) -> None:
    (body,) = recorded(fixtures, "get_reblogged_by_default.replay.json")
    assert not FORMAT.recognises(body)
    assert FORMAT.without_posts(body) == "profiles"


def test_a_recorded_description_of_a_server_is_not_taken_for_a_status(fixtures: Path) -> None:
    body = recorded(fixtures, "test_hashtag_tl.replay.json")[0]
    assert not FORMAT.recognises(body)
