"""No key leaves its store: keys are planted, and all that the program wrote is searched for them.

Each network is collected by `python -m collectors` in a process of its own that logs at DEBUG,
through its real client, from servers that are well, in trouble, or that repeat in their answers
all that they were asked with.
"""

from __future__ import annotations

import base64
import html
import importlib
import json
import os
import re
import runpy
import shutil
import sqlite3
import subprocess
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from types import FrameType
from typing import Any
from unittest.mock import patch
from urllib.parse import quote, quote_plus, unquote
from urllib.request import urlopen

import keyring
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail

from collectors.access.answers import masked
from collectors.access.budget import Nothing
from collectors.base import CollectorError
from collectors.networks import table
from collectors.networks.credentials import Credentials, Typed
from collectors.networks.table import NETWORKS, open_collector, secrets_of
from collectors.runs import rounds
from collectors.runs.patience import Clock
from data.lake import Lake
from data.model import Campaign, Network
from tests.faults import PASSING, identity
from tests.invented import BEGIN, END, TAG, Invented
from tests.loopback import Answer, Fault, Handler, Loopback, Request

ROOT = Path(__file__).resolve().parent.parent
EACH = pytest.mark.parametrize("network", list(NETWORKS))
INVENTED = Invented(40)
CAMPAIGN_KEY = sha256(b"the planted key of a campaign").hexdigest()
#: Says of what was kept that a server repeated a request in it.
MARK = "dit la page du mandataire"
#: A server is told here which stage begins.
_BEGINS = "/stage/"
_SIGNS_IN = re.compile(r"createSession|access_token")


def planted(name: str) -> str:
    """A key with signs that addresses, base64 and JSON write in other ways."""
    return base64.b64encode(sha256(name.encode()).digest()).decode() + "+/%2F<"


def planted_for(network: Network, kind: str = "right") -> dict[str, str]:
    return {name: planted(f"{kind} {network} {name}") for name in secrets_of(network)}


# What searches.


def ways_to_write(secret: str) -> dict[str, bytes]:
    """A secret as logs, addresses, headers, files and databases may hold it, in lower case."""
    raw = secret.encode()
    ways = {
        "itself": raw,
        "reversed": raw[::-1],
        "in an address": quote(secret, safe="").encode(),
        "in a path": quote(secret).encode(),
        "in a form": quote_plus(secret, safe="/").encode(),
        "twice in an address": quote(quote(secret, safe=""), safe="").encode(),
        "in JSON": json.dumps(secret)[1:-1].replace("/", "\\/").encode(),
        "in HTML": html.escape(secret).encode(),
        "in hex": raw.hex().encode(),
        "in UTF-16": secret.encode("utf-16-le"),
    }
    # Whatever stands before it (`Basic <id>:<secret>`), these letters are in its base64.
    for before in range(3):
        whole = base64.b64encode(b" " * before + raw)
        sure = whole[(8 * before + 5) // 6 : (before + len(raw)) * 8 // 6]
        ways[f"in base64, {before} before"] = sure
        for_addresses = sure.translate(bytes.maketrans(b"+/", b"-_"))
        ways[f"in base64 for addresses, {before} before"] = for_addresses
    return {way: written.lower() for way, written in ways.items()}


def pieces(written: bytes) -> Iterator[bytes]:
    """Parts of it, side by side, so that a good part of a key is found too."""
    for at in range(0, max(len(written) - 13, 1), 14):
        yield written[at : at + 14]


def leaks(held: Iterable[tuple[str, bytes]], secrets: dict[str, str]) -> list[str]:
    """Which secret is where, and how it is written there."""
    sought = {
        piece: f"{name}, {way}"
        for name, secret in secrets.items()
        for way, written in reversed(ways_to_write(secret).items())
        for piece in pieces(written)
    }
    return sorted(
        {
            f"{name}: {place}"
            for place, content in held
            for lowered in [content.lower()]
            for piece, name in sought.items()
            if piece in lowered
        }
    )


def in_files(root: Path) -> Iterator[tuple[str, bytes]]:
    """Each file's name and bytes; what is compressed in it as it is read."""
    for file in sorted(it for it in root.rglob("*") if it.is_file()):
        name = str(file.relative_to(root))
        yield f"the name of {name}", name.encode()
        yield name, file.read_bytes()
        if file.suffix == ".parquet":
            table = pq.read_table(file, partitioning=None)
            yield f"{name}, read", f"{table.schema} {table.to_pylist()}".encode()
        if file.suffix == ".sqlite":
            with closing(sqlite3.connect(file)) as database:
                yield f"{name}, read", "\n".join(database.iterdump()).encode()


def kept_aside(home: Path) -> Iterator[tuple[str, bytes]]:
    """What a lake shows of its pages kept aside to whoever has the campaign's key."""
    lake = Lake(home)
    for page in lake.kept_aside("essai"):
        why, body = lake.read_aside("essai", page.name)
        yield f"{home.name} aside {page.name}", why.encode() + b" " + body


def addresses_kept(home: Path, network: Network) -> tuple[str, bytes]:
    """What it shows of the addresses of posts."""
    ever = datetime.now(UTC) + timedelta(days=1)
    return f"{home.name} references", repr(Lake(home).known("essai", network, ever, 999)).encode()


# What is searched: all that a process leaves, which does as it is told.


@dataclass
class Stage:
    """Commands in one home, with the keys of one network in the environment or in a store.

    The server is told at `begins` that it begins. `raises` is what fails meanwhile, with `words`
    in the text of the error.
    """

    home: str
    begins: str
    commands: list[list[str]]
    environment: dict[str, str] = field(default_factory=dict)
    stored: dict[str, str] | None = None
    ring: str | None = None
    raises: str | None = None
    words: str = ""


class Ring(KeyringBackend):
    """The keyring of a system; a file stands for it."""

    priority = 1

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file

    def kept(self) -> dict[str, str]:
        return json.loads(self.file.read_text()) if self.file.exists() else {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept().get(f"{service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self.file.write_text(json.dumps({**self.kept(), f"{service} {username}": password}))

    def delete_password(self, service: str, username: str) -> None:
        raise NotImplementedError


def obey() -> None:
    """What the process does: the stages that come in, each with its own environment."""
    network, *stages = json.load(sys.stdin)
    usual = dict(os.environ)
    for stage in (Stage(**each) for each in stages):
        _say(f"stage {Path(stage.home).name}")
        urlopen(stage.begins).close()
        os.environ.clear()
        os.environ.update(usual, PORTE_VOIX_HOME=stage.home, **stage.environment)
        keyring.set_keyring(Ring(Path(stage.ring)) if stage.ring else fail.Keyring())
        if stage.stored:
            Credentials(Path(stage.home)).store(Network(network), stage.stored)
        _type(stage.commands[0])
        with ExitStack() as disturbed:
            if stage.raises:
                error = RuntimeError(stage.words)
                disturbed.enter_context(patch(stage.raises, side_effect=error))
            for command in stage.commands[1:]:
                _type(command)


def _type(command: list[str]) -> None:
    """`python -m collectors …`; nobody waits, and posts are read just after the campaign."""
    now = END + timedelta(hours=1) if command[0] == "run" else datetime.now(UTC)
    clock = Clock(lambda: now, lambda seconds: False)
    with patch.object(rounds, "clock", lambda _: clock), patch.object(sys, "argv", ["", *command]):
        try:
            runpy.run_module("collectors", run_name="__main__", alter_sys=True)
        except SystemExit as end:
            _say(f"{command[0]} ends with code {end.code}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@dataclass
class Behaviour:
    """How a network's server answers during a stage."""

    service: Any
    fault: Fault | None
    change: Callable[[Request, Answer], Answer] | None


class Session:
    """One network's process: the stages that it goes through, and the server that it asks."""

    def __init__(self, root: Path, network: Network, begun: Path) -> None:
        self.root, self.network, self._begun = root, network, begun
        self.right, self.wrong = planted_for(network), planted_for(network, "wrong")
        self.module = importlib.import_module(f"tests.payloads.{network}.server")
        self.server = Loopback(self._answer)
        self.server.always = self._send
        self.stages: dict[str, Stage] = {}
        self.said: dict[str, str] = {}
        self._behaviours: dict[str, Behaviour] = {}
        self._behaviour: Behaviour | None = None

    def run(self) -> None:
        with self.server:
            self._plan_all()
            self._run()

    def _answer(self, request: Request) -> Answer:
        if request.path.startswith(_BEGINS):
            self._behaviour = self._behaviours[unquote(request.path.removeprefix(_BEGINS))]
            return Answer({})
        assert self._behaviour is not None
        answer: Answer = self._behaviour.service.answer(request)
        change = self._behaviour.change
        return answer if change is None else change(request, answer)

    def _send(self, handler: Handler, request: Request, answer: Answer) -> None:
        fault = self._behaviour.fault if self._behaviour else None
        if fault is None or request.path.startswith(_BEGINS):
            handler.send(answer)
        else:
            fault(handler, request, answer)

    def plan(
        self,
        name: str,
        *commands: str,
        fault: Fault | None = None,
        change: Callable[[Request, Answer], Answer] | None = None,
        address: str | None = None,
        instance: str | None = None,
        **more: Any,
    ) -> None:
        """A stage: a campaign is created, then `commands` are typed for it."""
        self._behaviours[name] = Behaviour(self.module.Server(INVENTED), fault, change)
        begin = ["campaign", "essai", "--hashtags", f"#{TAG}", "--networks", self.network.value]
        begin += ["--since", f"{BEGIN:%Y-%m-%d}", "--until", f"{END - timedelta(1):%Y-%m-%d}"]
        begin += ["--budget-dollars", "9000", "--instances", instance or self.server.url]
        words = [command.split() for command in commands]
        typed = [[first, "--campaign", "essai", *others] for first, *others in words]
        home = str(self.root / "homes" / name)
        stage = Stage(home, self.server.url + _BEGINS + quote(name), [begin, *typed], **more)
        if stage.stored is None:
            stage.environment = stage.environment or self.given(self.right)
            shutil.copytree(self._begun, home)
        called = {f"PORTE_VOIX_{self.network}_URL".upper(): address or self.server.url}
        stage.environment = {**stage.environment, **called}
        self.stages[name] = stage

    def given(self, secrets: dict[str, str]) -> dict[str, str]:
        """Keys in the environment, that of the campaign among them."""
        named = {f"PORTE_VOIX_{self.network}_{it}".upper(): s for it, s in secrets.items()}
        return {**named, "PORTE_VOIX_KEY_ESSAI": CAMPAIGN_KEY}

    def _plan_all(self) -> None:
        plan = self.plan
        # Of X alone it is asked what a run would cost.
        estimate = ["estimate"] if self.network is Network.X else []
        plan("well", *estimate, "run", "measure", "check", "status", "status --json")
        plan("file", "run", "status", stored=self.right)
        plan("keyring", "run", "status", stored=self.right, ring=str(self.ring))
        trouble = InTurn("429", "500", "200 HTML", "truncated JSON", "reset")
        plan("trouble", "run --json", "measure", "check", fault=trouble)
        plan("wrong key", "run", environment=self.given(self.wrong))
        # Where no key is sent, none can be repeated.
        for name, fault in REPETITIONS.items() if self.right else ():
            plan(name, "run", fault=fault)
        plan("repeats beside", "run --json", "measure", "status", change=repeats_beside)
        with_password = f"https://nom:{quote(ADDRESS_PASSWORD, safe='')}@exemple.org"
        plan("password", "run", *estimate, address=with_password)
        plan("password of an instance", instance=with_password)
        words = " ".join([*self.right.values(), CAMPAIGN_KEY])
        for raises in RAISING:
            plan(raises, "run", *estimate, raises=raises, words=words)

    def _run(self) -> None:
        for folder in ("user", "tmp", "here"):
            (self.root / folder).mkdir()
        program = (
            "import logging, sys;"
            "logging.basicConfig(level=logging.DEBUG, filename=sys.argv[1]);"
            "from tests.test_no_key_leaks import obey; obey()"
        )
        told = [self.network.value, *map(vars, self.stages.values())]
        out, err = self.root / "stdout", self.root / "stderr"
        with out.open("wb") as stdout, err.open("wb") as stderr:
            ended = subprocess.run(
                [sys.executable, "-c", program, str(self.log)],
                input=json.dumps(told).encode(),
                stdout=stdout,
                stderr=stderr,
                cwd=self.root / "here",
                env={
                    "PATH": os.environ["PATH"],
                    "PYTHONPATH": str(ROOT),
                    "PYTHONIOENCODING": "utf-8",
                    "PYTHONWARNINGS": "default",
                    "HOME": str(self.root / "user"),
                    "TMPDIR": str(self.root / "tmp"),
                },
                timeout=200,
                check=False,
            )
        assert ended.returncode == 0, err.read_text(encoding="utf-8")
        _, *parts = re.split(r"^stage (.+)\n", out.read_text(encoding="utf-8"), flags=re.MULTILINE)
        self.said = dict(zip(parts[::2], parts[1::2]))

    @property
    def log(self) -> Path:
        return self.root / "debug.log"

    @property
    def ring(self) -> Path:
        return self.root / "keyring.json"

    def home(self, name: str) -> Path:
        return Path(self.stages[name].home)

    def stores(self) -> list[Path]:
        """Where keys may be."""
        return [self.ring, *(self.home("file") / "keys").iterdir()]

    def campaign_key(self, name: str) -> str:
        """The key of the campaign of a stage."""
        if name == "file":
            return (self.home("file") / "keys" / "essai.key").read_text()
        if name == "keyring":
            [key] = [it for entry, it in Ring(self.ring).kept().items() if entry.endswith(":essai")]
            return key
        return CAMPAIGN_KEY

    def secrets(self) -> dict[str, str]:
        """All that nobody is to see: what was planted, and what was got for it."""
        names = ("authorization", "x-goog-api-key")
        shown = {
            request.headers[name].split()[-1]
            for request in self.server.requests
            for name in names
            if name in request.headers
        }
        keys = {f"campaign key ({it})": self.campaign_key(it) for it in ("well", "file", "keyring")}
        wrong = {f"wrong {name}": secret for name, secret in self.wrong.items()}
        tokens = {f"token {number}": token for number, token in enumerate(sorted(shown))}
        return {**tokens, **keys, **wrong, "password": ADDRESS_PASSWORD, **self.right}


ADDRESS_PASSWORD = planted("address")
#: The stages that end well.
WELL = ("well", "file", "keyring", "trouble", "repeats beside")
#: While a page is read, while it is written, as a collector opens, and as it connects.
RAISING = (
    *("collectors.base.Query.holds", "collectors.access.answers.document", "data.lake.Lake.derive"),
    *("collectors.networks.table.urlsplit", "socket.getaddrinfo"),
)


# What the servers do.


class InTurn:
    """Every call meets each of the faults, one after the other, before it is answered."""

    def __init__(self, *names: str) -> None:
        self.faults = [PASSING[name] for name in names]
        self.met: Counter[str] = Counter()

    def __call__(self, handler: Handler, request: Request, answer: Answer) -> None:
        turn = self.met[identity(request)]
        self.met[identity(request)] += 1
        if turn < len(self.faults):
            self.faults[turn](handler, request, answer)
        else:
            handler.send(answer)


def repetition(request: Request) -> str:
    """All that a request said, its key first."""
    named = [request.headers.get(name, "") for name in ("authorization", "x-goog-api-key")]
    ways = [key for key in named if key]
    ways += [quote(key, safe="") for key in ways] + [html.escape(key) for key in ways]
    return f"{' '.join(ways)} {request!a} {MARK}"


def repeats(status: int, kind: str, *, signs_in: bool = True) -> Fault:
    """Every answer repeats what was asked: in its headers, and as `kind` in its body.

    Who signs in is answered well, where a network has that and `signs_in` says so.
    """

    def fault(handler: Handler, request: Request, answer: Answer) -> None:
        if signs_in and _SIGNS_IN.search(request.path):
            handler.send(answer)
            return
        said = repetition(request)
        problem = dict.fromkeys(("title", "message", "reason", "detail"), said)
        document = {
            **problem,
            "errors": [problem],
            "error": {**problem, "errors": [problem], "details": [problem]},
            "meta": {"next_token": said.split()[1] if " " in said else said},
        }
        page = f"<!doctype html><pre>{said}</pre>".encode()
        headers = dict.fromkeys(("X-Request", "Retry-After", "Location", "Link"), said)
        headers["Content-Type"] = "text/html" if kind == "HTML" else "application/json"
        handler.send(Answer(page if kind == "HTML" else document, status, headers))

    return fault


REPETITIONS = {
    "repeats in a page": repeats(200, "HTML"),
    "repeats in a reply": repeats(200, "JSON"),
    "repeats elsewhere": repeats(302, "HTML"),
    "repeats in a refusal": repeats(400, "JSON"),
    "repeats in a failure": repeats(500, "HTML"),
    "repeats from the first on": repeats(500, "JSON", signs_in=False),
}


def repeats_beside(request: Request, answer: Answer) -> Answer:
    """A page with a row that cannot be read, hence kept aside, and the request beside it."""
    document = json.loads(answer.bytes)
    if not isinstance(document, dict) or _SIGNS_IN.search(request.path):
        return answer
    inside = document.get("data")
    for holder in (document, inside if isinstance(inside, dict) else {}):
        for name in ("data", "posts", "items", "children"):
            rows = holder.get(name)
            if isinstance(rows, list) and rows:
                rows[0] = {**rows[0], **dict.fromkeys(("text", "record", "snippet", "data"), 0)}
    return replace(answer, body={**document, "request": repetition(request)})


# The tests.


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Network, Session]]:
    begun = tmp_path_factory.mktemp("begun")
    made = {it: Session(tmp_path_factory.mktemp(it.value), it, begun) for it in NETWORKS}
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PORTE_VOIX_KEY_ESSAI", CAMPAIGN_KEY)
        Lake(begun).create(Campaign("essai", "Essai"))  # once: that takes longer than a run
        for session in made.values():
            for name, secret in session.right.items():
                patched.setitem(session.module.SECRETS, name, secret)
        with ThreadPoolExecutor(2) as running:
            list(running.map(Session.run, made.values()))
        yield made


@EACH
def test_a_key_is_nowhere_but_in_its_store(
    network: Network, sessions: dict[Network, Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    session = sessions[network]
    secrets = session.secrets()
    stores = {str(it.relative_to(session.root)) for it in session.stores()}
    held = [(place, content) for place, content in in_files(session.root) if place not in stores]
    for name in session.said:
        monkeypatch.setenv("PORTE_VOIX_KEY_ESSAI", session.campaign_key(name))
        held += kept_aside(session.home(name))
        if name in WELL:
            held.append(addresses_kept(session.home(name), network))
    found = leaks(held, secrets)
    assert not found, "\n".join(found)


@EACH
def test_what_was_searched_had_met_the_keys(
    network: Network, sessions: dict[Network, Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    session = sessions[network]
    monkeypatch.setenv("PORTE_VOIX_KEY_ESSAI", CAMPAIGN_KEY)
    codes = {
        name: [int(code) for code in re.findall(r" ends with code (\d+)", said)]
        for name, said in session.said.items()
    }
    for name in WELL:
        assert set(codes[name]) == {0}, f"{name}: {session.said[name]}"
    for name in codes.keys() & {*REPETITIONS, *RAISING[3:]}:
        assert codes[name][1] != 0, f"{name}: {session.said[name]}"
    log = session.log.read_text(encoding="utf-8")
    assert "DEBUG:" in log
    assert "unexpected RuntimeError" in log
    if not session.right:
        return
    for name in ("page", "reply", "failure"):
        repeated = list(kept_aside(session.home(f"repeats in a {name}")))
        assert any(MARK.encode() in page for _, page in repeated), name
        assert all(b"<secret>" in page for _, page in repeated if MARK.encode() in page)
    assert any(MARK.encode() in page for _, page in kept_aside(session.home("repeats beside")))
    stored = [store.read_text().replace('\\"', '"') for store in session.stores()]
    for secret in session.right.values():
        assert sum(json.dumps(secret) in kept for kept in stored) == 2


def test_a_key_is_found_however_it_is_written(tmp_path: Path) -> None:
    key = planted("found")
    raw = key.encode()
    pq.write_table(pa.table({"title": [["x", f"Bearer {key}"]]}), tmp_path / "rows.parquet")
    with closing(sqlite3.connect(tmp_path / "spent.sqlite")) as database:
        database.execute("create table spent (note text)")
        database.execute("insert into spent values (?)", (key,))
        database.commit()
    written = {
        "plain": raw,
        "cut short": raw[:33],
        "upper case": key.upper().encode(),
        "in an address": f"https://exemple.org/?key={quote(key, safe='')}".encode(),
        "Basic": b"Basic " + base64.b64encode(b"identifiant:" + raw),
        "with an id behind": base64.urlsafe_b64encode(raw + b":identifiant"),
        "hex": raw.hex().encode(),
        "reversed": raw[::-1],
        "JSON in JSON": json.dumps(json.dumps({"key": key})).encode(),
    }
    for name, content in written.items():
        (tmp_path / name).write_bytes(b"avant " + content + " après".encode())
    (tmp_path / quote(key[:40], safe="")).touch()
    found = "\n".join(leaks(in_files(tmp_path), {"key": key}))
    for name in (*written, "rows.parquet, read", "spent.sqlite", "the name of"):
        assert f": {name}" in found
    assert not leaks(in_files(tmp_path), {"another": planted("another")})


@EACH
def test_a_collector_and_its_making_show_no_key(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Some tools show the variables of each frame of an error.
    monkeypatch.setenv(f"PORTE_VOIX_{network}_URL".upper(), "http://127.0.0.1:9")
    campaign = Campaign("essai", "Essai", instances=("http://127.0.0.1:9",))
    module = importlib.import_module(NETWORKS[network].module).__file__
    assert module is not None
    own = module.removesuffix(".py")  # and what it is parted into: `x.py`, `x_client.py`
    shown: list[str] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "return" and frame.f_code.co_filename.startswith(own):
            shown.extend(map(repr, frame.f_locals.values()))

    secrets = planted_for(network)
    sys.setprofile(note)
    try:
        collector = open_collector(network, campaign, Typed(network, secrets), Nothing())
    finally:
        sys.setprofile(None)
    assert shown
    shown += [repr(collector), repr(vars(collector))]
    assert not leaks([("shown", it.encode()) for it in shown], secrets)


@EACH
def test_a_key_that_is_tried_is_in_no_error(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = planted_for(network)
    words = " ".join([network, *secrets.values()])
    campaign = Campaign("essai", "Essai", instances=("http://127.0.0.1:9",))
    monkeypatch.setenv(f"PORTE_VOIX_{network}_URL".upper(), "http://127.0.0.1:9")
    monkeypatch.setattr("socket.getaddrinfo", raising(RuntimeError(words)))
    with pytest.raises(CollectorError) as caught:
        table.test_key(network, campaign, Typed(network, secrets))
    said = [repr(caught.value), *traceback.format_exception(caught.value)]
    assert not leaks([("said", it.encode()) for it in said], secrets)


def raising(error: Exception) -> Callable[..., Any]:
    def fail_at_once(*_: object, **__: object) -> None:
        raise error

    return fail_at_once


@pytest.mark.parametrize("key", ["abc%2Fdef%3D", "abc/def+ghi=", "abc<def>&", "Zürich"])
def test_an_answer_is_kept_without_the_key_it_repeats(key: str) -> None:
    spelled = {key, quote(key, safe=""), html.escape(key), key.replace("/", "\\/")}
    for each in spelled:
        body = f'{{"path": "/2?key={each}&x", "said": "Bearer {each}"}}'.encode()
        without = b'{"path": "/2?key=<secret>&x", "said": "Bearer <secret>"}'
        assert masked(body, f"Bearer {key}") == masked(body, key) == without
    assert masked(b"rien", "") == b"rien"
