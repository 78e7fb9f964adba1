"""The simulation as a whole: its campaigns, and the truth about the first."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from data.model import Post
from data.simulate.chance import Chance
from data.simulate.feed import Feed
from data.simulate.people import People
from data.simulate.truth import Truth, truth_about
from data.simulate.words import THEMES
from data.simulate.year import FIRST_DAY, LAST_DAY


@dataclass(frozen=True)
class SimulatedCampaign:
    """One campaign: its facts, and its posts in the order of publication."""

    id: str
    title: str
    hashtags: tuple[str, ...]
    first_day: date
    last_day: date
    posts: tuple[Post, ...] = field(repr=False)


@dataclass(frozen=True)
class Simulation:
    """The demonstration: the campaign first, then two others to compare it with."""

    campaigns: tuple[SimulatedCampaign, ...]
    truth: Truth


def simulate(seed: int = 2026, effect: float = 0.5) -> Simulation:
    """Make up 52 weeks of three campaigns: about 30,000 posts on four networks.

    Args:
        seed: the same seed gives the same posts, everywhere.
        effect: what training adds to the rate of sharing; 0 for a training without effect.

    >>> demo = simulate()
    >>> [campaign.title for campaign in demo.campaigns]
    ['Des bancs pour toutes', 'Une radio à nous', 'Un puits par quartier']
    >>> len(demo.truth.members), demo.truth.effect
    (40, 0.5)
    """
    people = People(Chance(seed, 0))
    campaigns = []
    for number, theme in enumerate(THEMES):
        feed = Feed(theme, people, Chance(seed, number + 1), effect)
        if number == 0:
            feed.members_post()
            feed.cluster_reposts()
        feed.organisations_post()
        feed.public_posts(in_the_news=number == 0)
        campaigns.append(
            SimulatedCampaign(
                theme.id, theme.title, theme.hashtags[:1], FIRST_DAY, LAST_DAY, feed.posts()
            )
        )
    return Simulation(tuple(campaigns), truth_about(people, effect))
