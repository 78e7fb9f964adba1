"""The campaign beside others: its share of what is said, and its measures next to theirs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pandas as pd
import streamlit as st

from analysis import figures
from analysis.reach import rates
from analysis.reach.reached import Reached
from views.parts import address, charts, filters, loaders, measures, tables, words
from views.parts.filters import Filters
from views.parts.measures import Named
from views.parts.words import plain, t

#: More campaigns than this in one bar cannot be told apart.
_MOST = 5

#: What is shared, as a column of `analysis.aggregates.SUMS`, and the measure of it.
_SHARED = {
    "posts": ("share_of_voice", rates.share_of_voice),
    "authors": ("share_of_authors", rates.share_of_authors),
    "engagements": ("share_of_engagements", rates.share_of_engagements),
}


def share(chosen: Filters) -> list[Named]:
    """What the campaign has of the posts, accounts and engagements of all that are compared.

    Gives the shares that it says.
    """
    others = _others(chosen.campaign_id)
    if not others:
        st.write(t("reach.alone"))
        return []
    titles = words.titles(loaders.campaigns())
    choice = address.some_of("others", others)
    address.seed(choice)
    st.pills(
        t("reach.others"),
        others,
        selection_mode="multi",
        key="others",
        format_func=titles.__getitem__,
        help=t("filters.none_is_all"),
    )
    address.write(choice)
    ids = (chosen.campaign_id, *(address.value("others") or others))
    sums = pd.concat({it: loaders.totals(_same_days(chosen, it)) for it in ids}).droplevel(1)
    found = {
        of: replace(
            measure(sums.loc[[chosen.campaign_id]], sums[of].iloc[1:]), version=chosen.version
        )
        for of, (_, measure) in _SHARED.items()
        if of != "authors" or _are_enough(sums["authors"], chosen)
    }
    known = {of: it for of, it in found.items() if it.value is not None}
    if not known:
        st.write(t("measured.unknown"))
        return []
    parts = (sums[[*known]].astype(float) / sums[[*known]].sum()).rename_axis("campaign_id")
    named = [(t(f"measure.{_SHARED[of][0]}"), _SHARED[of][0], it) for of, it in known.items()]
    charts.show(
        figures.share_of_voice_chart(
            parts.reset_index().melt("campaign_id", var_name="of", value_name="share").dropna(),
            words.labels("measure", known) | titles,
            charts.palette(),
            separators=charts.separators(),
        ),
        key="voice",
        alt=" ".join(
            t("reach.alt", of=title, figure=measures.figure(name, it)) for title, name, it in named
        ),
    )
    columns = ["measure", "figure", "n"]
    file = measures.rests_on(named, chosen, is_for_a_file=True)[columns]
    tables.show(
        measures.rests_on(named, chosen)[columns],
        key="voice_table",
        alt=t("reach.voice"),
        export=lambda: file,
        csv_help=t("tables.rounded"),
    )
    st.caption(t("reach.voice_hint"))
    return named


def side_by_side(chosen: Filters, now: Reached) -> None:
    """The measures of another campaign next to this one's, each over its own days."""
    others = _others(chosen.campaign_id)
    choice = address.one_of("versus", ("", *others), "")
    address.seed(choice)
    titles = {"": t("reach.nobody"), **words.titles(loaders.campaigns())}
    versus = st.selectbox(
        t("reach.with"), ("", *others), key="versus", format_func=titles.__getitem__, width=400
    )
    address.write(choice)
    if not versus:
        return
    asked = _same_period(chosen, versus)
    with st.skeleton(height=240):
        other = loaders.reach_of(asked)

    def both(*, is_for_a_file: bool) -> pd.DataFrame:
        this, that = (
            measures.rests_on(
                [(t(f"measure.{name}"), name, it) for name, it in of.measures.items()],
                filtered,
                is_for_a_file=is_for_a_file,
            )
            for of, filtered in ((now, chosen), (other, asked))
        )
        return pd.DataFrame(
            {"measure": this["measure"], "this": this["figure"], "other": that["figure"]}
        )

    st.caption(
        t(
            "reach.versus_days",
            this=plain(titles[chosen.campaign_id]),
            days=measures.days(now.measures["impressions"]),
            other=plain(titles[versus]),
            other_days=measures.days(other.measures["impressions"]),
        )
    )
    file = both(is_for_a_file=True)
    tables.show(
        both(is_for_a_file=False),
        key="versus_table",
        alt=t("reach.versus"),
        export=lambda: file,
        csv_help=t("tables.rounded"),
    )


def _others(campaign_id: str) -> list[str]:
    """The campaigns of the same lake that hold posts: the demo's are compared among themselves."""
    demo = loaders.demo_campaigns()
    is_demo = campaign_id in {it.campaign_id for it in demo}
    ids = [it.campaign_id for it in (demo if is_demo else loaders.own_campaigns())]
    ids.remove(campaign_id)
    return [it for it in ids if loaders.outline(it, loaders.version(it)).posts][:_MOST]


def _same_days(chosen: Filters, campaign_id: str) -> Filters:
    """The filter on another campaign, over the same days and networks."""
    outline = loaders.outline(chosen.campaign_id, chosen.version)
    beside = replace(
        chosen,
        campaign_id=campaign_id,
        version=loaders.version(campaign_id),
        networks=loaders.shown_networks(chosen),
    )
    if chosen.since or outline.first_on is None or outline.last_on is None:
        return beside
    return beside.between(outline.first_on, outline.last_on + timedelta(1))


def _same_period(chosen: Filters, campaign_id: str) -> Filters:
    """The filter on another campaign, whose periods end with its own last day."""
    version = loaders.version(campaign_id)
    beside = replace(chosen, campaign_id=campaign_id, version=version)
    if chosen.period == "custom":
        return beside
    days = filters.days_of(chosen.period, loaders.outline(campaign_id, version), ())
    return replace(beside, since=None, until=None) if days is None else beside.between(*days)


def _are_enough(authors: pd.Series, chosen: Filters) -> bool:
    return chosen.period != "custom" and bool((authors >= measures.FEWEST_PEOPLE).all())
