"""The contract of a source, and the small readings that every network's payload needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import ClassVar, Protocol

from data.model import KnownPost, Network, Post, normal_hashtag


@dataclass(frozen=True)
class Query:
    """What to collect: hashtags without `#`, from `since` (included) to `until` (excluded), UTC."""

    hashtags: tuple[str, ...]
    since: datetime | None = None
    until: datetime | None = None

    def holds(self, post: Post) -> bool:
        """Whether a post bears one of the hashtags, within the window.

        Networks answer with more than they were asked for: tags that begin alike, the tag as
        plain text, other days. A post without a date is within.
        """
        at = post.published_at
        if at is not None and (
            (self.since is not None and at < self.since)
            or (self.until is not None and at >= self.until)
        ):
            return False
        return not self._tags.isdisjoint(map(normal_hashtag, post.hashtags))

    @cached_property
    def _tags(self) -> frozenset[str]:
        return frozenset(map(normal_hashtag, self.hashtags))


@dataclass(frozen=True)
class Refusal:
    """A row that could not be read: its line (1 is the first), and why.

    `code` names the sentence in `locales` (`refusal.<code>`), `detail` fills its gap. For a
    network's answer the line is the row's place in it.
    """

    line: int
    code: str
    detail: str = ""


@dataclass(frozen=True)
class Page:
    """What one call or one piece of a file gave, and where to go on after it.

    `cursor` is None where nothing is left. `gone` holds the ids of posts that were asked for
    again and are public no more. `missing` is the code (`missing.<code>`) of what the network
    held back here: "capped". `leg` is which hashtag or server it was read from, where one is
    read after the other; None says that it is more of the page before. `body` is the answer
    itself where something in it was refused.
    """

    rows: Sequence[Post]
    cursor: str | None = None
    refused: Sequence[Refusal] = field(default=())
    gone: Sequence[str] = field(default=())
    missing: str | None = None
    leg: str | None = ""
    body: bytes | None = None


@dataclass(frozen=True)
class Estimate:
    """What a collection from a paid network would take: posts, calls for them, US dollars.

    `dollars` is the likely price, `most_dollars` the highest. `per_day` counts the posts by day
    (UTC): a figure of the whole that needs no post, nor anybody, to be read.
    """

    posts: int
    requests: int
    dollars: Decimal
    most_dollars: Decimal
    per_day: Mapping[date, int] = field(default_factory=dict)

    def __add__(self, other: Estimate) -> Estimate:
        return Estimate(
            self.posts + other.posts,
            self.requests + other.requests,
            self.dollars + other.dollars,
            self.most_dollars + other.most_dollars,
            dict(Counter(self.per_day) + Counter(other.per_day)),
        )


class Collector(Protocol):
    """Reads a network's public posts, page by page; it stores nothing and waits for nobody.

    Every call that it makes has a time-out. A call that fails raises one of the kinds of
    `CollectorError` below; whoever reads may then ask again from the last page's cursor.
    """

    network: ClassVar[Network]
    #: How many calls it has made.
    calls: int

    def pages(self, query: Query, cursor: str | None = None) -> Iterator[Page]:
        """Yield each page as soon as it is read; `page.cursor` is where to go on after it.

        A page that gave nothing is yielded too, so that whoever reads sees the cursor move.
        """
        ...

    def reread(self, posts: Sequence[KnownPost]) -> Iterator[Page]:
        """Read known posts again, in as few calls as the network allows: as they are now, or gone.

        Each page's `rows` and `gone` answer for the posts asked in one call; `cursor` is the
        number of posts asked so far, as text, and None on the last page.
        """
        ...

    def check(self) -> None:
        """One cheap call that shows whether the network lets us in; raises as `pages` does."""
        ...


class CollectorError(Exception):
    """What a source says when it cannot go on; the only error that leaves a source.

    `code` names the sentence in `locales` (`error.<code>`), `values` fill its gaps: never a key,
    nor an address with one in it. `after` is the cursor behind what failed, where the source
    can go on without it (the next hashtag, the next instance).
    """

    def __init__(self, code: str, *, after: str | None = None, **values: object) -> None:
        super().__init__(code, values)
        self.code = code
        self.after = after
        self.values = values


class MissingCredentials(CollectorError):
    """There is no key, or the network refuses it: nothing helps but another."""


class QuotaExhausted(CollectorError):
    """The network asks to wait: until `resumes_at` (UTC) where it says so."""

    def __init__(
        self,
        code: str = "quota",
        *,
        resumes_at: datetime | None = None,
        after: str | None = None,
        **values: object,
    ) -> None:
        super().__init__(code, after=after, **values)
        self.resumes_at = resumes_at


class BudgetSpent(CollectorError):
    """What may be spent is spent, here or on the network's own account."""


class NetworkUnavailable(CollectorError):
    """A fault that may pass: no connection, no answer in time, or one that cannot be read.

    `body` is the answer that could not be read, to be kept aside if it stays so.
    """

    def __init__(
        self,
        code: str = "unavailable",
        *,
        body: bytes | None = None,
        after: str | None = None,
        **values: object,
    ) -> None:
        super().__init__(code, after=after, **values)
        self.body = body
