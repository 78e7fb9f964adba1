"""Collecte: files become a campaign's posts."""

import streamlit as st

from views.parts import address, cards, imports, jobs, loaders, progress, tables, targets
from views.parts.words import plain, t

st.title(t("pages.collection"), anchor=False)
st.write(t("collection.intro"))

job = jobs.find(address.seed(jobs.CHOICE))
is_busy = job is not None and not job.done.is_set()

with cards.block("import_block", t("collection.import")):
    target = targets.choose()
    by_upload, by_path = st.tabs([t("collection.by_upload"), t("collection.by_path")])
    with by_upload:
        uploads = st.file_uploader(
            t("collection.files"), accept_multiple_files=True, key="uploads", disabled=is_busy
        )
        sent = st.button(
            t("collection.start", n=len(uploads)),
            key="start_uploads",
            type="primary",
            disabled=is_busy or not uploads,
        )
    with by_path:
        typed = st.text_input(
            t("collection.path"), key="path", help=t("collection.path_help"), disabled=is_busy
        )
        pointed = st.button(t("collection.start_path"), key="start_path", disabled=is_busy)

    if sent:
        targets.launch(target, imports.start_uploads, uploads)
    if pointed and (files := imports.files_at(typed)):
        targets.launch(target, imports.start_paths, files)
    elif pointed:
        st.error(t("collection.no_path"))

if isinstance(job, imports.ImportJob):
    progress.show(job)
elif address.value(jobs.CHOICE.key):
    st.info(t("collection.job_gone"))

history = loaders.collections(target.campaign_id) if target.campaign_id else None
if history is not None and not history.empty:
    with cards.block("history_block", t("collection.history", title=plain(target.title))):
        tables.show(
            progress.history(history),
            key="history",
            alt=t("collection.history", title=target.title),
        )

with cards.block("formats_block", t("collection.formats")):
    progress.formats()
