"""Pages kept aside: whole for who has the key, nothing for others, and gone after a month."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.exceptions import InvalidTag

from data import aside
from data.model import Account, Network
from data.retain import retain
from data.store import LakeError

BODY = '{"page": "de @exemple_7, tronquée…'.encode()


def folder(lake):
    return lake.root / "aside" / "campagne"


def keep(lake, body=BODY, network=Network.X):
    return lake.keep_aside("campagne", network, body, "not-json-answer")


def aged(lake, name, days):
    """The same page, kept so many days earlier; its name says when."""
    at = datetime.now(UTC) - timedelta(days=days)
    older = f"{at:%Y%m%dT%H%M%S%fZ}-{name.split('-', 1)[1]}"
    (folder(lake) / name).rename(folder(lake) / older)
    return older


def test_a_page_kept_aside_comes_back_with_the_reason(lake):
    before = datetime.now(UTC)
    name = keep(lake)
    [page] = lake.kept_aside("campagne")
    assert (page.name, page.network) == (name, Network.X)
    assert before <= page.at <= datetime.now(UTC)
    assert page.size == (folder(lake) / name).stat().st_size > len(BODY)
    assert lake.read_aside("campagne", name) == ("not-json-answer", BODY)


def test_nothing_of_a_page_can_be_read_in_its_file_or_from_its_name(lake):
    name = keep(lake)
    written = (folder(lake) / name).read_bytes()
    for word in (b"exemple_7", b"not-json", b"page"):
        assert word not in written + name.encode()
    assert keep(lake) != name


def test_a_page_altered_or_under_another_name_cannot_be_read(lake):
    name = keep(lake)
    file = folder(lake) / name
    written = file.read_bytes()
    file.write_bytes(written[:-1] + bytes([written[-1] ^ 1]))
    with pytest.raises(InvalidTag):
        lake.read_aside("campagne", name)
    file.write_bytes(written)
    other = aged(lake, name, days=1)
    with pytest.raises(InvalidTag):
        lake.read_aside("campagne", other)


@pytest.mark.parametrize(
    "name", ["", "../../keys/campagne.key", "20260101T000000000000Z-x-00000000"]
)
def test_a_name_that_is_none_of_a_page_is_not_read(lake, name):
    keep(lake)
    with pytest.raises(FileNotFoundError):
        lake.read_aside("campagne", name)


def test_a_campaign_that_is_unknown_keeps_nothing_aside(lake):
    assert lake.kept_aside("ailleurs") == []
    retain(lake.store, datetime.now(UTC))
    with pytest.raises(LakeError):
        lake.keep_aside("ailleurs", Network.X, BODY, "not-json-answer")
    assert not (lake.root / "aside").exists()


def test_a_page_goes_after_thirty_days(lake):
    name = keep(lake)
    retain(lake.store, datetime.now(UTC) + timedelta(days=29))
    assert [page.name for page in lake.kept_aside("campagne")] == [name]
    retain(lake.store, datetime.now(UTC) + timedelta(days=31))
    assert lake.kept_aside("campagne") == []


def test_old_pages_go_when_another_is_kept(lake):
    old, young = aged(lake, keep(lake), days=31), aged(lake, keep(lake), days=29)
    (folder(lake) / f"{old}.part").write_bytes(b"cut off by a crash")
    new = keep(lake)
    assert [page.name for page in lake.kept_aside("campagne")] == [new, young]
    assert sorted(file.name for file in folder(lake).iterdir()) == [young, new]


def test_a_page_is_kept_up_to_a_megabyte_and_a_campaign_up_to_a_hundred_pages(lake):
    name = keep(lake, bytes(3_000_000))
    assert lake.read_aside("campagne", name)[1] == bytes(1_000_000)
    for day in range(1, 12):
        for network in (Network.MASTODON, Network.BLUESKY) * 4 + (Network.REDDIT,):
            aged(lake, keep(lake, b"<html>", network), day)
    kept = lake.kept_aside("campagne")
    assert len(kept) == 100
    assert kept[0].name == name
    assert kept == sorted(kept, key=lambda page: page.at, reverse=True)


def test_a_clock_set_back_does_not_cost_the_page_just_kept(lake):
    for _ in range(100):
        keep(lake, b"<html>")
    before = datetime.now(UTC) - timedelta(days=400)
    name = aside.keep(folder(lake), b"clef", Network.X, BODY, "not-json-answer", before)
    kept = lake.kept_aside("campagne")
    assert len(kept) == 100
    assert kept[-1].name == name


def test_forgetting_somebody_takes_the_pages_too(lake):
    keep(lake)
    lake.forget("campagne", Network.X, Account("7"))
    assert lake.kept_aside("campagne") == []
