"""A campaign that never happened, with truths planted in it to be found again.

It is what the dashboard shows before anybody has collected anything, what tests and
notebooks run on, and how methods are checked: here, and only here, the right answer is
known. Accounts, places and words are invented; every account id begins with `demo_`.

The same seed gives the same posts on every machine: all chance comes from the fractions
of PCG64, and these meet only products, quotients, roots and a threshold for Poisson numbers.
"""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd

from data.model import Account, Network, Post, Reference

FIRST_DAY = date(2025, 11, 17)  # a Monday
LAST_DAY = date(2026, 11, 15)  # the Sunday 52 weeks later
PRESS_DAY = date(2026, 5, 12)
WORKSHOPS = {"A": date(2026, 3, 7), "B": date(2026, 5, 2), "C": date(2026, 7, 4)}  # Saturdays
#: Members of each local group. One has fewer than five: figures about it must not be shown.
LOCAL_GROUPS = {"Lomé": 12, "Kara": 7, "Sokodé": 6, "Kpalimé": 6, "Atakpamé": 5, "Dapaong": 4}

_MEMBERS_A_COHORT = 10
_DAYS = (LAST_DAY - FIRST_DAY).days + 1
_DAY = 86_400
_START = datetime.combine(FIRST_DAY, datetime.min.time(), UTC)
_LAST_SECOND = _DAYS * _DAY - 1
_OBSERVED_AFTER_DAYS = 29  # at six in the morning: the last time that counts were read
_OBSERVED_HOUR = 6 * 3600
_HALF_REACT = 4_800  # so many seconds after a post, half of the reactions have come
_LONGEST_DELAY = 13 * _DAY

_X, _BLUESKY, _MASTODON, _YOUTUBE = Network.X, Network.BLUESKY, Network.MASTODON, Network.YOUTUBE
_PEOPLE = {_X: 2600, _BLUESKY: 800, _MASTODON: 600, _YOUTUBE: 700}
_COMMUNITIES = 7
_STAYS_IN_COMMUNITY = 0.65
_AMONG_MEMBERS = 0.12
#: Where people post, and what they answer with: shares of repost, reply, quote.
_POSTS_ON = {_X: 0.66, _BLUESKY: 0.18, _MASTODON: 0.14, _YOUTUBE: 0.02}
_REACTIONS = {
    _X: (0.67, 0.21, 0.12),
    _BLUESKY: (0.58, 0.32, 0.10),
    _MASTODON: (0.68, 0.30, 0.02),
    _YOUTUBE: (0.0, 1.0, 0.0),
}
_REACH = {_X: 2.25, _BLUESKY: 1.8, _MASTODON: 1.7, _YOUTUBE: 5.0}
_HOURS = tuple(
    accumulate(
        (3, 1, 1, 1, 2, 5, 14, 22, 20, 16, 14, 15, 24, 22, 15, 13, 14, 18, 24, 30, 34, 28, 16, 8)
    )
)
_WEEKDAYS = (1.0, 1.05, 1.1, 1.05, 1.0, 0.8, 0.65)
_FROM_MONDAY = tuple(accumulate(_WEEKDAYS))
_SPEAKS_ENGLISH, _GIVES_LINK, _GREETS = 0.07, 0.2, 0.06

_CLUSTER_ACCOUNTS = 14
_CLUSTER_POSTS = 36
_CLUSTER_DAYS = (280, 322)  # six weeks from the end of August
_SYNCHRONY_SECONDS = 40

#: The ages at which the counts of a post were read before they were for the last time.
READ_AT_HOURS = (1, 3, 6, 12, 24, 48, 96, 168, 336)
_SEEN = ("reposts", "replies", "quotes")  # the counts whose reactions are posts themselves
_READINGS = 9  # keeps the chance of readings apart from that of the campaigns

T = TypeVar("T")


class _Theme(NamedTuple):
    """What a campaign is about, and how much there is of it."""

    id: str
    title: str
    hashtags: tuple[str, ...]  # the first is the campaign's own
    demands: tuple[str, ...]
    posts_a_day: float
    organisations: tuple[Network, ...]


_THEMES = (
    _Theme(
        "demo-bancs",
        "Des bancs pour toutes",
        (
            *("DesBancsPourToutes", "ÉcolePourToutes", "UneChaiseUnAvenir"),
            *("BancsVides", "ToutesEnClasse", "LaSalleEstOuverte"),
        ),
        (
            "une place en classe pour chaque fille",
            "des bancs, des cahiers et une porte ouverte",
            "que plus une élève ne s’assoie par terre",
            "une salle éclairée pour les révisions du soir",
            "des toilettes fermées, pour que les grandes restent à l’école",
            "un repas à midi, parce qu’on n’apprend pas le ventre vide",
            "que le chemin de l’école soit sûr",
            "que celles qui ont quitté la classe puissent y revenir",
        ),
        7.4,
        (_X, _X, _X, _X, _BLUESKY, _MASTODON, _YOUTUBE, _YOUTUBE),
    ),
    _Theme(
        "demo-radio",
        "Une radio à nous",
        ("UneRadioÀNous", "MicroOuvert", "OnVousÉcoute"),
        (
            "un micro ouvert une heure par jour",
            "que chaque quartier raconte lui-même ses nouvelles",
            "des émissions dans toutes nos langues",
            "que l’on puisse poser ses questions à l’antenne",
        ),
        6.4,
        (_X, _X, _BLUESKY, _YOUTUBE),
    ),
    _Theme(
        "demo-puits",
        "Un puits par quartier",
        ("UnPuitsParQuartier", "EauClaire", "ÀDixMinutesDeChezMoi"),
        (
            "de l’eau claire à dix minutes de chaque maison",
            "que les seaux ne prennent plus la matinée",
            "un puits que le quartier entretient lui-même",
            "que l’on publie la qualité de l’eau",
        ),
        4.0,
        (_X, _X, _MASTODON),
    ),
)

# Places out of a tale, so that nobody takes these posts for news.
_PLACES = (
    *("Sept-Manguiers", "Pont-du-Conte", "Haut-Nuage", "Bois-Rêvé", "Trois-Chaises"),
    *("Lagune-Bleue-d’Ailleurs", "Nulle-Part-sur-Mer", "Colline-qui-Chante"),
)
_OPENINGS = (
    "Aujourd’hui à {place}, nous étions nombreux pour demander ceci : {demand}.",
    "À {place}, une seule idée sur toutes les lèvres : {demand}.",
    "Ce que {place} attend depuis trop longtemps : {demand}.",
    "Nous le disons avec {place} : {demand}.",
    "Une élève de {place} nous a écrit. Elle demande {demand}.",
    "Demain, rendez-vous sur la place de {place} pour demander {demand}.",
    "{place} l’a fait en un mois ; partout ailleurs nous voulons {demand}.",
    "Question simple, posée ce matin à {place} : qui refuserait {demand} ?",
)
_CLOSINGS = (
    "Partagez !",
    "Signez et faites signer.",
    "Merci à celles et ceux qui étaient là.",
    "On continue.",
    "Qui vient avec nous ?",
    "Racontez-nous comment c’est chez vous.",
    "Photos ce soir.",
    "C’est possible, et c’est maintenant.",
)
_ENGLISH = (
    "In {place} we ask for one simple thing, and we ask together.",
    "A short walk through {place} today: everyone signed.",
    "{place} showed that it can be done. Pass it on.",
)
# Ewe for “welcome” and “thank you”.
_GREETINGS = ("Woezɔ !", "Akpe !")
_REPLIES = (
    "Bravo à toute l’équipe de {place} !",
    "Chez nous à {place}, c’est pareil.",
    "J’ai signé. Et vous ?",
    "Comment peut-on aider depuis {place} ?",
    "Je ne suis pas d’accord avec tout, mais merci d’en parler.",
    "Très juste.",
    "On en parle en classe demain.",
    "Il faudrait aussi penser à {place}.",
    "Je partage dans mon groupe.",
    "Et qui va payer ?",
    "Enfin !",
    "Ma sœur était là, elle est revenue ravie.",
)
_QUOTES = (
    "À lire, surtout si vous passez par {place}.",
    "Voilà pourquoi je soutiens cette campagne.",
    "Ce message vient de {place}, et il compte.",
    "Exactement ce que nous vivons à {place}.",
    "Faites tourner.",
    "Je n’aurais pas dit mieux.",
)
_PRESS = (
    "Toute la presse de {place} en parle ce matin : {demand}.",
    "À la une aujourd’hui : {demand}. Même {place} s’y met.",
)


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
class Truth:
    """What was planted, and what an analysis should find again.

    `members` has one row a member: `member_id` (str), `local_group` (str), `cohort`
    (str, null if never trained), `trained_on` (datetime64[s], a Saturday, or null).

    `accounts` has one row an account that plays a part: `network`, `account_id`, `handle`,
    `role` (member, organisation, coordinated) and `member_id` (null unless a member's).

    `effect` is what training adds to the rate at which a post is shared, answered and
    quoted by people who are no members: 0.5 is half as much again, from the day after
    `trained_on`. It adds nothing to how much members post, nor to what they do among
    themselves. On `press_day` the campaign is in the news. The `coordinated` accounts
    repost, within `synchrony_seconds` of each other, what one account publishes.
    """

    members: pd.DataFrame
    accounts: pd.DataFrame
    effect: float
    press_day: date
    coordinated: tuple[str, ...]
    boosted: str
    synchrony_seconds: int


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
    people = _People(_Chance(seed, 0))
    campaigns = []
    for number, theme in enumerate(_THEMES):
        feed = _Feed(theme, people, _Chance(seed, number + 1), effect)
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
    return Simulation(tuple(campaigns), people.truth(effect))


def readings(posts: Sequence[Post], seed: int = 2026) -> Iterator[Post]:
    """The same posts as they were read while they were younger, at the ages of `READ_AT_HOURS`.

    Reposts have no counts to read again, and of what never had an engagement every reading
    says the same: both are left out. The readings of a post follow each other, the youngest
    first; that of the 28th day is the post itself. Reactions that are among the posts count
    from their moment on; the others, and the views, come as fast as these do.
    """
    chance = _Chance(seed, _READINGS)
    reacted: dict[tuple[str, str], list[int]] = {}
    for post in posts:
        for count, of in zip(_SEEN, (post.repost_of, post.reply_to, post.quote_of), strict=True):
            if of is not None:
                reacted.setdefault((count, of.post_id), []).append(_second(post.published_at))
    for post in posts:
        finals = {count: getattr(post, count) for count in ("likes", *_SEEN)}
        if not any(finals.values()):
            continue
        published, last = _second(post.published_at), _second(post.observed_at)
        came = {
            count: _moments(reacted.get((count, post.post_id), []), n, published, last, chance)
            for count, n in finals.items()
            if n is not None
        }
        for at in (published + hours * 3600 for hours in READ_AT_HOURS):
            if at < last:
                yield _as_read(post, came, published, at, last)


def _moments(seen: list[int], n: int, published: int, last: int, chance: _Chance) -> list[int]:
    """When each of `n` reactions came, in order: those that are seen, and others before `last`."""
    moments = list(seen)
    while len(moments) < n:
        moment = _later(published, chance)
        if moment < last:
            moments.append(moment)
    return sorted(moments)


def _as_read(
    post: Post, came: Mapping[str, Sequence[int]], published: int, at: int, last: int
) -> Post:
    """A post as it was at a moment, given those of its reactions and of its last reading."""
    counts: dict[str, Any] = {count: bisect(moments, at) for count, moments in came.items()}
    if post.impressions is not None:
        engagements, all_engagements = sum(counts.values()), sum(map(len, came.values()))
        age, last_age = at - published, last - published
        share = age / (age + _HALF_REACT) * (last_age + _HALF_REACT) / last_age
        counts["impressions"] = int(
            post.impressions * (engagements + share) / (all_engagements + 1)
        )
    followers = post.author_followers
    if followers is not None:
        followers = _grown(_at_first(followers, last // _DAY), at // _DAY)
    return post._replace(
        author_followers=followers, observed_at=_START + timedelta(seconds=at), **counts
    )


class _Chance:
    """Draws that are the same everywhere: nothing but fractions, and what is made of them."""

    def __init__(self, *seed: int) -> None:
        self.fraction = np.random.Generator(np.random.PCG64(seed)).random

    def happens(self, probability: float) -> bool:
        return self.fraction() < probability

    def below(self, limit: int) -> int:
        return int(self.fraction() * limit)

    def among(self, things: Sequence[T]) -> T:
        return things[self.below(len(things))]

    def weighted(self, cumulative: Sequence[float]) -> int:
        # `hi`: a product may round up to the whole.
        return bisect(cumulative, self.fraction() * cumulative[-1], hi=len(cumulative) - 1)

    def shuffled(self, things: Sequence[T]) -> list[T]:
        left = list(things)
        return [left.pop(self.below(len(left))) for _ in things]

    def number(self, mean: float) -> int:
        """A Poisson number, by Knuth's product."""
        if mean > 50:  # two halves, long before the exponential underflows
            return self.number(mean / 2) + self.number(mean / 2)
        floor, product, number = math.exp(-mean), self.fraction(), 0
        while product > floor:
            product *= self.fraction()
            number += 1
        return number

    def long_tail(self, typical: float, most: float) -> float:
        """Half the draws lie within 1.41 times `typical`, one in a hundred past 10 times."""
        return min(typical / math.sqrt(1 - self.fraction()), most)


@dataclass(frozen=True, eq=False)
class _Person:
    """Who posts: an account on one network, how many follow it, how much it is shared."""

    network: Network
    account: Account
    followers: int
    community: int
    pull: float
    member: int | None = None


class _People:
    """Everybody with an account, and the lot that sends members to workshops."""

    def __init__(self, chance: _Chance) -> None:
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
            for theme in _THEMES
        ]
        self.boosted = self._person(_X, 200, 900, 0.5)
        self.cluster = [self._person(_X, 3, 40, 0.0) for _ in range(_CLUSTER_ACCOUNTS)]
        self.public = {
            network: [
                self._person(network, 15, 60_000, chance.long_tail(0.35, 3)) for _ in range(n)
            ]
            for network, n in _PEOPLE.items()
        }
        self._weights: dict[tuple[Network, int | None], tuple[list[_Person], list[float]]] = {}
        for network, people in self.public.items():
            activity = [chance.long_tail(0.5, 12) for _ in people]
            self._weights[network, None] = people, list(accumulate(activity))
            for community in range(_COMMUNITIES):
                near = [i for i, p in enumerate(people) if p.community == community]
                self._weights[network, community] = (
                    [people[i] for i in near],
                    list(accumulate(activity[i] for i in near)),
                )

    def someone(self, network: Network, chance: _Chance, community: int | None = None) -> _Person:
        people, weights = self._weights[network, community]
        return people[chance.weighted(weights)]

    def is_trained(self, member: int, at: int) -> bool:
        cohort = self.cohorts[member]
        return cohort is not None and at >= ((WORKSHOPS[cohort] - FIRST_DAY).days + 1) * _DAY

    def truth(self, effect: float) -> Truth:
        trained = [WORKSHOPS[cohort] if cohort else None for cohort in self.cohorts]
        members = pd.DataFrame(
            {
                "member_id": [_member_id(number) for number in range(len(self.groups))],
                "local_group": self.groups,
                "cohort": self.cohorts,
                "trained_on": pd.to_datetime(pd.Series(trained, dtype="object")).astype(
                    "datetime64[s]"
                ),
            }
        )
        rows = [("member", p) for people in self.of_member for p in people.values()]
        rows += [("organisation", p) for people in self.organisations for p in people]
        rows += [("coordinated", p) for p in self.cluster]
        accounts = pd.DataFrame(
            [(p.network.value, *p.account, role, _member_id(p.member)) for role, p in rows],
            columns=["network", "account_id", "handle", "role", "member_id"],
        )
        return Truth(
            members=members,
            accounts=accounts,
            effect=effect,
            press_day=PRESS_DAY,
            coordinated=tuple(str(p.account.id) for p in self.cluster),
            boosted=str(self.boosted.account.id),
            synchrony_seconds=_SYNCHRONY_SECONDS,
        )

    def _member(self, number: int) -> dict[Network, _Person]:
        """All are on X; one in two may be on Bluesky too, one in three on Mastodon."""
        community = list(LOCAL_GROUPS).index(self.groups[number])
        pull = self._chance.long_tail(0.75, 3)
        on = [_X]
        on += [_BLUESKY] * self._chance.happens(0.5) + [_MASTODON] * self._chance.happens(0.33)
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
    ) -> _Person:
        self._accounts += 1
        name = f"demo_{self._accounts:04d}"
        handle = name if network in (_X, _YOUTUBE) else f"{name}.exemple.invalid"
        if network is _MASTODON:
            handle = f"{name}@exemple.invalid"
        if community is None:
            community = self._chance.below(_COMMUNITIES)
        # One account in a hundred has a hundred times the fewest.
        followers = min(int(fewest / (1 - self._chance.fraction())), most)
        account = Account(f"{name}-{network.value}", handle)
        return _Person(network, account, followers, community, pull, member)


@dataclass(eq=False)
class _Draft:
    """A post while others still refer to it."""

    author: _Person
    at: int  # seconds since the start
    text: str
    tags: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    mentions: tuple[Account, ...] = ()
    language: str = "fr"
    repost_of: _Draft | None = None
    reply_to: _Draft | None = None
    quote_of: _Draft | None = None
    root: _Draft | None = None
    reposts: int = 0
    replies: int = 0
    quotes: int = 0
    id: str = ""


class _Feed:
    """One campaign's posts, as they are written."""

    def __init__(self, theme: _Theme, people: _People, chance: _Chance, effect: float) -> None:
        self._theme = theme
        self._people = people
        self._chance = chance
        self._effect = effect
        self._drafts: list[_Draft] = []

    def members_post(self) -> None:
        """Members post as much after training as before, and are shared more."""
        for week in range(_DAYS // 7):
            for member, accounts in enumerate(self._people.of_member):
                mean = self._people.weekly_posts[member] * math.sqrt(_attention(week * 7 + 3))
                for _ in range(self._chance.number(mean)):
                    day = week * 7 + self._chance.weighted(_FROM_MONDAY)
                    author = self._chance.among(list(accounts.values()))
                    post = self._write(author, self._moment(day))
                    lift = self._effect if self._people.is_trained(member, post.at) else 0.0
                    mean_reactions = author.pull * self._quality() * _attention(day)
                    self._react(post, mean_reactions * (1 + lift))
                    self._react_among_members(post, mean_reactions * _AMONG_MEMBERS)

    def organisations_post(self) -> None:
        """Organisations post a little more than once a week, and are shared widely."""
        for author in self._people.organisations[_THEMES.index(self._theme)]:
            weekly = 0.35 if author.network is _YOUTUBE else 1.4
            for day in range(_DAYS):
                for _ in range(self._chance.number(weekly / 7 * _WEEKDAYS[day % 7])):
                    self._publish(author, day)

    def public_posts(self, *, in_the_news: bool) -> None:
        """Everybody else posts as attention goes; on the press day, much more."""
        networks, shares = list(_POSTS_ON), list(accumulate(_POSTS_ON.values()))
        for day in range(_DAYS):
            mean = self._theme.posts_a_day * _attention(day) * _WEEKDAYS[day % 7]
            news = _news(day) if in_the_news else 1.0
            for _ in range(self._chance.number(mean * news)):
                network = networks[self._chance.weighted(shares)]
                author = self._people.someone(network, self._chance)
                self._publish(author, day, in_the_news=self._chance.happens(1 - 1 / news))

    def cluster_reposts(self) -> None:
        """One account is reposted by the same few within seconds, again and again."""
        first, after = _CLUSTER_DAYS
        for _ in range(_CLUSTER_POSTS):
            day = first + self._chance.below(after - first)
            post = self._publish(self._people.boosted, day)
            start = post.at + 20 + self._chance.below(100)
            for author in self._people.cluster:
                if self._chance.happens(0.85):
                    self._repost(post, author, start + self._chance.below(_SYNCHRONY_SECONDS))

    def posts(self) -> tuple[Post, ...]:
        """All that was written, in the order of publication."""
        drafts = sorted(self._drafts, key=lambda draft: draft.at)  # stable: ties keep their order
        for number, draft in enumerate(drafts, start=1):
            draft.id = f"{self._theme.id}-{number:06d}"
        return tuple(self._finished(draft) for draft in drafts)

    def _publish(self, author: _Person, day: int, *, in_the_news: bool = False) -> _Draft:
        post = self._write(author, self._moment(day), in_the_news=in_the_news)
        self._react(post, author.pull * self._quality() * _attention(day))
        return post

    def _write(self, author: _Person, at: int, *, in_the_news: bool = False) -> _Draft:
        chance, theme = self._chance, self._theme
        language = "fr"
        if in_the_news:
            text = self._filled(_PRESS)
        elif chance.happens(_SPEAKS_ENGLISH):
            text, language = self._filled(_ENGLISH), "en"
        else:
            text = f"{self._filled(_OPENINGS)} {chance.among(_CLOSINGS)}"
            if chance.happens(_GREETS):
                text = f"{chance.among(_GREETINGS)} {text}"
        tags = self._tags()
        text = " ".join((text, *(f"#{tag}" for tag in tags)))
        links: tuple[str, ...] = ()
        if chance.happens(_GIVES_LINK):
            links = (f"https://exemple.invalid/{theme.id}/{1 + chance.below(25)}",)
            text = f"{text} {links[0]}"
        return self._added(_Draft(author, at, text, tags, links, language=language))

    def _react(self, post: _Draft, mean: float) -> None:
        """People share, answer and quote a post, nobody sharing it twice."""
        network = post.author.network
        kinds = list(accumulate(_REACTIONS[network]))
        sharers = {post.author}
        for _ in range(self._chance.number(mean * _REACH[network])):
            near = self._chance.happens(_STAYS_IN_COMMUNITY)
            author = self._people.someone(
                network, self._chance, post.author.community if near else None
            )
            kind = self._chance.weighted(kinds)
            at = _later(post.at, self._chance)
            if author in sharers or at > _LAST_SECOND:
                continue
            if kind == 1:
                self._reply(post, author, at)
            else:
                sharers.add(author)
                if kind == 0:
                    self._repost(post, author, at)
                else:
                    self._quote(post, author, at)

    def _react_among_members(self, post: _Draft, mean: float) -> None:
        network = post.author.network
        others = [
            accounts[network]
            for accounts in self._people.of_member
            if network in accounts and accounts[network] is not post.author
        ]
        for author in self._chance.shuffled(others)[: self._chance.number(mean)]:
            at = _later(post.at, self._chance)
            if at <= _LAST_SECOND:
                self._repost(post, author, at)

    def _repost(self, post: _Draft, author: _Person, at: int) -> None:
        post.reposts += 1
        self._added(
            _Draft(
                author, at, post.text, post.tags, post.links, post.mentions, post.language,
                repost_of=post,
            )
        )  # fmt: skip

    def _reply(self, post: _Draft, author: _Person, at: int) -> None:
        """An answer to the post, or to somebody who answered it before."""
        thread = [
            draft
            for draft in self._drafts[-40:]
            if draft.root is post and draft.at < at and draft.author is not author
        ]
        parent = self._chance.among(thread) if thread and self._chance.happens(0.3) else post
        parent.replies += 1
        text = self._filled(_REPLIES)
        mentions: tuple[Account, ...] = ()
        if author.network is _X:  # only X writes the name of whom one answers
            mentions = (parent.author.account,)
            text = f"@{parent.author.account.handle} {text}"
        tags = self._theme.hashtags[:1] if self._chance.happens(0.3) else ()
        text = " ".join((text, *(f"#{tag}" for tag in tags)))
        self._added(_Draft(author, at, text, tags, mentions=mentions, reply_to=parent, root=post))

    def _quote(self, post: _Draft, author: _Person, at: int) -> None:
        post.quotes += 1
        tags = self._tags()
        text = " ".join((self._filled(_QUOTES), *(f"#{tag}" for tag in tags)))
        quote = self._added(_Draft(author, at, text, tags, quote_of=post))
        self._react(quote, author.pull * 0.4)

    def _added(self, draft: _Draft) -> _Draft:
        self._drafts.append(draft)
        return draft

    def _filled(self, sentences: Sequence[str]) -> str:
        sentence = self._chance.among(sentences)
        return sentence.format(
            place=self._chance.among(_PLACES), demand=self._chance.among(self._theme.demands)
        )

    def _tags(self) -> tuple[str, ...]:
        """The campaign's hashtag, and at times one or two that go with it."""
        own, *others = self._theme.hashtags
        return (own, *self._chance.shuffled(others)[: self._chance.below(3)])

    def _quality(self) -> float:
        return self._chance.long_tail(0.5, 3.5)

    def _moment(self, day: int) -> int:
        return day * _DAY + self._chance.weighted(_HOURS) * 3600 + self._chance.below(3600)

    def _finished(self, draft: _Draft) -> Post:
        author, network = draft.author, draft.author.network
        observed_day = min(draft.at // _DAY + _OBSERVED_AFTER_DAYS, _DAYS)
        is_comment = network is _YOUTUBE and draft.reply_to is not None
        gives_followers = network is not _BLUESKY and not is_comment
        post = Post(
            network=network,
            post_id=draft.id,
            author=author.account,
            published_at=_START + timedelta(seconds=draft.at),
            repost_of=_reference(draft.repost_of),
            reply_to=_reference(draft.reply_to),
            quote_of=_reference(draft.quote_of),
            root_id=draft.root.id if draft.root else None,
            text=draft.text,
            language=None if network is _YOUTUBE else draft.language,
            hashtags=draft.tags,
            mentions=draft.mentions,
            links=draft.links,
            author_followers=_grown(author.followers, observed_day) if gives_followers else None,
            observed_at=_START + timedelta(seconds=observed_day * _DAY + _OBSERVED_HOUR),
        )
        return post if draft.repost_of else post._replace(**self._counts(draft))

    def _counts(self, draft: _Draft) -> dict[str, Any]:
        """What the network publishes of a post: never less than what can be seen of it."""
        chance, network = self._chance, draft.author.network
        counts = {"likes": chance.number(1.2 + 2.2 * draft.reposts + 0.7 * draft.replies)}
        if network is _YOUTUBE:
            if draft.root is draft.reply_to:  # a video or a comment; answers to comments have none
                counts["replies"] = draft.replies
            if draft.reply_to is None:
                counts["impressions"] = 60 + counts["likes"] * (20 + chance.below(30))
            return counts
        counts["reposts"] = draft.reposts + chance.number(0.1 + 0.15 * draft.reposts)
        counts["replies"] = draft.replies + chance.number(0.1 + 0.1 * draft.replies)
        counts["quotes"] = draft.quotes + chance.number(0.02 + 0.1 * draft.quotes)
        if network is _X:
            engagements = sum(counts.values())
            counts["impressions"] = (
                engagements * (12 + chance.below(25))
                + draft.author.followers * (4 + chance.below(20)) // 100
                + chance.below(12)
            )
        return counts


def _later(at: int, chance: _Chance) -> int:
    """When somebody reacts: half within 80 minutes, some after days; few by night."""
    fraction = chance.fraction()
    moment = at + 45 + min(int(_HALF_REACT * fraction / (1 - fraction)), _LONGEST_DELAY)
    if moment % _DAY < 5 * 3600 and chance.happens(0.8):
        moment += 6 * 3600
    return moment


def _attention(day: int) -> float:
    """How much the campaign is followed, 1 on an average day: growth, holidays, the new term."""
    when = FIRST_DAY + timedelta(days=day)
    grown = 0.55 + 0.9 * day / _DAYS
    if (when.month, when.day) >= (12, 20) or (when.month, when.day) <= (1, 4):
        return 0.6 * grown
    if when.month == 8:
        return 0.75 * grown
    if (9, 14) <= (when.month, when.day) <= (10, 11):
        return 1.25 * grown
    return grown


def _grown(followers: int, day: int) -> int:
    """Accounts gain a fifth of their followers in the year."""
    return followers + followers * day // (5 * _DAYS)


def _at_first(followers: int, day: int) -> int:
    """What has grown to so many by a day: `_grown` the other way round."""
    return -(-followers * 5 * _DAYS // (5 * _DAYS + day))


def _second(moment: datetime | None) -> int:
    """A moment in seconds since the start: whatever is simulated has one."""
    return ((moment or _START) - _START) // timedelta(seconds=1)


def _news(day: int) -> float:
    """How many times more is posted around the press day."""
    since = day - (PRESS_DAY - FIRST_DAY).days
    return {0: 20.0, 1: 5.0, 2: 2.5, 3: 1.5}.get(since, 1.0)


def _reference(draft: _Draft | None) -> Reference | None:
    return None if draft is None else Reference(draft.id, draft.author.account)


def _member_id(number: int | None) -> str | None:
    return None if number is None else f"demo_m{number + 1:02d}"


@dataclass(frozen=True)
class SimulatedAudiences:
    """One network's audiences: what is published of them, and how many people there are.

    `exposures` and `engaged` have the columns that `analysis.impressions.exposures` and
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
                "network": _X.value,
                "even": engages[:, is_even].sum(axis=1),
                "odd": engages[:, ~is_even].sum(axis=1),
            }
        )
        exposure = {
            **{"author_id": author_id, "network": _X.value, "posts": posts, "followers": n},
            **{"views": float(a_post.sum()), "views_sd": float(np.sqrt(posts * a_post.var()))},
            **{"reported": float(a_post.sum()), "n_reported": posts},
            **{"imputed": None, "n_imputed": 0, "imputed_sd": 0.0, "shared_sd": 0.0},
            **{"reach": None, "has_network_views": True},
        }
        return exposure, engaged, len(people)

    def _some(self, weights: Any, n: int) -> Any:
        """n different people, likelier those who weigh more: the first clocks to ring."""
        clocks = self._chance.exponential(size=len(weights)) / np.maximum(weights, 1e-300)
        return np.argpartition(clocks, n)[:n]
