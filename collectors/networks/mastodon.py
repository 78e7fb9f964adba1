"""Mastodon and servers that speak its API: public hashtag timelines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
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
)
from collectors.networks.mastodon_timeline import Answer, Leg, Place, following_place, id_of
from collectors.readers import fields
from collectors.readers.fields import Unreadable
from collectors.readers.mastodon import boosted, posts
from data.model import Account, KnownPost, Network, Post, normal_hashtag

_STATUSES = "/api/v1/statuses/"
_STATUSES_A_PAGE = 40
_ACCOUNTS_A_PAGE = 80
_STATUSES_AGAIN = 20
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
        self._answers: dict[str, Answer] = {}
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
        legs = [Leg(at, tag) for at in self._clients for tag in tags.values()]
        place = Place(0) if cursor is None else Place(**orjson.loads(cursor))
        while place.leg < len(legs):
            # What a call gave is kept while another one of the same page is tried again.
            if self._answers_are_of != (query, cursor):
                self._answers_are_of = query, cursor
                self._answers.clear()
            page, place = self._page(query, legs, place)
            cursor = page.cursor
            yield page

    def reread(self, posts: Sequence[KnownPost]) -> Iterator[Page]:
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
                self._timeline(Leg(instance, "amnesty"), None, 1)
            except CollectorError as failed:
                raise _failed(failed, instance, None) from None

    def _page(self, query: Query, legs: Sequence[Leg], place: Place) -> tuple[Page, Place]:
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
            status_id = id_of(status)
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
        following = place.then(following_place(query, place, answer, times))
        return reading.page(following.cursor(legs), leg.name), following

    def _timeline(self, leg: Leg, max_id: str | None, limit: int) -> Answer:
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
            return Answer([], b"[]", None)
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
                    boost = boosted(item, post)
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
                reading.reread(answer, answer.document, instance, asked)
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
                reading.reread(answer, [answer.document], instance, asked)
        return reading.page(None)

    def _ask(
        self, instance: str, shape: type, method: str, *values: object, **named: object
    ) -> Answer:
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
            self._answers[call] = Answer(document, body, self._link(), "link" in headers)
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

    def reread(
        self, answer: Answer, statuses: list[Any], instance: str, asked: dict[str, str]
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


def _is_not_to_be_indexed(status: dict[str, Any]) -> bool:
    return fields.mapping(status, "account").get("noindex") is True
