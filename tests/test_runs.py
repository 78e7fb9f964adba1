"""Runs one after another: what each asks for, what it keeps, and where the next one goes on."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors.access.budget import Ledger
from collectors.base import Collector, CollectorError, NetworkUnavailable, Page, Query, Refusal
from collectors.runs import collect as collecting
from collectors.runs import run as running
from collectors.runs.patience import MOST_TRIES, Clock
from collectors.runs.run import Progress, Report, run, span, stretches
from data.lake import Lake
from data.model import Account, Campaign, KnownPost, Network, Post
from tests.invented import BEGIN, END, TAG, Invented
from tests.loopback import Answer, Handler, Loopback, Request
from tests.payloads.mastodon import server as mastodon_server
from tests.payloads.x import server as x_server

INVENTED = Invented(1_200)  # three pages of X
SMALL = Invented(60)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: Networks are not asked for the newest seconds.
LATEST = timedelta(seconds=30)


def june(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 6, day, hour, tzinfo=UTC)


class Time:
    """A clock that stands still, but for waits, which take no time."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.waits: list[float] = []

    @property
    def clock(self) -> Clock:
        def wait(seconds: float) -> bool:
            self.waits.append(seconds)
            self.now += timedelta(seconds=seconds)
            return False

        return Clock(lambda: self.now, wait)


def a_lake(root: Path, **wanted: Any) -> tuple[Lake, Campaign]:
    lake = Lake(root)
    campaign = lake.create(Campaign("essai", "Essai", created_at=june(10)))
    given = {"hashtags": (TAG,), "since": BEGIN, "until": END, "budget_dollars": 1_000.0}
    return lake, lake.update(replace(campaign, **{**given, **wanted}))


def posts_in(lake: Lake, column: str = "post_id") -> set[str]:
    found = lake.posts("essai", "pandas")[column].to_list()
    assert len(found) == len(set(found))
    return set(found)


def rows_of(lake: Lake) -> list[dict[str, Any]]:
    return lake.collections("essai").to_dict("records")


def adds_up(report: Report) -> bool:
    return report.read == report.new + report.known + report.refused + report.forgotten


# Over HTTP, from X.


class X:
    """X on loopback, and a campaign that collects from it."""

    def __init__(self, root: Path, server: Loopback) -> None:
        self.root, self.server = root, server
        self.lake, self.campaign = a_lake(root)

    def wants(self, **changes: Any) -> None:
        self.campaign = self.lake.update(replace(self.campaign, **changes))

    def collector(self) -> Collector:
        budget = Ledger(self.root).budget(self.campaign, Network.X)
        return x_server.collector(self.server.url, budget=budget)

    def run(self, now: datetime, **more: Any) -> list[Report]:
        return run(self.lake, self.campaign, self.collector(), Time(now).clock, **more)

    def holds(self, campaign: Invented, since: datetime, until: datetime) -> bool:
        """Whether the lake has just the posts of a window."""
        name = self.lake._pseudonyms("essai").post
        return posts_in(self.lake) == {
            name(Network.X, x_server.post_id(post.number))
            for post in campaign.posts
            if since <= post.published_at < until
        }

    def asked(self, first: int = 0) -> list[tuple[datetime, datetime]]:
        """The windows of the searches, from a request on."""
        found = [
            tuple(datetime.fromisoformat(it.one(name) or "") for name in ("start_time", "end_time"))
            for it in self.server.requests[first:]
        ]
        return list(dict.fromkeys(found))


@pytest.fixture
def small(tmp_path: Path) -> Iterator[X]:
    with Loopback(x_server.Server(SMALL).answer) as server:
        yield X(tmp_path, server)


@pytest.fixture
def large(tmp_path: Path) -> Iterator[X]:
    with Loopback(x_server.Server(INVENTED).answer) as server:
        yield X(tmp_path, server)


def test_a_first_run_reads_what_the_campaign_asks_for(small: X) -> None:
    small.wants(since=june(5), until=june(15))
    [report] = small.run(june(20))
    assert (report.outcome, report.since, report.until) == ("complete", june(5), june(15))
    assert small.asked() == [(june(5), june(15))]
    assert small.holds(SMALL, june(5), june(15))


def test_the_beginning_is_within_and_the_end_is_not(small: X) -> None:
    since, until = SMALL.posts[10].published_at, SMALL.posts[40].published_at
    small.wants(since=since, until=until)
    [report] = small.run(june(29))
    assert report.new == 30
    assert small.holds(SMALL, since, until)


def test_a_second_run_reads_what_came_since_and_the_last_hour_again(small: X) -> None:
    small.run(june(20))
    first = len(small.server.requests)
    [report] = small.run(june(22))
    assert small.asked(first) == [(june(20) - HOUR, june(22) - LATEST)]
    assert report.new + report.known == report.read
    assert small.holds(SMALL, BEGIN, june(22) - LATEST)


def test_a_post_that_the_network_shows_late_is_found_by_the_next_run(small: X) -> None:
    late = SMALL.posts[30]
    service = x_server.Server(SMALL)
    service.remove(late.number)  # not there yet
    shown, small.server.answer = small.server.answer, service.answer
    now = late.published_at + 0.9 * HOUR
    [before] = small.run(now)
    small.server.answer = shown
    [report] = small.run(now + 2 * HOUR)
    assert before.new + report.new == len(posts_in(small.lake))
    assert small.holds(SMALL, BEGIN, now + 2 * HOUR - LATEST)


def test_nothing_is_asked_once_all_is_read(small: X) -> None:
    small.run(END + DAY)
    first = len(small.server.requests)
    assert small.run(END + 2 * DAY) == []
    assert small.asked(first) == []


def test_a_back_fill_reads_what_was_not_read_between_its_days_the_newest_first(small: X) -> None:
    now = END + DAY
    small.run(now, since=june(10), until=june(15))
    first = len(small.server.requests)
    reports = small.run(now + HOUR, since=june(5), until=june(20))
    assert small.asked(first) == [(june(15), june(20)), (june(5), june(10))]
    assert [each.outcome for each in reports] == ["complete"] * 2
    assert small.holds(SMALL, june(5), june(20))
    small.run(now + 2 * HOUR)
    assert small.holds(SMALL, BEGIN, END)


def test_a_back_fill_may_begin_before_the_campaign(small: X) -> None:
    small.wants(since=june(10), until=june(20))
    small.run(june(25))
    first = len(small.server.requests)
    small.run(june(26), since=june(5))
    assert small.asked(first) == [(june(5), june(10))]
    assert small.run(june(27), since=june(21)) == []


def test_other_hashtags_begin_anew_and_the_same_in_another_order_do_not(small: X) -> None:
    small.wants(hashtags=(TAG, "Autre"))
    small.run(END + DAY)
    small.wants(hashtags=("#autre", TAG.upper()))
    assert small.run(END + 2 * DAY) == []
    first = len(small.server.requests)
    small.wants(hashtags=(TAG,))
    [report] = small.run(END + 3 * DAY)
    assert small.asked(first) == [(BEGIN, END)]
    assert (report.new, report.known) == (0, len(SMALL.posts))


def test_without_a_date_a_campaign_begins_thirty_days_before_it_was_created(small: X) -> None:
    small.wants(since=None, until=None)
    assert span(small.campaign, june(20)) == (june(10) - 30 * DAY, june(20) - LATEST)
    small.run(june(20))
    assert small.asked() == [(june(10) - 30 * DAY, june(20) - LATEST)]


def test_a_campaign_that_has_not_begun_asks_for_nothing(small: X) -> None:
    assert small.run(BEGIN - DAY) == []
    assert small.server.requests == []


def test_a_campaign_without_a_hashtag_is_refused(small: X) -> None:
    small.wants(hashtags=())
    with pytest.raises(CollectorError) as refused:
        small.run(END)
    assert refused.value.code == "no-hashtag"
    assert small.server.requests == []


def test_who_stops_keeps_what_was_read_and_the_next_run_goes_on(large: X) -> None:
    stop = threading.Event()
    [report] = large.run(END + DAY, stop=stop, progress=lambda _: stop.set())
    assert (report.outcome, report.requests) == ("stopped", 1)
    assert 0 < len(posts_in(large.lake)) == report.new < len(INVENTED.posts)
    [report] = large.run(END + 2 * DAY)
    assert report.outcome == "complete"
    assert adds_up(report) and report.new == len(INVENTED.posts)
    assert len(large.server.requests) == x_server.fewest_requests(INVENTED)
    assert large.holds(INVENTED, BEGIN, END)
    assert large.run(END + 3 * DAY) == []


def test_days_that_nobody_asks_for_any_more_are_not_gone_on_with(large: X) -> None:
    stop = threading.Event()
    large.run(june(30), progress=lambda _: stop.set(), stop=stop)
    asked = len(large.server.requests)
    [report] = large.run(june(30, 1), since=june(2), until=june(4))
    assert (report.since, report.until) == (june(2), june(4))
    assert large.asked(asked) == [(june(2), june(4))]


def test_what_was_interrupted_more_than_three_days_ago_begins_again(large: X) -> None:
    stop = threading.Event()
    large.run(END + DAY, stop=stop, progress=lambda _: stop.set())
    [report] = large.run(END + 4 * DAY + HOUR)
    fewest = x_server.fewest_requests(INVENTED)
    assert report.requests == fewest
    assert len(large.server.requests) == fewest + 1
    assert report.new + report.known == len(INVENTED.posts) and report.known > 0
    assert large.holds(INVENTED, BEGIN, END)


class Killed(BaseException):
    """The end, as a power cut would bring it."""


def dies(*_: object, **__: object) -> None:
    raise Killed


def test_a_run_that_dies_after_its_last_page_needs_no_call_more(
    large: X, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(running, "record", dies)
        with pytest.raises(Killed):
            large.run(END + DAY)
    assert rows_of(large.lake)[0]["outcome"] == "running"
    first = len(large.server.requests)
    [report] = large.run(END + DAY + HOUR)
    assert (report.outcome, report.requests, report.new) == ("complete", 0, len(INVENTED.posts))
    assert len(large.server.requests) == first
    assert large.run(END + 2 * DAY) == []


def test_a_second_run_of_a_network_at_the_same_time_is_refused(small: X) -> None:
    refused: list[str] = []

    def meanwhile(_: Progress) -> None:
        if not refused:
            with pytest.raises(CollectorError) as error:
                small.run(END + DAY)
            refused.append(error.value.code)

    [report] = small.run(END + DAY, progress=meanwhile)
    assert refused == ["running"]
    assert report.outcome == "complete"
    assert small.run(END + 2 * DAY) == []  # and the door is open again


def test_what_a_run_did_is_kept(large: X) -> None:
    [report] = large.run(END + DAY)
    [row] = rows_of(large.lake)
    expected = {
        "campaign_id": "essai",
        "source": f"#{TAG.casefold()}",
        "format": "api",
        "network": "x",
        "outcome": "complete",
        "since": BEGIN,
        "until": END,
        "started_at": END + DAY,
        "read": len(INVENTED.posts),
        "new": len(INVENTED.posts),
        "known": 0,
        "refused": 0,
        "gone": 0,
        "requests": x_server.fewest_requests(INVENTED),
        "missing": "[]",
    }
    assert {name: row[name] for name in expected} == expected
    spent = Ledger(large.root).spent("essai", Network.X).dollars
    assert spent == report.dollars > 0
    assert row["dollars"] == pytest.approx(float(spent))


def test_what_both_halves_of_a_run_did_is_kept_together(large: X) -> None:
    stop = threading.Event()
    large.run(END + DAY, stop=stop, progress=lambda _: stop.set())
    [report] = large.run(END + DAY + HOUR)
    [row] = rows_of(large.lake)
    assert row["requests"] == x_server.fewest_requests(INVENTED) == report.requests + 1
    assert row["dollars"] == pytest.approx(
        float(Ledger(large.root).spent("essai", Network.X).dollars)
    )
    assert report.dollars < Decimal(str(row["dollars"]))


def test_every_post_that_was_read_is_new_known_refused_or_forgotten(small: X) -> None:
    small.run(june(15))
    author = SMALL.posts[0].author
    assert small.lake.forget("essai", Network.X, Account(str(70_000_000 + author))) > 0
    damage = x_server.MUTATIONS["missing-author"]
    answer = small.server.answer
    small.server.answer = lambda request: damage(request, answer(request))
    small.wants(hashtags=(TAG, "Autre"))  # all once more
    [report] = small.run(END + DAY)
    assert adds_up(report)
    assert min(report.new, report.known, report.forgotten) > 0
    assert report.new == len(posts_in(small.lake)) - report.known


def test_progress_goes_from_nothing_to_all_and_tells_what_it_waits_for(large: X) -> None:
    def busy(handler: Handler, request: Request, answer: Answer) -> None:
        handler.send(Answer({}, 429, {"Retry-After": "60"}))

    large.server.faults[1] = busy
    seen: list[Progress] = []
    now = datetime.now(UTC)  # by which the network says when it may be asked again
    large.run(now, progress=seen.append)
    fractions = [each.fraction for each in seen]
    assert fractions == sorted(fractions)
    assert 0 < fractions[0] < 0.5 and fractions[-1] == 1
    assert [each.read for each in seen] == sorted(each.read for each in seen)
    assert seen[-1].read == len(INVENTED.posts)
    assert seen[-1].reached == INVENTED.posts[0].published_at
    waits = [each.waits_until for each in seen]
    [at] = filter(None, waits)
    assert now + timedelta(seconds=59) < at < now + timedelta(seconds=80)
    assert waits[-1] is None


def test_who_stops_during_a_wait_is_obeyed(large: X) -> None:
    def busy(handler: Handler, request: Request, answer: Answer) -> None:
        handler.send(Answer({}, 503))

    large.server.faults[1] = busy
    clock = Clock(lambda: END + DAY, lambda seconds: True)
    [report] = run(large.lake, large.campaign, large.collector(), clock)
    assert report.outcome == "stopped"
    assert report.new == len(posts_in(large.lake)) > 0
    [report] = large.run(END + 2 * DAY)
    assert report.outcome == "complete" and large.holds(INVENTED, BEGIN, END)


# Mastodon, server by server.


def test_what_was_missed_is_said_and_tried_again_a_day_later(tmp_path: Path) -> None:
    def broken(handler: Handler, request: Request, answer: Answer) -> None:
        handler.send(Answer({"error": "broken"}, 500))

    there = mastodon_server.Server(SMALL)
    nearly = mastodon_server.Server(SMALL)
    nearly.remove(next(post.number for post in SMALL.posts if post.kind == "reply"))
    now = END + DAY
    with Loopback(there.answer) as first, Loopback(nearly.answer) as second:
        lake, campaign = a_lake(tmp_path, instances=(first.url, second.url))

        def collect(now: datetime) -> list[Report]:
            collector = mastodon_server.collector("", instances=campaign.instances)
            return run(lake, campaign, collector, Time(now).clock)

        first.always = broken
        [report] = collect(now)
        assert report.outcome == "incomplete"
        assert [each.code for each in report.missing] == ["unavailable"]
        assert len(first.requests) == MOST_TRIES
        [row] = rows_of(lake)
        assert row["outcome"] == "incomplete"
        [missed] = json.loads(row["missing"])
        assert missed["code"] == "unavailable"
        before = len(second.requests)
        assert collect(now + 2 * HOUR) == []
        first.always = None
        assert collect(now + 23 * HOUR) == []
        assert (len(first.requests), len(second.requests)) == (MOST_TRIES, before)
        [report] = collect(now + 25 * HOUR)
        assert (report.outcome, report.missing) == ("complete", ())
        assert report.new > 0 and report.known > 0
        name = lake._pseudonyms("essai").post
        assert posts_in(lake) == {
            name(Network.MASTODON, it) for it in mastodon_server.expected(SMALL)
        }
        assert collect(now + 3 * DAY) == []


# In this process, from a network that does as it is told.


class Written(NamedTuple):
    """A post: when it was published, and from when on searches find it."""

    number: int
    published_at: datetime
    found_at: datetime


class Timeline:
    """A network of a few posts, two a page, newest first; a cursor is the last post shown.

    It fails from one call on, passes over the page of another, refuses a row of a third.
    """

    network = Network.BLUESKY

    def __init__(self, posts: Sequence[Written], now: Callable[[], datetime]) -> None:
        self.calls = 0
        self.posts = sorted(posts, key=lambda it: (it.published_at, it.number), reverse=True)
        self.now = now
        self.fails_from: int | None = None
        self.passes_over: int | None = None
        self.refuses: int | None = None

    def pages(self, query: Query, cursor: str | None = None) -> Iterator[Page]:
        while True:
            self.calls += 1
            if self.fails_from is not None and self.calls >= self.fails_from:
                raise NetworkUnavailable("unreachable")
            left = [it for it in self.posts if self.shows(it, query, cursor)]
            page, rest = left[:2], left[2:]
            following = place(page[-1]) if rest else None
            if self.calls == self.passes_over:
                raise CollectorError("refused", status=418, after=following)
            refused = [Refusal(9, "moment")] if self.calls == self.refuses else []
            yield Page(list(map(a_post, page)), following, refused=refused)
            cursor = following
            if cursor is None:
                return

    def shows(self, written: Written, query: Query, cursor: str | None) -> bool:
        is_there = written.found_at <= self.now() and query.holds(a_post(written))
        return is_there and (cursor is None or place(written) < cursor)

    def reread(self, posts: Sequence[KnownPost]) -> Iterator[Page]:
        yield from ()

    def check(self) -> None:
        """Lets everybody in."""


def place(written: Written) -> str:
    return f"{written.published_at.isoformat(timespec='seconds')} {written.number:05}"


def a_post(written: Written) -> Post:
    return Post(
        Network.BLUESKY,
        f"at://exemple/{written.number}",
        Account("did:exemple:1"),
        written.published_at,
        text=str(written.number),
        hashtags=(TAG,),
    )


def at_once(*hours: float) -> list[Written]:
    """Posts of these hours of the campaign, found as they are published."""
    moments = [BEGIN + hour * HOUR for hour in hours]
    return [Written(number, at, at) for number, at in enumerate(moments)]


def stops_after(pages: int, stop: threading.Event) -> Callable[[Progress], None]:
    left = pages

    def progress(_: Progress) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            stop.set()

    return progress


def dies_after(pages: int) -> Callable[[Progress], None]:
    left = pages

    def progress(_: Progress) -> None:
        nonlocal left
        if left == 0:
            raise Killed
        left -= 1

    return progress


def test_what_was_passed_over_before_a_stop_is_still_missing_after_it(tmp_path: Path) -> None:
    lake, campaign = a_lake(tmp_path)
    time, stop = Time(END + DAY), threading.Event()
    timeline = Timeline(at_once(*range(10)), lambda: time.now)
    timeline.passes_over, timeline.refuses = 2, 1
    [report] = run(
        lake, campaign, timeline, time.clock, stop=stop, progress=stops_after(2, stop)
    )  # fmt: skip
    assert report.outcome == "stopped"
    time.now += HOUR
    [report] = run(lake, campaign, timeline, time.clock)
    assert report.outcome == "incomplete"
    assert [each.code for each in report.missing] == ["refused"]
    assert (report.new, report.refused, report.read) == (8, 1, 9)
    assert rows_of(lake)[0]["refused"] == 1
    time.now += DAY
    [report] = run(lake, campaign, timeline, time.clock)
    assert (report.outcome, report.new) == ("complete", 2)


def test_what_was_passed_over_before_a_crash_is_still_missing_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collecting, "_FLUSH_POSTS", 1)
    lake, campaign = a_lake(tmp_path)
    time = Time(END + DAY)
    timeline = Timeline(at_once(*range(10)), lambda: time.now)
    timeline.passes_over = 2
    ticks = count()
    ticking = Clock(lambda: END + DAY + next(ticks) * timedelta(seconds=1), time.clock.wait)
    with pytest.raises(Killed):
        run(lake, campaign, timeline, ticking, progress=dies_after(2))
    time.now += HOUR
    [report] = run(lake, campaign, timeline, time.clock)
    assert report.outcome == "incomplete"
    assert [each.code for each in report.missing] == ["refused"]


def test_what_a_run_ended_with_is_missing_no_more_when_it_went_on(tmp_path: Path) -> None:
    lake, campaign = a_lake(tmp_path)
    time = Time(END + DAY)
    timeline = Timeline(at_once(*range(10)), lambda: time.now)
    timeline.fails_from = 3
    [report] = run(lake, campaign, timeline, time.clock)
    assert (report.outcome, report.new) == ("partial", 4)
    timeline.fails_from = None
    [report] = run(lake, campaign, timeline, time.clock)
    assert (report.outcome, report.new, report.missing) == ("complete", 10, ())


def test_an_interrupted_run_whose_posts_are_all_gone_begins_again(tmp_path: Path) -> None:
    lake, campaign = a_lake(tmp_path)
    time, stop = Time(END + DAY), threading.Event()
    timeline = Timeline(at_once(*range(10)), lambda: time.now)
    run(lake, campaign, timeline, time.clock, stop=stop, progress=stops_after(1, stop))
    gone = [a_post(written).post_id for written in timeline.posts[:2]]
    assert lake.remove("essai", Network.BLUESKY, gone) == 2
    time.now += HOUR
    [report] = run(lake, campaign, timeline, time.clock)
    assert (report.outcome, report.new, report.forgotten) == ("complete", 8, 2)
    assert posts_in(lake, "text") == set(map(str, range(8)))


def test_runs_that_failed_leave_one_window_and_not_one_each(tmp_path: Path) -> None:
    lake, campaign = a_lake(tmp_path, until=None)
    time = Time(june(3))
    timeline = Timeline(at_once(1, 50), lambda: time.now)
    timeline.fails_from = 0
    for _ in range(3):
        [report] = run(lake, campaign, timeline, time.clock)
        assert report.outcome == "failed"
        time.now += HOUR
    timeline.fails_from = None
    calls = timeline.calls
    [report] = run(lake, campaign, timeline, time.clock)
    assert (report.outcome, report.new, timeline.calls - calls) == ("complete", 2, 1)


def test_no_moment_is_read_twice_in_one_run_after_one_that_was_stopped(tmp_path: Path) -> None:
    lake, campaign = a_lake(tmp_path, until=None)
    time, stop = Time(june(3)), threading.Event()
    timeline = Timeline(at_once(*range(40)), lambda: time.now)
    run(lake, campaign, timeline, time.clock, stop=stop, progress=stops_after(2, stop))
    time.now += 5 * timedelta(minutes=1)
    assert len(run(lake, campaign, timeline, time.clock)) == 2
    time.now += HOUR
    planned = stretches(lake, campaign, timeline.network, time.now)
    assert planned
    assert all(newer.window.since >= older.window.until for newer, older in pairwise(planned))


# Whatever happens.


class Step(NamedTuple):
    """A run, so many minutes after the one before: how it ends, after how many pages or calls."""

    minutes: int
    ends: str
    after: int
    days: tuple[int, int] | None


LAST = BEGIN + 2 * DAY  # the campaign's end
MINUTES = 2 * 24 * 60

written_posts = st.lists(
    st.tuples(
        st.integers(-90, MINUTES + 90) | st.sampled_from([-1, 0, 1, MINUTES - 1, MINUTES]),
        st.integers(0, 60),
    ),
    max_size=25,
).map(
    lambda posts: [
        Written(
            number,
            BEGIN + timedelta(minutes=published),
            BEGIN + timedelta(minutes=published + late),
        )
        for number, (published, late) in enumerate(posts)
    ]
)
steps = st.lists(
    st.builds(
        Step,
        st.integers(1, 1_100) | st.integers(1, 70),
        st.sampled_from(["well", "stopped", "failing", "dead", "passing over"]),
        st.integers(1, 6),
        st.none() | st.none() | st.tuples(st.integers(0, 40), st.integers(1, 48)),
    ),
    max_size=6,
)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(posts=written_posts, steps=steps)
def test_whatever_runs_there_were_the_lake_holds_what_was_published_each_post_once(
    tmp_path_factory: pytest.TempPathFactory,
    posts: list[Written],
    steps: list[Step],
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(collecting, "_FLUSH_POSTS", 1)
        lake, campaign = a_lake(tmp_path_factory.mktemp("lac"), until=LAST)
        time = Time(BEGIN)
        for step in steps:
            time.now += timedelta(minutes=step.minutes)
            for report in one_run(lake, campaign, posts, time, step):
                assert adds_up(report), report
        time.now = max(time.now, LAST) + DAY + HOUR
        for _ in range(5):
            reports = one_run(lake, campaign, posts, time, Step(0, "well", 0, None))
            assert all(report.outcome == "complete" and adds_up(report) for report in reports)
            if not reports:
                break
            time.now += timedelta(minutes=1)
        assert reports == []
        assert posts_in(lake, "text") == {
            str(it.number) for it in posts if BEGIN <= it.published_at < LAST
        }


def one_run(
    lake: Lake, campaign: Campaign, posts: list[Written], time: Time, step: Step
) -> list[Report]:
    timeline, stop = Timeline(posts, lambda: time.now), threading.Event()
    progress = {"stopped": stops_after(step.after, stop), "dead": dies_after(step.after)}
    since, until = None, None
    if step.days is not None:
        since = BEGIN + step.days[0] * HOUR
        until = since + step.days[1] * HOUR
    planned = stretches(lake, campaign, timeline.network, time.now, since, until)
    assert all(newer.window.since >= older.window.until for newer, older in pairwise(planned))
    if step.ends == "failing":
        timeline.fails_from = step.after
    elif step.ends == "passing over":
        timeline.passes_over = step.after
    try:
        return run(
            lake, campaign, timeline, time.clock, since=since, until=until, stop=stop,
            progress=progress.get(step.ends, lambda _: None),
        )  # fmt: skip
    except Killed:
        return []
