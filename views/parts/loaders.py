"""What the pages show, read from the lake and kept small: the only module that caches.

Everything is keyed on the filters, which carry the version of the campaign's posts; frames
of posts are never kept, only what was computed from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from analysis import aggregates, reach
from data.lake import Campaign, Lake
from data.model import Network

if TYPE_CHECKING:
    from views.parts.filters import Filters

_ENTRIES = 128


@dataclass(frozen=True)
class Outline:
    """What a campaign holds: its span of days (None when no date is known) and its networks."""

    posts: int
    first_on: date | None
    last_on: date | None
    networks: tuple[str, ...]


@st.cache_resource
def _demo() -> dict[str, Campaign]:
    return {it.campaign_id: it for it in Lake.demo().campaigns()}


def own_campaigns() -> list[Campaign]:
    """The user's campaigns, the newest first."""
    return [it for it in Lake.of_user().campaigns() if it.campaign_id not in _demo()]


def demo_campaigns() -> list[Campaign]:
    """The invented campaigns that come with the program."""
    return list(_demo().values())


def campaigns() -> list[Campaign]:
    """The user's own campaigns, then those of the demo."""
    return [*own_campaigns(), *demo_campaigns()]


def lake_of(campaign_id: str) -> Lake:
    """The lake that keeps a campaign."""
    return Lake.demo() if campaign_id in _demo() else Lake.of_user()


def version(campaign_id: str) -> str:
    """Changes when the campaign's posts do."""
    return lake_of(campaign_id).version(campaign_id)


def collections(campaign_id: str) -> pd.DataFrame:
    """What was collected for a campaign; small, and never kept."""
    return lake_of(campaign_id).collections(campaign_id)


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def outline(campaign_id: str, version: str) -> Outline:
    """What a campaign holds, at a version."""
    rows = aggregates.by_network(lake_of(campaign_id).posts(campaign_id))
    return Outline(
        int(rows["posts"].sum()),
        None if rows["first_on"].isna().all() else rows["first_on"].dropna().min(),
        None if rows["last_on"].isna().all() else rows["last_on"].dropna().max(),
        tuple(it for it in Network if it in set(rows["network"])),
    )


def _posts(chosen: Filters, hashtag: str | None = None) -> aggregates.Posts:
    return aggregates.selected(
        lake_of(chosen.campaign_id).posts(chosen.campaign_id),
        since=chosen.since,
        until=chosen.until,
        networks=chosen.networks,
        kinds=chosen.kinds,
        hashtag=hashtag,
    )


def shown_networks(chosen: Filters) -> tuple[str, ...]:
    """The networks that the filter lets through."""
    return chosen.networks or outline(chosen.campaign_id, chosen.version).networks


def _comparable(chosen: Filters, hashtag: str | None = None) -> aggregates.Posts:
    return aggregates.comparable(_posts(chosen, hashtag), shown_networks(chosen))


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def totals(chosen: Filters) -> pd.DataFrame:
    """`aggregates.totals`, networks that may not be added left out."""
    return aggregates.totals(_comparable(chosen))


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def potential_reach(chosen: Filters) -> reach.Measure:
    """`reach.potential_reach` of the accounts that posted."""
    return reach.potential_reach(aggregates.by_author(_comparable(chosen)))


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def by_network(chosen: Filters) -> pd.DataFrame:
    """`aggregates.by_network`, every network."""
    return aggregates.by_network(_posts(chosen))


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def by_kind(chosen: Filters) -> pd.DataFrame:
    """`aggregates.by_kind`."""
    return aggregates.by_kind(_comparable(chosen))


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def by_day(chosen: Filters) -> pd.DataFrame:
    """`aggregates.by_day`."""
    return aggregates.by_day(_comparable(chosen))


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def hashtags(chosen: Filters, most: int) -> pd.DataFrame:
    """`aggregates.hashtags`."""
    return aggregates.hashtags(_comparable(chosen), most)


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def listing(
    chosen: Filters, order: str, most: int, offset: int = 0, hashtag: str | None = None
) -> pd.DataFrame:
    """`most` posts after the first `offset`, by `engagements` or `date`, without authors."""
    return _listed(chosen, order, most, offset, hashtag)


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def number_of_posts(chosen: Filters, hashtag: str | None = None) -> int:
    """How many posts a listing has."""
    return int(aggregates.span(_comparable(chosen, hashtag))["posts"].iloc[0])


def every_post(chosen: Filters, order: str, hashtag: str | None = None) -> pd.DataFrame:
    """The whole listing, for an export; not kept."""
    return _listed(chosen, order, number_of_posts(chosen, hashtag), 0, hashtag)


def _listed(
    chosen: Filters, order: str, most: int, offset: int, hashtag: str | None
) -> pd.DataFrame:
    posts = _comparable(chosen, hashtag)
    if order == "date":
        return aggregates.latest(posts, most, offset)
    return aggregates.most_engaging(posts, offset + most)[offset:]
