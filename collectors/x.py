"""X, API version 2: an answer's posts, whether it comes from the network or from a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple

from collectors.base import Unreadable, count, moment, tags_in
from collectors.payload import identifier, mapping, mappings, required, text
from data.model import Account, Network, Post, Reference

#: X's own language codes that are not ISO 639-1; those that name no language are unknown.
_LANGUAGES: dict[str, str | None] = {"in": "id", "iw": "he", "ji": "yi"} | dict.fromkeys(
    ("und", "art", "qam", "qct", "qht", "qme", "qst", "zxx")
)


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
            yield Unreadable("x-error", _title(payload["errors"]))
            return
        found = payload if "text" in payload else []
    known = _inlined(payload) if found is payload else _included(payload)
    for tweet in found if isinstance(found, list) else [found]:
        item: Post | Unreadable
        try:
            item = _post(tweet, known) if isinstance(tweet, dict) else Unreadable("field", "data")
        except Unreadable as problem:
            item = problem
        yield item


class _Known(NamedTuple):
    """What an answer says beside its posts: the accounts and posts they point to, by number."""

    users: dict[str, dict[str, Any]]
    tweets: dict[str, dict[str, Any]]
    accounts: dict[str, Account]
    by_handle: dict[str, Account]
    observed_at: datetime | None

    def account(self, number: str | None) -> Account | None:
        if number is None:
            return None
        return self.accounts.get(number) or Account(number)

    def author(self, tweet: dict[str, Any] | None) -> Account | None:
        return None if tweet is None else self.account(identifier(tweet, "author_id"))

    def followers(self, number: str | None) -> int | None:
        user = self.users.get(number) if number else None
        if user is None:
            return None
        return count(mapping(user, "public_metrics").get("followers_count"), "followers_count")


def _included(payload: dict[str, Any]) -> _Known:
    included = payload.get("includes")
    if not isinstance(included, dict):
        included = {}
    return _known(payload, included.get("users"), included.get("tweets"))


def _inlined(tweet: dict[str, Any]) -> _Known:
    """The same from a flattened post, which carries the others inside itself."""
    references = tweet.get("referenced_tweets")
    cited = references if isinstance(references, list) else []
    cited = [each for each in cited if isinstance(each, dict) and "text" in each]
    users = [tweet.get("in_reply_to_user"), *(each.get("author") for each in cited)]
    return _known(tweet, [*users, tweet.get("author")], cited)


def _known(payload: dict[str, Any], users: object, tweets: object) -> _Known:
    by_number = _by_number(users)
    accounts = {number: Account(number, _handle(user)) for number, user in by_number.items()}
    return _Known(
        users=by_number,
        tweets=_by_number(tweets),
        accounts=accounts,
        by_handle={each.handle.lower(): each for each in accounts.values() if each.handle},
        observed_at=_retrieved_at(payload.get("__twarc")),
    )


def _by_number(found: object) -> dict[str, dict[str, Any]]:
    """What comes along may be damaged without harm to the posts: the rest still explains them."""
    kept = {}
    for each in found if isinstance(found, list) else []:
        with suppress(Unreadable):
            if isinstance(each, dict) and (number := identifier(each, "id")):
                kept[number] = each
    return kept


def _handle(user: dict[str, Any]) -> str | None:
    with suppress(Unreadable):
        return text(user, "username") or None
    return None


def _post(tweet: dict[str, Any], known: _Known) -> Post:
    post_id = required(tweet, "id")
    author_id = identifier(tweet, "author_id")
    repost_of = reply_to = quote_of = original = None
    for reference in mappings(tweet, "referenced_tweets"):
        target = required(reference, "id")
        cited = known.tweets.get(target)
        match reference.get("type"):
            case "retweeted":
                repost_of, original = Reference(target, known.author(cited)), cited
            case "replied_to":
                answered = known.account(identifier(tweet, "in_reply_to_user_id"))
                reply_to = Reference(target, answered or known.author(cited))
            case "quoted":
                quote_of = Reference(target, known.author(cited))

    said = original or tweet
    note = mapping(said, "note_tweet")
    written = text(note, "text") or text(said, "text")
    entities = mapping(note, "entities") or mapping(said, "entities")
    counts = {} if repost_of else mapping(tweet, "public_metrics")
    return Post(
        network=Network.X,
        post_id=post_id,
        author=known.account(author_id),
        published_at=moment(tweet.get("created_at")),
        url=f"https://x.com/i/web/status/{post_id}",
        repost_of=repost_of,
        reply_to=reply_to,
        quote_of=quote_of,
        root_id=identifier(tweet, "conversation_id"),
        text=unescaped(written),
        language=language(text(tweet, "lang")),
        hashtags=_hashtags(entities, written),
        mentions=_mentions(entities, known) if "mentions" in entities else (),
        links=_links(entities) if "urls" in entities else (),
        likes=count(counts.get("like_count"), "like_count"),
        reposts=count(counts.get("retweet_count"), "retweet_count"),
        replies=count(counts.get("reply_count"), "reply_count"),
        quotes=count(counts.get("quote_count"), "quote_count"),
        impressions=count(counts.get("impression_count"), "impression_count"),
        saves=count(counts.get("bookmark_count"), "bookmark_count"),
        author_followers=known.followers(author_id),
        observed_at=known.observed_at,
    )


def _hashtags(entities: dict[str, Any], written: str | None) -> tuple[str, ...]:
    """Those that X lists; those of the text where the answer was asked for no entities."""
    if not entities:
        return tags_in(written) if written and ("#" in written or "＃" in written) else ()
    tags = (text(each, "tag") for each in mappings(entities, "hashtags"))
    return tuple(dict.fromkeys(tag for tag in tags if tag))


def _mentions(entities: dict[str, Any], known: _Known) -> tuple[Account, ...]:
    mentioned: dict[Account, None] = {}
    for each in mappings(entities, "mentions"):
        number, handle = identifier(each, "id"), text(each, "username")
        if number:
            mentioned[Account(number, handle)] = None
        elif handle:
            mentioned[known.by_handle.get(handle.lower()) or Account(None, handle)] = None
    return tuple(mentioned)


def _links(entities: dict[str, Any]) -> tuple[str, ...]:
    links = (
        text(each, "unwound_url") or text(each, "expanded_url")
        for each in mappings(entities, "urls")
    )
    return tuple(dict.fromkeys(link for link in links if link))


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


def _retrieved_at(twarc: object) -> datetime | None:
    with suppress(Unreadable):
        return moment(twarc.get("retrieved_at")) if isinstance(twarc, dict) else None
    return None


def _title(errors: object) -> str:
    first = errors[0] if isinstance(errors, list) else errors
    if not isinstance(first, dict):
        return ""
    return str(first.get("title") or first.get("message") or "")[:80]
