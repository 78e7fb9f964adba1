"""What the pages show, read from the lake and kept small: the only module that caches.

Everything is keyed on the filters, which carry the version of the campaign's posts; frames
of posts are never kept, only what was computed from them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from analysis import aggregates
from analysis.kept import crowd, sums
from analysis.measure import Measure
from analysis.reach import growth
from analysis.reach import rates as reach_rates
from analysis.reach.reached import Reached
from analysis.texts import content
from analysis.texts.topics import Found
from data.lake import Lake
from data.model import Campaign, Network
from findings import reach_process

if TYPE_CHECKING:
    from views.parts.filters import Filters

_ENTRIES = 128

#: Of so many campaigns, each of so many posts at most, a few bytes a post are kept in memory.
_KEPT_WHOLE, _MOST_POSTS = 4, 2_000_000

#: Topics that were looked for, by their filters: seconds of work, and a few posts each.
_TOPICS: OrderedDict[Filters, Found] = OrderedDict()
_KEPT_TOPICS = 16

#: How many posts of a network tell how posts grow.
_READ_AGAIN = 1_000


@dataclass(frozen=True)
class Outline:
    """What a campaign holds: its span of days (None when no date is known) and its networks."""

    posts: int
    first_on: date | None
    last_on: date | None
    networks: tuple[str, ...]


@dataclass(frozen=True)
class Growth:
    """How posts grew: the frame of `growth.curves`, and each network's half-life."""

    curves: pd.DataFrame
    half_life: dict[str, Measure]


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
    cells = _cells(campaign_id, version)
    days = pc.min_max(cells["day"]).as_py()
    networks = cells["network"].unique().to_pylist()
    return Outline(
        pc.sum(cells["posts"]).as_py() or 0,
        days["min"],
        days["max"],
        tuple(it for it in Network if it in networks),
    )


@st.cache_resource(max_entries=_KEPT_WHOLE, show_spinner=False)
def _cells(campaign_id: str, version: str) -> pa.Table:
    """`aggregates.cells` of a whole campaign: what a filter adds up, and its posts stay unread."""
    return sums.in_arrow(aggregates.cells(lake_of(campaign_id).posts(campaign_id)))


@st.cache_resource(max_entries=_KEPT_WHOLE, show_spinner=False)
def _hashtag_cells(campaign_id: str, version: str) -> pa.Table:
    return sums.in_arrow(aggregates.hashtag_cells(lake_of(campaign_id).posts(campaign_id)))


@st.cache_resource(max_entries=_KEPT_WHOLE, show_spinner=False)
def _crowd(campaign_id: str, version: str) -> crowd.Crowd:
    return crowd.crowd(aggregates.appearances(lake_of(campaign_id).posts(campaign_id)))


def _is_kept(chosen: Filters) -> bool:
    return outline(chosen.campaign_id, chosen.version).posts <= _MOST_POSTS


def _asked(chosen: Filters) -> dict[str, Any]:
    """What `aggregates.selected`, `sums.selected` and `crowd.accounts` are asked."""
    return {name: getattr(chosen, name) for name in ("since", "until", "networks", "kinds")}


def _cells_of(chosen: Filters) -> pa.Table:
    return sums.selected(_cells(chosen.campaign_id, chosen.version), **_asked(chosen))


def _posts(chosen: Filters, hashtag: str | None = None) -> aggregates.Posts:
    return _selected(lake_of(chosen.campaign_id).posts(chosen.campaign_id), chosen, hashtag)


def _selected(
    posts: aggregates.Posts, chosen: Filters, hashtag: str | None = None
) -> aggregates.Posts:
    return aggregates.selected(posts, **_asked(chosen), hashtag=hashtag)


def shown_networks(chosen: Filters) -> tuple[str, ...]:
    """The networks that the filter lets through."""
    return chosen.networks or outline(chosen.campaign_id, chosen.version).networks


def _comparable(chosen: Filters, hashtag: str | None = None) -> aggregates.Posts:
    return aggregates.comparable(_posts(chosen, hashtag), shown_networks(chosen))


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def totals(chosen: Filters) -> pd.DataFrame:
    """`aggregates.totals`, networks that may not be added left out."""
    return sums.together(by_network(chosen), shown_networks(chosen))


def potential_reach(chosen: Filters) -> Measure:
    """`reach.potential_reach` of the accounts that posted, YouTube left out."""
    return _stamped(reach_rates.potential_reach(_without_youtube(chosen)), chosen)


def rates(chosen: Filters) -> dict[str, Measure]:
    """Each of `reach.RATES`, YouTube left out: its terms forbid figures made from its own."""
    posts = _without_youtube(chosen)
    return {name: _stamped(rate(posts), chosen) for name, rate in reach_rates.RATES.items()}


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def reach_of(chosen: Filters) -> Reached:
    """`reached.reached`: every measure of reach, YouTube left out."""
    lake = lake_of(chosen.campaign_id)
    found = reach_process.reached(lake, chosen.campaign_id, _asked(chosen), by_network(chosen))
    return found.at(chosen.version)


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def audience(chosen: Filters, fewest: int) -> pd.DataFrame:
    """`reach.potential_reach_over_time`, in steps of `fewest` accounts or more; not YouTube's."""
    joined = aggregates.joined_by_day(aggregates.comparable(_posts(chosen), ()))
    return reach_rates.potential_reach_over_time(joined, fewest)


def growth_of(chosen: Filters) -> Growth:
    """How the posts grew that were read more than once, YouTube left out."""
    version = lake_of(chosen.campaign_id).version_of_observations(chosen.campaign_id)
    return _growth_of(chosen, version)


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def _growth_of(chosen: Filters, version: str) -> Growth:
    observations = _selected(lake_of(chosen.campaign_id).observations(chosen.campaign_id), chosen)
    read = aggregates.snapshots(aggregates.comparable(observations, ()), _READ_AGAIN)
    half_life = growth.half_life(read)
    return Growth(
        growth.curves(read),
        {network: replace(it, version=version) for network, it in half_life.items()},
    )


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def by_network(chosen: Filters) -> pd.DataFrame:
    """`aggregates.by_network`, every network."""
    if _is_kept(chosen):
        accounts = crowd.accounts(_crowd(chosen.campaign_id, chosen.version), **_asked(chosen))
    else:
        accounts = aggregates.accounts(_posts(chosen))
    return sums.by_network(_cells_of(chosen), accounts)


def by_kind(chosen: Filters) -> pd.DataFrame:
    """`kind` and `posts` of `aggregates.by_kind`."""
    return sums.by_kind(totals(chosen))


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def by_day(chosen: Filters) -> pd.DataFrame:
    """`aggregates.by_day`."""
    return sums.by_day(sums.comparable(_cells_of(chosen), shown_networks(chosen)))


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def most_used(chosen: Filters, most: int) -> pd.DataFrame:
    """`aggregates.most_used`."""
    if not _is_kept(chosen):
        return aggregates.most_used(_comparable(chosen), most)
    tags = sums.selected(_hashtag_cells(chosen.campaign_id, chosen.version), **_asked(chosen))
    return sums.most_used(sums.comparable(tags, shown_networks(chosen)), most)


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
    if hashtag is None:
        return int(totals(chosen)["posts"].iloc[0])
    return int(aggregates.span(_comparable(chosen, hashtag))["posts"].iloc[0])


def every_post(chosen: Filters, order: str, hashtag: str | None = None) -> pd.DataFrame:
    """The whole listing, for an export; not kept."""
    return _listed(chosen, order, number_of_posts(chosen, hashtag), 0, hashtag)


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def above_usual(chosen: Filters, most: int) -> pd.DataFrame:
    """`aggregates.above_usual`: what is usual is measured over the whole campaign."""
    return aggregates.above_usual(
        _of_all_times(chosen), most, since=chosen.since, until=chosen.until, kinds=chosen.kinds
    )


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def by_slot(chosen: Filters) -> pd.DataFrame:
    """`aggregates.by_slot`: what is usual is measured over the whole campaign."""
    return aggregates.by_slot(
        _of_all_times(chosen), since=chosen.since, until=chosen.until, kinds=chosen.kinds
    )


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def best_times(chosen: Filters, by: tuple[str, ...]) -> pd.DataFrame:
    """`content.best_times`."""
    return content.best_times(by_slot(chosen), by)


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def spelled(chosen: Filters, most: int) -> pd.DataFrame:
    """`content.together`, of the `most` used hashtags."""
    tags = hashtags(chosen, most)
    groups = [group for group in content.spellings(tags["hashtag"]) if len(group) > 1]
    return content.together(tags, aggregates.spellings(_comparable(chosen), groups))


def texts(chosen: Filters, most: int) -> Callable[[], pd.DataFrame]:
    """What reads `aggregates.texts`, in another thread if need be; not kept."""
    return partial(aggregates.texts, _comparable(chosen), most)


def topics(chosen: Filters) -> Found | None:
    """The topics that were found of a filter's posts; None where nobody looked yet."""
    return _TOPICS.get(chosen)


def keep_topics(chosen: Filters, found: Found) -> None:
    """Keeps the topics of a filter's posts, for everybody, as long as the posts stay the same."""
    _TOPICS[chosen] = found
    while len(_TOPICS) > _KEPT_TOPICS:
        _TOPICS.popitem(last=False)


def topic_names(campaign_id: str) -> pd.DataFrame:
    """What topics are called, those of the demonstration too; small, and never kept."""
    return Lake.of_user().topic_names(campaign_id)


def _without_youtube(chosen: Filters) -> pd.DataFrame:
    """`totals`, YouTube left out even where it is alone."""
    is_alone = {*shown_networks(chosen)} == {Network.YOUTUBE}
    return sums.together(by_network(chosen), ()) if is_alone else totals(chosen)


def _of_all_times(chosen: Filters) -> aggregates.Posts:
    return _comparable(replace(chosen, since=None, until=None, kinds=()))


def _stamped(measure: Measure, chosen: Filters) -> Measure:
    """The measure with the version of the posts that it was made from."""
    return replace(measure, version=chosen.version)


def _listed(
    chosen: Filters, order: str, most: int, offset: int, hashtag: str | None
) -> pd.DataFrame:
    posts = _comparable(chosen, hashtag)
    if order == "date":
        return aggregates.latest(posts, most, offset)
    return aggregates.most_engaging(posts, offset + most)[offset:]
