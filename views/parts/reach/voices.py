"""The campaign beside others: its share of what is said, and its measures next to theirs."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analysis import figures
from analysis.reach.reached import Reached
from findings import protect, sentences
from findings.protect import To
from findings.question import Filters
from findings.sentences import Named
from findings.words import plain, titles
from views.parts import address, charts, tables
from views.parts.loaders import reader
from views.parts.words import t, words


def share(chosen: Filters) -> list[Named]:
    """What the campaign has of the posts, accounts and engagements of all that are compared.

    Gives the shares that it says.
    """
    others = reader.others(chosen.campaign_id)
    if not others:
        st.write(t("reach.alone"))
        return []
    campaigns = titles(reader.campaigns())
    choice = address.some_of("others", others)
    address.seed(choice)
    st.pills(
        t("reach.others"),
        others,
        selection_mode="multi",
        key="others",
        format_func=campaigns.__getitem__,
        help=t("filters.none_is_all"),
    )
    address.write(choice)
    beside = address.value("others") or others
    totals = reader.side_by_side(chosen, beside)
    found = {
        of: share
        for of, share in reader.shares(chosen, beside).items()
        if of != "authors" or protect.may_be_compared(totals, chosen)
    }
    known = {of: it for of, it in found.items() if it.value is not None}
    if not known:
        st.write(t("measured.unknown"))
        return []
    parts = (totals[[*known]].astype(float) / totals[[*known]].sum()).rename_axis("campaign_id")
    named = [(t(f"measure.{it.name}"), it) for it in known.values()]
    charts.show(
        figures.share_of_voice_chart(
            parts.reset_index().melt("campaign_id", var_name="of", value_name="share").dropna(),
            words().labels("measure", known) | campaigns,
            charts.palette(),
            separators=charts.separators(),
        ),
        key="voice",
        alt=" ".join(
            t("reach.alt", of=title, figure=sentences.figure(words(), it)) for title, it in named
        ),
    )
    columns = ["measure", "figure", "n"]
    file = sentences.rests_on(words(), named, chosen, To.FILE)[columns]
    tables.show(
        sentences.rests_on(words(), named, chosen)[columns],
        key="voice_table",
        alt=t("reach.voice"),
        export=lambda: file,
        csv_help=t("tables.rounded"),
    )
    st.caption(t("reach.voice_hint"))
    return named


def side_by_side(chosen: Filters, now: Reached) -> None:
    """The measures of another campaign next to this one's, each over its own days."""
    others = reader.others(chosen.campaign_id)
    choice = address.one_of("versus", ("", *others), "")
    address.seed(choice)
    campaigns = {"": t("reach.nobody"), **titles(reader.campaigns())}
    versus = st.selectbox(
        t("reach.with"), ("", *others), key="versus", format_func=campaigns.__getitem__, width=400
    )
    address.write(choice)
    if not versus:
        return
    version = reader.version(versus)
    asked = chosen.same_period(versus, version, reader.outline(versus, version))
    with st.skeleton(height=240):
        other = reader.reach_of(asked)

    def both(to: To) -> pd.DataFrame:
        this, that = (
            sentences.rests_on(
                words(),
                [(t(f"measure.{name}"), it) for name, it in of.measures.items()],
                filtered,
                to,
            )
            for of, filtered in ((now, chosen), (other, asked))
        )
        return pd.DataFrame(
            {"measure": this["measure"], "this": this["figure"], "other": that["figure"]}
        )

    st.caption(
        t(
            "reach.versus_days",
            this=plain(campaigns[chosen.campaign_id]),
            days=sentences.days(words(), now.measures["impressions"]),
            other=plain(campaigns[versus]),
            other_days=sentences.days(words(), other.measures["impressions"]),
        )
    )
    file = both(To.FILE)
    tables.show(
        both(To.SCREEN),
        key="versus_table",
        alt=t("reach.versus"),
        export=lambda: file,
        csv_help=t("tables.rounded"),
    )
