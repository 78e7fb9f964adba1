"""YouTube: calls of the Data API."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, NamedTuple

from collectors.access import answers
from collectors.base import (
    CollectorError,
    NetworkUnavailable,
    Page,
    Query,
    Refusal,
)
from collectors.networks.youtube_search import (
    MOST_IDS,
    SECOND,
    Place,
    after_search,
    batch_of,
    is_video,
    thread_of,
    written_at,
)
from collectors.networks.youtube_transport import Transport
from collectors.readers import fields
from collectors.readers.fields import Unreadable, count
from collectors.readers.youtube import items_of, posts
from data.model import KnownPost, Network, Post

_RESOURCES = ("search", "videos", "channels", "commentThreads", "comments", "i18nLanguages")
_MOST_CALLS = 10  # for a video's threads, and as many for replies that did not come along
# Videos are talked about for days: a window has the comments on those from shortly before it too.
_TALKED_ABOUT = timedelta(days=7)
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
            http=Transport(api_key),
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
        self._found: tuple[Query, Place, _Found] | None = None

    def pages(self, query: Query, cursor: str | None = None) -> Iterator[Page]:
        """Yield a search's videos, newest first, then their comments, video by video.

        A comment belongs to the campaign by its video, whatever it says; the window holds for
        it too, so videos of the week before it are searched for theirs. `missing` is "capped"
        where a video has more than 1,000 threads, or long ones that need more than ten calls,
        and where a second has more videos than a search gives.
        """
        place: Place | None = Place.read(cursor)
        while place is not None:
            read = self._videos if place.comments is None else self._comments
            with self._page_of((query, place)):
                page, following = read(query, place)
            leg = "" if place.comments is None else None  # comments are more of their search
            place = following
            yield replace(page, cursor=place.written if place else None, leg=leg)

    def reread(self, posts: Sequence[KnownPost]) -> Iterator[Page]:
        """Read known videos and comments again, up to 50 of each a page.

        A video that is no longer public is gone; so is a reply whose thread is. Comments that
        the network will not speak of, as those of a video made private, are neither.
        """
        asked = 0
        while asked < len(posts):
            batch = batch_of([known.post_id for known in posts[asked : asked + 3 * MOST_IDS]])
            asked += len(batch)
            with self._page_of(batch):
                page = self._known(batch)
            yield replace(page, cursor=str(asked) if asked < len(posts) else None)

    def check(self) -> None:
        """Ask for the names of languages: one of the 10,000 calls, and no search."""
        self._ask("i18nLanguages", part="snippet", fields="kind")

    def _videos(self, query: Query, place: Place) -> tuple[Page, Place | None]:
        found = self._search(query, place)
        self._found = (query, place, found)
        if not found.discussed:
            return found.page, found.following
        return found.page, place._replace(comments=max(found.discussed.values()))

    def _comments(self, query: Query, place: Place) -> tuple[Page, Place | None]:
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

    def _search(self, query: Query, place: Place) -> _Found:
        wide = replace(query, since=query.since and query.since - _TALKED_ABOUT)
        with self._passing_over(place.slice_below()):
            document, _ = self._once(
                "search",
                part="id",
                q="|".join(f"#{tag}" for tag in query.hashtags),
                type="video",
                order="date",
                safeSearch="none",  # else what a campaign reports may be hidden as violent
                maxResults=MOST_IDS,
                # Whether the bounds are within is not said the same everywhere.
                publishedAfter=written_at(wide.since - SECOND if wide.since else None),
                publishedBefore=written_at(place.before or query.until),
                pageToken=place.token,
                fields="kind,nextPageToken,items(id(videoId))",
            )
        ids = list(filter(None, map(_video_id, items_of(document))))
        further = place._replace(token=document.get("nextPageToken"), found=place.found + len(ids))
        reading = _Reading()
        videos: list[Post] = []
        with self._passing_over(further if further.token else None):
            if ids:
                document, body = self._once(
                    "videos", part="snippet,statistics,status", id=",".join(ids), fields=_VIDEO
                )
                videos = list(reading.read(items_of(document), body))
            reading.rows = self._with_subscribers(list(filter(query.holds, videos)))
        held = filter(wide.holds, videos)
        moments = [at for at in (place.oldest, *(it.published_at for it in videos)) if at]
        further = further._replace(oldest=min(moments, default=None))
        following, reading.missing = after_search(wide, further)
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
                self._whole(thread, calls_for_replies, reading) for thread in items_of(document)
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
            replies += items_of(document)
            token = document.get("nextPageToken")
            if token is None:
                return _with_replies(thread, replies)
        reading.missing = "capped"
        return _with_replies(thread, replies) if len(replies) > len(here) else thread

    def _known(self, ids: Sequence[str]) -> Page:
        """Videos, comments and replies, as they are now."""
        reading = _Reading()
        videos = self._asked("videos", filter(is_video, ids), reading, _VIDEO)
        reading.rows = self._with_subscribers(list(reading.read(videos.values())))
        reading.gone += reading.hidden
        comments = [post_id for post_id in ids if not is_video(post_id)]
        threads = self._asked("commentThreads", map(thread_of, comments), reading, _THREADS)
        # By themselves replies say neither whom they answer nor under which video.
        replies = self._asked(
            "comments",
            (it for it in comments if it != thread_of(it) and thread_of(it) in threads),
            reading,
            _COMMENTS,
        )
        for thread_id, thread in threads.items():
            own = [reply for it, reply in replies.items() if thread_of(it) == thread_id]
            whole = _with_replies(thread, own)
            reading.rows += [it for it in reading.read([whole]) if it.post_id in comments]
        lost = set(reading.gone)
        reading.gone = [it for it in ids if it in lost or thread_of(it) in lost]
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
            here = {str(item.get("id")): item for item in items_of(document)}
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
            maxResults=MOST_IDS,
            fields=_SUBSCRIBERS,
        )
        known = {str(item.get("id")): _subscribers(item) for item in items_of(document)}
        return [it._replace(author_followers=known.get(_channel_id(it))) for it in videos]

    @contextmanager
    def _page_of(self, page: object) -> Iterator[None]:
        """Keeps what is answered for a page until it is whole, should it be asked for again."""
        if self._page != page:
            self._page, self._answered = page, {}
        yield
        self._page, self._answered = None, {}

    @contextmanager
    def _passing_over(self, place: Place | None) -> Iterator[None]:
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


class _Found(NamedTuple):
    """A search's page, the moments of its videos that have comments, and what follows."""

    page: Page
    discussed: dict[str, datetime]
    following: Place | None


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
