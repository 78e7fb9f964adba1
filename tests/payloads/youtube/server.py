"""The YouTube Data API, as far as collecting needs it, for a campaign that never happened.

Originals and quotes are videos, replies are comments on them; YouTube knows no reposts.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from math import ceil
from typing import Any

from collectors.networks.youtube import YouTube
from tests.invented import TAG, Invented, InventedPost
from tests.loopback import Answer, Request
from tests.paging import in_json

SECRETS = {"api_key": "cle-inventee-pour-les-essais"}

_MOST_FOUND = 500  # by one search, however many its pages
_INLINE = 5  # replies that come along with their thread
_NOISE_EVERY = 40
_NOISE = 1_000_000  # behind every post that has a noisy neighbour
# Searches find a tag that begins alike, and the words without a tag.
_NOISES = (f"#{TAG}EtToutes", TAG)

_Json = dict[str, Any]


def collector(url: str, **more: Any) -> YouTube:
    """What is tested, asking this server."""
    return YouTube(**{**SECRETS, "address": url, **more})


def expected(campaign: Invented) -> set[str]:
    """What a complete run gives: videos and comments."""
    threads = Threads(campaign)
    return {threads.post_id(it.number) for it in campaign.posts if it.kind != "repost"}


def fewest_requests(campaign: Invented) -> int:
    """Searches of 50, twice as many calls for their videos and channels, and the comments.

    A search finds 500; the next begins at the second where it ended.
    """
    found = _newest_first([*_videos(campaign), *_noises(campaign)])
    threads = Threads(campaign)
    comments = 0
    for post in found:
        replies = threads.below.get(post.number, {})
        comments += ceil(len(replies) / 100)
        comments += sum(ceil(len(it) / 100) for it in replies.values() if len(it) > _INLINE)
    searches, begin = 0, 0
    while True:
        end = min(begin + _MOST_FOUND, len(found))
        searches += max(1, ceil((end - begin) / 50))
        if end - begin < 450:
            return (3 * searches if found else 1) + comments
        last = found[end - 1].published_at
        begin = next(place for place, it in enumerate(found) if it.published_at == last)


def video_id(number: int) -> str:
    """YouTube's own id of an invented video: eleven characters."""
    return f"x{number:010d}"


def channel_id(author: int) -> str:
    return f"UCexemple{author:015d}"


class Threads:
    """Which video and which thread each comment is in."""

    def __init__(self, campaign: Invented) -> None:
        #: The comment that begins a comment's thread, and the video.
        self.above: dict[int, tuple[int, int]] = {}
        #: Of each video the threads, and of each of these the replies.
        self.below: dict[int, dict[int, list[int]]] = {}
        for post in campaign.of_kinds("reply"):
            assert post.target is not None
            first, video = self.above.get(post.target, (post.number, post.target))
            self.above[post.number] = (first, video)
            replies = self.below.setdefault(video, {}).setdefault(first, [])
            if first != post.number:
                replies.append(post.number)

    def post_id(self, number: int) -> str:
        if number not in self.above:
            return video_id(number)
        first, _ = self.above[number]
        thread_id = f"Ugexemple{first:011d}AaABAg"
        return thread_id if first == number else f"{thread_id}.{number:022d}"


class Server:
    """Answers lists and searches; `is_strict` refuses a whole list for one id that is gone."""

    def __init__(self, campaign: Invented) -> None:
        self.is_strict = False
        self._posts = {post.number: post for post in [*campaign.posts, *_noises(campaign)]}
        self._threads = Threads(campaign)
        self._numbers = {self._threads.post_id(number): number for number in self._posts}
        self._gone: set[int] = set()
        self._found = _newest_first([*_videos(campaign), *_noises(campaign)])
        self._ages = [-post.published_at.timestamp() for post in self._found]

    def remove(self, number: int) -> None:
        """From now on the post is not there, nor is what was said below it."""
        self._gone.add(number)
        self._found = [post for post in self._found if post.number not in self._gone]
        self._ages = [-post.published_at.timestamp() for post in self._found]

    def answer(self, request: Request) -> Answer:
        key = request.headers.get("x-goog-api-key") or request.one("key")
        if key != SECRETS["api_key"]:
            return wrong_key("API key not valid. Please pass a valid API key.")
        lists: dict[str, Callable[[Request], Answer]] = {
            "/youtube/v3/search": self._search,
            "/youtube/v3/videos": self._list_videos,
            "/youtube/v3/channels": self._list_channels,
            "/youtube/v3/commentThreads": self._list_threads,
            "/youtube/v3/comments": self._list_comments,
            "/youtube/v3/i18nLanguages": lambda it: _list(it, "i18nLanguage", [], dict),
        }
        asked = lists.get(request.path)
        if asked is None or request.one("part") is None:
            return refusal(404, "notFound", domain="global")
        # The client posts what is too long for an address, and says that it means to get.
        if request.headers.get("x-http-method-override", request.method) != "GET":
            return refusal(405, "httpMethodNotAllowed", domain="global")
        return asked(request)

    def _search(self, request: Request) -> Answer:
        found: list[InventedPost] = []
        if f"#{TAG}" in (request.one("q") or "").split("|") and request.one("type") == "video":
            before, after = request.one("publishedBefore"), request.one("publishedAfter")
            begin = bisect_left(self._ages, -_seconds(before)) if before else 0
            end = bisect_right(self._ages, -_seconds(after)) if after else None
            found = self._found[begin:end][:_MOST_FOUND]
        return _list(request, "search", found, _search_result, most=50, usual=5)

    def _list_videos(self, request: Request) -> Answer:
        return _list(request, "video", self._known(request), self._video)

    def _list_channels(self, request: Request) -> Answer:
        asked = (request.one("id") or "").split(",")
        ids = [it for it in asked if re.fullmatch(r"UCexemple\d+", it)]
        return _list(request, "channel", ids, _channel, most=50, usual=5)

    def _list_threads(self, request: Request) -> Answer:
        if request.one("videoId") is None:
            return self._list_all(request, "commentThread", self._thread)
        number = self._numbers.get(request.one("videoId") or "")
        if number is None or self._is_gone(number):
            return refusal(404, "videoNotFound", domain="youtube.commentThread")
        if self._is_closed(number):
            return refusal(403, "commentsDisabled", domain="youtube.commentThread")
        threads = sorted(self._there(self._threads.below.get(number, {})), reverse=True)
        return _list(request, "commentThread", threads, self._thread, most=100, usual=20)

    def _list_comments(self, request: Request) -> Answer:
        parent = request.one("parentId")
        if parent is None:
            return self._list_all(request, "comment", self._comment)
        if parent not in self._numbers or self._is_gone(self._numbers[parent]):
            return refusal(404, "parentCommentNotFound", domain="youtube.comment")
        replies = self._replies(self._numbers[parent])
        return _list(request, "comment", replies, self._comment, most=100, usual=20)

    def _list_all(self, request: Request, kind: str, read: Callable[[int], _Json]) -> Answer:
        known = self._known(request)
        if self.is_strict and len(known) < len((request.one("id") or "").split(",")):
            return refusal(404, f"{kind}NotFound", domain=f"youtube.{kind}")
        return _list(request, kind, known, read)

    def _known(self, request: Request) -> list[int]:
        asked = (request.one("id") or "").split(",")
        numbers = [self._numbers[it] for it in asked if it in self._numbers]
        return self._there(numbers)

    def _there(self, numbers: Any) -> list[int]:
        return [number for number in numbers if not self._is_gone(number)]

    def _is_gone(self, number: int) -> bool:
        return not self._gone.isdisjoint({number, *self._threads.above.get(number, ())})

    def _is_closed(self, number: int) -> bool:
        return number % 5 == 0 and number not in self._threads.below

    def _replies(self, number: int) -> list[int]:
        first, video = self._threads.above[number]
        return self._there(self._threads.below[video][first])

    def _video(self, number: int) -> _Json:
        post = self._posts[number]
        numbers = {"viewCount": str(post.views), "favoriteCount": "0"}
        if number % 7 != 3:
            numbers["likeCount"] = str(post.likes)
        if not self._is_closed(number):
            threads = self._there(self._threads.below.get(number, {}))
            said = sum(1 + len(self._replies(it)) for it in threads)
            numbers["commentCount"] = str(said)
        return {
            "kind": "youtube#video",
            "etag": "exemple",
            "id": video_id(number),
            "snippet": {
                "publishedAt": _written(post.published_at),
                "channelId": channel_id(post.author),
                "channelTitle": f"Chaîne inventée {post.author}",
                "title": f"Vidéo inventée {number}",
                "description": f"{post.text}\nhttps://amnesty-togo.exemple/#programme",
                "defaultLanguage": "fr",
            },
            "statistics": numbers,
            "status": {"privacyStatus": "public", "embeddable": True},
        }

    def _thread(self, number: int) -> _Json:
        replies = self._replies(number)
        _, video = self._threads.above[number]
        thread = {
            "kind": "youtube#commentThread",
            "etag": "exemple",
            "id": self._threads.post_id(number),
            "snippet": {
                "channelId": channel_id(self._posts[video].author),
                "videoId": video_id(video),
                "topLevelComment": _below(self._comment(number), video),
                "canReply": True,
                "totalReplyCount": len(replies),
                "isPublic": True,
            },
        }
        if replies:
            inline = [_below(self._comment(it), video) for it in replies[:_INLINE]]
            thread["replies"] = {"comments": inline}
        return thread

    def _comment(self, number: int) -> _Json:
        """A comment by itself says nothing of its video."""
        post = self._posts[number]
        first, video = self._threads.above[number]
        snippet = {
            "channelId": channel_id(self._posts[video].author),
            "textDisplay": f"{post.text}<br>",
            "textOriginal": post.text,
            "authorDisplayName": f"@{post.handle}",
            "authorChannelId": {"value": channel_id(post.author)},
            "likeCount": post.likes,
            "publishedAt": _written(post.published_at),
            "updatedAt": _written(post.published_at),
        }
        if first != number:
            snippet["parentId"] = self._threads.post_id(first)
        return {
            "kind": "youtube#comment",
            "etag": "exemple",
            "id": self._threads.post_id(number),
            "snippet": snippet,
        }


def _videos(campaign: Invented) -> list[InventedPost]:
    return campaign.of_kinds("original", "quote")


def _noises(campaign: Invented) -> list[InventedPost]:
    """Videos that a search finds too, each published with one of the campaign's."""
    noisy = [post for post in _videos(campaign) if post.number % _NOISE_EVERY == 0]
    return [
        InventedPost(
            _NOISE + it.number,
            it.author,
            it.published_at,
            "original",
            None,
            it.text.replace(f"#{TAG}", _NOISES[place % len(_NOISES)]),
            it.likes,
            it.views,
        )
        for place, it in enumerate(noisy)
    ]


def _newest_first(posts: Sequence[InventedPost]) -> list[InventedPost]:
    return sorted(posts, key=lambda it: (it.published_at, it.number), reverse=True)


def _search_result(post: InventedPost) -> _Json:
    return {
        "kind": "youtube#searchResult",
        "etag": "exemple",
        "id": {"kind": "youtube#video", "videoId": video_id(post.number)},
    }


def _channel(id_: str) -> _Json:
    author = int(id_.removeprefix("UCexemple"))
    is_hidden = author % 9 == 4  # the API then says that there are none
    return {
        "kind": "youtube#channel",
        "etag": "exemple",
        "id": id_,
        "statistics": {
            "viewCount": "4000",
            "subscriberCount": "0" if is_hidden else str(Invented.followers(author)),
            "hiddenSubscriberCount": is_hidden,
        },
    }


def _below(comment: _Json, video: int) -> _Json:
    return {**comment, "snippet": {**comment["snippet"], "videoId": video_id(video)}}


def _list(
    request: Request,
    kind: str,
    things: Sequence[Any],
    read: Callable[[Any], _Json],
    *,
    most: int | None = None,
    usual: int = 0,
) -> Answer:
    """A page of things, cut to the `fields` that are asked for."""
    token = request.one("pageToken") or "C0"
    if not re.fullmatch(r"C\d+", token):
        return refusal(400, "invalidPageToken", domain="youtube.parameter")
    size = min(int(request.one("maxResults") or usual), most) if most else len(things)
    begin = int(token[1:])
    page: _Json = {
        "kind": f"youtube#{kind}ListResponse",
        "etag": "exemple",
        "pageInfo": {"totalResults": 1_000_000, "resultsPerPage": size},
        "items": [read(thing) for thing in things[begin : begin + size]],
    }
    if begin + size < len(things):
        page["nextPageToken"] = f"C{begin + size}"
    fields = request.one("fields")
    return Answer(json.dumps(_cut(page, _mask(fields)) if fields else page).encode())


def _mask(fields: str) -> _Json:
    """`kind,items(id,snippet(title))` as `{"kind": {}, "items": {"id": {}, …}}`."""
    levels: list[_Json] = [{}]
    for name, mark in re.findall(r"([\w-]+)|([(),])", fields):
        if name:
            latest = levels[-1].setdefault(name, {})
        elif mark == "(":
            levels.append(latest)
        elif mark == ")":
            levels.pop()
    return levels[0]


def _cut(value: Any, mask: _Json) -> Any:
    """What of an answer is asked for; lists of nothing are left out, as the real one does."""
    if not mask:
        return value
    if isinstance(value, list):
        return [_cut(it, mask) for it in value]
    return {name: _cut(it, mask[name]) for name, it in value.items() if name in mask and it != []}


def refusal(status: int, reason: str, *, domain: str, message: str = "Refused.") -> Answer:
    """An error in YouTube's own shape."""
    error = {"message": message, "domain": domain, "reason": reason}
    return Answer({"error": {"code": status, "message": message, "errors": [error]}}, status)


def wrong_key(message: str) -> Answer:
    """An error in the shape of Google's platform, which looks at the key first."""
    error = {
        "code": 400,
        "message": message,
        "errors": [{"message": message, "domain": "global", "reason": "badRequest"}],
        "status": "INVALID_ARGUMENT",
        "details": [
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "API_KEY_INVALID",
                "domain": "googleapis.com",
                "metadata": {"service": "youtube.googleapis.com"},
            }
        ],
    }
    return Answer({"error": error}, 400)


def _seconds(written: str) -> float:
    return datetime.fromisoformat(written).timestamp()


def _written(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _changed(path: str, change: Callable[[_Json], None]) -> Callable[[Request, Answer], Answer]:
    """Changes the document that answers one kind of request, and leaves the others alone."""

    def mutation(request: Request, answer: Answer) -> Answer:
        document = json.loads(answer.bytes)
        if not request.path.endswith(path) or not document.get("items"):
            return answer
        change(document)
        return Answer(document, answer.status, answer.headers)

    return mutation


def _fail_halfway(document: _Json) -> None:
    half = len(document["items"]) // 2
    document["items"] = document["items"][:half]
    document["error"] = {"code": 500, "message": "Backend Error", "errors": []}


def _drop_author(document: _Json) -> None:
    del document["items"][0]["snippet"]["channelId"]


def _add_unknown(document: _Json) -> None:
    document["items"][0]["snippet"]["immersiveEmbed"] = {"kind": "youtube#unheardOf", "of": [1]}


def _add_deleted(document: _Json) -> None:
    gone = {"kind": "youtube#video", "videoId": video_id(2 * _NOISE)}
    document["items"].append({"kind": "youtube#searchResult", "id": gone})


#: Damages to an answer; a search gives ids alone, so what ails a video is in its own list.
MUTATIONS: dict[str, Callable[[Request, Answer], Answer]] = {
    "partial-errors": _changed("/search", _fail_halfway),
    "missing-author": _changed("/videos", _drop_author),
    "unknown-embed": _changed("/videos", _add_unknown),
    "deleted-post": _changed("/search", _add_deleted),
    "expired-token": lambda request, answer: wrong_key("API key expired. Please renew it."),
}

#: Where a search has its cursor.
PAGING = in_json("/search", "pageToken", "nextPageToken", rows=("items",))
