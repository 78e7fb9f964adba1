"""Who may import whom: data flows one way, from the networks to the screen."""

import ast
import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("data", "collectors", "analysis", "findings", "reports", "views")
OURS = {*ROOMS, "locales", "app"}

#: The words of a room's sentences may be read from anywhere: `locales` imports nothing of ours.
ALLOWED = {
    "locales": set(),
    "data": {"locales"},
    "collectors": {"data", "locales"},
    "analysis": {"data.model"},
    "findings": {"analysis", "data", "locales"},
    "reports": {"findings", "analysis", "data", "locales"},
    "views": {"collectors", "analysis", "findings", "reports", "data", "locales"},
    "app": {"findings", "views"},
}
SCREEN = {"streamlit"}
CLIENTS = {
    "tweepy",
    "praw",
    "atproto",
    "mastodon",
    "googleapiclient",
    "requests",
    "httpx",
    "urllib3",
}
NEVER = {
    "locales": SCREEN | CLIENTS,
    "data": SCREEN | CLIENTS | {"plotly", "sklearn"},
    "collectors": SCREEN | {"plotly", "sklearn"},
    "analysis": SCREEN | CLIENTS | {"deltalake", "duckdb"},
    "findings": SCREEN | CLIENTS | {"deltalake", "duckdb"},
    "reports": SCREEN | CLIENTS | {"deltalake", "duckdb"},
    "views": CLIENTS | {"deltalake", "duckdb", "sklearn"},
    "app": CLIENTS | {"deltalake", "duckdb", "sklearn"},
}
#: The only page that collects, and its parts.
COLLECTING = {
    "views/collection.py",
    *(
        f"views/parts/collection/{name}.py"
        for name in (
            *("access", "coverage", "drafts", "import_job", "progress"),
            *("reading", "rounds", "runs", "sources"),
        )
    ),
}


def modules():
    files = [ROOT / "app.py", *(f for room in ALLOWED for f in (ROOT / room).rglob("*.py"))]
    return [pytest.param(file, id=file.relative_to(ROOT).as_posix()) for file in files]


def imported(file):
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_in(name, allowed):
    """Whether a module is one of these, lies in one, or leads to one (`data` to `data.model`)."""
    return any(
        name == each or name.startswith(f"{each}.") or each.startswith(f"{name}.")
        for each in allowed
    )


@pytest.mark.parametrize("file", modules())
def test_a_room_imports_only_what_it_may(file):
    path = file.relative_to(ROOT)
    room = path.parts[0].removesuffix(".py")
    names = set(imported(file))
    for name in names:
        top = name.partition(".")[0]
        assert top not in NEVER[room], f"{path} imports {name}"
        if top in OURS and top != room:
            assert is_in(name, ALLOWED[room]), f"{path} imports {name}"
    if room == "views" and any(is_in(name, {"collectors"}) for name in names):
        assert path.as_posix() in COLLECTING


def test_the_table_would_find_a_wrong_import():
    assert is_in("data.model.Post", ALLOWED["analysis"])
    assert not is_in("data.lake", ALLOWED["analysis"])
    assert not is_in("views.frame", ALLOWED["reports"])


def by_name(root, folders):
    """The files of modules, by the name that they are imported by."""
    files = [*root.glob("*.py"), *(it for each in folders for it in (root / each).rglob("*.py"))]
    names = (".".join(file.relative_to(root).with_suffix("").parts) for file in files)
    return {name.removesuffix(".__init__"): file for name, file in zip(names, files)}


def leads_to(file, ours):
    """The modules of ours that a file imports, wherever in it, for types alone too.

    A package counts where its own names are asked for, not on the way to a module inside it.
    """
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            inside = {alias.name: f"{node.module}.{alias.name}" for alias in node.names}
            found.update(it if it in ours else node.module for it in inside.values())
    return found & ours.keys()


def circles(root, folders):
    """The modules that import each other, directly or by way of others: one set a circle."""
    ours = by_name(root, folders)
    graph = {name: leads_to(file, ours) for name, file in ours.items()}

    def reached(name):
        seen, waiting = set(), [name]
        while waiting:
            new = graph[waiting.pop()] - seen
            seen |= new
            waiting += new
        return seen

    behind = {name: reached(name) for name in graph}
    return {
        frozenset(other for other in behind[name] if name in behind[other])
        for name in graph
        if name in behind[name]
    }


def test_no_two_modules_import_each_other_in_a_circle():
    assert circles(ROOT, (*ROOMS, "locales", "tests", "benchmarks")) == set()


def test_a_circle_would_be_found_however_it_is_made(tmp_path):
    (tmp_path / "room").mkdir()
    for name, code in {
        "room/__init__": "from room.first import one",
        "room/first": "from room import second",
        "room/second": "if TYPE_CHECKING:\n    from room.third import Three",
        "room/third": "def late():\n    import room.first",
        "room/inside": "from room import one",  # leads into the circle, and lies in none
        "room/beside": "from room.lower import two",  # does not ask the package for anything
        "room/lower": "import room.third",
        "app": "from room import beside",
    }.items():
        (tmp_path / f"{name}.py").write_text(code, encoding="utf-8")
    assert circles(tmp_path, ("room",)) == {frozenset({"room.first", "room.second", "room.third"})}
    (tmp_path / "room" / "third.py").write_text("from room import one", encoding="utf-8")
    [circle] = circles(tmp_path, ("room",))
    assert circle == {"room", "room.first", "room.second", "room.third"}


@pytest.mark.parametrize("page", sorted(it.stem for it in (ROOT / "views").glob("[a-z]*.py")))
def test_no_page_is_called_like_a_package(page):
    # Streamlit puts the folder of pages first on the path: `reports.py` there would hide `reports`.
    assert page not in OURS
    assert importlib.util.find_spec(page) is None


@pytest.mark.parametrize("file", sorted((ROOT / "tests").glob("*.py")), ids=lambda it: it.stem)
def test_no_test_imports_from_another(file):
    assert not {it for it in imported(file) if it.removeprefix("tests.").startswith("test_")}


#: The floors of `collectors`, and those below that each may stand on.
FLOORS = {
    "readers": set(),
    "files": {"readers"},
    "access": {"readers"},
    "networks": {"readers", "access"},
}


@pytest.mark.parametrize("floor", FLOORS)
def test_files_and_networks_share_the_readers_and_nothing_of_each_other(floor):
    above = {"readers", "files", "access", "networks", "runs", "commands"} - FLOORS[floor] - {floor}
    for file in (ROOT / "collectors" / floor).rglob("*.py"):
        for name in imported(file):
            assert not is_in(name, {f"collectors.{it}" for it in above}) or name == "collectors", (
                f"{file} imports {name}"
            )
