"""The same figures in a notebook: the call behind a page, ready to copy."""

from __future__ import annotations

import streamlit as st

from views.parts import loaders
from views.parts.filters import Filters
from views.parts.words import t


def show(chosen: Filters, figures: str = "totals") -> None:
    """A part that opens on the call that gives this page's figures, and the data's version.

    `figures` is what the page shows: `totals`, the measures of reach (`reached`), or a part of
    the page Contenus.
    """
    part = st.expander(
        t("notebook.title"), icon=":material/code:", key="notebook", on_change="rerun"
    )
    if part.open:
        with part:
            st.code(call(chosen, figures), language="python", wrap_lines=True)
            st.caption(t("notebook.version", version=chosen.version))


def call(chosen: Filters, figures: str = "totals") -> str:
    """The lines of Python that give the totals of a filter, or other figures of its posts.

    The names of `loaders` are those of `analysis.aggregates`.
    """
    is_demo = chosen.campaign_id in {it.campaign_id for it in loaders.demo_campaigns()}
    networks = _arguments(networks=chosen.networks)
    days = _arguments(since=chosen.since, until=chosen.until)
    kinds = _arguments(kinds=chosen.kinds)
    shown = [str(it) for it in loaders.shown_networks(chosen)]
    by_slot = f"aggregates.by_slot(posts{days}{kinds})"
    module, last = {
        "totals": ("", "aggregates.totals(posts)"),
        "reached": ("reach import reached", f"reached.reached({_part(chosen)})"),
        "best": ("", f"aggregates.above_usual(posts, 20{days}{kinds})"),
        "topics": ("texts import topics", "topics.find(aggregates.texts(posts, 100_000))"),
        "times": ("texts import content", f"content.best_times({by_slot}, ['weekday', 'hours'])"),
        "hashtags": ("", "aggregates.hashtags(posts, 200)"),
        "posts": ("", "aggregates.most_engaging(posts, 50)"),
    }[figures]
    # What is usual for an account is so at any time, what is usual of views on any network.
    selected = {"best": networks, "times": networks, "reached": days}.get(
        figures, days + kinds + networks
    )
    comparable = [f"posts = aggregates.comparable(posts, {shown})"] * (figures != "reached")
    return "\n".join(
        (
            "from datetime import date",
            "",
            "from analysis import aggregates",
            *([f"from analysis.{module}"] if module else []),
            "from data.lake import Lake",
            "",
            f"lake = Lake.{'demo' if is_demo else 'of_user'}()",
            f"posts = lake.posts({chosen.campaign_id!r})",
            f"posts = aggregates.selected(posts{selected})",
            *comparable,
            last,
        )
    )


def _part(chosen: Filters) -> str:
    """The posts whose reach is asked for, and those that the model of views is learnt from."""
    part = _arguments(networks=chosen.networks, kinds=chosen.kinds)
    return f"aggregates.selected(posts{part}), learnt_from=posts" if part else "posts"


def _arguments(**given: object) -> str:
    return "".join(f", {name}={_literal(it)}" for name, it in given.items() if it)


def _literal(value: object) -> str:
    if isinstance(value, tuple):
        return repr([str(it) for it in value])
    return f"date.fromisoformat({str(value)!r})"
