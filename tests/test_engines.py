"""Every aggregate gives the same answer on pandas, on DuckDB and on a Spark cluster."""

from __future__ import annotations

import importlib.util
import inspect
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from cluster import Cluster
from conftest import ROOT

from analysis import aggregates
from analysis.reach.impressions import Fit, ViewModel
from data.lake import Lake
from data.model import COUNTS, OBSERVATIONS, POSTS, Kind, Network

#: Any model of views: this one was fitted to nothing.
MODEL = ViewModel(
    own={"x": Fit((), np.zeros(0), np.zeros(0), (0.31, 0.72), 1.0, 1.0, np.zeros((2, 2)), 0.0)},
    pooled=Fit((), np.zeros(0), np.zeros(0), (0.42, 0.53), 1.0, 1.0, np.zeros((2, 2)), 0.0),
)

#: What an aggregate is asked beside posts or observations, where its defaults do not say it all.
ASKED: dict[str, list[dict[str, Any]]] = {
    "above_usual": [{"most": 20}, {"most": 5, "since": date(2026, 7, 1)}],
    "co_actions": [
        {"action": action, "within_seconds": 3600, "fewest_objects": fewest}
        for action, fewest in (
            ("repost", 1),
            ("repost", 2),
            ("link", 1),
            ("hashtags", 1),
            ("text", 1),
        )
    ],
    "comparable": [{"networks": ["x", "youtube"]}, {"networks": ["youtube"]}],
    "cascades": [{"most": 30}],
    "followers_over_time": [{"most": 4}],
    "hashtag_pairs": [{"most": 12}],
    "hashtags": [{"most": 7}],
    "latest": [{"most": 20, "offset": 3}],
    "missing_views": [{"model": MODEL}],
    "most_engaging": [{"most": 20}],
    "most_used": [{"most": 7}],
    "selected": [
        {"since": date(2026, 3, 29), "until": date(2026, 6, 20), "kinds": ["original", "reply"]},
        {"networks": [Network.X], "hashtag": "حرية"},
    ],
    "spellings": [{"groups": [["libertépourtous", "свобода"], ["togo", "حرية", "自由"]]}],
    "texts": [{"most": 9}],
    "snapshots": [{"most": 15}],
}
AGGREGATES = {
    name: function
    for name in aggregates.__all__
    if inspect.isfunction(function := getattr(aggregates, name))
}
#: A campaign of the demonstration, and three that would trip an engine.
CAMPAIGNS = ("demo-puits", "toutes-sortes", "que-des-inconnues", "sans-rien")


def required(function: Callable[..., Any]) -> list[str]:
    """The names of what a function must be given."""
    parameters = inspect.signature(function).parameters.values()
    return [each.name for each in parameters if each.default is each.empty]


def questions() -> Iterator[Any]:
    for name, function in AGGREGATES.items():
        given = ASKED.get(name) or ([] if required(function)[1:] else [{}])
        for number, asked in enumerate(given):
            yield pytest.param(name, asked, id=f"{name}-{number}" if number else name)


def test_no_aggregate_is_left_out():
    for name, function in AGGREGATES.items():
        first, *others = required(function)
        assert first in ("posts", "observations"), f"what does {name} read?"
        assert name in ASKED or not others, f"ASKED does not say what to ask {name}: {others}"
    assert {*ASKED} <= {*AGGREGATES}


# Rows that would trip an engine

POINTERS = ("repost_of", "reply_to", "quote_of")
TAGS = ("libertépourtous", "حرية", "ŋutsu", "自由", "свобода", "ቃል", "togo", "🕊")
#: The same sentence by several keyboards, and others that are none.
TEXTS = (
    *("", "Ɖekawɔwɔ\n« na »", "\x00'\"\\", "الحرية 🕊"),
    "Nos voix, toutes ensemble, ce samedi à Lomé : ΟΔΟΣ",
    "@7f NOS VOIX, toutes ensemble, ce samedi\tà Lomé : οδος",
    "Nos voix, toutes ensemble,  ce samedi à lomé : οδοσ https://exemple.tg/a",
    "İci la rue du marché est aussi notre STRASSE",
    "i̇ci la rue du marché est aussi notre straße",
)
#: The same page by several ways, and others.
LINKS = (
    *("https://exemple.tg/a?utm_source=x&p=1", "HTTP://Exemple.TG/a?p=1#haut"),
    *("https://exemple.tg/A?p=1", "https://exemple.tg/a?p=1&fbclid=é", "exemple.tg/a?p=1"),
)


def month(published_at: datetime | None) -> str:
    return published_at.strftime("%Y-%m") if published_at else "unknown"


def all_sorts() -> list[dict[str, Any]]:
    """Posts of every kind with anything missing, around midnights in Paris and in Lomé."""
    chance = random.Random(4)
    authors = [f"{chance.getrandbits(104):026x}" for _ in range(9)]
    posts = [f"{chance.getrandbits(104):026x}" for _ in range(90)]
    midnights = [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)]

    def maybe(value: Any) -> Any:
        return value if chance.random() < 0.7 else None

    def some(values: Any) -> list[Any] | None:
        return maybe(chance.sample(values, chance.randrange(5)))

    rows = []
    for post_id in posts:
        kind = chance.choice(list(Kind))
        at = chance.choice(midnights) + timedelta(minutes=chance.choice((-121, -61, -1, 0, 59)))
        published_at = maybe(at + timedelta(microseconds=chance.randrange(3)))
        points = [to for to in POINTERS if chance.random() < (0.9 if to.startswith(kind) else 0.1)]
        rows.append(
            {
                "network": chance.choice(list(Network)).value,
                "post_id": post_id,
                "kind": kind.value,
                "author_id": maybe(chance.choice(authors)),
                "root_id": maybe(chance.choice(posts)),
                "published_at": published_at,
                "month": month(published_at),
                "observed_at": at + timedelta(hours=1),
                "text": maybe(chance.choice(TEXTS)),
                "language": maybe(chance.choice(("fr", "ee", "ar"))),
                "hashtags": some(TAGS),
                "mentions": some(authors),
                "links": some(LINKS),
                "author_followers": maybe(chance.choice((0, 12, 4000, 2**52 + 1))),
                "collection_id": "essai",
                "page": 1,
                **{f"{to}_id": maybe(chance.choice(posts)) for to in points},
                **{f"{to}_author_id": maybe(chance.choice(authors)) for to in points},
                **{
                    count: maybe(chance.choice((0, 1, 7, 900, 2**40)))
                    for count in COUNTS
                    if kind is not Kind.REPOST
                },
            }
        )
    return rows


def all_unknown() -> list[dict[str, Any]]:
    """Posts of which nothing is known but where they were seen."""
    return [
        {"network": network, "post_id": f"{number:026x}", "kind": kind, "month": "unknown"}
        for number, (network, kind) in enumerate(
            (network, kind) for network in ("x", "mastodon") for kind in ("original", "repost")
        )
    ]


def seen_again(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each post as it was read once, twice or three times, one reading being there twice."""
    return [
        row
        | {
            "observed_at": row.get("observed_at") and row["observed_at"] + timedelta(hours=hours),
            "likes": None if row.get("likes") is None else row["likes"] + hours,
        }
        for number, row in enumerate(rows)
        for hours in (0, 0, 5, 30)[: number % 4 + 1]
    ]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """The demonstration and three more campaigns, in a folder called as a user's might be."""
    home = tmp_path_factory.mktemp("foyer") / "Été à Lomé"
    shutil.copytree(ROOT / "data" / "demo", home)
    ours = Lake(home)
    for campaign_id, rows in (("toutes-sortes", all_sorts()), ("que-des-inconnues", all_unknown())):
        posts = [{"campaign_id": campaign_id} | row for row in rows]
        ours.store.posts.write(pa.Table.from_pylist(posts, schema=POSTS))
        observations = pa.Table.from_pylist(seen_again(posts), schema=OBSERVATIONS)
        ours.store.observations.write(observations)
    return ours


# The engines


@pytest.fixture(scope="module", autouse=True)
def in_paris() -> Iterator[None]:
    """Lomé's time is UTC, which hides much."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Europe/Paris")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture(scope="module")
def cluster(in_paris: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if importlib.util.find_spec("pyspark") is None:
        pytest.skip("no Spark here: pip install -r requirements-spark.txt")
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        pytest.skip("no Java here, and Spark needs 17: apt install openjdk-17-jre-headless")
    import pyspark

    home = Path(pyspark.__file__).parent
    with Cluster(home, tmp_path_factory.mktemp("grappe")) as running:
        yield running


@pytest.fixture(params=["duckdb", "spark"])
def engine(request: pytest.FixtureRequest) -> str:
    if request.param == "spark":
        request.getfixturevalue("cluster")
    return str(request.param)


def answer(name: str, asked: dict[str, Any], lake: Lake, campaign_id: str, engine: str) -> Any:
    """What an aggregate says, as a pandas frame; the posts that it selects, in a fixed order."""
    aggregate = AGGREGATES[name]
    rows = getattr(lake, required(aggregate)[0])(campaign_id, engine=engine)
    found = aggregate(rows, **asked)
    if aggregate is aggregates.appearances:  # the one that promises no order
        return found.sort_values([*found.columns], ignore_index=True)
    if isinstance(found, pd.DataFrame):
        return found
    return listed(found)


def listed(rows: Any) -> pd.DataFrame:
    """All columns of all rows, in the order of all that can be ordered."""
    names = rows.collect_schema().names()
    table = rows.lazy().collect("pyarrow").select(names).sort("post_id", "observed_at", "likes")
    return table.to_native().to_pandas(types_mapper=pd.ArrowDtype, ignore_metadata=True)


def same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Everything is the same to the last type, and only numbers with a fraction nearly so."""
    nearly = [name for name, kind in expected.dtypes.items() if pd.api.types.is_float_dtype(kind)]
    assert list(found.columns) == list(expected.columns)
    pd.testing.assert_frame_equal(
        found.drop(columns=nearly), expected.drop(columns=nearly), check_exact=True
    )
    pd.testing.assert_frame_equal(found[nearly], expected[nearly], rtol=1e-9, atol=0)


@pytest.mark.parametrize("campaign_id", CAMPAIGNS)
@pytest.mark.parametrize(("name", "asked"), list(questions()))
def test_an_aggregate_says_the_same_on_every_engine(engine, name, asked, campaign_id, lake):
    expected = answer(name, asked, lake, campaign_id, "pandas")
    same(answer(name, asked, lake, campaign_id, engine), expected)


@pytest.mark.parametrize("campaign_id", CAMPAIGNS)
@pytest.mark.parametrize("table", ["posts", "observations"])
def test_engines_read_the_same_rows(engine, table, campaign_id, lake):
    read = getattr(lake, table)
    same(listed(read(campaign_id, engine=engine)), listed(read(campaign_id, engine="pandas")))


# A cluster


def test_every_worker_reads_the_lake(cluster, lake):
    before = cluster.tasks()
    assert [worker["state"] for worker in cluster.state()["workers"]] == ["ALIVE"] * 2
    files = lake.posts("demo-bancs", engine="spark").to_native()
    assert files.rdd.getNumPartitions() > 1
    aggregates.by_author(lake.posts("demo-bancs", engine="spark"))
    for _ in range(100):  # Spark counts tasks in its own time
        after = cluster.tasks()
        if sum(tasks > before.get(executor, 0) for executor, tasks in after.items()) == 2:
            return
        time.sleep(0.1)
    pytest.fail(f"{before} {after}")


def test_a_cluster_may_find_the_lake_elsewhere(cluster, lake, tmp_path):
    # Only the log is here: the posts are in a bucket.
    for table in ("posts", "observations"):
        folder = lake.root / "lake" / table
        shutil.copytree(folder, cluster.folder / "seau" / "lac" / table)
        shutil.copytree(folder / "_delta_log", tmp_path / "lake" / table / "_delta_log")
    here, url = Lake(tmp_path), "viewfs://nuage/seau/lac/"
    for table in ("posts", "observations"):
        found = getattr(here, table)("toutes-sortes", engine="spark", url=url)
        same(listed(found), listed(getattr(lake, table)("toutes-sortes", engine="pandas")))


def test_the_lines_of_the_readme_for_a_cluster(cluster, lake, monkeypatch):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    [lines] = re.findall(r"```python\n(from pyspark.*?)```", readme, re.DOTALL)
    monkeypatch.setenv("PORTE_VOIX_HOME", str(lake.root))
    names: dict[str, Any] = {}
    exec(lines.replace("ma-campagne", "demo-bancs"), names)
    same(names["days"], aggregates.by_day(lake.posts("demo-bancs")))


def test_a_session_of_other_days_is_refused(cluster, lake):
    cluster.session.conf.set("spark.sql.session.timeZone", "Europe/Paris")
    try:
        with pytest.raises(ValueError, match="Europe/Paris"):
            lake.posts("demo-bancs", engine="spark")
    finally:
        cluster.session.conf.set("spark.sql.session.timeZone", "UTC")


def test_another_thread_reads_with_the_same_session(cluster, lake):
    with ThreadPoolExecutor(1) as others:
        posts = others.submit(lake.posts, "sans-rien", engine="spark").result()
    assert posts.to_native().sparkSession.sparkContext is cluster.session.sparkContext


def test_without_spark_the_lake_says_what_to_install(lake, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(ModuleNotFoundError, match=r"requirements-spark\.txt"):
        lake.posts("demo-bancs", engine="spark")
    assert (ROOT / "requirements-spark.txt").exists()


KILLED = """
import os, signal, sys
from pathlib import Path
from cluster import leashed

log = Path(sys.argv[1])
with leashed(["sh", "-c", "sleep 600 & echo $!; wait"], log):
    while not log.read_text().strip():
        pass
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_is_on_a_leash_dies_with_whoever_holds_it(tmp_path):
    log = tmp_path / "log"
    run = subprocess.run([sys.executable, "-c", KILLED, str(log)], cwd=ROOT / "tests", check=False)
    assert run.returncode == -signal.SIGKILL
    sleeping = Path("/proc") / log.read_text().strip() / "stat"
    for _ in range(100):
        if not sleeping.exists() or sleeping.read_text().split()[2] == "Z":
            return
        time.sleep(0.05)
    pytest.fail("it lives on")
