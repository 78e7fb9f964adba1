"""Puts the pages of one collection into the lake, each exactly once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable, Transaction

from data.buried import Buried, bury
from data.model import Network, NumberedPage
from data.pseudonyms import Pseudonyms, Rows
from data.store import Store
from data.tables import Table

_MARK = 15  # hex characters of a post's pseudonym


class Writer:
    """Puts the pages of one collection into the lake, each exactly once.

    A commit of observations carries its checkpoint, so after a crash anywhere the same pages
    may be given again: those that are in are passed over. `prepare` computes, `commit` writes;
    the one may go on while the other waits for the disk.
    """

    def __init__(
        self, store: Store, campaign_id: str, collection_id: str, pseudonyms: Pseudonyms
    ) -> None:
        self._store = store
        self._campaign_id = campaign_id
        self._collection_id = collection_id
        self._checkpoint = f"{campaign_id}:{collection_id}"
        self._pseudonyms = pseudonyms
        self._handles: dict[Table, DeltaTable] = {}
        self._tombstones: tuple[int, Buried] | None = None
        #: Rows left out so far because their author asked to be forgotten.
        self.forgotten = 0
        with store.writing():  # a table that lacks columns gets them here
            self._page_at_start = self.page

    @property
    def page(self) -> int:
        """The last page that is in the lake; 0 before the first."""
        return self._last_page(self._newest(self._store.observations))

    def resume(self) -> tuple[int, str | None]:
        """The last page in the lake and the cursor behind it: 0 and None before the first.

        None behind a later page says that it was the end.
        """
        [(last,)] = self._observed("page, cursor").aggregate("max((page, cursor))").fetchall()
        return self.page, last and last[1]

    @property
    def posts(self) -> int:
        """How many posts of this collection are in the lake."""
        [(posts,)] = self._observed("post_id").aggregate("count(distinct post_id)").fetchall()
        return int(posts)

    def seen(self) -> Iterator[int]:
        """Yield the posts of this collection that are in the lake, as `mark` names them."""
        marks = self._observed(f"('0x' || post_id[:{_MARK}])::bigint as mark")
        for batch in pa.RecordBatchReader.from_stream(marks):
            yield from batch["mark"].to_pylist()

    def mark(self, network: Network, post_id: str) -> int:
        """What `seen` calls a post: 60 bits of its pseudonym, a number that any database takes."""
        return int(self._pseudonyms.post(network, post_id)[:_MARK], 16)

    def append(self, pages: Sequence[NumberedPage], collected_at: datetime) -> None:
        """Write whole pages in one commit; those that are in the lake already are passed over."""
        self.commit(self.prepare(pages, collected_at))

    def prepare(self, pages: Sequence[NumberedPage], collected_at: datetime) -> Rows:
        """The rows of pages, ready for `commit`; none of those that were in when this began."""
        pages = [page for page in pages if page.number > self._page_at_start]
        return self._pseudonyms.rows(self._campaign_id, self._collection_id, pages, collected_at)

    def commit(self, rows: Rows) -> None:
        """Write prepared rows in one commit that carries their checkpoint."""
        store = self._store
        with store.writing():
            # Somebody may have been forgotten since these were prepared.
            rows, taken_out, unburied = self._buried().kept(rows)
            bury(store, self._campaign_id, map(self._pseudonyms.tombstone, unburied), "account")
            observations = self._newest(store.observations)
            # Another program may have read the same source meanwhile.
            is_missing = pc.field("page") > self._last_page(observations)
            missing = rows.observations.filter(is_missing)
            if not missing.num_rows:
                return
            if rows.aliases.num_rows:
                store.aliases.write(rows.aliases, table=self._newest(store.aliases))
            # Before the observations: an orphan is harmless, a missing one is not.
            store.references.write(rows.references, table=self._newest(store.references))
            checkpoint = Transaction(self._checkpoint, pc.max(missing["page"]).as_py())
            store.observations.write(missing, transactions=[checkpoint], table=observations)
        self.forgotten += taken_out

    def _buried(self) -> Buried:
        """The tombstones as they are now, read anew where there are new ones."""
        version = self._newest(self._store.tombstones).version()
        if self._tombstones is None or self._tombstones[0] != version:
            buried = Buried.of(self._store, self._campaign_id, self._pseudonyms)
            self._tombstones = version, buried
        return self._tombstones[1]

    def _observed(self, columns: str) -> duckdb.DuckDBPyRelation:
        """Some columns of the rows of this collection."""
        rows = self._store.rows(self._store.observations, self._campaign_id)
        collection = self._collection_id.replace("'", "''")
        return rows.filter(f"collection_id = '{collection}'").project(columns)

    def _newest(self, table: Table) -> DeltaTable:
        """The newest version, by what came since this writer's last: less to read than all."""
        handle = self._handles.get(table)
        if handle is None:
            handle = self._handles[table] = table.create()
        else:
            handle.update_incremental()
        return handle

    def _last_page(self, table: DeltaTable) -> int:
        return table.transaction_version(self._checkpoint) or 0
