"""What `docs/` says is all that it takes is all that it takes: each recipe, applied to a copy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.recipes import ROOT, applied, changes, diff_of, passes

#: A recipe, the most files and lines that it may need, and what its kind of thing has to pass.
RECIPES = {
    "a-new-network": (
        4,
        190,
        ["tests/test_faults.py", "-k", "instagram and (500 or HTML or page)"],
    ),
    "a-new-table-format": (5, 65, ["tests/test_tables.py", "tests/test_locales.py"]),
    "a-new-measure": (3, 14, ["tests/test_protect.py", "tests/test_reach.py", "-k", "rate"]),
    "a-new-page": (4, 18, ["tests/test_views.py", "tests/test_rooms.py", "-k", "glossary"]),
    "a-new-report": (4, 35, ["tests/test_reports.py", "tests/test_rooms.py", "-k", "tags"]),
}


def test_every_recipe_is_tried() -> None:
    assert {file.stem for file in (ROOT / "docs").glob("*.md")} == {*RECIPES}


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_passes_what_all_of_its_kind_pass(name: str, tmp_path: Path) -> None:
    most_files, most_lines, asked = RECIPES[name]
    found = list(changes(diff_of(name)))
    assert len(found) <= most_files, found
    assert sum(it.added for it in found) <= most_lines, found
    assert passes(applied(name, tmp_path), *asked) >= 4


def test_a_new_measure_stands_on_its_page_in_its_unit(tmp_path: Path) -> None:
    seen = """
from tests.screens import cards_of, open_page
print(cards_of(open_page("reach", campaign="demo-puits", lang="fr"))["Citations par publication"])
"""
    done = subprocess.run(
        [sys.executable, "-c", seen],
        cwd=applied("a-new-measure", tmp_path),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout.strip().endswith("pour 100")
