"""The same figures in a notebook: the call behind a page, ready to copy."""

from __future__ import annotations

import streamlit as st

from views.parts import loaders
from views.parts.filters import Filters
from views.parts.words import t


def show(chosen: Filters) -> None:
    """A part that opens on the call that gives this page's figures, and the data's version."""
    part = st.expander(
        t("notebook.title"), icon=":material/code:", key="notebook", on_change="rerun"
    )
    if part.open:
        with part:
            st.code(call(chosen), language="python", wrap_lines=True)
            st.caption(t("notebook.version", version=chosen.version))


def call(chosen: Filters) -> str:
    """The lines of Python that give the totals of a filter.

    The names of `loaders` are those of `analysis.aggregates`.
    """
    is_demo = chosen.campaign_id in {it.campaign_id for it in loaders.demo_campaigns()}
    given = {
        "since": chosen.since,
        "until": chosen.until,
        "networks": chosen.networks,
        "kinds": chosen.kinds,
    }
    arguments = "".join(f", {name}={_literal(it)}" for name, it in given.items() if it)
    networks = [str(it) for it in loaders.shown_networks(chosen)]
    return "\n".join(
        (
            "from datetime import date",
            "",
            "from analysis import aggregates",
            "from data.lake import Lake",
            "",
            f"lake = Lake.{'demo' if is_demo else 'of_user'}()",
            f"posts = lake.posts({chosen.campaign_id!r})",
            f"posts = aggregates.selected(posts{arguments})",
            f"aggregates.totals(aggregates.comparable(posts, {networks}))",
        )
    )


def _literal(value: object) -> str:
    if isinstance(value, tuple):
        return repr([str(it) for it in value])
    return f"date.fromisoformat({str(value)!r})"
