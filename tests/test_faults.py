"""The fault matrix: whatever a network throws, the lake ends as it would have, or says what is
missing.

Every network of the table is collected through its real client over real HTTP, from the server
in its folder of payloads.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collectors.access import answers
from collectors.access.budget import Ledger
from collectors.networks.table import NETWORKS
from collectors.runs import collect as collecting
from collectors.runs.patience import MOST_TRIES, Clock
from collectors.runs.run import Report, run
from data.lake import Lake
from data.model import Campaign, Network
from tests.faults import PASSING, identity
from tests.invented import BEGIN, END, TAG, Invented
from tests.loopback import Answer, Fault, Handler, Loopback, Request

# Enough for each to have several pages.
POSTS = {Network.X: 1_200, Network.REDDIT: 260}
INVENTED = {network: Invented(POSTS.get(network, 130)) for network in NETWORKS}
# One key and one moment for all runs, so that their lakes can be compared.
KEY = "ab" * 32
NOW = datetime.now(UTC).replace(microsecond=0)
EACH = pytest.mark.parametrize("network", list(NETWORKS))


def server_of(network: Network) -> Any:
    return importlib.import_module(f"tests.payloads.{network}.server")


def answers_of(network: Network) -> Callable[[Request], Answer]:
    return server_of(network).Server(INVENTED[network]).answer


def a_lake(root: Path, network: Network) -> tuple[Lake, Campaign]:
    os.environ["PORTE_VOIX_KEY_ESSAI"] = KEY
    lake = Lake(root)
    campaign = lake.create(Campaign("essai", "Essai"))
    wanted = replace(
        campaign,
        hashtags=(TAG,),
        networks=(network,),
        since=BEGIN,
        until=END,
        budget_dollars=10_000.0,
    )
    lake.update(wanted)
    return lake, wanted


def collect(
    root: Path,
    network: Network,
    url: str,
    now: datetime = NOW,
    *,
    since: datetime | None = None,
) -> list[Report]:
    """One run, whose waits take no time."""
    lake, campaign = a_lake(root, network)
    takes_budget = "budget" in NETWORKS[network].takes
    budget = {"budget": Ledger(root).budget(campaign, network)} if takes_budget else {}
    collector = server_of(network).collector(url, **budget)
    return run(lake, campaign, collector, Clock(lambda: now, lambda seconds: False), since=since)


def posts_in(root: Path) -> int:
    return len(Lake(root).posts("essai").select("post_id").collect())


@dataclass(frozen=True)
class Undisturbed:
    """What a run without a fault leaves: the lake's fingerprint, and what was asked for it."""

    fingerprint: str
    posts: int
    requests: list[Request]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Network], Undisturbed]:
    known: dict[Network, Undisturbed] = {}

    def of(network: Network) -> Undisturbed:
        if network not in known:
            root = tmp_path_factory.mktemp(f"undisturbed-{network}")
            with Loopback(answers_of(network)) as server:
                [report] = collect(root, network, server.url)
            assert report.outcome == "complete", report
            lake = Lake(root)
            known[network] = Undisturbed(
                lake.fingerprint("essai"), report.new, list(server.requests)
            )
        return known[network]

    return of


@dataclass
class Table:
    """Each fault by each network, printed when all is done."""

    cells: dict[tuple[str, Network], str] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        names = list(dict.fromkeys(fault for fault, _ in self.cells))
        yield f"{'fault':34}" + "".join(f"{network:>18}" for network in NETWORKS)
        for name in names:
            row = (self.cells.get((name, network), "–") for network in NETWORKS)
            yield f"{name:34}" + "".join(f"{cell:>18}" for cell in row)


@pytest.fixture(scope="module")
def table(request: pytest.FixtureRequest) -> Iterator[Table]:
    made = Table()
    yield made
    reporter = request.config.pluginmanager.getplugin("terminalreporter")
    reporter.write_line("")
    for line in made.lines():
        reporter.write_line(line)


class FirstTime:
    """Does the fault to each request the first time that it is made, and to no other."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.met: Counter[str] = Counter()

    def __call__(self, handler: Handler, request: Request, answer: Answer) -> None:
        name = identity(request)
        self.met[name] += 1
        if self.met[name] == 1:
            self.fault(handler, request, answer)
        else:
            handler.send(answer)


@EACH
@pytest.mark.parametrize("name", PASSING)
def test_a_fault_that_passes_leaves_no_trace_whichever_request_it_meets(
    name: str,
    network: Network,
    undisturbed: Callable[[Network], Undisturbed],
    table: Table,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usual = undisturbed(network)
    if name == "time-out":
        monkeypatch.setattr(answers, "TIMEOUT", 0.25)
    with Loopback(answers_of(network)) as server:
        fault = FirstTime(PASSING[name])
        server.always = fault
        [report] = collect(tmp_path, network, server.url)
    assert report.outcome == "complete", report
    assert Lake(tmp_path).fingerprint("essai") == usual.fingerprint
    assert max(fault.met.values()) <= MOST_TRIES
    # What the fault met was asked again, and nothing else.
    assert len(server.requests) <= 2 * len(usual.requests) + 2
    table.cells[name, network] = f"equal, {len(server.requests)} calls"


@EACH
@pytest.mark.parametrize("place", ["first", "middle", "last"])
@pytest.mark.parametrize("name", ["500", "200 HTML", "429"])
def test_a_fault_that_stays_is_tried_eight_times_then_named(
    name: str,
    place: str,
    network: Network,
    undisturbed: Callable[[Network], Undisturbed],
    table: Table,
    tmp_path: Path,
) -> None:
    usual = undisturbed(network)
    positions = {"first": 0, "middle": len(usual.requests) // 2, "last": -1}
    struck = identity(usual.requests[positions[place]])
    met: Counter[str] = Counter()

    def always(handler: Handler, request: Request, answer: Answer) -> None:
        met[identity(request)] += 1
        if identity(request) == struck:
            PASSING[name](handler, request, answer)
        else:
            handler.send(answer)

    with Loopback(answers_of(network)) as server:
        server.always = always
        [report] = collect(tmp_path, network, server.url)
    assert max(met.values()) <= MOST_TRIES
    assert report.outcome != "complete" and report.missing, report
    assert posts_in(tmp_path) == report.new <= usual.posts
    if name == "200 HTML" and place != "first":  # the first may be a login, which is not kept
        assert Lake(tmp_path).kept_aside("essai")
    # The next run, when the network is well again, brings what was missing.
    with Loopback(answers_of(network)) as server:
        later = NOW + timedelta(days=1, minutes=1)
        reports = collect(tmp_path, network, server.url, later, since=BEGIN)
    assert [each.outcome for each in reports] == ["complete"]
    assert posts_in(tmp_path) == usual.posts
    table.cells[f"{name}, always, {place} call", network] = f"named, {report.new} kept"


@EACH
@pytest.mark.parametrize(
    "name", ["partial-errors", "missing-author", "unknown-embed", "deleted-post", "expired-token"]
)
def test_a_strange_answer_costs_no_post_or_says_which(
    name: str,
    network: Network,
    undisturbed: Callable[[Network], Undisturbed],
    table: Table,
    tmp_path: Path,
) -> None:
    usual = undisturbed(network)
    mutation = server_of(network).MUTATIONS.get(name)
    if mutation is None:
        table.cells[name, network] = "cannot happen"
        return
    answer = answers_of(network)
    with Loopback(lambda request: mutation(request, answer(request))) as server:
        [report] = collect(tmp_path, network, server.url)
    kept = posts_in(tmp_path)
    is_told = bool(report.refused or report.missing)
    if name == "deleted-post":  # one that is deleted is not kept, and what was said to it is
        assert kept >= usual.posts - len(usual.requests)
    else:
        assert kept == usual.posts or is_told, report
    assert len(server.requests) <= MOST_TRIES * len(usual.requests)
    table.cells[name, network] = f"named, {kept} kept" if is_told else "no post lost"


class Detour:
    """Answers the second search with a page that is empty, or the first again, before its own;
    or, when it is endless, every search with the first page under a new cursor."""

    def __init__(self, network: Network, *, is_empty: bool, is_endless: bool) -> None:
        self.paging = server_of(network).PAGING
        self.answer_of = answers_of(network)
        self.is_empty, self.is_endless = is_empty, is_endless
        self.first: Answer | None = None
        self.meant: dict[str, list[str]] = {}
        self.number = 0

    def __call__(self, request: Request) -> Answer:
        name = self.paging.parameter
        if self.paging.path not in request.path:
            return self.answer_of(request)
        cursor = request.one(name)
        if cursor in self.meant:
            query = {**request.query, name: self.meant[cursor]}
            query = {key: values for key, values in query.items() if values}
            return self.answer_of(replace(request, query=query))
        answer = self.answer_of(request)
        if self.first is None:
            self.first = answer
            return answer
        if self.is_endless:
            return self.paging.written(self.first, self.alias(request), False)
        if self.meant:
            return answer
        shown = answer if self.is_empty else self.first
        return self.paging.written(shown, self.alias(request), self.is_empty)

    def alias(self, request: Request) -> str:
        """A cursor that no page has, and that means the one that was asked for."""
        self.number += 1
        made = f"9{self.number:04}00000000000000"
        if not self.is_endless:
            self.meant[made] = request.query.get(self.paging.parameter, [])
        return made


@EACH
@pytest.mark.parametrize("name", ["empty page with a cursor", "repeated page"])
def test_a_page_too_many_changes_nothing(
    name: str,
    network: Network,
    undisturbed: Callable[[Network], Undisturbed],
    table: Table,
    tmp_path: Path,
) -> None:
    usual = undisturbed(network)
    detour = Detour(network, is_empty=name.startswith("empty"), is_endless=False)
    with Loopback(detour) as server:
        [report] = collect(tmp_path, network, server.url)
    assert detour.meant, "the run has a second page"
    assert report.outcome == "complete", report
    assert posts_in(tmp_path) == usual.posts
    assert len(server.requests) <= 2 * len(usual.requests)
    table.cells[name, network] = f"equal, {len(server.requests)} calls"


@EACH
def test_an_endless_cursor_is_left_and_named(
    network: Network,
    undisturbed: Callable[[Network], Undisturbed],
    table: Table,
    tmp_path: Path,
) -> None:
    usual = undisturbed(network)
    with Loopback(Detour(network, is_empty=False, is_endless=True)) as server:
        [report] = collect(tmp_path, network, server.url)
    assert "endless" in [each.code for each in report.missing]
    assert len(server.requests) <= 6 * len(usual.requests)
    table.cells["endless cursor", network] = f"named, {report.new} kept"


_KILLS_A_NETWORK = 20


def _collect_page_by_page(root: Path, network: Network, url: str, now: datetime) -> None:
    collecting._FLUSH_POSTS = 1
    collect(root, network, url, now)


@EACH
def test_a_run_that_is_killed_anywhere_goes_on_to_the_same_lake(
    network: Network,
    undisturbed: Callable[[Network], Undisturbed],
    table: Table,
    tmp_path: Path,
) -> None:
    usual = undisturbed(network)
    # Children begin as copies of one process that has everything loaded, and no thread.
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload([__name__, f"tests.payloads.{network}.server"])
    chance = random.Random(f"seed of {network}")
    died = 0
    for number in range(_KILLS_A_NETWORK):
        root = tmp_path / str(number)
        turn = chance.randrange(len(usual.requests))
        delay = chance.choice((0.0, chance.random() * 0.05, chance.random() * 0.4))
        with Loopback(answers_of(network)) as server:
            child = processes.Process(
                target=_collect_page_by_page, args=(root, network, server.url, NOW)
            )
            child.start()
            deadline = time.monotonic() + 20
            while len(server.requests) <= turn and child.is_alive():
                assert time.monotonic() < deadline
                time.sleep(0.002)
            time.sleep(delay)
            if child.is_alive():
                os.kill(child.pid or 0, signal.SIGKILL)
                died += 1
            child.join()
            before = len(server.requests)
            reports = collect(root, network, server.url)
        again = len(server.requests) - before
        assert all(each.outcome == "complete" for each in reports), reports
        assert Lake(root).fingerprint("essai") == usual.fingerprint
        assert again <= len(usual.requests) + 1
    assert died >= _KILLS_A_NETWORK // 2
    table.cells[f"killed, {_KILLS_A_NETWORK} times", network] = f"equal ({died} died)"
