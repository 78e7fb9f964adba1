"""What posts are about: topics looked for when asked, shown, and named by a person."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analysis import figures
from analysis.measure import Of
from analysis.texts import topics
from analysis.texts.topics import Corpus, Found, Topic
from data.lake import Lake
from findings import protect
from findings.question import Filters
from findings.words import plain
from views.parts import address, cards, charts, jobs, loaders, tables
from views.parts.contents import topic_search
from views.parts.contents.topic_search import MOST_TEXTS, TopicSearch
from views.parts.loaders import reader
from views.parts.words import t, words

_LONGEST_NAME = 60


def show(chosen: Filters) -> None:
    """The topics of a filter's posts; where nobody looked for them yet, the button that does."""
    found = loaders.topics(chosen)
    if found is None:
        _search(chosen, topic_search.of(chosen))
    elif not found.topics:
        with cards.block("topics_block", t("topics.title")):
            st.info(t("topics.none"), icon=":material/lightbulb:")
            _rests_on(found)
    else:
        _found(found, chosen)


def _search(chosen: Filters, job: TopicSearch | None) -> None:
    if job is not None and not job.done.is_set():

        def under_way() -> None:
            asked = "stopping" if job.stop.is_set() else "searching"
            st.progress(job.share, text=t(f"topics.{asked}"))
            jobs.stop_button(job, t("topics.stop"))

        jobs.draw(job, under_way, lambda: None)
        return
    with cards.block("topics_block", t("topics.title")):
        st.markdown(t("topics.what"))
        if job is not None and job.has_failed:
            st.error(t("topics.failed"), icon=":material/error:")
        elif job is not None and job.stop.is_set():
            st.info(t("topics.stopped"), icon=":material/stop_circle:")
        own = int(reader.totals(chosen)["own_posts"].iloc[0])
        if own < topics.FEWEST_TEXTS:
            st.info(
                t("topics.too_few", n=own, fewest=topics.FEWEST_TEXTS),
                icon=":material/lightbulb:",
            )
            return
        if own > MOST_TEXTS:
            st.caption(t("topics.sample", most=MOST_TEXTS, n=own))
        if st.button(
            t("topics.search"), key="search_topics", type="primary", icon=":material/search:"
        ):
            topic_search.start(chosen)
            st.rerun()


def _found(found: Found, chosen: Filters) -> None:
    names = topics.names(found.topics, reader.topic_names(chosen.campaign_id))
    given = [name[0] if name else it.title for it, name in zip(found.topics, names, strict=True)]
    # A list of choices knows its choices by their words.
    titles = {
        it.code: title if given.count(title) == 1 else f"{title} ({it.title})"
        for it, title in zip(found.topics, given, strict=True)
    }
    with cards.block("topics_block", t("topics.title")):
        whole = sum(it.posts for it in found.corpora)
        inside = sum(it.in_topics for it in found.corpora)
        st.markdown(t("topics.found", n=len(found.topics), share=words().percent(inside / whole)))
        tables.show(_table(found, titles, whole), key="topics", alt=t("topics.title"))
        _rests_on(found)

    choice = address.one_of("topic", titles, next(iter(titles)))
    address.seed(choice)
    code = st.selectbox(t("topics.choose"), titles, key="topic", format_func=titles.__getitem__)
    address.write(choice)
    place = list(titles).index(code)
    topic = found.topics[place]
    with cards.block("topic_block", plain(titles[code])):
        _one(topic, chosen)
        share, naming = st.columns([3, 2])
        with share:
            _over_time(found, place, chosen)
        with naming:
            _name(topic, names[place], chosen.campaign_id)
        st.markdown(f"**{t('topics.best')}**")
        best = found.best[found.best["topic"] == place].drop(columns="topic")
        tables.show_posts(best, key="topic_posts", alt=titles[code], every=lambda: best)


def _table(found: Found, titles: dict[str, str], whole: int) -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "topic": list(titles.values()),
            "posts": [it.posts for it in found.topics],
            "share_percent": [100 * it.posts / whole for it in found.topics],
            "engagements": [it.engagements for it in found.topics],
            "per_post": [
                None if it.engagements is None else it.engagements / it.n_engagements
                for it in found.topics
            ],
            "language": [words().language_name(it.language) for it in found.topics],
        }
    )
    return rows if rows["language"].nunique() > 1 else rows.drop(columns="language")


def _one(topic: Topic, chosen: Filters) -> None:
    """A topic's terms and figures."""
    st.markdown(t("topics.terms", terms=plain(", ".join(topic.terms))))
    said = [t("count.posts", n=topic.posts)]
    if protect.of_number(Of.ACCOUNTS, topic.authors, chosen).is_shown:
        said.append(t("topics.authors", n=topic.authors))
    if topic.engagements is not None:
        said.append(t("topics.engagements", n=topic.engagements))
    said.append(t("topics.stability", share=words().percent(topic.stability)))
    st.caption(" · ".join(said))


def _over_time(found: Found, place: int, chosen: Filters) -> None:
    days = found.days[found.days["language"] == (found.topics[place].language or "")]
    of = days.groupby("day")["posts"].sum()
    about = days[days["topic"] == place].groupby("day")["posts"].sum()
    shown = pd.DataFrame({"posts": about.reindex(of.index, fill_value=0), "of": of}).reset_index()
    figure = figures.topic_chart(
        shown,
        charts.palette(),
        since=chosen.since,
        until=chosen.until,
        separators=charts.separators(),
    )
    st.markdown(f"**{t('topics.over_time')}**")
    share = words().percent(found.topics[place].posts / max(int(of.sum()), 1))
    charts.show(figure, key="topic_days", alt=t("topics.over_time_alt", share=share))


def _name(topic: Topic, known: tuple[str, tuple[str, ...]] | None, campaign_id: str) -> None:
    """Where a person says what a topic is called; the name stays with it."""
    lake = Lake.of_user()
    before = known[1] if known else None
    with st.form(f"name_{topic.code}", border=False):
        given = st.text_input(
            t("topics.name"),
            known[0] if known else "",
            max_chars=_LONGEST_NAME,
            key=f"name_of_{topic.code}",
            help=t("topics.name_help"),
        )
        if st.form_submit_button(t("topics.keep_name"), key="keep_name", icon=":material/label:"):
            lake.name_topic(campaign_id, topic.language, topic.terms, given.strip() or None, before)
            st.rerun()
    if known and st.button(t("topics.drop_name"), key="drop_name", icon=":material/label_off:"):
        lake.name_topic(campaign_id, topic.language, topic.terms, None, before)
        address.forget(f"name_of_{topic.code}")
        st.rerun()


def _rests_on(found: Found) -> None:
    with st.expander(t("topics.how"), icon=":material/fact_check:", key="topics_how"):
        st.markdown(
            t(
                "topics.method",
                stability=words().percent(topics.LEAST_STABILITY),
                posts=topics.FEWEST_POSTS,
                authors=protect.FEWEST,
                share=words().percent(topics.LEAST_SHARE),
            )
        )
        for corpus in found.corpora:
            st.markdown(f"- {_of_language(corpus)}")


def _of_language(corpus: Corpus) -> str:
    said = "looked_for" if corpus.number is not None else "not_looked_for"
    return t(
        f"topics.{said}",
        language=words().language_name(corpus.language),
        posts=t("count.posts", n=corpus.posts),
        texts=corpus.texts,
        number=corpus.number,
        share=words().percent(corpus.in_topics / corpus.posts),
        stability=words().percent(corpus.stability or 0),
        fewest=topics.FEWEST_TEXTS,
    )
