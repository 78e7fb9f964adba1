"""Draws that are the same on every machine."""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


class Chance:
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
