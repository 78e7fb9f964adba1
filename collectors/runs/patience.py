"""Reads a source's pages through every fault that passes, and says what one that stays cost.

All waiting is here: sources wait for nobody, so that a wait can be shown, bounded and stopped.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from collectors.base import (
    BudgetSpent,
    CollectorError,
    MissingCredentials,
    NetworkUnavailable,
    Page,
    QuotaExhausted,
)
from collectors.runs.missing import Missing
from collectors.runs.seen import Seen
from data.model import Post

_LOG = logging.getLogger(__name__)

#: A call is made at most so often before what it asks for is called missing.
MOST_TRIES = 8

#: So many parts in a row that cannot be read are no parts any more, but the network.
_MOST_PARTS = 20

#: A page that takes many calls may meet many faults, each at another call.
_MOST_FAULTS = 100

_FIRST_WAIT = 1.0  # seconds, twice as long each time
_LONGEST_BACK_OFF = 300.0
#: A quota that comes back later than this ends the run; the next one goes on where it stopped.
_LONGEST_QUOTA = timedelta(minutes=20)
#: So many pages in a row, of one leg, with nothing that it had not given before, never end.
_REPEATED_PAGES = 3
_EMPTY_PAGES = 200


@dataclass(frozen=True)
class Clock:
    """The time, and a way to let it pass: `wait(seconds)` gives True when it was asked to stop."""

    now: Callable[[], datetime]
    wait: Callable[[float], bool]


class Patience:
    """Reads pages from `read(cursor)`, going on from the last cursor after each fault.

    A post comes once, however many pages hold it: `mark` gives the number that it is known by,
    of at most 63 bits, and `seen` those that came before. `calls` is how many calls the source
    has made, and `pace_seconds` what must lie between the calls of a network that asks for it.

    When the reading ends, `missing` says what it did not give, `is_stopped` that it was asked
    to stop, and `failure` why it could not go on.
    """

    def __init__(
        self,
        read: Callable[[str | None], Iterator[Page]],
        mark: Callable[[Post], int],
        clock: Clock,
        *,
        calls: Callable[[], int] = lambda: 0,
        pace_seconds: float = 0.0,
        seen: Iterable[int] = (),
        keep_aside: Callable[[bytes, str], object] = lambda body, why: None,
        tell: Callable[[datetime | None], None] = lambda waits_until: None,
    ) -> None:
        self._read = read
        self._mark = mark
        self._clock = clock
        self._calls = calls
        self._pace_seconds = pace_seconds
        self._seen = seen
        self._keep_aside = keep_aside
        self._tell = tell
        self._chance = random.SystemRandom()
        self.missing: list[Missing] = []
        self.failure: CollectorError | None = None
        self.is_stopped = False

    def pages(self, cursor: str | None = None) -> Iterator[Page]:
        """Yield every page that can be had, from a cursor on."""
        with closing(Seen(self._seen)) as seen:
            yield from self._pages(cursor, _Guard(seen))

    def _pages(self, cursor: str | None, guard: _Guard) -> Iterator[Page]:
        tries = faults = parts = 0
        calls = self._calls()
        while True:
            try:
                for page in self._read(cursor):
                    tries = faults = parts = 0
                    cursor = page.cursor
                    if page.missing is not None:
                        self.missing.append(Missing(page.missing))
                    if page.body is not None:
                        self._keep_aside(page.body, "refused")
                    marks = [self._mark(post) for post in page.rows]
                    yield replace(page, rows=guard.new(page, marks))
                    if cursor is None:
                        return
                    if guard.is_endless:
                        self._fail(CollectorError("endless"))
                        return
                    if self._pace_seconds and self._clock.wait(self._pace_seconds):
                        self.is_stopped = True
                        return
            except CollectorError as error:
                # Another call went well meanwhile: this fault is at one further on in the page.
                is_further, calls = self._calls() - calls > 1, self._calls()
                tries, faults = 1 if is_further else tries + 1, faults + 1
                seconds = self._seconds_before(
                    error, MOST_TRIES if faults > _MOST_FAULTS else tries
                )
                if seconds is None:
                    self._fail(error)
                    parts += 1
                    is_over = error.after is None or parts > _MOST_PARTS
                    if is_over or isinstance(error, BudgetSpent):
                        return
                    cursor, tries, faults = error.after, 0, 0
                    self.failure = None
                elif self._waits(seconds):
                    self.is_stopped = True
                    return
            except Exception as error:
                # A client's own words may hold a key: only the kind of the error is told.
                _LOG.error("unexpected %s", type(error).__name__)
                self._fail(CollectorError("unexpected-answer", kind=type(error).__name__))
                return
            else:
                return

    def _fail(self, error: CollectorError) -> None:
        self.failure = error
        self.missing.append(Missing(error.code, error.values))
        if isinstance(error, NetworkUnavailable) and error.body:
            self._keep_aside(error.body, error.code)

    def _seconds_before(self, error: CollectorError, tries: int) -> float | None:
        """How long to wait before the next try; None when there is none."""
        if tries >= MOST_TRIES or isinstance(error, (MissingCredentials, BudgetSpent)):
            return None
        if isinstance(error, QuotaExhausted) and error.resumes_at is not None:
            left = error.resumes_at - self._clock.now()
            if left > _LONGEST_QUOTA:
                return None
            # A second more: clocks differ, and an early call counts as another offence.
            return max(left.total_seconds(), 0.0) + 1 + self._chance.random()
        if isinstance(error, (QuotaExhausted, NetworkUnavailable)):
            longest = min(_FIRST_WAIT * 2.0 ** (tries - 1), _LONGEST_BACK_OFF)
            # Half of it is chance, so that many who failed together do not come back together.
            return longest * (0.5 + self._chance.random() / 2)
        return None

    def _waits(self, seconds: float) -> bool:
        self._tell(self._clock.now() + timedelta(seconds=seconds))
        is_stopped = self._clock.wait(seconds)
        self._tell(None)
        return is_stopped


class _Guard:
    """Lets each post pass once, and knows a source that gives the same under ever new cursors."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        self._name, self._leg = "", 1
        self._repeated = self._empty = 0
        self.is_endless = False

    def new(self, page: Page, marks: list[int]) -> list[Post]:
        """The posts of a page that no page held before."""
        if page.leg is not None and page.leg != self._name:
            self._name, self._leg = page.leg, self._leg + 1
            self._repeated = self._empty = 0
        # What comes with the page before may yet come as a page of its own.
        leg = 0 if page.leg is None else self._leg
        legs = [self._seen.post(mark, leg) for mark in marks]
        if page.leg is not None:
            self._look(page, legs)
        return [post for post, before in zip(page.rows, legs) if before is None]

    def _look(self, page: Page, legs: list[int | None]) -> None:
        is_repeated = bool(legs) and all(leg == self._leg for leg in legs)
        self._repeated = self._repeated + 1 if is_repeated else 0 if legs else self._repeated
        self._empty = 0 if legs else self._empty + 1
        came_back = page.cursor is not None and self._seen.cursor(page.cursor)
        self.is_endless = (
            came_back or self._repeated >= _REPEATED_PAGES or self._empty >= _EMPTY_PAGES
        )
