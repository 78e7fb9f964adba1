"""Texts as a sum of few topics: a non-negative factorisation whose number of factors holds.

The number is the one that changes least when a fifth of the rows is left out (Greene,
O’Callaghan and Cunningham 2014, "How many topics? Stability analysis for topic models"): the
heaviest columns of its factors are compared with those of the factorisations of subsamples.

The whole method factorises every subsample into every number. Here all numbers are tried on
`FIRST_ROUNDS` subsamples, and the `FINALISTS` that change least on all `ROUNDS`; one singular
value decomposition of a subsample begins all of its factorisations, and each ends after
`ITERATIONS_A_ROUND` iterations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from analysis.draws import seeded

#: How many columns a factor is known by.
HEAVIEST = 10

NUMBERS = range(4, 21)
ROUNDS, FIRST_ROUNDS, FINALISTS = 20, 5, 4
SUBSAMPLE = 0.8
ITERATIONS, ITERATIONS_A_ROUND = 400, 40

_SEED = 53
_THREADS = 2

T = TypeVar("T")
Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Factors:
    """The factors (rows) over the columns that were factorised, each adding up to 1, and the
    stability of each: the mean likeness (Jaccard, 0 to 1) of its `HEAVIEST` columns with those
    of the factor that stands for it in a subsample."""

    weights: Matrix
    stabilities: NDArray[np.float64]

    @property
    def stability(self) -> float:
        """That of all of them."""
        return float(self.stabilities.mean())


def most_stable(rows: Any, step: Callable[[float], None]) -> Factors | None:
    """The factors of a sparse matrix, as many as hold best; None for fewer columns than that.

    Stabilities that are the same to two decimals are a tie, which the smaller number wins.
    `step` is told each share that is done (they add up to 1), and may raise.
    """
    numbers = [number for number in NUMBERS if number < min(rows.shape)]
    if not numbers:
        return None
    finalists = min(FINALISTS, len(numbers))
    first = [(at, number) for at in range(FIRST_ROUNDS) for number in numbers]
    more = (ROUNDS - FIRST_ROUNDS) * finalists
    told = partial(step, 1 / (len(numbers) + ROUNDS + len(first) + more))

    whole = _singular(rows, numbers[-1])
    wholes = _each(
        lambda number: _factorised(rows, whole, number, ITERATIONS),
        [(number,) for number in numbers],
        told,
    )
    of_whole = dict(zip(numbers, wholes, strict=True))
    parts = [rows[kept] for kept in _subsamples(rows.shape[0])]
    begun = _each(lambda part: _singular(part, numbers[-1]), [(part,) for part in parts], told)

    def likeness(at: int, number: int) -> NDArray[np.float64]:
        found = _factorised(parts[at], begun[at], number, ITERATIONS_A_ROUND)
        return likest(_heaviest(of_whole[number]), _heaviest(found))

    rounds: dict[int, list[NDArray[np.float64]]] = {number: [] for number in numbers}

    def stability(number: int) -> float:
        return round(float(np.mean(rounds[number])), 2)

    def compare(asked: Sequence[tuple[int, int]]) -> None:
        for (_, number), found in zip(asked, _each(likeness, asked, told), strict=True):
            rounds[number].append(found)

    compare(first)
    best = sorted(numbers, key=lambda number: (-stability(number), number))[:finalists]
    compare([(at, number) for at in range(FIRST_ROUNDS, ROUNDS) for number in best])
    number = min(best, key=lambda number: (-stability(number), number))
    weights = of_whole[number]
    sums = np.maximum(weights.sum(axis=1, keepdims=True), np.finfo(np.float32).tiny)
    return Factors(weights / sums, np.mean(rounds[number], axis=0))


def shares(rows: Any, factors: Factors) -> Matrix:
    """The share of each factor in each row: they add up to 1, or to 0 for a row without any."""
    from sklearn.decomposition import non_negative_factorization

    weights, _, _ = non_negative_factorization(
        rows, H=factors.weights, n_components=len(factors.weights), init="custom", update_H=False
    )
    whole = weights.sum(axis=1, keepdims=True)
    found: Matrix = np.divide(weights, whole, out=np.zeros_like(weights), where=whole > 0)
    return found


def heaviest(weights: Matrix) -> list[NDArray[np.int64]]:
    """The places of the `HEAVIEST` columns of each factor, the heaviest first; none of no weight.

    >>> heaviest(np.array([[0.1, 0.0, 0.9]], np.float32))
    [array([2, 0])]
    """
    places = np.argsort(-weights, axis=1, kind="stable")[:, :HEAVIEST]
    return [row[weights[at, row] > 0] for at, row in enumerate(places)]


def likest(one: Matrix, other: Matrix) -> NDArray[np.float64]:
    """The Jaccard likeness of each set of columns with the other set that stands for it.

    Sets are rows of ones and zeros; they are paired so that the sum is the greatest.

    >>> one = np.array([[1, 1, 0, 0], [0, 0, 1, 1]], np.float32)
    >>> likest(one, np.array([[0, 0, 1, 1], [0, 1, 1, 0]], np.float32)).round(2)
    array([0.33, 1.  ])
    """
    from scipy.optimize import linear_sum_assignment

    shared = (one @ other.T).astype(np.float64)
    sizes = one.sum(axis=1)[:, None] + other.sum(axis=1)[None, :] - shared
    likeness: NDArray[np.float64] = shared / np.maximum(sizes, 1)
    paired: NDArray[np.float64] = likeness[linear_sum_assignment(likeness, maximize=True)]
    return paired


def _subsamples(number: int) -> list[NDArray[np.int64]]:
    chances = (seeded((_SEED, at)) for at in range(ROUNDS))
    size = int(SUBSAMPLE * number)
    return [np.sort(chance.choice(number, size, replace=False)) for chance in chances]


def _each(
    work: Callable[..., T], asked: Sequence[Sequence[Any]], told: Callable[[], None]
) -> list[T]:
    """The results in their order, found on two cores; none more once `told` has raised."""
    with ThreadPoolExecutor(_THREADS) as pool:
        futures = [pool.submit(work, *arguments) for arguments in asked]
        found = []
        try:
            for future in futures:
                found.append(future.result())
                told()
        finally:
            for future in futures:
                future.cancel()
    return found


def _singular(rows: Any, number: int) -> tuple[Matrix, Matrix, Matrix]:
    from sklearn.utils.extmath import randomized_svd

    found: tuple[Matrix, Matrix, Matrix] = randomized_svd(rows, number, random_state=_SEED)
    return found


def _factorised(
    rows: Any, singular: tuple[Matrix, Matrix, Matrix], number: int, most: int
) -> Matrix:
    from sklearn.decomposition import non_negative_factorization

    left, right = _beginning(singular, number, rows.mean())
    _, weights, _ = non_negative_factorization(
        rows, W=left, H=right, n_components=number, init="custom", max_iter=most
    )
    return np.asarray(weights)


def _beginning(
    singular: tuple[Matrix, Matrix, Matrix], number: int, mean: float
) -> tuple[Matrix, Matrix]:
    """sklearn's `nndsvda` (Boutsidis and Gallopoulos 2008), from a decomposition at hand.

    Of each pair of singular vectors the heavier sign, and the mean for every zero.
    """
    left, values, right = singular
    begun = (
        np.zeros((left.shape[0], number), np.float32),
        np.zeros((number, right.shape[1]), np.float32),
    )
    for at in range(number):
        sides = [
            (np.maximum(sign * left[:, at], 0), np.maximum(sign * right[at], 0)) for sign in (1, -1)
        ]
        norms = [(np.linalg.norm(u), np.linalg.norm(v)) for u, v in sides]
        side = int(norms[1][0] * norms[1][1] > norms[0][0] * norms[0][1])
        (u, v), (of_u, of_v) = sides[side], norms[side]
        scale = np.sqrt(values[at] * of_u * of_v)
        if scale > 0:
            begun[0][:, at], begun[1][at] = scale * u / of_u, scale * v / of_v
    for matrix in begun:
        matrix[matrix == 0] = mean
    return begun


def _heaviest(weights: Matrix) -> Matrix:
    """The heaviest columns of each factor as ones."""
    found = np.zeros_like(weights)
    for row, columns in zip(found, heaviest(weights), strict=True):
        row[columns] = 1
    return found
