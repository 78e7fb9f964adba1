"""Where a network's search has its cursor, so that tests can lead it astray."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.loopback import Answer


@dataclass(frozen=True)
class Paging:
    """A search: part of its path, the parameter with the cursor, and where an answer has it.

    `written` gives an answer with another cursor, and without its rows where `is_empty`.
    """

    path: str
    parameter: str
    written: Callable[[Answer, str | None, bool], Answer]


def in_json(path: str, parameter: str, *places: str, rows: tuple[str, ...]) -> Paging:
    """A search whose answer has the next cursor at `places`, and its posts at `rows`."""

    def inside(document: Any, names: tuple[str, ...]) -> Any:
        for name in names:
            document = document.setdefault(name, {})
        return document

    def written(answer: Answer, cursor: str | None, is_empty: bool) -> Answer:
        document = json.loads(answer.bytes)
        inside(document, places[:-1])[places[-1]] = cursor
        if is_empty:
            inside(document, rows[:-1])[rows[-1]] = []
        return replace(answer, body=document)

    return Paging(path, parameter, written)


def in_link(path: str, parameter: str) -> Paging:
    """A search that goes on at the address of its `Link` header."""

    def written(answer: Answer, cursor: str | None, is_empty: bool) -> Answer:
        link = f'<http://127.0.0.1{path}x?{parameter}={cursor}>; rel="next"'
        body: Any = [] if is_empty else answer.body
        return replace(answer, body=body, headers={**answer.headers, "Link": link})

    return Paging(path, parameter, written)
