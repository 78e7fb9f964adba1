"""Who asked to be forgotten, and which posts are gone: taken out of rows as they are written.

Rows may wait for hours between their making and their writing. So nothing is decided when they are
made: whoever writes them holds the lock, reads the tombstones of that moment, and takes out here
what must not come back.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from data.pseudonyms import Pseudonyms, Rows
from data.store import Store

_MENTION = re.compile(r"@([0-9a-f]{26})")
_NAMES = ("author_id", "repost_of_author_id", "reply_to_author_id", "quote_of_author_id")


class Kept(NamedTuple):
    """Rows that may be written, how many posts were taken out of them, and whom to bury too."""

    rows: Rows
    taken_out: int
    unburied: Collection[str]


class Buried:
    """The tombstones of a campaign."""

    def __init__(
        self, pseudonyms: Pseudonyms, accounts: Iterable[str] = (), posts: Iterable[str] = ()
    ) -> None:
        self._pseudonyms = pseudonyms
        self._accounts = frozenset(accounts)
        self._posts = frozenset(posts)

    @classmethod
    def of(cls, store: Store, campaign_id: str, pseudonyms: Pseudonyms) -> Buried:
        """Those of this moment; who decides by them holds the lock."""
        found = store.rows(store.tombstones, campaign_id).select("tombstone, kind").fetchall()
        return cls(
            pseudonyms,
            (tombstone for tombstone, kind in found if kind != "post"),
            (tombstone for tombstone, kind in found if kind == "post"),
        )

    def has_post(self, pseudonym: str) -> bool:
        """Whether this post was removed, because it is public no more."""
        return bool(self._posts) and self._pseudonyms.tombstone(pseudonym) in self._posts

    def has_account(self, pseudonym: str) -> bool:
        """Whether this account asked to be forgotten."""
        return bool(self._accounts) and self._pseudonyms.tombstone(pseudonym) in self._accounts

    def kept(self, rows: Rows) -> Kept:
        """What of some rows may be written.

        Posts of the buried and the reposts of them are left out; replies to them, quotes and
        mentions of them stay without them. A handle that an account is met with is its own: where
        one of the two is buried, so is the other.
        """
        if not self._accounts and not self._posts:
            return Kept(rows, 0, ())
        observations = rows.observations
        people = set(filter(self.has_account, _named_in(rows)))
        unburied = set()
        for alias, author in _pairs(rows.aliases):
            if alias in people or author in people:
                unburied |= {alias, author} - people
        people |= unburied
        persons = pa.array(sorted(people), pa.string())
        posts = _unique(observations, "post_id", "repost_of_id")
        gone = pa.array(sorted(filter(self.has_post, posts)), pa.string())

        is_out = pc.or_(
            pc.or_(
                pc.is_in(observations["author_id"], persons),
                pc.is_in(observations["repost_of_author_id"], persons),
            ),
            pc.or_(
                pc.is_in(observations["post_id"], gone),
                pc.is_in(observations["repost_of_id"], gone),
            ),
        )
        stays = pc.invert(is_out)
        out = observations.filter(is_out)
        theirs = set(out["post_id"].to_pylist())
        observations = observations.filter(stays)
        if people:
            observations = _without(observations, people, persons, theirs)
        pairs = _pairs(rows.aliases)
        is_other = [alias not in people and author not in people for alias, author in pairs]
        kept = Rows(
            observations,
            rows.references.filter(stays),
            rows.aliases.filter(pa.array(is_other, pa.bool_())),
        )
        return Kept(kept, out.num_rows, unburied)


def bury(store: Store, campaign_id: str, tombstones: Iterable[str], kind: str) -> None:
    """Set tombstones, of accounts ("account") or of posts ("post"); the caller holds the lock."""
    rows = [
        {"campaign_id": campaign_id, "tombstone": tombstone, "kind": kind}
        for tombstone in tombstones
    ]
    if rows:
        store.tombstones.append(rows)


def _named_in(rows: Rows) -> set[str]:
    """Every pseudonym of an account in some rows, in their texts too."""
    named = _unique(rows.observations, *_NAMES)
    named |= set(pc.unique(pc.list_flatten(rows.observations["mentions"])).to_pylist())
    for text in _unique(rows.observations, "text"):
        named.update(_MENTION.findall(text))
    for pair in _pairs(rows.aliases):
        named.update(pair)
    return named


def _without(
    observations: pa.Table, people: set[str], persons: pa.Array, theirs: set[str]
) -> pa.Table:
    """Rows of others, with what points to people or to their posts taken out."""
    for pointer in ("reply_to", "quote_of"):
        is_theirs = pc.is_in(observations[f"{pointer}_author_id"], persons)
        theirs |= set(observations.filter(is_theirs)[f"{pointer}_id"].drop_null().to_pylist())
        for column in (f"{pointer}_id", f"{pointer}_author_id"):
            observations = _with(
                observations, column, pc.if_else(is_theirs, None, observations[column])
            )
    is_theirs = pc.is_in(observations["root_id"], pa.array(sorted(theirs), pa.string()))
    root = pc.if_else(is_theirs, None, observations["root_id"])
    observations = _with(observations, "root_id", root)
    mentions = [
        [it for it in each if it not in people] for each in observations["mentions"].to_pylist()
    ]
    observations = _with(observations, "mentions", mentions)

    def hidden(found: re.Match[str]) -> str:
        return "@…" if found[1] in people else found[0]

    texts = [text and _MENTION.sub(hidden, text) for text in observations["text"].to_pylist()]
    return _with(observations, "text", texts)


def _with(table: pa.Table, name: str, values: object) -> pa.Table:
    place = table.schema.get_field_index(name)
    field = table.schema.field(place)
    if isinstance(values, list):
        values = pa.array(values, field.type)
    return table.set_column(place, field, values)


def _unique(table: pa.Table, *names: str) -> set[str]:
    return {it for name in names for it in pc.unique(table[name]).to_pylist() if it is not None}


def _pairs(aliases: pa.Table) -> Iterator[tuple[str, str]]:
    return zip(aliases["alias"].to_pylist(), aliases["author_id"].to_pylist(), strict=True)
