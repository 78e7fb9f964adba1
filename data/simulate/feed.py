"""One campaign's posts, and how people share, answer and quote them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate

from data.model import Account, Network, Post
from data.simulate.chance import Chance
from data.simulate.drafts import Draft, published
from data.simulate.people import People, Person
from data.simulate.words import (
    CLOSINGS,
    ENGLISH,
    GREETINGS,
    OPENINGS,
    PLACES,
    PRESS,
    QUOTES,
    REPLIES,
    THEMES,
    Theme,
)
from data.simulate.year import DAY, DAYS, LAST_SECOND, attention, later, news

_STAYS_IN_COMMUNITY = 0.65
_AMONG_MEMBERS = 0.12
#: Where people post, and what they answer with: shares of repost, reply, quote.
_POSTS_ON = {Network.X: 0.66, Network.BLUESKY: 0.18, Network.MASTODON: 0.14, Network.YOUTUBE: 0.02}
_REACTIONS = {
    Network.X: (0.67, 0.21, 0.12),
    Network.BLUESKY: (0.58, 0.32, 0.10),
    Network.MASTODON: (0.68, 0.30, 0.02),
    Network.YOUTUBE: (0.0, 1.0, 0.0),
}
_REACH = {Network.X: 2.25, Network.BLUESKY: 1.8, Network.MASTODON: 1.7, Network.YOUTUBE: 5.0}
_HOURS = tuple(
    accumulate(
        (3, 1, 1, 1, 2, 5, 14, 22, 20, 16, 14, 15, 24, 22, 15, 13, 14, 18, 24, 30, 34, 28, 16, 8)
    )
)
_WEEKDAYS = (1.0, 1.05, 1.1, 1.05, 1.0, 0.8, 0.65)
_FROM_MONDAY = tuple(accumulate(_WEEKDAYS))
_SPEAKS_ENGLISH, _GIVES_LINK, _GREETS = 0.07, 0.2, 0.06

_CLUSTER_POSTS = 36
_CLUSTER_DAYS = (280, 322)  # six weeks from the end of August
SYNCHRONY_SECONDS = 40


class Feed:
    """One campaign's posts, as they are written."""

    def __init__(self, theme: Theme, people: People, chance: Chance, effect: float) -> None:
        self._theme = theme
        self._people = people
        self._chance = chance
        self._effect = effect
        self._drafts: list[Draft] = []

    def members_post(self) -> None:
        """Members post as much after training as before, and are shared more."""
        for week in range(DAYS // 7):
            for member, accounts in enumerate(self._people.of_member):
                mean = self._people.weekly_posts[member] * math.sqrt(attention(week * 7 + 3))
                for _ in range(self._chance.number(mean)):
                    day = week * 7 + self._chance.weighted(_FROM_MONDAY)
                    author = self._chance.among(list(accounts.values()))
                    post = self._write(author, self._moment(day))
                    lift = self._effect if self._people.is_trained(member, post.at) else 0.0
                    mean_reactions = author.pull * self._quality() * attention(day)
                    self._react(post, mean_reactions * (1 + lift))
                    self._react_among_members(post, mean_reactions * _AMONG_MEMBERS)

    def organisations_post(self) -> None:
        """Organisations post a little more than once a week, and are shared widely."""
        for author in self._people.organisations[THEMES.index(self._theme)]:
            weekly = 0.35 if author.network is Network.YOUTUBE else 1.4
            for day in range(DAYS):
                for _ in range(self._chance.number(weekly / 7 * _WEEKDAYS[day % 7])):
                    self._publish(author, day)

    def public_posts(self, *, in_the_news: bool) -> None:
        """Everybody else posts as attention goes; on the press day, much more."""
        networks, shares = list(_POSTS_ON), list(accumulate(_POSTS_ON.values()))
        for day in range(DAYS):
            mean = self._theme.posts_a_day * attention(day) * _WEEKDAYS[day % 7]
            times = news(day) if in_the_news else 1.0
            for _ in range(self._chance.number(mean * times)):
                network = networks[self._chance.weighted(shares)]
                author = self._people.someone(network, self._chance)
                self._publish(author, day, in_the_news=self._chance.happens(1 - 1 / times))

    def cluster_reposts(self) -> None:
        """One account is reposted by the same few within seconds, again and again."""
        first, after = _CLUSTER_DAYS
        for _ in range(_CLUSTER_POSTS):
            day = first + self._chance.below(after - first)
            post = self._publish(self._people.boosted, day)
            start = post.at + 20 + self._chance.below(100)
            for author in self._people.cluster:
                if self._chance.happens(0.85):
                    self._repost(post, author, start + self._chance.below(SYNCHRONY_SECONDS))

    def posts(self) -> tuple[Post, ...]:
        """All that was written, in the order of publication."""
        drafts = sorted(self._drafts, key=lambda draft: draft.at)  # stable: ties keep their order
        for number, draft in enumerate(drafts, start=1):
            draft.id = f"{self._theme.id}-{number:06d}"
        return tuple(published(draft, self._chance) for draft in drafts)

    def _publish(self, author: Person, day: int, *, in_the_news: bool = False) -> Draft:
        post = self._write(author, self._moment(day), in_the_news=in_the_news)
        self._react(post, author.pull * self._quality() * attention(day))
        return post

    def _write(self, author: Person, at: int, *, in_the_news: bool = False) -> Draft:
        chance, theme = self._chance, self._theme
        language = "fr"
        if in_the_news:
            text = self._filled(PRESS)
        elif chance.happens(_SPEAKS_ENGLISH):
            text, language = self._filled(ENGLISH), "en"
        else:
            text = f"{self._filled(OPENINGS)} {chance.among(CLOSINGS)}"
            if chance.happens(_GREETS):
                text = f"{chance.among(GREETINGS)} {text}"
        tags = self._tags()
        text = " ".join((text, *(f"#{tag}" for tag in tags)))
        links: tuple[str, ...] = ()
        if chance.happens(_GIVES_LINK):
            links = (f"https://exemple.invalid/{theme.id}/{1 + chance.below(25)}",)
            text = f"{text} {links[0]}"
        return self._added(Draft(author, at, text, tags, links, language=language))

    def _react(self, post: Draft, mean: float) -> None:
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
            at = later(post.at, self._chance)
            if author in sharers or at > LAST_SECOND:
                continue
            if kind == 1:
                self._reply(post, author, at)
            else:
                sharers.add(author)
                if kind == 0:
                    self._repost(post, author, at)
                else:
                    self._quote(post, author, at)

    def _react_among_members(self, post: Draft, mean: float) -> None:
        network = post.author.network
        others = [
            accounts[network]
            for accounts in self._people.of_member
            if network in accounts and accounts[network] is not post.author
        ]
        for author in self._chance.shuffled(others)[: self._chance.number(mean)]:
            at = later(post.at, self._chance)
            if at <= LAST_SECOND:
                self._repost(post, author, at)

    def _repost(self, post: Draft, author: Person, at: int) -> None:
        post.reposts += 1
        self._added(
            Draft(
                author, at, post.text, post.tags, post.links, post.mentions, post.language,
                repost_of=post,
            )
        )  # fmt: skip

    def _reply(self, post: Draft, author: Person, at: int) -> None:
        """An answer to the post, or to somebody who answered it before."""
        thread = [
            draft
            for draft in self._drafts[-40:]
            if draft.root is post and draft.at < at and draft.author is not author
        ]
        parent = self._chance.among(thread) if thread and self._chance.happens(0.3) else post
        parent.replies += 1
        text = self._filled(REPLIES)
        mentions: tuple[Account, ...] = ()
        if author.network is Network.X:  # only X writes the name of whom one answers
            mentions = (parent.author.account,)
            text = f"@{parent.author.account.handle} {text}"
        tags = self._theme.hashtags[:1] if self._chance.happens(0.3) else ()
        text = " ".join((text, *(f"#{tag}" for tag in tags)))
        self._added(Draft(author, at, text, tags, mentions=mentions, reply_to=parent, root=post))

    def _quote(self, post: Draft, author: Person, at: int) -> None:
        post.quotes += 1
        tags = self._tags()
        text = " ".join((self._filled(QUOTES), *(f"#{tag}" for tag in tags)))
        quote = self._added(Draft(author, at, text, tags, quote_of=post))
        self._react(quote, author.pull * 0.4)

    def _added(self, draft: Draft) -> Draft:
        self._drafts.append(draft)
        return draft

    def _filled(self, sentences: Sequence[str]) -> str:
        sentence = self._chance.among(sentences)
        return sentence.format(
            place=self._chance.among(PLACES), demand=self._chance.among(self._theme.demands)
        )

    def _tags(self) -> tuple[str, ...]:
        """The campaign's hashtag, and at times one or two that go with it."""
        own, *others = self._theme.hashtags
        return (own, *self._chance.shuffled(others)[: self._chance.below(3)])

    def _quality(self) -> float:
        return self._chance.long_tail(0.5, 3.5)

    def _moment(self, day: int) -> int:
        return day * DAY + self._chance.weighted(_HOURS) * 3600 + self._chance.below(3600)
