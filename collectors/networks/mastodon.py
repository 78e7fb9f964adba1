"""Mastodon and servers that speak its API: public hashtag timelines, and statuses as posts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from io import BytesIO
from itertools import groupby
from typing import Any, ClassVar, NamedTuple
from urllib.parse import parse_qs, quote, urlsplit

import orjson

from collectors.access import answers
from collectors.base import (
    CollectorError,
    MissingCredentials,
    NetworkUnavailable,
    Page,
    Query,
    Refusal,
    Unreadable,
    count,
    moment,
    tags_in,
)
from collectors.readers import fields
from data.model import Account, KnownPost, Network, Post, Reference, normal_hashtag

_STATUSES = "/api/v1/statuses/"
_STATUSES_A_PAGE = 40
_ACCOUNTS_A_PAGE = 80
_STATUSES_AGAIN = 20
# A server numbers a status when it arrives; others try to deliver theirs for about two days.
_DELIVERY = timedelta(days=3)
# How instances turn strangers away; 422 is Mastodon's own.
_CLOSED = (401, 403, 422)
_NOT_INDEXED = Unreadable("not-public", "noindex")
_OWN_STATUS = re.compile(r"/statuses/(\w+)$")


class Mastodon:
    """The public hashtag timelines of instances, one after another; no key is needed.

    An instance knows only what reached it, and its copies of other servers' posts count fewer
    likes and boosts. So a post of one of the other `instances` is left to that one: where that
    one fails its posts are missing, and its failure says so. Posts of any other server come
    from each instance that has them; whoever stores them keeps the first.

    Each hashtag is asked for by itself: Mastodon would take four more in `any[]`, GoToSocial
    and snac2 ignore them without a word. Boosts are those that `reblogged_by` lists, without
    a date. Replies are found by their own hashtags only, never by the thread.

    Left out are statuses that are not public, and those of accounts that ask not to be indexed
    (`noindex`; only an account's own server tells): both are refused as `not-public`.
    """

    network: ClassVar[Network] = Network.MASTODON
    secrets: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *, instances: Sequence[str]) -> None:
        # A client takes up to a second to load, and an import of files never needs it.
        import mastodon

        self.calls = 0
        self._unreached = mastodon.MastodonNetworkError
        self._clients: dict[str, Any] = {}
        for instance in dict.fromkeys(address.rstrip("/") for address in instances):
            client: Any = mastodon.Mastodon(
                api_base_url=instance,
                ratelimit_method="throw",
                version_check_mode="none",
                request_timeout=answers.TIMEOUT,
                user_agent="porte-voix",
            )
            client.session.hooks["response"].append(self._keep)
            # Before each timeline it would call /api/v2/instance, which snac2 does not have.
            client.timeline_is_available = lambda *_, **__: True
            self._clients[instance] = client
        self._homes = {fields.host(instance): instance for instance in self._clients}
        self._response: Any = None
        self._answers: dict[str, _Answer] = {}
        self._answers_are_of: tuple[Query, str | None] | None = None
        self._open: set[str] = set()
        self._one_by_one: set[str] = set()

    def pages(self, query: Query, cursor: str | None = None) -> Iterator[Page]:
        """Yield each page of each hashtag's timeline, newest first, with who boosted its posts.

        Raises:
            MissingCredentials: `instance-closed`: the `instance` shows strangers nothing.
            CollectorError: as `answers.check` says, `unreachable`, `not-json-answer`. `after`
                is the page or the timeline that follows; where it is the boosts that fail,
                it is the same page without them.
        """
        tags = {normal_hashtag(tag): tag.lstrip("#＃") for tag in query.hashtags}
        legs = [_Leg(at, tag) for at in self._clients for tag in tags.values()]
        place = _Place(0) if cursor is None else _Place(**orjson.loads(cursor))
        while place.leg < len(legs):
            # What a call gave is kept while another one of the same page is tried again.
            if self._answers_are_of != (query, cursor):
                self._answers_are_of = query, cursor
                self._answers.clear()
            page, place = self._page(query, legs, place)
            cursor = page.cursor
            yield page

    def again(self, posts: Sequence[KnownPost]) -> Iterator[Page]:
        """Read posts again where they were read, twenty in a call where the server takes that.

        Gone is what the server that gave it says it has not (404, 410), or shows as not public
        by now; where an account asks not to be indexed by now, its post is neither there nor
        gone. Calls are fewest, and a server that fails is passed over at once, when the posts
        of one instance stand together.

        Raises:
            CollectorError: as `pages`; `after` is behind this instance's posts.
        """
        wanted = [
            _Wanted(place, *asked, known.post_id)
            for place, known in enumerate(posts, 1)
            if (asked := self._asked(known))
        ]
        for instance, group in groupby(wanted, key=lambda each: each.instance):
            run = list(group)
            after = None if run[-1] is wanted[-1] else str(run[-1].place)
            while run:
                self._answers_are_of = None
                self._answers.clear()
                some = run[: 1 if instance in self._one_by_one else _STATUSES_AGAIN]
                try:
                    page = self._again(instance, some)
                except CollectorError as failed:
                    raise _failed(failed, instance, after) from None
                run = run[len(some) :]
                yield replace(page, cursor=str(some[-1].place) if run or after else None)

    def check(self) -> None:
        """Ask each instance for one status; a hashtag that it does not know will do."""
        self._answers_are_of = None
        self._answers.clear()
        for instance in self._clients:
            try:
                self._timeline(_Leg(instance, "amnesty"), None, 1)
            except CollectorError as failed:
                raise _failed(failed, instance, None) from None

    def _page(self, query: Query, legs: Sequence[_Leg], place: _Place) -> tuple[Page, _Place]:
        leg = legs[place.leg]
        try:
            answer = self._timeline(leg, place.max_id, _STATUSES_A_PAGE)
        except CollectorError as failed:
            linked = self._link() if isinstance(failed, NetworkUnavailable) else None
            raise _failed(failed, leg.instance, place.then(linked).cursor(legs)) from None
        reading = _Reading()
        boosted: list[tuple[int, str, Post]] = []
        times: list[tuple[str, datetime]] = []
        for line, (status, read) in enumerate(zip(answer.document, posts(answer.document)), 1):
            if isinstance(read, Unreadable):
                reading.refuse(line, read, answer.body)
                continue
            status_id = _id(status)
            if read.published_at is not None:
                times.append((status_id, read.published_at))
            if not query.holds(read) or self._is_anothers(read, leg.instance):
                continue
            if _is_not_to_be_indexed(status):
                reading.refuse(line, _NOT_INDEXED, answer.body)
                continue
            reading.rows.append(read._replace(locator=f"{leg.instance}{_STATUSES}{status_id}"))
            if read.reposts and status_id:
                boosted.append((line, status_id, read))
        if place.with_boosts:
            try:
                for line, status_id, post in boosted:
                    self._boosts(leg.instance, status_id, post, line, reading)
            except CollectorError as failed:
                without = place._replace(with_boosts=False)
                raise _failed(failed, leg.instance, without.cursor(legs)) from None
        following = place.then(_following(query, place, answer, times))
        return reading.page(following.cursor(legs), leg.name), following

    def _timeline(self, leg: _Leg, max_id: str | None, limit: int) -> _Answer:
        """A page of a hashtag's timeline; an empty one where the server never saw the hashtag."""
        # The client refuses a hashtag with its `#`, and puts any other into the path as it is.
        tag = quote(leg.tag, safe="")
        try:
            answer = self._ask(
                leg.instance, list, "timeline_hashtag", tag, max_id=max_id, limit=limit
            )
        except CollectorError as failed:
            if failed.values.get("status") != 404:
                raise
            # So answers GoToSocial, and any server that is none of these.
            self._ask(leg.instance, dict, "instance_v2")
            return _Answer([], b"[]", None)
        is_told = bool(max_id or answer.document or answer.link or leg.instance in self._open)
        if not is_told and self._is_switched_off(leg.instance):
            raise MissingCredentials("instance-closed")
        self._open.add(leg.instance)
        return answer

    def _is_switched_off(self, instance: str) -> bool:
        """Whether an empty timeline only says that the instance shows none."""
        try:
            about = self._ask(instance, dict, "instance_v2").document
            timelines = fields.mapping(fields.mapping(about, "configuration"), "timelines_access")
            access = fields.mapping(timelines, "hashtag_feeds")
        except Unreadable:
            return False
        except CollectorError as failed:
            # Servers that are no Mastodon have no such page, or show their website instead.
            if _is_refused(failed) or failed.code == "not-json-answer":
                return False
            raise
        return bool(access) and all(value == "disabled" for value in access.values())

    def _is_anothers(self, post: Post, instance: str) -> bool:
        """Whether another of the instances is the post's own."""
        if len(self._homes) == 1:
            return False
        return self._homes.get(fields.host(post.post_id), instance) != instance

    def _boosts(
        self, instance: str, status_id: str, post: Post, line: int, reading: _Reading
    ) -> None:
        """Who boosted a post; nobody where the server does not say, or the post is gone by now."""
        seen: set[Account | None] = set()
        max_id: str | None = None
        while True:
            # The client's own `status_reblogged_by` neither pages nor takes a limit.
            page = {
                "_pagination_method": "GET",
                "_pagination_endpoint": f"{_STATUSES}{quote(status_id, safe='')}/reblogged_by",
                "limit": _ACCOUNTS_A_PAGE,
                **({"max_id": max_id} if max_id else {}),
            }
            try:
                answer = self._ask(instance, list, "fetch_next", page)
            except CollectorError as failed:
                if _is_refused(failed):
                    return
                raise
            known = len(seen)
            for item in answer.document:
                try:
                    boost = _boost(item, post)
                except Unreadable as reason:
                    reading.refuse(line, reason, answer.body)
                    continue
                if boost.author not in seen:
                    seen.add(boost.author)
                    if item.get("noindex") is not True:
                        reading.rows.append(boost)
            max_id = answer.link
            if max_id is None or len(seen) == known or len(seen) >= (post.reposts or 0):
                return

    def _asked(self, known: KnownPost) -> tuple[str, str] | None:
        """The instance that knows a post, and the id by which it does."""
        instance, _, status_id = (known.locator or "").rpartition(_STATUSES)
        if instance in self._clients and status_id:
            return instance, status_id
        own = _OWN_STATUS.search(known.post_id)
        instance = self._homes.get(fields.host(known.post_id), "")
        # The address of a boost is another post's.
        if not own or not instance or own[1] != (known.url or "").rpartition("/")[2]:
            return None
        return instance, own[1]

    def _again(self, instance: str, wanted: Sequence[_Wanted]) -> Page:
        reading = _Reading()
        asked = {each.post_id: each.status_id for each in wanted}
        is_list = len(asked) > 1
        if is_list:
            try:
                answer = self._ask(instance, list, "statuses", list(asked.values()))
            except CollectorError as failed:
                # Servers take a list since Mastodon 4.3.
                if type(failed) is not CollectorError:
                    raise
                self._one_by_one.add(instance)
            else:
                reading.again(answer, answer.document, instance, asked)
        # What a list leaves out is gone, or the server does not do as it was asked.
        for post_id, status_id in list(asked.items()):
            try:
                answer = self._ask(instance, dict, "status", quote(status_id, safe=""))
            except CollectorError as failed:
                if not _is_refused(failed) or failed.values.get("status") in _CLOSED:
                    raise
                if self._is_gone():
                    reading.gone.append(post_id)
            else:
                if is_list:
                    self._one_by_one.add(instance)
                reading.again(answer, [answer.document], instance, asked)
        return reading.page(None)

    def _ask(
        self, instance: str, shape: type, method: str, *values: object, **named: object
    ) -> _Answer:
        """What an instance answers to one call of the client.

        Raises:
            CollectorError: as `answers.check`, and `unreachable`, `not-json-answer`.
        """
        call = repr((instance, method, values, named))
        if call not in self._answers:
            self.calls += 1
            self._response = None
            try:
                getattr(self._clients[instance], method)(*values, **named)
            except self._unreached:
                raise NetworkUnavailable("unreachable") from None
            headers, body = self._response.headers, self._response.content
            answers.check(self._response.status_code, headers, body)
            document = answers.document(body)
            if not isinstance(document, shape):
                raise NetworkUnavailable("not-json-answer", body=body)
            self._answers[call] = _Answer(document, body, self._link(), "link" in headers)
        return self._answers[call]

    def _is_gone(self) -> bool:
        """Whether the last answer says that a status is gone, and not that a whole server is.

        Where a server was, a website may be by now, which knows no address of a status either.
        """
        if self._response.status_code not in (404, 410):
            return False
        try:
            said = answers.document(self._response.content)
        except NetworkUnavailable:
            return False
        return isinstance(said, dict) and "error" in said

    def _keep(self, response: Any, **_: object) -> Any:
        """Keep an answer as it came, and let the client have an empty one.

        The client would take a millisecond a status to make objects of it, and fails on what
        it does not expect. Nor does an empty answer lead anywhere: no redirection is followed.
        """
        _ = response.content  # reads it
        self._response = response
        empty = type(response)()
        empty.status_code = 200
        empty.raw = BytesIO(b"[]")
        return empty

    def _link(self) -> str | None:
        """Where the `Link` header of the last answer says to go on, as a `max_id`."""
        try:
            following = self._response.links["next"]["url"]
            return str(parse_qs(urlsplit(following).query)["max_id"][0])
        except (AttributeError, KeyError, ValueError):
            return None


class _Leg(NamedTuple):
    """A timeline: a hashtag on an instance."""

    instance: str
    tag: str

    @property
    def name(self) -> str:
        return f"{fields.host(self.instance)} #{self.tag}"


class _Place(NamedTuple):
    """A page to read: of which timeline, from where on, and whether to ask who boosted."""

    leg: int
    max_id: str | None = None
    with_boosts: bool = True

    def then(self, max_id: str | None) -> _Place:
        """The timeline's next page, or the next timeline where it has none."""
        return _Place(self.leg, max_id) if max_id else _Place(self.leg + 1)

    def cursor(self, legs: Sequence[_Leg]) -> str | None:
        return orjson.dumps(self._asdict()).decode() if self.leg < len(legs) else None


class _Answer(NamedTuple):
    """What a server said: the JSON, its bytes, and the `max_id` of its link to the next page."""

    document: Any
    body: bytes
    link: str | None
    has_links: bool = False


class _Wanted(NamedTuple):
    """A post to read again: its place among those asked for, and where it is to be had."""

    place: int
    instance: str
    status_id: str
    post_id: str


class _Reading:
    """What becomes a page, as it is read."""

    def __init__(self) -> None:
        self.rows: list[Post] = []
        self.gone: list[str] = []
        self._refused: list[Refusal] = []
        self._bodies: dict[bytes, None] = {}

    def refuse(self, line: int, reason: Unreadable, body: bytes) -> None:
        self._refused.append(Refusal(line, reason.code, reason.detail))
        # What is not public is well understood, and not to be kept.
        if reason.code != "not-public":
            self._bodies[body] = None

    def again(
        self, answer: _Answer, statuses: list[Any], instance: str, asked: dict[str, str]
    ) -> None:
        """Read statuses, and take them out of those `asked`: by post_id, the id of the status."""
        for line, (status, read) in enumerate(zip(statuses, posts(statuses)), 1):
            uri = status.get("uri") if isinstance(status, dict) else None
            if isinstance(read, Unreadable) and read.code != "not-public":
                self.refuse(line, read, answer.body)
            elif not isinstance(uri, str) or (status_id := asked.pop(uri, None)) is None:
                continue
            elif isinstance(read, Unreadable):
                self.gone.append(uri)
            elif not _is_not_to_be_indexed(status):
                self.rows.append(read._replace(locator=f"{instance}{_STATUSES}{status_id}"))

    def page(self, cursor: str | None, leg: str = "") -> Page:
        body = b"\n".join(self._bodies) or None
        return Page(self.rows, cursor, self._refused, self.gone, leg=leg, body=body)


def _failed(failed: CollectorError, instance: str, after: str | None) -> CollectorError:
    """A failure as one of an instance, and where to go on without it."""
    host = fields.host(instance)
    if failed.values.get("status") in _CLOSED or failed.code == "instance-closed":
        return MissingCredentials("instance-closed", after=after, instance=host)
    failed.values["instance"] = host
    failed.after = after
    return failed


def _is_refused(failed: CollectorError) -> bool:
    """Whether the server understood, and will not: asking again is no use."""
    return type(failed) in (CollectorError, MissingCredentials)


def _following(
    query: Query, place: _Place, answer: _Answer, times: Sequence[tuple[str, datetime]]
) -> str | None:
    """The `max_id` of a timeline's next page; None where nothing of the window can be left.

    An id of Mastodon's is the milliseconds, shifted by 16 bits, at which the status came to the
    server: never before it was published, and seldom long after. So ids show when to stop, and
    let the days after the window be skipped. Of other servers' ids only the order is known.
    """
    max_id = answer.link
    if not answer.has_links and answer.document:
        max_id = _id(answer.document[-1])
    if not max_id:
        return None
    if _number(max_id) and any(_is_numbered_by(*each) for each in times):
        if query.since is not None and _number(max_id) <= _number_at(query.since):
            return None
        if query.until is not None and place.max_id is None:
            return str(min(_number(max_id), _number_at(query.until + _DELIVERY)))
    elif query.since is not None and times and all(at < query.since for _, at in times):
        return None
    return max_id


def _id(status: Any) -> str:
    """The id by which the server that was asked calls a status; empty where it has none."""
    status_id = status.get("id") if isinstance(status, dict) else None
    return str(status_id) if isinstance(status_id, (str, int)) else ""


def _number(status_id: str) -> int:
    """An id as a number; 0 where it is none."""
    return int(status_id) if re.fullmatch(r"[0-9]{1,20}", status_id) else 0


def _number_at(at: datetime) -> int:
    return int(at.timestamp() * 1000) << 16


def _is_numbered_by(status_id: str, published_at: datetime) -> bool:
    """Whether an id says, to the minute, when its status was published."""
    return abs((_number(status_id) >> 16) / 1000 - published_at.timestamp()) < 60


def _is_not_to_be_indexed(status: dict[str, Any]) -> bool:
    return fields.mapping(status, "account").get("noindex") is True


def _boost(item: Any, post: Post) -> Post:
    """An account that boosted a post, as a repost; servers do not say when it did so."""
    account = _account(item) if isinstance(item, dict) else None
    if account is None:
        raise Unreadable("missing", "account")
    return Post(
        network=Network.MASTODON,
        post_id=f"{post.post_id}#repost:{account.id}",
        author=account,
        published_at=None,
        url=post.url,
        repost_of=Reference(post.post_id, post.author),
        text=post.text,
        language=post.language,
        hashtags=post.hashtags,
        mentions=post.mentions,
        links=post.links,
        author_followers=_followers(item),
    )


def posts(document: Any) -> Iterator[Post | Unreadable]:
    """The posts of a timeline, a search, a thread's context, or a status by itself.

    Only public statuses are read: an answer to somebody's own request holds others too.
    Statuses that are boosted or quoted explain the one that does so, and are no posts here.
    """
    statuses = list(_statuses(document))
    page = _Page.of(statuses)
    for status in statuses:
        try:
            yield _post(status, page)
        except Unreadable as reason:
            yield reason


def _statuses(document: Any) -> Iterator[dict[str, Any]]:
    if isinstance(document, dict) and "statuses" in document:
        document = document["statuses"]
    elif isinstance(document, dict) and "ancestors" in document:
        parts = (document["ancestors"], document.get("descendants"))
        document = [item for part in parts if isinstance(part, list) for item in part]
    for item in document if isinstance(document, list) else [document]:
        yield item if isinstance(item, dict) else {}


class _Page(NamedTuple):
    """What the statuses of one answer say of each other; ids are those of the server asked."""

    server: str
    references: dict[str, Reference]
    parents: dict[str, str | None]
    accounts: dict[str, Account]

    @classmethod
    def of(cls, statuses: list[dict[str, Any]]) -> _Page:
        page = cls("local", {}, {}, {})
        servers: list[str | None] = []
        tag_servers: list[str | None] = []
        for status in _with_those_inside(statuses):
            try:
                page.learn(status)
                for account in _accounts(status):
                    if "@" not in (fields.text(account, "acct") or "@"):
                        servers.append(fields.host(fields.text(account, "url")))
                for tag in fields.mappings(status, "tags"):
                    tag_servers.append(fields.host(fields.text(tag, "url")))
            except Unreadable:
                continue  # it is refused when its turn comes
        return page._replace(server=next(filter(None, servers + tag_servers), "local"))

    def learn(self, status: dict[str, Any]) -> None:
        for account in _accounts(status):
            read, account_id = _account(account), fields.identifier(account, "id")
            if read is not None and account_id is not None:
                self.accounts[account_id] = read
        status_id = fields.identifier(status, "id")
        reference, parent_id = _reference(status), fields.identifier(status, "in_reply_to_id")
        if status_id is not None:
            self.references[status_id] = reference
            self.parents[status_id] = parent_id

    def reference(self, status_id: str, account_id: str | None = None) -> Reference:
        """A status by the server's own id: by its address where the status is here too."""
        known = self.references.get(status_id)
        author = self.accounts.get(account_id) if account_id else None
        return known or Reference(f"{self.server}/{status_id}", author)

    def root_id(self, parent_id: str | None) -> str | None:
        """The thread's first status, when every one up to it is here."""
        seen: set[str] = set()
        root: Reference | None = None
        while parent_id is not None:
            if parent_id in seen or parent_id not in self.references:
                return None
            seen.add(parent_id)
            root, parent_id = self.references[parent_id], self.parents[parent_id]
        return root.post_id if root else None


def _accounts(status: dict[str, Any]) -> list[dict[str, Any]]:
    return [fields.mapping(status, "account"), *fields.mappings(status, "mentions")]


def _with_those_inside(statuses: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for status in statuses:
        yield status
        quote = status.get("quote")
        quoted = quote.get("quoted_status") if isinstance(quote, dict) else None
        for inside in (status.get("reblog"), quoted):
            if isinstance(inside, dict):
                yield inside


def _post(status: dict[str, Any], page: _Page) -> Post:
    uri = _uri(status)
    _require_public(status)
    account = fields.mapping(status, "account")
    boosted = fields.mapping(status, "reblog")
    said = boosted or status
    if boosted:
        _require_public(boosted)
    mentions = fields.mappings(said, "mentions")
    text, links = _written(said, mentions)
    post = Post(
        network=Network.MASTODON,
        post_id=uri,
        author=_account(account),
        published_at=moment(status.get("created_at"), "created_at"),
        url=fields.text(said, "url"),
        text=text,
        language=fields.text(said, "language"),
        hashtags=_hashtags(said, text or ""),
        mentions=tuple(
            dict.fromkeys(read for mention in mentions if (read := _account(mention)) is not None)
        ),
        links=links,
        author_followers=_followers(account),
    )
    if boosted:
        return post._replace(repost_of=_reference(boosted))
    parent_id = fields.identifier(status, "in_reply_to_id")
    parent_author = fields.identifier(status, "in_reply_to_account_id")
    return post._replace(
        reply_to=page.reference(parent_id, parent_author) if parent_id else None,
        quote_of=_quoted(fields.mapping(status, "quote"), page),
        root_id=page.root_id(parent_id),
        likes=count(status.get("favourites_count"), "favourites_count"),
        reposts=count(status.get("reblogs_count"), "reblogs_count"),
        replies=count(status.get("replies_count"), "replies_count"),
        quotes=count(status.get("quotes_count"), "quotes_count"),
    )


def _uri(status: dict[str, Any]) -> str:
    """What names a status on every server; `id` only does on the one that was asked."""
    return fields.required(status, "uri")


def _require_public(status: dict[str, Any]) -> None:
    visibility = fields.text(status, "visibility")
    if visibility != "public":
        raise Unreadable("not-public", visibility or "?")


def _account(account: dict[str, Any]) -> Account | None:
    """`name@server` from the profile's address, which is the same wherever it is seen."""
    written = fields.text(account, "acct") or ""
    name = fields.text(account, "username") or written.partition("@")[0]
    server = fields.host(fields.text(account, "url")) or written.partition("@")[2]
    if not name or not server:
        return None
    handle = f"{name}@{server}".lower()
    return Account(handle, handle)


def _followers(account: dict[str, Any]) -> int | None:
    """Some servers write -1 for an account that hides them."""
    followers = account.get("followers_count")
    return None if followers == -1 else count(followers, "followers_count")


def _written(
    status: dict[str, Any], mentions: list[dict[str, Any]]
) -> tuple[str | None, tuple[str, ...]]:
    """The content warning and the content as one text, and the links."""
    content = fields.text(status, "content")
    if content is None:
        return fields.text(status, "spoiler_text"), ()
    handles = {
        address: account.id
        for mention in mentions
        if (address := fields.text(mention, "url"))
        and (account := _account(mention))
        and account.id
    }
    text, links = fields.html(content, handles)
    warning = fields.text(status, "spoiler_text")
    return f"{warning}\n\n{text}" if warning else text, links


# A letter that Mastodon writes as another one, though Unicode sees no accent in it.
_ASCII = str.maketrans("đðħıĸłŋøŧ", "ddhiklnot")
_ACCENTED_TAG = re.compile(r"[#＃][^\s#＃]*[^\s\x00-\x7f]")


def _hashtags(status: dict[str, Any], text: str) -> tuple[str, ...]:
    """A status's hashtags, as it writes them where the server has brought them down to ASCII.

    Mastodon calls both #LibertéPourTous and #LibertePourTous `libertepourtous`.
    """
    names = [fields.required(tag, "name") for tag in fields.mappings(status, "tags")]
    if names and _ACCENTED_TAG.search(text):
        written = tags_in(text)
        exact = {normal_hashtag(tag) for tag in written}
        near = {_ascii(tag): tag for tag in written}
        names = [
            name if normal_hashtag(name) in exact else near.get(_ascii(name), name)
            for name in names
        ]
    return tuple(dict.fromkeys(names))


@lru_cache(10_000)
def _ascii(tag: str) -> str:
    letters = unicodedata.normalize("NFKD", tag.lower())
    return "".join(it for it in letters if not unicodedata.combining(it)).translate(_ASCII)


def _reference(status: dict[str, Any]) -> Reference:
    return Reference(_uri(status), _account(fields.mapping(status, "account")))


def _quoted(quote: dict[str, Any], page: _Page) -> Reference | None:
    """The quoted status; a quote that is refused, pending or deleted does not say which."""
    status = fields.mapping(quote, "quoted_status")
    if status:
        return _reference(status)
    local_id = fields.identifier(quote, "quoted_status_id")
    return page.reference(local_id) if local_id else None
