"""Reddit through praw, over HTTP on loopback: what is asked for, what comes back, what fails."""

from __future__ import annotations

import json
import logging
import time
import tomllib
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import praw.config
import pytest

from collectors.access import answers
from collectors.base import (
    BudgetSpent,
    CollectorError,
    MissingCredentials,
    NetworkUnavailable,
    Page,
    Query,
    QuotaExhausted,
)
from collectors.networks.reddit import Reddit
from collectors.readers import reddit
from data.model import KnownPost, Post
from tests.invented import BEGIN, END, TAG, Invented, InventedPost
from tests.loopback import Answer, Handler, Loopback, Request
from tests.payloads.reddit import server as there

ROOT = Path(__file__).resolve().parent.parent
QUERY = Query((TAG,), BEGIN, END)
TWO = there.COMMUNITIES[:2]

Answering = Callable[[Request], Answer]


@pytest.fixture(autouse=True)
def _nobody_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    def sleep(seconds: float) -> None:
        raise AssertionError(f"somebody sleeps for {seconds} seconds")

    monkeypatch.setattr("prawcore.sessions.time.sleep", sleep)


def changed(answering: Answering, change: Callable[[Request, Answer], Answer]) -> Answering:
    return lambda request: change(request, answering(request))


def ids(pages: list[Page]) -> list[str]:
    return [post.post_id for page in pages for post in page.rows]


def searches(server: Loopback) -> list[Request]:
    return [request for request in server.requests if request.path.endswith("/search")]


def paths(server: Loopback) -> list[str]:
    return [request.path for request in server.requests]


def status(code: int, body: Any = b"", **headers: str) -> Answering:
    """A server whose token is good and whose every other answer is this one."""
    good = there.Server(Invented(3))

    def answer(request: Request) -> Answer:
        if request.path == "/api/v1/access_token":
            return good.answer(request)
        return Answer(body, code, {name.replace("_", "-"): it for name, it in headers.items()})

    return answer


@contextmanager
def refused(kind: type[CollectorError], code: str) -> Iterator[pytest.ExceptionInfo[Any]]:
    with pytest.raises(kind) as caught:
        yield caught
    assert type(caught.value).__mro__[-4:] == kind.__mro__[-4:]
    assert caught.value.code == code


def campaign_of(*posts: InventedPost) -> Any:
    return SimpleNamespace(posts=list(posts))


def post(number: int, at: datetime, kind: str = "original", target: int | None = None) -> Any:
    return InventedPost(number, number, at, kind, target, f"Un post ({number}) #{TAG}", 1, 1)


def thread(comments: int, at: datetime = BEGIN) -> Any:
    """A submission and so many comments, each a minute after the other."""
    answered = (
        post(number, at + timedelta(minutes=number), "reply", 0)
        for number in range(1, comments + 1)
    )
    return campaign_of(post(0, at), *answered)


# What a run gives


def test_a_whole_run_gives_each_post_of_the_campaign_in_the_fewest_requests() -> None:
    campaign = Invented(900)
    with Loopback(there.Server(campaign).answer) as server:
        collector = there.collector(server.url, subreddits=TWO)
        pages = list(collector.pages(QUERY))
    assert set(ids(pages)) == there.expected(campaign, TWO)
    assert set(ids(pages)) == {there.Campaign(campaign).name(it.number) for it in campaign.posts}
    assert len(server.requests) <= 1.05 * there.fewest_requests(campaign, TWO)
    assert collector.calls == len(server.requests)
    assert [page for page in pages if page.refused or page.body] == []
    assert pages[-1].cursor is None
    assert len(pages) == len(searches(server))


def test_going_on_from_any_cursor_gives_what_would_have_come_next() -> None:
    campaign = Invented(400)
    stops_early = there.Server(campaign, longest_listing=250)
    with Loopback(stops_early.answer) as server:
        pages = list(there.collector(server.url, subreddits=TWO).pages(QUERY))
        assert len({page.leg for page in pages}) == 3
        for number, page in enumerate(pages[:-1], 1):
            assert page.cursor is not None
            assert len(page.cursor) < 100
            another = there.collector(server.url, subreddits=TWO)
            assert list(another.pages(QUERY, page.cursor)) == pages[number:]


def test_the_newest_comes_first_and_comments_and_crossposts_with_what_they_belong_to() -> None:
    campaign = Invented(300)
    where = there.Campaign(campaign)
    with Loopback(there.Server(campaign).answer) as server:
        [first, *_] = there.collector(server.url, subreddits=()).pages(QUERY)
    found = [it for it in first.rows if it.reply_to is None and it.hashtags]
    newest = max(campaign.of_kinds("original", "quote"), key=lambda it: it.published_at)
    assert found[0].post_id == where.name(newest.number)
    comments = [it for it in first.rows if it.reply_to is not None]
    crossposts = [it for it in first.rows if it.quote_of is not None]
    assert comments
    assert crossposts
    for it in comments:
        number = int(it.post_id.removeprefix("t1_inv"))
        target = campaign.posts[number].target
        assert target is not None
        assert it.reply_to is not None
        assert it.reply_to.post_id == where.name(target)
        assert it.reply_to.author is not None
        assert it.reply_to.author.id == campaign.posts[target].handle
        assert it.root_id == where.name(where.threads[number])


def test_what_bears_another_tag_or_lies_outside_the_window_does_not_come() -> None:
    campaign = Invented(300)
    since, until = BEGIN + timedelta(days=8), BEGIN + timedelta(days=15)
    with Loopback(there.Server(campaign).answer) as server:
        pages = list(there.collector(server.url).pages(Query((TAG,), since, until)))
        noise = there.collector(server.url, subreddits=()).pages(Query((f"{TAG}Ensemble",)))
        assert ids(list(noise)) == ["t3_bruit1"]
    rows = [post for page in pages for post in page.rows]
    assert rows
    assert all(post.published_at and since <= post.published_at < until for post in rows)
    assert not [post for post in rows if "bruit" in post.post_id]


def test_what_was_said_within_the_window_under_a_post_from_before_it_comes_too() -> None:
    until = BEGIN + timedelta(days=1)
    campaign = campaign_of(
        post(0, BEGIN - timedelta(days=2)),
        post(1, BEGIN - timedelta(days=1), "reply", 0),
        post(2, BEGIN + timedelta(hours=3), "reply", 0),
        post(3, BEGIN + timedelta(hours=4), "repost", 0),
        post(4, BEGIN + timedelta(hours=5), "reply", 3),
        post(5, until, "reply", 3),
    )
    with Loopback(there.Server(campaign).answer) as server:
        collector = there.collector(server.url, subreddits=())
        pages = list(collector.pages(Query((TAG,), BEGIN, until)))
    assert ids(pages) == ["t1_inv2", "t3_inv3", "t1_inv4"]


def test_reading_stops_where_the_window_begins() -> None:
    campaign = Invented(500)
    with Loopback(there.Server(campaign).answer) as server:
        collector = there.collector(server.url, subreddits=())
        list(collector.pages(Query((TAG,), END - timedelta(days=2))))
    assert len(searches(server)) < 4


@pytest.mark.parametrize(
    ("ago", "span"),
    [
        (timedelta(hours=1), "month"),  # what is talked about may be a week older
        (timedelta(days=19), "month"),
        (timedelta(days=21), "year"),
        (timedelta(days=340), "year"),
        (timedelta(days=380), "all"),
        (None, "all"),
    ],
)
def test_the_span_of_the_search_reaches_back_behind_the_window(
    ago: timedelta | None, span: str
) -> None:
    since = None if ago is None else datetime.now(UTC) - ago
    with Loopback(there.Server(campaign_of()).answer) as server:
        list(there.collector(server.url, subreddits=()).pages(Query((TAG,), since)))
    assert [request.one("t") for request in searches(server)] == [span]


def test_a_subreddit_is_searched_by_itself_and_what_is_around_its_posts_is_read_once() -> None:
    with Loopback(there.Server(Invented(120)).answer) as server:
        list(there.collector(server.url, subreddits=TWO).pages(QUERY))
    asked = [(it.path, it.one("restrict_sr")) for it in searches(server)]
    assert asked == [
        ("/r/all/search", None),
        (f"/r/{TWO[0]}/search", "true"),
        (f"/r/{TWO[1]}/search", "true"),
    ]
    around = [path for path in paths(server) if path.startswith(("/comments", "/duplicates"))]
    assert len(around) == len(set(around)) > 10


def test_a_search_asks_for_every_hashtag_and_is_never_too_long() -> None:
    tags = tuple(f"{TAG}{number}{'é' * 20}" for number in range(30))
    with Loopback(there.Server(campaign_of()).answer) as server:
        list(there.collector(server.url, subreddits=()).pages(Query((*tags, tags[0].upper()))))
    asked = [request.one("q") or "" for request in searches(server)]
    assert all(len(search) <= 512 for search in asked)
    parts = [part for search in asked for part in search.split(" OR ")]
    assert len(parts) == 30
    assert {part.casefold() for part in parts} == {f'"#{tag}"'.casefold() for tag in tags}


# Where Reddit stops


def test_a_listing_that_stops_within_the_window_says_so_and_subreddits_reach_further() -> None:
    campaign = Invented(600)
    with Loopback(there.Server(campaign, longest_listing=250).answer) as server:
        pages = list(there.collector(server.url, subreddits=TWO).pages(QUERY))
    capped = [page for page in pages if page.missing]
    assert [page.leg for page in capped] == [f"r/all #{TAG}"]
    assert capped[0].missing == "capped"
    oldest = min(post.published_at for post in capped[0].rows if post.reply_to is None)
    reached = json.loads(capped[0].cursor or "{}")["read"]
    assert datetime.fromtimestamp(reached, UTC) <= oldest
    assert len(set(ids(pages))) > 1.2 * len(set(ids(pages[:3])))
    asked = [str((it.path, it.query)) for it in server.requests]
    assert len(asked) <= len(set(asked)) + 1, "but for the post at the edge"


def test_a_listing_that_ends_before_the_window_begins_is_whole() -> None:
    campaign = Invented(600)
    since = END - timedelta(days=14)
    with Loopback(there.Server(campaign, longest_listing=350).answer) as server:
        pages = list(there.collector(server.url, subreddits=()).pages(Query((TAG,), since)))
    assert [page.missing for page in pages if page.missing] == []
    assert len(server.requests) > 100


def test_hashtags_that_stop_each_other_short_are_asked_for_one_by_one() -> None:
    texts = [f"Nous #{TAG}", "Nous #VoixLibres"]
    campaign = Invented(500)
    campaign.posts = [
        replace(it, text=texts[it.number % 2], kind="original", target=None)
        for it in campaign.posts
    ]
    with Loopback(there.Server(campaign, longest_listing=260).answer) as server:
        collector = there.collector(server.url, subreddits=TWO[:1])
        pages = list(collector.pages(Query((TAG, "VoixLibres"), BEGIN, END)))
    assert len(set(ids(pages))) == 500
    everywhere = [page for page in pages if page.leg.startswith("r/all")]
    assert list(dict.fromkeys(page.leg for page in everywhere)) == [
        f"r/all #{TAG} #VoixLibres",
        f"r/all #{TAG}",
        "r/all #VoixLibres",
    ]
    capped = [page.leg for page in pages if page.missing]
    assert capped == ["r/all #VoixLibres"], "the other was read to before the window"
    assert len({page.leg for page in pages}) == 4, "the subreddit's own listing was whole"


def test_comments_that_reddit_left_out_of_a_page_are_asked_for_a_hundred_a_call() -> None:
    with Loopback(there.Server(thread(260), most_comments=30).answer) as server:
        [page] = there.collector(server.url, subreddits=()).pages(QUERY)
    assert set(ids([page])) == {"t3_inv0", *(f"t1_inv{it}" for it in range(1, 261))}
    assert page.missing is None
    assert page.refused == []
    asked = [len((it.one("children") or "").split(",")) for it in server.requests[3:]]
    assert asked == [100, 100, 30]
    assert {post.reply_to.author.id for post in page.rows if post.reply_to} == {"exemple_0"}


@pytest.mark.parametrize(("comments", "read"), [(500, 500), (580, 580), (900, 510)])
def test_of_a_post_with_very_many_comments_some_five_hundred_are_read(
    comments: int, read: int
) -> None:
    server_ = there.Server(thread(comments), most_comments=10 if comments > 600 else 500)
    with Loopback(server_.answer) as server:
        [page] = there.collector(server.url, subreddits=()).pages(QUERY)
    assert len(page.rows) == 1 + (read if comments != 580 else 500)
    assert page.missing == (None if comments == 500 else "capped")
    assert len(server.requests) <= 8


def test_a_conversation_that_goes_on_on_a_page_of_its_own_is_said_to_be_cut_off() -> None:
    def cut(request: Request, answer: Answer) -> Answer:
        if not request.path.startswith("/comments"):
            return answer
        body = json.loads(answer.bytes)
        deeper = {"count": 0, "name": "t1__", "id": "_", "children": [], "depth": 10}
        body[1]["data"]["children"].append({"kind": "more", "data": deeper})
        return Answer(body)

    with Loopback(changed(there.Server(thread(3)).answer, cut)) as server:
        [page] = there.collector(server.url, subreddits=()).pages(QUERY)
    assert len(page.rows) == 4
    assert page.missing == "capped"
    assert page.refused == []


def test_stubs_that_stand_for_ever_more_comments_come_to_an_end() -> None:
    def growing(request: Request) -> Answer:
        first = int((request.one("children") or "").split(",")[0].removeprefix("inv"))
        further = [f"inv{first + it}" for it in range(200, 300)]
        more = {"kind": "more", "data": {"count": 100, "children": further}}
        return Answer({"json": {"errors": [], "data": {"things": [more]}}})

    fake = there.Server(thread(200), most_comments=100)

    def answer(request: Request) -> Answer:
        return growing(request) if request.path == "/api/morechildren" else fake.answer(request)

    with Loopback(answer) as server:
        [page] = there.collector(server.url, subreddits=()).pages(QUERY)
    assert page.missing == "capped"
    assert len(server.requests) < 10


def test_crossposts_are_read_page_after_page_and_other_links_to_the_same_place_are_none() -> None:
    reposts = (post(it, BEGIN + timedelta(minutes=it), "repost", 0) for it in range(1, 231))
    campaign = campaign_of(post(0, BEGIN), *reposts)

    def with_another(request: Request, answer: Answer) -> Answer:
        if not request.path.startswith("/duplicates"):
            return answer
        body = json.loads(answer.bytes)
        other = {"id": "autre", "name": "t3_autre", "author": "exemple_9", "title": "Ailleurs"}
        content = {**other, "created_utc": BEGIN.timestamp()}
        body[1]["data"]["children"].append({"kind": "t3", "data": content})
        return Answer(body)

    with Loopback(changed(there.Server(campaign).answer, with_another)) as server:
        [page] = there.collector(server.url, subreddits=()).pages(QUERY)
    assert len(page.rows) == 231
    assert {it.quote_of.post_id for it in page.rows if it.quote_of} == {"t3_inv0"}
    assert paths(server).count("/duplicates/inv0") == 3


# Posts that are gone, and posts that are strange


def test_known_posts_are_read_again_a_hundred_a_call_and_those_gone_are_named() -> None:
    campaign = Invented(250)
    where, gone = there.Campaign(campaign), (3, 4, 17, 120)
    fake = there.Server(campaign)
    for number in gone:
        fake.remove(number)
    known = [KnownPost(where.name(it.number), None, None) for it in campaign.posts]
    strange = [KnownPost("t5_exemple", None, None), KnownPost("x", None, None)]
    with Loopback(fake.answer) as server:
        pages = list(there.collector(server.url).reread([*strange, *known]))
        assert paths(server)[1:] == ["/api/info"] * 3
        first = list(there.collector(server.url, subreddits=()).pages(QUERY))
    assert [page.cursor for page in pages] == ["100", "200", None]
    assert [it for page in pages for it in page.gone] == [where.name(it) for it in gone]
    assert ids(pages) == [it.post_id for it in known if int(it.post_id[6:]) not in gone]
    rows = {post.post_id: post for page in first for post in page.rows}
    again = {post.post_id: post for page in pages for post in page.rows}
    assert all(again[name].likes == post.likes for name, post in rows.items())


def test_posts_that_were_deleted_do_not_come_from_a_search_nor_from_a_thread() -> None:
    campaign = Invented(300)
    comment, submission = campaign.of_kinds("reply")[-1], campaign.of_kinds("original")[-1]
    where, fake = there.Campaign(campaign), there.Server(campaign)
    fake.remove(comment.number)
    fake.remove(submission.number)
    with Loopback(fake.answer) as server:
        read = set(ids(list(there.collector(server.url, subreddits=()).pages(QUERY))))
    around = {where.name(it) for it in (submission.number, *where.around(submission.number))}
    assert there.expected(campaign, ()) - read - around == {where.name(comment.number)} - around
    assert {where.name(comment.number), where.name(submission.number)}.isdisjoint(read)


def test_a_post_that_cannot_be_told_is_neither_there_nor_gone() -> None:
    def broken(request: Request, answer: Answer) -> Answer:
        if request.path != "/api/info":
            return answer
        body = json.loads(answer.bytes)
        body["data"]["children"][1] = {"kind": "t3", "data": {"name": 3.5}}
        return Answer(body)

    campaign = Invented(5)
    known = [KnownPost(there.Campaign(campaign).name(it), None, None) for it in range(5)]
    with Loopback(changed(there.Server(campaign).answer, broken)) as server:
        [page] = there.collector(server.url).reread(known)
    assert len(page.rows) == 4
    assert page.gone == []
    assert [it.line for it in page.refused] == [2]


def test_a_row_that_cannot_be_read_is_refused_and_its_answer_kept() -> None:
    def broken(request: Request, answer: Answer) -> Answer:
        if not request.path.endswith("/search"):
            return answer
        body = json.loads(answer.bytes)
        body["data"]["children"][2]["data"]["created_utc"] = "demain"
        body["data"]["children"][4] = None
        return Answer(body)

    with Loopback(changed(there.Server(Invented(60)).answer, broken)) as server:
        [page] = there.collector(server.url, subreddits=()).pages(QUERY)
    assert [(it.line, it.code) for it in page.refused] == [(3, "moment"), (5, "not-a-post")]
    assert page.body is not None
    assert b"demain" in page.body
    assert len(page.rows) > 20


@pytest.mark.parametrize("name", sorted(there.MUTATIONS))
def test_damage_to_one_answer_costs_no_other_post(name: str) -> None:
    campaign = Invented(40)
    left = [1]

    def once(request: Request, answer: Answer) -> Answer:
        damaged = there.MUTATIONS[name](request, answer)
        return damaged if damaged is not answer and left and left.pop() else answer

    with Loopback(changed(there.Server(campaign).answer, once)) as server:
        pages = list(there.collector(server.url, subreddits=()).pages(QUERY))
    lost = there.expected(campaign, ()) - set(ids(pages))
    assert not left
    assert [page.refused for page in pages] == [[]]
    if name == "deleted-post":
        assert len(lost) == 1
    else:
        assert lost == set()


# What the client does, and what it is kept from


def test_an_expired_token_is_replaced_once_and_nothing_is_lost() -> None:
    campaign = Invented(60)
    fake = there.Server(campaign)

    def expiring(request: Request) -> Answer:
        if len(server.requests) == 7:
            fake.token = "un-autre-jeton-invente"
        return fake.answer(request)

    with Loopback(expiring) as server:
        pages = list(there.collector(server.url, subreddits=()).pages(QUERY))
    assert set(ids(pages)) == there.expected(campaign, ())
    assert paths(server).count("/api/v1/access_token") == 2
    assert len(server.requests) == there.fewest_requests(campaign, ()) + 2


def test_a_token_that_is_refused_twice_is_a_key_refused() -> None:
    with Loopback(status(401, {"message": "Unauthorized", "error": 401})) as server:
        with refused(MissingCredentials, "key-refused") as caught:
            next(there.collector(server.url).pages(QUERY))
        assert caught.value.values == {"status": 401}
        assert len(server.requests) == 4


@pytest.mark.parametrize(
    "headers",
    [
        {"x_ratelimit_used": "100", "x_ratelimit_remaining": "0.0", "x_ratelimit_reset": "590"},
        {"x_ratelimit_used": "1.5", "x_ratelimit_remaining": "98.5", "x_ratelimit_reset": "59.7"},
        {"x_ratelimit_remaining": "beaucoup"},
    ],
)
def test_no_header_on_limits_makes_the_client_sleep_or_break_off(headers: dict[str, str]) -> None:
    empty = {"kind": "Listing", "data": {"after": None, "children": []}}
    with Loopback(status(200, empty, **headers)) as server:
        collector = there.collector(server.url, subreddits=TWO)
        assert len(list(collector.pages(QUERY))) == 3


@pytest.mark.parametrize("code", [500, 502, 503, 504, 520, 408])
def test_the_client_repeats_no_call_that_fails(code: int) -> None:
    with Loopback(status(code, b"<html>Ow!</html>")) as server:
        with refused(NetworkUnavailable, "unavailable") as caught:
            next(there.collector(server.url).pages(QUERY))
        assert caught.value.body == b"<html>Ow!</html>"
        assert caught.value.values == {"status": code}
        assert len(server.requests) == 2


@pytest.mark.parametrize("header", ["retry_after", "x_ratelimit_reset"])
def test_a_quota_says_from_when_on_to_ask_again(header: str) -> None:
    with Loopback(status(429, b"", **{header: "240"})) as server:
        with refused(QuotaExhausted, "quota") as caught:
            next(there.collector(server.url).pages(QUERY))
        left = caught.value.resumes_at - datetime.now(UTC)
        assert timedelta(seconds=230) < left <= timedelta(seconds=240)
        assert len(server.requests) == 2
    with (
        Loopback(status(429, b"", retry_after="bientôt".encode().decode("latin1"))) as server,
        refused(QuotaExhausted, "quota") as caught,
    ):
        next(there.collector(server.url).pages(QUERY))
    assert caught.value.resumes_at is None


@pytest.mark.parametrize(
    ("answering", "kind", "code"),
    [
        (status(403, b"<html>whoa there, pardner!</html>"), MissingCredentials, "key-refused"),
        (status(403, {"message": "Forbidden", "error": 403}), MissingCredentials, "key-refused"),
        (status(402), BudgetSpent, "payment"),
        (status(200, b"<html>Bienvenue dans notre wifi</html>"), NetworkUnavailable,
         "not-json-answer"),
        (status(200, b'{"kind": "Listing", "data": {"chil'), NetworkUnavailable,
         "not-json-answer"),
        (status(200, b""), NetworkUnavailable, "not-json-answer"),
        (status(200, {"message": "Too busy", "error": 503}), NetworkUnavailable,
         "unexpected-answer"),
        (status(200, []), NetworkUnavailable, "unexpected-answer"),
        (status(400, {"message": "Bad Request", "error": 400}), CollectorError, "refused"),
        (status(302, b"", Location="https://exemple.invalid/"), CollectorError, "refused"),
        (status(451), CollectorError, "refused"),
    ],
)  # fmt: skip
def test_every_answer_that_is_none_is_of_a_kind_that_says_what_to_do(
    answering: Answering, kind: type[CollectorError], code: str
) -> None:
    with Loopback(answering) as server:
        for ask in (
            lambda it: next(it.pages(QUERY)),
            lambda it: next(it.reread([KnownPost("t3_inv1", None, None)])),
            lambda it: it.check(),
        ):
            with refused(kind, code) as caught:
                ask(there.collector(server.url))
            assert caught.value.__cause__ is None
        assert len(server.requests) == 6


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (Answer({"message": "Unauthorized", "error": 401}, 401), MissingCredentials, "key-refused"),
        (Answer({"error": "invalid_grant"}), MissingCredentials, "key-refused"),
        (Answer({"error": "too_many"}, 429), QuotaExhausted, "quota"),
        (Answer(b"<html>", 503), NetworkUnavailable, "unavailable"),
        (Answer(b"<html>Bienvenue</html>"), NetworkUnavailable, "not-json-answer"),
        (Answer(b'{"access_token": "jeton-inv'), NetworkUnavailable, "not-json-answer"),
        (Answer({"access_token": "jeton", "expires_in": None, "scope": "*"}), NetworkUnavailable,
         "unexpected-answer"),
        (Answer(["jeton"]), NetworkUnavailable, "unexpected-answer"),
        (Answer(b"", 307, {"Location": "/ailleurs"}), CollectorError, "refused"),
    ],
)  # fmt: skip
def test_without_a_token_nothing_is_asked_and_no_answer_with_one_is_kept(
    answer: Answer, kind: type[CollectorError], code: str
) -> None:
    with Loopback(lambda _: answer) as server:
        with refused(kind, code) as caught:
            there.collector(server.url).check()
        assert paths(server) == ["/api/v1/access_token"]
    assert not getattr(caught.value, "body", None)


def test_a_network_that_hangs_up_or_says_nothing_is_unreachable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answers, "TIMEOUT", 0.3)

    def hangs_up(handler: Handler, request: Request, answer: Answer) -> None:
        handler.close_connection = True

    def cut_off(handler: Handler, request: Request, answer: Answer) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b'{"kind"')
        handler.close_connection = True

    def silent(handler: Handler, request: Request, answer: Answer) -> None:
        time.sleep(0.5)
        handler.close_connection = True

    with Loopback(there.Server(Invented(20)).answer) as server:
        for turn in (0, 1):
            for fault in (hangs_up, cut_off, silent):
                server.requests.clear()
                server.faults[turn] = fault
                with refused(NetworkUnavailable, "unreachable"):
                    next(there.collector(server.url).pages(QUERY))
                assert len(server.requests) == turn + 1
    with refused(NetworkUnavailable, "unreachable"):
        there.collector("http://127.0.0.1:9").check()


def test_a_praw_ini_in_the_working_directory_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "praw.ini").write_text(
        "[DEFAULT]\n"
        "oauth_url=http://127.0.0.1:9\nreddit_url=http://127.0.0.1:9\n"
        "client_id=autre\nclient_secret=autre\nuser_agent=autre\n"
        "username=autre\npassword=autre\nrefresh_token=autre\n"
        "check_for_updates=True\ntimeout=jamais\nratelimit_seconds=jamais\nwindow_size=jamais\n"
        "[autre]\nclient_id=autre\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("praw_site", "autre")
    monkeypatch.setenv("praw_refresh_token", "autre")
    monkeypatch.setattr(praw.config.Config, "CONFIG", None)
    campaign = Invented(30)
    with Loopback(there.Server(campaign).answer) as server:
        with pytest.warns(UserWarning, match="praw.ini"):
            collector = there.collector(server.url, subreddits=())
        pages = list(collector.pages(QUERY))
    assert set(ids(pages)) == there.expected(campaign, ())
    assert server.requests[0].one("grant_type") == "client_credentials"


def test_reddit_is_told_who_asks_in_the_form_that_it_wants() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    with Loopback(there.Server(Invented(5)).answer) as server:
        there.collector(server.url).check()
    for request in server.requests:
        asks = request.headers["user-agent"]
        assert asks.split(":")[1] == "porte-voix"
        assert asks.split(":")[2].startswith(f"{version} (campaign research) PRAW/")


def test_the_addresses_are_reddits_own_unless_another_is_given() -> None:
    own = Reddit(**there.SECRETS)
    assert own._reddit.config.reddit_url == "https://www.reddit.com"
    assert own._reddit.config.oauth_url == "https://oauth.reddit.com/"
    fake = there.Server(Invented(5))

    def further_down(request: Request) -> Answer:
        return fake.answer(replace(request, path=request.path.removeprefix("/un/chemin")))

    with Loopback(further_down) as server:
        Reddit(**there.SECRETS, address=f"{server.url}/un/chemin/").check()
    assert all(path.startswith("/un/chemin/") for path in paths(server))


@pytest.mark.parametrize("name", Reddit.secrets)
def test_without_one_of_its_keys_nothing_is_asked(name: str) -> None:
    with refused(MissingCredentials, "key-empty"):
        Reddit(**{**there.SECRETS, name: ""})


def test_the_check_asks_for_a_token_and_one_post() -> None:
    with Loopback(there.Server(Invented(5)).answer) as server:
        there.collector(server.url).check()
    assert paths(server) == ["/api/v1/access_token", "/r/all/new"]


# What is left out when a call keeps failing


def test_asking_again_repeats_only_the_call_that_failed() -> None:
    campaign = Invented(80)
    with Loopback(there.Server(campaign).answer) as server:
        server.faults[9] = lambda handler, request, answer: handler.send(Answer(b"", 503))
        server.faults[14] = lambda handler, request, answer: handler.send(Answer(b"<html>"))
        collector = there.collector(server.url, subreddits=())
        for _ in range(2):
            with pytest.raises(NetworkUnavailable):
                next(collector.pages(QUERY))
        pages = list(collector.pages(QUERY))
        assert set(ids(pages)) == there.expected(campaign, ())
        assert len(server.requests) == there.fewest_requests(campaign, ()) + 2
        list(collector.pages(QUERY))
        assert len(searches(server)) == 2, "a later run asks anew"


def test_comments_that_cannot_be_read_are_left_out_and_the_rest_of_the_page_is_not() -> None:
    campaign = Invented(80)
    where = there.Campaign(campaign)
    with Loopback(there.Server(campaign).answer) as server:
        whole = list(there.collector(server.url, subreddits=()).pages(QUERY))
        path = [it for it in paths(server) if it.startswith("/comments")][2]
        number = int(path.removeprefix("/comments/inv"))
        fake = server.answer
        server.answer = lambda it: Answer(b"", 500) if it.path == path else fake(it)
        with refused(NetworkUnavailable, "unavailable") as caught:
            list(there.collector(server.url, subreddits=()).pages(QUERY))
        rest = list(there.collector(server.url, subreddits=()).pages(QUERY, caught.value.after))
    around = {where.name(it) for it in where.around(number)}
    lost = set(ids(whole)) - set(ids(rest))
    assert lost <= around
    assert {where.name(it) for it in where.comments[number]} <= lost
    assert rest[-1].cursor is None


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer({"reason": "private", "message": "Forbidden", "error": 403}, 403), "refused"),
        (Answer({"reason": "banned", "message": "Not Found", "error": 404}, 404), "refused"),
        (Answer(b"", 302, {"Location": "/subreddits/search"}), "refused"),
        (Answer(b"", 500), "unavailable"),
    ],
)
def test_a_subreddit_that_cannot_be_read_leads_on_to_the_next(answer: Answer, code: str) -> None:
    campaign = Invented(60)
    closed = f"/r/{TWO[0]}/search"

    def closing(request: Request, given: Answer) -> Answer:
        return answer if request.path == closed else given

    with Loopback(changed(there.Server(campaign).answer, closing)) as server:
        collector = there.collector(server.url, subreddits=TWO)
        with pytest.raises(CollectorError) as caught:
            list(collector.pages(QUERY))
        assert caught.value.code == code
        assert not isinstance(caught.value, MissingCredentials)
        rest = list(there.collector(server.url, subreddits=TWO).pages(QUERY, caught.value.after))
    assert [page.leg for page in rest] == [f"r/{TWO[1]} #{TAG}"]
    assert rest[0].rows
    assert paths(server).count(closed) == 1
    assert len(rest[0].rows) == len(ids(rest))


def test_a_thread_that_was_closed_meanwhile_has_no_comments() -> None:
    def closing(request: Request, answer: Answer) -> Answer:
        if request.path.startswith("/comments"):
            return Answer({"reason": "private", "message": "Forbidden", "error": 403}, 403)
        return Answer(b"", 404) if request.path.startswith("/duplicates") else answer

    campaign = Invented(60)
    with Loopback(changed(there.Server(campaign).answer, closing)) as server:
        [page] = there.collector(server.url, subreddits=()).pages(QUERY)
    where = there.Campaign(campaign)
    found = campaign.of_kinds("original", "quote")
    assert sorted(ids([page])) == sorted(where.name(it.number) for it in found)


@pytest.mark.parametrize("code", [401, 402, 403, 429])
def test_what_stops_all_of_reddit_leads_nowhere_else(code: int) -> None:
    with Loopback(status(code)) as server, pytest.raises(CollectorError) as caught:
        next(there.collector(server.url).pages(QUERY))
    assert caught.value.after is None


def test_a_cursor_from_before_a_subreddit_was_taken_away_is_at_its_end() -> None:
    with Loopback(there.Server(Invented(20)).answer) as server:
        *_, last, _ = there.collector(server.url, subreddits=TWO).pages(QUERY)
        server.requests.clear()
        assert list(there.collector(server.url, subreddits=()).pages(QUERY, last.cursor)) == []
    assert server.requests == []


# Secrets


def test_no_key_is_in_a_log_a_cursor_or_an_error(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    planted = [*there.SECRETS.values(), there.TOKEN]
    said: list[str] = []
    with Loopback(there.Server(Invented(40)).answer) as server:
        pages = list(there.collector(server.url).pages(QUERY))
        said += [page.cursor or "" for page in pages]
        for turn in (0, 1):
            for body in (Answer(b"", 500), Answer(b"<html>"), Answer(b"", 401), Answer([])):
                server.requests.clear()
                server.faults[turn] = lambda handler, _, __, body=body: handler.send(body)
                server.faults[turn + 2] = server.faults[turn]
                with pytest.raises(CollectorError) as caught:
                    list(there.collector(server.url).pages(QUERY))
                said += [str(caught.value), repr(caught.value), str(caught.value.values)]
                said += traceback.format_exception(caught.value)
                server.faults.clear()
    with pytest.raises(CollectorError) as caught:
        there.collector("http://127.0.0.1:9").check()
    said.append(str(caught.value))
    with refused(MissingCredentials, "key-refused") as caught, Loopback(status(200)) as server:
        there.collector(server.url, client_secret="secret-inventé-’").check()
    said.append(str(caught.value))
    said += [record.getMessage() for record in caplog.records]
    assert len(said) > 100
    assert not [it for it in said for secret in planted if secret in it]


# What Reddit really answered


def exchanges(fixtures: Path) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    for path in sorted((fixtures / "reddit").glob("*.replay.json")):
        for each in json.loads(path.read_text("utf-8")):
            yield each["request"]["uri"], each["response"]["headers"], each["response"]["body"]


def test_what_reddit_answered_once_is_read_as_the_parser_reads_it(fixtures: Path) -> None:
    fake = there.Server(campaign_of())
    read = 0
    for uri, headers, body in exchanges(fixtures):
        kept = {name: it[0] for name, it in headers.items() if name.lower().startswith("x-")}
        recorded = [it for it in reddit.posts(body) if isinstance(it, Post)]

        def replayed(request: Request, kept: Any = kept, body: Any = body) -> Answer:
            if request.path == "/api/v1/access_token":
                return fake.answer(request)
            if request.path == "/api/info" and isinstance(body, list):
                return Answer(body[1], headers=kept)
            return Answer(body, headers=kept)

        with Loopback(replayed) as server:
            collector = there.collector(server.url)
            path = urlsplit(uri).path.lstrip("/")
            asked = {name: it[0] for name, it in parse_qs(urlsplit(uri).query).items()}
            raw = json.loads(collector._request(path, asked))
            assert [it for it in reddit.posts(raw) if isinstance(it, Post)] == recorded
            known = [KnownPost(post.post_id, post.url, None) for post in recorded]
            [page] = collector.reread(known)
            assert page.refused == []
            of_submission = recorded[:1] if isinstance(body, list) else []
            assert [it.post_id for it in (*of_submission, *page.rows)] == [
                it.post_id for it in recorded
            ]
            assert page.gone == [it.post_id for it in of_submission]
            read += len(page.rows)
    assert read > 100


def test_a_recorded_search_gives_what_bears_its_words_as_tags(fixtures: Path) -> None:
    [(_, _, body)] = [it for it in exchanges(fixtures) if "/search/" in it[0]]
    tagged = json.loads(json.dumps(body))
    for thing in tagged["data"]["children"][:2]:
        thing["data"]["selftext"] += f" #{TAG}"
        thing["data"]["num_comments"] = 0
    expected = [it for it in reddit.posts(tagged) if isinstance(it, Post)][:2]

    def replayed(request: Request, answer: Answer) -> Answer:
        return Answer(tagged) if request.path.endswith("/search") else answer

    with Loopback(changed(there.Server(campaign_of()).answer, replayed)) as server:
        [page] = there.collector(server.url, subreddits=()).pages(Query((TAG,)))
    assert page.rows == expected
    assert page.refused == []
