"""The networks of a campaign, a card each: the key, the last reading, what it missed and cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import pandas as pd
import streamlit as st

from collectors.access.budget import Ledger
from collectors.base import CollectorError
from collectors.networks.credentials import Credentials
from collectors.networks.table import secrets_of
from collectors.runs.missing import named
from data.lake import Lake
from data.model import Campaign, Network
from data.store import home
from views.parts import address, jobs
from views.parts.collection import access, drafts, runs
from views.parts.collection.runs import Plan
from views.parts.loaders import reader
from views.parts.words import t, words

_NARROWEST = 320  # pixels: one card a row on a phone, three on a laptop

_BADGES: Mapping[str, tuple[Literal["green", "orange"], str]] = {
    "not needed": ("green", ":material/lock_open:"),
    "stored": ("green", ":material/key:"),
    "environment": ("green", ":material/key:"),
    "none": ("orange", ":material/key_off:"),
}


def ready(campaign: Campaign) -> list[Network]:
    """The networks of a campaign that can be read now: with a key, or without need of one."""
    return [it for it in drafts.networks() if it in campaign.networks and access.where(it)]


def show(campaign: Campaign, *, is_busy: bool) -> None:
    """The cards; last the network that anybody can try, where the campaign has not chosen it."""
    collections = reader.collections(campaign.campaign_id)
    with st.grid(min_column_width=_NARROWEST, key="sources"):
        for network in drafts.networks():
            if network in campaign.networks:
                _card(campaign, network, collections, is_busy=is_busy)
        if Network.MASTODON not in campaign.networks:
            _offer(campaign, is_busy=is_busy)


def _card(
    campaign: Campaign, network: Network, collections: pd.DataFrame, *, is_busy: bool
) -> None:
    key = access.where(network)
    of_network = collections[collections["network"] == network]
    readings = of_network[of_network["format"] == "api"]
    with st.container(border=True, key=f"source_{network}", height="stretch"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{t(f'networks.{network}')}**", width="content")
            color, icon = _BADGES[key or "none"]
            st.badge(t(f"sources.key.{(key or 'none').replace(' ', '_')}"), color=color, icon=icon)
        _last(readings)
        _missed(readings)
        _cost(campaign, network, of_network)
        with st.container(horizontal=True):
            if key == "not needed" and readings.empty:
                _trial(campaign, is_busy=is_busy)
            if secrets_of(network) and key != "environment":
                label = t("sources.change_key" if key else "sources.add_key")
                if st.button(label, key=f"key_{network}", icon=":material/key:"):
                    access.ask(network, campaign)
            if key == "stored":
                _forget(network)


def _last(readings: pd.DataFrame) -> None:
    """The newest reading that brought what it could."""
    read = readings[readings["outcome"].isin(["complete", "incomplete", "partial"])]
    if read.empty:
        st.caption(t("sources.never"))
        return
    newest = read.iloc[0]
    st.caption(
        t("sources.last", at=words().moment(newest["finished_at"]), n=int(newest["read"]))
        + " "
        + t("sources.new", n=int(newest["new"]))
    )


def _missed(readings: pd.DataFrame) -> None:
    """What the newest reading did not give, and why."""
    if readings.empty:
        return
    newest = readings.iloc[0]
    missing = named(newest["missing"])
    for sentence in dict.fromkeys(words().missing(it.code, it.values) for it in missing):
        st.warning(sentence, icon=":material/warning:")
    if newest["outcome"] == "stopped":
        st.caption(t("sources.stopped"))


def _cost(campaign: Campaign, network: Network, of_network: pd.DataFrame) -> None:
    requests = of_network["requests"].dropna()
    if not requests.empty:
        st.caption(t("sources.requests", n=int(requests.sum())))
    if network is not Network.X:
        return
    spent = Ledger(home()).spent(campaign.campaign_id, network)
    dollars = words().dollars(spent.dollars)
    if campaign.budget_dollars is None and campaign.budget_posts is None:
        st.warning(t("sources.no_budget"), icon=":material/savings:")
    elif campaign.budget_dollars is None:
        st.caption(t("sources.spent_posts", dollars=dollars, n=campaign.budget_posts))
    else:
        budget = words().dollars(campaign.budget_dollars)
        st.caption(t("sources.spent", dollars=dollars, budget=budget))


def _forget(network: Network) -> None:
    with st.popover(t("sources.forget_key"), key=f"forget_{network}"):
        st.markdown(t("sources.forget_sure", network=t(f"networks.{network}")))
        if st.button(t("sources.forget_yes"), key=f"forget_yes_{network}"):
            try:
                Credentials(home()).forget(network)
            except CollectorError as problem:
                st.error(words().error(problem.code, problem.values))
                return
            address.say_later(t("sources.forgotten", network=t(f"networks.{network}")))
            st.rerun()


def _offer(campaign: Campaign, *, is_busy: bool) -> None:
    with st.container(border=True, key="source_offer", height="stretch"):
        st.markdown(f"**{t('terms.mastodon.title')}**")
        st.caption(t("sources.offer", server=drafts.SUGGESTED[0]))
        _trial(campaign, is_busy=is_busy)


def _trial(campaign: Campaign, *, is_busy: bool) -> None:
    """Reads Mastodon, which becomes one of the campaign's networks where it was not."""
    if not st.button(
        t("sources.try"),
        key="try_mastodon",
        icon=":material/play_arrow:",
        disabled=is_busy or not campaign.hashtags,
    ):
        return
    lake = Lake.of_user()
    if Network.MASTODON not in campaign.networks:
        campaign = replace(
            campaign,
            networks=(*campaign.networks, Network.MASTODON),
            instances=campaign.instances or drafts.SUGGESTED[:1],
        )
        lake.update(campaign)
    jobs.follow(runs.start(lake, Plan(campaign, (Network.MASTODON,))))
