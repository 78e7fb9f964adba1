"""YouTube: calls of the Data API, and its pages as posts.

A video is a post, a comment is a reply to it.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from html import unescape
from typing import Any, ClassVar, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson

from collectors.access import answers
from collectors.base import (
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
from data.model import Account, KnownPost, Network, Post, Reference

_WATCH = "https://www.youtube.com/watch?v="

_RESOURCES = ("search", "videos", "channels", "commentThreads", "comments", "i18nLanguages")
_MOST_IDS = 50  # in one call, and in what a search gives
_MOST_CALLS = 10  # for a video's threads, and as many for replies that did not come along
# A search ends near its 500th result, whatever the window still holds.
_MAY_BE_CAPPED = 450
# Videos are talked about for days: a window has the comments on those from shortly before it too.
_TALKED_ABOUT = timedelta(days=7)
_SECOND = timedelta(seconds=1)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)

_VIDEO = (
    "kind,items(kind,id,statistics(viewCount,likeCount,commentCount),status(privacyStatus),"
    "snippet(publishedAt,channelId,title,description,defaultLanguage,defaultAudioLanguage))"
)
_COMMENT = (
    "kind,id,snippet(authorChannelId,videoId,channelId,parentId,textDisplay,textOriginal,"
    "likeCount,publishedAt)"
)
_COMMENTS = f"kind,nextPageToken,items({_COMMENT})"
_THREADS = (
    "kind,nextPageToken,items(kind,id,"
    f"snippet(totalReplyCount,topLevelComment({_COMMENT})),replies(comments({_COMMENT})))"
)
_SUBSCRIBERS = "kind,items(id,statistics(subscriberCount,hiddenSubscriberCount))"

_SPENT_TODAY = {"quotaExceeded", "dailyLimitExceeded"}
_TOO_FAST = {"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"}
_SWITCHED_OFF = {"accessNotConfigured", "SERVICE_DISABLED"}
_WRONG_KEY = {"keyInvalid", "keyExpired", "API_KEY_INVALID"}


class YouTube:
    """Reads the videos that bear a hashtag, and their comments.

    A search gives a page of videos with their channels' subscribers, then each of them that
    has comments gives a page of those. A day has 100 searches and 10,000 other calls: a call
    that was answered is not made again when a later one of its page fails. A cursor names
    nobody's video: it is made of moments, and of the search's own token.
    """

    network: ClassVar[Network] = Network.YOUTUBE
    secrets: ClassVar[tuple[str, ...]] = ("api_key",)

    def __init__(self, *, api_key: str, address: str = "https://youtube.googleapis.com") -> None:
        # A client takes up to a second to load, and an import of files never needs it.
        from googleapiclient.discovery import build
        from googleapiclient.model import RawModel

        self.calls = 0
        service: Any = build(
            "youtube",
            "v3",
            http=_Transport(api_key),
            model=RawModel(),
            static_discovery=True,
            cache_discovery=False,
            client_options={"api_endpoint": address},
        )
        # The client builds a resource anew whenever it is named, longer than a page takes to read.
        self._lists = {name: getattr(service, name)().list for name in _RESOURCES}
        self._page: object = None
        self._failing: object = None
        self._answered: dict[object, tuple[dict[str, Any], bytes]] = {}
        self._found: tuple[Query, _Place, _Found] | None = None

    def pages(self, query: Query, cursor: str | None = None) -> Iterator[Page]:
        """Yield a search's videos, newest first, then their comments, video by video.

        A comment belongs to the campaign by its video, whatever it says; the window holds for
        it too, so videos of the week before it are searched for theirs. `missing` is "capped"
        where a video has more than 1,000 threads, or long ones that need more than ten calls,
        and where a second has more videos than a search gives.
        """
        place: _Place | None = _Place.read(cursor)
        while place is not None:
            read = self._videos if place.comments is None else self._comments
            with self._page_of((query, place)):
                page, following = read(query, place)
            leg = "" if place.comments is None else None  # comments are more of their search
            place = following
            yield replace(page, cursor=place.written if place else None, leg=leg)

    def again(self, posts: Sequence[KnownPost]) -> Iterator[Page]:
        """Read known videos and comments again, up to 50 of each a page.

        A video that is no longer public is gone; so is a reply whose thread is. Comments that
        the network will not speak of, as those of a video made private, are neither.
        """
        asked = 0
        while asked < len(posts):
            batch = _batch([known.post_id for known in posts[asked : asked + 3 * _MOST_IDS]])
            asked += len(batch)
            with self._page_of(batch):
                page = self._known(batch)
            yield replace(page, cursor=str(asked) if asked < len(posts) else None)

    def check(self) -> None:
        """Ask for the names of languages: one of the 10,000 calls, and no search."""
        self._ask("i18nLanguages", part="snippet", fields="kind")

    def _videos(self, query: Query, place: _Place) -> tuple[Page, _Place | None]:
        found = self._search(query, place)
        self._found = (query, place, found)
        if not found.discussed:
            return found.page, found.following
        return found.page, place._replace(comments=max(found.discussed.values()))

    def _comments(self, query: Query, place: _Place) -> tuple[Page, _Place | None]:
        """The comments of the newest of the videos whose comments are not read yet."""
        searched = place._replace(comments=None)
        if self._found is None or self._found[:2] != (query, searched):
            self._found = (query, searched, self._search(query, searched))
        found = self._found[2]
        until = place.comments or _LONG_AGO
        newest = max((at for at in found.discussed.values() if at <= until), default=_LONG_AGO)
        later = [at for at in found.discussed.values() if at < newest]
        following = place._replace(comments=max(later)) if later else found.following
        reading = _Reading()
        with self._passing_over(following):
            for video_id, at in found.discussed.items():
                if at == newest:  # no cursor could part two of one second: they are one page
                    self._read_comments(query, video_id, reading)
        return reading.page(), following

    def _search(self, query: Query, place: _Place) -> _Found:
        wide = replace(query, since=query.since and query.since - _TALKED_ABOUT)
        with self._passing_over(place.slice_below()):
            document, _ = self._once(
                "search",
                part="id",
                q="|".join(f"#{tag}" for tag in query.hashtags),
                type="video",
                order="date",
                safeSearch="none",  # else what a campaign reports may be hidden as violent
                maxResults=_MOST_IDS,
                # Whether the bounds are within is not said the same everywhere.
                publishedAfter=_written(wide.since - _SECOND if wide.since else None),
                publishedBefore=_written(place.before or query.until),
                pageToken=place.token,
                fields="kind,nextPageToken,items(id(videoId))",
            )
        ids = list(filter(None, map(_video_id, _items(document))))
        further = place._replace(token=document.get("nextPageToken"), found=place.found + len(ids))
        reading = _Reading()
        videos: list[Post] = []
        with self._passing_over(further if further.token else None):
            if ids:
                document, body = self._once(
                    "videos", part="snippet,statistics,status", id=",".join(ids), fields=_VIDEO
                )
                videos = list(reading.read(_items(document), body))
            reading.rows = self._with_subscribers(list(filter(query.holds, videos)))
        held = filter(wide.holds, videos)
        moments = [at for at in (place.oldest, *(it.published_at for it in videos)) if at]
        further = further._replace(oldest=min(moments, default=None))
        following, reading.missing = _after_search(wide, further)
        discussed = {it.post_id: it.published_at or _LONG_AGO for it in held if it.replies}
        return _Found(reading.page(), discussed, following)

    def _read_comments(self, query: Query, video_id: str, reading: _Reading) -> None:
        """The threads of a video, and the replies that an answer with threads leaves out."""
        token: str | None = None
        calls_for_replies = iter(range(_MOST_CALLS))
        for _ in range(_MOST_CALLS):
            try:
                document, body = self._once(
                    "commentThreads",
                    part="snippet,replies",
                    videoId=video_id,
                    maxResults=100,
                    pageToken=token,
                    fields=_THREADS,
                )
            except CollectorError as failure:
                if _is_closed(failure):  # since the videos were read
                    return
                raise
            threads = [
                self._whole(thread, calls_for_replies, reading) for thread in _items(document)
            ]
            reading.rows += [it for it in reading.read(threads, body) if _is_within(query, it)]
            token = document.get("nextPageToken")
            if token is None:
                return
        reading.missing = "capped"

    def _whole(
        self, thread: dict[str, Any], calls: Iterator[int], reading: _Reading
    ) -> dict[str, Any]:
        """A thread with all its replies: an answer with threads holds a few of each."""
        try:
            total = count(fields.mapping(thread, "snippet").get("totalReplyCount"), "")
            here = fields.mappings(fields.mapping(thread, "replies"), "comments")
        except Unreadable:
            return thread
        if not total or total <= len(here):
            return thread
        replies: list[dict[str, Any]] = []
        token: str | None = None
        for _ in calls:
            try:
                document, _ = self._once(
                    "comments",
                    part="snippet",
                    parentId=str(thread.get("id")),
                    maxResults=100,
                    pageToken=token,
                    fields=_COMMENTS,
                )
            except CollectorError as failure:
                if _is_closed(failure):
                    return thread
                raise
            replies += _items(document)
            token = document.get("nextPageToken")
            if token is None:
                return _with_replies(thread, replies)
        reading.missing = "capped"
        return _with_replies(thread, replies) if len(replies) > len(here) else thread

    def _known(self, ids: Sequence[str]) -> Page:
        """Videos, comments and replies, as they are now."""
        reading = _Reading()
        videos = self._asked("videos", filter(_is_video, ids), reading, _VIDEO)
        reading.rows = self._with_subscribers(list(reading.read(videos.values())))
        reading.gone += reading.hidden
        comments = [post_id for post_id in ids if not _is_video(post_id)]
        threads = self._asked("commentThreads", map(_thread_id, comments), reading, _THREADS)
        # By themselves replies say neither whom they answer nor under which video.
        replies = self._asked(
            "comments",
            (it for it in comments if it != _thread_id(it) and _thread_id(it) in threads),
            reading,
            _COMMENTS,
        )
        for thread_id, thread in threads.items():
            own = [reply for it, reply in replies.items() if _thread_id(it) == thread_id]
            whole = _with_replies(thread, own)
            reading.rows += [it for it in reading.read([whole]) if it.post_id in comments]
        lost = set(reading.gone)
        reading.gone = [it for it in ids if it in lost or _thread_id(it) in lost]
        return reading.page()

    def _asked(
        self, resource: str, ids: Iterable[str], reading: _Reading, fields: str
    ) -> dict[str, dict[str, Any]]:
        """The items of the ids that there are; the others are noted as gone.

        One missing id may fail a call for many, then they are asked for in halves. What is
        forbidden alone is neither there nor gone.
        """
        part = "snippet,statistics,status" if resource == "videos" else "snippet"
        found: dict[str, dict[str, Any]] = {}
        waiting = [list(dict.fromkeys(ids))]
        while waiting:
            some = waiting.pop()
            if not some:
                continue
            try:
                document, body = self._once(resource, part=part, id=",".join(some), fields=fields)
            except CollectorError as failure:
                if not _is_closed(failure):
                    raise
                if len(some) > 1:
                    waiting += [some[len(some) // 2 :], some[: len(some) // 2]]
                elif failure.values["status"] == 404:
                    reading.gone += some
                continue
            here = {str(item.get("id")): item for item in _items(document)}
            if not here.keys() <= set(some):  # nobody is gone because of an answer to others
                raise NetworkUnavailable("not-json-answer", body=body)
            reading.bodies.append(body)
            found |= here
            reading.gone += [post_id for post_id in some if post_id not in here]
        return found

    def _with_subscribers(self, videos: list[Post]) -> list[Post]:
        """Videos with the followers of their channels; unknown where a channel hides them."""
        channels = list(dict.fromkeys(filter(None, map(_channel_id, videos))))
        if not channels:
            return videos
        document, _ = self._once(
            "channels",
            part="statistics",
            id=",".join(channels),
            maxResults=_MOST_IDS,
            fields=_SUBSCRIBERS,
        )
        known = {str(item.get("id")): _subscribers(item) for item in _items(document)}
        return [it._replace(author_followers=known.get(_channel_id(it))) for it in videos]

    @contextmanager
    def _page_of(self, page: object) -> Iterator[None]:
        """Keeps what is answered for a page until it is whole, should it be asked for again."""
        if self._page != page:
            self._page, self._answered = page, {}
        yield
        self._page, self._answered = None, {}

    @contextmanager
    def _passing_over(self, place: _Place | None) -> Iterator[None]:
        """Names where to go on if an answer cannot be had.

        Not twice in a row, nor where nothing answers at all: then it is the network, and what
        comes next would fail too.
        """
        try:
            yield
        except CollectorError as failure:
            is_local = failure.code in {"refused", "unavailable", "not-json-answer"}
            if place is not None and is_local and self._failing in (None, self._page):
                self._failing = self._page
                failure.after = place.written
            raise

    def _once(self, resource: str, **parameters: Any) -> tuple[dict[str, Any], bytes]:
        """A call's answer, which is not asked for again while its page is under way."""
        call = (resource, *sorted((name, str(value)) for name, value in parameters.items()))
        if call not in self._answered:
            self._answered[call] = self._ask(resource, **parameters)
        return self._answered[call]

    def _ask(self, resource: str, **parameters: Any) -> tuple[dict[str, Any], bytes]:
        """The `list` of a resource: the answer, with its `items`, and the bytes that it was.

        An answer has to say what it is: one that is taken for it would make posts gone.
        """
        self.calls += 1
        body = self._lists[resource](**parameters, prettyPrint=False).execute(num_retries=0)
        document = answers.document(body)
        if not _is_list(document, resource):
            raise NetworkUnavailable("not-json-answer", body=body)
        self._failing = None
        return document, body


class _Transport:
    """What the client sends its requests through; every failure leaves it as one of ours.

    It puts the key into a header, where the client would put it into the address, and so
    into its logs and the texts of its errors.
    """

    def __init__(self, api_key: str) -> None:
        import httplib2

        self._key = api_key.strip()
        if not (self._key.isascii() and self._key.isprintable() and self._key):
            raise MissingCredentials("key-refused", status=400)
        self._http: Any = httplib2.Http(timeout=answers.TIMEOUT)
        self._http.follow_redirects = False  # the key would go along
        self._connections = {
            "http": type("_Http", (_AskedOnce, httplib2.HTTPConnectionWithTimeout), {}),
            "https": type("_Https", (_AskedOnce, httplib2.HTTPSConnectionWithTimeout), {}),
        }
        self._failures = (OSError, http.client.HTTPException, httplib2.HttpLib2Error)

    def request(
        self, uri: str, method: str = "GET", body: Any = None, headers: Any = None
    ) -> tuple[Any, bytes]:
        """Send a request as `httplib2.Http.request` does."""
        try:
            response, content = self._http.request(
                uri,
                method,
                body=body,
                headers={**(headers or {}), "x-goog-api-key": self._key},
                connection_type=self._connections[urlsplit(uri).scheme],
            )
        except self._failures:
            self._http.close()  # half an answer may be left in the connection
            raise NetworkUnavailable("unreachable") from None
        body = answers.masked(content, self._key)
        _check(response.status, response, body)
        return response, body

    def close(self) -> None:
        """Close the connections, as `httplib2.Http.close` does."""
        self._http.close()


class _AskedOnce(http.client.HTTPConnection):
    """A connection on which a lost answer is an error.

    httplib2 would ask once more without a word, and a search counts each time.
    """

    def getresponse(self) -> http.client.HTTPResponse:
        try:
            return super().getresponse()
        except (http.client.BadStatusLine, http.client.ResponseNotReady):
            raise ConnectionResetError from None


def _check(status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Let an answer pass that is one; what is refused says why in its body.

    Raises:
        CollectorError: `answers.check` says which, save that a spent quota is a 403 as much as
            a 429, a wrong key a 400, and comments that are closed a 403.
    """
    if 200 <= status < 300:
        return
    errors = _errors(body)
    reasons = {str(error.get("reason")) for error in errors}
    message = " ".join(str(error.get("message")) for error in errors)
    if status in (403, 429):
        now = datetime.now(UTC)
        if reasons & _SPENT_TODAY or "per day" in message:
            raise QuotaExhausted(resumes_at=_next_midnight(now))
        if reasons & _TOO_FAST:
            raise QuotaExhausted(resumes_at=answers.resumes_at(headers, now))
    if status == 403 and reasons & _SWITCHED_OFF:
        raise MissingCredentials("service-disabled")
    if status == 400 and (reasons & _WRONG_KEY or "API key" in message):
        raise MissingCredentials("key-refused", status=status)
    if status == 403 and any(str(error.get("domain")).startswith("youtube.") for error in errors):
        raise CollectorError("refused", status=status)
    answers.check(status, headers, body)


def _errors(body: bytes) -> list[dict[str, Any]]:
    """What an answer says of its failure: YouTube in `errors`, Google's platform in `details`."""
    try:
        error = orjson.loads(body)["error"]
        listed = [error, *error.get("errors", []), *error.get("details", [])]
    except (ValueError, LookupError, TypeError, AttributeError):
        return []
    return [it for it in listed if isinstance(it, dict)]


def _next_midnight(now: datetime) -> datetime:
    """When a day's quota comes back: at midnight in California.

    >>> _next_midnight(datetime(2026, 6, 1, 12, tzinfo=UTC)).isoformat()
    '2026-06-02T07:00:00+00:00'
    """
    try:
        zone: tzinfo = ZoneInfo("America/Los_Angeles")
    except ZoneInfoNotFoundError:  # Windows knows no zones: an hour late in summer
        zone = timezone(timedelta(hours=-8))
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), zone).astimezone(UTC)


def _is_list(document: Any, resource: str) -> bool:
    """Whether an answer is the list that was asked for: it says so, and holds no error beside.

    A list of nothing is left out where only some fields are asked for.
    """
    return (
        isinstance(document, dict)
        and document.get("kind") == f"youtube#{resource.removesuffix('s')}ListResponse"
        and "error" not in document
        and isinstance(document.setdefault("items", []), list)
        and isinstance(document.get("nextPageToken"), str | None)
    )


def _is_closed(failure: CollectorError) -> bool:
    """Whether the network refused what was asked for, and not us."""
    return failure.code == "refused" and failure.values.get("status") in (403, 404)


class _Place(NamedTuple):
    """Where reading goes on: a search, or with `comments` what follows it.

    A search is asked for below `before`, page by page by `token`; `found` counts its results
    so far, of which `oldest` was published first. `comments` says that its page's videos are
    read, and the comments of those that are newer than this.
    """

    before: datetime | None = None
    token: str | None = None
    found: int = 0
    oldest: datetime | None = None
    comments: datetime | None = None

    @classmethod
    def read(cls, cursor: str | None) -> _Place:
        place = cls(**json.loads(cursor or "{}"))
        return place._replace(
            before=moment(place.before),
            oldest=moment(place.oldest),
            comments=moment(place.comments),
        )

    @property
    def written(self) -> str:
        named = {name: value for name, value in self._asdict().items() if value}
        return json.dumps(named, separators=(",", ":"), default=_written)

    def slice_below(self) -> _Place | None:
        """A search for what is older than all that was found; None where it would be the same."""
        if self.oldest is None:
            return None
        below = self.oldest + _SECOND  # again the last second: it may hold more
        return None if self.before and below >= self.before else _Place(before=below)


class _Found(NamedTuple):
    """A search's page, the moments of its videos that have comments, and what follows."""

    page: Page
    discussed: dict[str, datetime]
    following: _Place | None


@dataclass
class _Reading:
    """A page in the making."""

    rows: list[Post] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    missing: str | None = None
    _line: int = 0

    def read(self, items: Iterable[dict[str, Any]], *bodies: bytes) -> Iterator[Post]:
        """The posts of some items; what cannot be read is noted, and videos that are not public."""
        self.bodies += bodies
        for item in items:
            self._line += 1
            for read in posts(item):
                if isinstance(read, Post):
                    yield read
                elif read.code == "not-public":
                    self.hidden.append(str(item.get("id")))
                else:
                    self.refused.append(Refusal(self._line, read.code, read.detail))

    def page(self) -> Page:
        body = b"\n".join(self.bodies) if self.refused else None
        return Page(
            self.rows, refused=self.refused, gone=self.gone, missing=self.missing, body=body
        )


def _after_search(query: Query, place: _Place) -> tuple[_Place | None, str | None]:
    """Where a search goes on, and whether the network held something back."""
    if place.token:
        return place, None
    is_at_the_end = query.since and place.oldest and place.oldest <= query.since
    if place.found < _MAY_BE_CAPPED or is_at_the_end:
        return None, None
    below = place.slice_below()
    return below, None if below else "capped"


def _batch(ids: Sequence[str]) -> Sequence[str]:
    """The first ids that one page answers for: at most 50 videos, 50 threads and 50 replies."""
    kinds: tuple[set[str], set[str], set[str]] = (set(), set(), set())
    for place, post_id in enumerate(ids):
        videos, threads, replies = kinds
        if _is_video(post_id):
            videos.add(post_id)
        else:
            threads.add(_thread_id(post_id))
            replies.update({post_id} - threads)
        if max(map(len, kinds)) > _MOST_IDS:
            return ids[:place]
    return ids


def _is_video(post_id: str) -> bool:
    """Ids of videos have eleven characters, those of comments more than twenty."""
    return len(post_id) == 11


def _thread_id(post_id: str) -> str:
    """The comment that begins the thread: a reply's id is made of it, a point and its own."""
    return post_id.partition(".")[0]


def _video_id(item: dict[str, Any]) -> str | None:
    try:
        return fields.identifier(fields.mapping(item, "id"), "videoId")
    except Unreadable:
        return None


def _channel_id(video: Post) -> str:
    return (video.author.id if video.author else None) or ""


def _subscribers(channel: dict[str, Any]) -> int | None:
    """A channel's subscribers; a channel that hides them is said to have 0."""
    try:
        numbers = fields.mapping(channel, "statistics")
        hidden = numbers.get("hiddenSubscriberCount")
        return None if hidden else count(numbers.get("subscriberCount"), "subscriberCount")
    except Unreadable:
        return None


def _with_replies(thread: dict[str, Any], replies: list[dict[str, Any]]) -> dict[str, Any]:
    """A thread with these replies, each under the thread's video."""
    try:
        first = fields.mapping(fields.mapping(thread, "snippet"), "topLevelComment")
        video = {"videoId": fields.mapping(first, "snippet").get("videoId")}
    except Unreadable:
        return thread
    comments = [
        {**reply, "snippet": video | reply["snippet"]}
        if isinstance(reply.get("snippet"), dict)
        else reply
        for reply in replies
    ]
    return {**thread, "replies": {"comments": comments}}


def _is_within(query: Query, comment: Post) -> bool:
    """Whether a comment is within the window; it bears its video's hashtags, whatever it says."""
    return query.holds(comment._replace(hashtags=query.hashtags))


def _written(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


def posts(document: Any) -> Iterator[Post | Unreadable]:
    """The posts of a page of videos, search results, playlist items, comments or threads.

    A channel's title is a display name and is not read: accounts have an id and no handle.
    Search results and playlist items carry no counts.
    """
    for item in _items(document):
        try:
            yield from _read(item)
        except Unreadable as reason:
            yield reason


def _items(document: Any) -> Iterator[dict[str, Any]]:
    for part in document if isinstance(document, list) else [document]:
        items = part["items"] if isinstance(part, dict) and "items" in part else [part]
        for item in items if isinstance(items, list) else [items]:
            yield item if isinstance(item, dict) else {}


def _read(item: dict[str, Any]) -> Iterator[Post | Unreadable]:
    kind = (fields.text(item, "kind") or "").removeprefix("youtube#")
    if kind == "video":
        yield _video(item)
    elif kind == "searchResult":
        yield _search_result(item)
    elif kind == "playlistItem":
        yield _playlist_item(item)
    elif kind == "comment":
        yield _comment(item)
    elif kind == "commentThread":
        yield from _thread(item)
    else:
        raise Unreadable("not-a-post", kind or "?")


def _video(item: dict[str, Any]) -> Post:
    _require_public(item)
    snippet = fields.mapping(item, "snippet")
    numbers = fields.mapping(item, "statistics")
    return _shown(fields.required(item, "id"), snippet)._replace(
        likes=count(numbers.get("likeCount"), "likeCount"),
        replies=count(numbers.get("commentCount"), "commentCount"),
        impressions=count(numbers.get("viewCount"), "viewCount"),
    )


def _search_result(item: dict[str, Any]) -> Post:
    found = fields.mapping(item, "id")
    kind = (fields.text(found, "kind") or "youtube#video").removeprefix("youtube#")
    if kind != "video":
        raise Unreadable("not-a-post", kind or "?")
    snippet = fields.mapping(item, "snippet")
    # Only search escapes its texts as HTML.
    written = {
        name: unescape(text)
        for name in ("title", "description")
        if (text := fields.text(snippet, name)) is not None
    }
    return _shown(fields.required(found, "videoId"), snippet | written)


def _playlist_item(item: dict[str, Any]) -> Post:
    """`publishedAt` and `channelId` of an item are about who put it into the list, and when."""
    _require_public(item)
    snippet = fields.mapping(item, "snippet")
    owner = fields.identifier(snippet, "videoOwnerChannelId")
    if owner is None:
        raise Unreadable("not-public", "?")  # a deleted or private video
    published = fields.mapping(item, "contentDetails").get("videoPublishedAt")
    video_id = fields.required(fields.mapping(snippet, "resourceId"), "videoId")
    return _shown(video_id, snippet | {"channelId": owner, "publishedAt": published})


def _require_public(item: dict[str, Any]) -> None:
    privacy = fields.text(fields.mapping(item, "status"), "privacyStatus")
    if privacy not in {None, "public"}:
        raise Unreadable("not-public", privacy or "?")


def _shown(video_id: str, snippet: dict[str, Any]) -> Post:
    title, description = fields.text(snippet, "title"), fields.text(snippet, "description")
    text = "\n\n".join(part for part in (title, description) if part)
    return Post(
        network=Network.YOUTUBE,
        post_id=video_id,
        author=_account(snippet),
        published_at=moment(snippet.get("publishedAt"), "publishedAt"),
        url=_WATCH + video_id,
        text=text,
        language=fields.text(snippet, "defaultLanguage")
        or fields.text(snippet, "defaultAudioLanguage"),
        hashtags=tags_in(text),
    )


def _account(snippet: dict[str, Any]) -> Account | None:
    channel = fields.identifier(snippet, "channelId")
    return Account(channel) if channel else None


def _thread(item: dict[str, Any]) -> Iterator[Post | Unreadable]:
    snippet = fields.mapping(item, "snippet")
    first = fields.mapping(snippet, "topLevelComment")
    author: Account | None = None
    try:
        post = _comment(first)
        author = post.author
        yield post._replace(replies=count(snippet.get("totalReplyCount"), "totalReplyCount"))
    except Unreadable as reason:
        yield reason
    for reply in fields.mappings(fields.mapping(item, "replies"), "comments"):
        try:
            yield _comment(reply, author)
        except Unreadable as reason:
            yield reason


def _comment(item: dict[str, Any], parent_author: Account | None = None) -> Post:
    """A comment answers the comment it names, or else the video, whose channel it names too."""
    comment_id = fields.required(item, "id")
    snippet = fields.mapping(item, "snippet")
    parent_id = fields.identifier(snippet, "parentId")
    video_id = fields.identifier(snippet, "videoId")
    reply_to: Reference | None = None
    if parent_id is not None:
        reply_to = Reference(parent_id, parent_author)
    elif video_id is not None:
        reply_to = Reference(video_id, _account(snippet))
    author = fields.identifier(fields.mapping(snippet, "authorChannelId"), "value")
    text = _comment_text(snippet)
    return Post(
        network=Network.YOUTUBE,
        post_id=comment_id,
        author=Account(author) if author else None,
        published_at=moment(snippet.get("publishedAt"), "publishedAt"),
        url=f"{_WATCH}{video_id}&lc={comment_id}" if video_id else None,
        reply_to=reply_to,
        root_id=video_id,
        text=text,
        hashtags=tags_in(text or ""),
        likes=count(snippet.get("likeCount"), "likeCount"),
    )


def _comment_text(snippet: dict[str, Any]) -> str | None:
    """The text as written; `textDisplay`, the same as HTML, where it is all there is."""
    written, shown = fields.text(snippet, "textOriginal"), fields.text(snippet, "textDisplay")
    return fields.html(shown).text if written is None and shown is not None else written
