"""X, API version 2: its calls; each post read is paid for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, ClassVar, NamedTuple, TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from collectors.access import answers
from collectors.access.addresses import checked, is_loopback
from collectors.access.budget import Amount, Spending
from collectors.base import (
    BudgetSpent,
    CollectorError,
    Estimate,
    MissingCredentials,
    NetworkUnavailable,
    Page,
    Query,
    QuotaExhausted,
    Refusal,
)
from collectors.networks.x_client import client_for, sent
from collectors.networks.x_jobs import Job, Made, State, removals
from collectors.networks.x_search import Place, Search, cursor_of, next_search, place_of
from collectors.readers.fields import Unreadable
from collectors.readers.x import posts, posts_of_line, title_of
from data.model import KnownPost, Network, Post

_T = TypeVar("_T", bound=Struct)


#: What X charges, in US dollars: for a post, for an account that comes with it, for a count.
_POST, _ACCOUNT = Decimal("0.005"), Decimal("0.010")
_RECENT_COUNT, _ARCHIVE_COUNT = Decimal("0.005"), Decimal("0.010")
#: The most that comes with one post: the two that it points to, and four accounts (its author,
#: theirs, and whom it answers).
_MOST = Amount(3, 3 * _POST + 4 * _ACCOUNT)
#: What usually comes with one: campaigns recorded in 2021 had 1.6 posts and 0.5 to 1.5 accounts.
_LIKELY = Decimal("1.6") * _POST + _ACCOUNT

#: X answers a search with 10 posts at least, so a smaller budget buys none.
_FEWEST = 10
_IDS_A_CALL = 100
_IDS_A_JOB = 100_000  # X takes five times as many
#: A line about a post has 150 bytes or so.
_LARGEST_RESULT = 50_000_000

# Mentioned accounts are not asked for: each would be paid for, and the text names them.
_FIELDS: dict[str, list[str]] = {
    "tweet_fields": [
        "created_at",
        "author_id",
        "public_metrics",
        "referenced_tweets",
        "entities",
        "conversation_id",
        "in_reply_to_user_id",
        "lang",
        "note_tweet",
        "edit_history_tweet_ids",
        "withheld",
    ],
    "expansions": [
        "author_id",
        "referenced_tweets.id",
        "referenced_tweets.id.author_id",
        "in_reply_to_user_id",
    ],
    "user_fields": ["public_metrics", "created_at", "username", "verified_type"],
}
_ID = re.compile(r"[0-9]{1,19}")
_TOKEN = re.compile(rb'"next_token"\s*:\s*"(\w+)"')
#: The problems that mean that a post is public no more: deleted, suspended, protected, withheld.
_GONE = frozenset({"resource-not-found", "not-authorized-for-resource", "disallowed-resource"})


class X:
    """X's public posts through tweepy; each post read, and each account with it, is paid for.

    `address` is the API's. `budget` is asked before each call, and told afterwards what it cost.
    X lets the archive be searched once in `seconds_between_calls`,
    and who calls has to wait.
    """

    network: ClassVar[Network] = Network.X
    secrets: ClassVar[tuple[str, ...]] = ("bearer_token",)

    def __init__(
        self,
        *,
        bearer_token: str,
        address: str = "https://api.x.com",
        budget: Spending,
    ) -> None:
        self.calls = 0
        self._is_ours = is_loopback(urlsplit(address).hostname or "")
        self.seconds_between_calls = 0.0 if self._is_ours else 1.0
        self._client = client_for(bearer_token.strip(), address.rstrip("/"))
        self._budget = budget
        self._job: Job | None = None

    def pages(self, query: Query, cursor: str | None = None) -> Iterator[Page]:
        """Yield what the search for the hashtags gives, newest first; reposts, replies and
        quotes that bear one are in it.

        The last seven days are asked of the recent search, all else of the archive. Hashtags
        that are too many for one search take several, one after the other.

        Raises:
            BudgetSpent: the budget does not cover the smallest page, or X asks for payment.
            MissingCredentials, QuotaExhausted, NetworkUnavailable, CollectorError: see
                `collectors.access.answers`.
        """
        place: Place | None = place_of(cursor)
        while place is not None:
            search = next_search(query, place, datetime.now(UTC))
            if search is None:
                yield Page(())
                return
            page, place = self._page(query, search)
            yield page

    def reread(self, posts: Sequence[KnownPost]) -> Iterator[Page]:
        """Read known posts again, a hundred a call; what X says is not there or not public is
        `gone`, and what it says nothing about is neither."""
        waiting = _numbered(posts)
        while waiting:
            asked = waiting[: self._affordable(_IDS_A_CALL)]
            waiting = waiting[len(asked) :]
            cursor = str(asked[-1][0]) if waiting else None
            ids = [post_id for _, post_id in asked]
            try:
                answer = self._posts(self._client.get_tweets, len(ids), ids=ids)
            except CollectorError as error:
                error.after = cursor if _passes(error) else None
                raise
            rows, refused = _rows(answer) if answer.document.get("data") else ([], [])
            gone = _gone(answer.document, ids)
            if not (rows or refused or gone):
                raise _error_answer(answer, after=cursor)
            body = answer.body if refused else None
            yield Page(rows, cursor, refused=refused, gone=gone, body=body)

    def gone(self, posts: Sequence[KnownPost]) -> Iterator[Page]:
        """Ask which known posts are public no more, without reading or paying for any.

        X answers to a job, a while after it got the ids; asked again for the same posts, it is
        the same job that goes on. What X says nothing about is as public as it was.

        Raises:
            QuotaExhausted: X is still at it (`job-pending`).
            CollectorError: it gave up, or answered with what cannot be taken (`job-failed`).
            MissingCredentials, NetworkUnavailable: see `collectors.access.answers`.
        """
        waiting = _numbered(posts)
        while waiting:
            asked, waiting = waiting[:_IDS_A_JOB], waiting[_IDS_A_JOB:]
            cursor = str(asked[-1][0]) if waiting else None
            ids = [post_id for _, post_id in asked]
            try:
                body, removed, refused = self._removed(ids)
            except CollectorError as error:
                if not isinstance(error, (NetworkUnavailable, QuotaExhausted)):
                    self._job = None
                error.after = cursor if _passes(error) else None
                raise
            gone = [post_id for post_id in ids if post_id in removed]
            yield Page((), cursor, refused=refused, gone=gone, body=body if refused else None)

    def check(self) -> None:
        """Ask for a post that never was: X opens the door, or not, and charges nothing."""
        self._answer(self._client.get_tweets, ids=[1])

    def estimate(self, query: Query) -> Estimate:
        """What collecting would read and cost, before it is done.

        X counts for it, a month of the archive a call; each call is paid for. Posts with
        hashtags of two searches are counted twice.

        Raises:
            CollectorError: as `pages`.
        """
        requests = 0
        per_day: Counter[date] = Counter()
        place: Place | None = Place()
        while place is not None:
            search = next_search(query, place, datetime.now(UTC))
            if search is None:
                break
            counted = self._count(search)
            requests += max(1, -(-counted.total() // search.largest_page))
            per_day += counted
            place = search.after
        posts = per_day.total()
        return Estimate(posts, requests, posts * _LIKELY, posts * _MOST.dollars, dict(per_day))

    def _page(self, query: Query, search: Search) -> tuple[Page, Place | None]:
        client, place = self._client, search.place
        asked = self._affordable(search.largest_page)
        try:
            answer = self._posts(
                client.search_all_tweets if place.archive else client.search_recent_tweets,
                asked,
                max_results=asked,
                next_token=place.token,
                **search.parameters,
            )
        except CollectorError as error:
            error.after = _after(error, search)
            raise
        found = answer.document
        meta = found.get("meta")
        if not found.get("data") and not isinstance(meta, dict):
            raise _error_answer(answer, after=cursor_of(search.after))
        token = meta.get("next_token") if isinstance(meta, dict) else None
        after = msgspec.structs.replace(place, token=token) if token else search.after

        rows, refused = _rows(answer)
        page = Page(
            [post for post in rows if query.holds(post)],
            cursor_of(after),
            refused=refused,
            leg=search.parameters["query"],
            body=answer.body if refused else None,
        )
        return page, after

    def _count(self, search: Search) -> Counter[date]:
        archive, client = search.place.archive, self._client
        call = client.get_all_tweets_count if archive else client.get_recent_tweets_count
        price = Amount(0, _ARCHIVE_COUNT if archive else _RECENT_COUNT)
        parameters = {**search.parameters, "granularity": "day"}
        counted: Counter[date] = Counter()
        earliest = None
        while True:
            answer = self._bought(call, price, lambda _: price, **parameters)
            try:
                page = msgspec.convert(answer.document, _Counted)
            except msgspec.ValidationError:
                raise _error_answer(answer) from None
            begin = min((day.start for day in page.data), default=None)
            # The months come newest first; an answer that goes no further back is no end of them.
            if begin is None or (earliest is not None and begin >= earliest):
                return counted
            for day in page.data:  # the first and the last may be parts of one
                counted[day.start.date()] += day.tweet_count
            earliest = begin
            if page.meta.next_token is None or begin <= search.parameters["start_time"]:
                return counted
            parameters["next_token"] = page.meta.next_token

    def _removed(self, ids: list[str]) -> tuple[bytes, set[str], list[Refusal]]:
        """What a job says of posts, from the step on that has not been taken yet."""
        job = self._job
        if job is None or job.ids != ids:
            made = self._told(Made, self._client.create_compliance_job, type="tweets")
            job = self._job = Job(ids, made.id, made.upload_url)
        if not job.is_sent:
            self._stored("PUT", job.upload_url, "\n".join(ids).encode())
            job.is_sent = True
        if job.download_url is None:
            state = self._told(State, self._client.get_compliance_job, id=job.id)
            if state.status in ("failed", "expired"):
                raise CollectorError("job-failed")
            if state.status != "complete":
                resumes_at = datetime.now(UTC) + job.wait
                job.wait *= 2
                raise QuotaExhausted("job-pending", resumes_at=resumes_at)
            job.download_url = state.download_url
        body = self._stored("GET", job.download_url or "")
        removed, refused = removals(body)
        self._job = None
        return body, removed, refused

    def _told(self, kind: type[_T], call: Callable[..., Any], **parameters: Any) -> _T:
        """What X says of a job. It holds addresses that open to whoever has them: none is kept
        with an error."""
        try:
            document = self._answer(call, **parameters).document
        except NetworkUnavailable as error:
            error.body = None
            raise
        try:
            return msgspec.convert(document.get("data"), kind)
        except msgspec.ValidationError:
            title = title_of(document.get("errors")) or "?"
            raise NetworkUnavailable("error-answer", title=title) from None

    def _stored(self, method: str, url: str, data: bytes | None = None) -> bytes:
        """Bring to X's storage, or get from it; the address is the key, and X's own stays here."""
        import requests

        try:
            is_fine = checked(url).startswith("https://") or self._is_ours
        except CollectorError:
            is_fine = False
        if not is_fine:
            raise CollectorError("job-failed")
        self.calls += 1
        headers = {"Content-Type": "text/plain"}  # a part of what X has signed
        body = bytearray()
        with sent(requests.request, method, url, data=data, headers=headers) as response:
            try:
                answers.check(response.status_code, response.headers)
            except (NetworkUnavailable, QuotaExhausted):
                raise
            except CollectorError:  # what is refused is not the user's key
                raise CollectorError("job-failed") from None
            try:
                for piece in response.iter_content(1 << 16):
                    body += piece
                    if len(body) > _LARGEST_RESULT:
                        raise CollectorError("job-failed")
            except OSError:
                raise NetworkUnavailable("not-json-answer") from None
        return bytes(body)

    def _affordable(self, largest: int) -> int:
        """How many posts the budget lets one call ask for; a call for the fewest is tried anyway,
        and refused by the budget."""
        left = self._budget.left()
        for_dollars = int(min(left.dollars // _MOST.dollars, Decimal(largest)))
        return max(_FEWEST, min(largest, left.posts // _MOST.posts, for_dollars))

    def _posts(self, call: Callable[..., Any], asked: int, **parameters: Any) -> _Answer:
        most = Amount(asked * _MOST.posts, asked * _MOST.dollars)
        return self._bought(call, most, _price, **parameters, **_FIELDS)

    def _bought(
        self,
        call: Callable[..., Any],
        most: Amount,
        price: Callable[[dict[str, Any]], Amount],
        **parameters: Any,
    ) -> _Answer:
        """The answer to a call, noted in the budget at its highest price, then at its own."""
        self._budget.reserve(most)
        spent = most
        try:
            answer = self._answer(call, **parameters)
            spent = price(answer.document)
        except CollectorError as error:
            # X charges for what it answered, and it did, whatever became of it on the way.
            if error.code != "not-json-answer":
                spent = Amount()
            raise
        finally:
            self._budget.settle(most, spent)
        return answer

    def _answer(self, call: Callable[..., Any], **parameters: Any) -> _Answer:
        self.calls += 1
        body = call(**parameters).content
        document = answers.document(body)
        if not isinstance(document, dict):
            raise NetworkUnavailable("not-json-answer", body=body)
        return _Answer(body, document)


class _Answer(NamedTuple):
    body: bytes
    document: dict[str, Any]


class _Day(Struct):
    start: datetime
    tweet_count: int


class _CountedMeta(Struct):
    next_token: str | None = None


class _Counted(Struct):
    data: list[_Day]
    meta: _CountedMeta


def _passes(error: CollectorError) -> bool:
    """Whether another question may fare better."""
    return not isinstance(error, (BudgetSpent, MissingCredentials, QuotaExhausted))


def _after(error: CollectorError, search: Search) -> str | None:
    """Where to go on without a page that failed: the next, if the page says so, or search."""
    if not _passes(error):
        return None
    body = error.body if isinstance(error, NetworkUnavailable) else None
    if body and (token := _TOKEN.search(body)):
        return cursor_of(msgspec.structs.replace(search.place, token=token[1].decode()))
    return cursor_of(search.after)


def _error_answer(answer: _Answer, after: str | None = None) -> NetworkUnavailable:
    """X says 200 with nothing but problems, or nothing at all, when a part of it is down."""
    title = title_of(answer.document.get("errors")) or "?"
    return NetworkUnavailable("error-answer", body=answer.body, after=after, title=title)


def _price(found: dict[str, Any]) -> Amount:
    """What an answer costs: each post and each account in it, asked for or come along."""
    included = found.get("includes")
    included = included if isinstance(included, dict) else {}
    lists = (found.get("data"), included.get("tweets"), included.get("users"))
    data, tweets, users = (len(it) if isinstance(it, list) else 0 for it in lists)
    return Amount(data + tweets, (data + tweets) * _POST + users * _ACCOUNT)


def _rows(answer: _Answer) -> tuple[list[Post], list[Refusal]]:
    quickly = posts_of_line(answer.body)
    if quickly is not None:
        return list(quickly), []
    rows: list[Post] = []
    refused: list[Refusal] = []
    for line, item in enumerate(posts(answer.document), start=1):
        if isinstance(item, Unreadable):
            refused.append(Refusal(line, item.code, item.detail))
        else:
            rows.append(item)
    return rows, refused


def _numbered(posts: Sequence[KnownPost]) -> list[tuple[int, str]]:
    """The posts that X may know, each with its place, from 1 on."""
    numbered = enumerate(posts, start=1)
    return [(number, post.post_id) for number, post in numbered if _ID.fullmatch(post.post_id)]


def _gone(found: dict[str, Any], ids: list[str]) -> list[str]:
    """Those asked for of which X says that they are not there, or not for everybody."""
    problems = found.get("errors")
    named = {
        str(problem.get("resource_id") or problem.get("value"))
        for problem in (problems if isinstance(problems, list) else [])
        if isinstance(problem, dict)
        and problem.get("parameter", "ids") == "ids"
        and str(problem.get("type")).rpartition("/")[2] in _GONE
    }
    return [post_id for post_id in ids if post_id in named]
