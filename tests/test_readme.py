"""What the README tells an analyst to write gives what the dashboard shows."""

import re
from pathlib import Path

from data.lake import Lake
from reports.summary import summary

README = (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf-8")


def test_the_lines_for_a_notebook_give_the_numbers_of_the_summary():
    lines = re.findall(r"```python\n(.*?)```", README, re.DOTALL)[0]
    names = {}
    exec(lines, names)
    total = names["aggregates"].totals(names["comparable"])
    shown = summary(Lake.demo(), "demo-bancs")
    assert int(total["posts"].iloc[0]) == shown["posts"]
    assert int(total["authors"].iloc[0]) == shown["authors"]


def test_what_the_readme_links_to_is_there():
    for target in re.findall(r"\]\((?!http)([^)]+)\)", README):
        assert (Path(__file__).resolve().parent.parent / target).exists(), target
