"""What may be kept for a time only goes by itself, whatever part of the program is used."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import serving

from data.lake import Lake
from data.model import Campaign, Network
from data.retain import Retained, retain
from locales import text
from views.parts import retention

ROOT = Path(__file__).resolve().parent.parent
NOW = datetime.now(UTC)


def a_page(lake, campaign_id, days):
    """A page as a run keeps it aside, so many days ago; its name says when."""
    name = lake.keep_aside(campaign_id, Network.X, b"{", "not-json-answer")
    folder = lake.store.aside / campaign_id
    at = NOW - timedelta(days=days)
    return (folder / name).rename(folder / f"{at:%Y%m%dT%H%M%S%fZ}-{name.split('-', 1)[1]}")


def kept_in(home):
    """A home with a page of 31 and one of 29 days, also of a campaign that is gone, and what a
    crash left: the files that have to go, and those that may stay."""
    lake = Lake(home)
    lake.create(Campaign("campagne", "Une campagne inventée", ("demo",)))
    young, old = a_page(lake, "campagne", 29), a_page(lake, "campagne", 31)
    old.with_name(f"{young.name}.part").write_bytes(b"cut off by a crash")
    gone = shutil.copytree(young.parent, lake.store.aside / "partie")
    too_old = (old.name, f"{young.name}.part")
    goes = {folder / name for folder in (gone, old.parent) for name in too_old}
    return goes, {young, gone / young.name}


def files_in(home):
    return {file for file in (home / "aside").rglob("*") if file.is_file()}


def wait_until_only(home, files, seconds=10):
    """Wait until there is nothing else aside; whether it came to that."""
    until = time.monotonic() + seconds
    while files_in(home) != files and time.monotonic() < until:
        time.sleep(0.05)
    return files_in(home) == files


@pytest.fixture
def folder(tmp_path):
    """Where the app is started: what it keeps lies in `données`."""
    made = tmp_path / "Été à Lomé"
    made.mkdir()
    return made


def command(home, *words, language="fr"):
    """What somebody types, or cron: exit code, and what was said."""
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=ROOT,
        env={**os.environ, "PORTE_VOIX_HOME": str(home), "LANGUAGE": language, "PYTHONUTF8": "1"},
        check=False,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


# The app


def test_what_is_too_old_goes_when_the_app_starts(folder):
    goes, stays = kept_in(folder / "données")
    assert files_in(folder / "données") == goes | stays
    with serving(folder):
        assert wait_until_only(folder / "données", stays)


def test_an_app_that_starts_for_the_first_time_makes_no_folder(folder):
    with serving(folder) as running:
        time.sleep(2)
        assert running.get("/")[0] == 200
    assert not (folder / "données").exists()


def test_what_cannot_be_removed_keeps_neither_the_app_nor_the_rest(folder):
    goes, stays = kept_in(folder / "données")
    stuck = min(goes)
    stuck.unlink()
    stuck.mkdir()  # which no program can remove as it removes a file
    with serving(folder) as running:
        assert wait_until_only(folder / "données", stays)
        assert running.get("/")[0] == 200
        said = running.output.read_text(encoding="utf-8")
    assert stuck.is_dir()
    assert re.search("retention: (IsADirectory|Permission)Error", said)
    assert stuck.name not in said and "Traceback" not in said


def test_an_app_that_stays_open_for_weeks_looks_again(home, monkeypatch):
    _, stays = kept_in(home)
    monkeypatch.setattr(retention, "_EVERY_SECONDS", 0.05)
    end = retention.start()
    try:
        assert wait_until_only(home, stays)
        young = a_page(Lake(home), "campagne", 3)
        a_page(Lake(home), "campagne", 32)
        assert wait_until_only(home, stays | {young})
    finally:
        end.set()


def test_an_error_that_nobody_foresaw_is_logged_without_its_words(home, monkeypatch, caplog):
    kept_in(home)
    tried = threading.Event()

    def fail(lake):
        tried.set()
        raise RuntimeError("un secret")

    with monkeypatch.context() as patch:
        patch.setattr(Lake, "retain", fail)
        end = retention.start()
        assert tried.wait(5)
        end.set()
        until = time.monotonic() + 5
        while not caplog.text and time.monotonic() < until:
            time.sleep(0.01)
    assert "unexpected RuntimeError" in caplog.text
    assert "un secret" not in caplog.text


# Whoever imports or collects


@pytest.fixture(scope="module")
def a_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("fichiers") / "recherche.json"
    shutil.copy(ROOT / "tests" / "payloads" / "bluesky" / "search.json", path)
    return path


def test_what_is_too_old_goes_with_every_import(home, a_file):
    for _ in range(2):  # the second finds the file imported already
        _, stays = kept_in(home)
        code, said = command(home, "collectors", "import", str(a_file), "--campaign", "campagne")
        assert (code, files_in(home)) == (0, stays), said
        shutil.rmtree(home / "aside")


def test_what_is_too_old_goes_with_an_import_that_fails(home, tmp_path):
    _, stays = kept_in(home)
    (tmp_path / "liste.json").write_text(json.dumps(["rien"]), encoding="utf-8")
    code, said = command(
        home, "collectors", "import", str(tmp_path / "liste.json"), "--campaign", "campagne"
    )
    assert (code, files_in(home)) == (1, stays), said


@pytest.mark.parametrize("purpose", ["run", "measure", "check"])
def test_what_is_too_old_goes_with_every_round_even_without_a_key(home, purpose):
    _, stays = kept_in(home)
    code, said = command(
        home, "collectors", purpose, "--campaign", "campagne", "--network", "youtube"
    )
    assert (code, files_in(home)) == (4, stays), said


# The command


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_command_removes_it_and_says_how_much(home, language):
    goes, stays = kept_in(home)
    code, said = command(home, "data", "retain", language=language)
    assert (code, files_in(home)) == (0, stays)
    assert said == text(language, "command.retained", n=len(goes)) + "\n"
    assert command(home, "data", "retain", language=language)[0] == 0
    assert files_in(home) == stays


def test_a_command_says_what_it_could_not_remove(home):
    goes, stays = kept_in(home)
    stuck = min(goes)
    stuck.unlink()
    stuck.mkdir()
    code, said = command(home, "data", "retain")
    assert (code, files_in(home)) == (1, stays)
    assert text("fr", "command.retained_in_part") in said
    assert "Traceback" not in said


def test_a_command_makes_nothing_where_nothing_was_kept(home):
    assert command(home, "data", "retain")[0] == 0
    assert not home.exists()


@pytest.mark.parametrize("words", [(), ("oublier",), ("demonstration",), ("retain", "tout")])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_command_that_does_not_exist_is_refused_in_words(home, words, language):
    demo = {file: file.stat().st_mtime_ns for file in Lake.demo().root.rglob("*")}
    _, _ = kept_in(home)
    before = files_in(home)
    code, said = command(home, "data", *words, language=language)
    sentence = text(language, "command.not_understood", program="python -m data")
    assert (code, said) == (2, f"{sentence}\n")
    assert files_in(home) == before
    assert {file: file.stat().st_mtime_ns for file in Lake.demo().root.rglob("*")} == demo


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_help_says_what_each_command_does(home, language):
    code, said = command(home, "data", "--help", language=language)
    assert code == 0
    words = " ".join(said.split())
    for name in ("data", "demo", "retain"):
        assert " ".join(text(language, f"command.{name}").split()) in words


# The rule


def test_a_clock_set_back_removes_nothing_that_is_young(home):
    _, stays = kept_in(home)
    lake = Lake(home)
    retain(lake.store, NOW)
    assert retain(lake.store, NOW - timedelta(days=400)) == Retained(0, True)
    assert files_in(home) == stays


def test_what_is_no_page_is_left_alone(home):
    goes, stays = kept_in(home)
    note = home / "aside" / "campagne" / "20200101T000000000000Z.txt"
    note.write_text("quelqu’un y tient", encoding="utf-8")
    (home / "aside" / "desktop.ini").touch()
    assert Lake(home).retain() == Retained(len(goes), True)
    assert files_in(home) == stays | {note, home / "aside" / "desktop.ini"}


def test_a_page_that_somebody_is_writing_is_left_to_be_finished(home):
    _, stays = kept_in(home)
    lake = Lake(home)
    lake.retain()
    with lake.store.writing():
        unfinished = min(stays).with_name("20990101T000000000000Z-x-00000000.part")
        unfinished.write_bytes(b"half a page")
        other = threading.Thread(target=Lake(home).retain)
        other.start()
        other.join(0.5)
        assert unfinished.exists()
        finished = unfinished.rename(unfinished.with_suffix(""))
    other.join(5)
    assert files_in(home) == stays | {finished}
