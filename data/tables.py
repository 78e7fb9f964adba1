"""One Delta table of the lake, and how DuckDB reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import duckdb
import pyarrow as pa
from deltalake import (
    ColumnProperties,
    CommitProperties,
    DeltaTable,
    Schema,
    Transaction,
    WriterProperties,
    write_deltalake,
)

# zstd halves what a lake takes on disk; small row groups keep the writer's memory small.
# Statistics would keep the smallest and largest pseudonym of each file; what hardly repeats
# is not worth the search for repetitions.
_PLAIN = ColumnProperties(dictionary_enabled=False, statistics_enabled="NONE")
_WRITER = WriterProperties(
    compression="ZSTD",
    compression_level=1,
    max_row_group_size=131_072,
    default_column_properties=ColumnProperties(statistics_enabled="NONE"),
    column_properties=dict.fromkeys(("post_id", "root_id", "text", "reference", "alias"), _PLAIN),
)
_FILES_A_FOLDER = 64

#: The folder in a table of what happened to it.
_LOG = "_delta_log"


class Table:
    """A Delta table in a folder, partitioned first by `campaign_id`; made on its first write.

    `has_grown` says that the schema has gained columns since lakes were first written: files
    that lack them read as null there, and the first write adds them.
    """

    def __init__(
        self,
        folder: Path,
        schema: pa.Schema,
        partition_by: tuple[str, ...],
        *,
        has_grown: bool = False,
    ) -> None:
        self.folder = folder
        self.schema = schema
        self._partition_by = list(partition_by)
        self._has_grown = has_grown

    def load(self, version: int | None = None) -> DeltaTable | None:
        """The table at a version (default: the newest), or None before its first write."""
        if not (self.folder / _LOG).is_dir():
            return None
        return DeltaTable(str(self.folder), version=version)

    def create(self) -> DeltaTable:
        """The newest table, made empty where there is none, with the columns that it lacked."""
        table = self.load()
        if table is not None:
            known = {field.name for field in table.schema().fields}
            fields = Schema.from_arrow(pa.schema(self.schema)).fields
            lacking = [field for field in fields if field.name not in known]
            if lacking:
                table.alter.add_columns(lacking)
            return table
        self.folder.mkdir(parents=True, exist_ok=True)
        return DeltaTable.create(
            str(self.folder),
            pa.schema(self.schema),
            mode="ignore",
            partition_by=self._partition_by,
            # Statistics in the log would say as much of people as those in the files.
            configuration={"delta.dataSkippingStatsColumns": self._partition_by[0]},
        )

    def append(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Append a few rows, each with the columns of the schema by name; what it lacks is null."""
        self.write(pa.Table.from_pylist(rows, schema=self.schema))

    def write(
        self,
        rows: pa.Table | pa.RecordBatchReader,
        *,
        transactions: Sequence[Transaction] = (),
        replace: str | None = None,
        table: DeltaTable | None = None,
    ) -> None:
        """Append rows of the table's schema, or replace those of a predicate, in one commit.

        `transactions` are the checkpoints that the commit carries; Delta refuses them when
        another commit has moved one since `table` was loaded.
        """
        target = table or self.create()
        properties = CommitProperties(app_transactions=list(transactions) or None)
        if replace is None:
            write_deltalake(
                target,
                rows,
                mode="append",
                writer_properties=_WRITER,
                commit_properties=properties,
            )
        else:
            write_deltalake(
                target,
                rows,
                mode="overwrite",
                predicate=replace,
                writer_properties=_WRITER,
                commit_properties=properties,
            )

    def files(self, campaign_id: str | None = None, table: DeltaTable | None = None) -> list[str]:
        """The Parquet files of a campaign (or of all), sorted, in a loaded table or the newest.

        Paths are unquoted here: the addresses that Delta gives percent-encode, and a home
        folder with an accent could not be read.
        """
        if table is not None:
            files = _files(table)
        elif (newest := _newest_commit(self.folder)) is not None:
            files = _files_at(self.folder, newest)
        else:
            return []
        return sorted(
            str(self.folder / path)
            for path, campaign in files
            if campaign_id is None or campaign == campaign_id
        )

    def rows(
        self, connection: duckdb.DuckDBPyConnection, campaign_id: str | None = None
    ) -> duckdb.DuckDBPyRelation:
        """The rows of a campaign, or of all, in the newest version."""
        return self.scan(connection, self.files(campaign_id))

    def scan(
        self, connection: duckdb.DuckDBPyConnection, files: Iterable[str]
    ) -> duckdb.DuckDBPyRelation:
        """The rows of some of the table's files, in the columns of its schema."""
        paths = list(files)
        if not paths:
            return connection.from_arrow(self.schema.empty_table())
        listed = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
        source = f"read_parquet([{listed}], hive_partitioning=true, hive_types_autocast=false"
        if not self._has_grown:
            columns = ", ".join(f'"{name}"' for name in self.schema.names)
            return connection.sql(f"select {columns} from {source})")
        # Looks into every file first, which would be felt where there are hundreds.
        rows = connection.sql(f"from {source}, union_by_name=true)")
        wanted = connection.from_arrow(self.schema.empty_table())
        there = set(rows.columns)
        return rows.project(
            ", ".join(
                f'"{name}"' if name in there else f'null::{kind} as "{name}"'
                for name, kind in zip(wanted.columns, wanted.types)
            )
        )

    def is_scattered(self, campaign_id: str) -> bool:
        """Whether a campaign lies in so many small files that reading them takes longer."""
        files = self.files(campaign_id)
        return len(files) > _FILES_A_FOLDER * len({Path(file).parent for file in files})

    def compact(self) -> None:
        """Few large files instead of many small; what nobody has read for an hour goes."""
        table = self.load()
        if table is not None:
            table.optimize.compact(writer_properties=_WRITER)
            table.vacuum(retention_hours=1, dry_run=False, enforce_retention_duration=False)

    def erase_history(self) -> None:
        """Leave nothing on disk but the newest version: no older file, statistic or log entry."""
        table = self.load()
        if table is None:
            return
        table.alter.set_table_properties({"delta.logRetentionDuration": "interval 0 days"})
        table.vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)
        table = DeltaTable(str(self.folder))
        table.create_checkpoint()
        table.cleanup_metadata()
        self._sweep(table)

    def _sweep(self, table: DeltaTable) -> None:
        """Remove the files that the log does not know: a writer that was killed leaves them, whole
        or in part. Who calls this holds the lock, so nobody else is writing."""
        known = {self.folder / path for path, _ in _files(table)}
        for file in self.folder.rglob("*"):
            is_of_log = _LOG in file.parts
            is_left = "#" in file.name if is_of_log else file not in known
            if is_left and file.is_file():
                file.unlink()


def _files(table: DeltaTable) -> tuple[tuple[str, str], ...]:
    """The path of each file in the folder of its table, and the campaign that it is of."""
    actions = pa.table(table.get_add_actions(flatten=True))
    paths = map(unquote, actions["path"].to_pylist())
    return tuple(zip(paths, actions["partition.campaign_id"].to_pylist(), strict=True))


@lru_cache(maxsize=32)
def _files_at(folder: Path, commit: tuple[str, int]) -> tuple[tuple[str, str], ...]:
    """The files as of a commit: pages ask at every click, and to open a table takes longest."""
    return _files(DeltaTable(str(folder)))


def _newest_commit(folder: Path) -> tuple[str, int] | None:
    """The name of a table's newest commit, and when it was written; None before the first."""
    newest = max((folder / _LOG).glob("*.json"), default=None)
    return (newest.name, newest.stat().st_mtime_ns) if newest else None


def connect(spill: Path) -> duckdb.DuckDBPyConnection:
    """A DuckDB in memory of one's own, whose days are UTC on every machine.

    What does not fit in memory goes to `spill`, never to the folder the program was started in.
    """
    connection = duckdb.connect(":memory:")
    where = str(spill).replace("'", "''")
    connection.execute(f"set temp_directory = '{where}'")
    connection.execute("set preserve_insertion_order = false")
    connection.execute("set TimeZone = 'UTC'")
    return connection


def connect_to_rewrite(spill: Path) -> duckdb.DuckDBPyConnection:
    """A DuckDB for work on whole tables: it spills early, for a laptop has other things to do."""
    spill.mkdir(parents=True, exist_ok=True)
    connection = connect(spill)
    connection.execute("set memory_limit = '400MB'")
    # Twice the threads is twice the memory, and the writer is the slower half.
    connection.execute("set threads = 2")
    return connection


def cursor(spill: Path) -> duckdb.DuckDBPyConnection:
    """A cursor of the DuckDB that all readers share: a new one takes longer than most queries."""
    shared = _shared(spill).cursor()
    shared.execute("set TimeZone = 'UTC'")
    return shared


@lru_cache(maxsize=4)
def _shared(spill: Path) -> duckdb.DuckDBPyConnection:
    return connect(spill)
