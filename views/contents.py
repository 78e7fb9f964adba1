"""Contenus: what worked, what posts are about, when and under which hashtag they do well."""

import streamlit as st

from views.parts import address, cards, filters, notebook, words
from views.parts.contents import best, hashtags, times, topics
from views.parts.words import t

SECTIONS = {
    "best": best.best,
    "topics": topics.show,
    "times": times.show,
    "hashtags": hashtags.show,
    "posts": best.every,
}

st.title(t("pages.contents"), anchor=False)
chosen = filters.current()
st.caption(filters.in_words(chosen))
cards.stop_if_empty(chosen)

section = address.one_of("section", SECTIONS, next(iter(SECTIONS)))
address.seed(section)
part = st.segmented_control(
    t("contents.section"),
    SECTIONS,
    key="section",
    format_func=words.labels("contents.sections", SECTIONS).__getitem__,
    required=True,
    label_visibility="collapsed",
)
address.write(section)
SECTIONS[part](chosen)
notebook.show(chosen, part)
