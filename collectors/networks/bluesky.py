"""Bluesky: what its AppView (`app.bsky.*`) is asked."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
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
)
from collectors.networks.bluesky_search import (
    MOST_A_PAGE,
    Answer,
    Place,
    beyond,
    make_calls,
    onward_from,
    pass_over,
    search_terms,
)
from collectors.readers import fields
from collectors.readers.bluesky import POSTS, is_public, posts, public_account, repost, written_by
from collectors.readers.fields import Unreadable, count
from data.model import Account, KnownPost, Network, Post

if TYPE_CHECKING:
    import httpx
_BATCH = 25  # the most posts or accounts that one call names
_ACCOUNTS_KEPT = 20_000
# The network finds a post by its author's DID alone, and a repost not at all.
_ASKABLE = re.compile(rf"at://did:[^/#]+/{re.escape(POSTS)}/[^/#]+")


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
        self._kept: dict[str, Answer | CollectorError] = {}
        self._profiles: dict[str, _Profile] = {}

    def pages(self, query: Query, cursor: str | None = None) -> Iterator[Page]:
        place: Place | None = Place.at_cursor(cursor)
        while place is not None and place.leg < len(query.hashtags):
            page, place = self._page(query, place)
            self._kept.clear()
            yield page

    def reread(self, posts: Sequence[KnownPost]) -> Iterator[Page]:
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

    def _page(self, query: Query, place: Place) -> tuple[Page, Place | None]:
        """One search with all that belongs to its posts, and the place of the next."""
        page = _Gathered(leg=query.hashtags[place.leg])
        try:
            found = self._once("app.bsky.feed.searchPosts", **search_terms(query, place))
            posts = page.read(found)
        except CollectorError as error:
            pass_over(error, beyond(query, place, error))
            raise
        onward, page.missing = onward_from(query, place, found, posts)
        page.rows += [post for post in posts if query.holds(post)]
        edges = [
            partial(add, page, post)
            for post in page.rows
            for add, number in ((self._add_reposts, post.reposts), (self._add_quotes, post.quotes))
            if number
        ]
        make_calls(edges, place)
        profiles, unknown = self._known(post.author for post in page.rows)
        look_ups = [partial(self._look_up, batch, profiles) for batch in unknown]
        make_calls(look_ups, place, first=len(edges))
        self._remember(profiles)
        return page.finished(profiles, onward.cursor() if onward else None), onward

    def _add_reposts(self, page: _Gathered, post: Post) -> None:
        for answer in self._all("app.bsky.feed.getRepostedBy", page, post, post.reposts or 0):
            for line, profile in enumerate(answer.listed("repostedBy"), start=1):
                with page.refusing(line, answer):
                    by = public_account(profile)
                    repost_id = f"{post.post_id}#repost:{by.id or by.handle}"
                    page.rows.append(repost(post, repost_id, by, None))

    def _add_quotes(self, page: _Gathered, post: Post) -> None:
        for answer in self._all("app.bsky.feed.getQuotes", page, post, post.quotes or 0):
            page.rows += page.read(answer)

    def _all(self, name: str, page: _Gathered, post: Post, expected: int) -> Iterator[Answer]:
        """The answers about a post, one after the other; none where it has gone since.

        They may be short, or empty with a cursor; a row of them without end is cut.
        """
        cursor = None
        for _ in range(2 * expected // MOST_A_PAGE + 10):
            try:
                answer = self._once(name, uri=post.post_id, limit=MOST_A_PAGE, cursor=cursor)
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
        authors = [post.author for post in page.rows] + [written_by(uri) for uri in missing]
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

    def _once(self, name: str, **parameters: Any) -> Answer:
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

    def _ask(self, name: str, parameters: dict[str, Any]) -> Answer:
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

    def _call(self, name: str, parameters: dict[str, Any]) -> Answer:
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
        return Answer(document, self._body)

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

    def read(self, answer: Answer) -> list[Post]:
        """The posts of an answer that are public; the others are refused."""
        read: list[Post] = []
        for line, view in enumerate(answer.listed("posts"), start=1):
            with self.refusing(line, answer):
                if not isinstance(view, dict):
                    raise Unreadable("missing", "uri")
                for post in posts(view):
                    if isinstance(post, Unreadable):
                        raise post
                    if not is_public(fields.mapping(view, "author")):
                        self.closed.append(post.post_id)
                        raise Unreadable("not-public")
                    read.append(post)
        return read

    @contextmanager
    def refusing(self, line: int, answer: Answer) -> Iterator[None]:
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
