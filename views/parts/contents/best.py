"""The posts that did better than what is usual for their account, and all others."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from analysis import aggregates
from analysis.texts import content
from findings.question import Filters
from findings.words import plain
from views.parts import address, cards, tables
from views.parts.loaders import reader
from views.parts.words import t, words

_SHOWN, _MOST = 20, 500
_A_PAGE = 50
_MOST_TAGS = 200
_ORDERS = ("engagements", "date")


def best(chosen: Filters) -> None:
    """Posts that did several times better than their account does, without their accounts."""
    with cards.block("best_block", t("contents.best.title")):
        st.markdown(t("contents.best.what", fewest=aggregates.FEWEST_USUAL))
        found = _in_steps(reader.above_usual(chosen, _SHOWN))
        if found.empty:
            st.info(
                t("contents.best.none", fewest=aggregates.FEWEST_USUAL, times=content.STEPS[0]),
                icon=":material/lightbulb:",
            )
        else:
            tables.show_posts(
                found,
                key="best",
                alt=t("contents.best.title"),
                every=lambda: _in_steps(reader.above_usual(chosen, _MOST)),
            )
            steps = ", ".join(words().number(it) for it in content.STEPS)
            st.caption(
                t("contents.best.how", engagements=aggregates.FEWEST_ENGAGEMENTS, steps=steps)
            )
        compared(chosen)


def compared(chosen: Filters) -> None:
    """How many of the posts can be compared with their account's usual."""
    number = int(reader.by_slot(chosen)["posts"].sum())
    own = int(reader.totals(chosen)["own_posts"].iloc[0])
    if number:
        st.caption(t("contents.compared", n=number, share=words().percent(number / own)))


def _in_steps(posts: pd.DataFrame) -> pd.DataFrame:
    """Posts with how many times their account's usual they have, at least."""
    pairs = zip(posts["engagements"], posts["usual"], strict=True)
    steps = pd.Series([content.step(*it) for it in pairs], posts.index, "Int64")
    return posts.assign(times_usual=steps)[steps.notna()]


def every(chosen: Filters) -> None:
    """All posts, without their accounts, by what they got or by their date."""
    tags = reader.hashtags(chosen, _MOST_TAGS)
    tag_names = {"": t("contents.every_tag"), **{it: f"#{it}" for it in tags["hashtag"]}}
    hashtag = address.one_of("tag", tag_names, "")
    order = address.one_of("order", _ORDERS, _ORDERS[0])
    address.seed(hashtag)
    address.seed(order)
    with st.container(horizontal=True):
        st.selectbox(
            t("contents.tag"),
            tag_names,
            key="tag",
            format_func=tag_names.__getitem__,
            width=280,
        )
        st.segmented_control(
            t("contents.order"),
            _ORDERS,
            key="order",
            format_func=words().labels("contents.orders", _ORDERS).__getitem__,
            required=True,
        )
    address.write(order, hashtag)

    tag, by = address.value("tag") or None, address.value("order")
    number = reader.number_of_posts(chosen, tag)
    title = t("count.posts", n=number)
    with cards.block("posts_block", f"{title} · #{plain(tag)}" if tag else title):
        rows = st.container()
        pages = -(-number // _A_PAGE)
        page = st.pagination(pages, key=f"page_{tag}_{by}") if pages > 1 else 1
        with rows:
            tables.show_posts(
                reader.listing(chosen, by, _A_PAGE, _A_PAGE * (page - 1), tag),
                key="posts",
                alt=title,
                every=partial(reader.every_post, chosen, by, tag),
            )
