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


@pytest.mark.parametrize("page", sorted(it.stem for it in (ROOT / "views").glob("[a-z]*.py")))
def test_no_page_is_called_like_a_package(page):
    # Streamlit puts the folder of pages first on the path: `reports.py` there would hide `reports`.
    assert page not in OURS
    assert importlib.util.find_spec(page) is None
