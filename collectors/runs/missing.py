"""What a reading did not give, and how the lake keeps it: written and read in one place."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

#: The network gave no more of what it holds.
CAPPED = "capped"


@dataclass(frozen=True)
class Missing:
    """What could not be read: `code` names the sentence (`error.<code>`, `missing.<code>`)."""

    code: str
    values: dict[str, object] = field(default_factory=dict)


def written(missing: Iterable[Missing]) -> str:
    """The `missing` of `Lake.collections`."""
    return json.dumps([{"code": each.code, **each.values} for each in missing], default=str)


def named(kept: object) -> tuple[Missing, ...]:
    """What a `missing` of `Lake.collections` names; nothing where it is null.

    >>> named(written([Missing("capped", {"n": 3})]))
    (Missing(code='capped', values={'n': 3}),)
    """
    found = json.loads(kept) if isinstance(kept, str) else []
    return tuple(Missing(each.pop("code"), each) for each in found)
