"""Chance repeats itself, and the interval of a median holds it as often as it says."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.draws import FEWEST_FOR_A_MEDIAN, chance, median_interval, of_values, resampled


def holds(low: int, high: int, n: int) -> float:
    """How often the median of any continuous law lies between two of `n` values, by their ranks."""
    return sum(comb(n, it) for it in range(low, high)) / 2**n


@pytest.mark.parametrize("n", [*range(FEWEST_FOR_A_MEDIAN, 60), 99, 500])
def test_two_values_hold_the_median_with_95_percent_and_no_more_than_needed(n: int) -> None:
    low, high = map(int, median_interval(np.arange(1.0, n + 1)))
    assert holds(low, high, n) >= 0.95
    assert min(holds(low + 1, high, n), holds(low, high - 1, n)) < 0.975


def test_under_six_values_there_is_no_such_interval() -> None:
    for n in range(1, FEWEST_FOR_A_MEDIAN):
        assert np.isnan(median_interval(np.arange(float(n)))).any()
        assert holds(1, n, n) < 0.95


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=30))
def test_what_is_drawn_follows_from_the_values_and_the_method_alone(values: list[float]) -> None:
    given_values = np.array(values)
    first, second = (resampled(given_values, "example/1") for _ in range(2))
    assert (first == second).all() and set(first.ravel()) <= set(values)
    assert of_values(given_values, "a").random() != of_values(given_values, "b").random()
    assert chance(b"a", b"b").random() == chance(b"ab").random()
