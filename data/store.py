"""What a lake is made of: its tables, the lock that its writers share, and where it lies."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import platformdirs
import pyarrow as pa
from filelock import FileLock

from data.model import OBSERVATIONS, POSTS
from data.pseudonyms import ALIASES, REFERENCES
from data.tables import Table, cursor

_TIME = pa.timestamp("us", tz="UTC")

#: One row each time a campaign was created or changed; the newest holds.
CAMPAIGNS = pa.schema(
    [
        ("campaign_id", pa.string()),
        ("title", pa.string()),
        ("hashtags", pa.list_(pa.string())),
        ("is_demo", pa.bool_()),
        ("created_at", _TIME),
        ("key_check", pa.string()),
        ("networks", pa.list_(pa.string())),
        ("since", _TIME),
        ("until", _TIME),
        ("instances", pa.list_(pa.string())),
        ("subreddits", pa.list_(pa.string())),
        ("budget_dollars", pa.float64()),
        ("budget_posts", pa.int64()),
        ("changed_at", _TIME),
    ]
)
#: What was collected: one row each time that something was said of a collection.
COLLECTIONS = pa.schema(
    [
        ("campaign_id", pa.string()),
        ("collection_id", pa.string()),
        ("source", pa.string()),
        ("format", pa.string()),
        ("started_at", _TIME),
        ("finished_at", _TIME),
        ("read", pa.int64()),
        ("new", pa.int64()),
        ("known", pa.int64()),
        ("refused", pa.int64()),
        ("outcome", pa.string()),
        ("network", pa.string()),
        ("since", _TIME),
        ("until", _TIME),
        ("requests", pa.int64()),
        ("dollars", pa.float64()),
        ("gone", pa.int64()),
        ("missing", pa.string()),
    ]
)
#: `kind` is "account" or "post"; it was an account before there were others.
TOMBSTONES = pa.schema(
    [("campaign_id", pa.string()), ("tombstone", pa.string()), ("kind", pa.string())]
)
#: What a person called a topic, known by its terms; a name that is null was taken away.
TOPIC_NAMES = pa.schema(
    [
        ("campaign_id", pa.string()),
        ("language", pa.string()),
        ("terms", pa.list_(pa.string())),
        ("name", pa.string()),
        ("named_at", _TIME),
    ]
)


class LakeError(Exception):
    """What the lake refuses; `code` names the sentence in `locales` (`error.<code>`)."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code, values)
        self.code = code
        self.values = values


def home() -> Path:
    """The folder of all that the program keeps: `PORTE_VOIX_HOME`, or the user's data folder.

    It lies outside the folders that systems copy to a cloud by default.
    """
    moved = os.environ.get("PORTE_VOIX_HOME")
    if moved:
        return Path(moved).expanduser().absolute()
    return Path(platformdirs.user_data_dir("porte-voix", appauthor=False, roaming=False))


class Store:
    """The tables of a lake, the folders beside them, and the lock; none is made before its use.

    `spill` is for what does not fit in memory, `aside` has a folder a campaign.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.spill = root / "spill"
        self.aside = root / "aside"
        lake, by_campaign = root / "lake", ("campaign_id",)
        self.campaigns = Table(lake / "campaigns", CAMPAIGNS, by_campaign, has_grown=True)
        self.collections = Table(lake / "collections", COLLECTIONS, by_campaign, has_grown=True)
        self.tombstones = Table(lake / "tombstones", TOMBSTONES, by_campaign, has_grown=True)
        self.topic_names = Table(lake / "topic_names", TOPIC_NAMES, by_campaign)
        self.references = Table(lake / "references", REFERENCES, by_campaign)
        self.aliases = Table(lake / "aliases", ALIASES, by_campaign)
        self.observations = Table(lake / "observations", OBSERVATIONS, by_campaign)
        self.posts = Table(lake / "posts", POSTS, ("campaign_id", "month"))
        self.tables = (
            *(self.campaigns, self.collections, self.tombstones, self.topic_names),
            *(self.references, self.aliases, self.observations, self.posts),
        )

    def writing(self) -> FileLock:
        """Writers take turns, in this program and in others."""
        self.root.mkdir(parents=True, exist_ok=True)
        return FileLock(self.root / "writing.lock")

    def rows(self, table: Table, campaign_id: str | None = None) -> duckdb.DuckDBPyRelation:
        """The rows of a campaign, or of all, by the DuckDB that all readers share."""
        return table.rows(cursor(self.spill), campaign_id)
