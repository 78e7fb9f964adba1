"""An import says what it did, can be stopped, and goes on from there."""

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest

from collectors import __main__ as command
from collectors.base import CollectorError
from collectors.runs import collect
from collectors.runs.imports import import_file
from data.lake import Lake
from data.model import Account, Network
from reports import __main__ as reports

NOW = datetime(2026, 11, 15, 12, tzinfo=UTC)


def page_of(numbers, likes=1, at=NOW):
    tweets = [
        {
            "id": str(9_000 + number),
            "text": f"Texte {number} #Demo",
            "author_id": str(number % 5),
            "created_at": (NOW - timedelta(hours=number)).isoformat(),
            "public_metrics": {"like_count": likes},
        }
        for number in numbers
    ]
    users = [{"id": str(n), "username": f"exemple_{n}"} for n in range(5)]
    seen = {"retrieved_at": at.isoformat()}
    return json.dumps({"data": tweets, "includes": {"users": users}, "__twarc": seen})


@pytest.fixture
def write(tmp_path):
    def written(name, *lines):
        path = tmp_path / "exports" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return path

    return written


def numbers_of(report):
    return report.read, report.new, report.known, report.refused


def test_a_report_adds_up_to_the_rows_of_the_file(lake, write):
    path = write("a.jsonl", page_of(range(10)), "{cut", page_of(range(5, 15)))
    report = import_file(lake, path, "campagne")
    assert numbers_of(report) == (21, 15, 5, 1)
    assert [(it.line, it.code) for it in report.refusals] == [(2, "json")]
    assert (report.outcome, report.format, report.source) == ("complete", "x-v2", "a.jsonl")


def test_posts_that_another_file_brought_are_known(lake, write):
    import_file(lake, write("a.jsonl", page_of(range(10))), "campagne")
    later = page_of(range(4, 12), likes=9, at=NOW + timedelta(days=1))
    assert numbers_of(import_file(lake, write("b.jsonl", later), "campagne")) == (8, 2, 6, 0)
    posts = lake.posts("campagne").collect("pyarrow").to_native()
    assert sorted(posts["likes"].to_pylist()) == [1] * 4 + [9] * 8


def test_the_same_bytes_under_another_name_change_nothing(lake, write):
    import_file(lake, write("a.jsonl", page_of(range(10))), "campagne")
    version = lake.version("campagne")
    report = import_file(lake, write("b.jsonl", page_of(range(10))), "campagne")
    assert (report.outcome, *numbers_of(report)) == ("already imported", 10, 0, 10, 0)
    assert lake.version("campagne") == version


def test_the_same_file_can_be_given_to_two_campaigns(lake, write, monkeypatch):
    path = write("a.jsonl", page_of(range(3)))
    import_file(lake, path, "campagne")
    assert command.main(["import", str(path), "--campaign", "autre"]) == 0
    assert len(lake.posts("autre").collect()) == 3


def test_a_stopped_import_keeps_what_it_read_and_goes_on_when_given_again(lake, write):
    path = write("a.jsonl", *(page_of(range(n, n + 500)) for n in range(0, 3_000, 500)))
    stop, reads = threading.Event(), []

    def watch(progress):
        reads.append(progress.read)
        if progress.read >= 1_000:
            stop.set()

    report = import_file(lake, path, "campagne", progress=watch, stop=stop)
    assert report.outcome == "stopped"
    assert report.new == len(lake.posts("campagne").collect()) == report.read < 3_000
    assert reads == sorted(reads)
    again = import_file(lake, path, "campagne")
    assert (again.outcome, *numbers_of(again)) == ("complete", 3_000, 3_000, 0, 0)
    assert len(lake.posts("campagne").collect()) == 3_000


def test_progress_ends_at_the_whole_file(lake, write):
    seen = []
    import_file(lake, write("a.jsonl", page_of(range(10))), "campagne", progress=seen.append)
    assert seen[-1].fraction == 1
    assert seen[-1].read == 10


def test_pages_are_written_together_and_after_two_seconds_at_the_latest(lake, write, monkeypatch):
    path = write("a.jsonl", *(page_of(range(n, n + 500)) for n in range(0, 3_000, 500)))
    monkeypatch.setattr(collect, "_FLUSH_SECONDS", 0)
    import_file(lake, path, "campagne")
    assert lake.store.observations.load().version() >= 6
    lake.create(type(lake.campaign("campagne"))("autre", "Autre"))
    monkeypatch.setattr(collect, "_FLUSH_SECONDS", 60)
    before = lake.store.observations.load().version()
    import_file(lake, path, "autre")
    assert lake.store.observations.load().version() == before + 1


def test_posts_of_somebody_forgotten_are_counted_apart(lake, write):
    import_file(lake, write("a.jsonl", page_of(range(10))), "campagne")
    lake.forget("campagne", Network.X, Account("1"))
    report = import_file(lake, write("b.jsonl", page_of(range(20))), "campagne")
    assert (numbers_of(report), report.forgotten) == ((20, 8, 8, 0), 4)


def test_a_file_that_cannot_be_read_leaves_the_campaign_as_it_is(lake, write):
    with pytest.raises(CollectorError):
        import_file(lake, write("a.txt", "bonjour"), "campagne")
    assert lake.collections("campagne").empty


def test_garbage_is_collected_as_before_after_an_import(lake, write):
    import gc

    before = gc.get_threshold()
    import_file(lake, write("a.jsonl", page_of(range(3))), "campagne")
    assert gc.get_threshold() == before


def test_of_two_readings_at_once_the_last_to_end_puts_the_collection_of_garbage_back():
    import gc

    before = gc.get_threshold()
    first, second = collect.few_collections_of_garbage(), collect.few_collections_of_garbage()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert gc.get_threshold() != before
    second.__exit__(None, None, None)
    assert gc.get_threshold() == before


def test_the_command_reads_a_folder_and_says_what_it_did(home, write, capsys, tmp_path):
    write("a.jsonl", page_of(range(10)))
    write("b.txt", "bonjour")
    write("novembre/c.jsonl", page_of(range(8, 12)), "{cut")
    write("novembre/.DS_Store", "notes of a system")
    assert command.main(["import", str(tmp_path / "exports"), "--campaign", "essai", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["read"], said["new"], said["known"], said["refused"]) == (15, 12, 2, 1)
    files = {each["file"]: each for each in said["files"]}
    assert set(files) == {"a.jsonl", "b.txt", "c.jsonl"}
    assert files["b.txt"]["error"] == "not-json"
    assert files["c.jsonl"]["refused_rows"][0]["line"] == 2


def test_the_command_says_the_same_in_words(home, write, capsys):
    path = write("a.jsonl", page_of(range(10)), "{cut")
    assert command.main(["import", str(path), "--campaign", "essai"]) == 0
    shown = capsys.readouterr().out
    assert "a.jsonl" in shown
    assert "2" in shown.splitlines()[-1]


def test_a_campaign_whose_name_is_no_slug_is_refused_with_a_sentence(home, write, capsys):
    path = write("a.jsonl", page_of(range(10)))
    assert command.main(["import", str(path), "--campaign", "Été 2026"]) == 2
    assert "Été 2026" in capsys.readouterr().err


def test_a_file_that_is_not_there_leaves_no_empty_campaign(home, capsys, tmp_path):
    assert command.main(["import", str(tmp_path / "exprots"), "--campaign", "essai"]) == 1
    assert "exprots" in capsys.readouterr().err
    assert Lake.of_user().campaigns() == []


def test_the_summary_of_an_unknown_campaign_is_refused_with_a_sentence(home, capsys):
    assert reports.main(["summary", "--campaign", "nulle-part"]) == 2
    assert "nulle-part" in capsys.readouterr().err


def test_the_summary_of_the_demonstration_needs_no_import(home, capsys):
    assert reports.main(["summary", "--campaign", "demo-bancs", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["posts"] == sum(said["by_kind"].values())
    assert "youtube" in said["by_network"]
    assert reports.main(["summary", "--campaign", "demo-bancs"]) == 0
    assert str(said["version"]) in capsys.readouterr().out
