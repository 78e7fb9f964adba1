"""Reading the networks now: which, over which days, and at what price."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import streamlit as st

from collectors.runs.rounds import Purpose
from collectors.runs.run import span
from data.lake import Lake
from data.model import Campaign, Network
from views.parts import cards, jobs
from views.parts.collection import drafts, runs, sources
from views.parts.collection.runs import Plan
from views.parts.words import t, words

WINDOWS = ("missing", "dates")


def show(campaign: Campaign, *, is_busy: bool) -> None:
    """The block that starts a reading; where no network can be read yet, what to do for one."""
    ready = sources.ready(campaign)
    if not ready or not campaign.hashtags:
        why = "runs.none_ready" if campaign.hashtags else "runs.no_hashtag"
        st.info(t(why), icon=":material/lightbulb:")
        return
    with cards.block("run_block", t("runs.title")):
        networks = tuple(ready)
        if len(ready) > 1:
            chosen = st.pills(
                t("runs.networks"),
                ready,
                selection_mode="multi",
                key=f"run_networks_{campaign.campaign_id}",
                format_func=words().labels("networks", ready).__getitem__,
                help=t("runs.none_is_all"),
                disabled=is_busy,
            )
            networks = tuple(chosen or ready)
        waiting = [it for it in campaign.networks if it not in ready]
        if waiting:
            names = ", ".join(t(f"networks.{it}") for it in waiting)
            st.caption(t("runs.waiting_for_key", networks=names))
        since, until = _window(campaign, is_busy=is_busy)
        with st.container(horizontal=True):
            if st.button(
                t("runs.start"),
                key="start_run",
                type="primary",
                icon=":material/play_arrow:",
                disabled=is_busy,
            ):
                begin(Plan(campaign, networks, "run", since, until))
            for purpose in ("measure", "check"):
                _reread(campaign, networks, purpose, is_busy=is_busy)


def begin(plan: Plan) -> None:
    """Starts a reading; where it would be paid for, asks for its price first."""
    start = runs.start_estimate if Network.X in plan.networks else runs.start
    jobs.follow(start(Lake.of_user(), plan))


def _window(
    campaign: Campaign, *, is_busy: bool
) -> tuple[datetime | None, datetime | None]:  # fmt: skip
    """The days to read: none named is all that is missing."""
    asked = st.segmented_control(
        t("runs.window"),
        WINDOWS,
        default=WINDOWS[0],
        key="run_window",
        format_func=words().labels("runs.windows", WINDOWS).__getitem__,
        required=True,
        help=t("runs.window_help"),
        disabled=is_busy,
    )
    whole = span(campaign, datetime.now(UTC))
    if asked == WINDOWS[0] or whole.since is None:
        return None, None
    first, last = whole.since.date(), (whole.until - timedelta(microseconds=1)).date()
    with st.container(horizontal=True):
        days: list[date] = [
            st.date_input(
                t(f"campaign_form.{name}"),
                default,
                min_value=first,
                max_value=last,
                key=f"run_{name}",
                format="DD/MM/YYYY",
                required=True,
                disabled=is_busy,
            )
            for name, default in (("since", first), ("until", last))
        ]
    return drafts.moment(min(days)), drafts.moment(max(days) + timedelta(1))


def _reread(
    campaign: Campaign, networks: tuple[Network, ...], purpose: Purpose, *, is_busy: bool
) -> None:
    """Reading known posts again: what for, and the button that does it."""
    with st.popover(t(f"runs.again.{purpose}"), key=f"again_{purpose}", disabled=is_busy):
        st.markdown(t(f"runs.again.{purpose}_help"))
        if Network.X in networks:
            st.markdown(t("runs.again.paid"))
        if st.button(t("runs.again.go"), key=f"start_{purpose}", type="primary"):
            jobs.follow(runs.start(Lake.of_user(), Plan(campaign, networks, purpose)))
