"""Collecte: a campaign, the networks it is read from, and the files that are brought to it."""

import streamlit as st

from findings.words import plain
from views.parts import address, cards, jobs, tables
from views.parts.collection import (
    campaigns,
    coverage,
    files,
    import_job,
    progress,
    reading,
    rounds,
    runs,
    sources,
)
from views.parts.loaders import reader
from views.parts.words import t, words

SECTIONS = ("networks", "campaign", "files", "history")

st.title(t("pages.collection"), anchor=False)
present = next(it for it in reader.campaigns() if it.campaign_id == address.value("campaign"))
is_set_up = bool(present.hashtags and present.networks)

job = jobs.find(address.seed(jobs.CHOICE)) or jobs.under_way(present.campaign_id)
is_busy = job is not None and not job.done.is_set()
if said := address.said():
    st.success(said, icon=":material/check_circle:")
if isinstance(job, import_job.ImportJob):
    progress.show(job)
elif isinstance(job, runs.PlannedJob):
    rounds.show(job)
elif address.value(jobs.CHOICE.key):
    st.info(t("collection.job_gone"))

default = "networks" if is_set_up and not present.is_demo else "campaign"
section = address.one_of("section", SECTIONS, default)
address.seed(section)
chosen = st.segmented_control(
    t("collection.section"),
    SECTIONS,
    key="section",
    format_func=words().labels("collection.sections", SECTIONS).__getitem__,
    required=True,
    label_visibility="collapsed",
)
address.write(section, jobs.CHOICE)

if chosen == "campaign":
    campaigns.show(present)
elif chosen == "files":
    files.show(is_busy=is_busy)
elif chosen == "networks" and present.is_demo:
    st.info(t("collection.demo"), icon=":material/lightbulb:")
elif chosen == "networks":
    reading.show(present, is_busy=is_busy)
    sources.show(present, is_busy=is_busy)
    coverage.show(present, job if is_busy and isinstance(job, runs.RunJob) else None)
elif (history := reader.collections(present.campaign_id)).empty:
    st.info(t("collection.no_history"), icon=":material/lightbulb:")
else:
    with cards.block("history_block", t("collection.history", title=plain(present.title))):
        tables.show(
            progress.history(history),
            key="history",
            alt=t("collection.history", title=present.title),
        )
