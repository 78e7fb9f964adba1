"""The pages, in the order of the menu, and how each of them begins."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from findings import sentences
from findings.question import Filters
from views.parts import filters
from views.parts.loaders import reader
from views.parts.words import t, words


@dataclass(frozen=True)
class Page:
    """`views/<code>.py`, called `pages.<code>` in `locales`; `icon` is one of Material's names."""

    code: str
    icon: str
    has_filters: bool = True


#: The first is where the program opens.
PAGES = (
    Page("overview", "monitoring"),
    Page("reach", "groups"),
    Page("contents", "forum"),
    Page("collection", "download", has_filters=False),
)


def opened(code: str, *, is_compared: bool = False) -> Filters:
    """Draws a page's title and the days it shows; gives what is asked.

    Ends the page where there is nothing to show, with what to do next. `is_compared` says that
    the page compares the days with those before.
    """
    st.title(t(f"pages.{code}"), anchor=False)
    chosen = filters.current()
    outline = reader.outline_of(chosen)
    said = sentences.compared_period if is_compared else sentences.period
    st.caption(said(words(), chosen, outline))
    if not outline.posts or not reader.number_of_posts(chosen):
        empty = "empty.filters" if outline.posts else "empty.campaign"
        st.info(t(empty), icon=":material/lightbulb:")
        st.stop()
    return chosen
