"""Bluesky: an answer's posts, whether from the network or from a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from collectors.readers import fields
from collectors.readers.fields import Unreadable, count, moment
from data.model import Account, Network, Post, Reference

POSTS = "app.bsky.feed.post"
_CLOSED = "!no-unauthenticated"


def is_public(profile: dict[str, Any]) -> bool:
    """Whether an account shows itself to everybody, not to members of the network alone.

    >>> is_public({"labels": [{"val": "!no-unauthenticated"}]}), is_public({})
    (False, True)
    """
    labels = fields.mappings(profile, "labels")
    return not any(label.get("val") == _CLOSED and not label.get("neg") for label in labels)


def public_account(profile: Any) -> Account:
    """The account of a profile that may be shown to everybody."""
    account = _account(profile) if isinstance(profile, dict) else None
    if account is None:
        raise Unreadable("missing", "did")
    if not is_public(profile):
        raise Unreadable("not-public")
    return account


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
    shown = fields.mapping(item, "post")
    reason = fields.mapping(item, "reason")
    if not (fields.text(reason, "$type") or "").endswith("#reasonRepost"):
        return _post(shown)
    original = _post(shown)
    by = _account(fields.mapping(reason, "by"))
    if by is None:
        raise Unreadable("missing", "reason.by")
    # Older answers do not name the repost itself; an account reposts a post once.
    repost_id = (
        fields.identifier(reason, "uri") or f"{original.post_id}#reposted-by:{by.id or by.handle}"
    )
    return repost(original, repost_id, by, moment(reason.get("indexedAt"), "indexedAt"))


def repost(original: Post, repost_id: str, by: Account, at: datetime | None) -> Post:
    """A repost says what its original says, and has no counts of its own."""
    return Post(
        network=Network.BLUESKY,
        post_id=repost_id,
        author=by,
        published_at=at,
        url=original.url,
        repost_of=Reference(original.post_id, original.author),
        text=original.text,
        language=original.language,
        hashtags=original.hashtags,
        mentions=original.mentions,
        links=original.links,
    )


def _post(view: dict[str, Any]) -> Post:
    uri = fields.required(view, "uri")
    record = fields.mapping(view, "record")
    if not record:
        raise Unreadable("missing", "record")
    text = fields.text(record, "text")
    hashtags, mentions, links = _facets(record, text or "")
    reply = fields.mapping(record, "reply")
    root = _reference(fields.mapping(reply, "root"))
    embed = fields.mapping(record, "embed")
    links += _embedded_links(embed)
    return Post(
        network=Network.BLUESKY,
        post_id=uri,
        author=_account(fields.mapping(view, "author")) or written_by(uri),
        published_at=_published_at(record, view),
        url=_url(uri),
        reply_to=_reference(fields.mapping(reply, "parent")),
        quote_of=_quoted(embed),
        root_id=root.post_id if root else None,
        text=text,
        language=next(iter(fields.texts(record, "langs")), None),
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
    did = fields.identifier(profile, "did")
    handle = fields.text(profile, "handle") or None
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
    for facet in fields.mappings(record, "facets"):
        for feature in fields.mappings(facet, "features"):
            if tag := fields.text(feature, "tag"):
                hashtags.append(tag)
            if did := fields.text(feature, "did"):
                mentions.append(Account(did, _handle(written, fields.mapping(facet, "index"))))
            if uri := fields.text(feature, "uri"):
                links.append(uri)
    hashtags += fields.texts(record, "tags")
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
    cards = (fields.mapping(part, "external") for part in (embed, fields.mapping(embed, "media")))
    return [uri for uri in (fields.text(card, "uri") for card in cards) if uri]


def _quoted(embed: dict[str, Any]) -> Reference | None:
    """The quoted post; an embedded list, feed or starter pack is no quote."""
    record = fields.mapping(embed, "record")
    if "record" in record:  # recordWithMedia
        record = fields.mapping(record, "record")
    quoted = _reference(record)
    return quoted if quoted and f"/{POSTS}/" in quoted.post_id else None


def _reference(record: dict[str, Any]) -> Reference | None:
    """A post by its address, `at://<author>/app.bsky.feed.post/<key>`."""
    uri = fields.identifier(record, "uri")
    if uri is None:
        return None
    return Reference(uri, written_by(uri))


def written_by(uri: str) -> Account | None:
    """The author that an address names, by DID or by handle."""
    author = uri.removeprefix("at://").partition("/")[0]
    if not author or author == uri:
        return None
    return Account(author) if author.startswith("did:") else Account(None, author)


def _url(uri: str) -> str | None:
    author, _, rest = uri.removeprefix("at://").partition("/")
    collection, _, key = rest.partition("/")
    return f"https://bsky.app/profile/{author}/post/{key}" if collection == POSTS and key else None
