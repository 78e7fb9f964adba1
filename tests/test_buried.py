"""Who was forgotten does not come back, whatever was under way at that moment."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.runs.imports import import_file
from data.buried import Buried
from data.lake import Lake
from data.model import Account, Network, NumberedPage, Post, Reference
from data.pseudonyms import Pseudonyms

NOW = datetime(2026, 11, 15, 12, tzinfo=UTC)
AMA, EFUA = Account("7", "ama"), Account("8", "efua")


def a_post(number: int, author: Account = EFUA, **given: Any) -> Post:
    return Post(Network.X, f"{number}", author, NOW, **{"text": "Debout", **given})


def around() -> list[Post]:
    """Posts by Ama, and all the ways in which others' posts lead to her."""
    return [
        a_post(1, AMA, hashtags=("Eau",)),
        a_post(2, repost_of=Reference("1", AMA)),
        a_post(3, reply_to=Reference("1", AMA), root_id="1"),
        a_post(4, quote_of=Reference("1", AMA)),
        a_post(5, text="avec @ama et @efua", mentions=(AMA, EFUA)),
        a_post(6),
    ]


def stored(lake: Lake) -> str:
    """All rows of the lake's tables but its tombstones, as text."""
    tables = (it for it in lake.store.tables if it is not lake.store.tombstones)
    return "\n".join(str(lake.store.rows(it).fetchall()) for it in tables)


def names_of(lake: Lake) -> list[str]:
    ours = lake._pseudonyms("campagne")
    return [ours.account(Network.X, Account("7")), ours.handle(Network.X, "ama")]


def act_between(act: Callable[[], object], lake: Lake, posts: list[Post]) -> None:
    """Something that happens after rows were made, and before they are written."""
    writer = lake.writer("campagne", "collecte")
    rows = writer.prepare([NumberedPage(1, posts, None)], NOW)
    act()
    writer.commit(rows)
    lake.derive("campagne")


def test_rows_that_were_made_before_somebody_was_forgotten_leave_that_person_out(
    lake: Lake,
) -> None:
    names = names_of(lake)
    act_between(lambda: lake.forget("campagne", Network.X, AMA), lake, around())
    assert not any(name in stored(lake) for name in names)
    posts = lake.posts("campagne", engine="pandas").to_native()
    assert len(posts) == 4
    assert posts[["reply_to_id", "quote_of_id", "root_id"]].isna().all(axis=None)
    assert [it for it in posts["text"] if "@" in it and "@…" in it]


def test_posts_that_went_between_making_and_writing_stay_away(lake: Lake) -> None:
    act_between(lambda: lake.remove("campagne", Network.X, ["1", "6"]), lake, around())
    assert len(lake.posts("campagne", engine="pandas").to_native()) == 3


def test_an_import_under_way_brings_nobody_back(lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "export.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for number in range(30_000):
            author = "7" if number % 3 else "8"
            datum = {"id": f"{number + 1}", "text": "Debout", "author_id": author}
            datum["created_at"] = "2026-11-15T12:00:00Z"
            file.write(json.dumps({"data": [datum]}) + "\n")
    names = names_of(lake)
    told = []

    def forget_on_the_way(progress: object) -> None:
        told.append(progress)
        if len(told) == 25:  # two commits in, and another waiting
            lake.forget("campagne", Network.X, Account("7"))

    report = import_file(lake, path, "campagne", progress=forget_on_the_way)
    assert report.outcome == "complete"
    assert report.forgotten > 0
    assert not any(name in stored(lake) for name in names)
    assert len(lake.posts("campagne", engine="pandas").to_native()) == 10_000


def test_a_new_handle_of_somebody_buried_is_buried(lake: Lake) -> None:
    lake.forget("campagne", Network.X, AMA)
    renamed = Account("7", "ama_nouvelle")
    writer = lake.writer("campagne", "fichier-1")
    writer.append([NumberedPage(1, [a_post(1, renamed), a_post(2)], None)], NOW)
    assert writer.forgotten == 1
    by_handle = Account(None, "ama_nouvelle")
    later = [
        a_post(3, by_handle),
        a_post(4, text="merci @ama_nouvelle", mentions=(by_handle,)),
    ]
    writer = lake.writer("campagne", "fichier-2")
    writer.append([NumberedPage(1, later, None)], NOW)
    assert writer.forgotten == 1
    assert lake._pseudonyms("campagne").handle(Network.X, "ama_nouvelle") not in stored(lake)


@settings(max_examples=60, deadline=None)
@given(
    authors=st.lists(st.sampled_from("abcd"), min_size=1, max_size=8),
    forgotten=st.sets(st.sampled_from("abcd")),
)
def test_what_is_kept_names_none_of_the_buried_and_loses_nobody_else(
    authors: list[str], forgotten: set[str]
) -> None:
    ours = Pseudonyms(bytes(32))
    named = {it: ours.account(Network.X, Account(it)) for it in "abcd"}
    posts = [
        a_post(
            number,
            Account(author),
            reply_to=Reference(f"{number - 1}", Account(authors[number - 1])) if number else None,
            mentions=(Account(authors[-1]),),
        )
        for number, author in enumerate(authors)
    ]
    rows = ours.rows("campagne", "collecte", [NumberedPage(1, posts, None)], NOW)
    kept = Buried(ours, [ours.tombstone(named[it]) for it in forgotten]).kept(rows)
    left = kept.rows.observations.to_pylist()
    assert [it["author_id"] for it in left] == [named[it] for it in authors if it not in forgotten]
    assert kept.taken_out == len(authors) - len(left)
    assert kept.rows.references.num_rows == len(left)
    assert not any(named[it] in str(left) for it in forgotten)
    if not forgotten:
        assert kept.rows is rows


@pytest.mark.parametrize("name", ["part-00000-mort.zstd.parquet", "part-00000-mort.parquet#1"])
def test_files_that_a_killed_writer_left_go_with_the_person(lake: Lake, name: str) -> None:
    writer = lake.writer("campagne", "collecte")
    writer.append([NumberedPage(1, around(), None)], NOW)
    lake.derive("campagne")
    left = []
    for table in (lake.store.posts, lake.store.observations, lake.store.references):
        for folder in {Path(it).parent for it in table.files("campagne")}:
            left.append(folder / name)
            left[-1].write_text(" ".join(names_of(lake)))
        left.append(table.folder / "_delta_log" / "00000000000000000009.json#1")
        left[-1].write_text(" ".join(names_of(lake)))
    lake.forget("campagne", Network.X, AMA)
    assert not [it for it in left if it.exists()]
    names = [it.encode() for it in names_of(lake)]
    files = [it.read_bytes() for it in lake.root.rglob("*") if it.is_file()]
    assert not [it for it in files if any(name in it for name in names)]
    assert len(lake.posts("campagne", engine="pandas").to_native()) == 4


def test_the_tombstones_are_read_anew_only_when_there_are_new_ones(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    of = Buried.of.__func__
    monkeypatch.setattr(
        Buried, "of", classmethod(lambda cls, *asked: read.append(asked) or of(cls, *asked))
    )
    writer = lake.writer("campagne", "collecte")
    for number in range(1, 4):
        writer.append([NumberedPage(number, [a_post(number)], None)], NOW)
    assert len(read) == 1
