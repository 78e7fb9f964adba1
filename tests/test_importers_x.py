"""X's answers as posts."""

from __future__ import annotations

import copy
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mangling import STRANGE, assert_every_post_can_be_kept, mangled, places

from collectors.base import CollectorError, Refusal
from collectors.files import sources
from collectors.files.x_v2 import FORMAT
from collectors.readers import x
from collectors.readers.fields import Unreadable
from data.model import Account, Kind, Post, Reference

LOME = Account("7001", "exemple_lome")
KPALIME = Account("7002", "exemple_kpalime")
ATAKPAME = Account("7003", "exemple_atakpame")
RECORDED = [
    "brexit.jsonl",
    "geo_tweets.jsonl",
    "media_policy_violation_off.jsonl",
    "payload-v2-tweet-retweet.json",
    "payload-v2.json",
    "streaming_output_with_error.jsonl",
    "verified_type.jsonl",
]


@pytest.fixture(scope="module")
def page(payloads: Path) -> Any:
    return json.loads((payloads / "x/page.json").read_text("utf-8"))


def posts_of(document: Any) -> list[Post]:
    assert FORMAT.recognises(document)
    read = list(FORMAT.posts(document))
    assert not [item for item in read if isinstance(item, Unreadable)]
    return [item for item in read if isinstance(item, Post)]


def test_a_post_says_who_when_what_and_how_many(page: Any) -> None:
    post = posts_of(page)[0]
    assert post == Post(
        network=post.network,
        post_id="1900000000000000001",
        author=LOME,
        published_at=datetime(2026, 3, 2, 9, tzinfo=UTC),
        url="https://x.com/i/web/status/1900000000000000001",
        root_id="1900000000000000001",
        text="Liberté d'expression & justice : marchons à Lomé"
        " #LibertéPourTous #Ŋutsu avec @exemple_kpalime",
        language="fr",
        hashtags=("LibertéPourTous", "Ŋutsu"),
        mentions=(KPALIME,),
        links=("https://exemple.org/petition",),
        likes=12,
        reposts=3,
        replies=1,
        quotes=1,
        impressions=480,
        saves=2,
        author_followers=1200,
        observed_at=datetime(2026, 3, 3, 6, tzinfo=UTC),
    )
    assert post.kind is Kind.ORIGINAL


def test_a_repost_takes_text_and_hashtags_from_the_original_and_no_counts(page: Any) -> None:
    post = posts_of(page)[1]
    assert post.repost_of == Reference("1900000000000000099", ATAKPAME)
    assert post.text is not None
    assert post.text.endswith("tout au bout #LibertéPourTous")
    assert post.hashtags == ("LibertéPourTous",)
    assert post.mentions == (Account("7004", "exemple_sokode"),)
    assert (post.likes, post.reposts, post.replies, post.quotes) == (None,) * 4
    assert (post.impressions, post.saves) == (None, None)


def test_a_repost_of_a_lost_original_keeps_what_it_has(page: Any) -> None:
    post = posts_of(page)[4]
    assert post.repost_of == Reference("1900000000000000100", None)
    assert post.hashtags == ("Liberté",)
    assert post.author == Account("7009")
    assert post.reposts is post.author_followers is None


def test_a_reply_that_quotes_is_a_reply_and_keeps_both(page: Any) -> None:
    post = posts_of(page)[2]
    assert post.kind is Kind.REPLY
    assert post.reply_to == Reference("1900000000000000001", LOME)
    assert post.quote_of == Reference("1900000000000000099", ATAKPAME)
    assert post.root_id == "1900000000000000001"


def test_a_long_post_is_read_whole(page: Any) -> None:
    post = posts_of(page)[3]
    assert post.text == "Un long texte qui s'arrête seulement ici #Agbɔ"
    assert post.hashtags == ("Agbɔ",)
    assert post.language is None
    assert post.impressions is None


def test_what_comes_along_to_explain_a_post_is_no_post(page: Any) -> None:
    assert "1900000000000000099" not in {post.post_id for post in posts_of(page)}


def flattened(page: Any) -> list[Any]:
    """A page's posts as `twarc2 flatten` writes them: each carries what it points to."""
    users = {user["id"]: user for user in page["includes"]["users"]}
    tweets = {tweet["id"]: tweet for tweet in page["includes"]["tweets"]}
    flat = []
    for tweet in copy.deepcopy(page["data"]):
        for reference in tweet.get("referenced_tweets", []):
            cited = tweets.get(reference["id"])
            if cited:
                reference.update(cited, author=users[cited["author_id"]])
        if tweet["author_id"] in users:
            tweet["author"] = users[tweet["author_id"]]
        if tweet.get("in_reply_to_user_id") in users:
            tweet["in_reply_to_user"] = users[tweet["in_reply_to_user_id"]]
        for mention in tweet.get("entities", {}).get("mentions", []):
            named = (it for it in users.values() if it["username"] == mention["username"])
            mention.update(next(named, {}))
        flat.append(tweet | {"__twarc": page["__twarc"]})
    return flat


def test_pages_streams_and_flattened_posts_say_the_same(page: Any) -> None:
    shared = {name: page[name] for name in ("includes", "__twarc")}
    stream = [{"data": tweet, "matching_rules": [], **shared} for tweet in page["data"]]
    as_pages = posts_of(page)
    assert [post for line in stream for post in posts_of(line)] == as_pages
    assert [post for line in flattened(page) for post in posts_of(line)] == as_pages
    assert posts_of(flattened(page)) == as_pages


def test_hashtags_are_found_in_the_text_when_no_entities_were_asked_for() -> None:
    [post] = posts_of({"data": [{"id": "1", "text": "#Tɔgbɛ et #LibertéPourTous"}]})
    assert post.hashtags == ("Tɔgbɛ", "LibertéPourTous")
    assert post.author is post.published_at is post.likes is None


def test_one_bad_post_does_not_cost_the_others(page: Any) -> None:
    page = copy.deepcopy(page)
    page["data"][0]["public_metrics"]["like_count"] = -1
    page["data"][1] = None
    del page["data"][2]["id"]
    page["data"][3]["created_at"] = "hier"
    read = list(FORMAT.posts(page))
    assert [item.code for item in read if isinstance(item, Unreadable)] == [
        "count",
        "field",
        "missing",
        "moment",
    ]
    assert isinstance(read[4], Post)


def test_an_answer_of_errors_is_refused_and_says_why() -> None:
    line = {"errors": [{"title": "Not Found", "type": "https://api.twitter.com/2/problems/a"}]}
    assert FORMAT.recognises(line)
    [item] = FORMAT.posts(line)
    assert isinstance(item, Unreadable)
    assert (item.code, item.detail) == ("x-error", "Not Found")


def test_an_empty_page_is_no_problem() -> None:
    line = {"meta": {"result_count": 0}}
    assert FORMAT.recognises(line)
    assert list(FORMAT.posts(line)) == []


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"data": [{"end": "2026-01-02", "start": "2026-01-01", "tweet_count": 7}]}, "x-counts"),
        ({"id": "1", "action": "delete", "redacted_at": "2026-01-01"}, "x-compliance"),
        ({"id": "1", "action": "delete", "reason": "protected"}, "x-compliance"),
        ({"data": [{"id": "1", "name": "Inventé", "username": "exemple"}]}, "x-profiles"),
        ({"id": 1, "id_str": "1", "full_text": "Ancien"}, "x-old"),
        ({"data": [{"id": "1", "text": "Threads", "permalink": "https://exemple.org"}]}, None),
        ({"data": None}, None),
        ("texte", None),
    ],
)
def test_files_of_x_without_posts_may_be_compared(document: Any, code: str | None) -> None:
    assert not FORMAT.recognises(document)
    assert FORMAT.without_posts(document) == code


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_a_strange_value_anywhere_costs_at_most_its_post(data: st.DataObject) -> None:
    folder = Path(__file__).parent / "payloads"
    page = json.loads((folder / "x/page.json").read_text("utf-8"))
    document = data.draw(st.sampled_from([page, *flattened(page)]))
    place = data.draw(st.sampled_from(list(places(document))))
    strange = mangled(document, place, data.draw(STRANGE))
    FORMAT.without_posts(strange)
    if FORMAT.recognises(strange):
        assert_every_post_can_be_kept(FORMAT.posts, strange)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_the_quick_way_through_a_line_says_the_same_as_the_other(data: st.DataObject) -> None:
    page = json.loads((Path(__file__).parent / "payloads" / "x/page.json").read_text("utf-8"))
    assert list(x.posts_of_line(json.dumps(page).encode()) or ()) == list(FORMAT.posts(page))
    strange = mangled(page, data.draw(st.sampled_from(list(places(page)))), data.draw(STRANGE))
    try:
        line = json.dumps(strange).encode()
        quickly = x.posts_of_line(line)
    except (TypeError, UnicodeEncodeError):
        return
    if quickly is not None and FORMAT.recognises(strange):
        assert list(quickly) == list(FORMAT.posts(json.loads(line)))


# The rest compares recorded answers with a few lines over the raw file.


def tweets_of(path: Path) -> list[tuple[Any, Any]]:
    """Each post of a raw file with the includes it came with."""
    text = path.read_text("utf-8")
    lines = [text] if path.suffix == ".json" else text.splitlines()
    found = []
    for line in lines:
        try:
            page = json.loads(line)
        except ValueError:
            continue
        data = page["data"] if isinstance(page["data"], list) else [page["data"]]
        found += [(tweet, page["includes"]) for tweet in data]
    return found


def raw_kind(tweet: Any) -> str:
    types = {reference["type"] for reference in tweet.get("referenced_tweets", [])}
    for name, kind in (("retweeted", "repost"), ("replied_to", "reply"), ("quoted", "quote")):
        if name in types:
            return kind
    return "original"


def raw_tags(tweet: Any, includes: Any) -> set[str]:
    for reference in tweet.get("referenced_tweets", []):
        for cited in includes.get("tweets", []):
            if reference["type"] == "retweeted" and cited["id"] == reference["id"]:
                tweet = cited
    return {tag["tag"].casefold() for tag in tweet.get("entities", {}).get("hashtags", [])}


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_answers_give_the_numbers_of_the_raw_file(fixtures: Path, name: str) -> None:
    raw = tweets_of(fixtures / "x" / name)
    [source] = sources(fixtures / "x" / name)
    posts = [post for page in source.pages() for post in page.rows]

    assert [post.post_id for post in posts] == [tweet["id"] for tweet, _ in raw]
    assert Counter(post.kind for post in posts) == Counter(raw_kind(tweet) for tweet, _ in raw)
    counted = [tweet["public_metrics"] for tweet, _ in raw if raw_kind(tweet) != "repost"]
    for ours, theirs in (
        ("likes", "like_count"),
        ("reposts", "retweet_count"),
        ("replies", "reply_count"),
        ("quotes", "quote_count"),
        ("impressions", "impression_count"),
    ):
        published = [each[theirs] for each in counted if theirs in each]
        read = [getattr(post, ours) for post in posts if getattr(post, ours) is not None]
        assert (len(read), sum(read)) == (len(published), sum(published)), ours
    assert Counter(tag for post in posts for tag in {it.casefold() for it in post.hashtags}) == (
        Counter(tag for tweet, includes in raw for tag in raw_tags(tweet, includes))
    )
    for post, (tweet, includes) in zip(posts, raw, strict=True):
        author = next(u for u in includes["users"] if u["id"] == tweet["author_id"])
        assert post.author == Account(author["id"], author["username"])
        assert post.author_followers == author["public_metrics"]["followers_count"]
        assert post.published_at == datetime.fromisoformat(tweet["created_at"])


def test_the_cut_line_of_a_recorded_stream_is_refused_by_its_number(fixtures: Path) -> None:
    [source] = sources(fixtures / "x" / "streaming_output_with_error.jsonl")
    [page] = source.pages()
    assert len(page.rows) == 7
    assert page.refused == [Refusal(8, "json", "45")]


def test_every_repost_of_a_recorded_campaign_finds_its_author(fixtures: Path) -> None:
    [source] = sources(fixtures / "x" / "media_policy_violation_off.jsonl")
    [page] = source.pages()
    reposts = [post for post in page.rows if post.repost_of]
    assert len(reposts) == 42
    assert all(post.repost_of and post.repost_of.author for post in reposts)
    assert not [post for post in reposts if (post.text or "").startswith("RT @")]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("counts.jsonl", "x-counts"),
        ("tweets_compliance.jsonl", "x-compliance"),
        ("normalization-payload-search.json", "x-old"),
    ],
)
def test_recorded_files_without_posts_are_refused_whole(
    fixtures: Path, name: str, code: str
) -> None:
    with pytest.raises(CollectorError) as refused:
        sources(fixtures / "x" / name)
    assert (refused.value.code, refused.value.values) == (code, {"name": name})


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("test_client_get_quote_tweets", None),
        ("test_client_search_recent_tweets", None),
        ("test_client_get_recent_tweets_count", "x-counts"),
        ("test_client_get_retweeters", "x-profiles"),
        ("testsearchtweets", "x-old"),
    ],
)
def test_recorded_bodies_are_read_or_refused(fixtures: Path, name: str, code: str | None) -> None:
    path = fixtures / "x" / f"{name}.replay.json"
    [exchange] = json.loads(path.read_text("utf-8"))
    body = exchange["response"]["body"]
    assert FORMAT.without_posts(body) == code
    if code is None:
        assert [post.post_id for post in posts_of(body)] == [it["id"] for it in body["data"]]
