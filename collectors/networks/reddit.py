"""Reddit: a search and the threads that it finds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, ClassVar, NamedTuple
from urllib.parse import quote

from collectors.access import answers
from collectors.base import (
    CollectorError,
    MissingCredentials,
    NetworkUnavailable,
    Page,
    Query,
    Refusal,
)
from collectors.networks.reddit_search import (
    EVERYWHERE,
    Leg,
    Place,
    is_before,
    lead_on,
    legs_of,
    next_leg,
    span_of,
)
from collectors.networks.reddit_transport import (
    USER_AGENT,
    Closed,
    Requestor,
    TokenRefused,
)
from collectors.readers.fields import Unreadable
from collectors.readers.reddit import (
    COMMENT,
    MORE,
    SITE,
    ids_left_out,
    is_fullname,
    is_gone,
    read_each,
    things_of,
)
from data.model import KnownPost, Network, Post

_OAUTH_SITE = "https://oauth.reddit.com"

_MOST_A_CALL = 100
_MOST_AROUND_A_POST = 500  # comments, and crossposts
# A listing holds 1,000 posts less those removed, and that of a search often 250.
_MAY_BE_CUT = 240
# Posts are talked about for days: a window has the comments on those from shortly before it too.
_TALKED_ABOUT = timedelta(days=7)
_LISTING = ("data", "children")
_SECOND_LISTING = (1, *_LISTING)  # the first holds the submission itself
_LEFT_OUT = ("json", "data", "things")


class Reddit:
    """Searches Reddit for hashtags, and reads the comments on what it finds, and its crossposts.

    Reddit knows no hashtags: a search for the word is sifted for the tag here. All of Reddit is
    searched first, then each of the `subreddits`. A listing stops after some 250 or 1,000 posts,
    and as it gives the newest first, `t` cuts nothing off it but the end that is read anyway;
    what reaches further is a listing of its own for each hashtag, and for each subreddit.

    `address` is the site; where it is not Reddit's own, it is the address of the API too.

    Raises:
        MissingCredentials: a secret is empty.
    """

    network: ClassVar[Network] = Network.REDDIT
    secrets: ClassVar[tuple[str, ...]] = ("client_id", "client_secret")

    def __init__(
        self,
        *,
        client_id: str,
        client_secret: str,
        address: str = SITE,
        oauth_address: str = _OAUTH_SITE,
        subreddits: Sequence[str] = (),
    ) -> None:
        # A client takes up to a second to load, and an import of files never needs it.
        import praw
        import requests

        if not (client_id and client_secret):
            raise MissingCredentials("key-empty")
        if address != SITE:
            oauth_address = address
        self.calls = 0
        self._subreddits = tuple(subreddits)
        requestor: Any = partial(Requestor, requests.Session(), self._count)
        # praw reads a praw.ini of the working directory: all that one could set is said here.
        self._connect = partial(
            praw.Reddit,
            "DEFAULT",
            client_id=client_id,
            client_secret=client_secret,
            user_agent=USER_AGENT,
            reddit_url=address.rstrip("/"),
            oauth_url=f"{oauth_address.rstrip('/')}/",
            requestor_class=requestor,
            check_for_updates=False,
            check_for_async=False,
            username=None,
            password=None,
            refresh_token=None,
            redirect_uri=None,
            ratelimit_seconds=0,
            timeout=int(answers.TIMEOUT),
        )
        self._reddit = self._connect()
        # What the page under way was answered so far: a call that fails repeats none before it.
        self._under_way: tuple[Query, Place] | None = None
        self._answered: dict[tuple[Any, ...], bytes] = {}

    def pages(self, query: Query, cursor: str | None = None) -> Iterator[Page]:
        """Yield a page a call of the search, with what is around each post that it found.

        `missing` is "capped" where a listing stopped within the window, or a post has more than
        500 comments or crossposts. The cursor's `read` is the oldest moment (Unix time) that was
        reached everywhere, 0 where that is all.
        """
        legs = legs_of(query.hashtags, self._subreddits)
        place: Place | None = Place.at(cursor)
        while place is not None and place.leg < len(legs):
            page, place = self._page(query, legs, place)
            yield page

    def reread(self, posts: Sequence[KnownPost]) -> Iterator[Page]:
        """Read submissions and comments again, 100 a call; others are passed over."""
        for first in range(0, len(posts), _MOST_A_CALL):
            after = first + _MOST_A_CALL
            asked = [post.post_id for post in posts[first:after] if is_fullname(post.post_id)]
            gathered = _Gathered()
            if asked:
                gathered.rows = gathered.read(self._call("api/info", _LISTING, id=",".join(asked)))
            gone = gathered.gone.intersection(asked)
            if not gathered.refused:  # else it might be one of those
                gone.update({*asked} - gathered.gone - {post.post_id for post in gathered.rows})
            yield gathered.page(
                cursor=str(after) if after < len(posts) else None,
                gone=[post_id for post_id in asked if post_id in gone],
            )

    def check(self) -> None:
        """Read one post: keys are approved for that, and a collection needs no more."""
        self._call(f"r/{EVERYWHERE}/new", _LISTING, limit=1)

    def _page(self, query: Query, legs: Sequence[Leg], place: Place) -> tuple[Page, Place | None]:
        """What stands at a place, and the place after it; None where nothing is left."""
        if self._under_way != (query, place.whole):
            self._under_way = (query, place.whole)
            self._answered.clear()
        leg = legs[place.leg]
        wide = replace(query, since=query.since and query.since - _TALKED_ABOUT)
        try:
            listing = self._search(leg, wide.since, place.after)
        except CollectorError as error:
            lead_on(error, next_leg(legs, place, is_cut=False))
            raise
        gathered = _Gathered()
        found = gathered.read(listing)
        oldest = next((it.published_at for it in reversed(found) if it.published_at), None)
        seen = place.seen + len(listing.things)
        is_over = listing.after is None or is_before(oldest, wide.since)
        is_cut = is_over and seen >= _MAY_BE_CUT and not is_before(oldest, query.since)
        further = place._replace(after=listing.after, seen=seen, skip=())
        if leg.is_first and is_over and not is_cut:
            further = further._replace(read=0)
        elif leg.is_first and oldest is not None:
            further = further._replace(read=int(oldest.timestamp()))
        for post in found:
            if query.holds(post):
                gathered.rows.append(post)
            if wide.holds(post) and not place.knows(leg, post):
                try:
                    self._read_around(post, query, gathered)
                except CollectorError as error:
                    lead_on(error, place._replace(skip=(*place.skip, post.post_id)))
                    raise
        self._answered.clear()
        after = next_leg(legs, further, is_cut=is_cut) if is_over else further
        is_divided = after is not None and legs[after.leg].is_part and not leg.is_part
        gathered.is_capped |= is_cut and not is_divided
        cursor = after.cursor if after is not None else None
        return gathered.page(cursor=cursor, leg=leg.name), after

    def _search(self, leg: Leg, since: datetime | None, after: str | None) -> _Answer:
        asked: dict[str, Any] = {
            "q": leg.search,
            "type": "link",
            "sort": "new",
            "t": span_of(since, datetime.now(UTC)),
            "limit": _MOST_A_CALL,
            "include_over_18": "on",  # pictures of violence are marked so
        }
        if leg.subreddit != EVERYWHERE:
            asked["restrict_sr"] = "true"
        if after is not None:
            asked["after"] = after
        return self._get(f"r/{quote(leg.subreddit, safe='')}/search", _LISTING, **asked)

    def _read_around(self, post: Post, query: Query, gathered: _Gathered) -> None:
        """The comments on a submission, and its crossposts with theirs: they belong to it."""

        def within(found: list[Post]) -> list[Post]:
            return [it for it in found if query.holds(it._replace(hashtags=query.hashtags))]

        if post.replies:
            gathered.rows += within(self._comments(post, gathered))
        if post.reposts:
            for crosspost in within(self._crossposts(post, gathered)):
                gathered.rows.append(crosspost)
                # One with the tag of its own is found by the search.
                if crosspost.replies and not query.holds(crosspost):
                    gathered.rows += within(self._comments(crosspost, gathered))

    def _comments(self, submission: Post, gathered: _Gathered) -> list[Post]:
        path = f"comments/{submission.post_id.removeprefix('t3_')}"
        try:
            parts = [self._get(path, _SECOND_LISTING, limit=_MOST_AROUND_A_POST, sort="new")]
        except Closed:
            return []
        left_out: dict[str, None] = {}
        read = asked = 0
        while True:
            for thing in things_of(parts[-1].things):
                read += thing.get("kind") == COMMENT
                if thing.get("kind") == MORE:
                    ids = ids_left_out(thing)
                    gathered.is_capped |= not ids  # it goes on on a page of its own
                    left_out |= dict.fromkeys(ids)
            ids = [*left_out][asked : asked + _MOST_A_CALL]
            if not ids or max(read, asked) >= _MOST_AROUND_A_POST:
                break
            asked += len(ids)
            more = self._get(
                "api/morechildren",
                _LEFT_OUT,
                link_id=submission.post_id,
                children=",".join(ids),
                limit_children="false",
                sort="new",
                api_type="json",
            )
            parts.append(more._replace(document=more.things))
        gathered.is_capped |= bool(ids)
        return [post for post in gathered.read(*parts) if post.reply_to is not None]

    def _crossposts(self, submission: Post, gathered: _Gathered) -> list[Post]:
        path = f"duplicates/{submission.post_id.removeprefix('t3_')}"
        asked: dict[str, Any] = {"crossposts_only": "true", "sort": "new", "limit": _MOST_A_CALL}
        parts: list[_Answer] = []
        try:
            while len(parts) * _MOST_A_CALL < _MOST_AROUND_A_POST:
                parts.append(self._get(path, _SECOND_LISTING, **asked))
                if (after := parts[-1].after) is None:
                    break
                asked["after"] = after
            else:
                gathered.is_capped = True
        except Closed:
            return []
        return [
            post
            for post in gathered.read(*parts)
            if post.quote_of is not None and post.quote_of.post_id == submission.post_id
        ]

    def _get(self, path: str, place: tuple[str | int, ...], **params: Any) -> _Answer:
        """What a call was answered, asked for once a page whatever comes after it."""
        named = (path, *params.items())
        answer = _answer(self._answered.get(named) or self._ask(path, params), place)
        self._answered[named] = answer.body
        return answer

    def _call(self, path: str, place: tuple[str | int, ...], **params: Any) -> _Answer:
        return _answer(self._ask(path, params), place)

    def _ask(self, path: str, params: dict[str, Any]) -> bytes:
        try:
            return self._request(path, params)
        except TokenRefused:
            # A client begins by asking for a token; the one that it had may have expired.
            self._reddit = self._connect()
            return self._request(path, params)

    def _request(self, path: str, params: dict[str, Any]) -> bytes:
        body: bytes = self._reddit.request(method="GET", path=path, params=params)
        return body

    def _count(self) -> None:
        self.calls += 1


class _Answer(NamedTuple):
    """An answer: what the parser reads of it, its list of things, and the bytes."""

    document: Any
    things: list[Any]
    after: str | None
    body: bytes


def _answer(body: bytes, place: tuple[str | int, ...]) -> _Answer:
    """An answer with a list of things at a place in it."""
    document = found = answers.document(body)
    around: Any = {}
    try:
        for step in place:
            around, found = found, found[step]
    except (KeyError, IndexError, TypeError):
        found = None
    if not isinstance(found, list):
        raise NetworkUnavailable("unexpected-answer", body=body, kind="listing")
    after = around.get("after")
    return _Answer(document, found, after if isinstance(after, str) and after else None, body)


@dataclass
class _Gathered:
    """What the answers that a page is made of gave."""

    rows: list[Post] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    bodies: list[bytes] = field(default_factory=list)
    is_capped: bool = False

    def read(self, *parts: _Answer) -> list[Post]:
        """The posts of an answer in parts, without those that are gone."""
        found, refused = [], []
        for line, (thing, item) in enumerate(read_each([part.document for part in parts]), 1):
            if isinstance(item, Unreadable):
                if thing.get("kind") != MORE:
                    refused.append(Refusal(line, item.code, item.detail))
            elif is_gone(thing["data"]):
                self.gone.add(item.post_id)
            else:
                found.append(item)
        if refused:
            self.refused += refused
            self.bodies += [part.body for part in parts]
        return found

    def page(self, cursor: str | None, gone: Sequence[str] = (), leg: str = "") -> Page:
        return Page(
            self.rows,
            cursor,
            self.refused,
            gone=gone,
            missing="capped" if self.is_capped else None,
            leg=leg,
            body=b"\n".join(self.bodies) or None,
        )
