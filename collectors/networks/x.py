"""X, API version 2: the calls, and an answer's posts, whether from the network or from a file.

What is read of an answer is declared as types: a page is checked and read in one pass, and
the two thirds of it that say nothing here are never built.
"""

from __future__ import annotations

import json
import logging
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, ClassVar, NamedTuple, TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from collectors.access import answers
from collectors.access.addresses import checked, is_loopback
from collectors.access.budget import Amount, Budget
from collectors.base import (
    LARGEST_COUNT,
    BudgetSpent,
    CollectorError,
    Estimate,
    MissingCredentials,
    NetworkUnavailable,
    Page,
    Query,
    QuotaExhausted,
    Refusal,
    Unreadable,
    moment,
    tags_in,
)
from data.model import Account, KnownPost, Network, Post, Reference

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
#: How long a job is left alone at first: twice as long each time that it is not done.
_FIRST_WAIT = timedelta(seconds=10)
#: Posts a page, and characters a query: of the last seven days, and of the whole archive.
_RECENT, _ARCHIVE = (100, 512), (500, 1024)
#: An hour less than X's seven days, so that the pages of one search all lie within.
_RECENT_DAYS = timedelta(days=7, hours=-1)
#: X refuses an end within the last ten seconds, and clocks differ.
_SETTLED = timedelta(minutes=1)
_BEGINNING = datetime(2006, 3, 21, tzinfo=UTC)  # X refuses an earlier start

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

#: tweepy knows one address only.
_HOST = "https://api.twitter.com"
_KEY = re.compile(r"[!-~]+")
_ID = re.compile(r"[0-9]{1,19}")
_TOKEN = re.compile(rb'"next_token"\s*:\s*"(\w+)"')
#: The problems that mean that a post is public no more: deleted, suspended, protected, withheld.
_GONE = frozenset({"resource-not-found", "not-authorized-for-resource", "disallowed-resource"})
#: The reasons that are about a post's place alone; X has written both.
_PLACES = frozenset({"scrub_geo", "geo_scrubbed"})


class X:
    """X's public posts through tweepy; each post read, and each account with it, is paid for.

    `address` is the API's. `budget` is asked before each call, and told afterwards what it cost;
    without one nobody counts. X lets the archive be searched once in `seconds_between_calls`,
    and who calls has to wait.
    """

    network: ClassVar[Network] = Network.X
    secrets: ClassVar[tuple[str, ...]] = ("bearer_token",)

    def __init__(
        self,
        *,
        bearer_token: str,
        address: str = "https://api.x.com",
        budget: Budget | None = None,
    ) -> None:
        self.calls = 0
        self._is_ours = is_loopback(urlsplit(address).hostname or "")
        self.seconds_between_calls = 0.0 if self._is_ours else 1.0
        self._client = _client(bearer_token.strip(), address.rstrip("/"))
        self._budget = budget
        self._job: _Job | None = None

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
        place: _Place | None = _place(cursor)
        while place is not None:
            search = _search(query, place, datetime.now(UTC))
            if search is None:
                yield Page(())
                return
            page, place = self._page(query, search)
            yield page

    def again(self, posts: Sequence[KnownPost]) -> Iterator[Page]:
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
        place: _Place | None = _Place()
        while place is not None:
            search = _search(query, place, datetime.now(UTC))
            if search is None:
                break
            counted = self._count(search)
            requests += max(1, -(-counted.total() // search.largest_page))
            per_day += counted
            place = search.after
        posts = per_day.total()
        return Estimate(posts, requests, posts * _LIKELY, posts * _MOST.dollars, dict(per_day))

    def _page(self, query: Query, search: _Search) -> tuple[Page, _Place | None]:
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
            raise _error_answer(answer, after=_cursor(search.after))
        token = meta.get("next_token") if isinstance(meta, dict) else None
        after = msgspec.structs.replace(place, token=token) if token else search.after

        rows, refused = _rows(answer)
        page = Page(
            [post for post in rows if query.holds(post)],
            _cursor(after),
            refused=refused,
            leg=search.parameters["query"],
            body=answer.body if refused else None,
        )
        return page, after

    def _count(self, search: _Search) -> Counter[date]:
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
            made = self._told(_Made, self._client.create_compliance_job, type="tweets")
            job = self._job = _Job(ids, made.id, made.upload_url)
        if not job.is_sent:
            self._stored("PUT", job.upload_url, "\n".join(ids).encode())
            job.is_sent = True
        if job.download_url is None:
            state = self._told(_State, self._client.get_compliance_job, id=job.id)
            if state.status in ("failed", "expired"):
                raise CollectorError("job-failed")
            if state.status != "complete":
                resumes_at = datetime.now(UTC) + job.wait
                job.wait *= 2
                raise QuotaExhausted("job-pending", resumes_at=resumes_at)
            job.download_url = state.download_url
        body = self._stored("GET", job.download_url or "")
        removed, refused = _removals(body)
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
            title = _title(document.get("errors")) or "?"
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
        with _sent(requests.request, method, url, data=data, headers=headers) as response:
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
        if self._budget is None:
            return largest
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
        if self._budget is None:
            return self._answer(call, **parameters)
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


def _client(bearer_token: str, address: str) -> Any:
    """tweepy, made to ask `address`, to give up in time and to leave the judging to us."""
    # Here, not above: a client takes up to a second to load, and an import of files needs none.
    import requests
    import tweepy

    client = tweepy.Client(bearer_token, return_type=requests.Response, wait_on_rate_limit=False)
    # The first writes the key into its log, the others addresses that are keys themselves.
    for name in ("tweepy.client", "urllib3.connection", "urllib3.connectionpool"):
        logging.getLogger(name).addFilter(_is_worth_logging)
    ask = client.session.request

    def request(method: str, url: str, **more: Any) -> Any:
        if not _KEY.fullmatch(bearer_token):
            raise MissingCredentials("key-malformed")
        with _sent(ask, method, address + url.removeprefix(_HOST), **more) as response:
            try:
                # Whoever reads the answer from here on reads it without the key.
                body = response._content = answers.masked(response.content, bearer_token)
            except OSError:
                body = None
        if response.status_code == 429 and b"/usage-capped" in (body or b""):
            raise BudgetSpent("payment")
        # Before tweepy, which trips over strange headers and bodies of errors.
        answers.check(response.status_code, response.headers, body or b"")
        if body is None:
            raise NetworkUnavailable("not-json-answer")
        return response

    client.session.request = request
    return client


def _sent(send: Callable[..., Any], method: str, url: str, **more: Any) -> Any:
    """The head of an answer, from where it was asked for, or an error in time."""
    more |= {"timeout": answers.TIMEOUT, "allow_redirects": False, "stream": True}
    try:
        return send(method, url, **more)
    except OSError:  # all that requests raises is one
        raise NetworkUnavailable("unreachable") from None


def _is_worth_logging(record: logging.LogRecord) -> bool:
    return record.levelno > logging.WARNING


class _Answer(NamedTuple):
    body: bytes
    document: dict[str, Any]


class _Place(Struct, frozen=True, omit_defaults=True):
    """Where a search goes on: from which hashtag on, and after which of its pages.

    X wants the question that a token came from: whether the archive was asked, with an end.
    """

    tag: int = 0
    token: str | None = None
    archive: bool = False
    ends: bool = False


class _Search(NamedTuple):
    """One search: its place, what is asked, how many posts a page, and where the next begins."""

    place: _Place
    parameters: dict[str, Any]
    largest_page: int
    after: _Place | None


class _Made(Struct):
    id: Annotated[str, Meta(pattern=r"^[0-9]+$")]
    upload_url: str


class _State(Struct):
    status: str
    download_url: str | None = None


class _Job(Struct):
    """A question about posts that X takes its time to answer, and how far it has come."""

    ids: list[str]
    id: str
    upload_url: str
    is_sent: bool = False
    download_url: str | None = None
    wait: timedelta = _FIRST_WAIT


class _Removal(Struct):
    id: str
    action: str | None = None
    reason: str | None = None


class _Day(Struct):
    start: datetime
    tweet_count: int


class _CountedMeta(Struct):
    next_token: str | None = None


class _Counted(Struct):
    data: list[_Day]
    meta: _CountedMeta


def _search(query: Query, place: _Place, now: datetime) -> _Search | None:
    """What to ask at a place; None where there is nothing to ask for."""
    since = max(query.since or _BEGINNING, _BEGINNING)
    settled = now - _SETTLED
    if place.tag >= len(query.hashtags) or since >= min(query.until or settled, settled):
        return None
    archive = since < now - _RECENT_DAYS
    # A search of recent posts that was left so long that they are no more begins again.
    if place.token is None or (archive and not place.archive):
        ends = query.until is not None and query.until <= settled
        place = _Place(place.tag, None, archive, ends)
    largest_page, longest = _ARCHIVE if place.archive else _RECENT
    tags = list(_leg(query.hashtags[place.tag :], longest))
    after = place.tag + len(tags)
    parameters: dict[str, Any] = {"query": f"({' OR '.join(tags)})", "start_time": since}
    if place.ends and query.until is not None:
        # tweepy cuts a moment to its second.
        is_between = query.until.microsecond > 0
        parameters["end_time"] = query.until + timedelta(seconds=is_between)
    following = _Place(after) if after < len(query.hashtags) else None
    return _Search(place, parameters, largest_page, following)


def _leg(hashtags: Iterable[str], longest: int) -> Iterator[str]:
    """As many hashtags as one query can hold, at least one.

    >>> list(_leg(["Liberté", "Dignité", "Paix"], 25))
    ['#Liberté', '#Dignité']
    """
    length = len("()") - len(" OR ")
    for number, hashtag in enumerate(hashtags):
        tag = "#" + unicodedata.normalize("NFC", hashtag)
        length += len(" OR ") + len(tag)
        if number and length > longest:
            return
        yield tag


def _place(cursor: str | None) -> _Place:
    return _Place() if cursor is None else msgspec.json.decode(cursor, type=_Place)


def _cursor(place: _Place | None) -> str | None:
    return None if place is None else msgspec.json.encode(place).decode()


def _passes(error: CollectorError) -> bool:
    """Whether another question may fare better."""
    return not isinstance(error, (BudgetSpent, MissingCredentials, QuotaExhausted))


def _after(error: CollectorError, search: _Search) -> str | None:
    """Where to go on without a page that failed: the next, if the page says so, or search."""
    if not _passes(error):
        return None
    body = error.body if isinstance(error, NetworkUnavailable) else None
    if body and (token := _TOKEN.search(body)):
        return _cursor(msgspec.structs.replace(search.place, token=token[1].decode()))
    return _cursor(search.after)


def _error_answer(answer: _Answer, after: str | None = None) -> NetworkUnavailable:
    """X says 200 with nothing but problems, or nothing at all, when a part of it is down."""
    title = _title(answer.document.get("errors")) or "?"
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


def _removals(body: bytes) -> tuple[set[str], list[Refusal]]:
    """The posts that a job says to delete, and the lines that cannot be read.

    Where only the place of a post is to go, there is nothing to do: none is kept.
    """
    removed: set[str] = set()
    refused: list[Refusal] = []
    for number, line in enumerate(body.splitlines(), start=1):
        if line.strip():
            try:
                removal = _read(answers.document(line), _Removal)
            except Unreadable as problem:
                refused.append(Refusal(number, problem.code, problem.detail))
                continue
            if removal.action == "delete" and removal.reason not in _PLACES:
                removed.add(removal.id)
    return removed, refused


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


#: X's own language codes that are not ISO 639-1; those that name no language are unknown.
_LANGUAGES: dict[str, str | None] = {"in": "id", "iw": "he", "ji": "yi"} | dict.fromkeys(
    ("und", "art", "qam", "qct", "qht", "qme", "qst", "zxx")
)

_T = TypeVar("_T", bound=Struct)
_Count = Annotated[int, Meta(ge=0, le=LARGEST_COUNT)]


class _Counts(Struct, gc=False):
    like_count: _Count | None = None
    retweet_count: _Count | None = None
    reply_count: _Count | None = None
    quote_count: _Count | None = None
    impression_count: _Count | None = None
    bookmark_count: _Count | None = None
    followers_count: _Count | None = None  # an account's


class _User(Struct, gc=False):
    id: str
    username: str | None = None
    public_metrics: _Counts | None = None


class _Tag(Struct, gc=False):
    tag: str


class _Mention(Struct, gc=False):
    username: str | None = None
    id: str | None = None


class _Link(Struct, gc=False):
    expanded_url: str | None = None
    unwound_url: str | None = None


class _Entities(Struct, gc=False):
    hashtags: list[_Tag] | None = None
    mentions: list[_Mention] | None = None
    urls: list[_Link] | None = None


class _Note(Struct, gc=False):
    text: str | None = None
    entities: _Entities | None = None


class _Reference(Struct, gc=False):
    id: str
    type: str | None = None


class _Tweet(Struct, gc=False):
    id: str
    text: str | None = None
    author_id: str | None = None
    conversation_id: str | None = None
    in_reply_to_user_id: str | None = None
    created_at: datetime | None = None
    lang: str | None = None
    public_metrics: _Counts | None = None
    entities: _Entities | None = None
    note_tweet: _Note | None = None
    referenced_tweets: list[_Reference] | None = None


class _Datum(_Tweet, gc=False):
    """A post in `data` of a page; other networks answer there with an id and a text too."""

    text: str
    permalink: None = None
    media_type: None = None
    uri: None = None


class _Includes(Struct, gc=False):
    users: list[_User] | None = None
    tweets: list[_Tweet] | None = None


class _Twarc(Struct, gc=False):
    retrieved_at: datetime | None = None


class _Page(Struct, gc=False):
    data: list[_Datum]
    includes: _Includes | None = None
    twarc: _Twarc | None = msgspec.field(name="__twarc", default=None)


_PAGE = msgspec.json.Decoder(_Page)
_NO_COUNTS, _NO_ENTITIES = _Counts(), _Entities()


def posts_of_line(line: bytes) -> Iterator[Post] | None:
    """The posts of a page that is in all its parts as X documents it; None of any other.

    The same as `posts` over the parsed line, several times faster.
    """
    try:
        page = _PAGE.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    included = page.includes or _Includes()
    seen_at = page.twarc.retrieved_at if page.twarc else None
    known = _Known(included.users or (), included.tweets or (), _utc(seen_at))
    return (_post(tweet, known) for tweet in page.data)


def posts(payload: dict[str, Any]) -> Iterator[Post | Unreadable]:
    """The posts of one answer: a page, a line of a stream, or a post from `twarc2 flatten`.

    Only `data` is read as posts. `includes` says who wrote them, and what a repost repeats:
    X cuts the text of reposts, and with it their hashtags. A post that cannot be read gives
    the `Unreadable` that says why, in its place.

    >>> page = {"data": [{"id": "1", "text": "Debout", "author_id": "7"}], "includes": {
    ...     "users": [{"id": "7", "username": "exemple_lome"}]}}
    >>> [post.author for post in posts(page)]
    [Account(id='7', handle='exemple_lome')]
    """
    found = payload.get("data")
    if found is None:
        if payload.get("errors"):
            yield Unreadable("x-error", _title(payload["errors"]))
            return
        found = payload if "text" in payload else []
    known = _inlined(payload) if found is payload else _included(payload)
    for tweet in found if isinstance(found, list) else [found]:
        item: Post | Unreadable
        try:
            item = _post(_read(tweet, _Tweet), known)
        except Unreadable as problem:
            item = problem
        yield item


class _Known:
    """What an answer says beside its posts: the accounts and posts they point to, by number."""

    def __init__(
        self, users: Iterable[_User], tweets: Iterable[_Tweet], observed_at: datetime | None
    ) -> None:
        self.users = {user.id: user for user in users}
        self.accounts = {user.id: Account(user.id, user.username) for user in self.users.values()}
        self.tweets = {tweet.id: tweet for tweet in tweets}
        self.observed_at = observed_at

    @cached_property
    def by_handle(self) -> dict[str, Account]:
        accounts = self.accounts.values()
        return {account.handle.lower(): account for account in accounts if account.handle}

    def account(self, number: str | None) -> Account | None:
        return None if number is None else self.accounts.get(number) or Account(number)

    def author(self, tweet: _Tweet | None) -> Account | None:
        return None if tweet is None else self.account(tweet.author_id)

    def followers(self, number: str | None) -> int | None:
        user = self.users.get(number) if number else None
        counts = user.public_metrics if user else None
        return counts.followers_count if counts else None


def _included(payload: dict[str, Any]) -> _Known:
    included = payload.get("includes")
    if not isinstance(included, dict):
        included = {}
    return _known(payload, included.get("users"), included.get("tweets"))


def _inlined(tweet: dict[str, Any]) -> _Known:
    """The same from a flattened post, which carries the others inside itself."""
    cited = tweet.get("referenced_tweets")
    cited = [each for each in cited if isinstance(each, dict)] if isinstance(cited, list) else []
    users = [tweet.get("in_reply_to_user"), *(each.get("author") for each in cited)]
    return _known(tweet, [*users, tweet.get("author")], [it for it in cited if "text" in it])


def _known(payload: dict[str, Any], users: object, tweets: object) -> _Known:
    twarc = payload.get("__twarc")
    observed_at = None
    with suppress(Unreadable):
        observed_at = moment(twarc.get("retrieved_at")) if isinstance(twarc, dict) else None
    return _Known(_readable(users, _User), _readable(tweets, _Tweet), observed_at)


def _readable(values: object, kind: type[_T]) -> Iterator[_T]:
    """What comes along may be damaged without harm to the posts: the rest still explains them."""
    for value in values if isinstance(values, list) else ():
        with suppress(Unreadable):
            yield _read(value, kind)


def _post(tweet: _Tweet, known: _Known) -> Post:
    repost_of = reply_to = quote_of = original = None
    for reference in tweet.referenced_tweets or ():
        cited = known.tweets.get(reference.id)
        if reference.type == "retweeted":
            repost_of, original = Reference(reference.id, known.author(cited)), cited
        elif reference.type == "replied_to":
            answered = known.account(tweet.in_reply_to_user_id)
            reply_to = Reference(reference.id, answered or known.author(cited))
        elif reference.type == "quoted":
            quote_of = Reference(reference.id, known.author(cited))

    said = original or tweet
    written, entities = said.text, said.entities
    if said.note_tweet:
        written = said.note_tweet.text or written
        entities = said.note_tweet.entities or entities
    # A repost repeats the original's counts.
    counts = _NO_COUNTS if repost_of else tweet.public_metrics or _NO_COUNTS
    listed = entities or _NO_ENTITIES
    return Post(
        network=Network.X,
        post_id=tweet.id,
        author=known.account(tweet.author_id),
        published_at=_utc(tweet.created_at),
        url=f"https://x.com/i/web/status/{tweet.id}",
        repost_of=repost_of,
        reply_to=reply_to,
        quote_of=quote_of,
        root_id=tweet.conversation_id,
        text=unescaped(written),
        language=language(tweet.lang),
        hashtags=_hashtags(entities, written),
        mentions=_mentions(listed.mentions, known) if listed.mentions else (),
        links=_links(listed.urls) if listed.urls else (),
        likes=counts.like_count,
        reposts=counts.retweet_count,
        replies=counts.reply_count,
        quotes=counts.quote_count,
        impressions=counts.impression_count,
        saves=counts.bookmark_count,
        author_followers=known.followers(tweet.author_id),
        observed_at=known.observed_at,
    )


def _hashtags(entities: _Entities | None, written: str | None) -> tuple[str, ...]:
    """Those that X lists; those of the text where the answer was asked for no entities."""
    if entities is None:
        return tags_in(written) if written and ("#" in written or "＃" in written) else ()
    return tuple(dict.fromkeys(each.tag for each in entities.hashtags or ()))


def _mentions(mentions: list[_Mention], known: _Known) -> tuple[Account, ...]:
    mentioned: dict[Account, None] = {}
    for each in mentions:
        if each.id:
            mentioned[Account(each.id, each.username)] = None
        elif each.username:
            by_name = known.by_handle.get(each.username.lower())
            mentioned[by_name or Account(None, each.username)] = None
    return tuple(mentioned)


def _links(links: list[_Link]) -> tuple[str, ...]:
    found = (each.unwound_url or each.expanded_url for each in links)
    return tuple(dict.fromkeys(link for link in found if link))


def language(code: str | None) -> str | None:
    """The language that X found, as ISO 639-1; None where it found none.

    >>> language("in"), language("und")
    ('id', None)
    """
    return _LANGUAGES.get(code, code) if code else None


def unescaped(written: str | None) -> str | None:
    """A text as its author typed it: X writes the three signs of HTML as entities, and no other.

    >>> unescaped("droits &gt; profits &amp; &amp;lt;")
    'droits > profits & &lt;'
    """
    if written is None or "&" not in written:
        return written
    return written.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _utc(at: datetime | None) -> datetime | None:
    if at is None or at.tzinfo is UTC:
        return at
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _read(value: object, kind: type[_T]) -> _T:
    """One piece of an answer as its type.

    Raises:
        Unreadable: a part of it has another shape; the code says which.
    """
    if not isinstance(value, dict):
        raise Unreadable("field", "data")
    try:
        json.dumps(value, ensure_ascii=False).encode()
        return msgspec.convert(value, kind, strict=False)
    except UnicodeEncodeError:
        raise Unreadable("field", "text") from None
    except msgspec.ValidationError as problem:
        raise _why(str(problem), value) from None


def _why(problem: str, value: dict[str, Any]) -> Unreadable:
    missing = re.search(r"missing required field `(\w+)`", problem)
    if missing:
        return Unreadable("missing", missing[1])
    path = re.findall(r"\.(\w+)", problem.rpartition("`$")[2])
    found: Any = value
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    name = path[-1] if path else "data"
    if "public_metrics" in path[:-1]:
        return Unreadable("count", f"{name}={str(found)[:40]}")
    if name == "created_at":
        return Unreadable("moment", f"{name}={str(found)[:40]}")
    return Unreadable("field", name)


def _title(errors: object) -> str:
    first = errors[0] if isinstance(errors, list) else errors
    if not isinstance(first, dict):
        return ""
    return str(first.get("title") or first.get("message") or "")[:80]
