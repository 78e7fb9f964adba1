"""Forgets one account: rows rewritten, a tombstone set, earlier versions and logs erased."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa

from data.model import Account, Network
from data.pseudonyms import Pseudonyms
from data.tables import Table, connect


def forget(
    campaign_id: str,
    network: Network,
    account: Account,
    pseudonyms: Pseudonyms,
    *,
    observations: Table,
    posts: Table,
    references: Table,
    aliases: Table,
    tombstones: Table,
    spill: Path,
) -> int:
    """Remove an account's rows from a campaign and every pointer to it; gives the posts removed."""
    connection = connect(spill)
    try:
        aliases.scan(connection, aliases.files(campaign_id)).create_view("alias")
        observations.scan(connection, observations.files(campaign_id)).create_view("seen")
        _find(connection, _first_names(network, account, pseudonyms))
        names = [name for (name,) in connection.execute("from person").fetchall()]
        # First, so that a crash further on cannot let an import bring the person back.
        tombstones.write(_tombstones(campaign_id, names, pseudonyms, tombstones.schema))
        stays = {
            observations: _without_person(observations, names),
            posts: _without_person(posts, names),
            references: "select * from source where post_id not in (from gone)",
            aliases: "select * from source where alias not in (from person)"
            " and author_id not in (from person)",
        }
        for table, query in stays.items():
            table.scan(connection, table.files(campaign_id)).create_view("source", replace=True)
            table.write(
                pa.RecordBatchReader.from_stream(connection.sql(query)),
                replace=f"campaign_id = '{campaign_id}'",
            )
            table.erase_history()
        found = connection.execute("select count(*) from gone").fetchone()
        return found[0] if found else 0
    finally:
        connection.close()


def _first_names(network: Network, account: Account, pseudonyms: Pseudonyms) -> list[str]:
    names = []
    if account.id:
        names.append(pseudonyms.account(network, Account(account.id)))
    if account.handle:
        names.append(pseudonyms.handle(network, account.handle))
    return names


def _tombstones(
    campaign_id: str, names: list[str], pseudonyms: Pseudonyms, schema: pa.Schema
) -> pa.Table:
    rows = [{"campaign_id": campaign_id, "tombstone": pseudonyms.tombstone(name)} for name in names]
    return pa.Table.from_pylist(rows, schema=schema)


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


def _without_person(table: Table, names: list[str]) -> str:
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
