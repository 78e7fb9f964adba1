"""Figures as cards: each with its change, its definition and what it rests on."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from analysis.measure import Measure
from analysis.reach import rates
from views.parts import loaders, measures, polling, words
from views.parts.filters import Filters
from views.parts.measures import FEWEST_PEOPLE
from views.parts.words import t

_REACH = Path(__file__).parent.parent / "reach.py"

#: From here on a count is as good as published everywhere.
_FULL = 0.995

#: The published counts that have a card.
COUNTS = ("engagements", "impressions", "likes", "reposts", "replies", "quotes")


def show(
    name: str, shown: str, explained: str, delta: float | None = None, said: str | None = None
) -> None:
    """A card: the figure of a measure, the change as a fraction, and how it was made.

    `said` is the change in words, where it is not exact.
    """
    with st.container(key=f"card_{name}", height="stretch"):
        change = said if delta is None or said else words.percent(delta, signed=True)
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
        words.number(_value(now, "posts")),
        t("definition.posts"),
        _change(now, before, "posts"),
    )


def authors(now: pd.DataFrame, before: pd.DataFrame | None, chosen: Filters) -> None:
    """How many accounts, unless a subtraction could tell what one of them did."""
    definition = t("definition.authors")
    number = int(_value(now, "authors") or 0)
    if chosen.is_whole:
        show("authors", words.number(number), definition)
    elif chosen.period == "custom":
        show("authors", words.UNKNOWN, f"{t('people.custom_dates')} {definition}")
    elif number < FEWEST_PEOPLE:
        few = t("people.few", fewest=FEWEST_PEOPLE)
        show("authors", few, f"{t('people.why', fewest=FEWEST_PEOPLE)} {definition}")
    else:
        were_enough = before is not None and _value(before, "authors") >= FEWEST_PEOPLE
        delta = _change(now, before, "authors") if were_enough else None
        show("authors", words.number(number), definition, delta)


def counts(now: pd.DataFrame, before: pd.DataFrame | None) -> None:
    """What the networks publish, summed, with the share of posts that publish it."""
    for name in COUNTS:
        coverage = _coverage(now, name)
        covered = (
            t("coverage.none")
            if coverage is None
            else t(
                "coverage.posts",
                share=words.percent(coverage),
                n=int(_value(now, f"n_{name}") or 0),
            )
        )
        show(
            name,
            words.number(_value(now, name)),
            f"{t(f'definition.{name}')} {covered}",
            _change(now, before, name),
        )


def partial(now: pd.DataFrame) -> None:
    """A sentence that names the counts which only some of the posts publish."""
    coverages = {name: _coverage(now, name) for name in COUNTS}
    named = [
        f"{t(f'measure.{name}')} ({words.percent(coverage)})"
        for name, coverage in coverages.items()
        if coverage is not None and coverage < _FULL
    ]
    if named:
        st.caption(t("coverage.partial", measures=", ".join(named)))


def measure(name: str, now: Measure, before: Measure | None, chosen: Filters) -> None:
    """A measure: its figure or why there is none, its change, what it rests on."""
    why = measures.why_hidden(name, now, chosen)
    delta, said = measures.change(name, now, before, chosen)
    rests_on = why or words.cautions(now.warnings)
    show(
        name,
        words.UNKNOWN if why else measures.figure(name, now),
        f"{t(f'definition.{name}')} {rests_on}",
        delta,
        said,
    )


def potential_reach(found: Measure, chosen: Filters) -> None:
    """The upper bound of who may have seen it, with its sentence."""
    why = measures.why_hidden("potential_reach", found, chosen)
    with st.container(key="card_potential_reach"):
        shown = words.UNKNOWN if why else measures.figure("potential_reach", found)
        st.metric(t("measure.potential_reach"), shown)
        rests_on = why or t("coverage.authors", share=words.percent(found.coverage or 0), n=found.n)
        st.caption(f"{t('definition.potential_reach')} {rests_on}")


@st.fragment
def estimated_reach(chosen: Filters) -> None:
    """How many people saw it, and the way to the page that says how that is known.

    It takes longest of all that a page shows, and the rest does not wait for it: a run that
    waits leaves Streamlit's old charts below the new ones.
    """
    with st.container(key="card_estimated_reach"):
        if not polling.is_done(loaders.reach_of, chosen):
            # What moves would keep a modest computer busy just when it has most to do.
            with st.container(key="under_way"):
                st.metric(t("measure.estimated_reach"), "…")
                st.caption(t("reach.under_way"))
                polling.ask_again()
            return
        reached = loaders.reach_of(chosen)
        found = reached.measures["estimated_reach"]
        why = measures.why_hidden("estimated_reach", found, chosen)
        shown = words.UNKNOWN if why else measures.figure("estimated_reach", found)
        st.metric(t("measure.estimated_reach"), shown)
        sure = why or t("reach.grade", grade=found.grade, meaning=t(f"grade.{found.grade}"))
        left_out = "" if found.value is None else measures.left_out(reached)
        st.caption(" ".join(filter(None, (t("definition.estimated_reach"), left_out, sure))))
        st.page_link(_REACH, label=t("reach.link"), icon=":material/groups:")


def stop_if_empty(chosen: Filters) -> None:
    """Ends the page where there is nothing to show, with what to do next."""
    if not loaders.outline(chosen.campaign_id, chosen.version).posts:
        st.info(t("empty.campaign"), icon=":material/lightbulb:")
    elif not loaders.number_of_posts(chosen):
        st.info(t("empty.filters"), icon=":material/lightbulb:")
    else:
        return
    st.stop()


def block(key: str, title: str) -> DeltaGenerator:
    """A part of a page: its frame, and its title in it."""
    frame = st.container(border=True, key=key, height="stretch")
    frame.subheader(title, anchor=False)
    return frame


def _value(sums: pd.DataFrame, name: str) -> float | None:
    value = sums[name].iloc[0]
    return None if pd.isna(value) else value


def _coverage(sums: pd.DataFrame, name: str) -> float | None:
    """The share of the posts, reposts left out, that publish a count; None where none does."""
    published, own = _value(sums, f"n_{name}"), _value(sums, "own_posts")
    return published / own if published and own else None


def _change(now: pd.DataFrame, before: pd.DataFrame | None, name: str) -> float | None:
    return None if before is None else rates.change(_value(now, name), _value(before, name))
