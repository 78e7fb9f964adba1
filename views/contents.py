"""Contenus: what worked, what posts are about, when and under which hashtag they do well."""

import streamlit as st

from views.parts import address, notebook, pages
from views.parts.contents import best, hashtags, times, topics
from views.parts.words import t, words

SECTIONS = {
    "best": best.best,
    "topics": topics.show,
    "times": times.show,
    "hashtags": hashtags.show,
    "posts": best.every,
}

chosen = pages.opened("contents")

section = address.one_of("section", SECTIONS, next(iter(SECTIONS)))
address.seed(section)
st.segmented_control(
    t("contents.section"),
    SECTIONS,
    key="section",
    format_func=words().labels("contents.sections", SECTIONS).__getitem__,
    required=True,
    label_visibility="collapsed",
)
address.write(section)
part = address.value(section.key)
SECTIONS[part](chosen)
notebook.show(chosen, part)
