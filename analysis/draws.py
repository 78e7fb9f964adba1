"""Chance that repeats itself: what is drawn follows from what it is drawn from."""

from __future__ import annotations

from hashlib import sha256
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]

#: Draws of an interval, and the percentiles that hold 95 % of them.
DRAWS, INTERVAL = 500, (2.5, 97.5)

#: Under so many values no order statistics hold a median with 95 %.
FEWEST_FOR_A_MEDIAN = 6


def chance(*drawn_from: bytes) -> np.random.Generator:
    """Chance decided by the first 8 bytes of the SHA-256 of what is drawn from, and of why.

    Where engines add in any order the last digits of a sum are not the same: give rounded ones.
    """
    return seeded(int.from_bytes(sha256(b"".join(drawn_from)).digest()[:8]))


def seeded(seed: int | tuple[int, ...]) -> np.random.Generator:
    """Chance decided by a number, or by several."""
    return np.random.Generator(np.random.PCG64(seed))


def of_values(values: Floats, method: str) -> np.random.Generator:
    """Chance that is the same for the same values and method."""
    return chance(values.round(6).tobytes(), method.encode())


def resampled(values: Floats, method: str) -> Floats:
    """Draws of as many values, with replacement: one row a draw."""
    places = of_values(values, method).integers(0, len(values), (DRAWS, len(values)))
    return values[places]


def median_interval(values: Floats) -> tuple[float, float]:
    """Two of the values, between which the median lies with 95 % or more, whatever their law.

    By the binomial law of how many lie below it (Conover, "Practical Nonparametric Statistics",
    1999, 3.2). NaN under 6 values, of which no two do.

    >>> median_interval(np.arange(1.0, 26.0))
    (8.0, 18.0)
    """
    from scipy import stats

    found = stats.quantile_test(values, p=0.5).confidence_interval(confidence_level=0.95)
    return float(found.low), float(found.high)
