"""YouTube: an answer's posts, whether from the network or from a file.

A video is a post, a comment is a reply to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from typing import Any

from collectors.readers import fields, markup
from collectors.readers.fields import Unreadable, count, moment, tags_in
from data.model import Account, Network, Post, Reference

_WATCH = "https://www.youtube.com/watch?v="


def posts(document: Any) -> Iterator[Post | Unreadable]:
    """The posts of a page of videos, search results, playlist items, comments or threads.

    A channel's title is a display name and is not read: accounts have an id and no handle.
    Search results and playlist items carry no counts.
    """
    for item in items_of(document):
        try:
            yield from _read(item)
        except Unreadable as reason:
            yield reason


def items_of(document: Any) -> Iterator[dict[str, Any]]:
    """The resources of an answer."""
    for part in document if isinstance(document, list) else [document]:
        items = part["items"] if isinstance(part, dict) and "items" in part else [part]
        for item in items if isinstance(items, list) else [items]:
            yield item if isinstance(item, dict) else {}


def _read(item: dict[str, Any]) -> Iterator[Post | Unreadable]:
    kind = (fields.text(item, "kind") or "").removeprefix("youtube#")
    if kind == "video":
        yield _video(item)
    elif kind == "searchResult":
        yield _search_result(item)
    elif kind == "playlistItem":
        yield _playlist_item(item)
    elif kind == "comment":
        yield _comment(item)
    elif kind == "commentThread":
        yield from _thread(item)
    else:
        raise Unreadable("not-a-post", kind or "?")


def _video(item: dict[str, Any]) -> Post:
    _require_public(item)
    snippet = fields.mapping(item, "snippet")
    numbers = fields.mapping(item, "statistics")
    return shown(fields.required(item, "id"), snippet)._replace(
        likes=count(numbers.get("likeCount"), "likeCount"),
        replies=count(numbers.get("commentCount"), "commentCount"),
        impressions=count(numbers.get("viewCount"), "viewCount"),
    )


def _search_result(item: dict[str, Any]) -> Post:
    found = fields.mapping(item, "id")
    kind = (fields.text(found, "kind") or "youtube#video").removeprefix("youtube#")
    if kind != "video":
        raise Unreadable("not-a-post", kind or "?")
    snippet = fields.mapping(item, "snippet")
    # Only search escapes its texts as HTML.
    written = {
        name: unescape(text)
        for name in ("title", "description")
        if (text := fields.text(snippet, name)) is not None
    }
    return shown(fields.required(found, "videoId"), snippet | written)


def _playlist_item(item: dict[str, Any]) -> Post:
    """`publishedAt` and `channelId` of an item are about who put it into the list, and when."""
    _require_public(item)
    snippet = fields.mapping(item, "snippet")
    owner = fields.identifier(snippet, "videoOwnerChannelId")
    if owner is None:
        raise Unreadable("not-public", "?")  # a deleted or private video
    published = fields.mapping(item, "contentDetails").get("videoPublishedAt")
    video_id = fields.required(fields.mapping(snippet, "resourceId"), "videoId")
    return shown(video_id, snippet | {"channelId": owner, "publishedAt": published})


def _require_public(item: dict[str, Any]) -> None:
    privacy = fields.text(fields.mapping(item, "status"), "privacyStatus")
    if privacy not in {None, "public"}:
        raise Unreadable("not-public", privacy or "?")


def shown(video_id: str, snippet: dict[str, Any]) -> Post:
    """A video as its `snippet` shows it: title and description are its text."""
    title, description = fields.text(snippet, "title"), fields.text(snippet, "description")
    text = "\n\n".join(part for part in (title, description) if part)
    return Post(
        network=Network.YOUTUBE,
        post_id=video_id,
        author=_account(snippet),
        published_at=moment(snippet.get("publishedAt"), "publishedAt"),
        url=_WATCH + video_id,
        text=text,
        language=fields.text(snippet, "defaultLanguage")
        or fields.text(snippet, "defaultAudioLanguage"),
        hashtags=tags_in(text),
    )


def _account(snippet: dict[str, Any]) -> Account | None:
    channel = fields.identifier(snippet, "channelId")
    return Account(channel) if channel else None


def _thread(item: dict[str, Any]) -> Iterator[Post | Unreadable]:
    snippet = fields.mapping(item, "snippet")
    first = fields.mapping(snippet, "topLevelComment")
    author: Account | None = None
    try:
        post = _comment(first)
        author = post.author
        yield post._replace(replies=count(snippet.get("totalReplyCount"), "totalReplyCount"))
    except Unreadable as reason:
        yield reason
    for reply in fields.mappings(fields.mapping(item, "replies"), "comments"):
        try:
            yield _comment(reply, author)
        except Unreadable as reason:
            yield reason


def _comment(item: dict[str, Any], parent_author: Account | None = None) -> Post:
    """A comment answers the comment it names, or else the video, whose channel it names too."""
    comment_id = fields.required(item, "id")
    snippet = fields.mapping(item, "snippet")
    parent_id = fields.identifier(snippet, "parentId")
    video_id = fields.identifier(snippet, "videoId")
    reply_to: Reference | None = None
    if parent_id is not None:
        reply_to = Reference(parent_id, parent_author)
    elif video_id is not None:
        reply_to = Reference(video_id, _account(snippet))
    author = fields.identifier(fields.mapping(snippet, "authorChannelId"), "value")
    text = _comment_text(snippet)
    return Post(
        network=Network.YOUTUBE,
        post_id=comment_id,
        author=Account(author) if author else None,
        published_at=moment(snippet.get("publishedAt"), "publishedAt"),
        url=f"{_WATCH}{video_id}&lc={comment_id}" if video_id else None,
        reply_to=reply_to,
        root_id=video_id,
        text=text,
        hashtags=tags_in(text or ""),
        likes=count(snippet.get("likeCount"), "likeCount"),
    )


def _comment_text(snippet: dict[str, Any]) -> str | None:
    """The text as written; `textDisplay`, the same as HTML, where it is all there is."""
    written, shown = fields.text(snippet, "textOriginal"), fields.text(snippet, "textDisplay")
    return markup.html(shown).text if written is None and shown is not None else written
