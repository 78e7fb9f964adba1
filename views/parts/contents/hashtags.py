"""Hashtags: which are used, how they are spelled, and in what they are written."""

from __future__ import annotations

import streamlit as st

from analysis.texts import content
from findings import protect
from findings.question import Filters
from views.parts import cards, charts, tables
from views.parts.loaders import reader
from views.parts.words import t, words

_MOST, _DRAWN = 200, 15


def show(chosen: Filters) -> None:
    """The most used hashtags, their spellings together, and their scripts."""
    tags = reader.spelled(chosen, _MOST)
    scripts = words().labels("scripts", content.SCRIPTS)
    with cards.block("hashtags_block", t("contents.hashtags")):
        has_spellings = bool(tags["spellings"].map(bool).any())
        if has_spellings:
            st.markdown(t("contents.spellings"))
        chart, table = st.columns(2)
        with chart:
            charts.hashtags(tags.head(_DRAWN))
        by_script = content.by_script(tags)
        columns = ["hashtag", "posts", "engagements"]
        columns += ["spellings"] * has_spellings
        columns += ["script"] * (len(by_script) > 1)
        if not tags.empty:
            with table:
                tables.show(
                    tags.assign(
                        script=tags["script"].map(scripts),
                        spellings=tags["spellings"].map(" ".join),
                    )[columns],
                    key="hashtags_table",
                    alt=t("contents.hashtags"),
                )
    if len(by_script) > 1:
        with cards.block("scripts_block", t("contents.scripts")):
            is_shown = protect.has_enough(by_script)
            tables.show(
                by_script[is_shown].assign(script=by_script["script"].map(scripts))[
                    ["script", "hashtags", "uses"]
                ],
                key="scripts",
                alt=t("contents.scripts"),
            )
            if not is_shown.all():
                st.caption(t("contents.scripts_hidden", fewest=protect.FEWEST))
