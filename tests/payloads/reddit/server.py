"""Reddit as it answers, from an invented campaign; nobody in it exists.

An original is a submission, a reply a comment, and reposts and quotes are crossposts: a quote has
the tag in its title, so that the search finds it, a repost has it nowhere.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

from collectors.networks.reddit import Reddit
from tests.invented import BEGIN, END, TAG, Invented, InventedPost
from tests.loopback import Answer, Request
from tests.paging import in_json

SECRETS = {"client_id": "identifiant-invente", "client_secret": "secret-invente-pour-les-essais"}
COMMUNITIES = tuple(f"exemple_{number}" for number in range(16))
TOKEN = "jeton-invente"

#: After so many posts a listing ends, whatever there is.
LONGEST_LISTING = 1000
MOST_A_PAGE = 100
MOST_COMMENTS = 500

_SPANS = {"hour": 1, "day": 24, "week": 7 * 24, "month": 30 * 24, "year": 365 * 24}
_UNAUTHORIZED = {"message": "Unauthorized", "error": 401}
_NOT_FOUND = {"message": "Not Found", "error": 404}


def collector(url: str, **more: Any) -> Reddit:
    return Reddit(**{**SECRETS, "address": url, "subreddits": COMMUNITIES, **more})


class Campaign:
    """What of an invented campaign is where on Reddit."""

    def __init__(self, campaign: Invented) -> None:
        self.posts = campaign.posts
        self.threads: dict[int, int] = {}  # the submission that each post is, or is said under
        self.comments: dict[int, list[int]] = {}
        self.crossposts: dict[int, list[int]] = {}
        submissions = []
        for post in self.posts:
            if post.kind == "reply":
                self.threads[post.number] = self.threads[post.target or 0]
                self.comments.setdefault(self.threads[post.number], []).append(post.number)
            else:
                self.threads[post.number] = post.number
                submissions.append(post.number)
            if post.kind in ("repost", "quote"):
                self.crossposts.setdefault(self.original(post), []).append(post.number)
        self.community = {
            number: COMMUNITIES[place % len(COMMUNITIES)]
            for place, number in enumerate(submissions)
        }

    def original(self, post: InventedPost) -> int:
        """What a crosspost shows: never another crosspost."""
        while post.kind != "original":
            post = self.posts[self.threads[post.target if post.target is not None else 0]]
        return post.number

    def name(self, number: int) -> str:
        kind = "t1" if self.posts[number].kind == "reply" else "t3"
        return f"{kind}_inv{number}"

    def found(self) -> list[tuple[str, str, datetime]]:
        """All that a search for the tag finds, newest first: name, community, moment."""
        ours = [
            (self.name(post.number), self.community[post.number], post.published_at)
            for post in self.posts
            if post.kind in ("original", "quote")
        ]
        noise = [(f"t3_{name}", COMMUNITIES[0], at) for name, (_, at) in NOISE.items()]
        return sorted([*ours, *noise], key=lambda found: found[2], reverse=True)

    def listings(self, communities: tuple[str, ...]) -> list[list[str]]:
        """What a whole collection reads, as far as listings go."""
        found = self.found()
        kept = [[name for name, _, _ in found]]
        kept += [[name for name, where, _ in found if where == it] for it in communities]
        return [listing[:LONGEST_LISTING] for listing in kept]

    def around(self, number: int) -> list[int]:
        """The comments on a submission, its crossposts, and the comments on those."""
        crossposts = self.crossposts.get(number, [])
        silent = [it for it in crossposts if self.posts[it].kind == "repost"]
        commented = [number, *silent]
        return [
            *crossposts,
            *(comment for it in commented for comment in self.comments.get(it, [])),
        ]


#: What the search gives besides: a tag that begins alike, the word alone, other months.
NOISE = {
    "bruit1": (f"Autre chose #{TAG}Ensemble", BEGIN + timedelta(days=3)),
    "bruit2": (f"Le mot seul : {TAG}", BEGIN + timedelta(days=9)),
    "bruit3": (f"Bien avant #{TAG}", BEGIN - timedelta(days=40)),
    "bruit4": (f"Bien après #{TAG}", END + timedelta(days=2)),
}


def expected(campaign: Invented, communities: tuple[str, ...] = COMMUNITIES) -> set[str]:
    """The ids of all posts that a whole collection gives."""
    where = Campaign(campaign)
    listed = {name for listing in where.listings(communities) for name in listing}
    read = [post.number for post in where.posts if where.name(post.number) in listed]
    return {where.name(it) for number in read for it in (number, *where.around(number))}


def fewest_requests(campaign: Invented, communities: tuple[str, ...] = COMMUNITIES) -> int:
    """A token, the pages of each listing, and once what is around each post in them."""
    where = Campaign(campaign)
    listings = where.listings(communities)
    pages = sum(max(math.ceil(len(listing) / MOST_A_PAGE), 1) for listing in listings)
    listed = {name for listing in listings for name in listing}
    around = 0
    for post in where.posts:
        if where.name(post.number) in listed:
            crossposts = where.crossposts.get(post.number, [])
            silent = [it for it in crossposts if where.posts[it].kind == "repost"]
            around += sum(1 for it in (post.number, *silent) if where.comments.get(it))
            around += math.ceil(len(crossposts) / MOST_A_PAGE)
    return 1 + pages + around


class Server:
    """Answers as Reddit does; `longest_listing` and `most_comments` are where it stops."""

    def __init__(
        self,
        campaign: Invented,
        *,
        longest_listing: int = LONGEST_LISTING,
        most_comments: int = MOST_COMMENTS,
    ) -> None:
        self.where = Campaign(campaign)
        self.longest_listing = longest_listing
        self.most_comments = most_comments
        self.token = TOKEN
        self._found = self.where.found()
        self._texts = {name: text for name, (text, _) in NOISE.items()}
        self._removed: set[str] = set()
        self._written: dict[str, bytes] = {}
        self._listings: dict[tuple[str, str, str], list[str]] = {}

    def remove(self, number: int) -> None:
        """Its author deletes a post."""
        name = self.where.name(number)
        self._removed.add(name)
        self._written.pop(name, None)

    def answer(self, request: Request) -> Answer:
        if request.path == "/api/v1/access_token":
            return self._token(request)
        if "porte-voix" not in request.headers.get("user-agent", ""):
            return Answer(b"<html>whoa there, pardner!</html>", 403, {"Content-Type": "text/html"})
        if request.headers.get("authorization") != f"bearer {self.token}":
            return Answer(_UNAUTHORIZED, 401, {"www-authenticate": 'Bearer realm="reddit"'})
        found = self._read(request)
        limits = {"x-ratelimit-used": "1", "x-ratelimit-remaining": "99.0"}
        return replace(found, headers={**found.headers, **limits, "x-ratelimit-reset": "600"})

    def _token(self, request: Request) -> Answer:
        keys = ":".join(SECRETS.values()).encode()
        if request.headers.get("authorization") != f"Basic {base64.b64encode(keys).decode()}":
            return Answer(_UNAUTHORIZED, 401)
        if request.one("grant_type") != "client_credentials":
            return Answer({"error": "unsupported_grant_type"})
        token = {"access_token": self.token, "token_type": "bearer", "scope": "*"}
        return Answer({**token, "expires_in": 86400})

    def _read(self, request: Request) -> Answer:
        parts = [unquote(part) for part in request.path.strip("/").split("/")]
        match parts:
            case ["r", community, "search"]:
                return self._search(community, request)
            case ["r", _, "new"]:
                newest = [name for name, _, _ in self._found[:1]]
                return Answer(_listing([self._thing(name) for name in newest]))
            case ["comments", name]:
                return self._comments(f"t3_{name}")
            case ["duplicates", name]:
                return self._duplicates(f"t3_{name}", request)
            case ["api", "info"]:
                return self._info(request)
            case ["api", "morechildren"]:
                return self._left_out(request)
        return Answer(_NOT_FOUND, 404)

    def _search(self, community: str, request: Request) -> Answer:
        if community not in (*COMMUNITIES, "all"):
            elsewhere = "/subreddits/search"
            return Answer(b"", 302, {"Location": elsewhere})
        search, span = request.one("q") or "", request.one("t") or "all"
        assert len(search) <= 512
        if request.one("restrict_sr") != "true":
            community = "all"
        key = (search, community, span)
        if key not in self._listings:
            self._listings[key] = self._matching(*key)[: self.longest_listing]
        names = [name for name in self._listings[key] if name not in self._removed]
        return Answer(self._page(names, request))

    def _matching(self, search: str, community: str, span: str) -> list[str]:
        """The `#` of a search says nothing to Reddit, and a word finds those that begin with it."""
        words = [word.casefold() for word in re.findall(r'"#([^"]+)"', search)]
        begin = datetime.now(UTC) - timedelta(hours=_SPANS.get(span, 24 * 10_000))
        return [
            name
            for name, where, at in self._found
            if community in ("all", where)
            and at >= begin
            and any(word in self._text(name).casefold() for word in words)
        ]

    def _text(self, name: str) -> str:
        key = name.removeprefix("t3_")
        if key in self._texts:
            return self._texts[key]
        return self.where.posts[int(key.removeprefix("inv"))].text

    def _page(self, names: list[str], request: Request) -> bytes:
        limit = min(int(request.one("limit") or 25), MOST_A_PAGE)
        after = request.one("after")
        first = names.index(after) + 1 if after in names else 0
        shown = names[first : first + limit]
        further = shown[-1] if first + limit < len(names) else None
        return _listing([self._thing(name) for name in shown], further)

    def _comments(self, name: str) -> Answer:
        if name.removeprefix("t3_") in NOISE:
            return Answer([json.loads(_listing([self._thing(name)])), json.loads(_listing([]))])
        number = int(name.removeprefix("t3_inv"))
        comments = self.where.comments.get(number, [])
        shown, left_out = comments[: self.most_comments], comments[self.most_comments :]
        inside: dict[str, list[int]] = {}
        for comment in shown:
            parent = self._parent(comment)
            inside.setdefault(parent, []).append(comment)
        tree = [self._branch(comment, inside) for comment in inside.get(name, [])]
        if left_out:
            tree.append(self._more(left_out, name))
        return Answer(b"[" + _listing([self._thing(name)]) + b"," + _listing(tree) + b"]")

    def _branch(self, comment: int, inside: dict[str, list[int]]) -> bytes:
        name = self.where.name(comment)
        replies = [self._branch(reply, inside) for reply in inside.get(name, [])]
        written = self._thing(name)
        if not replies:
            return written
        return written.replace(b'"replies": ""', b'"replies": ' + _listing(replies), 1)

    def _more(self, comments: list[int], parent: str) -> bytes:
        ids = [self.where.name(comment).removeprefix("t1_") for comment in comments]
        more = {"count": len(ids), "name": f"t1_{ids[0]}", "id": ids[0], "children": ids}
        return json.dumps({"kind": "more", "data": {**more, "parent_id": parent}}).encode()

    def _left_out(self, request: Request) -> Answer:
        ids = (request.one("children") or "").split(",")
        assert len(ids) <= 100
        things = b",".join(self._thing(f"t1_{one}") for one in ids)
        return Answer(b'{"json": {"errors": [], "data": {"things": [' + things + b"]}}}")

    def _duplicates(self, name: str, request: Request) -> Answer:
        number = int(name.removeprefix("t3_inv"))
        names = [self.where.name(it) for it in self.where.crossposts.get(number, [])][::-1]
        names = [it for it in names if it not in self._removed]
        page = self._page(names, request)
        return Answer(b"[" + _listing([self._thing(name)]) + b"," + page + b"]")

    def _info(self, request: Request) -> Answer:
        names = (request.one("id") or "").split(",")
        assert len(names) <= 100
        # Of a comment that was deleted its place remains; others are not there at all.
        there = [name for name in names if self._is_there(name)]
        return Answer(_listing([self._thing(name) for name in there]))

    def _is_there(self, name: str) -> bool:
        number = name[3:].removeprefix("inv")
        if not number.isdigit() or int(number) >= len(self.where.posts):
            return False
        return name not in self._removed or name.startswith("t1_") or int(number) % 2 == 0

    def _parent(self, comment: int) -> str:
        return self.where.name(self.where.posts[comment].target or 0)

    def _thing(self, name: str) -> bytes:
        if name not in self._written:
            self._written[name] = json.dumps(self._thing_of(name)).encode()
        return self._written[name]

    def _thing_of(self, name: str) -> dict[str, Any]:
        kind, _, key = name.partition("_")
        if key in NOISE:
            text, at = NOISE[key]
            content = _submission(key, "exemple_bruit", at, text, COMMUNITIES[0])
            return {"kind": kind, "data": content}
        post = self.where.posts[int(key.removeprefix("inv"))]
        content = self._comment_of(post) if kind == "t1" else self._submission_of(post)
        if name in self._removed:
            body = "body" if kind == "t1" else "selftext"
            content |= {"author": "[deleted]", body: "[deleted]"}
            if kind == "t3":
                content["removed_by_category"] = "deleted"
        return {"kind": kind, "data": content}

    def _comment_of(self, post: InventedPost) -> dict[str, Any]:
        thread = self.where.threads[post.number]
        community = self.where.community[thread]
        return {
            "id": f"inv{post.number}",
            "name": f"t1_inv{post.number}",
            "author": post.handle,
            "body": post.text.partition(" #")[0],
            "created_utc": post.published_at.timestamp(),
            "link_id": self.where.name(thread),
            "parent_id": self._parent(post.number),
            "permalink": f"/r/{community}/comments/inv{thread}/_/inv{post.number}/",
            "score": post.likes,
            "score_hidden": False,
            "subreddit": community,
            "replies": "",
        }

    def _submission_of(self, post: InventedPost) -> dict[str, Any]:
        key, community = f"inv{post.number}", self.where.community[post.number]
        text = post.text.partition(" #")[0] if post.kind == "repost" else post.text
        content = _submission(key, post.handle, post.published_at, text, community)
        content |= {
            "score": post.likes,
            "num_comments": len(self.where.comments.get(post.number, [])),
            "num_crossposts": len(self.where.crossposts.get(post.number, [])),
        }
        if post.kind != "original":
            original = self.where.posts[self.where.original(post)]
            content["crosspost_parent"] = self.where.name(original.number)
            content["crosspost_parent_list"] = [
                {"name": self.where.name(original.number), "author": original.handle}
            ]
        return content


def _submission(key: str, author: str, at: datetime, title: str, community: str) -> dict[str, Any]:
    return {
        "id": key,
        "name": f"t3_{key}",
        "author": author,
        "author_fullname": f"t2_{author}",
        "title": title,
        "selftext": "",
        "created_utc": at.timestamp(),
        "subreddit": community,
        "permalink": f"/r/{community}/comments/{key}/_/",
        "url": f"https://www.reddit.com/r/{community}/comments/{key}/_/",
        "is_self": True,
        "score": 1,
        "upvote_ratio": 0.97,
        "num_comments": 0,
        "num_crossposts": 0,
        "view_count": None,
        "removed_by_category": None,
        "subreddit_subscribers": 1203,
    }


def _listing(things: list[bytes], after: str | None = None) -> bytes:
    ends = json.dumps({"after": after, "before": None, "dist": len(things), "modhash": ""}).encode()
    children = b'"children": [' + b",".join(things) + b"]"
    return b'{"kind": "Listing", "data": ' + ends[:-1] + b", " + children + b"}}"


Change = Callable[[dict[str, Any]], None]


def _one_post(change: Change) -> Callable[[Request, Answer], Answer]:
    """Changes the first post of the campaign that nobody has commented on or passed on."""

    def damaged(request: Request, answer: Answer) -> Answer:
        if not request.path.endswith("/search") or answer.status != 200:
            return answer
        body = json.loads(answer.bytes)
        for content in (thing["data"] for thing in body["data"]["children"]):
            is_ours = content["id"].startswith("inv")
            if is_ours and not content["num_comments"] + content["num_crossposts"]:
                change(content)
                return replace(answer, body=body)
        return answer

    return damaged


def _without_author(content: dict[str, Any]) -> None:
    del content["author"]
    content.pop("author_fullname")


def _with_unknown_embed(content: dict[str, Any]) -> None:
    content |= {
        "post_hint": "exemple:hologramme",
        "media": {"exemple_hologramme": [1, {"profondeur": None}]},
        "is_self": False,
        "url": "exemple-hologramme:17",
    }


def _deleted(content: dict[str, Any]) -> None:
    content |= {
        "author": "[deleted]",
        "title": "[deleted by user]",
        "selftext": "[deleted]",
        "removed_by_category": "deleted",
    }


def _expired_token(request: Request, answer: Answer) -> Answer:
    if not request.path.endswith("/search"):
        return answer
    said = 'Bearer realm="reddit", error="invalid_token"'
    return Answer(_UNAUTHORIZED, 401, {"www-authenticate": said})


MUTATIONS: dict[str, Callable[[Request, Answer], Answer]] = {
    "missing-author": _one_post(_without_author),
    "unknown-embed": _one_post(_with_unknown_embed),
    "deleted-post": _one_post(_deleted),
    "expired-token": _expired_token,
}

#: Where a search has its cursor.
PAGING = in_json("/search", "after", "data", "after", rows=("data", "children"))
