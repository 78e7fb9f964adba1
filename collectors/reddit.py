"""Reddit: listings of submissions and comments as posts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from collectors import payload
from collectors.base import Unreadable, count, moment, tags_in
from data.model import Account, Network, Post, Reference

SUBMISSION, COMMENT, MORE = "t3", "t1", "more"

_SITE = "https://www.reddit.com"
_OWN_HOSTS = ("reddit.com", "redd.it", "redditmedia.com")
_MENTION = re.compile(r"(?<![\w/])/?u/([\w-]{3,20})(?![\w-])", re.ASCII)
_ABSENT = ("[deleted]", "[removed]")


def posts(document: Any) -> Iterator[Post | Unreadable]:
    """The posts of a listing, of a submission's page, or of a thing by itself.

    Comments come after what they answer. Where Reddit left comments out of a page, the
    count of them comes as `Unreadable`.
    """
    things = list(_things(document))
    authors = _authors(things)
    for thing in things:
        try:
            yield _post(thing, authors)
        except Unreadable as reason:
            yield reason


def _things(document: Any) -> Iterator[dict[str, Any]]:
    waiting = [document]
    while waiting:
        found = waiting.pop()
        if isinstance(found, list):
            waiting += reversed(found)
        elif not isinstance(found, dict):
            yield {}
        else:
            content = found.get("data")
            inside = content if isinstance(content, dict) else {}
            if found.get("kind") == "Listing":
                waiting.append(inside.get("children"))
            else:
                yield found
                if inside.get("replies"):  # an empty text where there are none
                    waiting.append(inside["replies"])


def _authors(things: list[dict[str, Any]]) -> dict[str, Account]:
    """Who wrote each post of the answer; a comment names its parent, not the parent's author."""
    authors: dict[str, Account] = {}
    for thing in things:
        try:
            content = payload.mapping(thing, "data")
            name, author = payload.identifier(content, "name"), _account(content)
        except Unreadable:
            continue  # it is refused when its turn comes
        if name is not None and author is not None:
            authors[name] = author
    return authors


def _post(thing: dict[str, Any], authors: dict[str, Account]) -> Post:
    content = payload.mapping(thing, "data")
    kind = payload.text(thing, "kind")
    if kind == SUBMISSION:
        return _submission(content)
    if kind == COMMENT:
        return _comment(content, authors)
    if kind == MORE:
        raise Unreadable("more-comments", str(count(content.get("count"), "count") or 0))
    raise Unreadable("not-a-post", kind or "?")


def _submission(content: dict[str, Any]) -> Post:
    title, body = _text(content, "title"), _text(content, "selftext")
    parent = payload.identifier(content, "crosspost_parent")
    parents = {
        payload.identifier(crossposted, "name"): _account(crossposted)
        for crossposted in payload.mappings(content, "crosspost_parent_list")
    }
    return _common(content, SUBMISSION, "\n".join(filter(None, (title, body))))._replace(
        quote_of=Reference(parent, parents.get(parent)) if parent else None,
        links=_links(content),
        reposts=count(content.get("num_crossposts"), "num_crossposts"),
        replies=count(content.get("num_comments"), "num_comments"),
        impressions=count(content.get("view_count"), "view_count"),
    )


def _comment(content: dict[str, Any], authors: dict[str, Account]) -> Post:
    post = _common(content, COMMENT, _text(content, "body"))
    parent = payload.required(content, "parent_id")
    root = payload.identifier(content, "link_id")
    if post.url is None and root is not None:
        url = f"{_SITE}/comments/{root.removeprefix('t3_')}/_/{post.post_id.removeprefix('t1_')}"
        post = post._replace(url=url)
    # While a score is hidden, the answer says 1 whatever the votes.
    is_hidden = content.get("score_hidden") is True
    return post._replace(
        reply_to=Reference(parent, authors.get(parent)),
        root_id=root,
        likes=None if is_hidden else post.likes,
    )


def _common(content: dict[str, Any], kind: str, text: str | None) -> Post:
    name = payload.identifier(content, "name") or f"{kind}_{payload.required(content, 'id')}"
    permalink = payload.text(content, "permalink")
    mentions = dict.fromkeys(found.lower() for found in _MENTION.findall(text or ""))
    return Post(
        network=Network.REDDIT,
        post_id=name,
        author=_account(content),
        published_at=moment(content.get("created_utc"), "created_utc"),
        url=_SITE + permalink.partition("?")[0] if permalink else None,
        text=text,
        hashtags=tags_in(text or ""),
        mentions=tuple(Account(mentioned, mentioned) for mentioned in mentions),
        likes=_likes(content.get("score")),
    )


def _account(content: dict[str, Any]) -> Account | None:
    """Names are one whatever their case; Reddit keeps a placeholder for deleted accounts."""
    name = payload.text(content, "author")
    return Account(name.lower(), name.lower()) if name and name not in _ABSENT else None


def _likes(score: Any) -> int | None:
    """Votes for minus votes against; below 0, nobody can be said to like it."""
    return 0 if type(score) is int and score < 0 else count(score, "score")


def _text(content: dict[str, Any], name: str) -> str | None:
    """A text, without the escapes of answers that were asked for without `raw_json`."""
    written = payload.text(content, name)
    if written is None or written in _ABSENT:
        return None
    return written.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _links(content: dict[str, Any]) -> tuple[str, ...]:
    """What a submission is about, when that lies outside of Reddit."""
    url = None if content.get("is_self") is True else _text(content, "url")
    server = payload.host(url)
    if url is None or server is None:
        return ()
    is_own = any(server == own or server.endswith(f".{own}") for own in _OWN_HOSTS)
    return () if is_own else (url,)
