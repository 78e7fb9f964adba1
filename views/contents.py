"""Contenus: the posts themselves, and the hashtags they carry."""

from functools import partial

import streamlit as st

from views.parts import address, cards, charts, filters, loaders, tables, words
from views.parts.words import plain, t

A_PAGE = 50
MOST_TAGS = 200
SHOWN_TAGS = 15
ORDERS = ("engagements", "date")

st.title(t("pages.contents"), anchor=False)
chosen = filters.current()
st.caption(filters.in_words(chosen))
cards.stop_if_empty(chosen)

tags = loaders.hashtags(chosen, MOST_TAGS)
tag_names = {"": t("contents.every_tag"), **{it: f"#{it}" for it in tags["hashtag"]}}
hashtag = address.one_of("tag", tag_names, "")
order = address.one_of("order", ORDERS, ORDERS[0])
address.seed(hashtag)
address.seed(order)
with st.container(horizontal=True):
    tag = st.selectbox(
        t("contents.tag"),
        tag_names,
        key="tag",
        format_func=tag_names.__getitem__,
        width=280,
    )
    by = st.segmented_control(
        t("contents.order"),
        ORDERS,
        key="order",
        format_func=words.labels("contents.orders", ORDERS).__getitem__,
        required=True,
    )
address.write(order, hashtag)

tag = tag or None
number = loaders.number_of_posts(chosen, tag)
title = t("count.posts", n=number)
with cards.block("posts_block", f"{title} · #{plain(tag)}" if tag else title):
    rows = st.container()
    pages = -(-number // A_PAGE)
    page = st.pagination(pages, key=f"page_{tag}_{by}") if pages > 1 else 1
    with rows:
        tables.show_posts(
            loaders.listing(chosen, by, A_PAGE, A_PAGE * (page - 1), tag),
            key="posts",
            alt=title,
            every=partial(loaders.every_post, chosen, by, tag),
        )

with cards.block("hashtags_block", t("contents.hashtags")):
    chart, table = st.columns(2)
    with chart:
        charts.hashtags(tags.head(SHOWN_TAGS))
    if not tags.empty:
        with table:
            tables.show(
                tags[["hashtag", "posts", "engagements"]],
                key="hashtags_table",
                alt=t("contents.hashtags"),
            )
