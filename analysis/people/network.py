"""Who carries whom: measures of the network that accounts form by what they do to one another.

`edges` is a frame with one row an author and target, such as `analysis.aggregates.interactions`
gives it: `author_id`, `target_id` and `times`, how often. Rows of the same two add up. A missing
column raises `KeyError`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

_MOST_STEPS = 1_000


def pagerank(
    edges: pd.DataFrame, *, damping: float = 0.85, tolerance: float = 1e-10
) -> pd.Series[float]:
    """How often a reader comes by each account who goes on along the edges, for ever.

    At each step the reader follows an edge of the account at random, each as likely as its
    `times`; with the probability 1 - `damping`, and from accounts without edges of their own,
    the next account is any at random (Brin and Page 1998). So accounts that many turn to, and
    those whom these turn to, stand high.

    Gives a fraction an account, by `author_id` in the order in which they occur; they add up to
    1. Exact to `tolerance`, summed over all accounts.

    Raises:
        ArithmeticError: after 1,000 steps it is not: `damping` is too close to 1.

    >>> edges = pd.DataFrame(
    ...     {"author_id": ["a", "b", "c"], "target_id": ["b", "c", "b"], "times": [1, 1, 2]}
    ... )
    >>> pagerank(edges).round(3).to_dict()
    {'a': 0.05, 'b': 0.486, 'c': 0.464}
    """
    ends = pd.concat([edges["author_id"], edges["target_id"]], ignore_index=True)
    places, accounts = pd.factorize(ends)
    author, target = places[: len(edges)], places[len(edges) :]
    times = edges["times"].to_numpy(np.float64)
    n = len(accounts)
    if n == 0:
        return _of_accounts(np.empty(0), accounts)
    given = np.bincount(author, times, n)
    dangling = np.flatnonzero(given == 0)
    # Rows are targets, so that one product moves every reader on.
    share = np.divide(damping * times, given[author], out=np.zeros_like(times), where=times > 0)
    moves = csr_matrix((share, (target, author)), shape=(n, n))
    rank = np.full(n, 1 / n)
    for _ in range(_MOST_STEPS):
        anywhere = damping * rank[dangling].sum() + 1 - damping
        after = moves @ rank + anywhere / n
        # What is left to go is a geometric series of steps like this one.
        if np.abs(after - rank).sum() * damping <= tolerance * (1 - damping):
            return _of_accounts(after / after.sum(), accounts)
        rank = after
    raise ArithmeticError(f"no pagerank within {_MOST_STEPS} steps")


def _of_accounts(rank: np.ndarray, accounts: pd.Index[str]) -> pd.Series[float]:
    return pd.Series(rank, index=pd.Index(accounts, name="author_id"), name="pagerank")
