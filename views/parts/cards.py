"""Figures as cards: each with its change, its definition and what it rests on."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from analysis.measure import Measure
from analysis.reach import rates
from findings import protect, sentences
from findings.question import Filters
from views.parts import polling
from views.parts.loaders import reader
from views.parts.words import t, words

_REACH = Path(__file__).parent.parent / "reach.py"


def show(
    name: str, shown: str, explained: str, delta: float | None = None, said: str | None = None
) -> None:
    """A card: the figure of a measure, the change as a fraction, and how it was made.

    `said` is the change in words, where it is not exact.
    """
    with st.container(key=f"card_{name}", height="stretch"):
        change = said if delta is None or said else words().percent(delta, signed=True)
        st.metric(
            t(f"measure.{name}"),
            shown,
            change,
            delta_arrow="off" if not delta else "auto",
            delta_color="normal" if delta else "off",
            help=explained,
            border=True,
            height="stretch",
        )


def posts(now: pd.DataFrame, before: pd.DataFrame | None) -> None:
    """How many posts, and how they were made."""
    show(
        "posts",
        words().number(_value(now, "posts")),
        t("definition.posts"),
        _change(now, before, "posts"),
    )


def authors(chosen: Filters, compared: Filters | None) -> None:
    """How many accounts, unless that could tell what one of them did."""
    before = reader.authors(compared) if compared else None
    measure("authors", reader.authors(chosen), before, chosen)


def counts(now: pd.DataFrame, before: pd.DataFrame | None) -> None:
    """What the networks publish, summed, with the share of posts that publish it."""
    for name in sentences.COUNTS:
        show(
            name,
            words().number(_value(now, name)),
            f"{t(f'definition.{name}')} {sentences.coverage(words(), now, name)}",
            _change(now, before, name),
        )


def measure(name: str, now: Measure, before: Measure | None, chosen: Filters) -> None:
    """A measure: its figure or why there is none, its change, what it rests on."""
    decision = protect.of_measure(now, chosen)
    why = sentences.why_hidden(words(), decision)
    delta, said = sentences.change(words(), now, before, chosen)
    show(
        name,
        sentences.shown(words(), now, decision),
        f"{t(f'definition.{name}')} {why or words().cautions(now.warnings)}",
        delta,
        said,
    )


def potential_reach(found: Measure, chosen: Filters) -> None:
    """The upper bound of who may have seen it, with its sentence."""
    decision = protect.of_measure(found, chosen)
    why = sentences.why_hidden(words(), decision)
    with st.container(key="card_potential_reach"):
        st.metric(t("measure.potential_reach"), sentences.shown(words(), found, decision))
        rests_on = why or t(
            "coverage.authors", share=words().percent(found.coverage or 0), n=found.n
        )
        st.caption(f"{t('definition.potential_reach')} {rests_on}")


@st.fragment
def estimated_reach(chosen: Filters) -> None:
    """How many people saw it, and the way to the page that says how that is known.

    It takes longest of all that a page shows, and the rest does not wait for it: a run that
    waits leaves Streamlit's old charts below the new ones.
    """
    with st.container(key="card_estimated_reach"):
        if not polling.is_done(reader.reach_of, chosen):
            # What moves would keep a modest computer busy just when it has most to do.
            with st.container(key="under_way"):
                st.metric(t("measure.estimated_reach"), "…")
                st.caption(t("reach.under_way"))
                polling.ask_again()
            return
        reached = reader.reach_of(chosen)
        found = reached.measures["estimated_reach"]
        decision = protect.of_measure(found, chosen)
        st.metric(t("measure.estimated_reach"), sentences.shown(words(), found, decision))
        why = sentences.why_hidden(words(), decision)
        sure = why or t("reach.grade", grade=found.grade, meaning=t(f"grade.{found.grade}"))
        left_out = "" if found.value is None else sentences.left_out(words(), reached)
        st.caption(" ".join(filter(None, (t("definition.estimated_reach"), left_out, sure))))
        st.page_link(_REACH, label=t("reach.link"), icon=":material/groups:")


def block(key: str, title: str) -> DeltaGenerator:
    """A part of a page: its frame, and its title in it."""
    frame = st.container(border=True, key=key, height="stretch")
    frame.subheader(title, anchor=False)
    return frame


def _value(sums: pd.DataFrame, name: str) -> float | None:
    value = sums[name].iloc[0]
    return None if pd.isna(value) else value


def _change(now: pd.DataFrame, before: pd.DataFrame | None, name: str) -> float | None:
    return None if before is None else rates.change(_value(now, name), _value(before, name))
