"""Known posts read again as they grow older, and looked for when nobody has seen them lately."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from collectors.access.budget import Ledger
from collectors.base import Collector, CollectorError, Page, Query
from collectors.networks.credentials import Credentials
from collectors.runs import rounds
from collectors.runs.imports import import_file
from collectors.runs.patience import Clock
from collectors.runs.rereading import AGES, CHECKED_AFTER, check, reread
from collectors.runs.rounds import Turn, go_round
from collectors.runs.run import Progress, Report, run
from data.keys import KeyMissing
from data.lake import Lake
from data.model import Account, Campaign, KnownPost, Network, Post
from data.store import LakeError
from tests.invented import BEGIN, END, TAG, Invented
from tests.loopback import Answer, Fault, Handler, Loopback, Request
from tests.payloads.mastodon import server as mastodon_server
from tests.payloads.x import server as x_server
from tests.payloads.youtube import server as youtube_server

INVENTED = Invented(130)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NETWORKS: dict[Network, ModuleType] = {
    Network.X: x_server,
    Network.MASTODON: mastodon_server,
    Network.YOUTUBE: youtube_server,
}


class Place:
    """A network on loopback, a campaign that collects from it, and the time."""

    def __init__(self, network: Network, root: Path, loopback: Loopback, invented: Invented):
        self.network, self.root, self.loopback = network, root, loopback
        self.shows(invented)
        self.lake = Lake(root)
        campaign = self.lake.create(Campaign("essai", "Essai", hashtags=(TAG,)))
        self.campaign = self.lake.update(
            replace(campaign, since=BEGIN, until=END, budget_dollars=1_000.0)
        )
        self.now = END

    def shows(self, invented: Invented) -> None:
        """From now on the network has these posts, and none of them is gone."""
        self.invented = invented
        self.service = NETWORKS[self.network].Server(invented)
        self.loopback.answer = self.service.answer

    def wants(self, **changes: Any) -> None:
        self.campaign = self.lake.update(replace(self.campaign, **changes))

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.now, lambda seconds: False)

    def collector(self) -> Collector:
        more: dict[str, Any] = {}
        if self.network is Network.X:
            more["budget"] = Ledger(self.root).budget(self.campaign, self.network)
        collector: Collector = NETWORKS[self.network].collector(self.loopback.url, **more)
        return collector

    def run(self) -> list[Report]:
        return run(self.lake, self.campaign, self.collector(), self.clock)

    def measure(self, **more: Any) -> Report:
        return reread(self.lake, self.campaign, self.collector(), self.clock, **more)

    def check(self, **more: Any) -> Report:
        return check(self.lake, self.campaign, self.collector(), self.clock, **more)

    def names(self, post_ids: Sequence[str]) -> set[str]:
        name = self.lake._pseudonyms("essai").post
        return {name(self.network, post_id) for post_id in post_ids}

    def posts(self) -> list[dict[str, Any]]:
        return self.lake.posts("essai", "pandas").to_native().to_dict("records")

    def kept(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table of the lake."""
        rows = self.lake.store.rows(getattr(self.lake.store, table), "essai")
        return rows.to_arrow_table().to_pylist()

    def looked_up(self, first: int = 0) -> list[str]:
        """The ids that were asked for again, from a request on, in their order."""
        found = self.loopback.requests[first:]
        if self.network is Network.X:
            lists = [it.one("ids") or "" for it in found if it.path == "/2/tweets"]
            return [post_id for ids in lists for post_id in ids.split(",")]
        lists = [it.query.get("id[]", []) for it in found if it.path == "/api/v1/statuses"]
        alone = [it.path.rpartition("/")[2] for it in found if "/api/v1/statuses/" in it.path]
        return [post_id for ids in lists for post_id in ids] + alone


def placed(network: Network, root: Path, invented: Invented = INVENTED) -> Iterator[Place]:
    with Loopback(lambda request: Answer({})) as loopback:
        yield Place(network, root, loopback, invented)


@pytest.fixture
def x(tmp_path: Path) -> Iterator[Place]:
    yield from placed(Network.X, tmp_path)


@pytest.fixture
def mastodon(tmp_path: Path) -> Iterator[Place]:
    yield from placed(Network.MASTODON, tmp_path)


@pytest.fixture
def youtube(tmp_path: Path) -> Iterator[Place]:
    yield from placed(Network.YOUTUBE, tmp_path)


@pytest.fixture(params=[Network.X, Network.MASTODON, Network.YOUTUBE])
def each(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    yield from placed(request.param, tmp_path)


def codes(report: Report) -> list[str]:
    return [missing.code for missing in report.missing]


# Measuring.


def test_each_post_is_read_again_at_each_of_its_ages_and_no_other_time(x: Place) -> None:
    published = {x_server.post_id(it.number): it.published_at for it in INVENTED.posts}
    reposts = {x_server.post_id(it.number) for it in INVENTED.of_kinds("repost")}
    seen: dict[str, datetime] = {}
    measures = 0
    x.now = BEGIN + 3 * DAY
    for hours in (0, 3, 6, 30, 99):
        before, x.now = x.now, x.now + hours * HOUR
        due = {
            post_id
            for post_id in seen.keys() - reposts
            if any(seen[post_id] < published[post_id] + age <= x.now for age in AGES)
        }
        first = len(x.loopback.requests)
        report = x.measure()
        assert sorted(x.looked_up(first)) == sorted(due)
        assert (report.outcome, report.read, report.known) == ("complete", len(due), len(due))
        first = len(x.loopback.requests)
        assert x.measure().requests == 0
        assert len(x.loopback.requests) == first
        measures += bool(due)
        x.run()
        seen |= dict.fromkeys(due, x.now)
        since = before - HOUR if seen else BEGIN
        until = x.now - timedelta(seconds=30)
        seen |= {post_id: x.now for post_id, at in published.items() if since <= at < until}
    assert measures >= 3
    assert list(x.lake.collections("essai")["format"]).count("measure") == measures


def test_the_youngest_posts_are_read_first_and_a_budget_that_ends_leaves_the_rest(x: Place) -> None:
    x.run()
    x.now = END + 30 * DAY
    published = {x_server.post_id(it.number): it.published_at for it in INVENTED.posts}
    due = [it.known.post_id for it in x.lake.to_reread("essai", Network.X, AGES, x.now, 1_000)]
    spent = Ledger(x.root).spent("essai", Network.X).posts
    x.wants(budget_posts=spent + 100)
    first = len(x.loopback.requests)
    report = x.measure()
    asked = x.looked_up(first)
    assert (report.outcome, codes(report)) == ("partial", ["budget-posts"])
    assert asked == due[: len(asked)] and 10 <= len(asked) < len(due)
    assert Ledger(x.root).spent("essai", Network.X).posts <= spent + 100
    assert report.dollars > 0
    x.wants(budget_posts=spent + 10_000)
    first = len(x.loopback.requests)
    report = x.measure()
    assert report.outcome == "complete"
    assert x.looked_up(first) == due[len(asked) :]
    assert len(set(due)) == len(due) <= len(published)


def test_young_posts_come_before_old_ones(x: Place) -> None:
    x.wants(until=None)
    x.now = BEGIN + 20 * DAY
    x.run()
    x.now += 2 * DAY
    first = len(x.loopback.requests)
    x.measure()
    published = {x_server.post_id(it.number): it.published_at for it in INVENTED.posts}
    passed = [max(age for age in AGES if published[it] + age <= x.now) for it in x.looked_up(first)]
    assert passed == sorted(passed) and len(set(passed)) > 2


def test_a_quota_that_ends_leaves_the_rest_for_the_next_time(x: Place) -> None:
    x.run()
    x.now = END + 30 * DAY
    due = [it.known.post_id for it in x.lake.to_reread("essai", Network.X, AGES, x.now, 1_000)]
    assert len(due) > 100  # two calls
    tomorrow = datetime.now(UTC) + DAY

    def spent(handler: Handler, request: Request, answer: Answer) -> None:
        handler.send(Answer({}, 429, {"x-rate-limit-reset": str(int(tomorrow.timestamp()))}))

    first = len(x.loopback.requests)
    x.loopback.faults[first + 1] = spent
    report = x.measure()
    assert (report.outcome, codes(report)) == ("partial", ["quota"])
    assert report.read == 100
    first = len(x.loopback.requests)
    assert x.measure().outcome == "complete"
    assert x.looked_up(first) == due[100:]


def test_the_history_is_kept_and_posts_show_the_newest_counts(x: Place) -> None:
    x.run()
    grown = Invented(130)
    grown.posts = [replace(it, likes=it.likes + 1_000) for it in grown.posts]
    before = {row["post_id"]: row["likes"] for row in x.posts()}
    x.shows(grown)
    x.now = END + 30 * DAY
    x.measure()
    for row in x.posts():
        if row["kind"] != "repost":
            assert row["likes"] == before[row["post_id"]] + 1_000
    seen: dict[str, list[tuple[datetime, int]]] = {}
    for row in x.kept("observations"):
        if row["kind"] != "repost":
            seen.setdefault(row["post_id"], []).append((row["observed_at"], row["likes"]))
    assert {tuple(at for at, _ in sorted(rows)) for rows in seen.values()} == {
        (END, END + 30 * DAY)
    }
    assert all(sorted(rows)[1][1] - sorted(rows)[0][1] == 1_000 for rows in seen.values())


def test_a_measure_is_kept_among_the_collections(x: Place) -> None:
    x.run()
    x.now = END + 30 * DAY
    report = x.measure()
    row = x.lake.collections("essai").iloc[0]
    assert (row["format"], row["outcome"], row["network"]) == ("measure", "complete", "x")
    assert (row["read"], row["new"], row["known"]) == (report.read, 0, report.known)
    assert row["requests"] == report.requests == 2
    assert row["dollars"] == pytest.approx(float(report.dollars))
    [report] = x.run()
    assert report.since == END - HOUR  # reading again covers no time


def test_boosts_without_a_date_are_never_asked_for(mastodon: Place) -> None:
    mastodon.run()
    statuses = [it for it in INVENTED.posts if it.kind != "repost"]
    assert len(mastodon.posts()) > len(statuses)
    mastodon.now = END + 30 * DAY
    for act in (mastodon.measure, mastodon.check):
        first = len(mastodon.loopback.requests)
        act()
        asked = mastodon.looked_up(first)
        assert sorted(asked) == sorted(str(mastodon_server.status_id(it)) for it in statuses)
        mastodon.now += 30 * DAY


def test_whoever_stops_a_measure_keeps_what_was_read(x: Place) -> None:
    x.run()
    x.now = END + 30 * DAY
    stop = threading.Event()
    report = x.measure(stop=stop, progress=lambda _: stop.set())
    assert (report.outcome, report.read) == ("stopped", 100)
    assert x.measure().outcome == "complete"
    assert x.measure().requests == 0


def test_an_account_that_was_forgotten_does_not_come_back_by_reading_again(x: Place) -> None:
    x.run()
    x.now = END + 30 * DAY
    author = str(70_000_000 + INVENTED.posts[0].author)
    due = x.lake.to_reread("essai", Network.X, AGES, x.now, 1_000)
    forgotten = x.lake.forget("essai", Network.X, Account(author))
    kept = {row["post_id"] for row in x.posts()}
    report = x.measure()
    assert report.read < len(due) and forgotten > 0
    assert {row["post_id"] for row in x.posts()} == kept


# Checking.


def gone_numbers(invented: Invented) -> list[int]:
    """Two posts that somebody reposted, and one that nobody did."""
    posts = invented.of_kinds("original")
    popular = [it.number for it in posts if invented.pointing_to(it.number, "repost")]
    lonely = [it.number for it in posts if not invented.pointing_to(it.number, "repost")]
    return [*popular[:2], lonely[0]]


def test_posts_that_were_deleted_are_forgotten_here_and_stay_so(x: Place, tmp_path: Path) -> None:
    x.run()
    search = x.loopback.requests[0]
    answer = x.service.answer(search)
    file = tmp_path / "page.jsonl"
    file.write_bytes(answer.bytes + b"\n")
    removed = gone_numbers(INVENTED)
    for number in removed:
        x.service.remove(number)
    reposts = [it.number for number in removed for it in INVENTED.pointing_to(number, "repost")]
    gone = x.names([x_server.post_id(number) for number in (*removed, *reposts)])
    assert gone <= {row["post_id"] for row in x.posts()}
    x.now += 2 * DAY
    report = x.check()
    assert (report.outcome, report.gone) == ("complete", len(gone))

    def nothing_is_left() -> bool:
        kept = [row["post_id"] for name in ("posts", "observations", "references")
                for row in x.kept(name)]  # fmt: skip
        return gone.isdisjoint(kept)

    assert nothing_is_left()
    # The network shows them again, to a run that reads everything.
    x.shows(INVENTED)
    x.wants(hashtags=(TAG, "Autre"))
    [report] = x.run()
    assert report.forgotten == len(gone)
    assert report.read == report.new + report.known + report.forgotten
    assert nothing_is_left()
    imported = import_file(x.lake, file, "essai")
    assert imported.known > 100 and imported.forgotten == len(gone)
    assert nothing_is_left()


def test_x_is_asked_by_a_job_that_costs_nothing(x: Place) -> None:
    x.run()
    x.service.remove(0)
    x.service.polls = 2
    spent = Ledger(x.root).spent("essai", Network.X)
    x.wants(budget_dollars=0.0)
    x.now = datetime.now(UTC)  # by which it says when it may be asked again
    first = len(x.loopback.requests)
    seen: list[Progress] = []
    report = x.check(progress=seen.append)
    assert report.gone >= 1 and report.dollars == Decimal(0)
    assert Ledger(x.root).spent("essai", Network.X) == spent
    assert x.looked_up(first) == []
    paths = {it.path.split("/")[1] for it in x.loopback.requests[first:]}
    assert paths == {"2", "storage"}
    assert any(it.waits_until for it in seen)  # a job takes its time, and somebody looks on
    assert seen[-1].waits_until is None


def test_posts_that_were_seen_lately_are_not_asked_for(each: Place) -> None:
    each.run()
    first = len(each.loopback.requests)
    each.now = END + CHECKED_AFTER[each.network] - HOUR
    report = each.check()
    assert (report.outcome, report.requests) == ("complete", 0)
    assert len(each.loopback.requests) == first
    each.now += 2 * HOUR
    report = each.check()
    assert report.requests > 0 and report.gone == 0
    if each.network is not Network.X:  # whose job says nothing of posts that are there
        assert each.check().requests == 0


def test_what_youtube_did_not_give_again_for_thirty_days_is_forgotten(youtube: Place) -> None:
    youtube.run()
    held = len(youtube.posts())
    youtube.now = END + 26 * DAY
    assert youtube.check().gone == 0
    youtube.now = END + 31 * DAY  # seen 5 days ago
    assert youtube.check().gone == 0
    assert len(youtube.posts()) == held

    def closed(handler: Handler, request: Request, answer: Answer) -> None:
        handler.send(Answer({"error": {"code": 500, "message": "broken"}}, 500))

    youtube.loopback.always = closed
    youtube.now = END + 55 * DAY
    report = youtube.check()
    assert (report.outcome, report.gone) == ("failed", 0)
    assert len(youtube.posts()) == held
    youtube.now = END + 57 * DAY
    assert youtube.check().gone == held
    for table in ("posts", "observations", "references"):
        assert youtube.kept(table) == []


def test_more_than_half_gone_at_once_is_believed_when_it_is_said_a_day_later(
    mastodon: Place,
) -> None:
    mastodon.run()
    held = len(mastodon.posts())
    statuses = [it.number for it in INVENTED.posts if it.kind != "repost"]
    lost = statuses[: len(statuses) * 2 // 3]
    for number in lost:
        mastodon.service.remove(number)
    mastodon.now = END + 8 * DAY
    for hours in (0, 1, 18):
        mastodon.now += hours * HOUR
        report = mastodon.check()
        assert (report.outcome, report.gone) == ("incomplete", 0)
        assert codes(report) == ["gone-too-many"]
        assert report.missing[0].values == {"n": len(lost)}
        assert len(mastodon.posts()) == held
    mastodon.now += 2 * HOUR
    report = mastodon.check()
    assert (report.outcome, report.missing) == ("complete", ())
    assert report.gone >= len(lost)
    assert len(mastodon.posts()) == held - report.gone


def test_a_network_that_was_well_in_between_has_to_say_it_twice_again(mastodon: Place) -> None:
    mastodon.run()
    held = len(mastodon.posts())
    lost = [it.number for it in INVENTED.posts if it.kind != "repost"]

    def loses_all() -> list[str]:
        for number in lost:
            mastodon.service.remove(number)
        return codes(mastodon.check())

    mastodon.now = END + 8 * DAY
    assert loses_all() == ["gone-too-many"]
    mastodon.shows(INVENTED)
    mastodon.now += DAY
    assert codes(mastodon.check()) == []
    mastodon.now += 8 * DAY
    assert loses_all() == ["gone-too-many"]
    assert len(mastodon.posts()) == held


def test_of_many_posts_of_x_many_may_be_gone_and_half_may_not(tmp_path: Path) -> None:
    many = Invented(400)
    for place in placed(Network.X, tmp_path, many):
        place.run()
        originals = [it.number for it in many.of_kinds("original")]
        for number in originals[:40]:
            place.service.remove(number)
        place.now += 2 * DAY
        report = place.check()
        assert (report.outcome, report.missing) == ("complete", ())
        assert report.gone >= 40
        held = len(place.posts())
        for number in range(400):
            place.service.remove(number)
        place.now += 2 * DAY
        assert codes(place.check()) == ["gone-too-many"]
        assert len(place.posts()) == held


def says(status: int, body: Any, **headers: str) -> Fault:
    def fault(handler: Handler, request: Request, answer: Answer) -> None:
        handler.send(Answer(body, status, headers))

    return fault


@pytest.mark.parametrize(
    "fault",
    [
        says(500, {"error": "broken"}),
        says(401, {"error": "no"}),
        says(403, {"error": "no"}),
        says(404, b"<!doctype html><p>Domaine \xc3\xa0 vendre"),
        says(200, b"<!doctype html><p>Bienvenue"),
        says(200, b"[]"),
        says(200, b"{}"),
        says(429, {}),
    ],
    ids=["500", "401", "403", "404 HTML", "200 HTML", "list", "object", "429"],
)
def test_a_network_that_fails_forgets_nobody(each: Place, fault: Fault) -> None:
    each.run()
    held = sorted(row["post_id"] for row in each.posts())
    each.now = END + 26 * DAY
    each.loopback.always = fault
    for act in (each.check, each.measure):
        report = act()
        assert report.gone == 0
        # A website that knows none of the posts is no answer about any.
        assert (report.outcome != "complete" and report.missing) or report.read == 0
        assert sorted(row["post_id"] for row in each.posts()) == held
        each.now += DAY


def test_mastodon_is_asked_server_by_server_and_one_that_fails_stops_no_other(
    tmp_path: Path,
) -> None:
    halves = []
    for remainder in (0, 1):
        half = Invented(130)
        half.posts = [
            replace(it, kind="original", target=None)
            if it.number % 2 == remainder
            else replace(it, kind="original", target=None, published_at=BEGIN - 60 * DAY)
            for it in half.posts
        ]
        halves.append(half)
    order: list[int] = []

    def noted(number: int) -> Callable[[Request], Answer]:
        service = mastodon_server.Server(halves[number], f"serveur{number}.exemple")

        def answer(request: Request) -> Answer:
            order.append(number)
            return service.answer(request)

        return answer

    with Loopback(noted(0)) as first, Loopback(noted(1)) as second:
        lake = Lake(tmp_path)
        campaign = lake.create(Campaign("essai", "Essai", hashtags=(TAG,), since=BEGIN, until=END))
        instances = (first.url, second.url)
        now = END

        def act(what: Callable[..., Any]) -> Any:
            collector = mastodon_server.collector("", instances=instances)
            return what(lake, campaign, collector, Clock(lambda: now, lambda seconds: False))

        [report] = act(run)
        assert report.outcome == "complete"
        assert report.new == sum(it.published_at >= BEGIN for half in halves for it in half.posts)
        now = END + 30 * DAY
        order.clear()
        report = act(reread)
        assert report.read == report.known > 100
        assert len([number for number, _ in groupby(order)]) == 2
        assert len(order) <= 2 * (65 // 20 + 1)

        now = END + 60 * DAY
        first.always = says(500, {"error": "broken"})
        report = act(check)
        assert codes(report) == ["unavailable"]
        assert report.gone == 0 and 50 < report.read < 100
        first.always = None
        assert act(check).read + report.read > 100


class Silent:
    """A network that says nothing of most posts, one post a call."""

    network = Network.BLUESKY

    def __init__(self, posts: Sequence[Post]) -> None:
        self.calls = 0
        self.posts = posts

    def pages(self, query: Query, cursor: str | None = None) -> Iterator[Page]:
        yield Page(self.posts)

    def reread(self, posts: Sequence[KnownPost]) -> Iterator[Page]:
        for number, known in enumerate(posts, 1):
            self.calls += 1
            is_last = number == len(posts)
            gone = [known.post_id] if is_last else []
            yield Page((), None if is_last else str(number), gone=gone)

    def check(self) -> None:
        """Lets everybody in."""


def test_however_many_posts_nothing_is_said_of_all_are_asked_for(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    campaign = lake.create(Campaign("essai", "Essai", hashtags=(TAG,), since=BEGIN, until=END))
    posts = [
        Post(Network.BLUESKY, f"at://exemple/{number}", Account("did:1"), BEGIN, hashtags=(TAG,))
        for number in range(450)
    ]
    now = END
    clock = Clock(lambda: now, lambda seconds: False)
    run(lake, campaign, Silent(posts), clock)
    now = END + 8 * DAY
    report = check(lake, campaign, Silent(posts), clock)
    assert (report.outcome, report.missing) == ("complete", ())
    assert (report.requests, report.gone) == (450, 1)


# Rounds.


@pytest.fixture
def round_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Exception], dict[Network, Turn]]]:
    """A round over X, which cannot be opened, and Mastodon, which is well."""
    with Loopback(mastodon_server.Server(INVENTED).answer) as server:
        lake = Lake(tmp_path)
        campaign = lake.create(
            Campaign(
                "essai",
                "Essai",
                hashtags=(TAG,),
                since=BEGIN,
                until=END,
                networks=(Network.X, Network.MASTODON),
                instances=(server.url,),
            )
        )
        opened = rounds.open_collector

        def go(error: Exception) -> dict[Network, Turn]:
            def open_collector(network: Network, *given: Any) -> Collector:
                if network is Network.X:
                    raise error
                return opened(network, *given)

            monkeypatch.setattr(rounds, "open_collector", open_collector)
            turns = go_round(lake, campaign, Credentials(tmp_path), "run")
            return {turn.network: turn for turn in turns}

        yield go


SECRET = "secret-planté"


@pytest.mark.parametrize(
    "error",
    [
        CollectorError("no-instance"),
        LakeError("campaign-id"),
        KeyMissing("essai"),
        ValueError(SECRET),
        RuntimeError(SECRET),
        MemoryError(SECRET),
        OSError(28, SECRET),
        StopIteration(SECRET),
        type("UnErreur", (Exception,), {})(SECRET),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_network_that_raises_anything_does_not_stop_the_others(
    error: Exception,
    round_of: Callable[[Exception], dict[Network, Turn]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    turns = round_of(error)
    [report] = turns[Network.MASTODON].reports
    assert report.outcome == "complete" and report.new > 0
    problem = turns[Network.X].problem
    assert problem is not None and not turns[Network.X].reports
    if SECRET in str(error):
        assert (problem.code, problem.values) == (
            "unexpected-answer",
            {"kind": type(error).__name__},
        )
        assert type(error).__name__ in caplog.text
        assert SECRET not in caplog.text + repr(problem) + json.dumps(problem.values)
    else:
        assert problem is error


def test_an_unexpected_error_within_a_page_is_told_by_its_kind_only(
    x: Place, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    class Broken(Silent):
        network = Network.X

        def pages(self, query: Query, cursor: str | None = None) -> Iterator[Page]:
            raise KeyError(SECRET)

    [report] = run(x.lake, x.campaign, Broken(()), x.clock)
    assert report.outcome == "incomplete"
    assert [(it.code, it.values) for it in report.missing] == [
        ("unexpected-answer", {"kind": "KeyError"})
    ]
    assert SECRET not in caplog.text + str(x.lake.collections("essai").to_dict())
