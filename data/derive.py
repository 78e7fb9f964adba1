"""Derives `posts`, the latest state of each post, from `observations`.

The newest observation of a post is the one with the greatest rank: an answer with counts
goes before one without (a search may name a post whose counts another call gave), then the
later time, then the collection and page, so that two lakes that saw the same are the same,
whatever came first.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa
from deltalake import Transaction

from data.model import COUNTS, POSTS
from data.store import Store
from data.tables import Table, connect_to_rewrite

_HAS_COUNTS = " or ".join(f"{count} is not null" for count in COUNTS)
_RANK = f"row(({_HAS_COUNTS}), observed_at, collection_id, page)"
_ACCOUNTS = ("author_id", "repost_of_author_id", "reply_to_author_id", "quote_of_author_id")


def derive(store: Store, campaign_id: str, *, from_scratch: bool = False) -> None:
    """Bring `posts` up to date with a campaign's observations; work grows with what is new.

    The commit carries the version of `observations` that it covers, so that the next call
    reads only what came after. `from_scratch` replaces all the campaign's posts, with the
    same result.
    """
    observations, posts, aliases = store.observations, store.posts, store.aliases
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

    everything = observations.files(campaign_id, source)
    if from_scratch:
        new, renamed = everything, []
    else:
        new = _since(observations, campaign_id, everything, seen_at)
        all_aliases = aliases.files(campaign_id, alias_table)
        renamed = _since(aliases, campaign_id, all_aliases, named_at)
    if not new and not renamed and not from_scratch:
        return

    connection = connect_to_rewrite(store.spill)
    try:
        existing = [] if from_scratch else posts.files(campaign_id, table)
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
        before = set(table.files(campaign_id, table.load(version)))
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
    """`changed`: the posts that are new or newer than what stands; `current`: their newest rows."""
    if has_renamed:
        connection.execute(
            f"create temp table touched as select distinct post_id"
            f" from ({_accounts_in('existing')}) semi join renamed using (alias)"
        )
        connection.execute(
            "create view seen as select * from new anti join touched using (post_id)"
            " union all select * from everything semi join touched using (post_id)"
        )
    else:
        connection.execute("create temp table touched (post_id varchar)")
        connection.execute("create view seen as select * from new")
    connection.execute(
        f"create temp table latest as select post_id, max({_RANK}) as latest_rank,"
        f" arg_max(month, {_RANK}) as latest_month from seen group by post_id"
    )
    connection.execute(
        f"create temp table changed as select post_id, latest_month, known_month from latest"
        f" left join (select post_id, month as known_month, {_RANK} as known_rank"
        " from existing semi join latest using (post_id))"
        " using (post_id) where known_rank is null or latest_rank > known_rank"
        " or post_id in (from touched)"
    )
    connection.execute(
        "create temp table hit as select distinct alias, author_id as bearer from alias"
        f" join ({_accounts_in('seen')}) using (alias)"
    )
    connection.execute(f"create view current as {_current(connection)}")


def _accounts_in(rows: str) -> str:
    """Every pseudonym of an account in some rows, as `alias`, with the post that it stands in."""
    columns = [f"select post_id, {column} as alias from {rows}" for column in _ACCOUNTS]
    return " union all ".join([*columns, f"select post_id, unnest(mentions) from {rows}"])


def _current(connection: duckdb.DuckDBPyConnection) -> str:
    """The newest rows, with a handle's pseudonym replaced by its account's where both are known."""
    newest = f"select seen.* from seen join latest using (post_id) where {_RANK} = latest_rank"
    if not connection.execute("from hit limit 1").fetchone():
        return newest
    changes = [f"coalesce({c}_hit.bearer, {c}) as {c}" for c in _ACCOUNTS]
    joined = " ".join(f"left join hit {c}_hit on {c} = {c}_hit.alias" for c in _ACCOUNTS)
    return (
        f"with newest as ({newest}), mentioned as (select post_id, unnest(mentions) as alias,"
        " generate_subscripts(mentions, 1) as place from newest), renamed_mentions as"
        " (select post_id, list(coalesce(bearer, alias) order by place) as mentions_now"
        " from mentioned left join hit using (alias) group by post_id having count(bearer) > 0)"
        f" select newest.* replace ({', '.join(changes)},"
        " coalesce(mentions_now, mentions) as mentions)"
        f" from newest left join renamed_mentions using (post_id) {joined}"
    )


def _write(
    connection: duckdb.DuckDBPyConnection,
    campaign_id: str,
    posts: Table,
    done: list[Transaction],
    *,
    from_scratch: bool,
) -> None:
    """Put the changed rows into `posts` in one commit, so that a reader sees all of it or nothing.

    Unknown posts are appended. Where known ones changed, the months concerned are written
    anew: Parquet files are never changed in place, and the months bound the work.
    """
    columns = ", ".join(POSTS.names)
    rows = f"select {columns} from current semi join changed using (post_id)"
    replaced = f"campaign_id = '{campaign_id}'" if from_scratch else None
    found = connection.execute(
        "select distinct unnest([latest_month, known_month]) from changed"
        " where exists (from changed where known_month is not null)"
    ).fetchall()
    if found:
        months = ", ".join(sorted(f"'{month}'" for (month,) in found if month))
        rows += (
            f" union all select {columns} from existing anti join changed using (post_id)"
            f" where month in ({months})"
        )
        replaced = f"campaign_id = '{campaign_id}' and month in ({months})"
    posts.write(
        pa.RecordBatchReader.from_stream(connection.sql(rows)), transactions=done, replace=replaced
    )
