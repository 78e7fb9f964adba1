"""What the lake promises: nothing lost, nothing twice, the same whatever came first."""

import os
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import narwhals as nw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.keys import KeyMissing
from data.lake import Lake
from data.model import (
    OBSERVATIONS,
    POSTS,
    Account,
    Campaign,
    Network,
    NumberedPage,
    Reference,
)
from data.store import LakeError, home
from tests.lakes import NOW, a_post, add, posts_in

ROOT = Path(__file__).resolve().parent.parent


def test_a_post_comes_back_as_it_was_seen(lake):
    add(lake, "a", a_post(3))
    lake.derive("campagne")
    [row] = posts_in(lake)
    assert (row["network"], row["kind"], row["likes"], row["text"]) == (
        "x",
        "original",
        3,
        "Texte 3",
    )
    assert row["published_at"] == NOW - timedelta(days=3)
    assert row["month"] == "2026-11"
    assert row["impressions"] is None


def test_both_engines_give_the_same_rows_and_columns(lake):
    add(lake, "a", *(a_post(i) for i in range(40)))
    lake.derive("campagne")
    read = [
        lake.posts("campagne", engine=engine).lazy().sort("post_id").collect("pyarrow").to_native()
        for engine in ("duckdb", "pandas")
    ]
    assert read[0].column_names == POSTS.names
    columns = [table.select(POSTS.names).cast(POSTS).to_pylist() for table in read]
    assert columns[0] == columns[1]


def test_observations_are_every_reading_of_every_post_on_both_engines(lake):
    add(lake, "a", a_post(1, likes=2), a_post(2))
    add(lake, "b", a_post(1, likes=5, observed_at=NOW + timedelta(hours=1)))
    for engine in ("duckdb", "pandas"):
        rows = lake.observations("campagne", engine).lazy().collect("pyarrow").to_native()
        assert rows.column_names == OBSERVATIONS.names
        assert sorted(rows["likes"].to_pylist()) == [2, 2, 5]
    assert lake.observations("autre", "pandas").shape == (0, len(OBSERVATIONS))


def test_lists_can_be_searched_on_both_engines(lake):
    add(lake, "a", a_post(1), a_post(2, hashtags=("Autre",)))
    lake.derive("campagne")
    for engine in ("duckdb", "pandas"):
        posts = lake.posts("campagne", engine=engine).lazy()
        assert len(posts.filter(nw.col("hashtags").list.contains("demo")).collect()) == 1
        assert len(posts.explode("hashtags").collect()) == 2


def test_an_unknown_engine_is_refused(lake):
    with pytest.raises(ValueError, match="duckdb"):
        lake.posts("campagne", engine="excel")


def test_an_empty_campaign_reads_as_no_posts(lake):
    assert posts_in(lake) == []
    assert lake.posts("campagne", engine="pandas").shape == (0, len(POSTS))


def test_a_page_given_twice_is_written_once(lake):
    writer = lake.writer("campagne", "a")
    pages = [NumberedPage(n, [a_post(n)], str(n)) for n in (1, 2, 3)]
    writer.append(pages[:2], NOW)
    again = lake.writer("campagne", "a")
    assert again.page == 2
    again.append(pages, NOW)
    assert lake.store.observations.rows(duckdb.connect()).shape[0] == 3


def test_two_writers_of_one_collection_write_each_page_once(lake):
    pages = [NumberedPage(n, [a_post(n)], str(n)) for n in range(1, 11)]

    def write():
        writer = lake.writer("campagne", "a")
        for page in pages:
            writer.append([page], NOW)

    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lake.store.observations.rows(duckdb.connect()).shape[0] == 10


def test_a_checkpoint_holds_where_to_go_on(lake):
    add(lake, "a", a_post(1), page=4)
    rows = lake.store.observations.rows(duckdb.connect())
    assert rows.select("collection_id, page, cursor").fetchall() == [("a", 4, "après 4")]


def test_a_collection_goes_on_behind_its_last_page(lake):
    assert lake.writer("campagne", "a").resume() == (0, None)
    pages = [NumberedPage(n, [a_post(n), a_post(n + 1)], f"après {n}") for n in (1, 2, 3)]
    writer = lake.writer("campagne", "a")
    writer.append(pages[:2], NOW)
    add(lake, "d'une autre", a_post(9), page=8)
    assert writer.resume() == lake.writer("campagne", "a").resume() == (2, "après 2")
    assert lake.writer("campagne", "d'une autre").resume() == (8, "après 8")
    writer.append([*pages, NumberedPage(4, [a_post(7)], None)], NOW)
    assert writer.resume() == (4, None)


def test_a_collection_goes_on_without_loss_where_its_last_page_was_removed(lake):
    for number in (1, 2):
        add(lake, "a", a_post(number), page=number)
    lake.remove("campagne", Network.X, ["2"])
    assert lake.writer("campagne", "a").resume() == (2, "après 1")


def test_a_collection_knows_its_posts_by_their_marks(lake):
    writer = lake.writer("campagne", "a")
    assert (writer.posts, list(writer.seen())) == (0, [])
    add(lake, "a", *(a_post(number) for number in range(300)))
    add(lake, "a", a_post(3, observed_at=NOW + timedelta(days=1)), page=2)
    add(lake, "b", a_post(999))
    marks = {writer.mark(Network.X, str(number)) for number in range(300)}
    assert set(writer.seen()) == set(lake.writer("campagne", "a").seen()) == marks
    assert writer.posts == len(marks) == 300
    assert writer.mark(Network.BLUESKY, "3") not in marks
    assert all(type(mark) is int for mark in writer.seen())


def test_the_newest_observation_of_a_post_wins_whatever_comes_first(lake):
    add(lake, "neuve", a_post(1, likes=20))
    add(lake, "vieille", a_post(1, likes=5, observed_at=NOW - timedelta(days=2)))
    lake.derive("campagne")
    assert [row["likes"] for row in posts_in(lake)] == [20]
    add(lake, "plus neuve", a_post(1, likes=30, observed_at=NOW + timedelta(days=1)))
    lake.derive("campagne")
    assert [row["likes"] for row in posts_in(lake)] == [30]


def test_an_answer_without_counts_does_not_replace_one_with_counts(lake):
    add(lake, "a", a_post(1, likes=20))
    add(lake, "b", a_post(1, likes=None, observed_at=NOW + timedelta(days=1)))
    lake.derive("campagne")
    assert [row["likes"] for row in posts_in(lake)] == [20]


def test_a_post_whose_date_becomes_known_moves_to_its_month(lake):
    add(lake, "a", a_post(1, published_at=None))
    lake.derive("campagne")
    assert [row["month"] for row in posts_in(lake)] == ["unknown"]
    add(lake, "b", a_post(1, observed_at=NOW + timedelta(days=1)))
    lake.derive("campagne")
    assert [row["month"] for row in posts_in(lake)] == ["2026-11"]


def test_a_handle_and_a_number_of_one_account_become_one_author(lake):
    by_handle = Account(None, "compte_1")
    add(lake, "a", a_post(1, author=by_handle), a_post(9, author=by_handle, mentions=(by_handle,)))
    lake.derive("campagne")
    add(lake, "b", a_post(8))  # its author has the number 1 and the handle compte_1
    lake.derive("campagne")
    rows = posts_in(lake)
    assert len({row["author_id"] for row in rows}) == 1
    assert {mention for row in rows for mention in row["mentions"]} <= {rows[0]["author_id"]}
    before = lake.fingerprint("campagne")
    lake.rebuild("campagne")
    assert lake.fingerprint("campagne") == before


observations = st.lists(
    st.builds(
        lambda number, hours, likes, handle: a_post(
            number,
            likes=likes,
            observed_at=NOW + timedelta(hours=hours),
            published_at=None if hours == 0 else NOW - timedelta(days=20 * number),
            author=Account(None, f"compte_{number % 3}")
            if handle
            else Account(str(number % 3), f"compte_{number % 3}"),
        ),
        st.integers(0, 6),
        st.integers(0, 3),
        st.none() | st.integers(0, 9),
        st.booleans(),
    ),
    max_size=12,
)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(batches=st.lists(observations, max_size=4), order=st.randoms())
def test_posts_are_the_same_built_bit_by_bit_in_any_order_or_all_at_once(
    tmp_path_factory, batches, order
):
    results = []
    key = {"PORTE_VOIX_KEY_CAMPAGNE": "ab" * 32}
    os.environ.update(key)
    numbered = list(enumerate(batches))
    for is_shuffled in (False, True):
        lake = Lake(tmp_path_factory.mktemp("lac"))
        lake.create(Campaign("campagne", "Une campagne"))
        if is_shuffled:
            order.shuffle(numbered)
        for number, batch in numbered:
            add(lake, f"collecte {number}", *batch)
            if not is_shuffled or number % 2:
                lake.derive("campagne")
        lake.derive("campagne")
        results.append(lake.fingerprint("campagne"))
        lake.rebuild("campagne")
        results.append(lake.fingerprint("campagne"))
    del os.environ["PORTE_VOIX_KEY_CAMPAGNE"]
    assert len(set(results)) == 1


def test_a_derivation_that_changes_nothing_keeps_the_version(lake):
    add(lake, "a", a_post(1), a_post(2))
    lake.derive("campagne")
    version, fingerprint = lake.version("campagne"), lake.fingerprint("campagne")
    observations = lake.version_of_observations("campagne")
    add(lake, "b", a_post(1, observed_at=NOW - timedelta(days=9)))
    lake.derive("campagne")
    lake.derive("campagne")
    assert (lake.version("campagne"), lake.fingerprint("campagne")) == (version, fingerprint)
    assert lake.version_of_observations("campagne") != observations


def test_the_version_of_one_campaign_does_not_depend_on_another(lake):
    add(lake, "a", a_post(1))
    lake.derive("campagne")
    version = lake.version("campagne")
    lake.create(Campaign("autre", "Une autre"))
    add(lake, "a", a_post(1), campaign="autre")
    lake.derive("autre")
    assert lake.version("campagne") == version != lake.version("autre")
    assert len(posts_in(lake)) == len(posts_in(lake, "autre")) == 1


def test_new_and_changed_posts_appear_together(lake):
    add(lake, "a", a_post(1), a_post(70))
    lake.derive("campagne")
    version = lake.store.posts.load().version()
    add(lake, "b", a_post(1, likes=99, observed_at=NOW + timedelta(days=1)), a_post(2), a_post(400))
    lake.derive("campagne")
    assert lake.store.posts.load().version() == version + 1
    assert sorted(row["likes"] for row in posts_in(lake)) == [2, 70, 99, 400]


def test_compaction_changes_no_row_and_disturbs_no_reader(lake):
    for number in range(1, 15):
        add(lake, "a", a_post(number), page=number)
        lake.derive("campagne")
    open_frame = lake.posts("campagne")
    before, files = lake.fingerprint("campagne"), len(lake.store.posts.files("campagne"))
    lake.compact()
    assert len(lake.store.posts.files("campagne")) < files
    assert lake.fingerprint("campagne") == before
    assert len(open_frame.collect()) == 14


def test_many_small_imports_do_not_leave_many_small_files(lake, monkeypatch):
    monkeypatch.setattr("data.tables._FILES_A_FOLDER", 8)
    for number in range(20):
        later = NOW + timedelta(hours=number)
        add(lake, f"collecte {number}", a_post(number % 7, likes=number, observed_at=later))
        lake.derive("campagne")
    for table in (lake.store.observations, lake.store.references, lake.store.posts):
        assert len(table.files("campagne")) <= 9
    assert sorted(row["likes"] for row in posts_in(lake)) == list(range(13, 20))


def test_days_are_utc_on_a_machine_in_another_time_zone(lake):
    add(lake, "a", a_post(1, published_at=datetime(2026, 3, 1, 23, 30, tzinfo=UTC)))
    lake.derive("campagne")
    command = (
        "from data.lake import Lake; from analysis.aggregates import by_day;"
        "print(by_day(Lake.of_user().posts('campagne'))['day'][0])"
    )
    for zone in ("Europe/Paris", "Africa/Lome", "America/New_York"):
        shown = subprocess.run(
            [sys.executable, "-c", command],
            env={**os.environ, "TZ": zone},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        assert shown.stdout.strip() == "2026-03-01"
        assert shown.stderr == ""


def test_statistics_in_the_log_say_nothing_about_a_person(lake):
    add(lake, "a", *(a_post(i) for i in range(9)))
    lake.derive("campagne")
    rows = posts_in(lake)
    log = "".join(
        file.read_text() for file in lake.root.rglob("_delta_log/*.json") if "post" in str(file)
    )
    assert "numRecords" in log
    assert not any(row["author_id"] in log or row["post_id"] in log for row in rows)


def test_no_name_lies_anywhere_in_the_folder(lake):
    add(lake, "a", a_post(1, text="avec @compte_2", url="https://x.com/compte_1/status/123456789"))
    lake.derive("campagne")
    kept = b"".join(file.read_bytes() for file in lake.root.rglob("*") if file.is_file())
    for name in (b"compte_1", b"compte_2", b"123456789"):
        assert name not in kept


def test_forgetting_removes_every_trace_and_keeps_everybody_else(lake):
    gone = Account("1", "compte_1")
    add(
        lake,
        "a",
        a_post(1, text="Un texte à oublier"),
        a_post(2, repost_of=Reference("1", gone), text="Un texte à oublier"),
        a_post(3, reply_to=Reference("1", gone), root_id="1", text="pour @compte_1 et @compte_4"),
        a_post(4, quote_of=Reference("1"), mentions=(gone, Account("4", "compte_4"))),
        a_post(5),
    )
    lake.derive("campagne")
    traces = [row["post_id"] for row in posts_in(lake) if row["text"] == "Un texte à oublier"]
    traces += [row["author_id"] for row in posts_in(lake) if row["likes"] == 1]
    alias = lake._pseudonyms("campagne").handle(Network.X, "compte_1")
    assert lake.forget("campagne", Network.X, Account(None, "@Compte_1")) == 2
    rows = {row["likes"]: row for row in posts_in(lake)}
    assert sorted(rows) == [3, 4, 5]
    assert rows[3]["kind"] == "reply" and rows[3]["root_id"] is None
    assert rows[3]["text"].startswith("pour @… et @")
    assert len(rows[4]["mentions"]) == 1
    for table in ("posts", "observations", "references", "aliases"):
        table_folder = lake.root / "lake" / table
        files = [str(f) for f in table_folder.rglob("campaign_id=*/**/*.parquet")]
        text = str(duckdb.read_parquet(files).to_arrow_table().to_pylist())
        text += "".join(f.read_text() for f in table_folder.rglob("*.json"))
        log = table_folder.rglob("*.checkpoint.parquet")
        text += str([duckdb.read_parquet(str(f)).to_arrow_table().to_pylist() for f in log])
        assert "oublier" not in text
        assert not any(trace in text for trace in [*traces, alias])
    before = lake.fingerprint("campagne")
    lake.rebuild("campagne")
    assert lake.fingerprint("campagne") == before


def test_somebody_forgotten_is_not_brought_back_by_a_later_file(lake):
    add(lake, "a", a_post(1), a_post(2))
    lake.derive("campagne")
    lake.forget("campagne", Network.X, Account("1"))
    add(lake, "b", a_post(1), a_post(8, author=Account(None, "compte_1")), a_post(3))
    lake.derive("campagne")
    assert sorted(row["likes"] for row in posts_in(lake)) == [2, 3]


def test_forgetting_leaves_the_checkpoint_of_a_collection(lake):
    add(lake, "a", a_post(1), a_post(2), page=7)
    lake.forget("campagne", Network.X, Account("1"))
    assert lake.writer("campagne", "a").page == 7


def test_a_campaign_is_created_once(lake):
    first = lake.campaign("campagne")
    assert lake.create(replace(first, title="Un autre titre")) == first
    assert [it.campaign_id for it in lake.campaigns()] == ["campagne"]


@pytest.mark.parametrize("name", ["", "Été", "a b", "../a", "a'b", "-a", "a" * 41])
def test_a_campaign_id_that_is_no_slug_is_refused(lake, name):
    with pytest.raises(LakeError) as refused:
        lake.create(Campaign(name, "Titre"))
    assert refused.value.code == "campaign-id"


def test_a_campaign_of_the_demonstration_cannot_be_made_ones_own(lake):
    with pytest.raises(LakeError) as refused:
        lake.create(Campaign("demo-bancs", "Titre"))
    assert refused.value.code == "campaign-demo"


def test_a_campaign_without_its_key_is_not_written_with_another(lake):
    (lake.root / "keys" / "campagne.key").unlink()
    with pytest.raises(KeyMissing):
        lake.writer("campagne", "a")


def test_a_campaign_with_another_key_is_not_written(lake, monkeypatch):
    monkeypatch.setenv("PORTE_VOIX_KEY_CAMPAGNE", "cd" * 32)
    with pytest.raises(LakeError) as refused:
        lake.writer("campagne", "a")
    assert refused.value.code == "key-differs"


def test_an_unknown_campaign_cannot_be_written(lake):
    with pytest.raises(LakeError) as refused:
        lake.writer("ailleurs", "a")
    assert refused.value.code == "campaign-unknown"


@pytest.mark.skipif(os.name == "nt", reason="file modes are not Windows's way")
def test_only_the_user_can_read_a_key_kept_in_a_file(lake):
    assert (lake.root / "keys" / "campagne.key").stat().st_mode & 0o077 == 0


def test_home_is_where_the_variable_says(monkeypatch, tmp_path):
    monkeypatch.setenv("PORTE_VOIX_HOME", str(tmp_path / "ici"))
    assert home() == tmp_path / "ici"
    monkeypatch.delenv("PORTE_VOIX_HOME")
    assert ROOT not in home().parents


def test_a_program_that_reads_and_writes_ends_quietly(home):
    command = (
        "from data.lake import Lake; from data.model import *;"
        "lake = Lake.of_user(); lake.create(Campaign('c', 'C'));"
        "w = lake.writer('c', 'a');"
        "import datetime as d; now = d.datetime.now(d.UTC);"
        "w.append([NumberedPage(1, [Post(Network.X, '1', None, now)], None)], now);"
        "lake.derive('c'); lake.compact(); lake.posts('c').collect(); lake.posts('c', 'pandas')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
