"""The view is its address: what is chosen on a page stands in the URL as codes.

The only module that touches the session's state. A value is read from the address when the
address says something new (a link, the back button), else it stays what was chosen, else it
is the default; anything strange in the address counts as not said.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Generic, TypeVar, cast

import streamlit as st

T = TypeVar("T")

_WRITTEN = "_written"
_LATER = "_later"
_EDITIONS = "_editions"
_SAID = "_said"

#: What is forgotten when another campaign is chosen.
OF_A_CAMPAIGN = (
    *("period", "since", "until", "networks", "kinds"),
    *("tag", "target", "job", "others", "versus"),
)


@dataclass(frozen=True)
class Choice(Generic[T]):
    """Something that can be chosen: its key (of the widget and in the address) and its codes.

    `read` gives the value of a code, or None where the code is not legal.
    """

    key: str
    default: T
    read: Callable[[str], T | None]
    write: Callable[[T], str] = str


def one_of(key: str, codes: Collection[str], default: str) -> Choice[str]:
    """One code of several."""
    return Choice(key, default, lambda code: code if code in codes else None)


def some_of(key: str, codes: Sequence[str]) -> Choice[list[str]]:
    """Any of several codes, none meaning all; written `all`, or with commas between."""

    def read(text: str) -> list[str] | None:
        asked = set(text.split(","))
        if text == "all":
            return []
        return [code for code in codes if code in asked] if asked <= set(codes) else None

    return Choice(key, [], read, lambda chosen: ",".join(chosen) or "all")


def day_between(key: str, first: date, last: date, default: date, *, later: int = 0) -> Choice[Any]:
    """A day; the address says the day `later` days after it (for an end that is excluded)."""

    def read(text: str) -> date | None:
        try:
            day = date.fromisoformat(text) - timedelta(days=later)
        except (ValueError, OverflowError):
            return None
        return day if first <= day <= last else None

    return Choice(
        key, default, read, lambda day: (day + timedelta(days=later)).isoformat() if day else ""
    )


def free_text(key: str, longest: int) -> Choice[str]:
    """A word that only the data can judge; empty when nothing is asked."""
    return Choice(key, "", lambda text: text if len(text) <= longest else None)


def seed(choice: Choice[T]) -> T:
    """Settles a choice before its widget is drawn, and gives its value."""
    state: Any = st.session_state
    if choice.key in (waiting := state.get(_LATER, {})):
        state[choice.key] = waiting.pop(choice.key)
        return cast(T, state[choice.key])
    said = st.query_params.get(choice.key)
    if said is not None and said != state.get(_WRITTEN, {}).get(choice.key):
        value = choice.read(said)
        state[choice.key] = choice.default if value is None else value
    elif choice.key not in state or choice.read(choice.write(state[choice.key])) is None:
        state[choice.key] = choice.default
    return cast(T, state[choice.key])


def value(key: str) -> Any:
    """What is chosen under a key that was seeded."""
    return st.session_state[key]


def choose(key: str, chosen: object) -> None:
    """Chooses what has no widget."""
    st.session_state[key] = chosen


def later(key: str, chosen: object) -> None:
    """Chooses in the place of a widget that is drawn already: it shows in the next run."""
    st.session_state.setdefault(_LATER, {})[key] = chosen


def taken(key: str) -> Any:
    """What is kept under a key, which is forgotten by that; None where there is nothing."""
    return st.session_state.pop(key, None)


def say_later(said: str) -> None:
    """Has the page say, once, in its next run, what was done in this one."""
    st.session_state[_SAID] = said


def said() -> str | None:
    """What the run before this one wanted said."""
    return cast(str | None, taken(_SAID))


def edition(form: str) -> int:
    """Ends the keys of a form's widgets: after `start_anew` they are new ones, and empty."""
    return int(st.session_state.get(_EDITIONS, {}).get(form, 0))


def start_anew(form: str) -> None:
    """Lets go of what was typed into a form."""
    st.session_state.setdefault(_EDITIONS, {})[form] = edition(form) + 1


def forget(*keys: str) -> None:
    """Back to the defaults, whatever the address still says."""
    for key in keys:
        st.session_state.pop(key, None)
        st.session_state.setdefault(_WRITTEN, {})[key] = st.query_params.get(key)


def drop(*keys: str) -> None:
    """Takes what no longer applies out of the address, and forgets it."""
    for key in keys:
        st.session_state.pop(key, None)
        if key in st.query_params:
            del st.query_params[key]


def write(*choices: Choice[Any]) -> None:
    """Writes choices into the address, defaults too: a default that moves is no link."""
    written = {it.key: it.write(st.session_state[it.key]) for it in choices}
    written = {key: text for key, text in written.items() if text}
    gone = [it.key for it in choices if it.key not in written and it.key in st.query_params]
    for key in gone:
        del st.query_params[key]
    if any(st.query_params.get(key) != text for key, text in written.items()):
        st.query_params.update(written)
    st.session_state.setdefault(_WRITTEN, {}).update(
        {it.key: written.get(it.key) for it in choices}
    )
