"""Imports that are killed, and imports that run at once: nothing is lost, nothing comes twice."""

import json
import logging
import os
import random
import select
import signal
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.pages import twarc_pages
from data.lake import Lake
from data.tables import connect

pytestmark = pytest.mark.skipif(
    not hasattr(os, "waitid"), reason="processes cannot be killed and waited for like this here"
)

ROOT = Path(__file__).resolve().parent.parent
KILLS = 100
POSTS_A_PAGE = 50
PAGES = 8  # of each file
TABLES = ("observations", "references", "posts")

# Imports everything once and forks for each run: a start costs milliseconds. Pages are small
# and each is a commit, so that an import has many. A child that has ended stays a zombie until
# it is asked for, so that a kill which comes too late hits nobody else. All keys are the
# same, which makes lakes comparable.
RUNS = f"""
import os, secrets, sys
import collectors.__main__, collectors.files, collectors.runs.collect
collectors.files._POSTS_A_PAGE = {POSTS_A_PAGE}
collectors.runs.collect._FLUSH_POSTS = 1
secrets.token_bytes = lambda size: bytes(range(size))
for line in sys.stdin:
    home, file = line.rstrip("\\n").split("\\t")
    child = os.fork()
    if child == 0:
        os.environ["PORTE_VOIX_HOME"] = home
        sys.stdout = open(os.devnull, "w")
        os._exit(collectors.__main__.main(["import", file, "--campaign", "campagne"]))
    print(child, flush=True)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    print("ended", flush=True)
    sys.stdin.readline()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""

# Reads until its input ends, and once more; then says what it saw each time: the rows of each
# page observed, the posts missing of pages of which others are there, and how many posts.
READER = """
import json, select, sys
from pathlib import Path
from data.lake import Lake
from data.tables import connect
lake = Lake(Path(sys.argv[1]))
print("ready", flush=True)
read, is_over = [], False
while not is_over:
    is_over = bool(select.select([sys.stdin], [], [], 0)[0])
    with connect(lake.root / "spill") as connection:
        # The posts first: the observations listed after them hold all that they come from.
        for table in (lake.store.posts, lake.store.observations):
            table.scan(connection, table.files("campagne")).create_view(table.folder.name)
        pages = connection.sql(
            "select collection_id, page, count(*) from observations group by all"
        )
        missing = connection.sql(
            "select post_id from observations semi join posts using (collection_id, page)"
            " anti join posts using (post_id)"
        )
        posts = connection.sql("select count(*), count(distinct post_id) from posts")
        read.append([pages.fetchall(), missing.fetchall(), posts.fetchall()[0]])
print(json.dumps(read))
"""


@contextmanager
def started(code, *arguments):
    """A process that runs a program until its input ends, and must end well."""
    with subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "PYTHONUTF8": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
    ) as process:
        yield process
        process.stdin.close()
        assert process.wait(60) == 0


class Run:
    """One import under way, in a process of its own."""

    def __init__(self, runs, home, file):
        self._runs = runs
        runs.stdin.write(f"{home}\t{file}\n".encode())
        self.process = int(runs.stdout.readline())

    def has_ended(self, seconds):
        """Whether it ends within that time."""
        return bool(select.select([self._runs.stdout], [], [], seconds)[0])

    def exit_code(self):
        assert self.has_ended(60), "the import never ended"
        self._runs.stdout.readline()
        self._runs.stdin.write(b"\n")
        return int(self._runs.stdout.readline())


@pytest.fixture(scope="module")
def runs():
    with started(RUNS) as process:
        yield process


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Two files of posts of three months; the second sees half of the first's again, later.

    Its posts do not say when they were seen: the file's own time does. A page of it holds
    posts that are known and posts that are new.
    """
    folder = tmp_path_factory.mktemp("Été à Lomé")
    pages = list(twarc_pages(posts=600, authors=200))
    for page in pages:
        page["__twarc"]["retrieved_at"] = "2024-01-01T00:00:00+00:00"
        for number, post in enumerate(page["data"]):
            post["created_at"] = f"2023-{9 + number % 3:02}" + post["created_at"][7:]
    first = _written(folder / "première.jsonl", pages[:4], 1_704_100_000)
    for page in pages:
        del page["__twarc"]
        for post in page["data"]:
            post["public_metrics"]["like_count"] += 1
    del pages[2]["data"][: POSTS_A_PAGE // 2]
    second = _written(folder / "seconde.jsonl", pages[2:], 1_710_000_000)
    return [first, second]


def _written(path, pages, at):
    lines = (json.dumps(page, ensure_ascii=False) + "\n" for page in pages)
    path.write_text("".join(lines), encoding="utf-8")
    os.utime(path, (at, at))
    return path


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, runs, files):
    home = tmp_path_factory.mktemp("undisturbed")
    for file in files:
        assert Run(runs, home, file).exit_code() == 0
    return content(home)


def content(home):
    """All that two lakes share when they are the same: what was seen, is known and was said."""
    lake = Lake(home)
    said = lake.collections("campagne").sort_values("source")
    with connect(home / "spill") as connection:
        for table in (lake.store.observations, lake.store.references):
            table.scan(connection, table.files("campagne")).create_view(f"{table.folder.name}_")
        observations = connection.sql(
            "select count(*), sum(hash(o)), count(distinct (collection_id, page, post_id))"
            " from observations_ o"
        )
        unknown = connection.sql(
            "select post_id from observations_ anti join references_ using (post_id)"
        )
        return {
            "posts": lake.fingerprint("campagne"),
            "observations": observations.fetchall(),
            "without a reference": unknown.fetchall(),
            "campaigns": [campaign.campaign_id for campaign in lake.campaigns()],
            "collections": said.drop(columns=["started_at", "finished_at"]).to_dict("records"),
        }


def files_in(folder):
    """The files of a table's log, or of keys: what must never be there in part."""
    return sum(file.suffix in {".json", ".key"} for file in folder.glob("*"))


def log(home, table):
    return home / "lake" / table / "_delta_log"


def moments(home, chance, is_first_file):
    """Where to kill the runs of one import: in which folder, after how many files, and seconds."""
    if is_first_file:
        start = [(home / "keys", 1, 0), (log(home, "campaigns"), 1, 0), (home, 0, 0.02)]
        yield chance.choice(start)
    for _ in range(2):
        yield log(home, "observations"), chance.randint(1, 2), chance.uniform(0, 0.02)
        yield log(home, "references"), 1, 0
    for _ in range(2):
        yield log(home, "observations"), PAGES, chance.uniform(0, 0.1)


def killed(run, folder, files, seconds):
    """Kill an import some seconds after that many more files are in a folder; its exit code."""
    before = files_in(folder)
    while files_in(folder) - before < files and not run.has_ended(0.0002):
        pass
    run.has_ended(seconds)
    os.kill(run.process, signal.SIGKILL)
    return run.exit_code()


def broken_off(home, before):
    """What a kill fell into, as the lake shows it; `before`: the commits when the run began."""
    if Lake(home).campaign("campagne") is None:
        return ["creation"]
    now = commits(home)
    grown = {table: now[table] - before[table] for table in TABLES}
    found = []
    # One commit makes the table, each other one holds a page.
    if max(now["observations"] - 1, 0) % PAGES:
        found.append("between two commits of an import")
    if grown["references"] > grown["observations"]:
        found.append("between references and observations")
    elif now["observations"] > 1 and not grown["posts"]:
        found.append("before the posts were derived")
    return found


def commits(home):
    return {table: files_in(log(home, table)) for table in TABLES}


def test_a_hundred_kills_lose_nothing_and_repeat_nothing(tmp_path, runs, files, undisturbed):
    chance = random.Random(2026)
    kills, places = 0, Counter()
    while kills < KILLS:
        home = tmp_path / str(kills)
        for file in files:
            for moment in moments(home, chance, is_first_file=file is files[0]):
                before = commits(home)
                code = killed(Run(runs, home, file), *moment)
                if code == 0:
                    break
                assert code == -signal.SIGKILL
                kills += 1
                places.update(broken_off(home, before))
            assert Run(runs, home, file).exit_code() == 0
        assert content(home) == undisturbed, places
    logging.info("%s kills: %s", kills, dict(places))
    assert places["between two commits of an import"] >= 20
    assert places["between references and observations"] >= 5
    assert places["before the posts were derived"] >= 5
    assert places["creation"] >= 2


@pytest.mark.parametrize("chosen", [(0, 1), (0, 0)], ids=["two files", "one file twice"])
def test_two_imports_and_a_reader_at_once_meet_no_error_and_no_part_of_a_page(
    tmp_path, runs, files, chosen
):
    home = tmp_path / "at once"
    with started(RUNS) as others, started(READER, home) as reader:
        assert reader.stdout.readline() == b"ready\n"
        under_way = [
            Run(process, home, files[file]) for process, file in zip((runs, others), chosen)
        ]
        assert [run.exit_code() for run in under_way] == [0, 0]
        reader.stdin.close()
        read = json.loads(reader.stdout.read())

    in_the_end = {tuple(page) for page in read[-1][0]}
    seen = [{tuple(page) for page in pages} for pages, _, _ in read]
    assert all(pages <= in_the_end for pages in seen)
    assert any(0 < len(pages) < len(in_the_end) for pages in seen), "it never read in between"
    assert not any(missing for _, missing, _ in read)
    numbers = [posts for _, _, (posts, distinct) in read if posts == distinct]
    assert len(numbers) == len(read)
    assert numbers == sorted(numbers)

    in_turn = tmp_path / "in turn"
    for file in chosen:
        assert Run(runs, in_turn, files[file]).exit_code() == 0
    # Which of two that run at once met a post first is theirs to say.
    assert content(home) | {"collections": None} == content(in_turn) | {"collections": None}
