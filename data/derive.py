"""Derives `posts`, the latest state of each post, from `observations`.

The newest observation of a post is the one with the greatest rank: an answer with counts
goes before one without (a search may name a post whose counts another call gave), then the
later time, then the collection and page, so that two lakes that saw the same are the same,
whatever came first.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
from deltalake import CommitProperties, Transaction

from data.model import COUNTS, POSTS
from data.tables import Table, connect

_HAS_COUNTS = " or ".join(f"{count} is not null" for count in COUNTS)
_RANK = f"row(({_HAS_COUNTS}), observed_at, collection_id, page)"
_ACCOUNTS = ("author_id", "repost_of_author_id", "reply_to_author_id", "quote_of_author_id")
_MEMORY = "600MB"  # spills beyond; a laptop has other things to do


def derive(
    campaign_id: str,
    observations: Table,
    posts: Table,
    aliases: Table,
    spill: Path,
    *,
    from_scratch: bool = False,
) -> None:
    """Bring `posts` up to date with a campaign's observations; work grows with what is new.

    The commit carries the version of `observations` that it covers, so that the next call
    reads only what came after. `from_scratch` replaces all the campaign's posts, with the
    same result.
    """
    source = observations.load()
    if source is None:
        return
    table = posts.create()
    seen_at = table.transaction_version(f"observations:{campaign_id}")
    named_at = table.transaction_version(f"aliases:{campaign_id}")
    alias_table = aliases.load()
    transactions = [Transaction(f"observations:{campaign_id}", source.version())]
    if alias_table is not None:
        transactions.append(Transaction(f"aliases:{campaign_id}", alias_table.version()))

    everything = observations.files(campaign_id, source.version())
    if from_scratch:
        new, renamed = everything, []
    else:
        new = _since(observations, campaign_id, everything, seen_at)
        all_aliases = aliases.files(campaign_id)
        renamed = _since(aliases, campaign_id, all_aliases, named_at)
    if not new and not renamed and not from_scratch:
        return

    spill.mkdir(parents=True, exist_ok=True)
    connection = connect(spill)
    connection.execute(f"set memory_limit = '{_MEMORY}'")
    # Twice the threads is twice the memory, and the writer is the slower half.
    connection.execute("set threads = 2")
    try:
        existing = [] if from_scratch else posts.files(campaign_id, table.version())
        _alias_tables(connection, aliases, campaign_id, renamed)
        posts.scan(connection, existing).create_view("existing")
        observations.scan(connection, new).create_view("new")
        observations.scan(connection, everything).create_view("everything")
        _find_latest(connection, has_renamed=bool(renamed and existing))
        _write(connection, campaign_id, posts, transactions, from_scratch=from_scratch)
    finally:
        connection.close()


def _since(table: Table, campaign_id: str, now: list[str], version: int | None) -> list[str]:
    """The files that a version did not have; all of them where its log has gone."""
    if version is None:
        return now
    try:
        before = set(table.files(campaign_id, version))
    except Exception:  # delta-rs raises several kinds where the log of a version has gone
        return now
    return [file for file in now if file not in before]


def _alias_tables(
    connection: duckdb.DuckDBPyConnection, aliases: Table, campaign_id: str, renamed: list[str]
) -> None:
    """`alias`: all that is known, one row a handle; `renamed`: what became known since."""
    for name, files in (("alias", aliases.files(campaign_id)), ("renamed", renamed)):
        aliases.scan(connection, files).create_view(f"{name}_rows")
        connection.execute(
            f"create temp table {name} as"
            f" select alias, min(author_id) as author_id from {name}_rows group by alias"
        )


def _find_latest(connection: duckdb.DuckDBPyConnection, *, has_renamed: bool) -> None:
    """`current`: the newest row of each post that may have changed; `known`: what stands of it."""
    if has_renamed:
        named = " or ".join(f"{column} in (select alias from renamed)" for column in _ACCOUNTS)
        connection.execute(
            f"create temp table touched as select post_id from existing where {named}"
            " or list_has_any(mentions, (select list(alias) from renamed))"
        )
        connection.execute(
            "create view seen as select * from new anti join touched using (post_id)"
            " union all select * from everything semi join touched using (post_id)"
        )
    else:
        connection.execute("create temp table touched (post_id varchar)")
        connection.execute("create view seen as select * from new")
    connection.execute(
        f"create temp table latest as"
        f" select post_id, max({_RANK}) as latest_rank from seen group by post_id"
    )
    connection.execute(
        f"create temp table known as"
        f" select post_id, month as known_month, {_RANK} as known_rank"
        " from existing semi join latest using (post_id)"
    )
    met = " or ".join(f"alias in (select {column} from seen)" for column in _ACCOUNTS)
    connection.execute(
        f"create temp table hit as select alias, author_id as bearer from alias where {met}"
        " or alias in (select unnest(mentions) from seen)"
    )
    connection.execute(f"create view current as {_current(connection)}")


def _current(connection: duckdb.DuckDBPyConnection) -> str:
    """The newest rows, with a handle's pseudonym replaced by its account's where both are known."""
    replaced, joined = "", ""
    if connection.execute("from hit limit 1").fetchone():
        changes = [f"coalesce({c}_hit.bearer, {c}) as {c}" for c in _ACCOUNTS]
        changes.append("list_transform(mentions, lambda m: coalesce(bearers[m], m)) as mentions")
        replaced = f"replace ({', '.join(changes)})"
        joined = " ".join(f"left join hit {c}_hit on {c} = {c}_hit.alias" for c in _ACCOUNTS)
        joined += " cross join (select map(list(alias), list(bearer)) as bearers from hit)"
    return (
        f"select seen.* {replaced}, latest_rank from seen join latest using (post_id) {joined}"
        f" where {_RANK} = latest_rank"
    )


def _write(
    connection: duckdb.DuckDBPyConnection,
    campaign_id: str,
    posts: Table,
    done: list[Transaction],
    *,
    from_scratch: bool,
) -> None:
    """Append what is unknown, then update what is known and older; the last commit says done.

    After a crash in between, what was appended is found known and up to date.
    """
    columns = ", ".join(POSTS.names)
    newer = (
        f"select {columns}, known_month from current join known using (post_id)"
        " where latest_rank > known_rank or post_id in (select post_id from touched)"
    )
    months = [
        month
        for (month,) in connection.execute(
            f"select distinct known_month from ({newer}) order by 1"
        ).fetchall()
    ]
    unknown = connection.sql(f"select {columns} from current anti join known using (post_id)")
    posts.write(
        pa.RecordBatchReader.from_stream(unknown),
        transactions=[] if months else done,
        replace=campaign_id if from_scratch else None,
    )
    for month in months:
        changed = connection.sql(f"select {columns} from ({newer}) where known_month = '{month}'")
        posts.create().merge(
            changed.to_arrow_table(),
            # The month bounds the work: without it every file of the campaign is read.
            f"t.campaign_id = '{campaign_id}' and t.month = '{month}' and t.post_id = s.post_id",
            source_alias="s",
            target_alias="t",
            commit_properties=CommitProperties(
                app_transactions=done if month == months[-1] else None
            ),
        ).when_matched_update_all().execute()
