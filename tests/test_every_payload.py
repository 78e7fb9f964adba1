"""What holds of every format: its answers are recognised, and no damage to one gets through."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from mangling import STRANGE, assert_every_post_can_be_kept, mangled, places

from collectors.files import DOCUMENTS, sources
from collectors.readers.fields import Unreadable

ANSWERS = sorted((Path(__file__).parent / "payloads").glob("*/*.json"))


def answer(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", ANSWERS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_saved_answer_is_recognised_by_one_format_and_read_as_a_file(path: Path) -> None:
    document = answer(path)
    [format_] = [each for each in DOCUMENTS if each.recognises(document)]
    [source] = sources(path)
    assert source.format is format_
    posts = [post for page in source.pages() for post in page.rows]
    assert posts
    assert posts == [it for it in format_.posts(document) if not isinstance(it, Unreadable)]


@pytest.mark.parametrize("path", ANSWERS, ids=lambda path: f"{path.parent.name}-{path.stem}")
@settings(deadline=None, max_examples=12)
@given(value=STRANGE)
def test_whatever_stands_anywhere_gives_posts_or_reasons(path: Path, value: Any) -> None:
    document = answer(path)
    [format_] = [each for each in DOCUMENTS if each.recognises(document)]
    for place in places(document):
        changed = mangled(document, place, value)
        assert isinstance(format_.recognises(changed), bool)
        format_.without_posts(changed)
        if format_.recognises(changed):
            assert_every_post_can_be_kept(format_.posts, changed)
