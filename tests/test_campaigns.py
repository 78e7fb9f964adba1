"""Campaigns change, and lakes written before they had all their columns are read as they are."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from data.lake import Lake
from data.model import Account, Campaign, Network
from data.store import LakeError
from data.tables import Table, connect
from tests.lakes import NOW, a_post, add, posts_in

CHANGED = Campaign(
    "campagne",
    "Un autre titre",
    hashtags=("LibertéPourTous", "Ŋutsu"),
    networks=(Network.X, Network.MASTODON),
    since=datetime(2026, 6, 1, tzinfo=UTC),
    until=datetime(2026, 6, 29, tzinfo=UTC),
    instances=("instance.exemple",),
    subreddits=("exemple",),
    budget_dollars=12.5,
    budget_posts=20_000,
)

#: How many columns the tables had at first.
AT_FIRST = {"campaigns": 6, "collections": 11, "tombstones": 2}


def as_written_at_first(lake):
    """The same lake, its tables without the columns that were added since."""
    for table in (lake.store.campaigns, lake.store.collections, lake.store.tombstones):
        schema = pa.schema(list(table.schema)[: AT_FIRST[table.folder.name]])
        rows = table.scan(connect(lake.root / "spill"), table.files()).to_arrow_table()
        shutil.rmtree(table.folder)
        before = Table(table.folder, schema, ("campaign_id",))
        before.create()
        if rows.num_rows:
            before.write(rows.select(schema.names).cast(schema))
    return lake


def test_a_campaign_keeps_all_that_it_is_created_with(lake):
    campaign = replace(CHANGED, campaign_id="autre", created_at=NOW)
    assert lake.create(campaign) == campaign
    assert lake.campaign("autre") == Lake(lake.root).campaign("autre") == campaign


def test_a_campaign_is_as_it_was_last_changed(lake):
    first = lake.campaign("campagne")
    changed = lake.update(CHANGED)
    assert changed == replace(CHANGED, created_at=first.created_at)
    assert lake.campaigns() == [changed]
    emptied = lake.update(Campaign("campagne", "Encore un titre"))
    assert lake.campaigns() == [emptied]
    assert emptied == Campaign("campagne", "Encore un titre", created_at=first.created_at)
    lake.compact()
    assert lake.campaigns() == [emptied]


def test_the_last_change_holds_on_a_computer_whose_clock_was_put_back(lake, monkeypatch):
    class YesterdaysClock(datetime):
        @classmethod
        def now(cls, zone=None):
            return datetime.now(zone) - timedelta(days=1)

    lake.update(CHANGED)
    monkeypatch.setattr("data.lake.datetime", YesterdaysClock)
    lake.update(Campaign("campagne", "Le dernier titre"))
    assert [campaign.title for campaign in lake.campaigns()] == ["Le dernier titre"]


def test_a_change_keeps_the_key_and_the_posts(lake):
    add(lake, "a", a_post(1))
    lake.update(CHANGED)
    add(lake, "b", a_post(1), a_post(2))
    lake.derive("campagne")
    assert len(posts_in(lake)) == 2


def test_a_change_leaves_what_is_no_choice(lake):
    first = lake.campaign("campagne")
    changed = lake.update(replace(first, is_demo=True, created_at=NOW))
    assert changed == first


def test_an_unknown_campaign_cannot_be_changed(lake):
    with pytest.raises(LakeError) as refused:
        lake.update(Campaign("ailleurs", "Titre"))
    assert refused.value.code == "campaign-unknown"


def test_a_lake_written_at_first_is_read_as_it_is(lake):
    add(lake, "a", a_post(1))
    lake.record(campaign_id="campagne", collection_id="a", outcome="complete", read=1)
    first = lake.campaign("campagne")
    as_written_at_first(lake)
    assert lake.campaigns() == [first]
    [collection] = lake.collections("campagne").to_dict("records")
    assert collection["read"] == 1
    unknown = ("network", "since", "until", "requests", "dollars", "gone", "missing")
    assert lake.collections("campagne")[list(unknown)].isna().all(axis=None)


def test_a_lake_written_at_first_is_written_on(lake):
    add(lake, "a", a_post(1), a_post(2))
    lake.forget("campagne", Network.X, Account("1"))
    lake.record(campaign_id="campagne", collection_id="a", finished_at=NOW, outcome="complete")
    lake.create(Campaign("autre", "Une autre", created_at=NOW))
    untouched = lake.campaign("autre")
    as_written_at_first(lake)
    lake.remove("campagne", Network.X, ["2"])
    lake.record(
        campaign_id="campagne",
        collection_id="b",
        finished_at=NOW + timedelta(days=1),
        outcome="complete",
        network="x",
        requests=3,
        dollars=0.5,
        since=NOW,
    )
    changed = lake.update(CHANGED)
    for _ in range(2):
        assert {it.campaign_id: it for it in lake.campaigns()} == {
            "campagne": changed,
            "autre": untouched,
        }
        collections = lake.collections("campagne")
        assert collections["collection_id"].tolist() == ["b", "a"]
        assert collections["requests"].tolist()[0] == 3
        assert collections["requests"].isna().tolist() == [False, True]
        lake.compact()
        lake.keep_newest()
    add(lake, "c", a_post(1), a_post(2), a_post(3))
    lake.derive("campagne")
    assert [row["likes"] for row in posts_in(lake)] == [3]


def test_two_programs_may_write_on_in_a_lake_written_at_first(lake):
    as_written_at_first(lake)
    for number in range(3):
        Lake(lake.root).update(replace(CHANGED, title=f"Titre {number}"))
        Lake(lake.root).record(campaign_id="campagne", collection_id=str(number), requests=number)
    assert lake.campaign("campagne").title == "Titre 2"
    assert len(lake.collections("campagne")) == 3


def test_unknown_numbers_of_a_collection_stay_unknown_and_known_ones_whole(lake):
    lake.record(campaign_id="campagne", collection_id="a", requests=2**60, read=0)
    [collection] = lake.collections("campagne").to_dict("records")
    assert (collection["requests"], collection["read"]) == (2**60, 0)
    assert lake.collections("campagne")[["gone", "dollars"]].isna().all(axis=None)
