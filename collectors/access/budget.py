"""What a campaign may spend on a paid network, and has spent.

The most that a call can cost is noted before it is made, and put right after it: whatever
happens in between, no crash forgets what was spent, and no run spends more than is allowed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple, Protocol

from collectors.base import BudgetSpent
from data.model import Campaign, Network

_MILLIONTHS = 1_000_000
_UNLIMITED_POSTS = 10**12


class Amount(NamedTuple):
    """Posts read, and US dollars."""

    posts: int = 0
    dollars: Decimal = Decimal(0)


class Spending(Protocol):
    """What a paid network asks before each call, and tells after it."""

    def left(self) -> Amount:
        """What may still be spent; raises `BudgetSpent` where no limit was ever set."""
        ...

    def reserve(self, most: Amount) -> None:
        """Note the most that a call can cost; raises `BudgetSpent` where that is too much."""
        ...

    def settle(self, most: Amount, spent: Amount) -> None:
        """Put right, after a call, what was noted for it."""
        ...


class Nothing:
    """For calls that cost nothing: whatever has a price is refused."""

    def left(self) -> Amount:
        raise BudgetSpent("budget-needed", network=Network.X)

    def reserve(self, most: Amount) -> None:
        self.left()

    def settle(self, most: Amount, spent: Amount) -> None: ...


class Ledger:
    """What the campaigns of a lake have spent, in one small database beside it."""

    def __init__(self, root: Path) -> None:
        self._file = root / "spending.sqlite"

    def spent(self, campaign_id: str, network: Network) -> Amount:
        """What a campaign has spent on a network since it began."""
        if not self._file.exists():
            return Amount()
        with self._opened() as database:
            return _spent(database, campaign_id, network)

    def budget(self, campaign: Campaign, network: Network) -> Budget:
        """What is left to a campaign on a network."""
        return Budget(self, campaign, network)

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self._file, timeout=30, isolation_level=None)) as database:
            database.execute("pragma journal_mode = wal")
            database.execute(
                "create table if not exists spent (campaign_id text, network text,"
                " posts integer not null, millionths integer not null,"
                " primary key (campaign_id, network))"
            )
            yield database


class Budget:
    """The limits of one campaign on one network, and what is left of them.

    A campaign without limits has no budget: nothing may be spent before somebody says how much.
    """

    def __init__(self, ledger: Ledger, campaign: Campaign, network: Network) -> None:
        self._ledger = ledger
        self._campaign = campaign
        self._network = network

    def left(self) -> Amount:
        """What may still be spent.

        Raises:
            BudgetSpent: no limit was ever set (`budget-needed`).
        """
        return self._left(self._ledger.spent(self._campaign.campaign_id, self._network))

    def reserve(self, most: Amount) -> None:
        """Note, before a call, the most that it can cost.

        Raises:
            BudgetSpent: that is more than is left; nothing was noted.
        """
        with self._ledger._opened() as database:
            # Two runs at once share one budget. Closing without a commit takes it all back.
            database.execute("begin immediate")
            left = self._left(_spent(database, self._campaign.campaign_id, self._network))
            if most.posts > left.posts or most.dollars > left.dollars:
                raise _too_little(left, most)
            self._add(database, most.posts, most.dollars)
            database.execute("commit")

    def settle(self, most: Amount, spent: Amount) -> None:
        """Put right, after a call, what was noted for it."""
        with self._ledger._opened() as database:
            self._add(database, spent.posts - most.posts, spent.dollars - most.dollars)

    def _left(self, spent: Amount) -> Amount:
        posts, dollars = self._campaign.budget_posts, self._campaign.budget_dollars
        if posts is None and dollars is None:
            raise BudgetSpent("budget-needed", network=self._network)
        return Amount(
            _UNLIMITED_POSTS if posts is None else posts - spent.posts,
            Decimal("Infinity") if dollars is None else Decimal(str(dollars)) - spent.dollars,
        )

    def _add(self, database: sqlite3.Connection, posts: int, dollars: Decimal) -> None:
        database.execute(
            "insert into spent values (?1, ?2, ?3, ?4) on conflict (campaign_id, network)"
            " do update set posts = posts + ?3, millionths = millionths + ?4",
            (self._campaign.campaign_id, self._network, posts, int(dollars * _MILLIONTHS)),
        )


def _too_little(left: Amount, most: Amount) -> BudgetSpent:
    if most.dollars > left.dollars:
        return BudgetSpent("budget", left=f"{left.dollars:.2f}", most=f"{most.dollars:.2f}")
    return BudgetSpent("budget-posts", left=left.posts, most=most.posts)


def _spent(database: sqlite3.Connection, campaign_id: str, network: Network) -> Amount:
    found = database.execute(
        "select posts, millionths from spent where campaign_id = ? and network = ?",
        (campaign_id, network),
    ).fetchone()
    return Amount(found[0], Decimal(found[1]) / _MILLIONTHS) if found else Amount()
