"""Forgets an account, or posts that are gone: rows rewritten, tombstones set, history erased.

Killed anywhere and done again, both end as if they had run through: the tombstones come first,
and what says which rows are concerned goes last.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing

import duckdb
import pyarrow as pa

from data.buried import Buried, bury
from data.model import Account, Network
from data.pseudonyms import Pseudonyms
from data.store import Store
from data.tables import Table, connect_to_rewrite


def forget(
    store: Store, campaign_id: str, network: Network, account: Account, pseudonyms: Pseudonyms
) -> int:
    """Remove an account's rows from a campaign and every pointer to it; gives the posts removed."""
    with closing(connect_to_rewrite(store.spill)) as connection:
        store.aliases.rows(connection, campaign_id).create_view("alias")
        store.observations.rows(connection, campaign_id).create_view("seen")
        _find(connection, _first_names(network, account, pseudonyms))
        names = [name for (name,) in connection.execute("from person").fetchall()]
        # First, so that a crash further on cannot let an import bring the person back.
        bury(store, campaign_id, map(pseudonyms.tombstone, names), "account")
        stays = {
            store.posts: _without_person(names),
            store.references: "select * from source where post_id not in (from gone)",
            store.observations: _without_person(names),
            store.aliases: "select * from source where alias not in (from person)"
            " and author_id not in (from person)",
        }
        return _rewrite(connection, campaign_id, stays)


def remove(store: Store, campaign_id: str, post_ids: Iterable[str], pseudonyms: Pseudonyms) -> int:
    """Remove posts, by their pseudonyms, and the reposts of them; gives the posts removed.

    Replies to them and quotes stay, with a pointer that names nobody.
    """
    post_ids = list(post_ids)
    with closing(connect_to_rewrite(store.spill)) as connection:
        buried = Buried.of(store, campaign_id, pseudonyms)
        unburied = [post_id for post_id in post_ids if not buried.has_post(post_id)]
        bury(store, campaign_id, map(pseudonyms.tombstone, unburied), "post")
        store.observations.rows(connection, campaign_id).create_view("observation")
        store.posts.rows(connection, campaign_id).create_view("post")
        connection.execute(
            "create temp table asked as select unnest($post_ids) as post_id",
            {"post_ids": post_ids},
        )
        connection.execute(
            "create temp table gone as select distinct post_id"
            " from (select post_id, repost_of_id from observation"
            " union all select post_id, repost_of_id from post)"
            " where post_id in (from asked) or repost_of_id in (from asked)"
        )
        connection.execute(
            "create temp table kept as select distinct post_id from observation"
            " where post_id not in (from gone)"
        )
        others = "select * from source where post_id not in (from gone)"
        # A post is looked for as long as it is in `posts` and has a reference: what is killed
        # before that is found and removed again, and a reference left alone goes the next time.
        stays = {
            store.observations: others,
            store.posts: others,
            store.references: "select * from source where post_id in (from kept)",
        }
        return _rewrite(connection, campaign_id, stays)


def _rewrite(
    connection: duckdb.DuckDBPyConnection, campaign_id: str, stays: dict[Table, str]
) -> int:
    """Leave of each table, in this order, what a query over `source` gives, and no history.

    Gives the number of posts in `gone`.
    """
    for table, query in stays.items():
        table.rows(connection, campaign_id).create_view("source", replace=True)
        table.write(
            pa.RecordBatchReader.from_stream(connection.sql(query)),
            replace=f"campaign_id = '{campaign_id}'",
        )
        table.erase_history()
    found = connection.execute("select count(*) from gone").fetchone()
    return found[0] if found else 0


def _first_names(network: Network, account: Account, pseudonyms: Pseudonyms) -> list[str]:
    names = []
    if account.id:
        names.append(pseudonyms.account(network, Account(account.id)))
    if account.handle:
        names.append(pseudonyms.handle(network, account.handle))
    return names


def _find(connection: duckdb.DuckDBPyConnection, first: list[str]) -> None:
    """`person`: every pseudonym of the account; `gone`: the posts to remove; `named`: its own."""
    connection.execute("create temp table person (name varchar)")
    connection.executemany("insert into person values (?)", [(name,) for name in first])
    # A handle leads to the account, and the account to the other handles that it has borne.
    for known, other in (("alias", "author_id"), ("author_id", "alias")):
        connection.execute(
            f"insert into person select {other} from alias"
            f" where {known} in (from person) and {other} not in (from person)"
        )
    connection.execute(
        "create temp table gone as select distinct post_id from seen"
        " where author_id in (from person) or repost_of_author_id in (from person)"
    )
    pointers = " union ".join(
        f"select {pointer}_id as post_id from seen where {pointer}_author_id in (from person)"
        for pointer in ("repost_of", "reply_to", "quote_of")
    )
    connection.execute(
        f"create temp table named as select post_id from gone union"
        f" select post_id from ({pointers}) where post_id is not null"
    )


def _without_person(names: list[str]) -> str:
    """The rows of others, with what points to the person or to their posts taken out."""
    listed = ", ".join(f"'{name}'" for name in names)
    text = "text"
    for name in names:
        text = f"replace({text}, '@{name}', '@…')"
    changes = [
        f"{text} as text",
        f"list_filter(mentions, lambda m: m not in ({listed})) as mentions",
        "case when root_id not in (from named) then root_id end as root_id",
    ]
    for pointer in ("reply_to", "quote_of"):
        stays = (
            f"coalesce({pointer}_id not in (from named), true)"
            f" and coalesce({pointer}_author_id not in (from person), true)"
        )
        changes += [
            f"case when {stays} then {pointer}_{what} end as {pointer}_{what}"
            for what in ("id", "author_id")
        ]
    return f"select * replace ({', '.join(changes)}) from source where post_id not in (from gone)"
