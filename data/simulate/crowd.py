"""The audiences of a few authors on one network, person by person."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from data.model import Network


@dataclass(frozen=True)
class SimulatedAudiences:
    """One network's audiences: what is published of them, and how many people there are.

    `exposures` and `engaged` have the columns that `analysis.reach.impressions.exposures` and
    `analysis.aggregates.engaged` give. `audiences` are the people who saw each author, in the
    order of `exposures`; `people` saw any.
    """

    exposures: pd.DataFrame = field(repr=False)
    engaged: pd.DataFrame = field(repr=False)
    audiences: tuple[int, ...]
    people: int


def audiences(authors: int, seed: int = 2026) -> SimulatedAudiences:
    """Who follows, sees and answers a few authors on one network, person by person.

    100,000 people live in 8 communities (shares from a Dirichlet of 5). Of what they follow,
    each sees a share of his own: a beta of mean 0.2, whose intra-class correlation is anything
    from 0.1 to 0.4. What they see they repost, quote or answer with a probability of their
    own: a gamma of shape 0.5 and mean 0.02, so that a few do most.

    Each author has 600 followers times a log-normal of sigma 1 (30 to 5,000), 70 % of them out
    of one community and the others from anywhere; publishes 1 + Poisson posts, the mean of
    these a gamma of shape 2 and mean 12; and some posts are seen more than others (log-normal,
    sigma 0.5). Others see them too, who make a beta of mean 0.3 (6, 14) of the views: people
    who do not follow, out of the same communities, likelier those who look more, each 1.1 to
    1.6 times on average.

    Here chance comes from numpy's distributions: the same for a seed and a version of numpy.

    >>> few = audiences(3)
    >>> max(few.audiences) < few.people < sum(few.audiences)
    True
    """
    chance = np.random.Generator(np.random.PCG64([seed, authors]))
    crowd = _Crowd(chance)
    published = [crowd.follow_an_author() for _ in range(authors)]
    exposures = pd.DataFrame([exposure for exposure, _, _ in published])
    return SimulatedAudiences(
        exposures.astype({"reach": "Int64"}),
        pd.concat([engaged for _, engaged, _ in published], ignore_index=True),
        tuple(audience for _, _, audience in published),
        int(crowd.saw.sum()),
    )


class _Crowd:
    """The people of a network, and which of them have seen anything so far."""

    _PEOPLE, _COMMUNITIES = 100_000, 8

    def __init__(self, chance: np.random.Generator) -> None:
        self._chance = chance
        shares = chance.dirichlet([5] * self._COMMUNITIES)
        alike = 1 / chance.uniform(0.1, 0.4) - 1
        self._community = chance.choice(self._COMMUNITIES, self._PEOPLE, p=shares)
        self._looks = chance.beta(0.2 * alike, 0.8 * alike, self._PEOPLE)
        self._answers = np.minimum(chance.gamma(0.5, 0.04, self._PEOPLE), 1)
        self._ids = chance.bytes(13 * self._PEOPLE).hex()
        self.saw = np.zeros(self._PEOPLE, dtype=np.bool_)

    def follow_an_author(self) -> tuple[dict[str, Any], pd.DataFrame, int]:
        """What is published of an author's posts, who is seen to engage, and how many saw."""
        chance = self._chance
        near = self._community == chance.integers(self._COMMUNITIES)
        likely = 0.3 + near * 0.7 / near.mean()
        n = int(np.clip(600 * chance.lognormal(), 30, 5_000))
        followers = self._some(likely, n)
        posts = 1 + int(chance.poisson(chance.gamma(2, 6)))
        quality = chance.lognormal(-0.125, 0.5, posts)
        seen = chance.random((n, posts)) < np.outer(self._looks[followers], quality)

        by_others, views_each = chance.beta(6, 14), chance.uniform(1.1, 1.6)
        likely *= self._looks
        likely[followers] = 0
        others = self._some(likely, int(seen.sum() * by_others / (1 - by_others) / views_each))
        times = 1 + chance.poisson(views_each - 1, len(others))
        seen_by_others = np.zeros((len(others), posts), dtype=np.int64)
        which = chance.choice(posts, times.sum(), p=quality / quality.sum())
        np.add.at(seen_by_others, (np.repeat(np.arange(len(others)), times), which), 1)

        people, views = np.append(followers, others), np.vstack([seen, seen_by_others])
        views, people = views[views.any(axis=1)], people[views.any(axis=1)]
        self.saw[people] = True
        engages = chance.random(views.shape) < 1 - (1 - self._answers[people, None]) ** views
        actors, engages = people[engages.any(axis=1)], engages[engages.any(axis=1)]
        is_even = chance.random(posts) < 0.5
        author_id, a_post = chance.bytes(13).hex(), views.sum(axis=0)
        engaged = pd.DataFrame(
            {
                "author_id": author_id,
                "actor_id": [self._ids[26 * actor : 26 * (actor + 1)] for actor in actors],
                "network": Network.X.value,
                "even": engages[:, is_even].sum(axis=1),
                "odd": engages[:, ~is_even].sum(axis=1),
            }
        )
        exposure = {
            **{"author_id": author_id, "network": Network.X.value, "posts": posts, "followers": n},
            **{"views": float(a_post.sum()), "views_sd": float(np.sqrt(posts * a_post.var()))},
            **{"reported": float(a_post.sum()), "n_reported": posts},
            **{"imputed": None, "n_imputed": 0, "imputed_sd": 0.0, "shared_sd": 0.0},
            "reach": None,
        }
        return exposure, engaged, len(people)

    def _some(self, weights: Any, n: int) -> Any:
        """n different people, likelier those who weigh more: the first clocks to ring."""
        clocks = self._chance.exponential(size=len(weights)) / np.maximum(weights, 1e-300)
        return np.argpartition(clocks, n)[:n]
