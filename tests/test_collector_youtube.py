"""YouTube, asked through Google's client over real HTTP: a server on loopback speaks for it."""

from __future__ import annotations

import json
import logging
import socket
import struct
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mangling import STRANGE, mangled, places

from collectors.access import answers
from collectors.base import (
    CollectorError,
    MissingCredentials,
    NetworkUnavailable,
    Page,
    Query,
    QuotaExhausted,
    Refusal,
)
from collectors.networks import youtube_search, youtube_transport
from collectors.networks.youtube import YouTube
from collectors.readers import youtube
from data.model import Account, Kind, KnownPost, Post, Reference
from tests.invented import BEGIN, END, TAG, Invented, InventedPost
from tests.loopback import Answer, Fault, Handler, Loopback, Request
from tests.payloads.youtube.server import (
    MUTATIONS,
    SECRETS,
    Server,
    Threads,
    channel_id,
    collector,
    expected,
    fewest_requests,
    refusal,
    video_id,
    wrong_key,
)

KEY = SECRETS["api_key"]
QUERY = Query((TAG,), BEGIN, END)


@pytest.fixture(scope="module")
def campaign() -> Invented:
    return Invented(1_200)


@pytest.fixture(scope="module")
def small() -> Invented:
    return Invented(150)


@pytest.fixture
def network() -> Iterator[Callable[[Invented], Loopback]]:
    """Serves a campaign until the test is over."""
    with ExitStack() as running:
        yield lambda campaign: running.enter_context(Loopback(Server(campaign).answer))


def an_hour_apart(number: int, author: int = 1) -> InventedPost:
    at = BEGIN + timedelta(hours=number % 600)
    return InventedPost(number, author, at, "original", None, f"Invention {number} #{TAG}", 3, 90)


def comment(number: int, target: int, minutes: int = 5) -> InventedPost:
    at = BEGIN + timedelta(days=26, minutes=minutes)
    return InventedPost(number, number % 40, at, "reply", target, f"Bravo {number}", 1, 0)


def of_posts(posts: Iterable[InventedPost]) -> Invented:
    campaign = Invented(0)
    campaign.posts = list(posts)
    return campaign


def rows(pages: Iterable[Page]) -> list[Post]:
    return [post for page in pages for post in page.rows]


def ids(pages: Iterable[Page]) -> list[str]:
    return [post.post_id for post in rows(pages)]


def known(*post_ids: str) -> list[KnownPost]:
    return [KnownPost(post_id, None, None) for post_id in post_ids]


def asked(server: Loopback) -> Counter[str]:
    return Counter(request.path.rpartition("/")[2] for request in server.requests)


def failure_of(act: Callable[[], object]) -> CollectorError:
    with pytest.raises(CollectorError) as raised:
        act()
    return raised.value


def says(status: int, body: Any, **headers: str) -> Fault:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler, _, __: handler.send(Answer(body, status, named))


def hangs_up(handler: Handler, _: Request, __: Answer) -> None:
    handler.close_connection = True


def resets(handler: Handler, _: Request, __: Answer) -> None:
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


def stops_halfway(handler: Handler, _: Request, answer: Answer) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(answer.bytes)))
    handler.end_headers()
    handler.wfile.write(answer.bytes[: len(answer.bytes) // 2])
    handler.close_connection = True


def test_a_complete_run_gives_every_video_and_comment_once(
    campaign: Invented, network: Callable[[Invented], Loopback]
) -> None:
    server = network(campaign)
    reader = collector(server.url)
    pages = list(reader.pages(QUERY))
    assert set(ids(pages)) == expected(campaign)
    assert len(server.requests) == reader.calls <= fewest_requests(campaign) * 1.05
    assert [page.cursor is None for page in pages] == [False] * (len(pages) - 1) + [True]
    assert {page.missing for page in pages} == {None}
    assert not [page for page in pages if page.refused or page.body]


def test_every_cursor_goes_on_on_a_fresh_collector_exactly_where_it_stopped(
    small: Invented, network: Callable[[Invented], Loopback]
) -> None:
    server = network(small)
    pages = list(collector(server.url).pages(QUERY))
    assert len({page.cursor for page in pages}) == len(pages)
    for place, page in enumerate(pages[:-1]):
        again = list(collector(server.url).pages(QUERY, page.cursor))
        assert again == pages[place + 1 :]


def test_a_cursor_is_short_and_names_nobody(
    campaign: Invented, network: Callable[[Invented], Loopback]
) -> None:
    pages = list(collector(network(campaign).url).pages(QUERY))
    cursors = "\n".join(page.cursor or "" for page in pages)
    assert max(map(len, cursors.splitlines())) < 200
    assert not [post for post in rows(pages) if post.post_id in cursors]
    assert "UCexemple" not in cursors


def test_what_only_looks_like_the_hashtag_does_not_come_through(
    small: Invented, network: Callable[[Invented], Loopback]
) -> None:
    server = network(small)
    found = rows(collector(server.url).pages(QUERY))
    listed = [it.one("id") or "" for it in server.requests if it.path.endswith("/videos")]
    given = ",".join(listed).split(",")
    videos = [post for post in found if post.kind is Kind.ORIGINAL]
    assert len(videos) < len(given), "the search gave nothing else: nothing is tested"
    assert all(post.hashtags == (TAG,) for post in videos)


def test_any_of_several_hashtags_is_searched_for_at_once(
    network: Callable[[Invented], Loopback],
) -> None:
    server = network(of_posts(map(an_hour_apart, range(3))))
    assert ids(collector(server.url).pages(Query(("Autre", TAG)))) == [
        video_id(number) for number in (2, 1, 0)
    ]
    assert server.requests[0].one("q") == f"#Autre|#{TAG}"


def test_the_window_holds_to_the_second_for_videos_and_for_their_comments(
    campaign: Invented, network: Callable[[Invented], Loopback]
) -> None:
    times = sorted(post.published_at for post in campaign.posts)
    since, until = times[300], times[800]
    found = rows(collector(network(campaign).url).pages(Query((TAG,), since, until)))
    threads = Threads(campaign)
    week = timedelta(days=7)
    within = {it.number for it in campaign.posts if since <= it.published_at < until}
    talked_about = {it.number for it in campaign.posts if since - week <= it.published_at < until}
    wanted = {
        threads.post_id(number)
        for number in within
        if campaign.posts[number].kind != "repost"
        and threads.above.get(number, (0, number))[1] in talked_about
    }
    assert {post.post_id for post in found} == wanted
    assert {post.kind for post in found} == {Kind.ORIGINAL, Kind.REPLY}


def test_numbers_are_read_as_written_and_hidden_ones_are_unknown(
    small: Invented, network: Callable[[Invented], Loopback]
) -> None:
    found = {post.post_id: post for post in rows(collector(network(small).url).pages(QUERY))}
    threads = Threads(small)
    for invented in small.of_kinds("original", "quote"):
        post = found[video_id(invented.number)]
        replies = threads.below.get(invented.number, {})
        said = sum(1 + len(more) for more in replies.values())
        is_closed = invented.number % 5 == 0 and not said
        assert post.likes == (None if invented.number % 7 == 3 else invented.likes)
        assert post.impressions == invented.views
        assert post.replies == (None if is_closed else said)
        is_hidden = invented.author % 9 == 4
        followers = None if is_hidden else Invented.followers(invented.author)
        assert post.author == Account(channel_id(invented.author))
        assert post.author_followers == followers
    assert {None} < {post.author_followers for post in found.values()}


def test_comments_say_whom_they_answer_and_under_which_video(
    campaign: Invented, network: Callable[[Invented], Loopback]
) -> None:
    found = {post.post_id: post for post in rows(collector(network(campaign).url).pages(QUERY))}
    threads = Threads(campaign)
    depths = set()
    for number, (first, video) in threads.above.items():
        answered = video if first == number else first
        post = found[threads.post_id(number)]
        author = Account(channel_id(campaign.posts[answered].author))
        assert post.reply_to == Reference(threads.post_id(answered), author)
        assert post.root_id == video_id(video)
        assert post.text == campaign.posts[number].text
        depths.add(first == number)
    assert depths == {True, False}


def test_a_search_that_ends_at_its_cap_goes_on_below_the_oldest_it_gave(
    network: Callable[[Invented], Loopback],
) -> None:
    campaign = of_posts(
        InventedPost(n, 1, BEGIN + timedelta(minutes=n), "original", None, f"#{TAG}", 1, 1)
        for n in range(1_203)
    )
    server = network(campaign)
    reader = collector(server.url)
    pages = list(reader.pages(Query((TAG,))))
    assert set(ids(pages)) == expected(campaign)
    assert {page.missing for page in pages} == {None}
    assert len(server.requests) <= fewest_requests(campaign) * 1.05
    bounds = [it.one("publishedBefore") for it in server.requests if it.path.endswith("/search")]
    first, *later = dict.fromkeys(bounds)
    assert first is None
    assert len(later) == 2
    assert later == sorted(later, reverse=True)
    assert all(bound.endswith(":01Z") for bound in later), "the last second is asked for again"


def test_a_capped_search_that_reached_the_begin_of_the_window_is_the_last(
    network: Callable[[Invented], Loopback],
) -> None:
    campaign = of_posts(
        InventedPost(n, 1, BEGIN + timedelta(minutes=n), "original", None, f"#{TAG}", 1, 1)
        for n in range(470)
    )
    server = network(campaign)
    week_later = Query((TAG,), BEGIN + timedelta(days=7), END)
    list(collector(server.url).pages(week_later))
    assert asked(server)["search"] == 10


def test_more_videos_in_a_second_than_a_search_gives_are_said_to_be_missing(
    network: Callable[[Invented], Loopback],
) -> None:
    server = network(
        of_posts(InventedPost(n, 1, BEGIN, "original", None, f"#{TAG}", 1, 1) for n in range(700))
    )
    pages = list(collector(server.url).pages(Query((TAG,))))
    listed = [it.one("id") or "" for it in server.requests if it.path.endswith("/videos")]
    assert len(set(",".join(listed).split(","))) == 500
    assert [page.missing for page in pages if page.missing] == ["capped"]
    assert pages[-1].missing == "capped"
    assert asked(server)["search"] == 20


def test_a_video_with_too_many_threads_is_said_to_be_capped(
    network: Callable[[Invented], Loopback],
) -> None:
    said = [comment(number, 0) for number in range(1, 1_101)]
    server = network(of_posts([an_hour_apart(0), *said]))
    videos, comments = collector(server.url).pages(QUERY)
    assert (len(videos.rows), videos.missing) == (1, None)
    assert (len(comments.rows), comments.missing) == (1_000, "capped")
    assert asked(server)["commentThreads"] == 10


def test_replies_that_do_not_come_along_with_their_thread_are_asked_for(
    network: Callable[[Invented], Loopback],
) -> None:
    said = [comment(1, 0), comment(2, 0), *(comment(number, 1) for number in range(3, 130))]
    campaign = of_posts([an_hour_apart(0), *said, *(comment(n, 2) for n in range(130, 134))])
    server = network(campaign)
    found = rows(collector(server.url).pages(QUERY))
    assert {post.post_id for post in found} == expected(campaign)
    assert asked(server)["comments"] == 2, "127 replies; the other thread's four came along"
    assert len(server.requests) == fewest_requests(campaign)
    first = Reference("Ugexemple00000000001AaABAg", Account(channel_id(1)))
    assert [post.reply_to for post in found].count(first) == 127
    assert {post.root_id for post in found if post.reply_to} == {video_id(0)}


def test_long_threads_are_read_up_to_ten_calls_and_then_said_to_be_capped(
    network: Callable[[Invented], Loopback],
) -> None:
    begun = [comment(number, 0) for number in range(1, 13)]
    said = [comment(100 * first.number + n, first.number) for first in begun for n in range(6)]
    numbered = sorted([an_hour_apart(0), *begun, *said], key=lambda post: post.number)
    server = network(of_posts(numbered))
    _, comments = collector(server.url).pages(QUERY)
    assert asked(server)["comments"] == 10
    assert (len(comments.rows), comments.missing) == (12 + 10 * 6 + 2 * 5, "capped")


@pytest.mark.parametrize(
    ("status", "reason"), [(403, "commentsDisabled"), (403, "forbidden"), (404, "videoNotFound")]
)
def test_comments_closed_since_the_video_was_read_are_no_fault(
    network: Callable[[Invented], Loopback], status: int, reason: str
) -> None:
    server = network(of_posts([an_hour_apart(0), an_hour_apart(1), comment(2, 1), comment(3, 0)]))
    closed = refusal(status, reason, domain="youtube.commentThread")
    server.faults[3] = says(status, closed.body)
    pages = list(collector(server.url).pages(QUERY))
    assert [len(page.rows) for page in pages] == [2, 0, 1]


def test_a_call_that_was_answered_is_not_made_again_when_a_later_one_of_its_page_fails(
    network: Callable[[Invented], Loopback],
) -> None:
    said = [comment(number, 0) for number in range(1, 251)]
    server = network(of_posts([an_hour_apart(0), *said]))
    for turn in (1, 3, 6):
        server.faults[turn] = says(503, b"")
    reader = collector(server.url)
    found: list[Page] = []
    for _ in range(4):
        try:
            found += reader.pages(QUERY, found[-1].cursor if found else None)
        except NetworkUnavailable:
            continue
    assert len(rows(found)) == 251
    assert asked(server) == {"search": 1, "videos": 2, "channels": 2, "commentThreads": 4}


def test_a_second_run_of_the_same_collector_searches_anew(
    small: Invented,
) -> None:
    network = Server(small)
    with Loopback(network.answer) as server:
        reader = collector(server.url)
        before = set(ids(reader.pages(QUERY)))
        gone = small.of_kinds("original")[-1].number
        network.remove(gone)
        after = set(ids(reader.pages(QUERY)))
    assert video_id(gone) in before - after
    assert after < before


def test_a_row_that_cannot_be_read_is_named_and_kept_aside(
    network: Callable[[Invented], Loopback],
) -> None:
    def damaged(handler: Handler, _: Request, answer: Answer) -> None:
        document = json.loads(answer.bytes)
        document["items"][1]["statistics"]["viewCount"] = "beaucoup"
        handler.send(Answer(document))

    server = network(of_posts(map(an_hour_apart, range(3))))
    server.faults[1] = damaged
    (page,) = collector(server.url).pages(QUERY)
    assert ids([page]) == [video_id(2), video_id(0)]
    assert page.refused == [Refusal(2, "count", "viewCount=beaucoup")]
    assert page.body is not None
    assert b"beaucoup" in page.body


def test_a_video_that_is_not_public_is_passed_over(
    network: Callable[[Invented], Loopback],
) -> None:
    server = network(of_posts(map(an_hour_apart, range(3))))
    server.faults[1] = hides(video_id(1))
    (page,) = collector(server.url).pages(QUERY)
    assert ids([page]) == [video_id(2), video_id(0)]
    assert (page.refused, page.body) == ([], None)


def hides(hidden: str) -> Fault:
    def unlisted(handler: Handler, _: Request, answer: Answer) -> None:
        document = json.loads(answer.bytes)
        for item in document["items"]:
            if item["id"] == hidden:
                item["status"]["privacyStatus"] = "unlisted"
        handler.send(Answer(document))

    return unlisted


def test_posts_read_again_are_as_complete_as_the_first_time(
    campaign: Invented, network: Callable[[Invented], Loopback]
) -> None:
    server = network(campaign)
    first = {post.post_id: post for post in rows(collector(server.url).pages(QUERY))}
    posts = known(*first)
    reader = collector(server.url)
    pages = list(reader.reread(posts))
    second = {post.post_id: post for post in rows(pages)}
    assert second == first
    assert not [page for page in pages if page.gone or page.refused]
    videos = len(campaign.of_kinds("original", "quote"))
    threads = Threads(campaign)
    begun = len({first for first, _ in threads.above.values()})
    replies = len(threads.above) - begun
    fewest = 2 * videos / 50 + begun / 50 + replies / 50
    assert reader.calls <= fewest + 3 * len(pages)


def test_the_cursor_of_reading_again_counts_the_posts_asked_so_far(
    campaign: Invented, network: Callable[[Invented], Loopback]
) -> None:
    server = network(campaign)
    posts = known(*sorted(expected(campaign)))
    pages = list(collector(server.url).reread(posts))
    for page, following in pairwise(pages):
        assert page.cursor is not None
        rest = collector(server.url).reread(posts[int(page.cursor) :])
        assert next(rest).rows == following.rows
    assert pages[-1].cursor is None
    assert list(collector(server.url).reread([])) == []


@pytest.mark.parametrize("is_strict", [False, True], ids=["left-out", "refused-as-a-whole"])
def test_posts_that_are_gone_are_named_and_those_below_them_too(
    campaign: Invented, is_strict: bool
) -> None:
    threads = Threads(campaign)
    first, video = next((f, v) for n, (f, v) in threads.above.items() if n != f)
    lone = next(n for n, (f, v) in threads.above.items() if n != f and f != first and v != video)
    network = Server(campaign)
    network.is_strict = is_strict
    for number in (first, lone, campaign.of_kinds("quote")[3].number):
        network.remove(number)
    wanted = {threads.post_id(lone), video_id(campaign.of_kinds("quote")[3].number)}
    wanted |= {threads.post_id(n) for n, (f, _) in threads.above.items() if f == first}
    wanted |= {
        threads.post_id(n)
        for n, (_, v) in threads.above.items()
        if v == campaign.of_kinds("quote")[3].number
    }
    posts = sorted(expected(campaign))
    with Loopback(network.answer) as server:
        pages = list(collector(server.url).reread(known(*posts)))
    gone = [post_id for page in pages for post_id in page.gone]
    assert sorted(gone) == sorted(wanted)
    assert set(ids(pages)) == set(posts) - wanted


def test_a_video_that_is_no_longer_public_is_gone(
    network: Callable[[Invented], Loopback],
) -> None:
    server = network(of_posts(map(an_hour_apart, range(3))))
    server.faults[0] = hides(video_id(1))
    (page,) = collector(server.url).reread(known(*map(video_id, range(3))))
    assert page.gone == [video_id(1)]
    assert ids([page]) == [video_id(0), video_id(2)]


def test_comments_that_the_network_will_not_speak_of_are_neither_there_nor_gone(
    network: Callable[[Invented], Loopback],
) -> None:
    server = network(of_posts([an_hour_apart(0), comment(1, 0), comment(2, 1), comment(3, 0)]))
    threads = Threads(of_posts([an_hour_apart(0), comment(1, 0), comment(2, 1), comment(3, 0)]))
    forbidden = refusal(403, "forbidden", domain="youtube.commentThread")
    server.faults[0] = server.faults[1] = says(403, forbidden.body)
    (page,) = collector(server.url).reread(known(*map(threads.post_id, (1, 2, 3))))
    assert ids([page]) == [threads.post_id(3)]
    assert page.gone == []


def test_an_answer_that_does_not_say_what_it_is_makes_nobody_gone(
    network: Callable[[Invented], Loopback],
) -> None:
    server = network(of_posts([an_hour_apart(0)]))
    kind = {"kind": "youtube#videoListResponse"}
    other = {"kind": "youtube#video", "id": video_id(7)}
    another = {"kind": "youtube#searchListResponse"}
    for body in ({}, [], another, {**kind, "items": {}}, {**kind, "items": [other]}):
        server.faults[len(server.requests)] = says(200, body)
        failure = failure_of(lambda: list(collector(server.url).reread(known(video_id(0)))))
        assert isinstance(failure, NetworkUnavailable)
        assert failure.code == "not-json-answer"


def test_ids_too_long_for_an_address_are_posted_by_the_client_and_answered_all_the_same(
    network: Callable[[Invented], Loopback],
) -> None:
    said = [comment(1, 0), *(comment(number, 1) for number in range(2, 52))]
    campaign = of_posts([an_hour_apart(0), *said])
    server = network(campaign)
    replies = [it for it in expected(campaign) if "." in it]
    (page,) = collector(server.url).reread(known(*replies))
    assert sorted(ids([page])) == sorted(replies)
    assert [request.method for request in server.requests] == ["GET", "POST"]


def test_a_search_that_loses_its_token_goes_on_below_what_it_gave(
    network: Callable[[Invented], Loopback],
) -> None:
    campaign = of_posts(map(an_hour_apart, range(170)))
    server = network(campaign)
    first, second = [page for page, _ in zip(collector(server.url).pages(QUERY), range(2))]
    lost = json.dumps({**json.loads(second.cursor or ""), "token": "perdu"})
    failure = failure_of(lambda: list(collector(server.url).pages(QUERY, lost)))
    assert (failure.code, failure.values) == ("refused", {"status": 400})
    rest = collector(server.url).pages(QUERY, failure.after)
    assert {*ids([first, second]), *ids(rest)} == expected(campaign)


@pytest.mark.parametrize("turn", [1, 2], ids=["videos", "channels"])
def test_a_page_that_cannot_be_had_names_the_next_search(
    network: Callable[[Invented], Loopback], turn: int
) -> None:
    server = network(of_posts(map(an_hour_apart, range(120))))
    server.faults[turn] = says(200, b"<html>Bienvenue</html>")
    failure = failure_of(lambda: list(collector(server.url).pages(QUERY)))
    rest = collector(server.url).pages(QUERY, failure.after)
    assert set(ids(rest)) == {video_id(number) for number in range(71)}


def test_comments_that_cannot_be_had_are_passed_over_but_not_twice_in_a_row(
    network: Callable[[Invented], Loopback],
) -> None:
    server = network(
        of_posts([*map(an_hour_apart, range(3)), *(comment(3 + n, n) for n in range(3))])
    )
    reader = collector(server.url)
    videos = next(reader.pages(QUERY))
    server.always = says(500, b"")
    first = failure_of(lambda: list(reader.pages(QUERY, videos.cursor)))
    assert first.after is not None
    assert failure_of(lambda: list(reader.pages(QUERY, videos.cursor))).after == first.after
    second = failure_of(lambda: list(reader.pages(QUERY, first.after)))
    assert second.after is None, "it is the network that fails"
    server.always = None
    assert len(rows(reader.pages(QUERY, first.after))) == 2


def test_a_network_out_of_reach_names_nothing_to_go_on_with(
    network: Callable[[Invented], Loopback],
) -> None:
    server = network(of_posts([an_hour_apart(0), an_hour_apart(1), comment(2, 0), comment(3, 1)]))
    server.faults[3] = hangs_up
    assert failure_of(lambda: list(collector(server.url).pages(QUERY))).after is None


def test_a_strange_value_anywhere_lets_nothing_but_our_own_errors_out(
    network: Callable[[Invented], Loopback],
) -> None:
    said = [comment(1, 0), *(comment(number, 1) for number in range(2, 9))]
    campaign = of_posts([an_hour_apart(0), *said])
    server = network(campaign)
    reader = collector(server.url)
    posts = known(*sorted(expected(campaign)))
    whole = 0

    @settings(deadline=None, max_examples=200)
    @given(st.integers(0, 4), st.integers(0, 10_000), STRANGE)
    def check(turn: int, seed: int, strange: Any) -> None:
        nonlocal whole

        def mangle(handler: Handler, _: Request, answer: Answer) -> None:
            document = json.loads(answer.bytes)
            inside = list(places(document))
            handler.send(Answer(mangled(document, inside[seed % len(inside)], strange)))

        for read in (lambda: islice(reader.pages(QUERY), 9), lambda: reader.reread(posts)):
            server.faults = {len(server.requests) + turn: mangle}
            try:
                pages = list(read())
            except CollectorError as failure:
                assert failure.code in {"not-json-answer", "refused"}
            else:
                whole += 1
                assert all(page.cursor is None or page.cursor != "{}" for page in pages)

    check()
    assert whole > 50


@given(
    st.lists(
        st.integers(0, 200).flatmap(
            lambda number: st.sampled_from(
                [f"x{number:010d}", f"Ug{number:024d}", f"Ug{number % 90:024d}.{number:022d}"]
            )
        ),
        unique=True,
    )
)
def test_reading_again_asks_for_no_more_than_fifty_of_a_kind_at_once(posts: list[str]) -> None:
    batch = youtube_search.batch_of(posts)
    assert posts[: len(batch)] == list(batch)
    assert bool(batch) == bool(posts)
    videos = [it for it in batch if len(it) == 11]
    threads = {it.partition(".")[0] for it in batch if len(it) > 11}
    replies = [it for it in batch if "." in it]
    assert max(len(videos), len(threads), len(replies)) <= 50


PLATFORM = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "domain": "googleapis.com"}
#: The search's own bucket is spent: not a 403 of YouTube, but a 429 of Google's platform.
SEARCHES_SPENT = {
    "error": {
        "code": 429,
        "message": "Quota exceeded for quota metric 'Search Queries' and limit 'Search Queries "
        "per day' of service 'youtube.googleapis.com'.",
        "errors": [
            {"message": "Quota exceeded", "domain": "global", "reason": "rateLimitExceeded"}
        ],
        "status": "RESOURCE_EXHAUSTED",
        "details": [{**PLATFORM, "reason": "RATE_LIMIT_EXCEEDED"}],
    }
}
SWITCHED_OFF = {
    "error": {
        "code": 403,
        "message": "YouTube Data API v3 has not been used in project 0 before or it is disabled.",
        "errors": [{"domain": "usageLimits", "reason": "accessNotConfigured"}],
        "status": "PERMISSION_DENIED",
        "details": [{**PLATFORM, "reason": "SERVICE_DISABLED"}],
    }
}


def youtube_says(status: int, reason: str, domain: str = "usageLimits") -> tuple[int, Any]:
    return status, refusal(status, reason, domain=domain).body


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (youtube_says(403, "quotaExceeded", "youtube.quota"), QuotaExhausted, "quota"),
        (youtube_says(403, "dailyLimitExceeded"), QuotaExhausted, "quota"),
        ((429, SEARCHES_SPENT), QuotaExhausted, "quota"),
        (youtube_says(403, "rateLimitExceeded"), QuotaExhausted, "quota"),
        (youtube_says(403, "userRateLimitExceeded"), QuotaExhausted, "quota"),
        ((429, b""), QuotaExhausted, "quota"),
        (youtube_says(400, "keyInvalid"), MissingCredentials, "key-refused"),
        ((400, wrong_key("API key not valid.").body), MissingCredentials, "key-refused"),
        ((400, wrong_key("API key expired.").body), MissingCredentials, "key-refused"),
        (youtube_says(403, "ipRefererBlocked"), MissingCredentials, "key-refused"),
        (youtube_says(403, "forbidden", "global"), MissingCredentials, "key-refused"),
        ((403, SWITCHED_OFF), MissingCredentials, "service-disabled"),
        ((401, b""), MissingCredentials, "key-refused"),
        ((403, b"<html>Interdit</html>"), MissingCredentials, "key-refused"),
        (youtube_says(400, "invalidSearchFilter", "youtube.search"), CollectorError, "refused"),
        ((400, {"error": "une panne"}), CollectorError, "refused"),
        ((400, {"error": {"errors": None, "details": {}}}), CollectorError, "refused"),
        ((400, b"[1]"), CollectorError, "refused"),
        ((302, b""), CollectorError, "refused"),
        (youtube_says(500, "backendError", "global"), NetworkUnavailable, "unavailable"),
        ((502, b"<html>Bad Gateway</html>"), NetworkUnavailable, "unavailable"),
        ((200, b"<html>Bienvenue</html>"), NetworkUnavailable, "not-json-answer"),
        ((200, b'{"kind": "youtube#sea'), NetworkUnavailable, "not-json-answer"),
        ((200, b""), NetworkUnavailable, "not-json-answer"),
        ((204, b""), NetworkUnavailable, "not-json-answer"),
    ],
    ids=lambda value: str(value)[:60] if isinstance(value, tuple) else None,
)
def test_what_the_network_refuses_says_what_to_do(
    network: Callable[[Invented], Loopback],
    answer: tuple[int, Any],
    kind: type[CollectorError],
    code: str,
) -> None:
    server = network(of_posts([an_hour_apart(0)]))
    server.always = says(*answer)
    for act in (collector(server.url).check, lambda: list(collector(server.url).pages(QUERY))):
        failure = failure_of(act)
        assert type(failure) is kind
        assert (failure.code, failure.after) == (code, None)
    assert len(server.requests) == 2, "it asks once"


def test_a_spent_quota_is_back_at_midnight_in_california(
    network: Callable[[Invented], Loopback], monkeypatch: pytest.MonkeyPatch
) -> None:
    summer, winter = datetime(2026, 7, 1, 6, 59, tzinfo=UTC), datetime(2026, 1, 31, 20, tzinfo=UTC)
    assert youtube_transport._next_midnight(summer) == datetime(2026, 7, 1, 7, tzinfo=UTC)
    assert youtube_transport._next_midnight(winter) == datetime(2026, 2, 1, 8, tzinfo=UTC)

    server = network(of_posts([an_hour_apart(0)]))
    for answer in (youtube_says(403, "quotaExceeded", "youtube.quota"), (429, SEARCHES_SPENT)):
        server.always = says(*answer)
        failure = failure_of(collector(server.url).check)
        assert isinstance(failure, QuotaExhausted)
        assert failure.resumes_at is not None
        assert failure.resumes_at.minute == 0
        assert timedelta() < failure.resumes_at - datetime.now(UTC) <= timedelta(days=1)

    def without_zones(name: str) -> None:
        raise ZoneInfoNotFoundError(name)

    monkeypatch.setattr(youtube_transport, "ZoneInfo", without_zones)
    assert youtube_transport._next_midnight(summer) == datetime(2026, 7, 1, 8, tzinfo=UTC)


def test_too_many_calls_at_once_wait_as_long_as_a_header_says(
    network: Callable[[Invented], Loopback],
) -> None:
    server = network(of_posts([an_hour_apart(0)]))
    status, body = youtube_says(403, "userRateLimitExceeded")
    server.faults[0] = says(status, body)
    server.faults[1] = says(status, body, Retry_After="90")
    first, second = failure_of(collector(server.url).check), failure_of(collector(server.url).check)
    assert isinstance(first, QuotaExhausted)
    assert isinstance(second, QuotaExhausted)
    assert first.resumes_at is None
    assert second.resumes_at is not None
    assert timedelta(seconds=80) < second.resumes_at - datetime.now(UTC) < timedelta(seconds=91)


@pytest.mark.parametrize("fault", [hangs_up, resets, stops_halfway])
def test_a_broken_connection_is_tried_once_and_the_next_call_is_well(
    network: Callable[[Invented], Loopback], fault: Fault
) -> None:
    server = network(of_posts([an_hour_apart(0)]))
    reader = collector(server.url)
    reader.check()
    server.faults[1] = fault
    failure = failure_of(reader.check)
    assert isinstance(failure, NetworkUnavailable)
    assert failure.code == "unreachable"
    assert len(server.requests) == 2
    reader.check()
    assert len(server.requests) == reader.calls == 3


def test_a_call_without_an_answer_is_given_up(
    network: Callable[[Invented], Loopback], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "TIMEOUT", 0.3)
    server = network(of_posts([an_hour_apart(0)]))
    released = []

    def keeps_silent(handler: Handler, _: Request, __: Answer) -> None:
        released.append(handler.connection.recv(1))  # until the client hangs up

    server.always = keeps_silent
    assert failure_of(collector(server.url).check).code == "unreachable"
    assert len(server.requests) == 1


def test_nobody_at_the_address_is_a_fault_that_may_pass() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    assert failure_of(collector(address).check).code == "unreachable"


def test_the_key_goes_in_a_header_and_never_along_with_a_redirect(
    network: Callable[[Invented], Loopback],
) -> None:
    server, stranger = network(of_posts([an_hour_apart(0)])), network(Invented(0))
    list(collector(server.url).pages(QUERY))
    for request in server.requests:
        assert request.headers["x-goog-api-key"] == KEY
        assert "key" not in request.query
    server.always = says(302, b"", Location=f"{stranger.url}/youtube/v3/i18nLanguages?part=snippet")
    failure_of(collector(server.url).check)
    assert stranger.requests == []


@pytest.mark.parametrize(
    "key", ["", " ", "clé-inventée", "cle\r\nautre: en-tete", "cle inventee\0"]
)
def test_a_key_that_no_header_holds_is_refused_without_a_call(key: str) -> None:
    failure = failure_of(lambda: YouTube(api_key=key))
    assert isinstance(failure, MissingCredentials)
    assert not key.strip() or key.strip() not in repr(failure)


def test_no_key_reaches_a_log_or_the_text_of_an_error(
    network: Callable[[Invented], Loopback],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(answers, "TIMEOUT", 0.3)
    server = network(of_posts([an_hour_apart(0), comment(1, 0)]))
    list(collector(server.url).pages(QUERY))
    told = []
    faults: list[Fault] = [
        *(hangs_up, resets, stops_halfway, lambda handler, *_: handler.connection.recv(1) and None),
        *(says(*answer) for answer in (youtube_says(403, "quotaExceeded"), (500, b""))),
        *(says(*answer) for answer in ((400, wrong_key("API key not valid.").body), (200, b"<"))),
    ]
    for fault in faults:
        server.always = fault
        failure = failure_of(lambda: list(collector(server.url).pages(QUERY)))
        told.append("".join(traceback.format_exception(failure)) + repr(vars(failure)))
    told += [record.getMessage() for record in caplog.records]
    told += [repr(vars(record)) for record in caplog.records]
    told += capsys.readouterr()
    assert caplog.records, "the client says nothing at all: nothing is tested"
    assert len([text for text in told if "youtube/v3/search" in text]) > 1
    assert not [text for text in told if KEY in text]


def test_a_check_costs_one_call_and_no_search(
    network: Callable[[Invented], Loopback],
) -> None:
    server = network(Invented(0))
    collector(server.url).check()
    assert asked(server) == {"i18nLanguages": 1}
    wrong = YouTube(api_key="cle-perimee-et-inventee", address=server.url)
    assert isinstance(failure_of(wrong.check), MissingCredentials)


def test_a_campaign_that_nobody_filmed_is_one_empty_page(
    network: Callable[[Invented], Loopback],
) -> None:
    server = network(Invented(0))
    assert list(collector(server.url).pages(QUERY)) == [Page([], None, [], [])]
    assert len(server.requests) == fewest_requests(Invented(0)) == 1


@pytest.mark.parametrize("name", sorted(MUTATIONS))
def test_a_damaged_answer_costs_no_more_than_what_is_damaged(
    small: Invented, network: Callable[[Invented], Loopback], name: str
) -> None:
    server = network(small)
    whole = {post.post_id: post for post in rows(collector(server.url).pages(QUERY))}
    mutate = MUTATIONS[name]
    server.always = lambda handler, request, answer: handler.send(mutate(request, answer))
    reader = collector(server.url)
    if name == "expired-token":
        assert isinstance(failure_of(lambda: list(reader.pages(QUERY))), MissingCredentials)
    elif name == "partial-errors":
        assert isinstance(failure_of(lambda: list(reader.pages(QUERY))), NetworkUnavailable)
    else:
        found = {post.post_id: post for post in rows(reader.pages(QUERY))}
        assert found.keys() == whole.keys()
        changed = [it for it in found if found[it] != whole[it]]
        assert all(found[it].author is None for it in changed)
        assert bool(changed) == (name == "missing-author")


def recorded(folder: Path, name: str) -> Any:
    return json.loads((folder / "youtube" / f"{name}.json").read_text("utf-8"))


@pytest.fixture
def replay(fixtures: Path) -> Iterator[Loopback]:
    """Answers every list with what YouTube once answered to such a one."""
    names = {
        "search": "apidata__search__search_by_keywords_p1",
        "videos": "apidata__videos__videos_info_multi",
        "channels": "apidata__channels__info_multiple",
        "commentThreads": "apidata__comment_threads__comment_threads_by_video_paged_1",
    }

    def answer(request: Request) -> Answer:
        resource = request.path.rpartition("/")[2]
        body = (fixtures / "youtube" / f"{names[resource]}.json").read_bytes()
        # A recorded page does not change with the token that it is asked for by.
        if request.one("pageToken"):
            return Answer({"kind": f"youtube#{resource.removesuffix('s')}ListResponse"})
        return Answer(body)

    with Loopback(answer) as server:
        yield server


def test_a_recorded_search_leads_to_the_videos_that_it_names(
    replay: Loopback, fixtures: Path
) -> None:
    pages = list(collector(replay.url).pages(Query(("uneEtiquetteInventee",))))
    found = recorded(fixtures, "apidata__search__search_by_keywords_p1")["items"]
    listed = [request for request in replay.requests if request.path.endswith("/videos")]
    assert (listed[0].one("id") or "").split(",") == [it["id"]["videoId"] for it in found]
    assert rows(pages) == []
    assert not [page for page in pages if page.refused]


def test_recorded_videos_are_read_as_the_parser_reads_them_with_their_subscribers(
    replay: Loopback, fixtures: Path
) -> None:
    document = recorded(fixtures, "apidata__videos__videos_info_multi")
    plain = [post for post in youtube.posts(document) if isinstance(post, Post)]
    channels = recorded(fixtures, "apidata__channels__info_multiple")["items"]
    subscribers = {it["id"]: int(it["statistics"]["subscriberCount"]) for it in channels}
    (page,) = collector(replay.url).reread(known(*(post.post_id for post in plain)))
    assert len(page.rows) == len(document["items"])
    for post, read in zip(plain, page.rows, strict=True):
        assert post.author is not None
        assert read == post._replace(author_followers=subscribers.get(post.author.id or ""))


def test_recorded_comments_are_read_as_the_parser_reads_them(
    replay: Loopback, fixtures: Path
) -> None:
    name = "apidata__comment_threads__comment_threads_by_video_paged_1"
    plain = [post for post in youtube.posts(recorded(fixtures, name)) if isinstance(post, Post)]
    (page,) = collector(replay.url).reread(known(*(post.post_id for post in plain)))
    assert list(page.rows) == plain
    assert page.gone == []


def test_a_recorded_page_of_a_videos_comments_is_read_whole(
    replay: Loopback, fixtures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recorded videos bear no hashtag: here every one of them is the campaign's."""
    monkeypatch.setattr(Query, "holds", lambda query, post: True)
    name = "apidata__comment_threads__comment_threads_by_video_paged_1"
    plain = [post for post in youtube.posts(recorded(fixtures, name)) if isinstance(post, Post)]
    pages = list(collector(replay.url).pages(Query(("uneEtiquetteInventee",))))
    comments = [post for post in rows(pages) if post.kind is Kind.REPLY]
    videos = [post for post in rows(pages) if post.kind is Kind.ORIGINAL]
    discussed = [post for post in videos if post.replies]
    assert comments == plain * len(discussed)
