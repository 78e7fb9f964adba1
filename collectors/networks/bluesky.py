"""Bluesky: what its AppView (`app.bsky.*`) is asked, and its pages as posts."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import median_low
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

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
)
from collectors.readers import fields
from data.model import Account, KnownPost, Network, Post, Reference

if TYPE_CHECKING:
    import httpx

_POSTS = "app.bsky.feed.post"
_PAGE = 100  # the most posts or accounts that one answer gives
_BATCH = 25  # the most posts or accounts that one call names
_SEARCHED = 10_000  # the most posts that one search shows, however many there are
_ACCOUNTS_KEPT = 20_000
_OVERLAP = timedelta(seconds=1)
_CLOSED = "!no-unauthenticated"
# The network finds a post by its author's DID alone, and a repost not at all.
_ASKABLE = re.compile(rf"at://did:[^/#]+/{re.escape(_POSTS)}/[^/#]+")


class Bluesky:
    """The public posts of hashtags, the accounts that reposted them, and what quotes them.

    Searches one hashtag after another, newest first; a search shows 10,000 posts at most, so
    it goes on from there by time. A page holds the posts of one search, then their reposts
    (without a time: the network tells none) and the posts that quote them, with or without
    the hashtag and whatever their date. Replies come where they bear the hashtag
    themselves: a thread's others are not asked for, nor who reposts a quote without it.

    Authors, reposters included, come with their followers. Accounts that show themselves
    to members of the network alone are refused (`not-public`), and gone where they were known.

    Every call goes to `address`, whatever server the account lives on.
    """

    network: ClassVar[Network] = Network.BLUESKY
    secrets: ClassVar[tuple[str, ...]] = ("handle", "app_password")

    def __init__(
        self, *, handle: str, app_password: str, address: str = "https://bsky.social"
    ) -> None:
        # Here, not above: the client takes a second to load, and an import of files needs none.
        import httpx
        from atproto import Client, Request
        from atproto.exceptions import AtProtocolError, NetworkError
        from atproto_client.models.dot_dict import DotDict

        for name in ("httpx", "httpcore"):  # they write down every address, and whom it names
            logging.getLogger(name).setLevel(logging.WARNING)
        self._handle = handle.strip()
        self._app_password = app_password
        hooks = {"request": [self._count], "response": [self._judge]}
        request = Request(timeout=answers.TIMEOUT, event_hooks=hooks)
        self._client = Client(address, request=request)
        # A login answers with an address of its own, which nobody has checked.
        self._client.on_session_change(lambda *_: self._client.update_base_url(address))
        self._parameters = DotDict  # the client's models would refuse what they do not know
        self._silence = (NetworkError, httpx.HTTPError, httpx.InvalidURL)
        self._misreading = AtProtocolError
        self.calls = 0
        self._is_logged_in = False
        self._body = b""
        self._kept: dict[str, _Answer | CollectorError] = {}
        self._profiles: dict[str, _Profile] = {}

    def pages(self, query: Query, cursor: str | None = None) -> Iterator[Page]:
        place: _Place | None = _Place.at_cursor(cursor)
        while place is not None and place.leg < len(query.hashtags):
            page, place = self._page(query, place)
            self._kept.clear()
            yield page

    def again(self, posts: Sequence[KnownPost]) -> Iterator[Page]:
        asked = [
            (number, post.post_id)
            for number, post in enumerate(posts, start=1)
            if _ASKABLE.fullmatch(post.post_id)
        ]
        for start in range(0, len(asked), _BATCH):
            batch = asked[start : start + _BATCH]
            is_last = start + _BATCH >= len(asked)
            page = self._again({uri for _, uri in batch}, None if is_last else str(batch[-1][0]))
            self._kept.clear()
            yield page

    def check(self) -> None:
        self._ask("com.atproto.server.getSession", {})

    def _page(self, query: Query, place: _Place) -> tuple[Page, _Place | None]:
        """One search with all that belongs to its posts, and the place of the next."""
        page = _Gathered(leg=query.hashtags[place.leg])
        try:
            found = self._once("app.bsky.feed.searchPosts", **_search(query, place))
            posts = page.read(found)
        except CollectorError as error:
            _pass_over(error, _beyond(query, place, error))
            raise
        onward, page.missing = _onward(query, place, found, posts)
        page.rows += [post for post in posts if query.holds(post)]
        edges = [
            partial(add, page, post)
            for post in page.rows
            for add, number in ((self._add_reposts, post.reposts), (self._add_quotes, post.quotes))
            if number
        ]
        _make(edges, place)
        profiles, unknown = self._known(post.author for post in page.rows)
        look_ups = [partial(self._look_up, batch, profiles) for batch in unknown]
        _make(look_ups, place, first=len(edges))
        self._remember(profiles)
        return page.finished(profiles, onward.cursor() if onward else None), onward

    def _add_reposts(self, page: _Gathered, post: Post) -> None:
        for answer in self._all("app.bsky.feed.getRepostedBy", page, post, post.reposts or 0):
            for line, profile in enumerate(answer.listed("repostedBy"), start=1):
                with page.refusing(line, answer):
                    by = _public_account(profile)
                    repost_id = f"{post.post_id}#repost:{by.id or by.handle}"
                    page.rows.append(_repost(post, repost_id, by, None))

    def _add_quotes(self, page: _Gathered, post: Post) -> None:
        for answer in self._all("app.bsky.feed.getQuotes", page, post, post.quotes or 0):
            page.rows += page.read(answer)

    def _all(self, name: str, page: _Gathered, post: Post, expected: int) -> Iterator[_Answer]:
        """The answers about a post, one after the other; none where it has gone since.

        They may be short, or empty with a cursor; a row of them without end is cut.
        """
        cursor = None
        for _ in range(2 * expected // _PAGE + 10):
            try:
                answer = self._once(name, uri=post.post_id, limit=_PAGE, cursor=cursor)
            except CollectorError as error:
                if error.code == "refused":
                    return
                raise
            yield answer
            cursor = answer.cursor
            if cursor is None:
                return
        page.missing = "capped"

    def _again(self, uris: set[str], cursor: str | None) -> Page:
        answer = self._once("app.bsky.feed.getPosts", uris=sorted(uris))
        page = _Gathered()
        page.rows += [post for post in page.read(answer) if post.post_id in uris]
        shown = [view.get("uri") for view in answer.listed("posts") if isinstance(view, dict)]
        missing = sorted(uris.difference(shown))
        authors = [post.author for post in page.rows] + [_written_by(uri) for uri in missing]
        profiles, unknown = self._known(authors)
        for batch in unknown:
            self._look_up(batch, profiles)
        self._remember(profiles)
        # A post without its address might be any of the missing ones.
        if uris.issuperset(shown) and len(shown) == len(answer.listed("posts")):
            # Posts of an account that blocks this one, or that it blocks, only seem to be gone.
            blocked = {did for did, profile in profiles.items() if profile.is_blocked}
            page.gone += [uri for uri in missing if uri.split("/")[2] not in blocked]
        page.gone += sorted(uris.intersection(page.closed))
        page.refused = [refusal for refusal in page.refused if refusal.code != "not-public"]
        return page.finished(profiles, cursor)

    def _known(
        self, accounts: Iterable[Account | None]
    ) -> tuple[dict[str, _Profile], list[list[str]]]:
        """What is known of accounts by their DID, and whom to look up, in batches."""
        dids = dict.fromkeys(account.id for account in accounts if account and account.id)
        unknown = [did for did in dids if did not in self._profiles]
        known = {did: self._profiles[did] for did in dids if did in self._profiles}
        return known, [unknown[at : at + _BATCH] for at in range(0, len(unknown), _BATCH)]

    def _look_up(self, dids: list[str], profiles: dict[str, _Profile]) -> None:
        """Add the profiles of a batch; accounts that are gone have one that says nothing."""
        answer = self._once("app.bsky.actor.getProfiles", actors=dids)
        found = dict(map(_profile, answer.listed("profiles")))
        profiles |= {did: found.get(did, _UNKNOWN) for did in dids}

    def _remember(self, profiles: dict[str, _Profile]) -> None:
        """Only once a page is whole: while it is tried again, it has to make the same calls."""
        self._profiles |= profiles
        while len(self._profiles) > _ACCOUNTS_KEPT:
            del self._profiles[next(iter(self._profiles))]

    def _once(self, name: str, **parameters: Any) -> _Answer:
        """An answer, kept until its page is whole: no new try repeats what is settled."""
        given = {key: value for key, value in parameters.items() if value is not None}
        call = f"{name} {given}"
        if call not in self._kept:
            try:
                self._kept[call] = self._ask(name, given)
            except CollectorError as error:
                if error.code != "refused":
                    raise
                self._kept[call] = error
        kept = self._kept[call]
        if isinstance(kept, CollectorError):
            raise kept
        return kept

    def _ask(self, name: str, parameters: dict[str, Any]) -> _Answer:
        """One call; where the network ends the session, another login and the call again.

        The client gets a new token in time, by its own clock; the network goes by another.
        """
        for _ in range(2):
            try:
                if not self._is_logged_in:
                    self._log_in()
                return self._call(name, parameters)
            except _SessionOver:
                self._is_logged_in = False
        raise MissingCredentials("key-refused", status=401)

    def _log_in(self) -> None:
        try:
            handle = self._handle.removeprefix("@")
            self._client.login(handle, self._app_password, fetch_bsky_profile=False)
        except self._silence:
            raise NetworkUnavailable("unreachable") from None
        except (self._misreading, ValueError):
            raise NetworkUnavailable("not-json-answer") from None
        self._is_logged_in = True

    def _call(self, name: str, parameters: dict[str, Any]) -> _Answer:
        self._body = b""
        document = None
        try:
            document = self._client.invoke_query(name, params=self._parameters(parameters)).content
        except self._silence:
            raise NetworkUnavailable("unreachable") from None
        except self._misreading:  # a session that cannot be renewed
            raise _SessionOver from None
        except ValueError:  # no JSON, says the client
            pass
        if not isinstance(document, dict):
            document = answers.document(self._body)
        if not isinstance(document, dict):
            raise NetworkUnavailable("not-json-answer", body=self._body)
        return _Answer(document, self._body)

    def _count(self, _: httpx.Request) -> None:
        self.calls += 1

    def _judge(self, response: httpx.Response) -> None:
        """Look at an answer before the client does, which forgets what it cannot read.

        A redirection is refused: it would take the password along. What a login is answered
        is a secret too, and not kept.
        """
        path, status = response.request.url.path, response.status_code
        sent = response.request.headers.get("authorization", "")
        body = answers.masked(response.read(), sent)
        self._body = b"" if "/com.atproto.server." in path else body
        if path.endswith("/com.atproto.server.createSession"):
            if status == 400:
                raise MissingCredentials("key-refused", status=status)
        elif status == 401 or (status == 400 and _error(body) in ("ExpiredToken", "InvalidToken")):
            raise _SessionOver
        answers.check(status, response.headers, self._body)


class _SessionOver(Exception):
    """The network takes the session's token no more."""


def _error(body: bytes) -> object:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return document.get("error") if isinstance(document, dict) else None


class _Answer(NamedTuple):
    document: dict[str, Any]
    body: bytes

    @property
    def cursor(self) -> str | None:
        cursor = self.document.get("cursor")
        return cursor if isinstance(cursor, str) and cursor else None

    def listed(self, name: str) -> list[Any]:
        """What the answer lists.

        Raises:
            NetworkUnavailable: it lists nothing of the kind, so it answers something else.
        """
        found = self.document.get(name)
        if not isinstance(found, list):
            raise NetworkUnavailable("not-json-answer", body=self.body)
        return found


class _Profile(NamedTuple):
    followers: int | None
    is_blocked: bool


_UNKNOWN = _Profile(None, False)


def _profile(view: Any) -> tuple[str | None, _Profile]:
    try:
        viewer = fields.mapping(view, "viewer")
        is_blocked = any(viewer.get(it) for it in ("blockedBy", "blocking", "blockingByList"))
        followers = count(view.get("followersCount"), "followersCount")
        return fields.identifier(view, "did"), _Profile(followers, is_blocked)
    except (Unreadable, AttributeError):
        return None, _UNKNOWN


class _Place(NamedTuple):
    """Where a search goes on; as text, the cursor of a page. Moments are texts of `_iso`.

    `leg` counts hashtags. `at` is the network's own cursor in the search that ends at
    `until`, `asked` how many posts that search was asked for, `reached` how far back it
    came. `without` numbers the page's optional calls that are left out.
    """

    leg: int = 0
    at: str | None = None
    asked: int = 0
    until: str | None = None
    reached: str | None = None
    without: tuple[int, ...] = ()

    @classmethod
    def at_cursor(cls, cursor: str | None) -> _Place:
        written = json.loads(cursor) if cursor else {}
        return cls(**{**written, "without": tuple(written.get("without", ()))})

    def cursor(self) -> str:
        """
        >>> _Place(at="100", asked=100).cursor()
        '{"at":"100","asked":100}'
        """
        told = {name: value for name, value in self._asdict().items() if value}
        return json.dumps(told, separators=(",", ":"))


def _make(calls: Sequence[Callable[[], None]], place: _Place, first: int = 0) -> None:
    """Make the calls that a page can do without; one that fails can be left out later."""
    for number, call in enumerate(calls, start=first):
        if number in place.without:
            continue
        try:
            call()
        except CollectorError as error:
            _pass_over(error, place._replace(without=(*place.without, number)))
            raise


def _pass_over(error: CollectorError, place: _Place | None) -> None:
    """Say where to go on without a call that is answered badly each time.

    A network that does not answer, or asks to wait, is asked the same again later.
    """
    is_answered = type(error) is CollectorError or isinstance(error, NetworkUnavailable)
    if place is not None and is_answered and error.code != "unreachable":
        error.after = place.cursor()


def _search(query: Query, place: _Place) -> dict[str, Any]:
    hashtag = query.hashtags[place.leg]
    return {
        "q": f"#{hashtag}",
        "tag": [hashtag],
        "sort": "latest",
        "since": _iso(query.since),
        "until": place.until or _iso(query.until),
        "limit": _PAGE,
        "cursor": place.at,
    }


def _onward(
    query: Query, place: _Place, answer: _Answer, read: list[Post]
) -> tuple[_Place | None, str | None]:
    """Where to go on after an answer, and `capped` where posts before that are out of reach.

    A post may be dated back by years, and the order is not exact: how far back a search
    came is told by the middle post of its last page, not by the oldest.
    """
    moments = [post.published_at for post in read if post.published_at is not None]
    reached = _iso(median_low(moments)) if moments else place.reached
    here = place._replace(at=answer.cursor, asked=place.asked + _PAGE, reached=reached, without=())
    if here.at is not None and here.asked < _SEARCHED:
        return here, None
    is_cut = here.asked >= _SEARCHED or len(answer.listed("posts")) >= _PAGE
    if not is_cut or reached is None or reached <= (_iso(query.since) or ""):
        return _next_leg(query, place), None
    if (earlier := _earlier(query, here)) is not None:
        return earlier, None
    # More posts within a second than one search shows: go on before it, where that is earlier.
    if reached < (_end(query, place) or ""):
        return _Place(place.leg, until=reached), "capped"
    return _next_leg(query, place), "capped"


def _earlier(query: Query, place: _Place) -> _Place | None:
    """A search from where this one came to; None where it would be the same again."""
    if place.reached is None:
        return None
    until = _iso(datetime.fromisoformat(place.reached) + _OVERLAP)
    end = _end(query, place)
    return _Place(place.leg, until=until) if until and (end is None or until < end) else None


def _end(query: Query, place: _Place) -> str | None:
    return place.until or _iso(query.until)


def _next_leg(query: Query, place: _Place) -> _Place | None:
    return _Place(place.leg + 1) if place.leg + 1 < len(query.hashtags) else None


def _beyond(query: Query, place: _Place, error: CollectorError) -> _Place | None:
    """Where to go on without a search that fails.

    By time, where its cursor may be what the network does not like (it answers 502 then);
    behind a page that is cut off, cursors being offsets; else with the next hashtag.
    """
    if place.at is not None and (earlier := _earlier(query, place)) is not None:
        return earlier
    is_cut_off = isinstance(error, NetworkUnavailable) and (error.body or b"").startswith(b"{")
    offset, asked = place.at or "0", place.asked + _PAGE
    if error.code == "not-json-answer" and is_cut_off and offset.isdecimal() and asked < _SEARCHED:
        return place._replace(at=str(int(offset) + _PAGE), asked=asked, without=())
    return _next_leg(query, place)


def _iso(at: datetime | None) -> str | None:
    """A moment in UTC as a text of one length, so that texts compare as moments do."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class _Gathered:
    """What the calls of one page gave so far; `closed` are addresses of posts not public."""

    leg: str = ""
    rows: list[Post] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    missing: str | None = None
    bodies: list[bytes] = field(default_factory=list)

    def read(self, answer: _Answer) -> list[Post]:
        """The posts of an answer that are public; the others are refused."""
        read: list[Post] = []
        for line, view in enumerate(answer.listed("posts"), start=1):
            with self.refusing(line, answer):
                if not isinstance(view, dict):
                    raise Unreadable("missing", "uri")
                for post in posts(view):
                    if isinstance(post, Unreadable):
                        raise post
                    if not _is_public(fields.mapping(view, "author")):
                        self.closed.append(post.post_id)
                        raise Unreadable("not-public")
                    read.append(post)
        return read

    @contextmanager
    def refusing(self, line: int, answer: _Answer) -> Iterator[None]:
        try:
            yield
        except Unreadable as reason:
            self.refused.append(Refusal(line, reason.code, reason.detail))
            if reason.code != "not-public" and answer.body not in self.bodies:
                self.bodies.append(answer.body)

    def finished(self, profiles: dict[str, _Profile], cursor: str | None) -> Page:
        """The page with its authors' followers; bodies stand one a line."""
        rows = [
            post._replace(author_followers=profiles[post.author.id].followers)
            if post.author and post.author.id in profiles
            else post
            for post in self.rows
        ]
        return Page(
            rows,
            cursor,
            refused=self.refused,
            gone=self.gone,
            missing=self.missing,
            leg=self.leg,
            body=b"\n".join(self.bodies) or None,
        )


def _is_public(profile: dict[str, Any]) -> bool:
    """Whether an account shows itself to everybody, not to members of the network alone.

    >>> _is_public({"labels": [{"val": "!no-unauthenticated"}]}), _is_public({})
    (False, True)
    """
    labels = fields.mappings(profile, "labels")
    return not any(label.get("val") == _CLOSED and not label.get("neg") for label in labels)


def _public_account(profile: Any) -> Account:
    account = _account(profile) if isinstance(profile, dict) else None
    if account is None:
        raise Unreadable("missing", "did")
    if not _is_public(profile):
        raise Unreadable("not-public")
    return account


def posts(document: Any) -> Iterator[Post | Unreadable]:
    """The posts of a page: search, quotes, `getPosts`, feed, thread, or a post by itself.

    Posts that only come along are not among them: quoted ones, the parents that a feed shows
    above a reply, and the post that a feed shows because somebody reposted it. That one gives
    a repost by whoever did it.
    """
    for item in _items(document):
        try:
            yield _feed_post(item) if "post" in item else _post(item)
        except Unreadable as reason:
            yield reason


def _items(document: Any) -> Iterator[dict[str, Any]]:
    """The `postView` and `feedViewPost` objects in a document, in its order."""
    waiting = [document]
    while waiting:
        found = waiting.pop()
        if isinstance(found, list):
            waiting += reversed(found)
        elif not isinstance(found, dict):
            yield {}
        elif "thread" in found:
            waiting.append(found["thread"])
        elif "posts" in found:
            waiting.append(found["posts"])
        elif "feed" in found:
            waiting.append(found["feed"])
        elif "notFound" in found or "blocked" in found:
            continue  # a thread's gap where a post is gone or hidden
        elif "parent" in found or "replies" in found:
            waiting += [found.get("replies") or [], {"post": found.get("post")}]
            if found.get("parent") is not None:
                waiting.append(found["parent"])
        else:
            yield found


def _feed_post(item: dict[str, Any]) -> Post:
    shown = fields.mapping(item, "post")
    reason = fields.mapping(item, "reason")
    if not (fields.text(reason, "$type") or "").endswith("#reasonRepost"):
        return _post(shown)
    original = _post(shown)
    by = _account(fields.mapping(reason, "by"))
    if by is None:
        raise Unreadable("missing", "reason.by")
    # Older answers do not name the repost itself; an account reposts a post once.
    repost_id = (
        fields.identifier(reason, "uri") or f"{original.post_id}#reposted-by:{by.id or by.handle}"
    )
    return _repost(original, repost_id, by, moment(reason.get("indexedAt"), "indexedAt"))


def _repost(original: Post, repost_id: str, by: Account, at: datetime | None) -> Post:
    """A repost says what its original says, and has no counts of its own."""
    return Post(
        network=Network.BLUESKY,
        post_id=repost_id,
        author=by,
        published_at=at,
        url=original.url,
        repost_of=Reference(original.post_id, original.author),
        text=original.text,
        language=original.language,
        hashtags=original.hashtags,
        mentions=original.mentions,
        links=original.links,
    )


def _post(view: dict[str, Any]) -> Post:
    uri = fields.required(view, "uri")
    record = fields.mapping(view, "record")
    if not record:
        raise Unreadable("missing", "record")
    text = fields.text(record, "text")
    hashtags, mentions, links = _facets(record, text or "")
    reply = fields.mapping(record, "reply")
    root = _reference(fields.mapping(reply, "root"))
    embed = fields.mapping(record, "embed")
    links += _embedded_links(embed)
    return Post(
        network=Network.BLUESKY,
        post_id=uri,
        author=_account(fields.mapping(view, "author")) or _written_by(uri),
        published_at=_published_at(record, view),
        url=_url(uri),
        reply_to=_reference(fields.mapping(reply, "parent")),
        quote_of=_quoted(embed),
        root_id=root.post_id if root else None,
        text=text,
        language=next(iter(fields.texts(record, "langs")), None),
        hashtags=tuple(dict.fromkeys(hashtags)),
        mentions=tuple(dict.fromkeys(mentions)),
        links=tuple(dict.fromkeys(links)),
        likes=count(view.get("likeCount"), "likeCount"),
        reposts=count(view.get("repostCount"), "repostCount"),
        replies=count(view.get("replyCount"), "replyCount"),
        quotes=count(view.get("quoteCount"), "quoteCount"),
        saves=count(view.get("bookmarkCount"), "bookmarkCount"),
    )


def _account(profile: dict[str, Any]) -> Account | None:
    did = fields.identifier(profile, "did")
    handle = fields.text(profile, "handle") or None
    return Account(did, handle) if did or handle else None


def _published_at(record: dict[str, Any], view: dict[str, Any]) -> datetime | None:
    """The earlier of both: the author's device writes `createdAt`, and may write anything."""
    indexed = moment(view.get("indexedAt"), "indexedAt")
    try:
        created = moment(record.get("createdAt"), "createdAt")
    except Unreadable:
        if indexed is None:
            raise
        return indexed
    return min((known for known in (created, indexed) if known is not None), default=None)


def _facets(record: dict[str, Any], text: str) -> tuple[list[str], list[Account], list[str]]:
    """Hashtags, mentions and links; the network marks them beside the text."""
    hashtags: list[str] = []
    mentions: list[Account] = []
    links: list[str] = []
    written = text.encode()
    for facet in fields.mappings(record, "facets"):
        for feature in fields.mappings(facet, "features"):
            if tag := fields.text(feature, "tag"):
                hashtags.append(tag)
            if did := fields.text(feature, "did"):
                mentions.append(Account(did, _handle(written, fields.mapping(facet, "index"))))
            if uri := fields.text(feature, "uri"):
                links.append(uri)
    hashtags += fields.texts(record, "tags")
    return hashtags, mentions, links


def _handle(written: bytes, index: dict[str, Any]) -> str | None:
    """The handle that a mention shows: facets count bytes of UTF-8."""
    start, end = index.get("byteStart"), index.get("byteEnd")
    if type(start) is not int or type(end) is not int:
        return None
    shown = written[max(start, 0) : max(end, 0)].decode(errors="ignore")
    handle = shown.removeprefix("@")
    return handle if handle != shown and "." in handle else None


def _embedded_links(embed: dict[str, Any]) -> list[str]:
    cards = (fields.mapping(part, "external") for part in (embed, fields.mapping(embed, "media")))
    return [uri for uri in (fields.text(card, "uri") for card in cards) if uri]


def _quoted(embed: dict[str, Any]) -> Reference | None:
    """The quoted post; an embedded list, feed or starter pack is no quote."""
    record = fields.mapping(embed, "record")
    if "record" in record:  # recordWithMedia
        record = fields.mapping(record, "record")
    quoted = _reference(record)
    return quoted if quoted and f"/{_POSTS}/" in quoted.post_id else None


def _reference(record: dict[str, Any]) -> Reference | None:
    """A post by its address, `at://<author>/app.bsky.feed.post/<key>`."""
    uri = fields.identifier(record, "uri")
    if uri is None:
        return None
    return Reference(uri, _written_by(uri))


def _written_by(uri: str) -> Account | None:
    """The author that an address names, by DID or by handle."""
    author = uri.removeprefix("at://").partition("/")[0]
    if not author or author == uri:
        return None
    return Account(author) if author.startswith("did:") else Account(None, author)


def _url(uri: str) -> str | None:
    author, _, rest = uri.removeprefix("at://").partition("/")
    collection, _, key = rest.partition("/")
    return f"https://bsky.app/profile/{author}/post/{key}" if collection == _POSTS and key else None
