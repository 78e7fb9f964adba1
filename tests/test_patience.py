"""Reading through faults: what is waited for, what is given up, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from collectors.base import (
    BudgetSpent,
    CollectorError,
    MissingCredentials,
    NetworkUnavailable,
    Page,
    QuotaExhausted,
)
from collectors.runs.patience import MOST_TRIES, Clock, Patience
from data.model import Account, Network, Post

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def post(number: int) -> Post:
    return Post(Network.X, str(number), Account("1"), NOW)


class Source:
    """Five pages of two posts; `faults` are raised in turn at the page of their number."""

    def __init__(self, faults: dict[int, list[Exception]] | None = None, pages: int = 5) -> None:
        self.faults = faults or {}
        self.last = pages
        self.asked: list[str | None] = []

    def read(self, cursor: str | None) -> Iterator[Page]:
        for number in range(int(cursor or 1), self.last + 1):
            self.asked.append(str(number))
            if self.faults.get(number):
                raise self.faults[number].pop(0)
            further = str(number + 1) if number < self.last else None
            yield Page([post(2 * number), post(2 * number + 1)], further)


class Time:
    """A clock whose waiting takes no time, and is noted."""

    def __init__(self, stops_after: int = 10**6) -> None:
        self.now = NOW
        self.waits: list[float] = []
        self.stops_after = stops_after

    @property
    def clock(self) -> Clock:
        def wait(seconds: float) -> bool:
            self.waits.append(seconds)
            self.now += timedelta(seconds=seconds)
            return len(self.waits) >= self.stops_after

        return Clock(lambda: self.now, wait)


def read(source: Source, time: Time | None = None, **more: object) -> tuple[Patience, list[str]]:
    patience = Patience(source.read, lambda it: int(it.post_id), (time or Time()).clock, **more)
    rows = [row.post_id for page in patience.pages() for row in page.rows]
    return patience, rows


ALL = [str(number) for number in range(2, 12)]


def test_without_a_fault_every_page_is_asked_for_once() -> None:
    source, time = Source(), Time()
    patience, rows = read(source, time)
    assert rows == ALL
    assert source.asked == list("12345")
    assert (time.waits, patience.missing, patience.failure) == ([], [], None)


@pytest.mark.parametrize("error", [NetworkUnavailable, QuotaExhausted])
def test_a_fault_that_passes_costs_a_wait_and_no_page(error: type[CollectorError]) -> None:
    source, time = Source({3: [error(), error()]}), Time()
    patience, rows = read(source, time)
    assert rows == ALL
    assert source.asked == list("1233345")
    assert not patience.missing
    assert 0.5 <= time.waits[0] <= 1 and 1 <= time.waits[1] <= 2


def test_waits_grow_to_a_ceiling_and_no_call_is_tried_more_than_eight_times() -> None:
    faults: list[Exception] = [NetworkUnavailable("unreachable") for _ in range(20)]
    source, time = Source({2: faults}), Time()
    patience, rows = read(source, time)
    assert rows == ["2", "3"]
    assert source.asked.count("2") == MOST_TRIES == 8
    assert time.waits == sorted(time.waits) and max(time.waits) <= 300
    assert isinstance(patience.failure, NetworkUnavailable)
    assert [each.code for each in patience.missing] == ["unreachable"]


def test_a_network_that_says_when_is_asked_again_then_and_not_before() -> None:
    time = Time()
    at = NOW + timedelta(minutes=14)
    _, rows = read(Source({4: [QuotaExhausted(resumes_at=at)]}), time)
    assert rows == ALL
    assert at < time.now < at + timedelta(seconds=3)


def test_a_moment_in_the_past_is_not_waited_for_long() -> None:
    time = Time()
    read(Source({4: [QuotaExhausted(resumes_at=NOW - timedelta(hours=1))]}), time)
    assert sum(time.waits) < 3


def test_a_quota_that_comes_back_tomorrow_ends_the_run_at_once() -> None:
    time = Time()
    error = QuotaExhausted(resumes_at=NOW + timedelta(hours=9))
    patience, rows = read(Source({3: [error]}), time)
    assert rows == ALL[:4]
    assert time.waits == []
    assert patience.failure is error


@pytest.mark.parametrize(
    "error", [MissingCredentials("key-refused"), BudgetSpent("budget"), CollectorError("refused")]
)
def test_what_no_waiting_helps_is_not_waited_for(error: CollectorError) -> None:
    time = Time()
    patience, rows = read(Source({3: [error]}), time)
    assert (rows, time.waits, patience.failure) == (ALL[:4], [], error)


def test_a_part_that_cannot_be_read_is_named_and_the_rest_goes_on() -> None:
    error = MissingCredentials("instance-closed", after="4", instance="exemple.social")
    patience, rows = read(Source({3: [error]}))
    assert rows == ALL[:4] + ALL[6:]
    assert patience.failure is None
    assert [(it.code, it.values) for it in patience.missing] == [
        ("instance-closed", {"instance": "exemple.social"})
    ]


def test_a_spent_budget_ends_all_parts() -> None:
    patience, rows = read(Source({3: [BudgetSpent("budget", after="4")]}))
    assert rows == ALL[:4]
    assert patience.failure is not None


def test_an_answer_that_stays_unreadable_is_kept_aside() -> None:
    faults: list[Exception] = [NetworkUnavailable("not-json-answer", body=b"<html>", after="4")] * 8
    kept: list[tuple[bytes, str]] = []
    patience, rows = read(Source({3: faults}), keep_aside=lambda *it: kept.append(it))
    assert rows == ALL[:4] + ALL[6:]
    assert kept == [(b"<html>", "not-json-answer")]
    assert [it.code for it in patience.missing] == ["not-json-answer"]


def test_somebody_who_stops_during_a_wait_is_obeyed() -> None:
    patience, rows = read(Source({3: [NetworkUnavailable()]}), Time(stops_after=1))
    assert rows == ALL[:4]
    assert patience.is_stopped


def test_the_words_of_an_unexpected_error_are_not_told(caplog: pytest.LogCaptureFixture) -> None:
    patience, rows = read(Source({3: [ValueError("clé: secret-planté")]}))
    assert rows == ALL[:4]
    assert patience.failure is not None
    assert "secret-planté" not in caplog.text + repr(patience.failure)
    assert "ValueError" in caplog.text


def test_a_post_comes_once_however_many_pages_hold_it() -> None:
    def twice(cursor: str | None) -> Iterator[Page]:
        yield Page([post(1), post(2)], "b", leg="un")
        yield Page([post(2), post(3)], None, leg="deux")

    patience = Patience(twice, lambda it: int(it.post_id), Time().clock, seen={1})
    assert [row.post_id for page in patience.pages() for row in page.rows] == ["2", "3"]


def test_pages_that_repeat_under_new_cursors_end() -> None:
    asked = 0

    def endless(cursor: str | None) -> Iterator[Page]:
        nonlocal asked
        while True:
            asked += 1
            yield Page([post(asked % 4)], f"cursor-{asked}")

    patience = Patience(endless, lambda it: int(it.post_id), Time().clock)
    assert [row.post_id for page in patience.pages() for row in page.rows] == ["1", "2", "3", "0"]
    assert asked == 7
    assert patience.failure is not None and patience.failure.code == "endless"


def test_a_cursor_that_comes_back_ends() -> None:
    def circle(cursor: str | None) -> Iterator[Page]:
        number = int(cursor or 0)
        while True:
            number += 1
            yield Page([post(number)], str(number % 3))

    patience = Patience(circle, lambda it: int(it.post_id), Time().clock)
    assert len(list(patience.pages())) == 4
    assert patience.failure is not None and patience.failure.code == "endless"


def test_empty_pages_go_on_while_there_is_a_cursor_but_not_for_ever() -> None:
    def sparse(cursor: str | None) -> Iterator[Page]:
        for number in range(100):
            yield Page([post(number)] if number % 30 == 29 else [], f"{number}")
        yield Page([post(1000)], None)

    patience = Patience(sparse, lambda it: int(it.post_id), Time().clock)
    rows = [row.post_id for page in patience.pages() for row in page.rows]
    assert rows == ["29", "59", "89", "1000"]

    def empty(cursor: str | None) -> Iterator[Page]:
        number = 0
        while True:
            number += 1
            yield Page([], str(number))

    patience = Patience(empty, lambda it: int(it.post_id), Time().clock)
    assert len(list(patience.pages())) == 200
    assert patience.failure is not None and patience.failure.code == "endless"


def test_a_server_that_has_what_another_gave_is_not_taken_for_endless() -> None:
    def servers(cursor: str | None) -> Iterator[Page]:
        for server in ("un", "deux"):
            for number in range(6):
                is_last = server == "deux" and number == 5
                yield Page([post(number)], None if is_last else f"{server}{number}", leg=server)

    patience = Patience(servers, lambda it: int(it.post_id), Time().clock)
    assert len([row for page in patience.pages() for row in page.rows]) == 6
    assert patience.failure is None


def comments(cursor: str | None, rounds: int) -> Iterator[Page]:
    """Pages that bring what comes with them, which comes once more as pages of its own."""
    for turn in range(rounds):
        for number in range(6):
            is_last = turn == rounds - 1 and number == 5
            yield Page([post(number)], f"{turn}-{number}-a", leg="")
            yield Page([post(number + 1)], None if is_last else f"{turn}-{number}-b", leg=None)


def test_what_came_with_other_pages_is_not_taken_for_endless() -> None:
    patience = Patience(lambda it: comments(it, 1), lambda it: int(it.post_id), Time().clock)
    rows = [row.post_id for page in patience.pages() for row in page.rows]
    assert rows == [str(number) for number in range(7)]
    assert patience.failure is None


def test_pages_that_repeat_end_whatever_comes_with_them() -> None:
    patience = Patience(lambda it: comments(it, 9), lambda it: int(it.post_id), Time().clock)
    assert len(list(patience.pages())) == 2 * 6 + 2 * 2 + 1
    assert patience.failure is not None and patience.failure.code == "endless"


def test_a_page_of_many_calls_may_meet_a_fault_at_each() -> None:
    calls = 0

    def read_page(cursor: str | None) -> Iterator[Page]:
        nonlocal calls
        for _ in range(2):  # one that goes well, for the first time, and the next, which does not
            calls += 1
        if calls < 60:
            raise NetworkUnavailable
        yield Page([post(1)], None)

    patience = Patience(read_page, lambda it: int(it.post_id), Time().clock, calls=lambda: calls)
    assert len(list(patience.pages())) == 1
    assert patience.failure is None


def test_a_network_that_asks_for_it_is_asked_slowly() -> None:
    time = Time()
    _, rows = read(Source(), time, pace_seconds=1.0)
    assert rows == ALL
    assert time.waits == [1.0] * 4
