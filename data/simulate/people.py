"""Who posts: members, organisations, the cluster and the public, and who follows them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

from data.model import Account, Network
from data.simulate.chance import Chance
from data.simulate.words import THEMES
from data.simulate.year import DAY, DAYS, FIRST_DAY, WORKSHOPS

#: Members of each local group. One has fewer than five: figures about it must not be shown.
LOCAL_GROUPS = {"Lomé": 12, "Kara": 7, "Sokodé": 6, "Kpalimé": 6, "Atakpamé": 5, "Dapaong": 4}

_MEMBERS_A_COHORT = 10
_PEOPLE = {Network.X: 2600, Network.BLUESKY: 800, Network.MASTODON: 600, Network.YOUTUBE: 700}
_COMMUNITIES = 7
_CLUSTER_ACCOUNTS = 14


@dataclass(frozen=True, eq=False)
class Person:
    """Who posts: an account on one network, how many follow it, how much it is shared."""

    network: Network
    account: Account
    followers: int
    community: int
    pull: float
    member: int | None = None


class People:
    """Everybody with an account, and the lot that sends members to workshops."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._accounts = 0
        groups = [group for group, size in LOCAL_GROUPS.items() for _ in range(size)]
        places = [cohort for cohort in WORKSHOPS for _ in range(_MEMBERS_A_COHORT)]
        lot: list[str | None] = [*places, *[None] * (len(groups) - len(places))]
        self.cohorts = chance.shuffled(lot)
        self.groups = groups
        self.weekly_posts = [0.5 + 1.1 * chance.fraction() for _ in groups]
        self.of_member = [self._member(number) for number in range(len(groups))]
        self.organisations = [
            [self._person(network, 900, 40_000, 2.2) for network in theme.organisations]
            for theme in THEMES
        ]
        self.boosted = self._person(Network.X, 200, 900, 0.5)
        self.cluster = [self._person(Network.X, 3, 40, 0.0) for _ in range(_CLUSTER_ACCOUNTS)]
        self.public = {
            network: [
                self._person(network, 15, 60_000, chance.long_tail(0.35, 3)) for _ in range(n)
            ]
            for network, n in _PEOPLE.items()
        }
        self._weights: dict[tuple[Network, int | None], tuple[list[Person], list[float]]] = {}
        for network, people in self.public.items():
            activity = [chance.long_tail(0.5, 12) for _ in people]
            self._weights[network, None] = people, list(accumulate(activity))
            for community in range(_COMMUNITIES):
                near = [i for i, p in enumerate(people) if p.community == community]
                self._weights[network, community] = (
                    [people[i] for i in near],
                    list(accumulate(activity[i] for i in near)),
                )

    def someone(self, network: Network, chance: Chance, community: int | None = None) -> Person:
        people, weights = self._weights[network, community]
        return people[chance.weighted(weights)]

    def is_trained(self, member: int, at: int) -> bool:
        cohort = self.cohorts[member]
        return cohort is not None and at >= ((WORKSHOPS[cohort] - FIRST_DAY).days + 1) * DAY

    def _member(self, number: int) -> dict[Network, Person]:
        """All are on X; one in two may be on Bluesky too, one in three on Mastodon."""
        community = list(LOCAL_GROUPS).index(self.groups[number])
        pull = self._chance.long_tail(0.75, 3)
        on = [Network.X]
        on += [Network.BLUESKY] * self._chance.happens(0.5)
        on += [Network.MASTODON] * self._chance.happens(0.33)
        return {
            network: self._person(network, 90, 3_000, pull, community, number) for network in on
        }

    def _person(
        self,
        network: Network,
        fewest: int,
        most: int,
        pull: float,
        community: int | None = None,
        member: int | None = None,
    ) -> Person:
        self._accounts += 1
        name = f"demo_{self._accounts:04d}"
        handle = name if network in (Network.X, Network.YOUTUBE) else f"{name}.exemple.invalid"
        if network is Network.MASTODON:
            handle = f"{name}@exemple.invalid"
        if community is None:
            community = self._chance.below(_COMMUNITIES)
        # One account in a hundred has a hundred times the fewest.
        followers = min(int(fewest / (1 - self._chance.fraction())), most)
        account = Account(f"{name}-{network.value}", handle)
        return Person(network, account, followers, community, pull, member)


def grown(followers: int, day: int) -> int:
    """Accounts gain a fifth of their followers in the year."""
    return followers + followers * day // (5 * DAYS)


def at_first(followers: int, day: int) -> int:
    """What has grown to so many by a day: `grown` the other way round."""
    return -(-followers * 5 * DAYS // (5 * DAYS + day))
