"""Turns posts as networks name them into rows that name nobody."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from data.model import (
    COUNTS,
    OBSERVATIONS,
    Account,
    KnownPost,
    Network,
    NumberedPage,
    Post,
    kind_of,
    normal_hashtag,
)

#: Columns of the `references` table; `reference` is AES-SIV over the network's id and address.
REFERENCES = pa.schema(
    [("campaign_id", pa.string()), ("post_id", pa.string()), ("reference", pa.binary())]
)

#: Columns of the `aliases` table: the pseudonym of a handle, and of the account that bears it.
ALIASES = pa.schema(
    [("campaign_id", pa.string()), ("alias", pa.string()), ("author_id", pa.string())]
)

_LENGTH = 26
_ACCOUNTS_REMEMBERED = 100_000
_NETWORK_HOSTS = (
    *("x.com", "twitter.com", "t.co", "bsky.app", "bsky.social", "reddit.com", "redd.it"),
    *("youtube.com", "youtu.be", "tiktok.com", "instagram.com", "instagr.am", "facebook.com"),
    *("fb.com", "fb.me", "fb.watch", "threads.net", "threads.com", "t.me"),
)
_HOST = "|".join(re.escape(host) for host in _NETWORK_HOSTS)
_NETWORK_LINK = re.compile(rf"https?://(?:[\w-]+\.)*({_HOST})(?=[/?#\s]|$)\S*", re.IGNORECASE)
# An e-mail address names somebody too.
_EMAIL = r"\w[\w.+-]*@[\w-]+(?:\.[\w-]+)+"
_NAMED = re.compile(rf"{_EMAIL}|[@＠]\w(?:[\w.-]*\w)?(?:@\w(?:[\w.-]*\w)?)?")
_NAMED_ON_X = re.compile(rf"{_EMAIL}|[@＠]\w+")
_NAMED_ON_REDDIT = re.compile(r"(?<![\w/])/?u/[\w-]+")
_NO_LANGUAGE = {"", "und", "zxx", "mul", "art", "qam", "qct", "qht", "qme", "qst"}


class Rows(NamedTuple):
    """What one append writes: tables of `OBSERVATIONS`, `REFERENCES` and `ALIASES`.

    Each row of the second is of the row of the first in its place.
    """

    observations: pa.Table
    references: pa.Table
    aliases: pa.Table


class Pseudonyms:
    """The pseudonyms of one campaign: HMAC-SHA-256 under its key, cut to 26 hex characters.

    An account is named by its id where the network gives one, else by its handle; the
    pairs of both that go by are met once in `aliases`, so that either finds the other.
    """

    def __init__(self, key: bytes) -> None:
        self._cipher = AESSIV(hmac.digest(key, b"references", "sha512"))
        self._keyed = hmac.new(key, digestmod="sha256")
        self._account = lru_cache(_ACCOUNTS_REMEMBERED)(
            lambda network, account: account and self.account(network, account)
        )
        self._handle = lru_cache(_ACCOUNTS_REMEMBERED)(self.handle)
        #: The pseudonym of each handle first met together with an id, and that of the account,
        #: since the last `rows` began.
        self.aliases: dict[str, str] = {}
        # Accounts may be many: of a handle that was met, eight bytes will do.
        self._met: set[int] = set()

    def post(self, network: Network, post_id: str) -> str:
        """The pseudonym of a post."""
        return self._digest(f"post:{network}:{post_id}")

    def account(self, network: Network, account: Account) -> str:
        """The pseudonym of an account; remembers which handle goes with which id."""
        if account.id is None:
            return self.handle(network, account.handle or "")
        pseudonym = self._digest(f"account:{network}:{account.id}")
        if account.handle:
            alias = self._handle(network, account.handle)
            if (mark := _mark(alias)) not in self._met:
                self._met.add(mark)
                self.aliases[alias] = pseudonym
        return pseudonym

    def meet(self, aliases: Iterable[str]) -> None:
        """Take the pseudonyms of handles as met before."""
        self._met.update(map(_mark, aliases))

    def handle(self, network: Network, handle: str) -> str:
        """The pseudonym of whoever bears a handle, where no id is known."""
        return self._digest(f"account:{network}:@{handle.lstrip('@').casefold()}")

    def tombstone(self, pseudonym: str) -> str:
        """What is kept of somebody or a post forgotten: enough to recognise, not to find them."""
        return self._digest(f"forgotten:{pseudonym}")

    def text(self, network: Network, text: str) -> str:
        """A post's text, with every handle, e-mail address and link into a network hidden.

        A handle becomes `@` and its pseudonym, so that a text still says that it is the
        same person; a link keeps the network's host.
        """
        if "://" in text:
            text = _NETWORK_LINK.sub(r"https://\1/…", text)
        if "@" in text or "＠" in text:
            named = _NAMED_ON_X if network is Network.X else _NAMED
            text = named.sub(lambda found: self._hidden(network, found[0]), text)
        if network is Network.REDDIT and "u/" in text:
            text = _NAMED_ON_REDDIT.sub(lambda found: self._hidden(network, found[0]), text)
        return text

    def reference(self, post: Post) -> bytes:
        """What names a post on its network, encrypted with the campaign's key."""
        named = (post.post_id, post.url or "", *((post.locator,) if post.locator else ()))
        return self._cipher.encrypt("\n".join(named).encode(), None)

    def read_reference(self, reference: bytes) -> KnownPost:
        """What names a post on its network, behind a row of `references`."""
        named = self._cipher.decrypt(reference, None).decode().split("\n")
        post_id, url, locator = (*named, "", "")[:3]
        return KnownPost(post_id, url or None, locator or None)

    def rows(
        self,
        campaign_id: str,
        collection_id: str,
        pages: Sequence[NumberedPage],
        collected_at: datetime,
    ) -> Rows:
        """The rows of some pages; who writes them takes out whom to forget (`data.buried`).

        What a page says twice of a post at one moment is kept once, as it says it last.
        `collected_at` is the moment for posts whose network does not say it.
        """
        posts: list[Post] = []
        numbers: list[int] = []
        cursors: list[str | None] = []
        for page in pages:
            kept = {(it.network, it.post_id, it.observed_at): it for it in page.rows}.values()
            posts += kept
            numbers += [page.number] * len(kept)
            cursors += [page.cursor] * len(kept)
        self.aliases.clear()
        if not posts:
            return Rows(OBSERVATIONS.empty_table(), REFERENCES.empty_table(), ALIASES.empty_table())
        columns = self._columns(posts, collected_at)
        columns |= {
            "campaign_id": [campaign_id] * len(posts),
            "collection_id": [collection_id] * len(posts),
            "page": numbers,
            "cursor": cursors,
        }
        observations = pa.table(
            [pa.array(columns[f.name], type=f.type) for f in OBSERVATIONS], schema=OBSERVATIONS
        )
        references = pa.table(
            {
                "campaign_id": columns["campaign_id"],
                "post_id": columns["post_id"],
                "reference": [self.reference(post) for post in posts],
            },
            schema=REFERENCES,
        )
        aliases = pa.table(
            {
                "campaign_id": [campaign_id] * len(self.aliases),
                "alias": list(self.aliases.keys()),
                "author_id": list(self.aliases.values()),
            },
            schema=ALIASES,
        )
        return Rows(observations, references, aliases)

    def _columns(self, posts: Sequence[Post], collected_at: datetime) -> dict[str, Any]:
        """The columns of some posts, one after the other; what repeats is computed once."""
        given: dict[str, Any] = dict(zip(Post._fields, zip(*posts, strict=True), strict=True))
        networks, post, text = given["network"], cache(self.post), cache(self.text)
        hashtags, links, language = cache(_hashtags), cache(_links), cache(_language)
        mentions, month = cache(self._mentions), cache(_month)
        kinds = list(map(kind_of, given["repost_of"], given["reply_to"], given["quote_of"]))
        columns: dict[str, Any] = {
            "month": [
                month(it.year, it.month) if it else "unknown" for it in given["published_at"]
            ],
            "network": networks,
            "post_id": list(map(post, networks, given["post_id"])),
            "kind": kinds,
            "author_id": list(map(self._account, networks, given["author"])),
            "root_id": [it and post(n, it) for n, it in zip(networks, given["root_id"])],
            "published_at": given["published_at"],
            "observed_at": [it or collected_at for it in given["observed_at"]],
            "text": [it and text(n, it) for n, it in zip(networks, given["text"])],
            "language": list(map(language, given["language"])),
            "hashtags": list(map(hashtags, given["hashtags"])),
            "mentions": list(map(mentions, networks, given["mentions"])),
            "links": list(map(links, given["links"])),
            "author_followers": given["author_followers"],
        }
        for pointer in ("repost_of", "reply_to", "quote_of"):
            columns[f"{pointer}_id"] = [
                it and post(n, it.post_id) for n, it in zip(networks, given[pointer])
            ]
            columns[f"{pointer}_author_id"] = [
                it and self._account(n, it.author) for n, it in zip(networks, given[pointer])
            ]
        # A repost carries no counts of its own: networks repeat the original's there.
        is_repost = np.array([it is not None for it in given["repost_of"]])
        for name in COUNTS:
            columns[name] = pa.array(given[name], pa.int64(), mask=is_repost)
        return columns

    def _mentions(self, network: Network, mentions: tuple[Account, ...]) -> list[str]:
        return list(dict.fromkeys(self._account(network, it) for it in mentions))

    def _hidden(self, network: Network, named: str) -> str:
        handle = named.removeprefix("/").removeprefix("u/").lstrip("@＠")
        return f"@{self._handle(network, handle)}"

    def _digest(self, message: str) -> str:
        keyed = self._keyed.copy()  # the key is hashed once: a post takes several
        keyed.update(message.encode())
        return keyed.hexdigest()[:_LENGTH]


def _mark(pseudonym: str) -> int:
    """A pseudonym as a number of eight bytes: two are never taken for one."""
    return int(pseudonym[:15], 16)


def _month(year: int, month: int) -> str:
    return f"{year:04}-{month:02}"


def _language(code: str | None) -> str | None:
    if code is None:
        return None
    primary = code.replace("_", "-").partition("-")[0].lower()
    return None if primary in _NO_LANGUAGE else primary


def _hashtags(tags: Iterable[str]) -> list[str]:
    """In their normal form, each once, in their order."""
    return [tag for tag in dict.fromkeys(map(normal_hashtag, tags)) if tag]


def _links(links: Iterable[str]) -> list[str]:
    """Links that name nobody: those into the networks go, and those to somebody's page there."""
    return [link for link in dict.fromkeys(links) if not _names_somebody(link)]


def _names_somebody(link: str) -> bool:
    if "@" in link or "/users/" in link:
        return True
    try:
        host = urlsplit(link).hostname or ""
    except ValueError:
        return True
    return ".".join(host.split(".")[-2:]) in _NETWORK_HOSTS
