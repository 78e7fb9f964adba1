"""Reddit: a search and the threads that it finds, and its listings as posts."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, ClassVar, NamedTuple
from urllib.parse import quote

import orjson

from collectors.access import answers
from collectors.base import (
    BudgetSpent,
    CollectorError,
    MissingCredentials,
    NetworkUnavailable,
    Page,
    Query,
    QuotaExhausted,
    Refusal,
    Unreadable,
    count,
    moment,
    tags_in,
)
from collectors.readers import fields
from data.model import Account, KnownPost, Network, Post, Reference, normal_hashtag

SUBMISSION, COMMENT, MORE = "t3", "t1", "more"

_SITE = "https://www.reddit.com"
_OAUTH_SITE = "https://oauth.reddit.com"
_USER_AGENT = f"{sys.platform}:porte-voix:0.1.0 (campaign research)"
_OWN_HOSTS = ("reddit.com", "redd.it", "redditmedia.com")
_MENTION = re.compile(r"(?<![\w/])/?u/([\w-]{3,20})(?![\w-])", re.ASCII)
_ABSENT = ("[deleted]", "[removed]")

_MOST_A_CALL = 100
_MOST_AROUND_A_POST = 500  # comments, and crossposts
_LONGEST_SEARCH = 512  # characters
# A listing holds 1,000 posts less those removed, and that of a search often 250.
_MAY_BE_CUT = 240
_EVERYWHERE = "all"
# Posts are talked about for days: a window has the comments on those from shortly before it too.
_TALKED_ABOUT = timedelta(days=7)
# Somewhat shorter than they are called, as they end when Reddit reads them, not now. None is
# shorter than the week before a window.
_SPANS = (("month", timedelta(days=27)), ("year", timedelta(days=360)))
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
        address: str = _SITE,
        oauth_address: str = _OAUTH_SITE,
        subreddits: Sequence[str] = (),
    ) -> None:
        # A client takes up to a second to load, and an import of files never needs it.
        import praw
        import requests

        if not (client_id and client_secret):
            raise MissingCredentials("key-empty")
        if address != _SITE:
            oauth_address = address
        self.calls = 0
        self._subreddits = tuple(subreddits)
        requestor: Any = partial(_Requestor, requests.Session(), self._count)
        # praw reads a praw.ini of the working directory: all that one could set is said here.
        self._connect = partial(
            praw.Reddit,
            "DEFAULT",
            client_id=client_id,
            client_secret=client_secret,
            user_agent=_USER_AGENT,
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
        self._under_way: tuple[Query, _Place] | None = None
        self._answered: dict[tuple[Any, ...], bytes] = {}

    def pages(self, query: Query, cursor: str | None = None) -> Iterator[Page]:
        """Yield a page a call of the search, with what is around each post that it found.

        `missing` is "capped" where a listing stopped within the window, or a post has more than
        500 comments or crossposts. The cursor's `read` is the oldest moment (Unix time) that was
        reached everywhere, 0 where that is all.
        """
        legs = _legs(query.hashtags, self._subreddits)
        place: _Place | None = _Place.at(cursor)
        while place is not None and place.leg < len(legs):
            page, place = self._page(query, legs, place)
            yield page

    def again(self, posts: Sequence[KnownPost]) -> Iterator[Page]:
        """Read submissions and comments again, 100 a call; others are passed over."""
        for first in range(0, len(posts), _MOST_A_CALL):
            after = first + _MOST_A_CALL
            asked = [post.post_id for post in posts[first:after] if _is_fullname(post.post_id)]
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
        self._call(f"r/{_EVERYWHERE}/new", _LISTING, limit=1)

    def _page(
        self, query: Query, legs: Sequence[_Leg], place: _Place
    ) -> tuple[Page, _Place | None]:
        """What stands at a place, and the place after it; None where nothing is left."""
        if self._under_way != (query, place.whole):
            self._under_way = (query, place.whole)
            self._answered.clear()
        leg = legs[place.leg]
        wide = replace(query, since=query.since and query.since - _TALKED_ABOUT)
        try:
            listing = self._search(leg, wide.since, place.after)
        except CollectorError as error:
            _lead_on(error, _next_leg(legs, place, is_cut=False))
            raise
        gathered = _Gathered()
        found = gathered.read(listing)
        oldest = next((it.published_at for it in reversed(found) if it.published_at), None)
        seen = place.seen + len(listing.things)
        is_over = listing.after is None or _is_before(oldest, wide.since)
        is_cut = is_over and seen >= _MAY_BE_CUT and not _is_before(oldest, query.since)
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
                    _lead_on(error, place._replace(skip=(*place.skip, post.post_id)))
                    raise
        self._answered.clear()
        after = _next_leg(legs, further, is_cut=is_cut) if is_over else further
        is_divided = after is not None and legs[after.leg].is_part and not leg.is_part
        gathered.is_capped |= is_cut and not is_divided
        cursor = after.cursor if after is not None else None
        return gathered.page(cursor=cursor, leg=leg.name), after

    def _search(self, leg: _Leg, since: datetime | None, after: str | None) -> _Answer:
        asked: dict[str, Any] = {
            "q": leg.search,
            "type": "link",
            "sort": "new",
            "t": _span(since, datetime.now(UTC)),
            "limit": _MOST_A_CALL,
            "include_over_18": "on",  # pictures of violence are marked so
        }
        if leg.subreddit != _EVERYWHERE:
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
        except _Closed:
            return []
        left_out: dict[str, None] = {}
        read = asked = 0
        while True:
            for thing in _things(parts[-1].things):
                read += thing.get("kind") == COMMENT
                if thing.get("kind") == MORE:
                    ids = _ids(thing)
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
        except _Closed:
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
        except _TokenRefused:
            # A client begins by asking for a token; the one that it had may have expired.
            self._reddit = self._connect()
            return self._request(path, params)

    def _request(self, path: str, params: dict[str, Any]) -> bytes:
        body: bytes = self._reddit.request(method="GET", path=path, params=params)
        return body

    def _count(self) -> None:
        self.calls += 1


class _Requestor:
    """What prawcore calls Reddit through: all that it is shown are answers without fault.

    By itself it repeats calls that fail, sleeps as the headers on limits tell it to, and breaks
    off where those are no whole numbers. So it is given neither; of an answer with posts it
    gets the bytes to hand on, of one with a token what it says.
    """

    def __init__(
        self,
        session: Any,
        count_call: Callable[[], None],
        *,
        oauth_url: str,
        reddit_url: str,
        user_agent: str,
    ) -> None:
        self._session = session
        self._count_call = count_call
        self._user_agent = user_agent
        self.oauth_url = oauth_url
        self.reddit_url = reddit_url

    def request(
        self, method: str, url: str, *, headers: dict[str, str], timeout: float = 0, **asked: Any
    ) -> _Sound:
        """Make a call, within our time-out whatever `timeout` says.

        Raises:
            CollectorError: in the kind that says what to do.
        """
        is_for_token = "auth" in asked
        # Asked to close the connection, as prawcore does for a token, some do so without a word
        # while the next call is under way.
        kept = {name: value for name, value in headers.items() if name != "Connection"}
        kept["User-Agent"] = self._user_agent
        asked["allow_redirects"] = False
        self._count_call()
        try:
            answer = self._session.request(
                method, url, headers=kept, timeout=answers.TIMEOUT, **asked
            )
        except UnicodeError:  # in a header: a secret with other letters than keys have
            raise MissingCredentials("key-refused", status=401) from None
        except OSError:
            kind = _NoToken if is_for_token else NetworkUnavailable
            raise kind("unreachable") from None
        if is_for_token:
            if answer.status_code >= 500:
                raise _NoToken("unavailable", status=answer.status_code)
            answers.check(answer.status_code, answer.headers)
            return _Sound(_token(answer.content))
        if answer.status_code == 401:
            raise _TokenRefused("key-refused", status=401)
        body = answers.masked(answer.content, kept.get("Authorization", ""))
        if _is_closed(answer.status_code, body):
            raise _Closed("refused", status=answer.status_code)
        answers.check(answer.status_code, answer.headers, body)
        return _Sound(body)


class _Sound:
    """An answer without fault, and without headers, as prawcore reads it."""

    status_code = 200
    headers: ClassVar[dict[str, str]] = {}

    def __init__(self, content: Any) -> None:
        self._content = content

    def json(self) -> Any:
        return self._content


class _TokenRefused(MissingCredentials):
    """The token is not, or no more, a good one; another may be."""


class _NoToken(NetworkUnavailable):
    """There is no token to be had at present, for whatever is asked next."""


class _Closed(CollectorError):
    """What was asked for is not public: a subreddit gone private, a post that was removed."""


_STOPS_ALL = (BudgetSpent, MissingCredentials, QuotaExhausted, _NoToken)


def _token(body: bytes) -> dict[str, Any]:
    """The answer with a token, which is never kept aside as another might be."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise _NoToken("not-json-answer") from None
    if not isinstance(found, dict):
        raise _NoToken("unexpected-answer", kind="token")
    if "error" in found:  # with status 200
        raise MissingCredentials("key-refused", status=401)
    expected = {"access_token": str, "expires_in": int, "scope": str}
    if not all(isinstance(found.get(name), kind) for name, kind in expected.items()):
        raise _NoToken("unexpected-answer", kind="token")
    return found


def _is_closed(status: int, body: bytes) -> bool:
    """Whether a place is refused and not the caller, who is refused without a reason."""
    if status != 403:
        return status == 404
    try:
        return "reason" in orjson.loads(body)
    except (orjson.JSONDecodeError, TypeError):
        return False


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
        for line, (thing, item) in enumerate(_read([part.document for part in parts]), 1):
            if isinstance(item, Unreadable):
                if thing.get("kind") != MORE:
                    refused.append(Refusal(line, item.code, item.detail))
            elif _is_gone(thing["data"]):
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


class _Leg(NamedTuple):
    """A listing to read: of a subreddit, for some hashtags.

    `is_first` is the first for its hashtags; `is_part` is for one of them by itself, read
    where the listing for all of them stopped too early.
    """

    subreddit: str
    hashtags: tuple[str, ...]
    is_part: bool

    @property
    def is_first(self) -> bool:
        return self.subreddit == _EVERYWHERE and not self.is_part

    @property
    def search(self) -> str:
        return " OR ".join(f'"#{tag}"' for tag in self.hashtags)

    @property
    def name(self) -> str:
        return f"r/{self.subreddit} {' '.join(f'#{tag}' for tag in self.hashtags)}"


class _Place(NamedTuple):
    """Where reading goes on: in which leg, behind which post, after how many.

    `read` is the Unix time after which the leg's hashtags were read everywhere, None before
    that; `skip` names posts of the page whose comments could not be read.
    """

    leg: int = 0
    after: str | None = None
    seen: int = 0
    read: int | None = None
    skip: tuple[str, ...] = ()

    @classmethod
    def at(cls, cursor: str | None) -> _Place:
        found = orjson.loads(cursor) if cursor is not None else {}
        return cls(**{**found, "skip": tuple(found.get("skip", ()))})

    @property
    def cursor(self) -> str:
        return orjson.dumps(self._asdict()).decode()

    @property
    def whole(self) -> _Place:
        return self._replace(skip=())

    def knows(self, leg: _Leg, post: Post) -> bool:
        """Whether what is around a post was read before, or is to be left out."""
        if post.post_id in self.skip:
            return True
        if leg.is_first or self.read is None or post.published_at is None:
            return False
        return post.published_at.timestamp() > self.read


def _legs(hashtags: Sequence[str], subreddits: Sequence[str]) -> list[_Leg]:
    legs: list[_Leg] = []
    for group in _groups(hashtags):
        for subreddit in (_EVERYWHERE, *subreddits):
            legs.append(_Leg(subreddit, group, is_part=False))
            if len(group) > 1:
                legs += [_Leg(subreddit, (tag,), is_part=True) for tag in group]
    return legs


def _groups(hashtags: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The hashtags, as many together as a search takes."""
    group: tuple[str, ...] = ()
    for tag in {normal_hashtag(tag): tag for tag in hashtags}.values():
        longer = _Leg(_EVERYWHERE, (*group, tag), is_part=False)
        if group and len(longer.search) > _LONGEST_SEARCH:
            yield group
            group = ()
        group = (*group, tag)
    if group:
        yield group


def _next_leg(legs: Sequence[_Leg], place: _Place, *, is_cut: bool) -> _Place | None:
    """The beginning of the next leg; parts are passed over unless their whole was cut off."""
    for number in range(place.leg + 1, len(legs)):
        if is_cut or legs[place.leg].is_part or not legs[number].is_part:
            return _Place(number, read=None if legs[number].is_first else place.read)
    return None


def _lead_on(error: CollectorError, place: _Place | None) -> None:
    """Say where to go on without what failed, unless it is all of Reddit that failed."""
    if place is not None and not isinstance(error, _STOPS_ALL):
        error.after = place.cursor


def _is_before(at: datetime | None, since: datetime | None) -> bool:
    return at is not None and since is not None and at < since


def _span(since: datetime | None, now: datetime) -> str:
    """The shortest of Reddit's spans of time that reaches back to a moment.

    >>> _span(datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 9, tzinfo=UTC))
    'month'
    """
    return next((name for name, span in _SPANS if since and now - since < span), "all")


def _is_fullname(post_id: str) -> bool:
    return post_id.startswith((f"{SUBMISSION}_", f"{COMMENT}_"))


def _is_gone(content: dict[str, Any]) -> bool:
    """Whether only the place of a post is left. A post stays when its author's account goes."""
    if content.get("removed_by_category"):
        return True
    text = content.get("body" if "body" in content else "selftext")
    return content.get("author") in (None, *_ABSENT) and text in _ABSENT


def _ids(more: dict[str, Any]) -> list[str]:
    """The comments that a thing of the kind "more" stands for."""
    content = more.get("data")
    ids = content.get("children") if isinstance(content, dict) else None
    return [it for it in ids if isinstance(it, str)] if isinstance(ids, list) else []


def posts(document: Any) -> Iterator[Post | Unreadable]:
    """The posts of a listing, of a submission's page, or of a thing by itself.

    Comments come after what they answer. Where Reddit left comments out of a page, the
    count of them comes as `Unreadable`.
    """
    return (item for _, item in _read(document))


def _read(document: Any) -> Iterator[tuple[dict[str, Any], Post | Unreadable]]:
    """Each thing with what it says."""
    things = list(_things(document))
    authors = _authors(things)
    for thing in things:
        try:
            yield thing, _post(thing, authors)
        except Unreadable as reason:
            yield thing, reason


def _things(document: Any) -> Iterator[dict[str, Any]]:
    waiting = [document]
    while waiting:
        found = waiting.pop()
        if isinstance(found, list):
            waiting += reversed(found)
        elif not isinstance(found, dict):
            yield {}
        else:
            content = found.get("data")
            inside = content if isinstance(content, dict) else {}
            if found.get("kind") == "Listing":
                waiting.append(inside.get("children"))
            else:
                yield found
                if inside.get("replies"):  # an empty text where there are none
                    waiting.append(inside["replies"])


def _authors(things: list[dict[str, Any]]) -> dict[str, Account]:
    """Who wrote each post of the answer; a comment names its parent, not the parent's author."""
    authors: dict[str, Account] = {}
    for thing in things:
        try:
            content = fields.mapping(thing, "data")
            name, author = fields.identifier(content, "name"), _account(content)
        except Unreadable:
            continue  # it is refused when its turn comes
        if name is not None and author is not None:
            authors[name] = author
    return authors


def _post(thing: dict[str, Any], authors: dict[str, Account]) -> Post:
    content = fields.mapping(thing, "data")
    kind = fields.text(thing, "kind")
    if kind == SUBMISSION:
        return _submission(content)
    if kind == COMMENT:
        return _comment(content, authors)
    if kind == MORE:
        raise Unreadable("more-comments", str(count(content.get("count"), "count") or 0))
    raise Unreadable("not-a-post", kind or "?")


def _submission(content: dict[str, Any]) -> Post:
    title, body = _text(content, "title"), _text(content, "selftext")
    parent = fields.identifier(content, "crosspost_parent")
    parents = {
        fields.identifier(crossposted, "name"): _account(crossposted)
        for crossposted in fields.mappings(content, "crosspost_parent_list")
    }
    return _common(content, SUBMISSION, "\n".join(filter(None, (title, body))))._replace(
        quote_of=Reference(parent, parents.get(parent)) if parent else None,
        links=_links(content),
        reposts=count(content.get("num_crossposts"), "num_crossposts"),
        replies=count(content.get("num_comments"), "num_comments"),
        impressions=count(content.get("view_count"), "view_count"),
    )


def _comment(content: dict[str, Any], authors: dict[str, Account]) -> Post:
    post = _common(content, COMMENT, _text(content, "body"))
    parent = fields.required(content, "parent_id")
    root = fields.identifier(content, "link_id")
    if post.url is None and root is not None:
        url = f"{_SITE}/comments/{root.removeprefix('t3_')}/_/{post.post_id.removeprefix('t1_')}"
        post = post._replace(url=url)
    # While a score is hidden, the answer says 1 whatever the votes.
    is_hidden = content.get("score_hidden") is True
    return post._replace(
        reply_to=Reference(parent, authors.get(parent)),
        root_id=root,
        likes=None if is_hidden else post.likes,
    )


def _common(content: dict[str, Any], kind: str, text: str | None) -> Post:
    name = fields.identifier(content, "name") or f"{kind}_{fields.required(content, 'id')}"
    permalink = fields.text(content, "permalink")
    mentions = dict.fromkeys(found.lower() for found in _MENTION.findall(text or ""))
    return Post(
        network=Network.REDDIT,
        post_id=name,
        author=_account(content),
        published_at=moment(content.get("created_utc"), "created_utc"),
        url=_SITE + permalink.partition("?")[0] if permalink else None,
        text=text,
        hashtags=tags_in(text or ""),
        mentions=tuple(Account(mentioned, mentioned) for mentioned in mentions),
        likes=_likes(content.get("score")),
    )


def _account(content: dict[str, Any]) -> Account | None:
    """Names are one whatever their case; Reddit keeps a placeholder for deleted accounts."""
    name = fields.text(content, "author")
    return Account(name.lower(), name.lower()) if name and name not in _ABSENT else None


def _likes(score: Any) -> int | None:
    """Votes for minus votes against; below 0, nobody can be said to like it."""
    return 0 if type(score) is int and score < 0 else count(score, "score")


def _text(content: dict[str, Any], name: str) -> str | None:
    """A text, without the escapes of answers that were asked for without `raw_json`."""
    written = fields.text(content, name)
    if written is None or written in _ABSENT:
        return None
    return written.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _links(content: dict[str, Any]) -> tuple[str, ...]:
    """What a submission is about, when that lies outside of Reddit."""
    url = None if content.get("is_self") is True else _text(content, "url")
    server = fields.host(url)
    if url is None or server is None:
        return ()
    is_own = any(server == own or server.endswith(f".{own}") for own in _OWN_HOSTS)
    return () if is_own else (url,)
