"""X's API version 2, as far as collecting needs it, for a campaign that never happened."""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import ceil
from typing import Any

from collectors.access.budget import Amount
from collectors.networks.x import X
from tests.invented import TAG, Invented, InventedPost
from tests.loopback import Answer, Request
from tests.paging import in_json

SECRETS = {"bearer_token": "jeton-invente-AAAA%2Fexemple%3D"}
#: What opens the addresses of the storage, in place of a key.
SIGNATURE = "signature-inventee-0123456789abcdef"

_PROBLEMS = "https://api.twitter.com/2/problems/"
_LIMITS = {
    "x-rate-limit-limit": "300",
    "x-rate-limit-remaining": "299",
    "x-rate-limit-reset": "1900000000",
}
_FIRST_ID = 1_900_000_000_000_000_000
_NOISE_ID = 500_000_000_000  # behind every post that has a noisy neighbour
_NOISE_EVERY = 50
#: How a compliance job words the problems that a look-up names.
_REASONS = {"resource-not-found": "deleted", "not-authorized-for-resource": "protected"}


class Unlimited:
    """A budget that covers everything, for tests of what is read and not of what it costs."""

    def left(self) -> Amount:
        return Amount(10**12, Decimal("Infinity"))

    def reserve(self, most: Amount) -> None: ...

    def settle(self, most: Amount, spent: Amount) -> None: ...


def collector(url: str, **more: Any) -> X:
    """What is tested, asking this server."""
    return X(**{**SECRETS, "address": url, "budget": Unlimited(), **more})


def post_id(number: int) -> str:
    """X's own id of an invented post."""
    return str(_FIRST_ID + number * 1_000_000_000_000)


def expected(campaign: Invented) -> set[str]:
    """What a complete run gives: X finds reposts, replies and quotes by their hashtag too."""
    return {post_id(post.number) for post in campaign.posts}


def fewest_requests(campaign: Invented) -> int:
    """Pages of 500, of the whole archive."""
    noise = ceil(len(campaign.posts) / _NOISE_EVERY)
    return max(1, ceil((len(campaign.posts) + noise) / 500))


class Server:
    """Answers searches, counts, look-ups and compliance jobs; X's noise among the posts is a
    hashtag that is another one but for its accent.

    A job is pending for so many `polls`, then ends as `job_ends`.
    """

    def __init__(self, campaign: Invented) -> None:
        self.campaign = campaign
        self.polls = 0
        self.job_ends = "complete"
        self._jobs: dict[str, dict[str, Any]] = {}
        self._gone: dict[str, str] = {}
        self._bodies: dict[str, bytes] = {}
        self._users: dict[str, bytes] = {}
        self._cited: dict[str, tuple[str, ...]] = {}
        self._authors: dict[str, str] = {}
        self._answered: dict[str, str] = {}
        found: list[tuple[datetime, str]] = []
        for post in campaign.posts:
            self._add(post_id(post.number), _tweet(post, campaign), post.author, campaign)
            found.append((post.published_at, post_id(post.number)))
            if post.number % _NOISE_EVERY == 0:
                noise = _noise(post)
                self._add(noise["id"], noise, post.author, campaign)
                found.append((post.published_at, noise["id"]))
        found.sort(reverse=True)
        self._found = found
        self._oldest_first = [at for at, _ in reversed(found)]

    def remove(self, number: int, problem: str = "resource-not-found") -> None:
        """From now on X does not show the post: `problem` is the reason that it gives."""
        self._gone[post_id(number)] = problem

    def answer(self, request: Request) -> Answer:
        if request.path.startswith("/storage/"):
            return self._store(request)
        if request.headers.get("authorization") != f"Bearer {SECRETS['bearer_token']}":
            return _unauthorized()
        routes: dict[str, Callable[[Request], Answer]] = {
            "/2/tweets/search/all": lambda it: self._search(it, largest=500, longest=1024),
            "/2/tweets/search/recent": lambda it: self._search(it, largest=100, longest=512),
            "/2/tweets/counts/all": lambda it: self._count(it, longest=1024),
            "/2/tweets/counts/recent": lambda it: self._count(it, longest=512),
            "/2/tweets": self._look_up,
            "/2/compliance/jobs": self._make_job,
        }
        if request.path.startswith("/2/compliance/jobs/"):
            return self._job(request)
        route = routes.get(request.path)
        return route(request) if route else _problem(404, "Not Found", "about:blank")

    def _add(self, id_: str, tweet: dict[str, Any], author: int, campaign: Invented) -> None:
        self._bodies[id_] = _bytes(tweet)
        self._authors[id_] = _user_id(author)
        self._cited[id_] = tuple(it["id"] for it in tweet.get("referenced_tweets", ()))
        if "in_reply_to_user_id" in tweet:
            self._answered[id_] = tweet["in_reply_to_user_id"]
        self._users.setdefault(_user_id(author), _bytes(_user(author)))

    def _search(self, request: Request, *, largest: int, longest: int) -> Answer:
        most = int(request.one("max_results", "10") or 0)
        window = _window(request, is_recent=largest == 100)
        if window is None or not 10 <= most <= largest or not _is_query(request, longest):
            return _invalid(request)
        asked = _digest(request)
        token = request.one("next_token")
        if token is not None and token[:8] != asked:
            return _invalid(request)
        matching = self._within(*window) if _asks_for_tag(request) else []
        ids = [id_ for _, id_ in matching if id_ not in self._gone]
        begin = 0
        if token is not None:
            after = int(token[8:], 36)
            begin = bisect_right([-int(id_) for id_ in ids], -after)
        page, is_last = ids[begin : begin + most], begin + most >= len(ids)
        meta: dict[str, Any] = {"result_count": len(page)}
        if page:
            meta |= {"newest_id": page[0], "oldest_id": page[-1]}
        if not is_last:
            meta["next_token"] = asked + _base36(int(page[-1]))
        return self._page(request, page, {"meta": meta})

    def _within(self, since: datetime, until: datetime) -> list[tuple[datetime, str]]:
        total = len(self._found)
        newest = total - bisect_left(self._oldest_first, until)
        oldest = total - bisect_left(self._oldest_first, since)
        return self._found[newest:oldest]

    def _look_up(self, request: Request) -> Answer:
        ids = (request.one("ids") or "").split(",")
        if not 1 <= len(ids) <= 100 or not all(id_.isdigit() for id_ in ids):
            return _invalid(request)
        lost = [id_ for id_ in ids if id_ in self._gone or id_ not in self._bodies]
        errors = [_lost(id_, self._gone.get(id_, "resource-not-found")) for id_ in lost]
        left = [id_ for id_ in ids if id_ not in lost]
        return self._page(request, left, {"errors": errors} if errors else {})

    def _make_job(self, request: Request) -> Answer:
        if request.method != "POST" or json.loads(request.body).get("type") != "tweets":
            return _invalid(request)
        number = str(1_400_000_000_000_000_000 + len(self._jobs))
        self._jobs[number] = {"status": "created", "polls": self.polls, "ids": []}
        return self._said(request, number)

    def _job(self, request: Request) -> Answer:
        number = request.path.rpartition("/")[2]
        job = self._jobs.get(number)
        if job is None:
            return _problem(404, "Not Found Error", _PROBLEMS + "resource-not-found")
        if job["status"] == "in_progress":
            job["polls"] -= 1
            job["status"] = "in_progress" if job["polls"] >= 0 else self.job_ends
        return self._said(request, number)

    def _said(self, request: Request, number: str) -> Answer:
        storage = f"http://{request.headers['host']}/storage"
        signed = f"{number}?X-Goog-Expires=900&X-Goog-Signature={SIGNATURE}"
        job = {
            "id": number,
            "type": "tweets",
            "status": self._jobs[number]["status"],
            "created_at": "2026-07-01T00:00:00.000Z",
            "upload_url": f"{storage}/submission/{signed}",
            "upload_expires_at": "2026-07-01T00:15:00.000Z",
            "download_url": f"{storage}/delivery/{signed}",
            "download_expires_at": "2026-07-08T00:00:00.000Z",
        }
        return Answer({"data": job}, headers=dict(_LIMITS))

    def _store(self, request: Request) -> Answer:
        """The storage knows signatures only, and takes nothing but what was signed."""
        _, _, kind, number = request.path.split("/")
        job = self._jobs[number]
        if request.one("X-Goog-Signature") != SIGNATURE:
            return Answer(b"<Error><Code>SignatureDoesNotMatch</Code></Error>", 403)
        if kind == "submission":
            if request.method != "PUT" or request.headers.get("content-type") != "text/plain":
                return Answer(b"<Error><Code>SignatureDoesNotMatch</Code></Error>", 403)
            job |= {"ids": request.body.decode().split(), "status": "in_progress"}
            return Answer(b"")
        if job["status"] != "complete":
            return Answer(b"<Error><Code>NoSuchKey</Code></Error>", 404)
        lost = [id_ for id_ in job["ids"] if id_ in self._gone or id_ not in self._bodies]
        reasons = {id_: _REASONS.get(self._gone.get(id_, "resource-not-found")) for id_ in lost}
        lines = [_removal(id_, reason) for id_, reason in reasons.items() if reason]
        return Answer(b"\n".join(lines), headers={"Content-Type": "application/json"})

    def _page(self, request: Request, ids: list[str], rest: dict[str, Any]) -> Answer:
        """The answer's bytes: what one post says does not change from page to page."""
        expansions = set((request.one("expansions") or "").split(","))
        cited: dict[str, None] = {}
        users: dict[str, None] = {}
        for id_ in ids:
            if "author_id" in expansions:
                users[self._authors[id_]] = None
            if "in_reply_to_user_id" in expansions and id_ in self._answered:
                users[self._answered[id_]] = None
            for other in self._cited[id_]:
                if "referenced_tweets.id" in expansions and other not in self._gone:
                    cited[other] = None
                    if "referenced_tweets.id.author_id" in expansions:
                        users[self._authors[other]] = None
        parts = []
        if ids:
            parts.append(b'"data":' + _list(self._bodies[id_] for id_ in ids))
            included = [
                b'"%s":%s' % (name, _list(source[id_] for id_ in wanted))
                for name, source, wanted in (
                    (b"users", self._users, users),
                    (b"tweets", self._bodies, cited),
                )
                if wanted
            ]
            parts.append(b'"includes":{' + b",".join(included) + b"}")
        if rest:
            parts.append(_bytes(rest)[1:-1])
        return Answer(b"{" + b",".join(parts) + b"}", headers=dict(_LIMITS))

    def _count(self, request: Request, *, longest: int) -> Answer:
        is_recent = request.path.endswith("recent")
        window = _window(request, is_recent=is_recent)
        if window is None or not _is_query(request, longest):
            return _invalid(request)
        since, until = window
        token = request.one("next_token")
        if token is not None:
            until = datetime.fromtimestamp(int(token, 36), UTC)
        begin = max(since, _midnight(until) - timedelta(days=30))
        days = []
        while until > begin:
            day = max(begin, _midnight(until - timedelta(seconds=1)))
            found = len(self._within(day, until)) if _asks_for_tag(request) else 0
            days.append({"end": _iso(until), "start": _iso(day), "tweet_count": found})
            until = day
        meta: dict[str, Any] = {"total_tweet_count": sum(day["tweet_count"] for day in days)}
        if begin > since:
            meta["next_token"] = _base36(int(begin.timestamp()))
        return Answer({"data": days[::-1], "meta": meta}, headers=dict(_LIMITS))


def _tweet(post: InventedPost, campaign: Invented) -> dict[str, Any]:
    target = None if post.target is None else campaign.posts[post.target]
    shown = post
    text = post.text
    if post.kind == "repost" and target is not None:
        shown, text = target, f"RT @{target.handle}: {target.text}"[:30] + "…"
    tweet: dict[str, Any] = {
        "id": post_id(post.number),
        "text": text,
        "author_id": _user_id(post.author),
        "conversation_id": post_id(post.number),
        "created_at": _iso(post.published_at),
        "lang": "fr",
        "edit_history_tweet_ids": [post_id(post.number)],
        "public_metrics": {
            "like_count": 0 if post.kind == "repost" else post.likes,
            "retweet_count": len(campaign.pointing_to(shown.number, "repost")),
            "reply_count": len(campaign.pointing_to(post.number, "reply")),
            "quote_count": len(campaign.pointing_to(post.number, "quote")),
            "bookmark_count": 0,
            "impression_count": 0 if post.kind == "repost" else post.views,
        },
    }
    begin = text.find(f"#{TAG}")
    if begin >= 0:
        tag = {"start": begin, "end": begin + len(TAG) + 1, "tag": TAG}
        tweet["entities"] = {"hashtags": [tag]}
    if target is not None:
        kind = {"repost": "retweeted", "reply": "replied_to", "quote": "quoted"}[post.kind]
        tweet["referenced_tweets"] = [{"type": kind, "id": post_id(target.number)}]
    if post.kind == "reply" and target is not None:
        tweet["in_reply_to_user_id"] = _user_id(target.author)
        tweet["conversation_id"] = post_id(target.number)
    return tweet


def _noise(post: InventedPost) -> dict[str, Any]:
    """A post that X finds although its hashtag has another accent."""
    tag = TAG.replace("é", "e")
    return {
        "id": str(int(post_id(post.number)) + _NOISE_ID),
        "text": f"Autre chose #{tag}",
        "author_id": _user_id(post.author),
        "created_at": _iso(post.published_at),
        "lang": "fr",
        "public_metrics": {"like_count": 1, "retweet_count": 0, "reply_count": 0},
        "entities": {"hashtags": [{"start": 12, "end": 13 + len(tag), "tag": tag}]},
    }


def _user(author: int) -> dict[str, Any]:
    return {
        "id": _user_id(author),
        "name": f"Exemple {author}",
        "username": f"exemple_{author}",
        "created_at": "2020-01-01T00:00:00.000Z",
        "verified_type": "none",
        "public_metrics": {"followers_count": Invented.followers(author), "tweet_count": 10},
    }


def _user_id(author: int) -> str:
    return str(70_000_000 + author)


def _window(request: Request, *, is_recent: bool) -> tuple[datetime, datetime] | None:
    """What X makes of the two moments; None where it refuses them."""
    now = datetime.now(UTC)
    start, end = request.one("start_time"), request.one("end_time")
    until = datetime.fromisoformat(end) if end else now - timedelta(seconds=30)
    since = datetime.fromisoformat(start) if start else until - timedelta(days=30)
    first = now - timedelta(days=7) if is_recent else datetime(2006, 3, 21, tzinfo=UTC)
    if not start and is_recent:
        since = first
    is_fine = first <= since < until <= now - timedelta(seconds=10)
    return (since, until) if is_fine else None


def _is_query(request: Request, longest: int) -> bool:
    return 1 <= len(request.one("query") or "") <= longest


def _asks_for_tag(request: Request) -> bool:
    tags = (request.one("query") or "").strip("()").split(" OR ")
    return f"#{TAG}".casefold() in (tag.casefold() for tag in tags)


def _digest(request: Request) -> str:
    """A token belongs to the question that it came from."""
    names = ("query", "start_time", "end_time")
    asked = f"{request.path} {[request.one(name) for name in names]}"
    return hashlib.sha256(asked.encode()).hexdigest()[:8]


def _lost(id_: str, problem: str) -> dict[str, Any]:
    return {
        "value": id_,
        "resource_id": id_,
        "resource_type": "tweet",
        "parameter": "ids",
        "title": "Authorization Error" if "authorized" in problem else "Not Found Error",
        "detail": f"Could not find tweet with ids: [{id_}].",
        "type": _PROBLEMS + problem,
    }


def _removal(id_: str, reason: str) -> bytes:
    at = "2026-06-30T00:00:00.000Z"
    return _bytes({"id": id_, "action": "delete", "created_at": at, "reason": reason})


def _invalid(request: Request) -> Answer:
    errors = [{"parameters": request.query, "message": "One of them is not valid."}]
    body = _problem(400, "Invalid Request", _PROBLEMS + "invalid-request").body
    return Answer({"errors": errors, **body}, 400)


def _unauthorized() -> Answer:
    return _problem(401, "Unauthorized", "about:blank")


def _problem(status: int, title: str, type_: str) -> Answer:
    return Answer({"title": title, "detail": title, "type": type_, "status": status}, status)


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def _bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _list(values: Iterable[bytes]) -> bytes:
    return b"[" + b",".join(values) + b"]"


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits or "0"


def _changed(change: Callable[[dict[str, Any]], None]) -> Callable[[Request, Answer], Answer]:
    def mutation(request: Request, answer: Answer) -> Answer:
        if not request.path.startswith("/2/tweets/search/") or answer.status != 200:
            return answer
        document = json.loads(answer.bytes)
        if document.get("data"):
            change(document)
        return Answer(document, answer.status, answer.headers)

    return mutation


def _add_errors(document: dict[str, Any]) -> None:
    """X could not tell something about accounts that posts point to."""
    problem = _lost("79999999", "not-authorized-for-resource")
    document["errors"] = [problem | {"resource_type": "user", "parameter": "in_reply_to_user_id"}]


def _drop_author(document: dict[str, Any]) -> None:
    author = document["data"][0]["author_id"]
    users = document["includes"]["users"]
    document["includes"]["users"] = [user for user in users if user["id"] != author]


def _add_unknown(document: dict[str, Any]) -> None:
    for tweet in document["data"]:
        tweet["attachments"] = {"hologram_keys": ["9_1"], "card": None}
        tweet["edit_controls"] = [{"is": {"new": 1.5}}]
    document["includes"]["holograms"] = [{"hologram_key": "9_1", "type": ["inconnu"]}]


def _drop_quoted(document: dict[str, Any]) -> None:
    """A post that another one quotes is there no more; reposts go with what they repeat."""
    pointed = [ref for tweet in document["data"] for ref in tweet.get("referenced_tweets", ())]
    reposted = {ref["id"] for ref in pointed if ref["type"] == "retweeted"}
    quoted = [ref["id"] for ref in pointed if ref["type"] == "quoted" and ref["id"] not in reposted]
    if quoted:
        tweets = document["includes"]["tweets"]
        document["includes"]["tweets"] = [it for it in tweets if it["id"] != quoted[0]]
        problem = _lost(quoted[0], "resource-not-found") | {"parameter": "referenced_tweets.id"}
        document["errors"] = [problem]


def _refuse_key(request: Request, answer: Answer) -> Answer:
    return _unauthorized() if request.path.startswith("/2/tweets/search/") else answer


#: What X does to an answer that is otherwise fine.
MUTATIONS: dict[str, Callable[[Request, Answer], Answer]] = {
    "partial-errors": _changed(_add_errors),
    "missing-author": _changed(_drop_author),
    "unknown-embed": _changed(_add_unknown),
    "deleted-post": _changed(_drop_quoted),
    "expired-token": _refuse_key,
}

#: Where a search has its cursor.
PAGING = in_json("/search/", "next_token", "meta", "next_token", rows=("data",))
