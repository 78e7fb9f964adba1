"""The lake: where campaigns, their posts and what was collected lie, and how they are read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import narwhals as nw
import pandas as pd
import pyarrow as pa

from data import aside, spark
from data.aside import KeptAside
from data.derive import derive
from data.forget import forget, remove
from data.keys import DEMO_KEY, Keys
from data.known import LastSeen, known, to_reread
from data.model import POSTS, Account, Campaign, Network
from data.pseudonyms import Pseudonyms
from data.retain import Retained, retain
from data.store import LakeError, Store, home
from data.tables import Table, connect
from data.writer import Writer

#: Numbers that may be unknown stay numbers, and unknown.
_NULLABLE = {pa.int64(): pd.Int64Dtype(), pa.float64(): pd.Float64Dtype()}
_NEVER = datetime.min.replace(tzinfo=UTC)
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class Lake:
    """Delta tables in a folder: append-only `observations`, derived `posts`, and what they need.

    Several programs may use one lake at once: readers never wait, writers take turns.

    >>> lake = Lake.demo()
    >>> [campaign.is_demo for campaign in lake.campaigns()][:1]
    [True]
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.store = Store(root)
        self._keys = Keys(root / "keys")

    @classmethod
    def of_user(cls) -> Lake:
        """The lake of this computer's user."""
        return cls(home())

    @classmethod
    def demo(cls) -> Lake:
        """The demonstration that comes with the program: invented, and only read."""
        return cls(Path(__file__).parent / "demo")

    # Campaigns

    def campaigns(self) -> list[Campaign]:
        """All campaigns, the newest first, as they were last changed."""
        rows = self.store.rows(self.store.campaigns).to_arrow_table().to_pylist()
        newest = {row["campaign_id"]: row for row in sorted(rows, key=_changed_at)}
        found = [_campaign(newest[campaign_id]) for campaign_id in sorted(newest)]
        return sorted(found, key=lambda campaign: campaign.created_at or _NEVER, reverse=True)

    def campaign(self, campaign_id: str) -> Campaign | None:
        """The campaign of this id, or None."""
        return next((c for c in self.campaigns() if c.campaign_id == campaign_id), None)

    def create(self, campaign: Campaign) -> Campaign:
        """Create a campaign and its key; one that is there already stays as it is.

        Raises:
            LakeError: the id is no slug (`a-z`, `0-9`, `-`; at most 40 characters), or is that
                of a campaign of the demonstration.
        """
        if not _SLUG.fullmatch(campaign.campaign_id) or len(campaign.campaign_id) > 40:
            raise LakeError("campaign-id", campaign=campaign.campaign_id)
        if not campaign.is_demo and Lake.demo().campaign(campaign.campaign_id):
            raise LakeError("campaign-demo", campaign=campaign.campaign_id)
        with self.store.writing():
            existing = self.campaign(campaign.campaign_id)
            if existing is not None:
                return existing
            for table in self.store.tables:
                table.create()
            key = DEMO_KEY if campaign.is_demo else self._keys.make(campaign.campaign_id)
            created = replace(campaign, created_at=campaign.created_at or datetime.now(UTC))
            self._write_campaign(created, _key_check(key), created.created_at)
        return created

    def update(self, campaign: Campaign) -> Campaign:
        """Change what a campaign collects; what it is (its beginning, its key) stays.

        Raises:
            LakeError: there is no such campaign.
        """
        with self.store.writing():
            before = self._newest_row(campaign.campaign_id)
            changed = replace(campaign, is_demo=before["is_demo"], created_at=before["created_at"])
            # Later than the last change, even on a computer whose clock was put back.
            at = max(datetime.now(UTC), _changed_at(before) + timedelta(microseconds=1))
            self._write_campaign(changed, before["key_check"], at)
        return changed

    # Writing

    def writer(self, campaign_id: str, collection_id: str) -> Writer:
        """What puts the pages of one collection into the lake, each exactly once.

        Raises:
            LakeError: there is no such campaign, or its key is not the one it began with.
            KeyMissing: its key is not on this computer.
        """
        return Writer(self.store, campaign_id, collection_id, self._pseudonyms(campaign_id))

    def derive(self, campaign_id: str) -> None:
        """Bring `posts` up to date with what has been observed; tidy up what many imports left."""
        with self.store.writing():
            derive(self.store, campaign_id)
            if self.store.observations.is_scattered(campaign_id):
                for table in self.store.tables:
                    table.compact()

    def rebuild(self, campaign_id: str) -> None:
        """Derive a campaign's posts again from all its observations, with the same result."""
        with self.store.writing():
            derive(self.store, campaign_id, from_scratch=True)

    def forget(self, campaign_id: str, network: Network, account: Account) -> int:
        """Remove every trace of an account from a campaign, for good; gives the posts removed.

        Its posts and the reposts of them go; replies to it, quotes and mentions of it stay
        without it. What is left of it is a tombstone, so that no later file brings it back.
        Earlier versions of the tables go too, and the pages kept aside: nobody can tell whom
        they name.
        """
        with self.store.writing():
            aside.clear(self.store.aside / campaign_id)
            pseudonyms = self._pseudonyms(campaign_id)
            return forget(self.store, campaign_id, network, account, pseudonyms)

    def remove(self, campaign_id: str, network: Network, post_ids: Sequence[str]) -> int:
        """Remove posts that are public no more, by their network's ids; gives the posts removed.

        The reposts of them go too; replies and quotes stay, and point to a pseudonym that
        nothing stands behind. Earlier versions of the tables go, and no later file brings the
        posts back.
        """
        if not post_ids:
            return 0
        with self.store.writing():
            pseudonyms = self._pseudonyms(campaign_id)
            gone = (pseudonyms.post(network, post_id) for post_id in post_ids)
            return remove(self.store, campaign_id, gone, pseudonyms)

    def compact(self) -> None:
        """Join small files into large ones; readers under way are not disturbed."""
        with self.store.writing():
            for table in self.store.tables:
                table.compact()

    def keep_newest(self) -> None:
        """Leave on disk nothing but the newest version of every table."""
        with self.store.writing():
            for table in self.store.tables:
                table.erase_history()

    def record(self, **collection: Any) -> None:
        """Keep what a collection did: the columns of `collections()`."""
        with self.store.writing():
            self.store.collections.append([collection])

    def name_topic(
        self,
        campaign_id: str,
        language: str | None,
        terms: Sequence[str],
        name: str | None,
        instead_of: Sequence[str] | None = None,
    ) -> None:
        """Remember what a topic is called, by its terms; None takes its name away.

        `instead_of` are the terms that it was named for before, when it had others.
        """
        with self.store.writing():
            said = {"campaign_id": campaign_id, "language": language, "named_at": datetime.now(UTC)}
            rows = [{**said, "terms": list(terms), "name": name}]
            if instead_of is not None and {*instead_of} != {*terms}:
                rows.append({**said, "terms": list(instead_of), "name": None})
            self.store.topic_names.append(rows)

    # Reading

    def posts(self, campaign_id: str, engine: str = "duckdb", url: str | None = None) -> Any:
        """A campaign's posts, with the columns of `data.model.POSTS`, as a narwhals frame.

        `engine` is "duckdb" (lazy, out of core), "pandas" (in memory, Arrow types) or "spark"
        (lazy, on a cluster; `url` is where that finds the folder `lake`, if not in its place).
        """
        return self._frame(self.store.posts, campaign_id, engine, url)

    def observations(self, campaign_id: str, engine: str = "duckdb", url: str | None = None) -> Any:
        """All that was seen of a campaign's posts: one row each time a post was read.

        The columns are those of `data.model.OBSERVATIONS`, the engines those of `posts`. The
        same reading may stand there more than once, as files may be imported again.
        """
        return self._frame(self.store.observations, campaign_id, engine, url)

    def version(self, campaign_id: str) -> str:
        """Names the state of a campaign's posts: it changes when they do, and only then."""
        return _state(self.store.posts.files(campaign_id))

    def version_of_observations(self, campaign_id: str) -> str:
        """Names the state of a campaign's observations: older ones may come in after the posts."""
        return _state(self.store.observations.files(campaign_id))

    def fingerprint(self, campaign_id: str) -> str:
        """Names the content of a campaign's posts: two lakes that hold the same have the same.

        Reads every row, so it is for checks and reports, not for caches.
        """
        columns = ", ".join(POSTS.names)
        connection = connect(self.store.spill)
        self.store.posts.rows(connection, campaign_id).create_view("posts")
        found = connection.execute(
            "select count(*), coalesce(sum(hash::hugeint), 0) from"
            f" (select md5_number_lower(row({columns})::varchar) as hash from posts)"
        ).fetchone()
        return sha256(repr(found).encode()).hexdigest()[:16]

    def collections(self, campaign_id: str) -> pd.DataFrame:
        """What was collected for a campaign, the newest first: one row a collection.

        Columns: collection_id, source, format, started_at, finished_at (UTC), read, new,
        known, refused (posts), outcome ("complete", "stopped"); of a network also: network,
        since, until (UTC, the window asked for), requests, dollars (what they cost), gone
        (posts found to be public no more), missing (a JSON list of what could not be read:
        `[{"code": …, …}]`). These are null for files and where nothing was to say.
        """
        table = self.store.rows(self.store.collections, campaign_id).to_arrow_table()
        rows: pd.DataFrame = table.to_pandas(types_mapper=_NULLABLE.get)
        # A run that ends in the moment it began has ended.
        rows["is_running"] = rows["outcome"] == "running"
        newest = rows.sort_values(["finished_at", "is_running"], ascending=[False, True])
        newest = newest.drop(columns="is_running")
        return newest.drop_duplicates("collection_id").reset_index(drop=True)

    def topic_names(self, campaign_id: str) -> pd.DataFrame:
        """What topics are called, the newest name first.

        Columns: language (null: unknown), terms (tuple of str, those it was named for), name.
        """
        rows = self.store.rows(self.store.topic_names, campaign_id).to_arrow_table().to_pylist()
        newest: dict[tuple[str | None, frozenset[str]], dict[str, Any]] = {}
        for row in sorted(rows, key=lambda it: it["named_at"], reverse=True):
            newest.setdefault((row["language"], frozenset(row["terms"])), row)
        return pd.DataFrame(
            [
                (row["language"], tuple(row["terms"]), row["name"])
                for row in newest.values()
                if row["name"] is not None
            ],
            columns=["language", "terms", "name"],
            dtype=object,
        )

    def seen(self, campaign_id: str, collection_id: str, started_at: datetime) -> tuple[int, int]:
        """Of the posts of one collection: how many there are, and how many were known before.

        Known before means seen by a collection that began earlier.
        """
        connection = connect(self.store.spill)
        self.store.observations.rows(connection, campaign_id).create_view("observations")
        self.store.collections.rows(connection, campaign_id).create_view("collections")
        found = connection.execute(
            "with mine as (select distinct post_id from observations where collection_id = ?),"
            " earlier as (select distinct post_id from observations where collection_id in"
            " (select collection_id from collections where started_at < ? and collection_id <> ?))"
            " select count(*), count(*) filter (post_id in (from earlier)) from mine",
            [collection_id, started_at, collection_id],
        ).fetchone()
        return (found[0], found[1]) if found else (0, 0)

    # Reading again

    def to_reread(
        self,
        campaign_id: str,
        network: Network,
        ages: Sequence[timedelta],
        now: datetime,
        limit: int,
    ) -> list[LastSeen]:
        """The posts that have passed one of these ages since they were last seen, at most `limit`.

        The most telling first: those that passed the youngest age, then those with the most
        engagements. Never reposts, posts without a date and posts whose reference is gone.
        """
        pseudonyms = self._pseudonyms(campaign_id)
        return to_reread(self.store, campaign_id, pseudonyms, network, ages, now, limit)

    def known(
        self,
        campaign_id: str,
        network: Network,
        seen_before: datetime,
        limit: int,
        after: LastSeen | None = None,
    ) -> list[LastSeen]:
        """The posts that nobody has seen since a moment, the longest unseen first.

        At most `limit`, behind `after`, the last of those given before. Reposts are among them
        where they have a date of their own.
        """
        pseudonyms = self._pseudonyms(campaign_id)
        return known(self.store, campaign_id, pseudonyms, network, seen_before, limit, after)

    # Kept aside

    def keep_aside(self, campaign_id: str, network: Network, body: bytes, why: str) -> str:
        """Keep a page that could not be read, encrypted with the campaign's key; gives its name.

        Of a page 1 MB is kept, of a campaign the newest 100 pages, each for 30 days.
        """
        folder, key = self.store.aside / campaign_id, self._key(campaign_id)
        with self.store.writing():
            return aside.keep(folder, key, network, body, why, datetime.now(UTC))

    def kept_aside(self, campaign_id: str) -> list[KeptAside]:
        """The pages kept aside for a campaign, the newest first."""
        return aside.kept(self.store.aside / campaign_id)

    def read_aside(self, campaign_id: str, name: str) -> tuple[str, bytes]:
        """Why a page was kept aside, and the page.

        Raises:
            FileNotFoundError: there is no such page, or no more.
        """
        return aside.read(self.store.aside / campaign_id, self._key(campaign_id), name)

    def retain(self) -> Retained:
        """Remove what may be kept no longer, of all campaigns: after a start, a run, an import."""
        return retain(self.store, datetime.now(UTC))

    # Inside

    def _frame(self, table: Table, campaign_id: str, engine: str, url: str | None) -> Any:
        """A campaign's rows of a table, on the engine that a reader asks for."""
        if engine == "spark":
            return nw.from_native(spark.scan(table, campaign_id, url))
        relation = self.store.rows(table, campaign_id)
        if engine == "duckdb":
            return nw.from_native(relation)
        if engine == "pandas":
            return nw.from_native(
                relation.to_arrow_table().to_pandas(types_mapper=pd.ArrowDtype), eager_only=True
            )
        raise ValueError(f"engine is 'duckdb', 'pandas' or 'spark', not {engine!r}")

    def _write_campaign(self, campaign: Campaign, key_check: str, at: datetime | None) -> None:
        row = {**asdict(campaign), "key_check": key_check, "changed_at": at}
        self.store.campaigns.append([row])

    def _newest_row(self, campaign_id: str) -> dict[str, Any]:
        rows = self.store.rows(self.store.campaigns, campaign_id).to_arrow_table().to_pylist()
        if not rows:
            raise LakeError("campaign-unknown", campaign=campaign_id)
        return max(rows, key=_changed_at)

    def _key(self, campaign_id: str) -> bytes:
        row = self._newest_row(campaign_id)
        key = DEMO_KEY if row["is_demo"] else self._keys.get(campaign_id)
        if _key_check(key) != row["key_check"]:
            raise LakeError("key-differs", campaign=campaign_id)
        return key

    def _pseudonyms(self, campaign_id: str) -> Pseudonyms:
        key = self._key(campaign_id)
        pseudonyms = Pseudonyms(key)
        aliases = self.store.rows(self.store.aliases, campaign_id).select("alias").fetchall()
        pseudonyms.meet(alias for (alias,) in aliases)
        return pseudonyms


def _campaign(row: dict[str, Any]) -> Campaign:
    """A row of `campaigns`; one written before campaigns had all their columns has null there."""
    given = {field.name: row[field.name] for field in fields(Campaign)}
    for name in ("hashtags", "networks", "instances", "subreddits"):
        given[name] = tuple(given[name] or ())
    given["networks"] = tuple(map(Network, given["networks"]))
    return Campaign(**given)


def _state(files: Sequence[str]) -> str:
    """Files are never changed in place: their names tell what they hold."""
    names = sorted(Path(file).name for file in files)
    return sha256("\n".join(names).encode()).hexdigest()[:12]


def _changed_at(row: dict[str, Any]) -> datetime:
    return row["changed_at"] or row["created_at"] or _NEVER


def _key_check(key: bytes) -> str:
    return sha256(b"check" + key).hexdigest()[:8]
