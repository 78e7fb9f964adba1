"""Portée: how many people the campaign reached, how sure that is, and beside whom."""

import streamlit as st

from views.parts import cards, notebook, pages
from views.parts.loaders import reader
from views.parts.reach import growth, people, voices
from views.parts.words import t

CARDS = (
    *("potential_reach", "impressions", "estimated_impressions"),
    *("frequency", "engagement_rate_by_reach", "structural_virality"),
)

chosen = pages.opened("reach", is_compared=True)

compared = reader.comparison(chosen)
with cards.block("reach_block", t("reach.title")), st.skeleton(height=360):
    now = reader.reach_of(chosen)
    before = reader.reach_of(compared) if compared else None
    people.people(now, before, chosen)

with st.grid(3, gap="small", min_column_width=230):
    for name in CARDS:
        cards.measure(name, now.measures[name], before.measures[name] if before else None, chosen)

has_youtube = not reader.restricted(chosen).empty
ours, youtube = st.columns([2, 1]) if has_youtube and now.by_network else [st.container()] * 2
if now.by_network:
    with ours, cards.block("networks_block", t("reach.by_network")):
        people.by_network(now, chosen)
if has_youtube:
    with youtube, cards.block("youtube_block", t("reach.youtube")):
        people.youtube(chosen)

audience, posts = st.columns(2)
with audience, cards.block("audience_block", t("reach.audience")):
    growth.audience(chosen)
with posts, cards.block("growth_block", t("reach.growth")):
    half_lives = growth.posts(chosen)

rates = {name: it for name, it in reader.rates(chosen).items() if it.value is not None}
earlier = reader.rates(compared) if compared else {}
if rates:
    with (
        cards.block("rates_block", t("reach.rates")),
        st.grid(3, gap="small", min_column_width=230),
    ):
        for name, rate in rates.items():
            cards.measure(name, rate, earlier.get(name), chosen)

with cards.block("voice_block", t("reach.voice")):
    shares = voices.share(chosen)
with cards.block("versus_block", t("reach.versus")):
    voices.side_by_side(chosen, now)

with st.expander(t("reach.rests_on"), icon=":material/fact_check:", key="rests_on"):
    of_posts = [(t(f"measure.{name}"), rate) for name, rate in rates.items()]
    people.rests_on(now, [*half_lives, *of_posts, *shares], chosen)
notebook.show(chosen, "reached")
