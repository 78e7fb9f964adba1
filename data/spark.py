"""How Spark reads a table of the lake: its own Parquet files, without any jar."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from data.tables import Table

_ZONE = "spark.sql.session.timeZone"


def scan(table: Table, campaign_id: str, url: str | None = None) -> Any:
    """A PySpark DataFrame of a campaign's rows in a table's newest version.

    The active session reads it, or one that Spark makes from its own settings
    (`spark-defaults.conf`, `PYSPARK_SUBMIT_ARGS`). The log is read here; workers read the
    files where they lie, or below `url`, where they find the same files in a folder of the
    same name.

    Raises:
        ModuleNotFoundError: PySpark is not installed.
        ValueError: the session's time zone is not UTC: its days would be others.
    """
    try:
        from pyspark.sql import SparkSession
        from pyspark.sql.pandas.types import from_arrow_schema
    except ModuleNotFoundError as missing:
        raise ModuleNotFoundError(
            "Spark is not installed here: pip install -r requirements-spark.txt"
        ) from missing
    session = SparkSession.getActiveSession()
    if session is None:
        session = SparkSession.builder.config(_ZONE, "UTC").getOrCreate()
    zone = session.conf.get(_ZONE)
    if zone != "UTC":
        raise ValueError(
            f"days are UTC days here, and those of this session are of {zone}:"
            f' session.conf.set("{_ZONE}", "UTC")'
        )
    files = table.files(campaign_id)
    if not files:
        return session.createDataFrame(table.schema.empty_table())
    # `as_uri` would percent-encode, and Spark takes that for the letters of a name.
    lake = url or f"file:///{table.folder.parent.as_posix().lstrip('/')}"
    base = f"{lake.rstrip('/')}/{table.folder.name}"
    paths = (f"{base}/{Path(file).relative_to(table.folder).as_posix()}" for file in files)
    schema = from_arrow_schema(table.schema)
    rows = session.read.schema(schema).option("basePath", base).parquet(*paths)
    return rows.select(*table.schema.names)
