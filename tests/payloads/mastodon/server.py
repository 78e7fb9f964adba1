"""A Mastodon instance as it answers, from an invented campaign; nobody in it exists.

An author in three is on another server, whose posts are here as copies and came a little late.
A repost is a boost: no timeline shows it, `reblogged_by` lists who did it.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_left
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

from collectors.networks.mastodon import Mastodon
from tests.invented import BEGIN, END, TAG, Invented, InventedPost
from tests.loopback import Answer, Request
from tests.paging import in_link

SECRETS: dict[str, str] = {}
HOST = "pouet.exemple"
ELSEWHERE = "togo.exemple"

MOST_STATUSES = 40
MOST_ACCOUNTS = 80
MOST_IN_A_LIST = 20

#: The server's name of the hashtag: it knows no accents.
NAME = "libertepourtous"
_NOT_FOUND = {"error": "Record not found"}

#: What the timeline shows besides: the hashtag without its accent, and other months.
NOISE = {
    61_001: (f"Sans accent #{TAG.replace('é', 'e')}", BEGIN + timedelta(days=3)),
    61_002: (f"Bien après #{TAG}", END + timedelta(days=2)),
    61_003: (f"Bien avant #{TAG}", BEGIN - timedelta(days=40)),
}


def collector(url: str, **more: Any) -> Mastodon:
    return Mastodon(**{"instances": [url], **more})


def home(author: int, host: str = HOST) -> str:
    return ELSEWHERE if author % 3 == 2 else host


def number_at(at: datetime) -> int:
    """The first id of a moment."""
    return int(at.timestamp() * 1000) << 16


def status_id(post: InventedPost) -> int:
    late = timedelta(minutes=post.number % 7 * 10) if home(post.author) != HOST else timedelta()
    return number_at(post.published_at + late) + post.number


def uri(post: InventedPost, host: str = HOST) -> str:
    where = home(post.author, host)
    number = post.number if where == ELSEWHERE else status_id(post)
    return f"https://{where}/users/{post.handle}/statuses/{number}"


def boosters(campaign: Invented, number: int) -> list[InventedPost]:
    """The first boost of each account that boosted a post, the newest before."""
    first: dict[int, InventedPost] = {}
    for boost in campaign.pointing_to(number, "repost"):
        first.setdefault(boost.author, boost)
    return list(first.values())[::-1]


def expected(campaign: Invented, host: str = HOST) -> set[str]:
    """The ids of all posts that a whole collection gives, boosts included."""
    return {
        name
        for post in campaign.of_kinds("original", "reply", "quote")
        for name in (
            uri(post, host),
            *(
                f"{uri(post, host)}#repost:{boost.handle}@{home(boost.author, host)}"
                for boost in boosters(campaign, post.number)
            ),
        )
    }


def fewest_requests(campaign: Invented) -> int:
    """The pages of the timeline down to the first post before the campaign, and who boosted."""
    posts = campaign.of_kinds("original", "reply", "quote")
    pages = math.ceil((len(posts) + len(NOISE)) / MOST_STATUSES)
    boosts = (len(boosters(campaign, post.number)) for post in posts)
    return pages + sum(math.ceil(number / MOST_ACCOUNTS) for number in boosts)


class Server:
    """Answers as Mastodon 4.5 does at `host`; an older one `takes_lists` of statuses not."""

    def __init__(self, campaign: Invented, host: str = HOST, *, takes_lists: bool = True) -> None:
        self.campaign = campaign
        self.host = host
        self.takes_lists = takes_lists
        self._numbers: dict[int, int] = {}
        self._statuses: dict[int, bytes] = {}
        for post in campaign.of_kinds("original", "reply", "quote"):
            self._numbers[status_id(post)] = post.number
            self._statuses[status_id(post)] = json.dumps(self._status(post)).encode()
        for number, (text, at) in NOISE.items():
            post = InventedPost(number, 0, at, "original", None, text, 0, 0)
            self._statuses[status_id(post)] = json.dumps(self._status(post)).encode()
        self._ids = sorted(self._statuses)

    def remove(self, number: int) -> None:
        """Its author deletes a post."""
        gone = status_id(self.campaign.posts[number])
        del self._statuses[gone]
        self._ids.remove(gone)

    def answer(self, request: Request) -> Answer:
        match [unquote(part) for part in request.path.strip("/").split("/")]:
            case ["api", "v1", "timelines", "tag", tag]:
                found = self._timeline(tag, request)
            case ["api", "v1", "statuses"] if self.takes_lists:
                found = self._list(request)
            case ["api", "v1", "statuses", one]:
                found = self._one(one)
            case ["api", "v1", "statuses", one, "reblogged_by"]:
                found = self._reblogged_by(one, request)
            case ["api", "v2", "instance"]:
                feeds = {"local": "public", "remote": "public"}
                access = {"timelines_access": {"hashtag_feeds": feeds}}
                found = Answer({"domain": self.host, "version": "4.5.0", "configuration": access})
            case _:
                found = Answer(_NOT_FOUND, 404)
        reset = datetime.now(UTC).replace(second=0) + timedelta(minutes=5)
        limits = {"X-RateLimit-Limit": "300", "X-RateLimit-Remaining": "299"}
        headers = {**limits, "X-RateLimit-Reset": reset.isoformat(), **found.headers}
        return Answer(found.body, found.status, headers)

    def _timeline(self, tag: str, request: Request) -> Answer:
        if tag.casefold().replace("é", "e") != NAME:
            return Answer(b"[]")
        limit = min(int(request.one("limit") or 20), MOST_STATUSES)
        max_id = request.one("max_id")
        end = len(self._ids) if max_id is None else bisect_left(self._ids, int(max_id))
        ids = self._ids[max(end - limit, 0) : end][::-1]
        if not ids:
            return Answer(b"[]")
        path = f"https://{self.host}/api/v1/timelines/tag/{tag.encode().hex()}?limit={limit}"
        link = f'<{path}&max_id={ids[-1]}>; rel="next", <{path}&min_id={ids[0]}>; rel="prev"'
        return Answer(_array([self._statuses[one] for one in ids]), headers={"Link": link})

    def _list(self, request: Request) -> Answer:
        ids = [int(one) for one in request.query.get("id[]", [])]
        if len(ids) > MOST_IN_A_LIST:
            return Answer({"error": "Validation failed"}, 422)
        return Answer(_array([self._statuses[one] for one in ids if one in self._statuses]))

    def _one(self, one: str) -> Answer:
        found = self._statuses.get(int(one)) if one.isdecimal() else None
        return Answer(_NOT_FOUND, 404) if found is None else Answer(found)

    def _reblogged_by(self, one: str, request: Request) -> Answer:
        if not one.isdecimal() or int(one) not in self._statuses:
            return Answer(_NOT_FOUND, 404)
        boosts = boosters(self.campaign, self._numbers.get(int(one), -1))
        limit = min(int(request.one("limit") or 40), MOST_ACCOUNTS)
        below = int(request.one("max_id") or number_at(END) * 2)
        shown = [boost for boost in boosts if _boost_id(boost) < below][:limit]
        headers = {}
        if len(shown) == limit:
            path = f"https://{self.host}{request.path}?limit={limit}"
            headers["Link"] = f'<{path}&max_id={_boost_id(shown[-1])}>; rel="next"'
        accounts = [json.dumps(self._account(boost)).encode() for boost in shown]
        return Answer(_array(accounts), headers=headers)

    def _status(self, post: InventedPost) -> dict[str, Any]:
        words, _, tag = post.text.rpartition("#")
        where = home(post.author, self.host)
        target = self.campaign.posts[post.target] if post.target is not None else None
        link = f'<a href="https://{where}/tags/{tag}" class="mention hashtag" rel="tag">'
        mention = self._mention(target) if target and post.kind == "reply" else None
        spoken = f'<a href="{mention["url"]}" class="u-url mention">@</a> ' if mention else ""
        quoted = self._status(target) if target and post.kind == "quote" else None
        return {
            "id": str(status_id(post)),
            "created_at": post.published_at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "in_reply_to_id": str(status_id(target)) if target and mention else None,
            "in_reply_to_account_id": mention["id"] if mention else None,
            "sensitive": False,
            "spoiler_text": "",
            "visibility": "public",
            "language": "fr",
            "uri": uri(post, self.host),
            "url": f"https://{where}/@{post.handle}/{uri(post, self.host).rpartition('/')[2]}",
            "replies_count": len(self.campaign.pointing_to(post.number, "reply")),
            "reblogs_count": len(boosters(self.campaign, post.number)),
            "favourites_count": post.likes,
            "quotes_count": len(self.campaign.pointing_to(post.number, "quote")),
            "edited_at": None,
            "content": f"<p>{spoken}{words}{link}#<span>{tag}</span></a></p>",
            "reblog": None,
            "account": self._account(post),
            "media_attachments": [],
            "mentions": [mention] if mention else [],
            "tags": [{"name": NAME, "url": f"https://{self.host}/tags/{NAME}"}],
            "emojis": [],
            "card": None,
            "poll": None,
            "quote": {"state": "accepted", "quoted_status": {**quoted, "quote": None}}
            if quoted
            else None,
        }

    def _mention(self, post: InventedPost) -> dict[str, Any]:
        account = self._account(post)
        return {name: account[name] for name in ("id", "username", "acct", "url")}

    def _account(self, post: InventedPost) -> dict[str, Any]:
        where = home(post.author, self.host)
        return {
            "id": str(1000 + post.author),
            "username": post.handle,
            "acct": post.handle if where == self.host else f"{post.handle}@{where}",
            "display_name": "Une personne inventée",
            "url": f"https://{where}/@{post.handle}",
            "uri": f"https://{where}/users/{post.handle}",
            "followers_count": Invented.followers(post.author),
            "bot": False,
            "discoverable": True,
            "indexable": False,
            **({"noindex": False} if where == self.host else {}),
        }


def _boost_id(boost: InventedPost) -> int:
    return number_at(boost.published_at) + boost.number


def _array(items: list[bytes]) -> bytes:
    return b"[" + b",".join(items) + b"]"


Change = Callable[[dict[str, Any]], dict[str, Any]]


def _of_every_third(change: Change) -> Callable[[Request, Answer], Answer]:
    """A timeline in which something is amiss with every third status."""

    def mutation(request: Request, answer: Answer) -> Answer:
        if "/timelines/tag/" not in request.path or answer.status != 200:
            return answer
        statuses = json.loads(answer.bytes)
        for status in statuses[::3]:
            status.update(change(status))
        return Answer(statuses, headers=answer.headers)

    return mutation


MUTATIONS: dict[str, Callable[[Request, Answer], Answer]] = {
    "missing-author": _of_every_third(lambda status: {"account": None}),
    "unknown-embed": _of_every_third(
        lambda status: {
            "card": {"type": "hologram", "html": None},
            "media_attachments": [{"type": "hologram"}],
            "quote": {"state": "unheard-of", "quoted_status": None},
        }
    ),
    # What a post answers or quotes is not there any more.
    "deleted-post": _of_every_third(
        lambda status: {
            "in_reply_to_id": None,
            "in_reply_to_account_id": None,
            "quote": {"state": "deleted", "quoted_status": None},
        }
    ),
}

#: Where a search has its cursor.
PAGING = in_link("/timelines/tag/", "max_id")
