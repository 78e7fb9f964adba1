"""What a campaign reached: every measure of reach of some posts, in one call."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import pandas as pd
from narwhals.typing import FrameT

from analysis import aggregates
from analysis.kept import sums
from analysis.measure import Measure
from analysis.reach import audience, cascades, impressions, rates

#: How many of the posts with the most reactions tell how posts are passed on.
_CASCADES = 10_000


@dataclass(frozen=True)
class Reached:
    """Measures by their names, and the reach of each network.

    `measures` has `estimated_reach`, `reach_bounds`, `potential_reach`, `impressions`,
    `estimated_impressions`, `frequency`, `engagement_rate_by_reach` and
    `structural_virality`; `by_network` and `bounds_by_network` have the networks' codes.
    YouTube is in none of them.
    """

    measures: Mapping[str, Measure]
    by_network: Mapping[str, Measure]
    bounds_by_network: Mapping[str, Measure]

    def at(self, version: str) -> Reached:
        """The same measures, which say from which version of the lake they were made."""
        return Reached(
            *(
                {name: replace(it, version=version) for name, it in measures.items()}
                for measures in (self.measures, self.by_network, self.bounds_by_network)
            )
        )


def reached(
    posts: FrameT, learnt_from: FrameT | None = None, by_network: pd.DataFrame | None = None
) -> Reached:
    """The measures of reach of posts; a few queries, whatever their number.

    Views that are not published are estimated by what is known of `learnt_from`: give all the
    posts where `posts` are some networks or kinds of them. `by_network` is
    `aggregates.by_network` of `posts`, where it is known already. YouTube's terms forbid
    estimates of whom its videos reach, so its posts are left out; where there are no others, the
    views that it publishes are given as they are.
    """
    if by_network is None:
        by_network = aggregates.by_network(posts)
    totals = sums.together(by_network, ())
    posts = aggregates.estimable(posts)
    moments = aggregates.view_moments(posts)
    known = posts if learnt_from is None else learnt_from
    sums_of_views = aggregates.view_sums(known)
    learnt = moments if learnt_from is None else aggregates.view_moments(known)
    # What it gave is worked on while the engine goes on reading, one query after the other.
    with ThreadPoolExecutor(1) as engine:
        engaged = engine.submit(aggregates.engaged, posts)
        model = impressions.view_model(sums_of_views, learnt)
        missing = engine.submit(aggregates.missing_views, posts, model) if model else None
        passed_on = engine.submit(aggregates.cascades, posts, _CASCADES)
        exposures = impressions.exposures(moments, missing.result() if missing else None, model)
        estimated = audience.estimated_reach(exposures, engaged.result())
        displayed = impressions.estimated_impressions(exposures)
        # Who saw is not known of every network: what is divided by it is of the same ones.
        reached_on = [network for network, it in estimated.by_network.items() if it.value]
        of_reached = sums.together(by_network[by_network["network"].isin(reached_on)], ())
        is_reached = exposures["network"].isin(reached_on)
        is_all = exposures["views"][~is_reached].isna().all()
        seen = displayed if is_all else impressions.estimated_impressions(exposures[is_reached])
    return Reached(
        measures={
            "estimated_reach": estimated.estimated,
            "reach_bounds": estimated.bounds,
            "potential_reach": rates.potential_reach(totals),
            "impressions": rates.impressions(sums.together(by_network, by_network["network"])),
            "estimated_impressions": displayed,
            "frequency": rates.frequency(seen, estimated.estimated),
            "engagement_rate_by_reach": rates.engagement_rate_by_reach(
                of_reached, estimated.estimated
            ),
            "structural_virality": cascades.median_virality(passed_on.result()),
        },
        by_network=estimated.by_network,
        bounds_by_network=estimated.bounds_by_network,
    )
