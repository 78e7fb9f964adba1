"""What is read for a question: the numbers of a filter, the same for screens, reports and scripts.

A filter carries the version of its campaign's posts, so every answer may be kept under it. Frames
of posts are never kept, only what was computed from them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any, TypeAlias

import narwhals as nw
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analysis import aggregates, terms
from analysis.kept import crowd, sums
from analysis.measure import Measure
from analysis.reach import growth, rates
from analysis.reach.reached import Reached
from analysis.texts import content
from data.lake import Lake
from data.model import Campaign, Network
from findings import reach_process
from findings.question import Filters, Outline

#: Of a campaign of more posts, the sums and accounts are not kept in memory: a few bytes a post.
MOST_POSTS = 2_000_000

#: How many posts of a network tell how posts grow.
_READ_AGAIN = 1_000

#: What is shared with other campaigns, as a column of `analysis.aggregates.SUMS`.
SHARES: Mapping[str, Callable[[pd.DataFrame, pd.Series[int]], Measure]] = {
    "posts": rates.share_of_voice,
    "authors": rates.share_of_authors,
    "engagements": rates.share_of_engagements,
}

#: More campaigns than this cannot be told apart side by side.
_MOST_OTHERS = 5

#: What keeps the answers of a read, as `functools.cache` does.
Keep: TypeAlias = Callable[[Callable[..., Any]], Callable[..., Any]]


@dataclass(frozen=True)
class Growth:
    """How posts grew: the frame of `growth.curves`, and each network's half-life."""

    curves: pd.DataFrame
    half_life: dict[str, Measure]


_LAST_KEPT: Keep = lru_cache(maxsize=1)


def _unkept(read: Callable[..., Any]) -> Callable[..., Any]:
    return read


class Reader:
    """Reads the user's lake and the demonstration's, or `lake` alone.

    `keep` wraps each read that is asked for again and again, `keep_whole` the few that hold some
    bytes of every post of a campaign, and whose answers all filters share.
    """

    def __init__(
        self,
        lake: Lake | None = None,
        *,
        keep: Keep = _unkept,
        keep_whole: Keep = _LAST_KEPT,
    ) -> None:
        self._lake = lake
        for kept, reads in (
            (keep_whole, (self._demo, self._cells, self._hashtag_cells, self._crowd)),
            (
                keep,
                (
                    *(self.outline, self.by_network, self.totals, self.by_day, self.most_used),
                    *(self.hashtags, self.listing, self.number_of_posts, self.above_usual),
                    *(self.by_slot, self.best_times, self.reach_of, self.audience),
                    self._growth_of,
                ),
            ),
        ):
            for read in reads:
                setattr(self, read.__name__, kept(read))

    # Campaigns

    def own_campaigns(self) -> list[Campaign]:
        """The user's campaigns, the newest first."""
        return [it for it in self._own().campaigns() if it.campaign_id not in self._demo()]

    def demo_campaigns(self) -> list[Campaign]:
        """The invented campaigns that come with the program."""
        return list(self._demo().values())

    def campaigns(self) -> list[Campaign]:
        """The user's own campaigns, then those of the demo."""
        return [*self.own_campaigns(), *self.demo_campaigns()]

    def is_demo(self, campaign_id: str) -> bool:
        """Whether it is one of the invented campaigns."""
        return campaign_id in self._demo()

    def others(self, campaign_id: str) -> list[str]:
        """The campaigns of the same lake that hold posts, for a comparison; five at most."""
        among = self.demo_campaigns() if self.is_demo(campaign_id) else self.own_campaigns()
        ids = [it.campaign_id for it in among if it.campaign_id != campaign_id]
        return [it for it in ids if self.outline(it, self.version(it)).posts][:_MOST_OTHERS]

    def lake_of(self, campaign_id: str) -> Lake:
        """The lake that keeps a campaign."""
        return Lake.demo() if self.is_demo(campaign_id) else self._own()

    def version(self, campaign_id: str) -> str:
        """Changes when the campaign's posts do."""
        return self.lake_of(campaign_id).version(campaign_id)

    def collections(self, campaign_id: str) -> pd.DataFrame:
        """What was collected for a campaign; small, and never kept."""
        return self.lake_of(campaign_id).collections(campaign_id)

    def topic_names(self, campaign_id: str) -> pd.DataFrame:
        """What topics are called, those of the demonstration too; small, and never kept."""
        return self._own().topic_names(campaign_id)

    def outline(self, campaign_id: str, version: str) -> Outline:
        """What a campaign holds, at a version."""
        cells = self._cells(campaign_id, version)
        days = pc.min_max(cells["day"]).as_py()
        networks = cells["network"].unique().to_pylist()
        return Outline(
            pc.sum(cells["posts"]).as_py() or 0,
            days["min"],
            days["max"],
            tuple(it for it in Network if it in networks),
        )

    def outline_of(self, chosen: Filters) -> Outline:
        """What a filter's campaign holds."""
        return self.outline(chosen.campaign_id, chosen.version)

    def comparison(self, chosen: Filters) -> Filters | None:
        """The previous period, where the campaign's data reach back over all of it."""
        return chosen.comparison(self.outline_of(chosen))

    # Sums

    def shown_networks(self, chosen: Filters) -> tuple[str, ...]:
        """The networks that the filter lets through."""
        return chosen.networks or self.outline_of(chosen).networks

    def by_network(self, chosen: Filters) -> pd.DataFrame:
        """`aggregates.by_network`, every network."""
        if self._is_kept(chosen):
            among = self._crowd(chosen.campaign_id, chosen.version)
            accounts = crowd.accounts(among, **_asked(chosen))
        else:
            accounts = aggregates.accounts(self._posts(chosen))
        return sums.by_network(self._cells_of(chosen), accounts)

    def restricted(self, chosen: Filters) -> pd.DataFrame:
        """The rows of `by_network` whose figures may be added to no other's."""
        rows = self.by_network(chosen)
        return rows[rows["network"].isin(terms.RESTRICTED)]

    def totals(self, chosen: Filters) -> pd.DataFrame:
        """`aggregates.totals`, networks that may not be added left out."""
        return sums.together(self.by_network(chosen), self.shown_networks(chosen))

    def by_kind(self, chosen: Filters) -> pd.DataFrame:
        """`kind` and `posts` of `aggregates.by_kind`."""
        return sums.by_kind(self.totals(chosen))

    def by_day(self, chosen: Filters) -> pd.DataFrame:
        """`aggregates.by_day`."""
        return sums.by_day(sums.comparable(self._cells_of(chosen), self.shown_networks(chosen)))

    def most_used(self, chosen: Filters, most: int) -> pd.DataFrame:
        """`aggregates.most_used`."""
        if not self._is_kept(chosen):
            return aggregates.most_used(self._comparable(chosen), most)
        cells = self._hashtag_cells(chosen.campaign_id, chosen.version)
        tags = sums.selected(cells, **_asked(chosen))
        return sums.most_used(sums.comparable(tags, self.shown_networks(chosen)), most)

    # Posts

    def hashtags(self, chosen: Filters, most: int) -> pd.DataFrame:
        """`aggregates.hashtags`."""
        return aggregates.hashtags(self._comparable(chosen), most)

    def spelled(self, chosen: Filters, most: int) -> pd.DataFrame:
        """`content.together`, of the `most` used hashtags."""
        tags = self.hashtags(chosen, most)
        groups = [group for group in content.spellings(tags["hashtag"]) if len(group) > 1]
        return content.together(tags, aggregates.spellings(self._comparable(chosen), groups))

    def listing(
        self,
        chosen: Filters,
        order: str,
        most: int,
        offset: int = 0,
        hashtag: str | None = None,
    ) -> pd.DataFrame:
        """`most` posts after the first `offset`, by `engagements` or `date`, without authors."""
        posts = self._comparable(chosen, hashtag)
        if order == "date":
            return aggregates.latest(posts, most, offset)
        return aggregates.most_engaging(posts, offset + most)[offset:]

    def number_of_posts(self, chosen: Filters, hashtag: str | None = None) -> int:
        """How many posts a listing has."""
        if hashtag is None:
            return int(self.totals(chosen)["posts"].iloc[0])
        return int(aggregates.span(self._comparable(chosen, hashtag))["posts"].iloc[0])

    def every_post(self, chosen: Filters, order: str, hashtag: str | None = None) -> pd.DataFrame:
        """The whole listing, for a file; not kept."""
        number = self.number_of_posts(chosen, hashtag)
        return Reader.listing(self, chosen, order, number, 0, hashtag)

    def above_usual(self, chosen: Filters, most: int) -> pd.DataFrame:
        """`aggregates.above_usual`: what is usual is measured over the whole campaign."""
        posts = self._of_all_times(chosen)
        return aggregates.above_usual(posts, most, **_when(chosen))

    def by_slot(self, chosen: Filters) -> pd.DataFrame:
        """`aggregates.by_slot`: what is usual is measured over the whole campaign."""
        return aggregates.by_slot(self._of_all_times(chosen), **_when(chosen))

    def best_times(self, chosen: Filters, by: tuple[str, ...]) -> pd.DataFrame:
        """`content.best_times`."""
        return content.best_times(self.by_slot(chosen), by)

    def texts(self, chosen: Filters, most: int) -> Callable[[], pd.DataFrame]:
        """What reads `aggregates.texts`, in another thread if need be; not kept."""
        return partial(aggregates.texts, self._comparable(chosen), most)

    # Reach

    def authors(self, chosen: Filters) -> Measure:
        """`rates.authors`: how many accounts posted."""
        return _at(chosen.version, rates.authors(self.totals(chosen)))

    def potential_reach(self, chosen: Filters) -> Measure:
        """`rates.potential_reach` of the accounts that posted, YouTube left out."""
        return _at(chosen.version, rates.potential_reach(self._estimable(chosen)))

    def rates(self, chosen: Filters) -> dict[str, Measure]:
        """Each of `rates.RATES`, YouTube left out: its terms forbid figures made from its own."""
        posts = self._estimable(chosen)
        return {name: _at(chosen.version, rate(posts)) for name, rate in rates.RATES.items()}

    def reach_of(self, chosen: Filters) -> Reached:
        """`reached.reached`: every measure of reach, YouTube left out."""
        lake, by_network = self.lake_of(chosen.campaign_id), self.by_network(chosen)
        found = reach_process.reached(lake, chosen.campaign_id, _asked(chosen), by_network)
        return found.at(chosen.version)

    def audience(self, chosen: Filters, fewest: int) -> pd.DataFrame:
        """`rates.potential_reach_over_time`, in steps of `fewest` accounts or more, but YouTube."""
        joined = aggregates.joined_by_day(aggregates.estimable(self._posts(chosen)))
        return rates.potential_reach_over_time(joined, fewest)

    def growth_of(self, chosen: Filters) -> Growth:
        """How the posts grew that were read more than once, YouTube left out."""
        lake = self.lake_of(chosen.campaign_id)
        return self._growth_of(chosen, lake.version_of_observations(chosen.campaign_id))

    def shares(self, chosen: Filters, others: Iterable[str]) -> dict[str, Measure]:
        """Each of `SHARES` among these campaigns, over the filter's own days and networks."""
        totals = self.side_by_side(chosen, others)
        return {
            of: _at(chosen.version, share(totals.iloc[:1], totals[of].iloc[1:]))
            for of, share in SHARES.items()
        }

    def side_by_side(self, chosen: Filters, others: Iterable[str]) -> pd.DataFrame:
        """The totals of campaigns over the same days and networks, this one's in the first row.

        Indexed by `campaign_id`.
        """
        outline = self.outline_of(chosen)
        asked = [chosen.same_days(outline, it, self.version(it)) for it in others]
        whole = chosen.same_days(outline, chosen.campaign_id, chosen.version)
        return pd.concat({it.campaign_id: self.totals(it) for it in (whole, *asked)}).droplevel(1)

    # Inside

    def _own(self) -> Lake:
        return self._lake or Lake.of_user()

    def _demo(self) -> dict[str, Campaign]:
        if self._lake is not None:
            return {}
        return {it.campaign_id: it for it in Lake.demo().campaigns()}

    def _cells(self, campaign_id: str, version: str) -> pa.Table:
        """`aggregates.cells` of a whole campaign: what a filter adds up, its posts unread."""
        return sums.in_arrow(aggregates.cells(self.lake_of(campaign_id).posts(campaign_id)))

    def _hashtag_cells(self, campaign_id: str, version: str) -> pa.Table:
        posts = self.lake_of(campaign_id).posts(campaign_id)
        return sums.in_arrow(aggregates.hashtag_cells(posts))

    def _crowd(self, campaign_id: str, version: str) -> crowd.Crowd:
        posts = self.lake_of(campaign_id).posts(campaign_id)
        return crowd.crowd(aggregates.appearances(posts))

    def _is_kept(self, chosen: Filters) -> bool:
        return self.outline_of(chosen).posts <= MOST_POSTS

    def _cells_of(self, chosen: Filters) -> pa.Table:
        return sums.selected(self._cells(chosen.campaign_id, chosen.version), **_asked(chosen))

    def _posts(self, chosen: Filters, hashtag: str | None = None) -> nw.LazyFrame[Any]:
        posts = self.lake_of(chosen.campaign_id).posts(chosen.campaign_id)
        return aggregates.selected(posts, **_asked(chosen), hashtag=hashtag)

    def _comparable(self, chosen: Filters, hashtag: str | None = None) -> nw.LazyFrame[Any]:
        return aggregates.comparable(self._posts(chosen, hashtag), self.shown_networks(chosen))

    def _of_all_times(self, chosen: Filters) -> nw.LazyFrame[Any]:
        return self._comparable(replace(chosen, since=None, until=None, kinds=()))

    def _estimable(self, chosen: Filters) -> pd.DataFrame:
        """`totals` of the networks that let something be estimated from their figures."""
        return sums.together(self.by_network(chosen), ())

    def _growth_of(self, chosen: Filters, version: str) -> Growth:
        lake = self.lake_of(chosen.campaign_id)
        observations = aggregates.selected(lake.observations(chosen.campaign_id), **_asked(chosen))
        read = aggregates.snapshots(aggregates.estimable(observations), _READ_AGAIN)
        half_life = growth.half_life(read)
        return Growth(
            growth.curves(read),
            {network: _at(version, it) for network, it in half_life.items()},
        )


def _asked(chosen: Filters) -> dict[str, Any]:
    """What `aggregates.selected`, `sums.selected` and `crowd.accounts` are asked."""
    return {"networks": chosen.networks, **_when(chosen)}


def _when(chosen: Filters) -> dict[str, Any]:
    return {name: getattr(chosen, name) for name in ("since", "until", "kinds")}


def _at(version: str, measure: Measure) -> Measure:
    """The measure with the version of the posts that it was made from."""
    return replace(measure, version=version)
