"""Mastodon's collector, through its real client over real HTTP, against instances on loopback."""

from __future__ import annotations

import copy
import json
import logging
import random
import socket
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from mangling import places

from collectors.access import answers
from collectors.base import (
    CollectorError,
    MissingCredentials,
    NetworkUnavailable,
    Page,
    Query,
    QuotaExhausted,
)
from collectors.networks.mastodon import Mastodon
from collectors.readers import mastodon
from collectors.readers.fields import Unreadable
from data.model import Account, Kind, KnownPost, Post
from tests.invented import BEGIN, END, TAG, Invented
from tests.loopback import Answer, Fault, Handler, Loopback, Request
from tests.payloads.mastodon.server import (
    MUTATIONS,
    NOISE,
    Server,
    boosters,
    collector,
    expected,
    fewest_requests,
    home,
    status_id,
    uri,
)

CAMPAIGN = Invented(400)
WHOLE = Query((TAG,), BEGIN, END)
Says = Callable[[Request], Answer]


@pytest.fixture(scope="module")
def server() -> Server:
    return Server(CAMPAIGN)


def rows(pages: list[Page]) -> list[Post]:
    return [post for page in pages for post in page.rows]


def ids(pages: list[Page]) -> list[str]:
    return [post.post_id for post in rows(pages)]


def read(says: Says, query: Query = WHOLE) -> tuple[list[Page], list[Request]]:
    """A whole collection from one instance, and what it asked."""
    with Loopback(says) as at:
        return list(collector(at.url).pages(query)), at.requests


def changed(says: Says, change: Callable[[dict[str, Any]], None], part: str = "/tag/") -> Says:
    """The instance, with something else in each status, or account, of some of its answers."""

    def answer(request: Request) -> Answer:
        found = says(request)
        if part not in request.path:
            return found
        items = json.loads(found.bytes)
        for item in items if isinstance(items, list) else [items]:
            change(item)
        return Answer(items, found.status, found.headers)

    return answer


def instead(part: str, says: Says, answer: Answer) -> Says:
    """The instance, with another answer to the requests whose path has this part."""
    return lambda request: answer if part in request.path else says(request)


def known(post: Post, *, by_locator: bool = True) -> KnownPost:
    return KnownPost(post.post_id, post.url, post.locator if by_locator else None)


def a_status(number: int = 0, **more: Any) -> dict[str, Any]:
    """A status of its own, a day after the campaign's beginning and `number` minutes."""
    at = BEGIN + timedelta(days=1, minutes=number)
    account = {"id": "7", "username": "abla", "acct": "abla", "url": "https://pouet.exemple/@abla"}
    return {
        "id": f"01EXEMPLE{number:05}",
        "created_at": at.isoformat(),
        "visibility": "public",
        "uri": f"https://pouet.exemple/users/abla/statuses/{number}",
        "url": f"https://pouet.exemple/@abla/{number}",
        "content": f"<p>#<span>{TAG}</span></p>",
        "tags": [{"name": TAG.lower()}],
        "account": account,
        "reblogs_count": 0,
        **more,
    }


# A whole collection.


def test_a_whole_collection_gives_every_post_and_every_boost(server: Server) -> None:
    pages, requests = read(server.answer)
    assert set(ids(pages)) == expected(CAMPAIGN)
    assert len(requests) <= fewest_requests(CAMPAIGN) * 1.05
    assert [page.cursor for page in pages].index(None) == len(pages) - 1
    assert not any(page.refused for page in pages)
    assert {page.leg for page in pages} == {f"{requests[0].headers['host']} #{TAG}"}


def test_it_counts_its_calls_and_makes_as_many_as_it_counts(server: Server) -> None:
    with Loopback(server.answer) as at:
        source = collector(at.url)
        list(source.pages(WHOLE))
        assert source.calls == len(at.requests)


def test_going_on_from_any_cursor_gives_what_would_have_come(server: Server) -> None:
    with Loopback(server.answer) as at:
        pages = list(collector(at.url).pages(WHOLE))
        for number, page in enumerate(pages[:-1], 1):
            assert list(collector(at.url).pages(WHOLE, page.cursor)) == pages[number:]


def test_boosts_are_reposts_without_a_date_or_counts_and_with_their_post(server: Server) -> None:
    pages, _ = read(server.answer)
    post = next(it for it in CAMPAIGN.of_kinds("original") if boosters(CAMPAIGN, it.number))
    boost = boosters(CAMPAIGN, post.number)[0]
    name = f"{boost.handle}@{home(boost.author)}"
    found = {it.post_id: it for it in rows(pages)}
    boosted, original = found[f"{uri(post)}#repost:{name}"], found[uri(post)]
    assert boosted.kind is Kind.REPOST
    assert boosted.author == Account(name, name)
    assert boosted.author_followers == Invented.followers(boost.author)
    assert boosted.repost_of is not None and boosted.repost_of.post_id == original.post_id
    assert (boosted.text, boosted.hashtags) == (original.text, original.hashtags)
    assert (boosted.published_at, boosted.likes, boosted.reposts) == (None, None, None)
    assert boosted.locator is None


def test_a_post_says_where_to_read_it_again(server: Server) -> None:
    with Loopback(server.answer) as at:
        page = next(collector(at.url).pages(WHOLE))
        post = next(it for it in page.rows if it.kind is not Kind.REPOST)
        [invented] = [it for it in CAMPAIGN.posts if uri(it) == post.post_id]
        assert post.locator == f"{at.url}/api/v1/statuses/{status_id(invented)}"


def test_only_the_instance_is_called_whatever_its_links_say(server: Server) -> None:
    _, requests = read(server.answer)
    # Its links name another host; one of them, followed, would not have come here.
    assert all(request.query.get("limit") in (["40"], ["80"]) for request in requests)
    assert {request.method for request in requests} == {"GET"}
    assert not any("authorization" in request.headers for request in requests)


def test_the_hashtag_may_be_typed_with_its_sign_and_twice(server: Server) -> None:
    pages, requests = read(server.answer, Query((f"#{TAG}", TAG.upper()), BEGIN, END))
    assert set(ids(pages)) == expected(CAMPAIGN)
    assert len(requests) <= fewest_requests(CAMPAIGN) * 1.05


def test_a_hashtag_cannot_lead_to_another_path(server: Server) -> None:
    _, requests = read(server.answer, Query(("../../v1/statuses?x=1",)))
    assert requests[0].path.startswith("/api/v1/timelines/tag/..%2F")
    assert "x" not in requests[0].query


@pytest.mark.parametrize(
    ("written", "name", "read_as"),
    [
        ("LibertéPourTous", "libertepourtous", "LibertéPourTous"),
        ("LibertePourTous", "libertepourtous", "libertepourtous"),
        ("Ŋutsu", "nutsu", "Ŋutsu"),
        ("Łódź", "lodz", "Łódź"),
        ("Été", "été", "été"),
    ],
)
def test_a_hashtag_is_read_as_it_is_written_though_the_server_drops_its_accents(
    written: str, name: str, read_as: str
) -> None:
    status = a_status(content=f"<p>Voilà #<span>{written}</span></p>", tags=[{"name": name}])
    [post] = mastodon.posts([status])
    assert isinstance(post, Post)
    assert post.hashtags == (read_as,)


# The window.


def test_posts_outside_of_the_window_are_left_out(server: Server) -> None:
    begin, end = BEGIN + timedelta(days=9), BEGIN + timedelta(days=12)
    pages, _ = read(server.answer, Query((TAG,), begin, end))
    inside = [
        uri(post)
        for post in CAMPAIGN.of_kinds("original", "reply", "quote")
        if begin <= post.published_at < end
    ]
    assert inside
    assert sorted(it.post_id for it in rows(pages) if it.kind is not Kind.REPOST) == sorted(inside)


def test_the_days_after_and_before_the_window_are_not_paged_through() -> None:
    campaign = Invented(3_000)
    server = Server(campaign)
    begin, end = BEGIN + timedelta(days=2), BEGIN + timedelta(days=3)
    _, requests = read(server.answer, Query((TAG,), begin, end))
    timelines = [request for request in requests if "/tag/" in request.path]
    # One page of today, then four days: the window and the days in which posts come late.
    assert len(timelines) <= 2 + 4 * 3_000 / 28 / 40


def test_without_a_window_everything_is_read(server: Server) -> None:
    pages, _ = read(server.answer, Query((TAG,)))
    assert set(ids(pages)) > expected(CAMPAIGN)
    assert len(ids(pages)) == len(expected(CAMPAIGN)) + len(NOISE) - 1
    assert len(pages[-1].rows) == 0  # only an empty page says that it is the last


def test_ids_that_are_no_moments_end_at_the_first_page_that_is_too_old() -> None:
    statuses = [a_status(number) for number in range(200)][::-1]

    def says(request: Request) -> Answer:
        below = request.one("max_id") or "1"
        shown = [it for it in statuses if it["id"] < below][:40]
        link = f'<https://autre.exemple/x?max_id={shown[-1]["id"]}>; rel="next"'
        return Answer(shown, headers={"Link": link})

    pages, requests = read(says, Query((TAG,), BEGIN + timedelta(days=1, minutes=100)))
    assert len(rows(pages)) == 100
    assert len(requests) == 4


# Servers that are not quite Mastodon.


def test_a_server_without_links_is_paged_by_its_ids() -> None:
    statuses = [a_status(number) for number in range(100)][::-1]

    def snac2(request: Request) -> Answer:
        if "/tag/" not in request.path:
            return Answer(b"not found", 404, {"Content-Type": "text/plain"})
        below = request.one("max_id") or "1"
        return Answer([it for it in statuses if it["id"] < below][:40])

    pages, requests = read(snac2)
    assert len(set(ids(pages))) == 100
    assert [request.one("max_id") for request in requests] == [
        None,
        *(statuses[number]["id"] for number in (39, 79, 99)),
    ]


def test_a_link_to_the_previous_page_only_is_the_end() -> None:
    link = '<https://autre.exemple/x?min_id=1>; rel="prev"'
    pages, requests = read(lambda _: Answer([a_status()], headers={"Link": link}))
    assert (len(rows(pages)), len(requests)) == (1, 1)


def test_an_empty_page_with_a_link_is_not_the_end() -> None:
    def says(request: Request) -> Answer:
        step = {None: "B", "B": "A", "A": None}[request.one("max_id")]
        link = {"Link": f'<https://autre.exemple/x?max_id={step}>; rel="next"'} if step else {}
        return Answer([] if step else [a_status()], headers=link or {"Link": ""})

    pages, _ = read(says)
    assert [len(page.rows) for page in pages] == [0, 0, 1]


def test_what_is_unlisted_is_refused_and_not_kept(server: Server) -> None:
    says = changed(server.answer, lambda status: status.update(visibility="unlisted"))
    pages, _ = read(says)
    assert not rows(pages)
    assert {refusal.code for page in pages for refusal in page.refused} == {"not-public"}
    assert not any(page.body for page in pages)


def test_who_does_not_want_to_be_indexed_is_left_out() -> None:
    shy = {**a_status()["account"], "noindex": True}
    keen = {**shy, "username": "kofi", "url": "https://pouet.exemple/@kofi", "noindex": False}
    timeline = [a_status(2, reblogs_count=2), a_status(1, account=shy)]

    def says(request: Request) -> Answer:
        return Answer(
            [shy, keen] if "reblogged_by" in request.path else timeline, headers={"Link": ""}
        )

    pages, _ = read(says)
    assert [post.author.id for post in rows(pages) if post.author] == [
        "abla@pouet.exemple",
        "kofi@pouet.exemple",
    ]
    [refusal] = pages[0].refused
    assert (refusal.line, refusal.code, refusal.detail) == (2, "not-public", "noindex")
    assert pages[0].body is None


def test_a_hashtag_that_a_server_never_saw_is_an_empty_one(server: Server) -> None:
    gotosocial = instead("/tag/", server.answer, Answer({"error": "Not Found"}, 404))
    pages, _ = read(gotosocial)
    assert pages == [Page((), leg=pages[0].leg)] or pages[0].rows == []


def test_a_server_of_another_kind_is_no_empty_instance() -> None:
    with Loopback(lambda _: Answer(b"Not Found", 404)) as at, pytest.raises(CollectorError) as told:
        list(collector(at.url).pages(WHOLE))
    assert (told.value.code, told.value.values["status"]) == ("refused", 404)


# Several instances.


def test_an_instance_is_read_after_the_other_and_each_hashtag_by_itself(server: Server) -> None:
    with Loopback(server.answer) as one, Loopback(lambda _: Answer([])) as two:
        source = Mastodon(instances=[f"{one.url}/", two.url, one.url])
        pages = list(source.pages(Query((TAG, "autre"), BEGIN, END)))
        assert set(ids(pages)) == expected(CAMPAIGN)
        asked = [request.path.rpartition("/")[2] for request in two.requests]
    assert asked == ["Libert%C3%A9PourTous", "", "autre"]  # between them: is it switched off?
    legs = list(dict.fromkeys(page.leg for page in pages))
    hosts = [at.url.removeprefix("http://") for at in (one, one, two, two)]
    assert legs == [f"{host} #{tag}" for host, tag in zip(hosts, (TAG, "autre") * 2)]


def test_a_post_is_left_to_its_own_instance_where_that_one_is_asked_too() -> None:
    with Loopback(lambda _: Answer([])) as own, Loopback(lambda _: Answer([])) as other:
        theirs = a_status(1, uri=f"https://{own.url.removeprefix('http://')}/users/abla/statuses/1")
        timeline = [a_status(2), theirs]
        other.answer = lambda _: Answer(timeline, headers={"Link": ""})
        apart = list(Mastodon(instances=[other.url]).pages(WHOLE))
        together = list(Mastodon(instances=[other.url, own.url]).pages(WHOLE))
    assert ids(apart) == [it["uri"] for it in timeline]
    assert ids(together) == [timeline[0]["uri"]]


@pytest.mark.parametrize("status", [401, 403, 422])
def test_a_closed_instance_is_named_and_passed_over(server: Server, status: int) -> None:
    closed = Answer({"error": "This method requires an authenticated user"}, status)
    with Loopback(lambda _: closed) as first, Loopback(server.answer) as second:
        source = Mastodon(instances=[first.url, second.url])
        with pytest.raises(MissingCredentials) as told:
            list(source.pages(WHOLE))
        assert told.value.code == "instance-closed"
        assert told.value.values == {"instance": first.url.removeprefix("http://")}
        assert set(ids(list(source.pages(WHOLE, told.value.after)))) == expected(CAMPAIGN)


def test_an_instance_that_has_switched_its_timelines_off_is_closed_too() -> None:
    feeds = {"local": "disabled", "remote": "disabled"}
    about = {"configuration": {"timelines_access": {"hashtag_feeds": feeds}}}

    def says(request: Request) -> Answer:
        return Answer(about if "/instance" in request.path else [])

    with Loopback(says) as at:
        for call in (lambda it: list(it.pages(WHOLE)), lambda it: it.check()):
            with pytest.raises(MissingCredentials) as told:
                call(collector(at.url))
            assert told.value.code == "instance-closed"


@pytest.mark.parametrize(
    "about",
    [
        Answer({"configuration": {"timelines_access": {"hashtag_feeds": {"local": "public"}}}}),
        Answer({"configuration": {}}),
        Answer({"configuration": "?"}),
        Answer(b"<!doctype html>"),
        Answer({}, 404),
    ],
)
def test_an_instance_without_posts_is_not_closed(about: Answer) -> None:
    pages, requests = read(instead("/instance", lambda _: Answer([]), about))
    assert (rows(pages), len(pages), len(requests)) == ([], 1, 2)


def test_an_instance_that_fails_never_stops_the_others(server: Server) -> None:
    with Loopback(server.answer) as well:
        gone = Loopback(server.answer)
        with gone:
            pass
        source = Mastodon(instances=[gone.url, well.url])
        with pytest.raises(NetworkUnavailable) as told:
            list(source.pages(WHOLE))
        assert told.value.code == "unreachable"
        assert told.value.values == {"instance": gone.url.removeprefix("http://")}
        assert set(ids(list(source.pages(WHOLE, told.value.after)))) == expected(CAMPAIGN)


# Who boosted.


def boosted_by(accounts: int, count: int | None = None) -> Says:
    """One post, boosted by many; eighty a page."""
    everyone = [
        {"id": str(it), "username": f"exemple_{it}", "url": f"https://pouet.exemple/@exemple_{it}"}
        for it in range(accounts)
    ]
    timeline = [a_status(reblogs_count=accounts if count is None else count)]

    def says(request: Request) -> Answer:
        if "reblogged_by" not in request.path:
            return Answer(timeline, headers={"Link": ""})
        begin = int(request.one("max_id") or 0)
        shown = everyone[begin : begin + int(request.one("limit") or 40)]
        link = f'<https://autre.exemple/x?max_id={begin + len(shown)}>; rel="next"'
        return Answer(shown, headers={"Link": link} if begin + len(shown) < accounts else {})

    return says


@pytest.mark.parametrize(("accounts", "calls"), [(1, 1), (80, 1), (81, 2), (200, 3)])
def test_boosts_are_read_eighty_at_a_time_to_the_last(accounts: int, calls: int) -> None:
    pages, requests = read(boosted_by(accounts))
    assert len(rows(pages)) == 1 + accounts
    assert len(requests) == 1 + calls


def test_a_list_of_boosts_that_never_ends_is_left() -> None:
    everyone = boosted_by(80, count=10_000)

    def says(request: Request) -> Answer:
        answer = everyone(replace(request, query={**request.query, "max_id": ["0"]}))
        link = f'<https://autre.exemple/x?max_id={random.random()}>; rel="next"'
        return replace(answer, headers={"Link": link if "reblogged_by" in request.path else ""})

    pages, requests = read(says)
    assert (len(rows(pages)), len(requests)) == (81, 3)


@pytest.mark.parametrize("status", [401, 403, 404, 410, 422])
def test_a_post_whose_boosts_are_not_told_is_kept_without_them(server: Server, status: int) -> None:
    pages, _ = read(instead("reblogged_by", server.answer, Answer({"error": "?"}, status)))
    assert set(ids(pages)) == {it for it in expected(CAMPAIGN) if "#repost:" not in it}


@pytest.mark.parametrize("answer", [Answer({}, 500), Answer({}, 429), Answer(b"<html>")])
def test_boosts_that_fail_are_tried_alone_and_may_be_left_out(answer: Answer) -> None:
    timeline = [a_status(number, reblogs_count=1) for number in range(3)]
    booster = {"id": "9", "username": "kofi", "url": "https://pouet.exemple/@kofi"}

    def usual(request: Request) -> Answer:
        shown = [booster] if "reblogged_by" in request.path else timeline
        return Answer(shown, headers={"Link": ""})

    with Loopback(usual) as at:
        source = collector(at.url)
        at.faults[2] = says(answer)
        with pytest.raises(CollectorError) as told:
            list(source.pages(WHOLE))
        [page] = source.pages(WHOLE)
        # The timeline, three posts' boosts, and the second of these once more.
        assert len(at.requests) == 5
        assert told.value.after is not None
        [without] = source.pages(WHOLE, told.value.after)
        assert len(at.requests) == 6
    assert len(page.rows) == 6
    assert without.rows == [post for post in page.rows if post.kind is not Kind.REPOST]


def test_an_account_that_cannot_be_read_is_refused_and_the_others_kept() -> None:
    def spoil(account: dict[str, Any]) -> None:
        if account.get("id") == "1":
            account["followers_count"] = "beaucoup"

    pages, _ = read(changed(boosted_by(3), spoil, "reblogged_by"))
    assert len(rows(pages)) == 3
    assert [refusal.code for refusal in pages[0].refused] == ["count"]
    assert pages[0].body is not None and b"beaucoup" in pages[0].body


# Reading again.


def posts_of(url: str) -> list[Post]:
    found = rows(list(collector(url).pages(WHOLE)))
    return [post for post in found if post.kind is not Kind.REPOST]


@pytest.mark.parametrize("by_locator", [True, False])
def test_posts_are_read_again_twenty_in_a_call(server: Server, by_locator: bool) -> None:
    with Loopback(server.answer) as at:
        posts = posts_of(at.url)
        if not by_locator:
            server = Server(CAMPAIGN, at.url.removeprefix("http://"))
            at.answer = server.answer
            posts = [post for post in posts_of(at.url) if at.url[7:] in post.post_id]
        assert len(posts) > 100
        at.requests.clear()
        asked = [known(post, by_locator=by_locator) for post in posts]
        pages = list(collector(at.url).reread(asked))
    by_id = {post.post_id: post for post in posts}
    assert {post.post_id: post.likes for post in rows(pages)} == {
        name: post.likes for name, post in by_id.items()
    }
    assert {post.locator for post in rows(pages)} == {post.locator for post in posts}
    assert len(at.requests) == -(-len(posts) // 20) == len(pages)
    assert [page.cursor for page in pages[:-1]] == [str(20 * it) for it in range(1, len(pages))]
    assert pages[-1].cursor is None


@pytest.mark.parametrize("takes_lists", [True, False])
def test_posts_that_are_gone_are_told_from_those_that_are_there(takes_lists: bool) -> None:
    server = Server(CAMPAIGN, takes_lists=takes_lists)
    with Loopback(server.answer) as at:
        posts = posts_of(at.url)[:50]
        numbers = {uri(post): post.number for post in CAMPAIGN.posts if post.kind != "repost"}
        removed = [posts[place].post_id for place in (0, 19, 20, 49)]
        for name in removed:
            server.remove(numbers[name])
        at.requests.clear()
        pages = list(collector(at.url).reread([known(post) for post in posts]))
        calls = len(at.requests)
    assert sorted(name for page in pages for name in page.gone) == sorted(removed)
    assert sorted(ids(pages)) == sorted({post.post_id for post in posts} - set(removed))
    # What a list leaves out is asked for once more by itself.
    assert calls == (3 + 4 if takes_lists else 1 + 50)


def test_a_server_that_misunderstands_a_list_costs_no_post(server: Server) -> None:
    def says(request: Request) -> Answer:
        return Answer([]) if request.path == "/api/v1/statuses" else server.answer(request)

    with Loopback(says) as at:
        posts = posts_of(at.url)[:45]
        at.requests.clear()
        pages = list(collector(at.url).reread([known(post) for post in posts]))
        assert len(at.requests) == 1 + 45
    assert not any(page.gone for page in pages)
    assert len(rows(pages)) == 45


def test_what_is_not_public_any_more_is_gone(server: Server) -> None:
    with Loopback(server.answer) as at:
        posts = posts_of(at.url)[:2]
        states = iter([{"visibility": "private"}, {"account": {"noindex": True}}])
        at.answer = changed(server.answer, lambda status: status.update(next(states)), "/statuses")
        [page] = collector(at.url).reread([known(post) for post in posts])
    # To ask not to be indexed is not to delete: such a post is only not read again.
    assert page.gone == [posts[0].post_id]
    assert (page.rows, page.refused, page.body) == ([], [], None)


@pytest.mark.parametrize("body", [b"<h1>Page introuvable</h1>", b"[]", b""])
def test_a_server_that_has_become_a_website_makes_no_post_gone(server: Server, body: bytes) -> None:
    with Loopback(server.answer) as at:
        posts = posts_of(at.url)[:25]
        at.answer = lambda _: Answer(body, 404)
        pages = list(collector(at.url).reread([known(post) for post in posts]))
    assert not any(page.gone or page.rows for page in pages)


def test_what_cannot_be_read_again_is_neither_there_nor_gone(server: Server) -> None:
    with Loopback(server.answer) as at:
        at.answer = Server(CAMPAIGN, at.url[7:]).answer
        everything = rows(list(collector(at.url).pages(WHOLE)))
        boosts = [post for post in everything if post.kind is Kind.REPOST]
        strangers = [
            KnownPost(
                "https://autre.exemple/users/abla/statuses/1", "https://autre.exemple/@abla/1", None
            ),
            KnownPost(f"{at.url}/users/abla/statuses/1/activity", f"{at.url}/@kofi/1", None),
            KnownPost(f"{at.url}/abla/p/1", f"{at.url}/abla/p/1", None),
            KnownPost("x", None, "https://autre.exemple/api/v1/statuses/1"),
        ]
        at.requests.clear()
        asked = [*strangers, *map(known, boosts)]
        assert list(collector(at.url).reread(asked)) == []
        assert not at.requests


def test_the_cursor_counts_what_was_passed_over_too(server: Server) -> None:
    with Loopback(server.answer) as at:
        posts = [known(post) for post in posts_of(at.url)[:25]]
        asked = [posts[0], KnownPost("x", None, None), *posts[1:], KnownPost("y", None, None)]
        pages = list(collector(at.url).reread(asked))
    assert [page.cursor for page in pages] == ["21", None]


def test_a_server_that_is_down_is_passed_over_with_all_its_posts(server: Server) -> None:
    down = Answer({}, 503)
    with Loopback(lambda _: down) as one, Loopback(server.answer) as two:
        posts = [known(post) for post in posts_of(two.url)[:30]]
        elsewhere = [replace_locator(post, two.url, one.url) for post in posts]
        source = Mastodon(instances=[one.url, two.url])
        with pytest.raises(NetworkUnavailable) as told:
            list(source.reread(elsewhere + posts))
        assert told.value.after == "30"
        assert len(rows(list(source.reread((elsewhere + posts)[30:])))) == 30
        with pytest.raises(NetworkUnavailable) as told:
            list(source.reread(posts + elsewhere))
        assert told.value.after is None


def replace_locator(post: KnownPost, old: str, new: str) -> KnownPost:
    return post._replace(locator=(post.locator or "").replace(old, new))


# Faults, and the client's defects.


def resets(handler: Handler, request: Request, answer: Answer) -> None:
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    handler.connection.close()


def sends_half(handler: Handler, request: Request, answer: Answer) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(answer.bytes)))
    handler.end_headers()
    handler.wfile.write(answer.bytes[: len(answer.bytes) // 2])
    handler.close_connection = True


def sleeps(handler: Handler, request: Request, answer: Answer) -> None:
    time.sleep(0.5)
    handler.close_connection = True


def says(answer: Answer) -> Fault:
    return lambda handler, *_: handler.send(answer)


def failure(server: Server, fault: Fault, call: str = "pages") -> tuple[CollectorError, int]:
    """What comes of a fault at the first request, and how often it was made."""
    with Loopback(server.answer) as at:
        at.always = fault
        source = collector(at.url)
        with pytest.raises(CollectorError) as told:
            source.check() if call == "check" else list(source.pages(WHOLE))
        assert told.value.__cause__ is None and told.value.__suppress_context__
        return told.value, len(at.requests)


@pytest.mark.parametrize("call", ["pages", "check"])
@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        (says(Answer({}, 429)), QuotaExhausted, "quota"),
        (says(Answer({}, 500)), NetworkUnavailable, "unavailable"),
        (says(Answer(b"<html>", 502)), NetworkUnavailable, "unavailable"),
        (says(Answer({}, 503, {"Retry-After": "1"})), NetworkUnavailable, "unavailable"),
        (says(Answer(b"<html>")), NetworkUnavailable, "not-json-answer"),
        (says(Answer(b'[{"id": "1', 200)), NetworkUnavailable, "not-json-answer"),
        (says(Answer(b"")), NetworkUnavailable, "not-json-answer"),
        (says(Answer({"error": "?"})), NetworkUnavailable, "not-json-answer"),
        (says(Answer({}, 418)), CollectorError, "refused"),
        (resets, NetworkUnavailable, "unreachable"),
        (sends_half, NetworkUnavailable, "unreachable"),
        (sleeps, NetworkUnavailable, "unreachable"),
    ],
)
def test_every_fault_is_one_of_the_kinds_and_is_tried_once(
    server: Server,
    fault: Fault,
    kind: type[CollectorError],
    code: str,
    call: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answers, "TIMEOUT", 0.2)
    told, tries = failure(server, fault, call)
    assert (type(told), told.code, tries) == (kind, code, 1)


@pytest.mark.parametrize(
    "reset", ["2126-06-01T00:05:00.000Z", "2126-06-01 00:05:00+00:00", "4935945900"]
)
def test_a_limit_says_when_to_come_back_and_the_client_does_not_wait(
    server: Server, reset: str
) -> None:
    began = time.monotonic()
    told, _ = failure(server, says(Answer({}, 429, {"X-RateLimit-Reset": reset})))
    assert time.monotonic() - began < 1
    assert isinstance(told, QuotaExhausted)
    assert told.resumes_at == datetime(2126, 6, 1, 0, 5, tzinfo=UTC)


def test_headers_that_the_client_stumbles_over_cost_nothing(server: Server) -> None:
    strange = {"X-RateLimit-Reset": "bientot", "X-RateLimit-Remaining": "peu", "deprecation": "x"}

    def answer(request: Request) -> Answer:
        found = server.answer(request)
        return replace(found, headers={**found.headers, **strange})

    pages, _ = read(answer)
    assert set(ids(pages)) == expected(CAMPAIGN)


@pytest.mark.parametrize("location", ["http://127.0.0.1:9/ailleurs", "/api/v1/timelines/tag/autre"])
def test_no_redirection_is_followed(server: Server, location: str) -> None:
    told, tries = failure(server, says(Answer({}, 302, {"Location": location})))
    assert (told.code, told.values["status"], tries) == ("refused", 302, 1)


def test_a_page_that_stays_unreadable_is_passed_over_where_its_link_can_be_read(
    server: Server,
) -> None:
    with Loopback(server.answer) as at:
        whole = list(collector(at.url).pages(WHOLE))

        def half(handler: Handler, request: Request, answer: Answer) -> None:
            handler.send(Answer(answer.bytes[:-1], headers=answer.headers))

        source = collector(at.url)
        at.always = half
        with pytest.raises(NetworkUnavailable) as told:
            next(source.pages(WHOLE))
        at.always = None
        assert told.value.body is not None
        assert told.value.after == whole[0].cursor
        assert list(source.pages(WHOLE, told.value.after)) == whole[1:]


def test_a_page_that_could_not_be_read_is_asked_for_again(server: Server) -> None:
    with Loopback(server.answer) as at:
        at.faults[0] = says(Answer(b"<html>"))
        source = collector(at.url)
        with pytest.raises(NetworkUnavailable):
            list(source.pages(WHOLE))
        assert set(ids(list(source.pages(WHOLE)))) == expected(CAMPAIGN)


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_strange_answer_costs_no_post(server: Server, name: str) -> None:
    pages, _ = read(lambda request: MUTATIONS[name](request, server.answer(request)))
    assert {it for it in ids(pages) if "#" not in it} == {
        it for it in expected(CAMPAIGN) if "#" not in it
    }
    assert not any(page.refused for page in pages)


STRANGE: list[Any] = [None, True, -1, 2**63, 1.5, "", "\x00", "http://[", "@", [], {}, [None], [[]]]


def test_nothing_but_posts_refusals_and_collector_errors_comes_of_any_answer() -> None:
    """Each value of each answer, replaced in turn by what no server promised."""
    chance = random.Random(3)
    booster = {"id": "9", "username": "kofi", "url": "https://pouet.exemple/@kofi"}
    quoted = a_status(1)
    timeline = [a_status(3, reblogs_count=1, quote={"quoted_status": quoted}), a_status(2)]
    good: dict[str, Any] = {"/tag/": timeline, "reblogged_by": [booster], "/statuses": timeline}
    spoilt: dict[str, Any] = {}

    def answer(request: Request) -> Answer:
        kind = next(it for it in ("reblogged_by", "/tag/", "/statuses", "/") if it in request.path)
        return Answer(spoilt.get(kind, {}), headers={"Link": ""})

    refused = 0
    with Loopback(answer) as at:
        source = collector(at.url)
        asked = [known(post) for post in mastodon.posts(timeline) if isinstance(post, Post)]
        asked = [
            post._replace(locator=f"{at.url}/api/v1/statuses/{n}") for n, post in enumerate(asked)
        ]
        for kind, document in good.items():
            for place in places(document):
                spoilt = {**good, kind: placed(document, place, chance.choice(STRANGE))}
                for pages in (source.pages(WHOLE), source.reread(asked)):
                    refused += len(read_all(pages))
    assert refused


def placed(document: Any, place: tuple[Any, ...], value: Any) -> Any:
    changed = {"": copy.deepcopy(document)}
    inside: Any = changed
    for step in ("", *place)[:-1]:
        inside = inside[step]
    inside[("", *place)[-1]] = value
    return changed[""]


def read_all(pages: Iterator[Page]) -> list[Any]:
    try:
        found = list(pages)
    except CollectorError as error:
        return [error]
    assert all(isinstance(post, Post) for post in rows(found))
    return [refusal for page in found for refusal in page.refused]


# Checking, and what is said.


def test_a_check_takes_one_call_an_instance(server: Server) -> None:
    with (
        Loopback(lambda _: Answer([a_status()])) as one,
        Loopback(lambda _: Answer([a_status()])) as two,
    ):
        Mastodon(instances=[one.url, two.url]).check()
        assert [len(at.requests) for at in (one, two)] == [1, 1]


def test_a_server_that_is_no_instance_fails_its_check() -> None:
    website = Answer(b"<h1>Bonjour</h1>", 404)
    with Loopback(lambda _: website) as at, pytest.raises(CollectorError):
        collector(at.url).check()


def test_no_key_is_asked_for_and_nothing_of_the_answers_is_logged(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    assert Mastodon.secrets == ()
    caplog.set_level(logging.DEBUG)
    read(server.answer)
    told = caplog.text
    assert "exemple_" not in told
    assert "marché" not in told


# What real servers answered.


def exchanges(fixtures: Path, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((fixtures / "mastodon" / name).read_text("utf-8"))
    return found


def recorded(exchange: dict[str, Any]) -> Answer:
    """A recorded answer, with the headers that say something to us."""
    response = exchange["response"]
    headers = {}
    for name, value in response["headers"].items():
        if name.lower() in ("link", "deprecation") or name.lower().startswith("x-ratelimit"):
            headers[name] = value if isinstance(value, str) else value[0]
    body = response["body"]
    body = body.get("json", body) if isinstance(body, dict) else body
    return Answer(json.loads(body) if isinstance(body, str) else body, headers=headers)


@pytest.mark.parametrize(
    "name", ["get_timeline_hashtag_default", "get_timeline_public_instance", "test_hashtag_tl"]
)
def test_recorded_timelines_are_read_as_the_parser_reads_them(fixtures: Path, name: str) -> None:
    exchange = exchanges(fixtures, f"{name}.replay.json")[-1]
    answer = recorded(exchange)
    read_alone = [it for it in mastodon.posts(answer.body) if isinstance(it, Post)]
    unread = [it for it in mastodon.posts(answer.body) if isinstance(it, Unreadable)]
    tags = tuple({tag for post in read_alone for tag in post.hashtags})
    shown = iter([answer])

    def says(request: Request) -> Answer:
        return Answer([]) if "/tag/" not in request.path else next(shown, Answer([]))

    with Loopback(says) as at:
        page = next(collector(at.url).pages(Query(tags)))
    posts = [post._replace(locator=None) for post in page.rows if post.kind is not Kind.REPOST]
    assert posts == [post for post in read_alone if post.hashtags]
    assert len(page.refused) == len(unread)
    assert page.cursor is None or "max_id" in page.cursor


def test_a_recorded_status_is_read_again(fixtures: Path) -> None:
    bodies = {
        exchange["request"]["uri"].rpartition("/")[2]: recorded(exchange)
        for exchange in exchanges(fixtures, "test_entity_status.replay.json")
    }

    def says(request: Request) -> Answer:
        return bodies.get(request.path.rpartition("/")[2], Answer({}, 404))

    with Loopback(says) as at:
        asked = []
        for status, answer in bodies.items():
            [post] = mastodon.posts(answer.body)
            assert isinstance(post, Post)
            asked.append(KnownPost(post.post_id, None, f"{at.url}/api/v1/statuses/{status}"))
        pages = list(collector(at.url).reread(asked))
    shy = [it.body["uri"] for it in bodies.values() if it.body["account"].get("noindex")]
    assert sorted(ids(pages) + shy) == sorted(post.post_id for post in asked)
    assert not any(page.gone for page in pages)


def test_recorded_boosts_are_read_each_once(fixtures: Path) -> None:
    [exchange] = exchanges(fixtures, "get_reblogged_by_default.replay.json")
    answer = recorded(exchange)
    accounts = answer.body
    timeline = [a_status(reblogs_count=len(accounts))]

    def says(request: Request) -> Answer:
        return answer if "reblogged_by" in request.path else Answer(timeline, headers={"Link": ""})

    pages, requests = read(says)
    assert len({post.author for post in rows(pages)}) == len(rows(pages)) == 1 + len(accounts)
    assert len(requests) == 2
