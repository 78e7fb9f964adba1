"""Files into a campaign: which one, from where, and which formats are read."""

from __future__ import annotations

import streamlit as st

from views.parts import cards
from views.parts.collection import import_job, progress, targets
from views.parts.words import t


def show(*, is_busy: bool) -> None:
    """The block that starts an import, and the formats that it reads."""
    st.write(t("collection.intro"))
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
            targets.launch(target, import_job.start_uploads, uploads)
        if pointed and (files := import_job.files_at(typed)):
            targets.launch(target, import_job.start_paths, files)
        elif pointed:
            st.error(t("collection.no_path"))
    with cards.block("formats_block", t("collection.formats")):
        progress.formats()
