"""A Bluesky server, as far as collecting needs one, for a campaign that never happened."""

from __future__ import annotations

import base64
import json
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from collectors.networks.bluesky import Bluesky
from tests.invented import BEGIN, END, TAG, Invented, InventedPost
from tests.loopback import Answer, Request
from tests.paging import in_json

SECRETS = {"handle": "porte-voix.exemple", "app_password": "mot-invente-de-passe"}

_LIMITS = {
    "RateLimit-Limit": "3000",
    "RateLimit-Remaining": "2985",
    "RateLimit-Reset": "1900000000",
    "RateLimit-Policy": "3000;w=300",
}
_PAGE = 100
_BATCH = 25
_NOISE_EVERY = 50
_PAST = "Du passé"
_DATED_BACK = datetime(1970, 1, 1, tzinfo=UTC)
_OWN_DID = "did:plc:exempleportevoix"


def collector(url: str, **more: Any) -> Bluesky:
    """What is tested, asking this server."""
    return Bluesky(**{**SECRETS, "address": url, **more})


def did(author: int) -> str:
    """The network's own id of an invented account."""
    return f"did:plc:exemple{author:06}"


def post_id(post: InventedPost, campaign: Invented) -> str:
    """The id that a post is collected by; the network gives reposts none."""
    if post.kind == "repost" and post.target is not None:
        return f"{post_id(campaign.posts[post.target], campaign)}#repost:{did(post.author)}"
    return f"at://{did(post.author)}/app.bsky.feed.post/3exemple{post.number:06}"


def expected(campaign: Invented) -> set[str]:
    """What a complete run gives; an account reposts a post once."""
    return {post_id(post, campaign) for post in campaign.posts}


def fewest_requests(campaign: Invented) -> int:
    """A login; searches of 100; who reposts and what quotes each post that says it is; and
    the profiles of whoever is new on a page, 25 a call."""
    searches = _chunks(_newest_first(campaign), _PAGE)
    requests = 1 + len(searches)
    known: set[int] = set()
    for page in searches:
        new: set[int] = set()
        for post in page:
            if post.kind == "noise":
                continue
            reposters = {it.author for it in campaign.pointing_to(post.number, "repost")}
            quoters = [it.author for it in campaign.pointing_to(post.number, "quote")]
            requests += ceil(len(reposters) / _PAGE) + ceil(len(quoters) / _PAGE)
            new |= {post.author, *reposters, *quoters} - known
        requests += ceil(len(new) / _BATCH)
        known |= new
    return requests


class Server:
    """Answers searches and look-ups as an AppView does behind an account's own server.

    Among the posts stand what Bluesky finds too: hashtags that begin alike, the hashtag as
    plain text, posts dated back, and some of other days whatever the window.
    """

    def __init__(self, campaign: Invented) -> None:
        self.campaign = campaign
        self.cap = 10_000
        self.token_seconds = 7200
        self.logins = self.refreshes = 0
        self._access = self._refresh = ""
        self._posts = {post_id(it, campaign): it for it in campaign.posts if it.kind != "repost"}
        self._gone: set[str] = set()
        self._gone_authors: set[int] = set()
        self._blocking: set[int] = set()
        self._closed: set[int] = set()
        self._views: dict[int, bytes] = {}
        self._found = _newest_first(campaign)
        self._oldest_first = [it.published_at.timestamp() for it in self._found[-2:0:-1]]

    def remove(self, number: int) -> None:
        """The post, or the repost, is there no more."""
        self._gone.add(post_id(self.campaign.posts[number], self.campaign))

    def suspend(self, author: int) -> None:
        """The account is there no more, nor what it posted."""
        self._gone_authors.add(author)

    def block(self, author: int) -> None:
        """The account hides itself from whoever collects."""
        self._blocking.add(author)

    def close(self, author: int) -> None:
        """The account shows itself to members of the network alone."""
        self._closed.add(author)
        self._views.clear()

    def end_session(self) -> None:
        """The token that was given is good no more."""
        self._access = self._refresh = "ended"

    def answer(self, request: Request) -> Answer:
        name = request.path.removeprefix("/xrpc/")
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if name == "com.atproto.server.createSession":
            return self._log_in(request)
        if name == "com.atproto.server.refreshSession":
            if given != self._refresh:
                return _error(400, "ExpiredToken", "Token has been revoked")
            self.refreshes += 1
            return self._session()
        if not given:
            return _error(401, "AuthMissing", "Authentication Required")
        if given != self._access:
            return _error(400, "ExpiredToken", "Token has expired")
        routes: dict[str, Callable[[Request], Answer]] = {
            "com.atproto.server.getSession": lambda _: _answer({"did": _OWN_DID, "active": True}),
            "app.bsky.feed.searchPosts": self._search,
            "app.bsky.feed.getPosts": self._get_posts,
            "app.bsky.feed.getRepostedBy": self._get_reposted_by,
            "app.bsky.feed.getQuotes": self._get_quotes,
            "app.bsky.actor.getProfiles": self._get_profiles,
        }
        route = routes.get(name)
        if route is None:
            return _error(501, "MethodNotImplemented", "Method Not Implemented")
        if int(request.one("limit", "50") or 0) > _PAGE:
            return _error(400, "InvalidRequest", "Error: limit can not be greater than 100")
        return route(request)

    def _log_in(self, request: Request) -> Answer:
        asked = json.loads(request.body)
        given = {"handle": asked.get("identifier"), "app_password": asked.get("password")}
        if given != SECRETS:
            return _error(401, "AuthenticationRequired", "Invalid identifier or password")
        self.logins += 1
        return self._session()

    def _session(self) -> Answer:
        number = self.logins + self.refreshes
        now = int(time.time())
        self._access = _token("access", number, now + self.token_seconds)
        self._refresh = _token("refresh", number, now + 90 * 24 * 3600)
        service = {
            "id": "#atproto_pds",
            "type": "AtprotoPersonalDataServer",
            "serviceEndpoint": "https://ailleurs.exemple",
        }
        return _answer(
            {
                "did": _OWN_DID,
                "handle": SECRETS["handle"],
                "accessJwt": self._access,
                "refreshJwt": self._refresh,
                "active": True,
                "didDoc": {
                    "@context": ["https://www.w3.org/ns/did/v1"],
                    "id": _OWN_DID,
                    "alsoKnownAs": [f"at://{SECRETS['handle']}"],
                    "verificationMethod": [],
                    "service": [service],
                },
            }
        )

    def _search(self, request: Request) -> Answer:
        cursor = request.one("cursor", "0") or ""
        if not cursor.isdecimal() or int(cursor) >= self.cap:
            return _error(502, "UpstreamFailure", "Upstream Failure")
        begin, limit = int(cursor), int(request.one("limit", "25") or 25)
        found = self._within(request) if _asks_for_tag(request) else []
        end = min(begin + limit, self.cap)
        page = [it for it in found[begin:end] if self._is_shown(it)]
        more: dict[str, Any] = {"hitsTotal": round(len(found), -2)}
        if end < min(len(found), self.cap):
            more["cursor"] = str(end)
        return self._page(page, more)

    def _within(self, request: Request) -> list[InventedPost]:
        """What lies in the window, and those of other days that come whatever it is."""
        since, until = request.one("since"), request.one("until")
        total = len(self._oldest_first)
        newest = total - bisect_left(self._oldest_first, _moment(until)) if until else 0
        oldest = total - bisect_left(self._oldest_first, _moment(since)) if since else total
        return [self._found[0], *self._found[1:-1][newest:oldest], self._found[-1]]

    def _get_posts(self, request: Request) -> Answer:
        uris = request.query.get("uris", [])
        if len(uris) > _BATCH:
            return _error(400, "InvalidRequest", "Error: uris must not have more than 25")
        wanted = (self._posts[uri] for uri in dict.fromkeys(uris) if uri in self._posts)
        return self._page([it for it in wanted if self._is_shown(it)], {})

    def _get_reposted_by(self, request: Request) -> Answer:
        post = self._posts.get(request.one("uri") or "")
        if post is None or not self._is_shown(post):
            return _error(400, "InvalidRequest", "Post not found")
        reposts = self.campaign.pointing_to(post.number, "repost")
        there = [it for it in reposts if post_id(it, self.campaign) not in self._gone]
        authors = dict.fromkeys(it.author for it in reversed(there))
        shown = [self._account(it) for it in authors if it not in self._gone_authors]
        page, more = _paged(request, shown)
        return _answer({"uri": request.one("uri"), "repostedBy": page, **more})

    def _get_quotes(self, request: Request) -> Answer:
        post = self._posts.get(request.one("uri") or "")
        if post is None or not self._is_shown(post):
            return _error(400, "InvalidRequest", "Post not found")
        quotes = reversed(self.campaign.pointing_to(post.number, "quote"))
        page, more = _paged(request, [it for it in quotes if self._is_shown(it)])
        return self._page(page, {"uri": request.one("uri"), **more})

    def _get_profiles(self, request: Request) -> Answer:
        actors = request.query.get("actors", [])
        if len(actors) > _BATCH:
            return _error(400, "InvalidRequest", "Error: actors must not have more than 25")
        authors = [int(it.removeprefix("did:plc:exemple")) for it in dict.fromkeys(actors)]
        profiles = [
            {
                **self._account(author),
                "followersCount": Invented.followers(author),
                "followsCount": 12,
                "postsCount": 34,
            }
            for author in authors
            if author not in self._gone_authors
        ]
        return _answer({"profiles": profiles})

    def _is_shown(self, post: InventedPost) -> bool:
        hidden = self._gone_authors | self._blocking
        return post.author not in hidden and post_id(post, self.campaign) not in self._gone

    def _account(self, author: int) -> dict[str, Any]:
        label = {"src": did(author), "uri": did(author), "val": "!no-unauthenticated"}
        return {
            "did": did(author),
            "handle": f"exemple-{author}.exemple",
            "displayName": f"Exemple {author}",
            "viewer": {"muted": False, "blockedBy": author in self._blocking},
            "labels": [label] if author in self._closed else [],
            "createdAt": "2024-01-01T00:00:00.000Z",
        }

    def _page(self, posts: Iterable[InventedPost], more: dict[str, Any]) -> Answer:
        """The answer's bytes: what one post says does not change from page to page."""
        body = b'{"posts":[' + b",".join(map(self._view, posts)) + b"]"
        rest = _bytes(more)[1:-1]
        return Answer(body + (b"," + rest if rest else b"") + b"}", headers=dict(_LIMITS))

    def _view(self, post: InventedPost) -> bytes:
        if post.number not in self._views:
            self._views[post.number] = _bytes(self._post_view(post))
        return self._views[post.number]

    def _post_view(self, post: InventedPost) -> dict[str, Any]:
        campaign = self.campaign
        reposters = {it.author for it in campaign.pointing_to(post.number, "repost")}
        record: dict[str, Any] = {
            "$type": "app.bsky.feed.post",
            "createdAt": _iso(_DATED_BACK if _PAST in post.text else post.published_at),
            "langs": ["fr"],
            "text": post.text,
            "facets": _facets(post.text),
        }
        view = {
            "uri": post_id(post, campaign),
            "cid": f"bafyexemple{post.number}",
            "author": self._account(post.author),
            "record": record,
            "bookmarkCount": 0,
            "replyCount": len(campaign.pointing_to(post.number, "reply")),
            "repostCount": len(reposters),
            "likeCount": post.likes,
            "quoteCount": len(campaign.pointing_to(post.number, "quote")),
            "indexedAt": _iso(post.published_at + timedelta(seconds=2)),
            "labels": [],
        }
        if post.target is not None:
            target = campaign.posts[post.target]
            if post.kind == "reply":
                record["reply"] = {"root": self._pointer(target), "parent": self._pointer(target)}
            else:
                record["embed"] = {
                    "$type": "app.bsky.embed.record",
                    "record": self._pointer(target),
                }
                shown = {
                    "$type": "app.bsky.embed.record#viewRecord",
                    **self._pointer(target),
                    "author": self._account(target.author),
                    "value": {"$type": "app.bsky.feed.post", "text": target.text},
                    "indexedAt": _iso(target.published_at),
                }
                view["embed"] = {"$type": "app.bsky.embed.record#view", "record": shown}
        return view

    def _pointer(self, post: InventedPost) -> dict[str, str]:
        return {"uri": post_id(post, self.campaign), "cid": f"bafyexemple{post.number}"}


def _newest_first(campaign: Invented) -> list[InventedPost]:
    """What a search finds: the posts, and between and around them what it should not find."""
    posts = [it for it in campaign.posts if it.kind != "repost"]
    number, noise = len(campaign.posts), []
    texts = (f"Autre chose #{TAG}EtToujours", f"En clair : {TAG}", f"{_PAST} #{TAG}")
    for place, post in enumerate(posts[::_NOISE_EVERY]):
        text = texts[place % len(texts)]
        noise.append(InventedPost(number + place, 0, post.published_at, "noise", None, text, 1, 1))
    number += len(noise)
    found = sorted([*posts, *noise], key=lambda it: it.published_at, reverse=True)
    day = timedelta(days=1)
    late = InventedPost(number, 0, END + day, "noise", None, f"Demain #{TAG}", 1, 1)
    early = InventedPost(number + 1, 0, BEGIN - day, "noise", None, f"Hier #{TAG}", 1, 1)
    return [late, *found, early]


def _facets(text: str) -> list[dict[str, Any]]:
    begin = text.find("#")
    if begin < 0:
        return []
    tag = text[begin + 1 :].split()[0]
    start = len(text[:begin].encode())
    index = {"byteStart": start, "byteEnd": start + 1 + len(tag.encode())}
    return [{"index": index, "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": tag}]}]


def _asks_for_tag(request: Request) -> bool:
    asked = [*request.query.get("tag", []), (request.one("q") or "").removeprefix("#")]
    return all(TAG.casefold() == tag.casefold() for tag in asked)


def _paged(request: Request, found: list[Any]) -> tuple[list[Any], dict[str, Any]]:
    begin, limit = int(request.one("cursor", "0") or 0), int(request.one("limit", "50") or 50)
    more = {"cursor": str(begin + limit)} if begin + limit < len(found) else {}
    return found[begin : begin + limit], more


def _chunks(found: list[InventedPost], size: int) -> list[list[InventedPost]]:
    return [found[begin : begin + size] for begin in range(0, len(found), size)]


def _token(kind: str, number: int, expires: int) -> str:
    parts = (
        {"typ": "at+jwt", "alg": "ES256K"},
        {"scope": f"com.atproto.{kind}", "sub": _OWN_DID, "exp": expires, "jti": str(number)},
    )
    written = [base64.urlsafe_b64encode(_bytes(it)).rstrip(b"=").decode() for it in parts]
    return ".".join([*written, "c2lnbmF0dXJlLWludmVudGVl"])


def _answer(document: Any) -> Answer:
    return Answer(_bytes(document), headers=dict(_LIMITS))


def _error(status: int, error: str, message: str) -> Answer:
    return Answer({"error": error, "message": message}, status, dict(_LIMITS))


def _moment(written: str) -> float:
    return datetime.fromisoformat(written).timestamp()


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def _bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _changed(change: Callable[[dict[str, Any]], None]) -> Callable[[Request, Answer], Answer]:
    def mutation(request: Request, answer: Answer) -> Answer:
        if not request.path.endswith("app.bsky.feed.searchPosts") or answer.status != 200:
            return answer
        document = json.loads(answer.bytes)
        for view in document["posts"]:
            change(view)
        return Answer(document, answer.status, answer.headers)

    return mutation


def _drop_author(view: dict[str, Any]) -> None:
    del view["author"]


def _embed_unknown(view: dict[str, Any]) -> None:
    unknown = {"$type": "app.bsky.embed.hologramme", "hologramme": {"faces": [1, None, 2.5]}}
    view["embed"] = {**unknown, "$type": "app.bsky.embed.hologramme#view"}
    view["record"].setdefault("embed", unknown)
    view["inconnu"] = [[]]


def _lose_quoted(view: dict[str, Any]) -> None:
    """What a post quotes is there no more."""
    if "embed" in view:
        lost = {"uri": view["embed"]["record"]["uri"], "notFound": True}
        view["embed"]["record"] = {"$type": "app.bsky.embed.record#viewNotFound", **lost}


def _expire_token(request: Request, answer: Answer) -> Answer:
    is_search = request.path.endswith("app.bsky.feed.searchPosts")
    return _error(400, "ExpiredToken", "Token has expired") if is_search else answer


#: What Bluesky does to an answer that is otherwise fine.
MUTATIONS: dict[str, Callable[[Request, Answer], Answer]] = {
    "missing-author": _changed(_drop_author),
    "unknown-embed": _changed(_embed_unknown),
    "deleted-post": _changed(_lose_quoted),
    "expired-token": _expire_token,
}

#: The window of the campaign, to ask for all of it.

#: Where a search has its cursor.
PAGING = in_json("searchPosts", "cursor", "cursor", rows=("posts",))
