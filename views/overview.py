"""Vue d'ensemble: is the campaign growing, where, and what worked."""

from functools import partial

import streamlit as st

from analysis import terms
from data.model import Network
from findings import sentences
from views.parts import cards, charts, notebook, pages, tables
from views.parts.loaders import reader
from views.parts.words import t, words

MOST_TAGS = 10
MOST_POSTS = 50

chosen = pages.opened("overview", is_compared=True)

now = reader.totals(chosen)
compared = reader.comparison(chosen)
before = reader.totals(compared) if compared else None
with st.grid(4, gap="small", min_column_width=150):
    cards.posts(now, before)
    cards.authors(chosen, compared)
    cards.counts(now, before)
if partly := sentences.partly_published(words(), now):
    st.caption(partly)
with st.container(key="reach_card", border=True), st.grid(2, min_column_width=280):
    cards.estimated_reach(chosen)
    cards.potential_reach(reader.potential_reach(chosen), chosen)
by_network = reader.by_network(chosen)
if not reader.restricted(chosen).empty:
    is_alone = terms.are_restricted(reader.shown_networks(chosen))
    st.caption(t("reach.youtube_why" if is_alone else "youtube.apart"))

with cards.block("by_day_block", t("overview.by_day.title")):
    inside = charts.posts_by_day(chosen, reader.by_day(chosen))

if inside and inside.since and inside.until:
    title = t(
        "overview.bar",
        days=words().days(inside.since, inside.until),
        network=t(f"networks.{inside.networks[0]}"),
        n=reader.number_of_posts(inside),
    )
    with cards.block("bar_block", title):
        tables.show_posts(
            reader.listing(inside, "engagements", MOST_POSTS),
            key="bar_posts",
            alt=title,
            every=partial(reader.every_post, inside, "engagements"),
        )

with cards.block("by_network_block", t("overview.by_network")):
    tables.show_small(
        by_network[["network", "posts", *sentences.COUNTS]].replace(
            {"network": words().labels("networks", tuple(Network))}
        ),
        key="by_network",
        alt=t("overview.by_network"),
    )

how, what = st.columns(2)
with how, cards.block("by_kind_block", t("overview.by_kind")):
    charts.posts_by_kind(reader.by_kind(chosen))
with what, cards.block("hashtags_block", t("overview.hashtags")):
    charts.hashtags(reader.most_used(chosen, MOST_TAGS))

notebook.show(chosen)
