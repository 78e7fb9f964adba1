"""A campaign is made, or changed: what it looks for, and where."""

from __future__ import annotations

import streamlit as st

from data.lake import Lake
from data.model import Campaign
from data.store import LakeError
from findings.words import plain
from views.parts import address, cards
from views.parts.collection import drafts, targets
from views.parts.words import t, words

FORMS = ("present", "new")


def show(present: Campaign) -> None:
    """The form of the page's campaign, or of a new one; the demonstration is only looked at."""
    choice = address.one_of("form", FORMS, FORMS[0])
    form = FORMS[1]
    if present.is_demo:
        st.info(t("campaign_form.demo"), icon=":material/lightbulb:")
    else:
        address.seed(choice)
        st.segmented_control(
            t("campaign_form.which"),
            FORMS,
            key="form",
            format_func=words().labels("campaign_form.forms", FORMS).__getitem__,
            required=True,
            label_visibility="collapsed",
        )
        form = address.value(choice.key)
    before = present if form == FORMS[0] else Campaign("", "")
    title = t("campaign_form.edit", title=plain(present.title)) if before.title else None
    with cards.block("campaign_block", title or t("campaign_form.create")):
        after, problems = drafts.draft(before)
        changed = drafts.changes(before, after)
        if changed and before.title:
            st.caption(f":material/edit: {t('campaign_form.unsaved', names=_named(changed))}")
        with st.container(horizontal=True):
            asked = st.button(
                t("campaign_form.save" if before.title else "campaign_form.create_button"),
                key="campaign_save",
                type="primary",
            )
            if changed and st.button(t("campaign_form.undo"), key="campaign_undo"):
                address.start_anew(drafts.form_of(before))
                st.rerun()
        if asked and problems:
            for problem in problems:
                st.error(problem, icon=":material/error:")
        elif asked and changed:
            _save(before, after, changed)
        elif asked:
            st.info(t("campaign_form.nothing"), icon=":material/check:")


def _save(before: Campaign, after: Campaign, changed: list[str]) -> None:
    """Keeps the campaign and says what changed; a new one becomes the page's."""
    lake = Lake.of_user()
    try:
        lake.update(after) if before.campaign_id else lake.create(after)
    except LakeError as error:
        st.error(words().error(error.code, error.values))
        return
    address.start_anew(drafts.form_of(before))
    if before.campaign_id:
        address.say_later(t("campaign_form.saved", names=_named(changed)))
    else:
        address.say_later(t("campaign_form.created", title=plain(after.title)))
        targets.show_from_now(after.campaign_id)
        address.later("section", "networks")
    st.rerun()


def _named(changed: list[str]) -> str:
    return ", ".join(t(f"campaign_form.names.{name}") for name in changed)
