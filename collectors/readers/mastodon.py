"""Mastodon: an answer's posts, whether from a server or from a file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from collectors.readers import fields, markup
from collectors.readers.fields import Unreadable, count, moment, tags_in
from data.model import Account, Network, Post, Reference, normal_hashtag


def boosted(item: Any, post: Post) -> Post:
    """An account that boosted a post, as a repost; servers do not say when it did so."""
    account = _account(item) if isinstance(item, dict) else None
    if account is None:
        raise Unreadable("missing", "account")
    return Post(
        network=Network.MASTODON,
        post_id=f"{post.post_id}#repost:{account.id}",
        author=account,
        published_at=None,
        url=post.url,
        repost_of=Reference(post.post_id, post.author),
        text=post.text,
        language=post.language,
        hashtags=post.hashtags,
        mentions=post.mentions,
        links=post.links,
        author_followers=_followers(item),
    )


def posts(document: Any) -> Iterator[Post | Unreadable]:
    """The posts of a timeline, a search, a thread's context, or a status by itself.

    Only public statuses are read: an answer to somebody's own request holds others too.
    Statuses that are boosted or quoted explain the one that does so, and are no posts here.
    """
    statuses = list(_statuses(document))
    page = _Page.of(statuses)
    for status in statuses:
        try:
            yield _post(status, page)
        except Unreadable as reason:
            yield reason


def _statuses(document: Any) -> Iterator[dict[str, Any]]:
    if isinstance(document, dict) and "statuses" in document:
        document = document["statuses"]
    elif isinstance(document, dict) and "ancestors" in document:
        parts = (document["ancestors"], document.get("descendants"))
        document = [item for part in parts if isinstance(part, list) for item in part]
    for item in document if isinstance(document, list) else [document]:
        yield item if isinstance(item, dict) else {}


class _Page(NamedTuple):
    """What the statuses of one answer say of each other; ids are those of the server asked."""

    server: str
    references: dict[str, Reference]
    parents: dict[str, str | None]
    accounts: dict[str, Account]

    @classmethod
    def of(cls, statuses: list[dict[str, Any]]) -> _Page:
        page = cls("local", {}, {}, {})
        servers: list[str | None] = []
        tag_servers: list[str | None] = []
        for status in _with_those_inside(statuses):
            try:
                page.learn(status)
                for account in _accounts(status):
                    if "@" not in (fields.text(account, "acct") or "@"):
                        servers.append(fields.host(fields.text(account, "url")))
                for tag in fields.mappings(status, "tags"):
                    tag_servers.append(fields.host(fields.text(tag, "url")))
            except Unreadable:
                continue  # it is refused when its turn comes
        return page._replace(server=next(filter(None, servers + tag_servers), "local"))

    def learn(self, status: dict[str, Any]) -> None:
        for account in _accounts(status):
            read, account_id = _account(account), fields.identifier(account, "id")
            if read is not None and account_id is not None:
                self.accounts[account_id] = read
        status_id = fields.identifier(status, "id")
        reference, parent_id = _reference(status), fields.identifier(status, "in_reply_to_id")
        if status_id is not None:
            self.references[status_id] = reference
            self.parents[status_id] = parent_id

    def reference(self, status_id: str, account_id: str | None = None) -> Reference:
        """A status by the server's own id: by its address where the status is here too."""
        known = self.references.get(status_id)
        author = self.accounts.get(account_id) if account_id else None
        return known or Reference(f"{self.server}/{status_id}", author)

    def root_id(self, parent_id: str | None) -> str | None:
        """The thread's first status, when every one up to it is here."""
        seen: set[str] = set()
        root: Reference | None = None
        while parent_id is not None:
            if parent_id in seen or parent_id not in self.references:
                return None
            seen.add(parent_id)
            root, parent_id = self.references[parent_id], self.parents[parent_id]
        return root.post_id if root else None


def _accounts(status: dict[str, Any]) -> list[dict[str, Any]]:
    return [fields.mapping(status, "account"), *fields.mappings(status, "mentions")]


def _with_those_inside(statuses: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for status in statuses:
        yield status
        quote = status.get("quote")
        quoted = quote.get("quoted_status") if isinstance(quote, dict) else None
        for inside in (status.get("reblog"), quoted):
            if isinstance(inside, dict):
                yield inside


def _post(status: dict[str, Any], page: _Page) -> Post:
    uri = _uri(status)
    _require_public(status)
    account = fields.mapping(status, "account")
    boosted = fields.mapping(status, "reblog")
    said = boosted or status
    if boosted:
        _require_public(boosted)
    mentions = fields.mappings(said, "mentions")
    text, links = _written(said, mentions)
    post = Post(
        network=Network.MASTODON,
        post_id=uri,
        author=_account(account),
        published_at=moment(status.get("created_at"), "created_at"),
        url=fields.text(said, "url"),
        text=text,
        language=fields.text(said, "language"),
        hashtags=_hashtags(said, text or ""),
        mentions=tuple(
            dict.fromkeys(read for mention in mentions if (read := _account(mention)) is not None)
        ),
        links=links,
        author_followers=_followers(account),
    )
    if boosted:
        return post._replace(repost_of=_reference(boosted))
    parent_id = fields.identifier(status, "in_reply_to_id")
    parent_author = fields.identifier(status, "in_reply_to_account_id")
    return post._replace(
        reply_to=page.reference(parent_id, parent_author) if parent_id else None,
        quote_of=_quoted(fields.mapping(status, "quote"), page),
        root_id=page.root_id(parent_id),
        likes=count(status.get("favourites_count"), "favourites_count"),
        reposts=count(status.get("reblogs_count"), "reblogs_count"),
        replies=count(status.get("replies_count"), "replies_count"),
        quotes=count(status.get("quotes_count"), "quotes_count"),
    )


def _uri(status: dict[str, Any]) -> str:
    """What names a status on every server; `id` only does on the one that was asked."""
    return fields.required(status, "uri")


def _require_public(status: dict[str, Any]) -> None:
    visibility = fields.text(status, "visibility")
    if visibility != "public":
        raise Unreadable("not-public", visibility or "?")


def _account(account: dict[str, Any]) -> Account | None:
    """`name@server` from the profile's address, which is the same wherever it is seen."""
    written = fields.text(account, "acct") or ""
    name = fields.text(account, "username") or written.partition("@")[0]
    server = fields.host(fields.text(account, "url")) or written.partition("@")[2]
    if not name or not server:
        return None
    handle = f"{name}@{server}".lower()
    return Account(handle, handle)


def _followers(account: dict[str, Any]) -> int | None:
    """Some servers write -1 for an account that hides them."""
    followers = account.get("followers_count")
    return None if followers == -1 else count(followers, "followers_count")


def _written(
    status: dict[str, Any], mentions: list[dict[str, Any]]
) -> tuple[str | None, tuple[str, ...]]:
    """The content warning and the content as one text, and the links."""
    content = fields.text(status, "content")
    if content is None:
        return fields.text(status, "spoiler_text"), ()
    handles = {
        address: account.id
        for mention in mentions
        if (address := fields.text(mention, "url"))
        and (account := _account(mention))
        and account.id
    }
    text, links = markup.html(content, handles)
    warning = fields.text(status, "spoiler_text")
    return f"{warning}\n\n{text}" if warning else text, links


# A letter that Mastodon writes as another one, though Unicode sees no accent in it.
_ASCII = str.maketrans("đðħıĸłŋøŧ", "ddhiklnot")
_ACCENTED_TAG = re.compile(r"[#＃][^\s#＃]*[^\s\x00-\x7f]")


def _hashtags(status: dict[str, Any], text: str) -> tuple[str, ...]:
    """A status's hashtags, as it writes them where the server has brought them down to ASCII.

    Mastodon calls both #LibertéPourTous and #LibertePourTous `libertepourtous`.
    """
    names = [fields.required(tag, "name") for tag in fields.mappings(status, "tags")]
    if names and _ACCENTED_TAG.search(text):
        written = tags_in(text)
        exact = {normal_hashtag(tag) for tag in written}
        near = {_ascii(tag): tag for tag in written}
        names = [
            name if normal_hashtag(name) in exact else near.get(_ascii(name), name)
            for name in names
        ]
    return tuple(dict.fromkeys(names))


@lru_cache(10_000)
def _ascii(tag: str) -> str:
    letters = unicodedata.normalize("NFKD", tag.lower())
    return "".join(it for it in letters if not unicodedata.combining(it)).translate(_ASCII)


def _reference(status: dict[str, Any]) -> Reference:
    return Reference(_uri(status), _account(fields.mapping(status, "account")))


def _quoted(quote: dict[str, Any], page: _Page) -> Reference | None:
    """The quoted status; a quote that is refused, pending or deleted does not say which."""
    status = fields.mapping(quote, "quoted_status")
    if status:
        return _reference(status)
    local_id = fields.identifier(quote, "quoted_status_id")
    return page.reference(local_id) if local_id else None
