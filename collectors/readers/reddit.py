"""Reddit: an answer's posts, whether from the network or from a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from collectors.readers import fields
from collectors.readers.fields import Unreadable, count, moment, tags_in
from data.model import Account, Network, Post, Reference

SUBMISSION, COMMENT, MORE = "t3", "t1", "more"

SITE = "https://www.reddit.com"
_OWN_HOSTS = ("reddit.com", "redd.it", "redditmedia.com")
_MENTION = re.compile(r"(?<![\w/])/?u/([\w-]{3,20})(?![\w-])", re.ASCII)
_ABSENT = ("[deleted]", "[removed]")


def is_fullname(post_id: str) -> bool:
    """Whether an id is that of a submission or of a comment, with its kind in front."""
    return post_id.startswith((f"{SUBMISSION}_", f"{COMMENT}_"))


def is_gone(content: dict[str, Any]) -> bool:
    """Whether only the place of a post is left. A post stays when its author's account goes."""
    if content.get("removed_by_category"):
        return True
    text = content.get("body" if "body" in content else "selftext")
    return content.get("author") in (None, *_ABSENT) and text in _ABSENT


def ids_left_out(more: dict[str, Any]) -> list[str]:
    """The comments that a thing of the kind "more" stands for."""
    content = more.get("data")
    ids = content.get("children") if isinstance(content, dict) else None
    return [it for it in ids if isinstance(it, str)] if isinstance(ids, list) else []


def posts(document: Any) -> Iterator[Post | Unreadable]:
    """The posts of a listing, of a submission's page, or of a thing by itself.

    Comments come after what they answer. Where Reddit left comments out of a page, the
    count of them comes as `Unreadable`.
    """
    return (item for _, item in read_each(document))


def read_each(document: Any) -> Iterator[tuple[dict[str, Any], Post | Unreadable]]:
    """Each thing with what it says."""
    things = list(things_of(document))
    authors = _authors(things)
    for thing in things:
        try:
            yield thing, _post(thing, authors)
        except Unreadable as reason:
            yield thing, reason


def things_of(document: Any) -> Iterator[dict[str, Any]]:
    """The things of an answer, those inside others too."""
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
            content = fields.mapping(thing, "data")
            name, author = fields.identifier(content, "name"), _account(content)
        except Unreadable:
            continue  # it is refused when its turn comes
        if name is not None and author is not None:
            authors[name] = author
    return authors


def _post(thing: dict[str, Any], authors: dict[str, Account]) -> Post:
    content = fields.mapping(thing, "data")
    kind = fields.text(thing, "kind")
    if kind == SUBMISSION:
        return _submission(content)
    if kind == COMMENT:
        return _comment(content, authors)
    if kind == MORE:
        raise Unreadable("more-comments", str(count(content.get("count"), "count") or 0))
    raise Unreadable("not-a-post", kind or "?")


def _submission(content: dict[str, Any]) -> Post:
    title, body = _text(content, "title"), _text(content, "selftext")
    parent = fields.identifier(content, "crosspost_parent")
    parents = {
        fields.identifier(crossposted, "name"): _account(crossposted)
        for crossposted in fields.mappings(content, "crosspost_parent_list")
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
    parent = fields.required(content, "parent_id")
    root = fields.identifier(content, "link_id")
    if post.url is None and root is not None:
        url = f"{SITE}/comments/{root.removeprefix('t3_')}/_/{post.post_id.removeprefix('t1_')}"
        post = post._replace(url=url)
    # While a score is hidden, the answer says 1 whatever the votes.
    is_hidden = content.get("score_hidden") is True
    return post._replace(
        reply_to=Reference(parent, authors.get(parent)),
        root_id=root,
        likes=None if is_hidden else post.likes,
    )


def _common(content: dict[str, Any], kind: str, text: str | None) -> Post:
    name = fields.identifier(content, "name") or f"{kind}_{fields.required(content, 'id')}"
    permalink = fields.text(content, "permalink")
    mentions = dict.fromkeys(found.lower() for found in _MENTION.findall(text or ""))
    return Post(
        network=Network.REDDIT,
        post_id=name,
        author=_account(content),
        published_at=moment(content.get("created_utc"), "created_utc"),
        url=SITE + permalink.partition("?")[0] if permalink else None,
        text=text,
        hashtags=tags_in(text or ""),
        mentions=tuple(Account(mentioned, mentioned) for mentioned in mentions),
        likes=_likes(content.get("score")),
    )


def _account(content: dict[str, Any]) -> Account | None:
    """Names are one whatever their case; Reddit keeps a placeholder for deleted accounts."""
    name = fields.text(content, "author")
    return Account(name.lower(), name.lower()) if name and name not in _ABSENT else None


def _likes(score: Any) -> int | None:
    """Votes for minus votes against; below 0, nobody can be said to like it."""
    return 0 if type(score) is int and score < 0 else count(score, "score")


def _text(content: dict[str, Any], name: str) -> str | None:
    """A text, without the escapes of answers that were asked for without `raw_json`."""
    written = fields.text(content, name)
    if written is None or written in _ABSENT:
        return None
    return written.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _links(content: dict[str, Any]) -> tuple[str, ...]:
    """What a submission is about, when that lies outside of Reddit."""
    url = None if content.get("is_self") is True else _text(content, "url")
    server = fields.host(url)
    if url is None or server is None:
        return ()
    is_own = any(server == own or server.endswith(f".{own}") for own in _OWN_HOSTS)
    return () if is_own else (url,)
