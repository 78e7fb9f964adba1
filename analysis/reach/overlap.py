"""How many distinct people several audiences of one network hold together.

Between the *hard bounds*, the largest audience alone and the sum of all. Where enough of the
people who engage are visible, those seen with two authors tell how many people these share
(M1); elsewhere an assumption has to do (M0).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.special import lambertw

Floats: TypeAlias = NDArray[np.float64]

#: M0: how far the estimate lies from chance towards the largest audience.
NESTED = 0.2
#: How many times likelier people who engaged are to engage again, where that cannot be seen.
SELF_OVERLAP = 2.5
#: So many people must be seen to engage twice with an author before that can be seen.
FEWEST_SEEN_TWICE = 10
#: M1 needs so many people who would be seen with two authors if audiences were nested: seeing
#: none of three rules that out, at 95 %. And the authors of such pairs must stand for the
#: others: by so much of the sum of all audiences, or by being so many.
FEWEST_TELLING, LEAST_SHARE, MANY_AUTHORS = 3, 0.2, 30

#: Pairs are counted among the authors with the most engaged people, people drawn in groups:
#: so the work is bounded, whatever the size of the campaign.
_AUTHORS, _GROUPS = 100, 50
_AGOSTINI = 1.125
#: So near to once the logarithms cannot be told apart, and nothing is to be corrected.
_HARDLY_EVER_TWICE = 1e-5


def random_duplication(
    audiences: ArrayLike, population: float = np.inf, weights: Floats | float = 1.0
) -> Floats:
    """Distinct people if chance alone decides who is in which audience (Sainsbury).

    Sums over the last axis; a weight is how many audiences one stands for. Without a
    population chance never brings the same person twice: the sum.

    >>> round(float(random_duplication([20, 30, 10], population=100)), 6)
    49.6
    """
    each = np.asarray(audiences, dtype=np.float64)
    if np.isinf(population):
        return np.asarray((each * weights).sum(axis=-1))
    with np.errstate(divide="ignore"):  # an audience of everybody is missed by nobody
        missed = (np.log1p(-np.minimum(each / population, 1)) * weights).sum(axis=-1)
    return np.asarray(-population * np.expm1(missed))


def counts_only(
    audiences: ArrayLike,
    population: float = np.inf,
    *,
    nested: Floats | float = NESTED,
    weights: Floats | float = 1.0,
) -> Floats:
    """M0: between chance (`nested` 0) and all audiences inside the largest (1).

    >>> float(counts_only([20, 30, 10])), float(counts_only([20, 30, 10], nested=1))
    (54.0, 30.0)
    """
    largest = np.max(np.asarray(audiences, dtype=np.float64), axis=-1)
    by_chance = random_duplication(audiences, population, weights)
    return np.asarray(by_chance + nested * (largest - by_chance))


def agostini(total: Floats | float, shared: Floats | float) -> Floats:
    """Distinct people, from the sum of audiences and the people that pairs share (Agostini 1961).

    >>> round(float(agostini(total=120, shared=30)), 6)
    93.658537
    """
    return np.asarray(total**2 / (total + _AGOSTINI * shared))


def dawson_sankoff(total: float, shared: float) -> float:
    """The fewest distinct people that these sums leave possible (Dawson and Sankoff 1967).

    >>> dawson_sankoff(total=120, shared=30)
    90.0
    """
    k = 1 + int(2 * shared / total)
    return 2 * total / (k + 1) - 2 * shared / (k * (k + 1))


def hunter_worsley(audiences: ArrayLike, shared: ArrayLike) -> float:
    """The most distinct people possible: the sum less the heaviest tree (Hunter, Worsley).

    `shared` is a square: the people that each two audiences share.

    >>> hunter_worsley([40, 50, 30], [[0, 20, 0], [20, 0, 10], [0, 10, 0]])
    90.0
    """
    # With the weights below 0 the lightest tree is the heaviest.
    tree = minimum_spanning_tree(csr_matrix(-np.triu(np.asarray(shared, dtype=np.float64), 1)))
    return float(np.sum(audiences) + tree.sum())


def halves_to_wholes(times: float) -> float:
    """What the self-overlap of two halves of an author's posts is multiplied by for two wholes.

    The more posts, the more of the people are seen whatever they are like, so being seen says
    less of being seen again. How many are seen in a share t of the posts is taken to follow the
    logarithmic series (Fisher, Corbet and Williams 1943), log(1 + x t), which the mean number of
    `times` that a person is seen in all of them fixes: x / log(1 + x). Those seen in each of two
    shares of t are twice those seen in t, less those seen in 2 t.

    >>> halves_to_wholes(1.0), round(halves_to_wholes(1.5), 3), round(halves_to_wholes(4.0), 3)
    (1.0, 0.83, 0.823)
    """
    if times < 1 + _HARDLY_EVER_TWICE:
        return 1.0
    x = float(-times * lambertw(-np.exp(-1 / times) / times, -1).real - 1)
    seen = {t: np.log1p(t * x) for t in (0.5, 1, 2)}
    wholes = (2 * seen[1] - seen[2]) / seen[1] ** 2
    halves = (2 * seen[0.5] - seen[1]) / seen[0.5] ** 2
    return float(wholes / halves)


def all_pairs(audiences: Floats, weights: Floats | float = 1.0) -> Floats:
    """The sum over all pairs of the product of their audiences.

    >>> float(all_pairs(np.array([2.0, 3.0, 4.0])))
    26.0
    """
    total = (audiences * weights).sum(axis=-1)
    return np.asarray((total**2 - (audiences**2 * weights).sum(axis=-1)) / 2)


@dataclass(frozen=True)
class SeenTogether:
    """The people seen to engage with several authors of a network, and what they tell.

    Two authors with audiences A and B, a and b engaged people and m engaged with both share
    D = m A B / (a b h) people, at most the smaller audience (Lincoln-Petersen). h is how many
    times likelier than by chance people who engage do so again: from the two halves of each
    author's posts, by `halves_to_wholes`.

    A pair *tells* when one person or more would be seen twice if the smaller audience were
    inside the larger. Other pairs are supposed to share as many people, for the product of
    their audiences, as the pairs that tell (the *rate*), at most the smaller audience.

    `authors` (A) are the places, among all, of the authors with the most engaged people, and
    `audiences` theirs. The people are dealt into groups (G), to be drawn again: `engaged`,
    `first`, `second` and `twice` (G x A) count those engaged with an author, with the first
    half of the posts, with the second, with both; `together` (G x A x A) with two authors.
    `times` is how often, on average, a person who engages with an author does.
    """

    authors: NDArray[np.intp]
    audiences: Floats
    total: float
    engaged: Floats
    first: Floats
    second: Floats
    twice: Floats
    together: NDArray[np.float32]
    times: float

    @classmethod
    def of(
        cls, author_ids: pd.Series[str], audiences: Floats, engaged: pd.DataFrame
    ) -> SeenTogether:
        """From the rows of `aggregates.engaged`, and the ids of the authors in them.

        The index of `author_ids` is their place in `audiences`; they are distinct, in their
        order, and need be no others.
        """
        authors, rows, author = _most_engaged(author_ids, engaged)
        person, people = _ranked(rows["actor_id"])
        # Pseudonyms are random, so dealing people round in their order is a fair deal.
        groups, n = max(1, min(_GROUPS, people)), len(authors)
        place = (person % groups) * n + author
        halves = rows[["even", "odd"]].to_numpy(np.float64)
        first, second = (halves > 0).T

        def counted(which: NDArray[np.bool_]) -> Floats:
            numbers = np.bincount(place[which], minlength=groups * n)
            return numbers.reshape(groups, n).astype(np.float64)

        ones = np.ones(len(place), np.float32)
        by_place = csr_matrix((ones, (place, person)), shape=(groups * n, people))
        by_person = csr_matrix((ones, (person, author)), shape=(people, n))
        return cls(
            authors,
            audiences[authors],
            float(audiences.sum()),
            counted(np.ones(len(place), np.bool_)),
            counted(first),
            counted(second),
            counted(first & second),
            (by_place @ by_person).toarray().reshape(groups, n, n),
            max(1.0, float(halves.sum()) / max(len(rows), 1)),
        )

    @property
    def is_enough(self) -> bool:
        """Whether M1 can be trusted: enough people would be seen, with authors who matter."""
        telling = (self._tells | self._tells.T).any(axis=1)
        return bool(
            self._seen_if_nested[self._tells].sum() >= FEWEST_TELLING
            and (
                telling.sum() >= MANY_AUTHORS
                or self.audiences[telling].sum() >= LEAST_SHARE * self.total
            )
        )

    @cached_property
    def rate(self) -> float:
        """The people that pairs share per product of their audiences, from those that tell."""
        return float(self._rates(self.audiences[None], self._everybody, self._self_overlap)[0])

    @property
    def shared_by_pair(self) -> Floats:
        """The people that each two of the authors share: A x A."""
        pairs = np.nonzero(np.ones_like(self._tells))
        n, times = self.engaged.sum(axis=0), self.together.sum(axis=0)[pairs]
        seen = _shared(self.audiences[None], n[None], times[None], self._self_overlap, pairs)
        larger, smaller = (
            it.outer(self.audiences, self.audiences) for it in (np.maximum, np.minimum)
        )
        expected = smaller * np.minimum(1, self.rate * larger)
        shared = np.where(self._tells | self._tells.T, seen.reshape(expected.shape), expected)
        np.fill_diagonal(shared, 0)
        return np.asarray(shared)

    def shared(
        self, rates: Floats | float, audiences: Floats, weights: Floats | float = 1.0
    ) -> Floats:
        """The people that all pairs share, of all audiences: those of `authors` come first.

        One for each rate and row of audiences, each of which stands for as many as it weighs.
        """
        mine = audiences[..., : len(self.authors)]
        told = ((mine @ self._tells) * mine).sum(axis=-1)
        others = 1 - told / np.maximum(all_pairs(audiences, weights), 1)
        return np.asarray(rates * told + _expected(rates, audiences, weights) * others)

    def drawn_rates(self, audiences: Floats, chance: np.random.Generator) -> Floats:
        """The rate if people were drawn again, for each row of audiences (draws x A).

        Where h cannot be seen it is drawn within a factor of two. People drawn again never
        show whom nobody saw: so a few more are seen together than were, by the prior of
        Jeffreys for a number (a gamma of shape 0.5).
        """
        draws, groups = len(audiences), len(self.engaged)
        weights = chance.multinomial(groups, np.full(groups, 1 / groups), draws).astype(np.float64)
        h = self._self_overlaps(audiences, weights)
        h = SELF_OVERLAP * 2 ** chance.uniform(-1, 1, draws) if h is None else h
        n = self.engaged.sum(axis=0)
        unseen = chance.gamma(0.5, 1, draws) / (h * np.outer(n, n)[self._tells].sum())
        return np.asarray(self._rates(audiences, weights, h) + unseen)

    @property
    def _everybody(self) -> Floats:
        return np.ones((1, len(self.engaged)))

    @cached_property
    def _self_overlap(self) -> Floats:
        h = self._self_overlaps(self.audiences[None], self._everybody)
        return np.array([SELF_OVERLAP]) if h is None else h

    @cached_property
    def _seen_if_nested(self) -> Floats:
        """The people who would be seen with two authors if one audience held the other."""
        n = self.engaged.sum(axis=0)
        larger = np.maximum(np.maximum.outer(self.audiences, self.audiences), 1)
        return np.asarray(np.triu(self._self_overlap * np.outer(n, n) / larger, 1))

    @cached_property
    def _tells(self) -> NDArray[np.bool_]:
        return (self._seen_if_nested >= 1) & (np.minimum.outer(self.audiences, self.audiences) > 0)

    def _self_overlaps(self, audiences: Floats, weights: Floats) -> Floats | None:
        """h for each row of audiences (draws x A) and weights (draws x G); None if unseen."""
        if self.twice.sum() < FEWEST_SEEN_TWICE:
            return None
        by_chance = (weights @ self.first) * (weights @ self.second) / np.maximum(audiences, 1)
        seen = (weights @ self.twice).sum(axis=-1) * halves_to_wholes(self.times)
        return np.asarray(np.maximum(1, seen / np.maximum(by_chance.sum(axis=-1), 1e-12)))

    def _rates(self, audiences: Floats, weights: Floats, h: Floats) -> Floats:
        pairs = np.nonzero(self._tells & (self.together.sum(axis=0) > 0))
        times = weights @ self.together[:, pairs[0], pairs[1]].astype(np.float64)
        engaged = weights @ self.engaged
        # A few draws at a time: all pairs by all draws are more than a processor has at hand.
        parts = np.array_split(np.arange(len(h)), -(-len(h) // 16))
        shared = [
            _shared(audiences[some], engaged[some], times[some], h[some], pairs).sum(axis=-1)
            for some in parts
        ]
        products = ((audiences @ self._tells) * audiences).sum(axis=-1)
        return np.asarray(np.concatenate(shared) / products)


def _shared(
    audiences: Floats, n: Floats, times: Floats, h: Floats, pairs: tuple[Any, ...]
) -> Floats:
    """The people that pairs of authors share, a row a draw."""
    one, other = audiences[:, pairs[0]], audiences[:, pairs[1]]
    stands_for = audiences / np.maximum(n, 1)
    both = stands_for[:, pairs[0]] * stands_for[:, pairs[1]]
    return np.minimum(np.minimum(one, other), times * both / h[:, None])


def _expected(rates: Floats | float, audiences: Floats, weights: Floats | float) -> Floats:
    """The people that all pairs share at a rate, each pair at most its smaller audience."""
    first = audiences if audiences.ndim == 1 else audiences[0]
    order = np.argsort(-first, kind="stable")
    each = audiences[..., order]
    number = np.broadcast_to(weights, each.shape[-1:])[order]
    share = np.minimum(1, np.asarray(rates)[..., None] * each)
    larger = np.cumsum(number * share, axis=-1) - (number + 1) / 2 * share
    return np.asarray((number * each * larger).sum(axis=-1))


def _most_engaged(
    author_ids: pd.Series[str], engaged: pd.DataFrame
) -> tuple[NDArray[np.intp], pd.DataFrame, NDArray[np.intp]]:
    """The authors with the most engaged people, their rows, and the author of each row."""
    number = engaged["author_id"].value_counts()
    number = number[number.index.isin(author_ids)]
    if len(number) > _AUTHORS:
        number = number[number >= number.nlargest(_AUTHORS).iloc[-1]]
    order = np.lexsort((number.index.to_numpy(object), -number.to_numpy(np.int64)))
    chosen = number.index[order[:_AUTHORS]].sort_values()
    rows = engaged[engaged["author_id"].isin(chosen)]
    codes, found = pd.factorize(rows["author_id"])
    places = author_ids.index[author_ids.isin(chosen)].to_numpy(np.intp)
    return places, rows, chosen.get_indexer(pd.Index(found))[codes]


def _ranked(ids: pd.Series[str]) -> tuple[NDArray[np.intp], int]:
    """The place of each among the distinct ones in their order, and how many these are."""
    codes, found = pd.factorize(ids)
    rank = np.empty(len(found), np.intp)
    rank[np.asarray(found.argsort())] = np.arange(len(found))
    return rank[codes], len(found)
