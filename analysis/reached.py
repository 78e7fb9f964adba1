"""What a campaign reached: every measure of reach of some posts, in one call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from narwhals.typing import FrameT

from analysis import aggregates, audience, cascades, impressions, reach
from analysis.measure import Measure

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


def reached(posts: FrameT) -> Reached:
    """The measures of reach of posts; a few queries, whatever their number.

    YouTube's terms forbid estimates of whom its videos reach, so its posts are left out.
    """
    posts = aggregates.comparable(posts, ())
    sums = aggregates.totals(posts)
    moments = aggregates.view_moments(posts)
    model = impressions.view_model(moments)
    missing = None if model is None else aggregates.missing_views(posts, model)
    exposures = impressions.exposures(moments, missing, model)
    estimated = audience.estimated_reach(exposures, aggregates.engaged(posts))
    displayed = impressions.estimated_impressions(exposures)
    return Reached(
        measures={
            "estimated_reach": estimated.estimated,
            "reach_bounds": estimated.bounds,
            "potential_reach": reach.potential_reach(sums),
            "impressions": reach.impressions(sums),
            "estimated_impressions": displayed,
            "frequency": reach.frequency(displayed, estimated.estimated),
            "engagement_rate_by_reach": reach.engagement_rate_by_reach(sums, estimated.estimated),
            "structural_virality": cascades.median_virality(aggregates.cascades(posts, _CASCADES)),
        },
        by_network=estimated.by_network,
        bounds_by_network=estimated.bounds_by_network,
    )
