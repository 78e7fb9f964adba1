"""Where a page shows the call that gives its figures in a notebook."""

from __future__ import annotations

import streamlit as st

from findings import notebook
from findings.question import Filters
from views.parts.loaders import reader
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
            lines = notebook.call(reader, chosen, figures)
            st.code(lines, language="python", wrap_lines=True)
            st.caption(t("notebook.version", version=chosen.version))
