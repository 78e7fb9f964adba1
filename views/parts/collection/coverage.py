"""What of a campaign's time has been read of each network, and what has not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import streamlit as st

from collectors.runs.coverage import covered, gaps, moment
from collectors.runs.missing import CAPPED, named
from collectors.runs.run import hashtags, span
from data.model import Campaign, Network
from views.parts import cards, charts, tables
from views.parts.collection import reading, sources
from views.parts.collection.runs import Plan, RunJob
from views.parts.loaders import reader
from views.parts.words import t, words

#: What was written since the last reading is no gap before somebody is this late.
_NOT_YET = timedelta(hours=3)
_LEAST = timedelta(microseconds=1)  # a window ends with the moment before its end

COLUMNS = ["network", "since", "until", "state"]


def show(campaign: Campaign, job: RunJob | None) -> None:
    """The time line, the table of the gaps, and the button that has them read."""
    now = datetime.now(UTC)
    whole = span(campaign, now)
    if not campaign.networks or whole.since is None or whole.since >= whole.until:
        return
    is_busy = job is not None
    is_reading = job is not None and job.plan.purpose == "run"
    reading_now = set(job.plan.networks) if job is not None and is_reading else set()
    collections = reader.collections(campaign.campaign_id)
    found = stretches(campaign, collections, now, reading_now)
    with cards.block("coverage_block", t("coverage_panel.title")):
        days = words().days(whole.since.date(), (whole.until - _LEAST).date() + timedelta(1))
        st.caption(t("coverage_panel.days", days=days))
        open_ = found[(found["state"] == "missing") & ~_is_due(found, now)]
        charts.coverage(found, len(open_))
        if open_.empty:
            is_read = "reading" not in set(found["state"])
            st.markdown(t("coverage_panel.whole" if is_read else "coverage_panel.reading"))
            return
        st.markdown(t("coverage_panel.gaps", n=len(open_)))
        shown = open_[["network", "since", "until"]].sort_values("since", ascending=False)
        shown["network"] = shown["network"].map(lambda it: t(f"networks.{it}"))
        tables.show(shown, key="gaps", alt=t("coverage_panel.title"))
        ready = [it for it in sources.ready(campaign) if it in set(open_["network"])]
        if st.button(
            t("coverage_panel.read"), key="read_gaps", disabled=is_busy or not ready,
            help=None if ready else t("runs.none_ready"),
        ):  # fmt: skip
            first, last = open_["since"].min(), open_["until"].max()
            reading.begin(Plan(campaign, tuple(ready), "run", moment(first), moment(last)))


def stretches(
    campaign: Campaign, collections: pd.DataFrame, now: datetime, reading_now: set[Network]
) -> pd.DataFrame:
    """Each network's time from the campaign's beginning to now, cut where its state changes.

    Columns: `network`, `since`, `until` (UTC) and `state`: "read", "capped" (read as far as
    the network gave it), "missing", or "reading" (missing, and being read now).
    """
    whole, source = span(campaign, now), hashtags(campaign)
    rows = []
    for network in campaign.networks:
        of_network = collections[collections["network"] == network]
        is_capped = of_network["missing"].map(_is_capped).astype(bool)
        every = covered(of_network, network, source, now, strictly=True)
        uncapped = covered(of_network[~is_capped], network, source, now, strictly=True)
        missing = gaps(whole, every)
        unread = gaps(whole, uncapped)
        capped = [part for gap in unread for part in gaps(gap, missing)]
        read = gaps(whole, [*missing, *capped])
        waiting = "reading" if network in reading_now else "missing"
        for state, windows in (("read", read), ("capped", capped), (waiting, missing)):
            rows += [(network.value, *window, state) for window in windows]
    return pd.DataFrame(rows, columns=COLUMNS).sort_values(["network", "since"])


def _is_capped(missing: object) -> bool:
    return any(each.code == CAPPED for each in named(missing))


def _is_due(found: pd.DataFrame, now: datetime) -> pd.Series:
    """What comes with the next reading anyway."""
    return found["since"] > pd.Timestamp(now - _NOT_YET)
