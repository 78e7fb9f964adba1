"""`python -m collectors`, as somebody types it or cron runs it: real servers on loopback."""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collectors import __main__ as command
from collectors.runs.run import alone
from data.lake import Lake
from data.model import Network
from tests.invented import TAG, Invented
from tests.loopback import Answer, Loopback, Request

INVENTED = Invented(60)
ROOT = Path(__file__).resolve().parent.parent


def server_of(network: str):
    return importlib.import_module(f"tests.payloads.{network}.server")


@pytest.fixture
def x(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    module = server_of("x")
    service = module.Server(INVENTED)
    with Loopback(service.answer) as server:
        server.remove = service.remove
        monkeypatch.setenv("PORTE_VOIX_X_URL", server.url)
        monkeypatch.setenv("PORTE_VOIX_X_BEARER_TOKEN", module.SECRETS["bearer_token"])
        yield server


@pytest.fixture
def mastodon() -> Iterator[Loopback]:
    with Loopback(server_of("mastodon").Server(INVENTED).answer) as server:
        yield server


@pytest.fixture
def said(home, capsys):
    """Runs a command; gives its exit code and what it printed, read as JSON where it is."""

    def run(*arguments: str) -> tuple[int, object]:
        capsys.readouterr()
        code = command.main(list(arguments))
        out, err = capsys.readouterr()
        if "--json" in arguments and out.strip():
            return code, json.loads(out)
        return code, out + err

    return run


JUNE = ("--hashtags", f"#{TAG}", "--since", "2026-06-01", "--until", "2026-06-28")


def test_a_campaign_is_created_shown_and_changed(said) -> None:
    code, shown = said("campaign", "essai", *JUNE, "--networks", "x", "mastodon", "--json")
    assert code == 0
    assert shown["hashtags"] == [TAG]
    assert shown["networks"] == ["x", "mastodon"]
    assert (shown["since"], shown["until"]) == ("2026-06-01", "2026-06-28")
    code, shown = said("campaign", "essai", "--budget-dollars", "5", "--json")
    assert shown["budget_dollars"] == 5
    assert shown["networks"] == ["x", "mastodon"]
    campaign = Lake.of_user().campaign("essai")
    assert campaign is not None
    assert campaign.until == datetime(2026, 6, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    "arguments",
    [
        ("campaign", "Été", *JUNE),
        ("campaign", "essai", "--since", "2026-07-01", "--until", "2026-06-01"),
        ("campaign", "essai", "--instances", "http://192.168.1.1"),
        ("run", "--campaign", "nulle-part"),
        ("status", "--campaign", "nulle-part"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence_and_code_2(said, arguments) -> None:
    code, shown = said(*arguments)
    assert code == 2
    assert len(str(shown).split()) > 4


def test_a_campaign_without_a_network_says_what_to_do(said) -> None:
    said("campaign", "essai", *JUNE)
    code, shown = said("run", "--campaign", "essai")
    assert code == 2
    assert "essai" in str(shown)


def test_x_is_not_read_before_somebody_says_how_much_it_may_cost(said, x) -> None:
    said("campaign", "essai", *JUNE, "--networks", "x")
    code, shown = said("run", "--campaign", "essai", "--json")
    assert code == 4
    assert "budget-needed" in json.dumps(shown)
    assert x.requests == []


def test_nobody_is_asked_for_a_price_before_there_is_a_budget(said, x) -> None:
    said("campaign", "essai", *JUNE, "--networks", "x")
    code, _ = said("estimate", "--campaign", "essai", "--json")
    assert code == 4
    assert x.requests == []


def test_an_estimate_comes_before_a_run_and_the_budget_holds(said, x) -> None:
    said("campaign", "essai", *JUNE, "--networks", "x", "--budget-dollars", "20")
    code, shown = said("estimate", "--campaign", "essai", "--json")
    assert code == 0
    assert shown["posts"] >= len(INVENTED.posts)
    assert shown["dollars"] <= shown["most_dollars"]
    assert sum(number for _, number in shown["per_day"]) == shown["posts"]
    code, shown = said("run", "--campaign", "essai", "--json")
    assert code == 0
    [window] = shown["networks"][0]["windows"]
    assert (window["outcome"], window["new"]) == ("complete", len(INVENTED.posts))
    assert 0 < window["dollars"] < 20
    code, status = said("status", "--campaign", "essai", "--json")
    assert status[0]["networks"][0]["gaps"] == []
    assert status[0]["networks"][0]["dollars"] >= window["dollars"]


def test_a_budget_that_ends_keeps_what_was_read_and_goes_on_with_more(said, x) -> None:
    said("campaign", "essai", *JUNE, "--networks", "x", "--budget-dollars", "0.9")
    code, shown = said("run", "--campaign", "essai", "--json")
    assert code == 4
    [window] = shown["networks"][0]["windows"]
    assert window["outcome"] == "partial"
    assert 0 < window["new"] < len(INVENTED.posts)
    assert [each["code"] for each in window["missing"]] == ["budget"]
    assert window["dollars"] <= 0.9
    said("campaign", "essai", "--budget-dollars", "50")
    code, shown = said("run", "--campaign", "essai", "--json")
    assert code == 0
    posts = Lake.of_user().posts("essai").select("post_id").collect()
    assert len(posts) == len(INVENTED.posts)


def test_a_second_run_asks_for_nothing_that_is_there(said, x) -> None:
    said("campaign", "essai", *JUNE, "--networks", "x", "--budget-dollars", "50")
    said("run", "--campaign", "essai")
    asked = len(x.requests)
    code, shown = said("run", "--campaign", "essai", "--json")
    assert (code, shown["networks"][0]["windows"]) == (0, [])
    assert len(x.requests) == asked


def test_one_network_that_fails_does_not_stop_the_others(said, x, mastodon, monkeypatch) -> None:
    monkeypatch.setenv("PORTE_VOIX_X_BEARER_TOKEN", "une-autre-cle")
    said(
        "campaign", "essai", *JUNE, "--networks", "x", "mastodon",
        "--instances", mastodon.url, "--budget-dollars", "50",
    )  # fmt: skip
    code, shown = said("run", "--campaign", "essai", "--json")
    assert code == 4
    windows = {each["network"]: each["windows"][0] for each in shown["networks"]}
    assert windows["x"]["outcome"] == "failed"
    assert windows["x"]["missing"][0]["code"] == "key-refused"
    assert windows["mastodon"]["outcome"] == "complete"
    assert windows["mastodon"]["new"] > 0


def test_a_run_says_in_words_what_it_did(said, mastodon) -> None:
    said("campaign", "essai", *JUNE, "--networks", "mastodon", "--instances", mastodon.url)
    code, shown = said("run", "--campaign", "essai")
    assert code == 0
    assert "Mastodon" in shown
    code, shown = said("status")
    assert "essai" in shown and TAG in shown


def test_measuring_and_checking_go_through_the_same_door(said, mastodon) -> None:
    said("campaign", "essai", *JUNE, "--networks", "mastodon", "--instances", mastodon.url)
    said("run", "--campaign", "essai")
    for purpose in ("measure", "check"):
        code, shown = said(purpose, "--campaign", "essai", "--json")
        assert code == 0
        assert shown["networks"][0]["windows"][0]["outcome"] == "complete"


def test_watch_collects_until_it_is_ended(home, mastodon) -> None:
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    begin = [sys.executable, "-m", "collectors"]
    # It has no end: one that is long over is not watched.
    names = ("essai", *JUNE[:-2], "--networks", "mastodon", "--instances", mastodon.url)
    subprocess.run([*begin, "campaign", *names], cwd=ROOT, env=environment, check=True)
    with subprocess.Popen(
        [*begin, "watch", "--every", "0.02"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as watching:
        assert watching.stdout is not None
        rounds = 0
        deadline = time.monotonic() + 60
        while rounds < 2 and time.monotonic() < deadline:
            line = watching.stdout.readline()
            rounds += "Prochaine" in line or "Next" in line
        watching.send_signal(signal.SIGTERM)
        watching.stdout.read()
        assert watching.wait(20) == 0
    assert rounds == 2
    assert len(Lake(home).posts("essai").select("post_id").collect()) > 0


def test_who_ends_a_run_with_ctrl_c_is_obeyed_at_once_even_by_a_silent_network(home) -> None:
    def silent(request: Request) -> Answer:
        time.sleep(20)
        return Answer([])

    with Loopback(silent) as server:
        begin = [sys.executable, "-m", "collectors"]
        names = ("essai", *JUNE, "--networks", "mastodon", "--instances", server.url)
        subprocess.run(
            [*begin, "campaign", *names], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
        )
        with subprocess.Popen(
            [*begin, "run", "--campaign", "essai"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        ) as running:
            deadline = time.monotonic() + 30
            while not server.requests and time.monotonic() < deadline:
                time.sleep(0.05)
            running.send_signal(signal.SIGINT)
            _, said = running.communicate(timeout=18)  # before the network answers
    assert running.returncode == 130
    assert "Traceback" not in said and len(said.split()) > 4


def test_what_is_refused_leaves_no_campaign_behind(said) -> None:
    assert said("campaign", "essai", "--since", "2026-07-01", "--until", "2026-06-01")[0] == 2
    assert said("campaign", "essai", "--instances", "http://192.168.1.1")[0] == 2
    assert Lake.of_user().campaigns() == []


@pytest.mark.parametrize("arguments", [("--since", "28/06/2026"), ("--networks", "twitter")])
def test_what_is_typed_wrong_ends_with_2_and_says_what_is_right(said, capsys, arguments) -> None:
    with pytest.raises(SystemExit) as ended:
        said("campaign", "essai", *arguments)
    assert ended.value.code == 2
    shown = capsys.readouterr().err
    assert "2026-06-28" in shown or "bluesky" in shown


def test_a_second_run_at_the_same_time_is_no_failure(said, mastodon) -> None:
    said("campaign", "essai", *JUNE, "--networks", "mastodon", "--instances", mastodon.url)
    lake = Lake.of_user()
    campaign = lake.campaign("essai")
    assert campaign is not None
    with alone(lake, campaign, Network.MASTODON):
        code, shown = said("run", "--campaign", "essai", "--json")
    assert (code, shown["networks"][0]["error"]) == (0, "running")
