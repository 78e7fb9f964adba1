"""Bluesky: pages of the AppView (`app.bsky.feed.*`) as posts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from collectors import payload
from collectors.base import Unreadable, count, moment
from data.model import Account, Network, Post, Reference

_POSTS = "app.bsky.feed.post"


def posts(document: Any) -> Iterator[Post | Unreadable]:
    """The posts of a page: search, quotes, `getPosts`, feed, thread, or a post by itself.

    Posts that only come along are not among them: quoted ones, the parents that a feed shows
    above a reply, and the post that a feed shows because somebody reposted it. That one gives
    a repost by whoever did it.
    """
    for item in _items(document):
        try:
            yield _feed_post(item) if "post" in item else _post(item)
        except Unreadable as reason:
            yield reason


def _items(document: Any) -> Iterator[dict[str, Any]]:
    """The `postView` and `feedViewPost` objects in a document, in its order."""
    waiting = [document]
    while waiting:
        found = waiting.pop()
        if isinstance(found, list):
            waiting += reversed(found)
        elif not isinstance(found, dict):
            yield {}
        elif "thread" in found:
            waiting.append(found["thread"])
        elif "posts" in found:
            waiting.append(found["posts"])
        elif "feed" in found:
            waiting.append(found["feed"])
        elif "notFound" in found or "blocked" in found:
            continue  # a thread's gap where a post is gone or hidden
        elif "parent" in found or "replies" in found:
            waiting += [found.get("replies") or [], {"post": found.get("post")}]
            if found.get("parent") is not None:
                waiting.append(found["parent"])
        else:
            yield found


def _feed_post(item: dict[str, Any]) -> Post:
    shown = payload.mapping(item, "post")
    reason = payload.mapping(item, "reason")
    if not (payload.text(reason, "$type") or "").endswith("#reasonRepost"):
        return _post(shown)
    original = _post(shown)
    by = _account(payload.mapping(reason, "by"))
    if by is None:
        raise Unreadable("missing", "reason.by")
    return Post(
        network=Network.BLUESKY,
        # Older answers do not name the repost itself; an account reposts a post once.
        post_id=payload.identifier(reason, "uri")
        or f"{original.post_id}#reposted-by:{by.id or by.handle}",
        author=by,
        published_at=moment(reason.get("indexedAt"), "indexedAt"),
        url=original.url,
        repost_of=Reference(original.post_id, original.author),
        text=original.text,
        language=original.language,
        hashtags=original.hashtags,
        mentions=original.mentions,
        links=original.links,
    )


def _post(view: dict[str, Any]) -> Post:
    uri = payload.required(view, "uri")
    record = payload.mapping(view, "record")
    if not record:
        raise Unreadable("missing", "record")
    text = payload.text(record, "text")
    hashtags, mentions, links = _facets(record, text or "")
    reply = payload.mapping(record, "reply")
    root = _reference(payload.mapping(reply, "root"))
    embed = payload.mapping(record, "embed")
    links += _embedded_links(embed)
    return Post(
        network=Network.BLUESKY,
        post_id=uri,
        author=_account(payload.mapping(view, "author")),
        published_at=_published_at(record, view),
        url=_url(uri),
        reply_to=_reference(payload.mapping(reply, "parent")),
        quote_of=_quoted(embed),
        root_id=root.post_id if root else None,
        text=text,
        language=next(iter(payload.texts(record, "langs")), None),
        hashtags=tuple(dict.fromkeys(hashtags)),
        mentions=tuple(dict.fromkeys(mentions)),
        links=tuple(dict.fromkeys(links)),
        likes=count(view.get("likeCount"), "likeCount"),
        reposts=count(view.get("repostCount"), "repostCount"),
        replies=count(view.get("replyCount"), "replyCount"),
        quotes=count(view.get("quoteCount"), "quoteCount"),
        saves=count(view.get("bookmarkCount"), "bookmarkCount"),
    )


def _account(profile: dict[str, Any]) -> Account | None:
    did = payload.identifier(profile, "did")
    handle = payload.text(profile, "handle") or None
    return Account(did, handle) if did or handle else None


def _published_at(record: dict[str, Any], view: dict[str, Any]) -> datetime | None:
    """The earlier of both: the author's device writes `createdAt`, and may write anything."""
    indexed = moment(view.get("indexedAt"), "indexedAt")
    try:
        created = moment(record.get("createdAt"), "createdAt")
    except Unreadable:
        if indexed is None:
            raise
        return indexed
    return min((known for known in (created, indexed) if known is not None), default=None)


def _facets(record: dict[str, Any], text: str) -> tuple[list[str], list[Account], list[str]]:
    """Hashtags, mentions and links; the network marks them beside the text."""
    hashtags: list[str] = []
    mentions: list[Account] = []
    links: list[str] = []
    written = text.encode()
    for facet in payload.mappings(record, "facets"):
        for feature in payload.mappings(facet, "features"):
            if tag := payload.text(feature, "tag"):
                hashtags.append(tag)
            if did := payload.text(feature, "did"):
                mentions.append(Account(did, _handle(written, payload.mapping(facet, "index"))))
            if uri := payload.text(feature, "uri"):
                links.append(uri)
    hashtags += payload.texts(record, "tags")
    return hashtags, mentions, links


def _handle(written: bytes, index: dict[str, Any]) -> str | None:
    """The handle that a mention shows: facets count bytes of UTF-8."""
    start, end = index.get("byteStart"), index.get("byteEnd")
    if type(start) is not int or type(end) is not int:
        return None
    shown = written[max(start, 0) : max(end, 0)].decode(errors="ignore")
    handle = shown.removeprefix("@")
    return handle if handle != shown and "." in handle else None


def _embedded_links(embed: dict[str, Any]) -> list[str]:
    cards = (payload.mapping(part, "external") for part in (embed, payload.mapping(embed, "media")))
    return [uri for uri in (payload.text(card, "uri") for card in cards) if uri]


def _quoted(embed: dict[str, Any]) -> Reference | None:
    """The quoted post; an embedded list, feed or starter pack is no quote."""
    record = payload.mapping(embed, "record")
    if "record" in record:  # recordWithMedia
        record = payload.mapping(record, "record")
    quoted = _reference(record)
    return quoted if quoted and f"/{_POSTS}/" in quoted.post_id else None


def _reference(record: dict[str, Any]) -> Reference | None:
    """A post by its address, `at://<author>/app.bsky.feed.post/<key>`."""
    uri = payload.identifier(record, "uri")
    if uri is None:
        return None
    author = uri.removeprefix("at://").partition("/")[0]
    if not author or author == uri:
        return Reference(uri)
    is_did = author.startswith("did:")
    return Reference(uri, Account(author) if is_did else Account(None, author))


def _url(uri: str) -> str | None:
    author, _, rest = uri.removeprefix("at://").partition("/")
    collection, _, key = rest.partition("/")
    return f"https://bsky.app/profile/{author}/post/{key}" if collection == _POSTS and key else None
