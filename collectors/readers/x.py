"""X, API version 2: an answer's posts, whether from the network or from a file.

What is read of an answer is declared as types: a page is checked and read in one pass, and
the two thirds of it that say nothing here are never built.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from collectors.readers.fields import LARGEST_COUNT, Unreadable, moment, tags_in
from data.model import Account, Network, Post, Reference

#: X's own language codes that are not ISO 639-1; those that name no language are unknown.
_LANGUAGES: dict[str, str | None] = {"in": "id", "iw": "he", "ji": "yi"} | dict.fromkeys(
    ("und", "art", "qam", "qct", "qht", "qme", "qst", "zxx")
)

_T = TypeVar("_T", bound=Struct)
_Count = Annotated[int, Meta(ge=0, le=LARGEST_COUNT)]


class _Counts(Struct, gc=False):
    like_count: _Count | None = None
    retweet_count: _Count | None = None
    reply_count: _Count | None = None
    quote_count: _Count | None = None
    impression_count: _Count | None = None
    bookmark_count: _Count | None = None
    followers_count: _Count | None = None  # an account's


class _User(Struct, gc=False):
    id: str
    username: str | None = None
    public_metrics: _Counts | None = None


class _Tag(Struct, gc=False):
    tag: str


class _Mention(Struct, gc=False):
    username: str | None = None
    id: str | None = None


class _Link(Struct, gc=False):
    expanded_url: str | None = None
    unwound_url: str | None = None


class _Entities(Struct, gc=False):
    hashtags: list[_Tag] | None = None
    mentions: list[_Mention] | None = None
    urls: list[_Link] | None = None


class _Note(Struct, gc=False):
    text: str | None = None
    entities: _Entities | None = None


class _Reference(Struct, gc=False):
    id: str
    type: str | None = None


class _Tweet(Struct, gc=False):
    id: str
    text: str | None = None
    author_id: str | None = None
    conversation_id: str | None = None
    in_reply_to_user_id: str | None = None
    created_at: datetime | None = None
    lang: str | None = None
    public_metrics: _Counts | None = None
    entities: _Entities | None = None
    note_tweet: _Note | None = None
    referenced_tweets: list[_Reference] | None = None


class _Datum(_Tweet, gc=False):
    """A post in `data` of a page; other networks answer there with an id and a text too."""

    text: str
    permalink: None = None
    media_type: None = None
    uri: None = None


class _Includes(Struct, gc=False):
    users: list[_User] | None = None
    tweets: list[_Tweet] | None = None


class _Twarc(Struct, gc=False):
    retrieved_at: datetime | None = None


class _Page(Struct, gc=False):
    data: list[_Datum]
    includes: _Includes | None = None
    twarc: _Twarc | None = msgspec.field(name="__twarc", default=None)


_PAGE = msgspec.json.Decoder(_Page)
_NO_COUNTS, _NO_ENTITIES = _Counts(), _Entities()


def posts_of_line(line: bytes) -> Iterator[Post] | None:
    """The posts of a page that is in all its parts as X documents it; None of any other.

    The same as `posts` over the parsed line, several times faster.
    """
    try:
        page = _PAGE.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    included = page.includes or _Includes()
    seen_at = page.twarc.retrieved_at if page.twarc else None
    known = _Known(included.users or (), included.tweets or (), _utc(seen_at))
    return (_post(tweet, known) for tweet in page.data)


def posts(payload: dict[str, Any]) -> Iterator[Post | Unreadable]:
    """The posts of one answer: a page, a line of a stream, or a post from `twarc2 flatten`.

    Only `data` is read as posts. `includes` says who wrote them, and what a repost repeats:
    X cuts the text of reposts, and with it their hashtags. A post that cannot be read gives
    the `Unreadable` that says why, in its place.

    >>> page = {"data": [{"id": "1", "text": "Debout", "author_id": "7"}], "includes": {
    ...     "users": [{"id": "7", "username": "exemple_lome"}]}}
    >>> [post.author for post in posts(page)]
    [Account(id='7', handle='exemple_lome')]
    """
    found = payload.get("data")
    if found is None:
        if payload.get("errors"):
            yield Unreadable("x-error", title_of(payload["errors"]))
            return
        found = payload if "text" in payload else []
    known = _inlined(payload) if found is payload else _included(payload)
    for tweet in found if isinstance(found, list) else [found]:
        item: Post | Unreadable
        try:
            item = _post(read_as(tweet, _Tweet), known)
        except Unreadable as problem:
            item = problem
        yield item


class _Known:
    """What an answer says beside its posts: the accounts and posts they point to, by number."""

    def __init__(
        self, users: Iterable[_User], tweets: Iterable[_Tweet], observed_at: datetime | None
    ) -> None:
        self.users = {user.id: user for user in users}
        self.accounts = {user.id: Account(user.id, user.username) for user in self.users.values()}
        self.tweets = {tweet.id: tweet for tweet in tweets}
        self.observed_at = observed_at

    @cached_property
    def by_handle(self) -> dict[str, Account]:
        accounts = self.accounts.values()
        return {account.handle.lower(): account for account in accounts if account.handle}

    def account(self, number: str | None) -> Account | None:
        return None if number is None else self.accounts.get(number) or Account(number)

    def author(self, tweet: _Tweet | None) -> Account | None:
        return None if tweet is None else self.account(tweet.author_id)

    def followers(self, number: str | None) -> int | None:
        user = self.users.get(number) if number else None
        counts = user.public_metrics if user else None
        return counts.followers_count if counts else None


def _included(payload: dict[str, Any]) -> _Known:
    included = payload.get("includes")
    if not isinstance(included, dict):
        included = {}
    return _known(payload, included.get("users"), included.get("tweets"))


def _inlined(tweet: dict[str, Any]) -> _Known:
    """The same from a flattened post, which carries the others inside itself."""
    cited = tweet.get("referenced_tweets")
    cited = [each for each in cited if isinstance(each, dict)] if isinstance(cited, list) else []
    users = [tweet.get("in_reply_to_user"), *(each.get("author") for each in cited)]
    return _known(tweet, [*users, tweet.get("author")], [it for it in cited if "text" in it])


def _known(payload: dict[str, Any], users: object, tweets: object) -> _Known:
    twarc = payload.get("__twarc")
    observed_at = None
    with suppress(Unreadable):
        observed_at = moment(twarc.get("retrieved_at")) if isinstance(twarc, dict) else None
    return _Known(_readable(users, _User), _readable(tweets, _Tweet), observed_at)


def _readable(values: object, kind: type[_T]) -> Iterator[_T]:
    """What comes along may be damaged without harm to the posts: the rest still explains them."""
    for value in values if isinstance(values, list) else ():
        with suppress(Unreadable):
            yield read_as(value, kind)


def _post(tweet: _Tweet, known: _Known) -> Post:
    repost_of = reply_to = quote_of = original = None
    for reference in tweet.referenced_tweets or ():
        cited = known.tweets.get(reference.id)
        if reference.type == "retweeted":
            repost_of, original = Reference(reference.id, known.author(cited)), cited
        elif reference.type == "replied_to":
            answered = known.account(tweet.in_reply_to_user_id)
            reply_to = Reference(reference.id, answered or known.author(cited))
        elif reference.type == "quoted":
            quote_of = Reference(reference.id, known.author(cited))

    said = original or tweet
    written, entities = said.text, said.entities
    if said.note_tweet:
        written = said.note_tweet.text or written
        entities = said.note_tweet.entities or entities
    # A repost repeats the original's counts.
    counts = _NO_COUNTS if repost_of else tweet.public_metrics or _NO_COUNTS
    listed = entities or _NO_ENTITIES
    return Post(
        network=Network.X,
        post_id=tweet.id,
        author=known.account(tweet.author_id),
        published_at=_utc(tweet.created_at),
        url=f"https://x.com/i/web/status/{tweet.id}",
        repost_of=repost_of,
        reply_to=reply_to,
        quote_of=quote_of,
        root_id=tweet.conversation_id,
        text=unescaped(written),
        language=language(tweet.lang),
        hashtags=_hashtags(entities, written),
        mentions=_mentions(listed.mentions, known) if listed.mentions else (),
        links=_links(listed.urls) if listed.urls else (),
        likes=counts.like_count,
        reposts=counts.retweet_count,
        replies=counts.reply_count,
        quotes=counts.quote_count,
        impressions=counts.impression_count,
        saves=counts.bookmark_count,
        author_followers=known.followers(tweet.author_id),
        observed_at=known.observed_at,
    )


def _hashtags(entities: _Entities | None, written: str | None) -> tuple[str, ...]:
    """Those that X lists; those of the text where the answer was asked for no entities."""
    if entities is None:
        return tags_in(written) if written and ("#" in written or "＃" in written) else ()
    return tuple(dict.fromkeys(each.tag for each in entities.hashtags or ()))


def _mentions(mentions: list[_Mention], known: _Known) -> tuple[Account, ...]:
    mentioned: dict[Account, None] = {}
    for each in mentions:
        if each.id:
            mentioned[Account(each.id, each.username)] = None
        elif each.username:
            by_name = known.by_handle.get(each.username.lower())
            mentioned[by_name or Account(None, each.username)] = None
    return tuple(mentioned)


def _links(links: list[_Link]) -> tuple[str, ...]:
    found = (each.unwound_url or each.expanded_url for each in links)
    return tuple(dict.fromkeys(link for link in found if link))


def language(code: str | None) -> str | None:
    """The language that X found, as ISO 639-1; None where it found none.

    >>> language("in"), language("und")
    ('id', None)
    """
    return _LANGUAGES.get(code, code) if code else None


def unescaped(written: str | None) -> str | None:
    """A text as its author typed it: X writes the three signs of HTML as entities, and no other.

    >>> unescaped("droits &gt; profits &amp; &amp;lt;")
    'droits > profits & &lt;'
    """
    if written is None or "&" not in written:
        return written
    return written.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _utc(at: datetime | None) -> datetime | None:
    if at is None or at.tzinfo is UTC:
        return at
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def read_as(value: object, kind: type[_T]) -> _T:
    """One piece of an answer as its type.

    Raises:
        Unreadable: a part of it has another shape; the code says which.
    """
    if not isinstance(value, dict):
        raise Unreadable("field", "data")
    try:
        json.dumps(value, ensure_ascii=False).encode()
        return msgspec.convert(value, kind, strict=False)
    except UnicodeEncodeError:
        raise Unreadable("field", "text") from None
    except msgspec.ValidationError as problem:
        raise _why(str(problem), value) from None


def _why(problem: str, value: dict[str, Any]) -> Unreadable:
    missing = re.search(r"missing required field `(\w+)`", problem)
    if missing:
        return Unreadable("missing", missing[1])
    path = re.findall(r"\.(\w+)", problem.rpartition("`$")[2])
    found: Any = value
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    name = path[-1] if path else "data"
    if "public_metrics" in path[:-1]:
        return Unreadable("count", f"{name}={str(found)[:40]}")
    if name == "created_at":
        return Unreadable("moment", f"{name}={str(found)[:40]}")
    return Unreadable("field", name)


def title_of(errors: object) -> str:
    """What X calls the first of its problems."""
    first = errors[0] if isinstance(errors, list) else errors
    if not isinstance(first, dict):
        return ""
    return str(first.get("title") or first.get("message") or "")[:80]
