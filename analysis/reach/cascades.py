"""How posts travelled: all from one source, or from one to the next (structural virality).

Every cascade is a tree of posts: the first one, and what reposts, answers or quotes it, or
something that does. All trees are computed at once, level by level from the last, with arrays;
what nobody reacted to is only counted.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.draws import FEWEST_FOR_A_MEDIAN, median_interval
from analysis.measure import Caution, Measure, MeasureKind, Of, Unit, grade, share

Ints: TypeAlias = npt.NDArray[np.int64]

_METHOD = "structural_virality/2"
_MADE = MeasureKind.BOUNDED, Of.POSTS, Unit.RATIO
_LEAST_KNOWN = 0.5  # of the posts that others point to


def viralities(cascades: pd.DataFrame) -> pd.DataFrame:
    """Every cascade of at least two posts: its size, depth and structural virality.

    `cascades` is what `analysis.aggregates.cascades` gives. Columns: `post_id` (of its first
    post), `network`, `posts`, `depth` (steps from the first to the farthest post),
    `structural_virality`; the largest first, then in the order of `post_id`. A post whose parent
    was not collected begins a cascade of its own; posts that lead in a circle are left out.
    """
    known = cascades[cascades["is_known"].astype(bool)].drop_duplicates("post_id")
    places = pd.Index(known["post_id"].astype("str"))
    parents = places.get_indexer(pd.Index(known["parent_id"].astype("object").fillna("")))
    parents = np.where(parents == np.arange(len(parents)), -1, parents).astype(np.int64)
    inner = np.bincount(parents[parents >= 0], minlength=len(parents))
    # What is not among the posts with reactions has none: it is only counted.
    leaves = np.maximum(known["reactions"].to_numpy(np.int64) - inner, 0)
    sizes, depths, found = _trees(parents, leaves)
    is_first = (parents < 0) & (sizes > 1)
    return (
        known.loc[is_first, ["post_id", "network"]]
        .assign(
            posts=sizes[is_first],
            depth=depths[is_first],
            structural_virality=found[is_first],
        )
        .sort_values(["posts", "post_id"], ascending=[False, True])
        .reset_index(drop=True)
    )


def median_virality(cascades: pd.DataFrame) -> Measure:
    """The structural virality of the median cascade of at least two posts.

    From 1 (two posts) and just under 2 (everybody reposts the first post) upwards. Networks name
    the first post where somebody passed on what another had passed on, so it is a lower bound
    (`Caution.LOWER_BOUND`). The interval is that of order statistics, `n` is the
    cascades, `coverage` the share of the posts pointing to another whose other was collected:
    under one half, or with fewer than 6 cascades, there is no value. Source: Goel, Anderson,
    Hofman and Watts, "The Structural Virality of Online Diffusion", 2016.
    """
    cascades = cascades.drop_duplicates("post_id")
    reactions = cascades["reactions"].to_numpy(np.int64)
    known = int(reactions[cascades["is_known"].to_numpy(bool)].sum())
    values = np.sort(viralities(cascades)["structural_virality"].to_numpy(np.float64))
    n, coverage = len(values), share(known, int(reactions.sum()))
    if n < FEWEST_FOR_A_MEDIAN or coverage is None or coverage < _LEAST_KNOWN:
        return Measure(None, *_MADE, _METHOD, n, coverage)
    low, high = median_interval(values)
    found = grade(known, int(reactions.sum()))
    return Measure(
        float(np.median(values)),
        *_MADE,
        _METHOD,
        n,
        coverage,
        low=low,
        high=high,
        grade="B" if found == "A" else found,
        warnings=(Caution.LOWER_BOUND,),
    )


def _trees(parents: Ints, leaves: Ints) -> tuple[Ints, Ints, npt.NDArray[np.float64]]:
    """Of each tree, at the place of its first post: posts, depth and structural virality.

    `parents` has places, -1 for a first post; `leaves` how many posts without reactions point to
    each post. Nothing is said of the other places. Work grows with the posts.

    Virality is 2 W / (n (n - 1)), W the sum of |S| (n - |S|) over the subtrees S below the
    first post: each is the edge above it, and how many pairs it separates.
    """
    levels = _levels(parents)
    sizes, squares = 1 + leaves, leaves.copy()
    below, depths = leaves.copy(), np.minimum(leaves, 1)
    for level in reversed(levels[1:]):
        parent = parents[level]
        np.add.at(sizes, parent, sizes[level])
        np.add.at(below, parent, below[level] + sizes[level])
        np.add.at(squares, parent, squares[level] + sizes[level] ** 2)
        np.maximum.at(depths, parent, depths[level] + 1)
    n = sizes.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return sizes, depths, 2 * (n * below - squares) / (n * (n - 1))


def _levels(parents: Ints) -> list[Ints]:
    """The places at each distance from a first post; what leads in a circle is in none."""
    ordered: Ints = np.argsort(parents, kind="stable")
    behind = np.searchsorted(parents[ordered], np.arange(-1, len(parents) + 1))
    levels, level = [], np.array([-1])
    while len(level):
        starts, numbers = behind[level + 1], behind[level + 2] - behind[level + 1]
        within = np.arange(numbers.sum()) - np.repeat(np.cumsum(numbers) - numbers, numbers)
        level = ordered[np.repeat(starts, numbers) + within]
        levels.append(level)
    return levels
