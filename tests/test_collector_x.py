"""X, asked through tweepy over real HTTP: a server on loopback speaks its language."""

from __future__ import annotations

import gzip
import json
import logging
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.access import answers
from collectors.access.budget import Amount, Budget, Ledger, Nothing
from collectors.base import (
    BudgetSpent,
    CollectorError,
    MissingCredentials,
    NetworkUnavailable,
    Page,
    Query,
    QuotaExhausted,
)
from collectors.networks import x, x_search
from collectors.readers import x as readers
from collectors.readers.fields import Unreadable
from collectors.runs.patience import Clock, Patience
from collectors.runs.rereading import Compliant
from data.model import Campaign, Kind, KnownPost, Network, Post
from tests.invented import BEGIN, END, TAG, Invented
from tests.loopback import Answer, Fault, Handler, Loopback, Request
from tests.payloads.x.server import (
    MUTATIONS,
    SECRETS,
    SIGNATURE,
    Server,
    collector,
    expected,
    fewest_requests,
    post_id,
)

KEY = SECRETS["bearer_token"]
QUERY = Query((TAG,), BEGIN, END)
RECORDED = ["brexit.jsonl", "geo_tweets.jsonl", "media_policy_violation_off.jsonl"]
RECORDED += ["payload-v2.json", "payload-v2-tweet-retweet.json", "verified_type.jsonl"]


@pytest.fixture(scope="module")
def campaign() -> Invented:
    return Invented(2_400)


@pytest.fixture
def network(campaign: Invented) -> Server:
    return Server(campaign)


@pytest.fixture
def server(network: Server) -> Iterator[Loopback]:
    with Loopback(network.answer) as loopback:
        yield loopback


def ids(pages: list[Page]) -> list[str]:
    return [post.post_id for page in pages for post in page.rows]


def known(*numbers: int) -> list[KnownPost]:
    return [KnownPost(post_id(number), None, None) for number in numbers]


def says(status: int, body: Any = b"", **headers: str) -> Fault:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler, request, answer: handler.send(Answer(body, status, named))


def cut(handler: Handler, request: Request, answer: Answer) -> None:
    """Half of the answer, then no more."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(answer.bytes)))
    handler.end_headers()
    handler.wfile.write(answer.bytes[: len(answer.bytes) // 2])
    handler.close_connection = True


def hang_up(handler: Handler, request: Request, answer: Answer) -> None:
    handler.close_connection = True


# A run


def test_a_run_gives_every_post_of_the_campaign_and_nothing_else(
    server: Loopback, campaign: Invented
) -> None:
    ours = collector(server.url)
    pages = list(ours.pages(QUERY))
    assert sorted(ids(pages)) == sorted(expected(campaign))
    assert len(server.requests) == ours.calls == fewest_requests(campaign) == len(pages)
    assert not [page for page in pages if page.refused or page.missing or page.body]
    assert pages[-1].cursor is None


def test_the_newest_posts_come_first(server: Loopback) -> None:
    moments = [
        post.published_at for page in collector(server.url).pages(QUERY) for post in page.rows
    ]
    assert moments == sorted(moments, key=lambda at: at or BEGIN, reverse=True)


def test_posts_know_their_author_their_followers_and_whom_they_repeat(
    server: Loopback, campaign: Invented
) -> None:
    posts = {
        post.post_id: post for page in collector(server.url).pages(QUERY) for post in page.rows
    }
    for theirs in campaign.posts:
        ours = posts[post_id(theirs.number)]
        assert ours.author is not None
        assert ours.author.handle == theirs.handle
        assert ours.author_followers == campaign.followers(theirs.author)
        assert (ours.kind, ours.published_at) == (theirs.kind, theirs.published_at)
        assert ours.likes == (None if theirs.kind == "repost" else theirs.likes)
        target = ours.repost_of or ours.reply_to or ours.quote_of
        assert (target is None) == (theirs.target is None)
        if target is not None and theirs.target is not None:
            assert target.post_id == post_id(theirs.target)
            assert target.author is not None
            assert target.author.handle == campaign.posts[theirs.target].handle


def test_a_repost_that_x_has_cut_is_known_by_the_hashtag_of_what_it_repeats(
    server: Loopback,
) -> None:
    posts = [post for page in collector(server.url).pages(QUERY) for post in page.rows]
    reposts = [post for post in posts if post.kind is Kind.REPOST]
    assert reposts
    assert {post.hashtags for post in reposts} == {(TAG,)}


def test_going_on_from_any_cursor_gives_exactly_what_would_have_come(server: Loopback) -> None:
    pages = list(collector(server.url).pages(QUERY))
    for number, page in enumerate(pages[:-1], start=1):
        rest = list(collector(server.url).pages(QUERY, page.cursor))
        assert rest == pages[number:]


def test_only_the_window_is_asked_for_and_kept(server: Loopback, campaign: Invented) -> None:
    since, until = BEGIN + timedelta(days=9), BEGIN + timedelta(days=11, microseconds=1)
    pages = list(collector(server.url).pages(Query((TAG,), since, until)))
    within = [it for it in campaign.posts if since <= it.published_at < until]
    assert sorted(ids(pages)) == sorted(post_id(it.number) for it in within)
    assert server.requests[0].one("start_time") == "2026-06-10T00:00:00Z"
    assert server.requests[0].one("end_time") == "2026-06-12T00:00:01Z"


def test_a_window_without_bounds_reads_the_archive_from_its_beginning(
    server: Loopback, campaign: Invented
) -> None:
    pages = list(collector(server.url).pages(Query((TAG,))))
    assert set(ids(pages)) == expected(campaign)
    assert server.requests[0].path == "/2/tweets/search/all"
    assert server.requests[0].one("start_time") == "2006-03-21T00:00:00Z"
    assert server.requests[0].one("end_time") is None


def test_accounts_that_are_only_mentioned_are_not_paid_for(server: Loopback) -> None:
    list(collector(server.url).pages(QUERY))
    expansions = (server.requests[0].one("expansions") or "").split(",")
    assert "referenced_tweets.id" in expansions
    assert "entities.mentions.username" not in expansions


def test_the_last_days_are_asked_of_the_recent_search() -> None:
    recent = Invented(250)
    moved = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3) - END
    for number, post in enumerate(recent.posts):
        at = END + (post.published_at - END) / 28 + moved
        recent.posts[number] = post.__class__(**{**vars(post), "published_at": at})
    with Loopback(Server(recent).answer) as server:
        query = Query((TAG,), datetime.now(UTC) - timedelta(days=6))
        pages = list(collector(server.url).pages(query))
        assert set(ids(pages)) == expected(recent)
        assert {it.path for it in server.requests} == {"/2/tweets/search/recent"}
        assert {it.one("max_results") for it in server.requests} == {"100"}
        assert len(pages) == 3
        assert list(collector(server.url).pages(query, pages[0].cursor)) == pages[1:]

        later = Query((TAG,), query.since and query.since - timedelta(days=2))
        resumed = list(collector(server.url).pages(later, pages[0].cursor))
        assert set(ids(resumed)) == expected(recent)
        assert server.requests[-1].path == "/2/tweets/search/all"


@pytest.mark.parametrize(
    "query",
    [
        Query((TAG,), datetime.now(UTC) + timedelta(days=1)),
        Query((TAG,), END, BEGIN),
        Query(()),
    ],
    ids=["tomorrow", "the wrong way round", "no hashtag"],
)
def test_what_cannot_have_been_written_is_not_asked_for(server: Loopback, query: Query) -> None:
    assert list(collector(server.url).pages(query)) == [Page(())]
    assert collector(server.url).estimate(query).requests == 0
    assert server.requests == []


def test_what_was_written_this_minute_is_not_asked_for_yet(server: Loopback) -> None:
    query = Query((TAG,), datetime.now(UTC) - timedelta(seconds=20))
    assert list(collector(server.url).pages(query)) == [Page(())]
    assert server.requests == []


def test_an_empty_search_is_one_empty_page(server: Loopback) -> None:
    [page] = collector(server.url).pages(Query(("Inconnu",), BEGIN, END))
    assert (page.rows, page.cursor, page.refused) == ([], None, [])


def test_too_many_hashtags_take_several_searches(server: Loopback, campaign: Invented) -> None:
    tags = (*(f"Mot{number:03}{'é' * 40}" for number in range(40)), TAG)
    query = Query(tags, BEGIN, END)
    pages = list(collector(server.url).pages(query))
    assert sorted(ids(pages)) == sorted(expected(campaign))
    asked = list(dict.fromkeys(it.one("query") or "" for it in server.requests))
    assert len(asked) == len({page.leg for page in pages}) == 3
    assert max(map(len, asked)) <= 1024
    words = [word for it in asked for word in it.strip("()").split(" OR ")]
    assert words == [f"#{tag}" for tag in tags]
    for number, page in enumerate(pages[:-1], start=1):
        assert list(collector(server.url).pages(query, page.cursor)) == pages[number:]


@given(
    hashtags=st.lists(st.text("abcé", min_size=1, max_size=100), min_size=1, max_size=60),
    longest=st.sampled_from([512, 1024]),
)
@settings(deadline=None)
def test_every_hashtag_stands_in_one_query_that_is_not_too_long(
    hashtags: list[str], longest: int
) -> None:
    asked: list[str] = []
    while len(asked) < len(hashtags):
        leg = list(x_search._leg(hashtags[len(asked) :], longest))
        assert len(leg) >= 1
        assert len(f"({' OR '.join(leg)})") <= longest
        asked += leg
    assert asked == [f"#{tag}" for tag in hashtags]


def test_a_hashtag_is_asked_for_as_x_writes_it(server: Loopback) -> None:
    list(collector(server.url).pages(Query(("Liberte\N{COMBINING ACUTE ACCENT}",), BEGIN, END)))
    assert server.requests[0].one("query") == "(#Liberté)"


# Faults


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        (says(401, {"title": "Unauthorized"}), MissingCredentials, "key-refused"),
        (says(403, {"title": "Forbidden"}), MissingCredentials, "key-refused"),
        (says(402, {"title": "Payment Required"}), BudgetSpent, "payment"),
        (says(429, b"Too Many Requests"), QuotaExhausted, "quota"),
        (says(429, b"", x_rate_limit_reset="demain"), QuotaExhausted, "quota"),
        (says(500, b"[1]"), NetworkUnavailable, "unavailable"),
        (says(503, {"errors": None, "error": 3}), NetworkUnavailable, "unavailable"),
        (says(502, b"<html>Bad gateway</html>"), NetworkUnavailable, "unavailable"),
        (says(400, {"errors": [{"message": "min_faves"}]}), CollectorError, "refused"),
        (says(404, b""), CollectorError, "refused"),
        (says(302, b"", Location="https://exemple.org"), CollectorError, "refused"),
        (says(200, b"<html>Bienvenue</html>"), NetworkUnavailable, "not-json-answer"),
        (says(200, b"[]"), NetworkUnavailable, "not-json-answer"),
        (says(200, {}), NetworkUnavailable, "error-answer"),
        (says(200, {"errors": [{"title": "Down"}]}), NetworkUnavailable, "error-answer"),
        (cut, NetworkUnavailable, "not-json-answer"),
        (hang_up, NetworkUnavailable, "unreachable"),
    ],
)
def test_every_fault_is_told_apart_and_the_page_comes_when_asked_again(
    server: Loopback, campaign: Invented, fault: Fault, kind: type[CollectorError], code: str
) -> None:
    server.faults[2] = fault
    ours = collector(server.url)
    first: list[Page] = []
    with pytest.raises(CollectorError) as raised:
        for page in ours.pages(QUERY):
            first.append(page)
    assert type(raised.value) is kind
    assert (raised.value.code, raised.value.after) == (code, None)
    assert len(server.requests) == 3
    pages = first + list(ours.pages(QUERY, first[-1].cursor))
    assert sorted(ids(pages)) == sorted(expected(campaign))


@pytest.mark.parametrize(
    "written", ["1900000000", "90", "2030-03-17T17:46:40.000Z", "Sun, 17 Mar 2030 17:46:40 GMT"]
)
def test_the_moment_to_come_back_is_read_in_any_form(server: Loopback, written: str) -> None:
    server.faults[0] = says(429, {"title": "Too Many Requests"}, x_rate_limit_reset=written)
    with pytest.raises(QuotaExhausted) as raised:
        list(collector(server.url).pages(QUERY))
    resumes_at = raised.value.resumes_at
    assert resumes_at is not None
    if written == "90":
        assert 60 < (resumes_at - datetime.now(UTC)).total_seconds() <= 90
    else:
        assert resumes_at == datetime(2030, 3, 17, 17, 46, 40, tzinfo=UTC)


def test_a_quota_is_never_waited_for_nor_asked_again_by_the_client(server: Loopback) -> None:
    server.always = says(429)
    with pytest.raises(QuotaExhausted) as raised:
        list(collector(server.url).pages(QUERY))
    assert raised.value.resumes_at is None
    assert len(server.requests) == 1


def test_a_monthly_cap_is_a_budget_that_is_spent_not_a_quota_to_wait_for(server: Loopback) -> None:
    problem = "https://api.twitter.com/2/problems/usage-capped"
    server.faults[0] = says(429, {"title": "UsageCapExceeded", "type": problem})
    with pytest.raises(BudgetSpent) as raised:
        list(collector(server.url).pages(QUERY))
    assert raised.value.code == "payment"


def test_an_answer_that_does_not_come_is_given_up(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "TIMEOUT", 0.3)
    late = threading.Event()
    server.faults[0] = lambda handler, request, answer: (late.wait(5), None)[1]
    begun = time.monotonic()
    with pytest.raises(NetworkUnavailable) as raised:
        list(collector(server.url).pages(QUERY))
    late.set()
    assert raised.value.code == "unreachable"
    assert time.monotonic() - begun < 2


def test_nobody_at_the_address_is_a_fault_that_may_pass() -> None:
    with Loopback(lambda request: Answer({})) as server:
        url = server.url
    with pytest.raises(NetworkUnavailable) as raised:
        list(collector(url).pages(QUERY))
    assert raised.value.code == "unreachable"


def test_a_search_that_stays_broken_can_be_left_out(server: Loopback, campaign: Invented) -> None:
    query = Query((*(f"Mot{number:03}{'e' * 90}" for number in range(10)), TAG), BEGIN, END)
    server.faults[0] = says(400)
    with pytest.raises(CollectorError) as raised:
        list(collector(server.url).pages(query))
    assert raised.value.after is not None
    pages = list(collector(server.url).pages(query, raised.value.after))
    assert set(ids(pages)) == expected(campaign)
    server.faults[len(server.requests)] = says(401)
    with pytest.raises(MissingCredentials) as refused:
        list(collector(server.url).pages(query))
    assert refused.value.after is None


def test_a_page_that_cannot_be_read_can_be_left_out_when_it_names_the_next(
    server: Loopback,
) -> None:
    pages = list(collector(server.url).pages(QUERY))
    server.requests.clear()
    server.faults[1] = lambda handler, request, answer: handler.send(
        Answer(answer.bytes.replace(b'"text":"', b'"text":"\xff', 1))
    )
    with pytest.raises(NetworkUnavailable) as raised:
        list(collector(server.url).pages(QUERY))
    assert raised.value.body
    assert raised.value.after == pages[1].cursor


def test_a_post_that_cannot_be_read_is_refused_and_the_others_kept(server: Loopback) -> None:
    def damage(handler: Handler, request: Request, answer: Answer) -> None:
        page = json.loads(answer.bytes)
        page["data"][2]["public_metrics"]["like_count"] = -1
        page["data"][4] = None
        handler.send(Answer(page))

    whole = next(collector(server.url).pages(QUERY))
    server.faults[1] = damage
    page = next(collector(server.url).pages(QUERY))
    assert [(it.line, it.code) for it in page.refused] == [(3, "count"), (5, "field")]
    assert page.rows == [*whole.rows[:2], whole.rows[3], *whole.rows[5:]]
    assert page.body
    assert page.cursor == whole.cursor


def test_problems_in_place_of_posts_are_named_and_the_next_page_is_read(server: Loopback) -> None:
    def deny(handler: Handler, request: Request, answer: Answer) -> None:
        page = json.loads(answer.bytes)
        handler.send(Answer({"errors": [{"title": "Forbidden"}], "meta": page["meta"]}))

    pages = list(collector(server.url).pages(QUERY))
    server.faults[len(server.requests) + 1] = deny
    denied = list(collector(server.url).pages(QUERY))
    assert [(it.code, it.detail) for it in denied[1].refused] == [("x-error", "Forbidden")]
    assert denied[1].body
    assert denied[1].rows == []
    assert [denied[0], *denied[2:]] == [pages[0], *pages[2:]]


@pytest.mark.parametrize("name", [name for name in MUTATIONS if name != "expired-token"])
def test_what_x_holds_back_beside_the_posts_costs_no_post(
    network: Server, campaign: Invented, name: str
) -> None:
    def answer(request: Request) -> Answer:
        return MUTATIONS[name](request, network.answer(request))

    with Loopback(answer) as server:
        pages = list(collector(server.url).pages(QUERY))
    assert sorted(ids(pages)) == sorted(expected(campaign))
    assert not [page for page in pages if page.refused]


def test_a_key_that_was_revoked_is_refused(network: Server) -> None:
    refuse = MUTATIONS["expired-token"]
    with (
        Loopback(lambda request: refuse(request, network.answer(request))) as server,
        pytest.raises(MissingCredentials),
    ):
        list(collector(server.url).pages(QUERY))


# Posts asked for again


def test_known_posts_are_read_again_a_hundred_a_call(server: Loopback, campaign: Invented) -> None:
    ours = collector(server.url)
    before = {post.post_id: post for page in ours.pages(QUERY) for post in page.rows}
    server.requests.clear()
    pages = list(ours.reread(known(*range(250))))
    assert [len(page.rows) for page in pages] == [100, 100, 50]
    assert [page.cursor for page in pages] == ["100", "200", None]
    assert len(server.requests) == 3
    assert {post.post_id: post for page in pages for post in page.rows} == {
        post_id(number): before[post_id(number)] for number in range(250)
    }
    assert not [page for page in pages if page.gone or page.refused]


def test_posts_that_are_public_no_more_are_gone(server: Loopback, network: Server) -> None:
    network.remove(3)
    network.remove(7, "not-authorized-for-resource")
    network.remove(11, "operational-disconnect")
    [page] = collector(server.url).reread(known(*range(12)))
    assert page.gone == [post_id(3), post_id(7)]
    assert {post.post_id for post in page.rows} == {
        post_id(number) for number in range(12) if number not in (3, 7, 11)
    }
    assert page.refused == []


def test_a_call_whose_posts_are_all_gone_is_an_answer(server: Loopback, network: Server) -> None:
    network.remove(3)
    [page] = collector(server.url).reread(known(3))
    assert (page.rows, page.gone, page.refused, page.body) == ([], [post_id(3)], [], None)


def test_a_lost_post_that_is_only_quoted_is_not_taken_for_a_gone_one(server: Loopback) -> None:
    problem = {
        "value": post_id(0),
        "parameter": "referenced_tweets.id",
        "type": "https://api.twitter.com/2/problems/resource-not-found",
    }
    server.faults[0] = lambda handler, request, answer: handler.send(
        Answer({**json.loads(answer.bytes), "errors": [problem, "?", {}]})
    )
    [page] = collector(server.url).reread(known(0, 1))
    assert page.gone == []
    assert len(page.rows) == 2


def test_posts_that_have_no_number_of_x_are_passed_over(server: Loopback) -> None:
    strange = [KnownPost("zeeschuimer-1", None, None), KnownPost("1,2", None, None)]
    assert list(collector(server.url).reread(strange)) == []
    [page] = collector(server.url).reread([*strange, *known(1), *strange])
    assert [post.post_id for post in page.rows] == [post_id(1)]
    assert server.requests[0].one("ids") == post_id(1)
    mixed = [*strange, *known(*range(150))]
    assert [page.cursor for page in collector(server.url).reread(mixed)] == ["102", None]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (says(200, {"errors": [{"title": "Down"}]}), "error-answer"),
        (says(503), "unavailable"),
        (cut, "not-json-answer"),
    ],
)
def test_a_call_about_known_posts_that_stays_broken_can_be_left_out(
    server: Loopback, fault: Fault, code: str
) -> None:
    server.faults[0] = fault
    with pytest.raises(NetworkUnavailable) as raised:
        list(collector(server.url).reread(known(*range(120))))
    assert (raised.value.code, raised.value.after) == (code, "100")


# Posts that are public no more, by jobs


@pytest.fixture
def small() -> Server:
    return Server(Invented(250))


@pytest.fixture
def jobs(small: Server) -> Iterator[Loopback]:
    with Loopback(small.answer) as loopback:
        yield loopback


def gone(*numbers: int) -> Page:
    return Page((), refused=[], gone=[post_id(number) for number in numbers])


def removal(number: int, **said: Any) -> bytes:
    return json.dumps({"id": post_id(number), "action": "delete", **said}).encode()


def steps(jobs: Loopback) -> list[str]:
    """Which steps of a job were taken."""
    names = {"POST": "make", "PUT": "send"}
    return [
        names.get(it.method, "fetch" if it.path.startswith("/storage/") else "poll")
        for it in jobs.requests
    ]


def asks(ours: x.X, posts: list[KnownPost]) -> tuple[list[Page], Patience, list[float]]:
    """What a patient reader gets, and the waits it took, none of which took any time."""
    waits: list[float] = []
    clock = Clock(lambda: datetime.now(UTC), lambda seconds: bool(waits.append(seconds)))
    patience = Patience(
        lambda cursor: ours.gone(posts[int(cursor or 0) :]),
        lambda post: 0,
        clock,
        calls=lambda: ours.calls,
    )
    return list(patience.pages()), patience, waits


def test_a_job_says_for_nothing_which_posts_are_gone(
    jobs: Loopback, small: Server, spending: Any
) -> None:
    small.remove(3)
    small.remove(7, "not-authorized-for-resource")
    small.remove(11, "operational-disconnect")
    budget, spent = spending()
    ours = collector(jobs.url, budget=budget)
    assert isinstance(ours, Compliant)
    assert list(ours.gone(known(*range(250)))) == [gone(3, 7)]
    assert steps(jobs) == ["make", "send", "poll", "fetch"]
    assert (ours.calls, spent()) == (4, Amount())
    assert json.loads(jobs.requests[0].body) == {"type": "tweets"}
    assert jobs.requests[1].body.decode().split("\n") == [post_id(it) for it in range(250)]


def test_the_storage_never_sees_the_key(jobs: Loopback) -> None:
    list(collector(jobs.url).gone(known(1)))
    stored = [it for it in jobs.requests if it.path.startswith("/storage/")]
    assert len(stored) == 2
    assert not [it for it in stored if "authorization" in it.headers or KEY in str(it)]


def test_a_job_that_is_not_done_is_asked_again_later_and_no_other_is_made(
    jobs: Loopback, small: Server
) -> None:
    small.polls = 2
    small.remove(3)
    ours, posts = collector(jobs.url), known(*range(5))
    for seconds in (10, 20):
        with pytest.raises(QuotaExhausted) as raised:
            list(ours.gone(posts))
        assert (raised.value.code, raised.value.after) == ("job-pending", None)
        assert raised.value.resumes_at is not None
        left = (raised.value.resumes_at - datetime.now(UTC)).total_seconds()
        assert seconds - 2 < left <= seconds
    assert list(ours.gone(posts)) == [gone(3)]
    assert steps(jobs) == ["make", "send", "poll", "poll", "poll", "fetch"]
    small.polls = 0
    list(ours.gone(posts))
    assert steps(jobs).count("make") == 2


def test_a_patient_reader_gives_a_job_twenty_minutes(jobs: Loopback, small: Server) -> None:
    small.polls = 7
    small.remove(3)
    pages, patience, waits = asks(collector(jobs.url), known(*range(5)))
    assert [page.gone for page in pages] == [[post_id(3)]]
    assert patience.failure is None
    assert len(waits) == 7
    assert 1200 < sum(waits) < 1300
    small.polls = 99
    pages, patience, _ = asks(collector(jobs.url), known(*range(5)))
    assert pages == []
    assert [each.code for each in patience.missing] == ["job-pending"]
    assert steps(jobs).count("make") == 2


@pytest.mark.parametrize("end", ["failed", "expired"])
def test_a_job_that_x_gave_up_is_made_again_by_the_next_run_only(
    jobs: Loopback, small: Server, end: str
) -> None:
    small.job_ends = end
    ours = collector(jobs.url)
    pages, patience, waits = asks(ours, known(1))
    assert (pages, waits) == ([], [])
    assert [each.code for each in patience.missing] == ["job-failed"]
    assert steps(jobs) == ["make", "send", "poll"]
    small.job_ends = "complete"
    assert list(ours.gone(known(1))) == [gone()]
    assert steps(jobs).count("make") == 2


def test_many_posts_take_several_jobs(
    jobs: Loopback, small: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(x, "_IDS_A_JOB", 100)
    small.remove(3)
    small.remove(203)
    strange = [KnownPost("zeeschuimer-1", None, None)]
    posts = [*strange, *known(*range(250))]
    pages = list(collector(jobs.url).gone(posts))
    assert [page.cursor for page in pages] == ["101", "201", None]
    assert [page.gone for page in pages] == [[post_id(3)], [], [post_id(203)]]
    jobs.faults[len(jobs.requests) + 2] = says(404)
    with pytest.raises(CollectorError) as raised:
        list(collector(jobs.url).gone(posts))
    assert raised.value.after == "101"


def test_posts_that_have_no_number_of_x_make_no_job(jobs: Loopback) -> None:
    assert list(collector(jobs.url).gone([KnownPost("1,2", None, None)])) == []
    assert jobs.requests == []


@pytest.mark.parametrize(
    ("said", "is_gone"),
    [
        ({"reason": "deleted", "redacted_at": "2026-06-30T00:00:00.000Z"}, True),
        ({"reason": "deactivated"}, True),
        ({"reason": "protected"}, True),
        ({"reason": "suspended"}, True),
        ({"reason": "bounced"}, True),
        ({}, True),
        ({"reason": "scrub_geo"}, False),
        ({"action": "scrub_geo", "reason": "geo_scrubbed"}, False),
        ({"action": "rehydrate", "reason": "tweet_edited"}, False),
        ({"action": None, "error": "invalid_id"}, False),
    ],
)
def test_only_what_x_says_to_delete_is_gone(
    jobs: Loopback, said: dict[str, Any], is_gone: bool
) -> None:
    jobs.faults[3] = says(200, b"\n" + removal(1, **said) + b"\r\n")
    [page] = collector(jobs.url).gone(known(0, 1, 2))
    assert page == (gone(1) if is_gone else gone())


def test_what_a_job_says_of_other_posts_is_not_taken(jobs: Loopback) -> None:
    jobs.faults[3] = says(200, removal(9) + b"\n" + removal(2))
    [page] = collector(jobs.url).gone(known(0, 1, 2))
    assert page.gone == [post_id(2)]


def test_a_post_that_x_never_had_is_gone(jobs: Loopback) -> None:
    [page] = collector(jobs.url).gone([KnownPost("123", None, None), *known(1)])
    assert page.gone == ["123"]


def test_lines_of_a_job_that_cannot_be_read_are_refused_and_the_others_obeyed(
    jobs: Loopback,
) -> None:
    body = b'{"id":1}\n' + removal(2) + b'\n[]\n{"action":"delete"}\n'
    jobs.faults[3] = says(200, body)
    [page] = collector(jobs.url).gone(known(1, 2))
    refused = [(it.line, it.code, it.detail) for it in page.refused]
    assert refused == [(1, "field", "id"), (3, "field", "data"), (4, "missing", "id")]
    assert (page.gone, page.body) == ([post_id(2)], body)


STEPS = ["make", "send", "poll", "fetch"]


@pytest.mark.parametrize(
    ("fault", "code", "turns"),
    [
        (hang_up, "unreachable", [0, 1, 2, 3]),
        (says(503), "unavailable", [0, 1, 2, 3]),
        (says(429, x_rate_limit_reset="90"), "quota", [0, 1, 2, 3]),
        (cut, "not-json-answer", [0, 2, 3]),
        (says(200, b"<html>Bienvenue</html>"), "not-json-answer", [0, 2, 3]),
        (says(200, {"errors": [{"title": "Down"}]}), "error-answer", [0, 2]),
    ],
)
def test_a_job_goes_on_with_the_step_that_failed(
    jobs: Loopback, small: Server, fault: Fault, code: str, turns: list[int]
) -> None:
    small.remove(1)
    for turn in turns:
        jobs.requests.clear()
        jobs.faults[turn] = fault
        ours, posts = collector(jobs.url), known(0, 1, 2)
        with pytest.raises((NetworkUnavailable, QuotaExhausted)) as raised:
            list(ours.gone(posts))
        assert raised.value.code == code
        assert list(ours.gone(posts)) == [gone(1)]
        assert steps(jobs) == [*STEPS[: turn + 1], *STEPS[turn:]]


@pytest.mark.parametrize("turn", [1, 3])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 302])
def test_a_storage_that_refuses_is_no_matter_of_the_key(
    jobs: Loopback, turn: int, status: int
) -> None:
    refusal = b"<Error><StringToSign>" + SIGNATURE.encode()
    jobs.faults[turn] = says(status, refusal, Location=f"{jobs.url}/2/tweets")
    ours = collector(jobs.url)
    with pytest.raises(CollectorError) as raised:
        list(ours.gone(known(1)))
    assert (type(raised.value), raised.value.code) == (CollectorError, "job-failed")
    assert steps(jobs) == STEPS[: turn + 1]
    assert list(ours.gone(known(1))) == [gone()]


@pytest.mark.parametrize(
    "address",
    [
        "http://storage.exemple.org/1",
        "https://127.0.0.1/1",
        "https://192.168.1.1/1",
        "https://169.254.169.254/1",
        "https://jeton@exemple.org/1",
        "file:///etc/passwd",
        "storage",
        "",
    ],
)
@pytest.mark.parametrize("turn", [0, 2])
def test_only_public_addresses_are_taken_for_the_storage(
    jobs: Loopback, turn: int, address: str
) -> None:
    def mislead(handler: Handler, request: Request, answer: Answer) -> None:
        job = json.loads(answer.bytes)["data"]
        handler.send(Answer({"data": job | {"upload_url": address, "download_url": address}}))

    jobs.faults[turn] = mislead
    ours = collector(jobs.url)
    with pytest.raises(CollectorError) as raised:
        list(ours.gone(known(1)))
    assert raised.value.code == "job-failed"
    assert len(jobs.requests) == ours.calls == turn + 1


def test_x_itself_has_no_storage_on_this_computer(jobs: Loopback) -> None:
    with pytest.raises(CollectorError) as raised:
        x.X(bearer_token=KEY, budget=Nothing())._stored("GET", f"{jobs.url}/storage/delivery/1")
    assert raised.value.code == "job-failed"
    assert jobs.requests == []


def test_a_job_that_answers_without_end_is_given_up(
    jobs: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(x, "_LARGEST_RESULT", 100_000)
    jobs.faults[3] = says(200, removal(1) * 10_000)
    with pytest.raises(CollectorError) as raised:
        list(collector(jobs.url).gone(known(1)))
    assert raised.value.code == "job-failed"


@pytest.mark.parametrize("turn", [1, 3])
def test_a_storage_that_does_not_answer_is_given_up(
    jobs: Loopback, monkeypatch: pytest.MonkeyPatch, turn: int
) -> None:
    monkeypatch.setattr(answers, "TIMEOUT", 0.3)
    late = threading.Event()
    jobs.faults[turn] = lambda handler, request, answer: (late.wait(5), None)[1]
    with pytest.raises(NetworkUnavailable) as raised:
        list(collector(jobs.url).gone(known(1)))
    late.set()
    assert raised.value.code == "unreachable"


def test_what_opens_the_storage_reaches_no_log_and_no_error(
    jobs: Loopback, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    def mangle(handler: Handler, request: Request, answer: Answer) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nsans deux-points\r\n\r\n{}"
        handler.wfile.write(head)
        handler.close_connection = True

    def half(handler: Handler, request: Request, answer: Answer) -> None:
        handler.send(Answer(answer.bytes[:-2]))

    def without_number(handler: Handler, request: Request, answer: Answer) -> None:
        job = json.loads(answer.bytes)["data"]
        handler.send(Answer({"data": {"upload_url": job["upload_url"]}}))

    caplog.set_level(logging.DEBUG)
    for name in ("tweepy", "tweepy.client", "urllib3"):
        caplog.set_level(logging.DEBUG, logger=name)
    echo = says(503, f"{SIGNATURE} {KEY}".encode())
    said: list[str] = []
    for fault in (None, hang_up, cut, half, without_number, mangle, echo, says(403)):
        for turn in range(4):
            if fault is not None:
                jobs.faults[len(jobs.requests) + turn] = fault
            ours = collector(jobs.url)
            try:
                said += [repr(page) for page in ours.gone(known(1))]
            except CollectorError as error:
                said += [repr(error), repr(error.values), *traceback.format_exception(error)]
                said.append(repr(getattr(error, "body", None)))
            jobs.faults.clear()
    found = "".join([*said, caplog.text, *capfd.readouterr()])
    assert SIGNATURE not in found
    assert KEY not in found
    assert len(said) > 32


def test_a_recorded_answer_to_a_job_is_obeyed(fixtures: Path, jobs: Loopback) -> None:
    body = (fixtures / "x" / "tweets_compliance.jsonl").read_bytes()
    named = [json.loads(line)["id"] for line in body.splitlines() if line]
    jobs.faults[3] = says(200, body)
    [page] = collector(jobs.url).gone([KnownPost(it, None, None) for it in named] + known(1))
    assert (list(page.gone), page.refused) == (named, [])
    assert named


# Keys


def test_a_good_key_is_told_from_a_bad_one_for_nothing(server: Loopback, spending: Any) -> None:
    budget, spent = spending(dollars=1)
    collector(server.url, budget=budget).check()
    assert spent() == Amount()
    assert len(server.requests) == 1
    with pytest.raises(MissingCredentials) as raised:
        collector(server.url, bearer_token="un-autre-jeton").check()
    assert raised.value.values == {"status": 401}


@pytest.mark.parametrize("key", ["", "deux\nlignes", "guillemets “courbes”", "clé"])
def test_a_key_that_cannot_be_one_is_never_sent(server: Loopback, key: str) -> None:
    with pytest.raises(MissingCredentials) as raised:
        collector(server.url, bearer_token=key).check()
    assert raised.value.code == "key-malformed"
    assert server.requests == []


def test_a_key_is_pasted_with_spaces_around_it(server: Loopback) -> None:
    collector(server.url, bearer_token=f" {KEY}\n").check()


def test_no_key_reaches_a_log_an_error_or_a_cursor(
    server: Loopback, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("tweepy", "tweepy.client", "urllib3"):
        caplog.set_level(logging.DEBUG, logger=name)
    said: list[str] = []
    for fault in (None, says(401, KEY.encode()), says(503, KEY.encode()), cut, hang_up, says(400)):
        if fault is not None:
            server.faults[len(server.requests)] = fault
        try:
            ours = collector(server.url)
            said += [str(page.cursor) for page in ours.pages(QUERY)]
        except CollectorError as error:
            said += [repr(error), repr(error.values), *traceback.format_exception(error)]
    said.append(repr(ours))
    assert KEY not in "".join([*said, caplog.text, *capfd.readouterr()])
    assert len(said) > 6


def test_the_address_is_a_setting_and_x_is_the_default(server: Loopback) -> None:
    assert x.X(bearer_token=KEY, budget=Nothing()).seconds_between_calls == 1.0
    assert collector(server.url).seconds_between_calls == 0.0
    assert collector(server.url.replace("127.0.0.1", "localhost")).seconds_between_calls == 0.0
    collector(server.url + "/").check()
    assert server.requests[0].path == "/2/tweets"


# Money


@pytest.fixture
def spending(tmp_path: Path) -> Callable[..., tuple[Budget, Callable[[], Amount]]]:
    def open_budget(
        dollars: float | None = None, posts: int | None = None
    ) -> tuple[Budget, Callable[[], Amount]]:
        ledger = Ledger(tmp_path)
        campaign = Campaign("essai", "Essai", budget_dollars=dollars, budget_posts=posts)
        return ledger.budget(campaign, Network.X), lambda: ledger.spent("essai", Network.X)

    return open_budget


def price(*documents: Any) -> Amount:
    """What answers cost, read from X's price list."""
    posts = users = 0
    for document in documents:
        included = document.get("includes", {})
        posts += len(document.get("data", [])) + len(included.get("tweets", []))
        users += len(included.get("users", []))
    return Amount(posts, posts * Decimal("0.005") + users * Decimal("0.010"))


def test_a_run_costs_what_its_answers_hold(
    network: Server, campaign: Invented, spending: Any
) -> None:
    budget, spent = spending(dollars=1_000)
    given: list[Any] = []

    def answer(request: Request) -> Answer:
        given.append(network.answer(request))
        return given[-1]

    with Loopback(answer) as server:
        ours = collector(server.url, budget=budget)
        pages = list(ours.pages(QUERY))
        assert set(ids(pages)) == expected(campaign)
        assert len(given) == fewest_requests(campaign)
        list(ours.reread(known(*range(30))))
    assert spent() == price(*(json.loads(it.bytes) for it in given))


@pytest.mark.parametrize("limit", [{"dollars": 4.0}, {"posts": 300}])
def test_a_budget_is_used_and_never_exceeded(
    server: Loopback, spending: Any, limit: dict[str, float]
) -> None:
    budget, spent = spending(**limit)
    read: list[Page] = []
    with pytest.raises(BudgetSpent) as raised:
        for page in collector(server.url, budget=budget).pages(QUERY):
            read.append(page)
    assert raised.value.code == ("budget" if "dollars" in limit else "budget-posts")
    assert raised.value.after is None
    assert len(ids(read)) > 100
    assert spent().dollars <= 4
    assert spent().posts <= 300 or "posts" not in limit
    left = budget.left()
    assert left.dollars < Decimal("0.55") or left.posts < 30
    assert min(int(it.one("max_results") or 0) for it in server.requests) >= 10


def test_a_budget_that_buys_nothing_makes_no_call(server: Loopback, spending: Any) -> None:
    budget, spent = spending(dollars=0.5)
    ours = collector(server.url, budget=budget)
    for call in (
        lambda: list(ours.pages(QUERY)),
        lambda: list(ours.reread(known(*range(20)))),
    ):
        with pytest.raises(BudgetSpent):
            call()
    assert (spent(), server.requests, ours.calls) == (Amount(), [], 0)
    [page] = ours.reread(known(1, 2))
    assert len(page.rows) == 2


def test_nothing_is_spent_before_somebody_says_how_much(server: Loopback, spending: Any) -> None:
    budget, _ = spending()
    with pytest.raises(BudgetSpent) as raised:
        list(collector(server.url, budget=budget).pages(QUERY))
    assert raised.value.code == "budget-needed"
    assert server.requests == []


@pytest.mark.parametrize(
    ("fault", "is_answered"),
    [
        (hang_up, False),
        (says(429), False),
        (says(503), False),
        (says(402), False),
        (says(200, {"errors": [{"title": "Down"}]}), False),
        (cut, True),
        (says(200, b"<html>"), True),
        (says(200, b"[]"), True),
    ],
)
def test_a_call_without_an_answer_is_free_and_one_cut_short_costs_the_most(
    server: Loopback, spending: Any, fault: Fault, is_answered: bool
) -> None:
    budget, spent = spending(dollars=5.5)
    server.faults[0] = fault
    with pytest.raises(CollectorError):
        list(collector(server.url, budget=budget).pages(QUERY))
    assert server.requests[0].one("max_results") == "100"
    assert spent() == (Amount(300, Decimal("5.5")) if is_answered else Amount())


def test_the_most_that_a_call_can_cost_is_noted_before_it(network: Server, spending: Any) -> None:
    budget, spent = spending(dollars=5.5)
    during: list[Amount] = []

    def answer(request: Request) -> Answer:
        during.append(spent())
        return network.answer(request)

    with Loopback(answer) as server:
        next(collector(server.url, budget=budget).pages(QUERY))
    assert during == [Amount(300, Decimal("5.5"))]
    assert spent().dollars < 5


# What it would cost


def test_an_estimate_counts_the_posts_before_any_is_read(
    server: Loopback, campaign: Invented, spending: Any
) -> None:
    budget, spent = spending(dollars=1)
    estimate = collector(server.url, budget=budget).estimate(QUERY)
    assert estimate.requests == fewest_requests(campaign)
    assert estimate.posts == 2_448  # X counts what it would give, its noise included
    assert sum(estimate.per_day.values()) == 2_448
    assert BEGIN.date() <= min(estimate.per_day) < max(estimate.per_day) < END.date()
    assert estimate.dollars == 2_448 * Decimal("0.018")
    assert estimate.most_dollars == 2_448 * Decimal("0.055")
    assert {it.path for it in server.requests} == {"/2/tweets/counts/all"}
    assert {it.one("granularity") for it in server.requests} == {"day"}
    assert spent() == Amount(0, len(server.requests) * Decimal("0.010"))


def test_an_estimate_goes_through_all_the_months(server: Loopback) -> None:
    query = Query((TAG,), BEGIN - timedelta(days=100), END + timedelta(days=40))
    assert collector(server.url).estimate(query).posts == 2_448
    assert len(server.requests) > 4


def test_an_estimate_of_the_last_days_costs_half(server: Loopback, spending: Any) -> None:
    budget, spent = spending(dollars=1)
    query = Query((TAG,), datetime.now(UTC) - timedelta(days=3))
    estimate = collector(server.url, budget=budget).estimate(query)
    assert (estimate.posts, estimate.requests, estimate.dollars) == (0, 1, 0)
    assert [it.path for it in server.requests] == ["/2/tweets/counts/recent"]
    assert spent() == Amount(0, Decimal("0.005"))


def test_counts_that_never_end_are_counted_once() -> None:
    day = {"start": "2026-06-01T00:00:00.000Z", "end": "2026-06-02T00:00:00.000Z"}
    body = {"data": [{**day, "tweet_count": 5}], "meta": {"next_token": "encore"}}
    with Loopback(lambda request: Answer(body)) as server:
        query = Query((TAG,), BEGIN - timedelta(days=9), END)
        assert collector(server.url).estimate(query).posts == 5
        assert len(server.requests) == 2


@pytest.mark.parametrize("body", [{"errors": [{"title": "Down"}]}, {"data": "?"}])
def test_counts_that_cannot_be_read_are_a_fault_that_may_pass(body: Any) -> None:
    with (
        Loopback(lambda request: Answer(body)) as server,
        pytest.raises(NetworkUnavailable) as raised,
    ):
        collector(server.url).estimate(QUERY)
    assert raised.value.code == "error-answer"


# Recorded answers


def replayed(bodies: list[bytes], **headers: str) -> Callable[[Request], Answer]:
    """One recorded answer after the other, packed as X packs them, then an empty page."""
    waiting = iter(bodies)

    def answer(request: Request) -> Answer:
        body = next(waiting, b'{"meta":{"result_count":0}}')
        return Answer(gzip.compress(body), headers={**headers, "Content-Encoding": "gzip"})

    return answer


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_pages_are_read_as_the_parser_reads_them(fixtures: Path, name: str) -> None:
    text = (fixtures / "x" / name).read_text("utf-8")
    pages = [json.loads(text)] if name.endswith(".json") else map(json.loads, text.splitlines())
    documents = [page for page in pages if isinstance(page.get("data"), list)]
    for page in documents[:-1]:
        page.setdefault("meta", {})["next_token"] = "suite"
    posts = [post for page in documents for post in readers.posts(page)]
    assert not [post for post in posts if isinstance(post, Unreadable)]
    tags = {tag for post in posts if isinstance(post, Post) for tag in post.hashtags}
    query = Query(tuple(sorted(tags or {"rien"}))[:40])
    with Loopback(replayed([json.dumps(page).encode() for page in documents])) as server:
        read = [post for page in collector(server.url).pages(query) for post in page.rows]
    assert read == [post for post in posts if isinstance(post, Post) and query.holds(post)]


def recorded(fixtures: Path, name: str) -> tuple[bytes, dict[str, str]]:
    [exchange] = json.loads((fixtures / "x" / f"{name}.replay.json").read_text("utf-8"))
    response = exchange["response"]
    left_out = {"content-encoding", "content-length", "set-cookie"}
    headers = {it: said[0] for it, said in response["headers"].items() if it not in left_out}
    return json.dumps(response["body"]).encode(), headers


def test_a_recorded_search_of_tweepy_is_read(fixtures: Path) -> None:
    body, headers = recorded(fixtures, "test_client_search_recent_tweets")
    with Loopback(replayed([body], **headers)) as server:
        since = datetime.now(UTC) - timedelta(days=2)
        pages = list(collector(server.url).pages(Query(("Tweepy",), since)))
    assert len(pages) == 2
    assert not [page for page in pages if page.refused]


def test_a_recorded_count_of_tweepy_is_read(fixtures: Path) -> None:
    body, headers = recorded(fixtures, "test_client_get_recent_tweets_count")
    with Loopback(replayed([body], **headers)) as server:
        query = Query(("Tweepy",), datetime.now(UTC) - timedelta(days=2))
        assert collector(server.url).estimate(query).posts == 411
