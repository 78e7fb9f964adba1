"""What may be spent is never exceeded, whatever happens between a call and its answer."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.access.budget import Amount, Ledger, Nothing
from collectors.base import BudgetSpent
from collectors.networks.table import open_collector
from collectors.networks.x import X
from data.model import Campaign, Network

CALL = Amount(100, Decimal("5.5"))


def campaign(**limits: float | int) -> Campaign:
    return Campaign("essai", "Essai", **limits)


def test_nothing_may_be_spent_before_somebody_says_how_much(tmp_path) -> None:
    budget = Ledger(tmp_path).budget(campaign(), Network.X)
    with pytest.raises(BudgetSpent) as refused:
        budget.reserve(CALL)
    assert refused.value.code == "budget-needed"
    assert Ledger(tmp_path).spent("essai", Network.X) == Amount()


class Key:
    """A key of X's that opens nothing here."""

    def get(self, network: Network) -> dict[str, str]:
        return {"bearer_token": "jeton-invente"}


def test_nobody_reads_x_without_a_budget() -> None:
    with pytest.raises(BudgetSpent) as refused:
        open_collector(Network.X, campaign(budget_dollars=10), Key())
    assert refused.value.code == "budget-needed"
    with pytest.raises(TypeError, match="budget"):
        X(bearer_token="jeton-invente")  # type: ignore[call-arg]


def test_a_key_is_tried_with_nothing_to_spend() -> None:
    for spend in (Nothing().left, lambda: Nothing().reserve(CALL)):
        with pytest.raises(BudgetSpent):
            spend()


def test_what_was_reserved_counts_until_it_is_settled(tmp_path) -> None:
    budget = Ledger(tmp_path).budget(campaign(budget_dollars=10), Network.X)
    budget.reserve(CALL)
    assert budget.left().dollars == Decimal("4.5")
    budget.settle(CALL, Amount(10, Decimal("0.155")))
    assert budget.left().dollars == Decimal("9.845")
    assert Ledger(tmp_path).spent("essai", Network.X) == Amount(10, Decimal("0.155"))


def test_a_program_that_died_between_a_call_and_its_answer_has_spent_it(tmp_path) -> None:
    Ledger(tmp_path).budget(campaign(budget_dollars=10), Network.X).reserve(CALL)
    after = Ledger(tmp_path).budget(campaign(budget_dollars=10), Network.X)
    with pytest.raises(BudgetSpent):
        after.reserve(CALL)


@pytest.mark.parametrize("limits", [{"budget_posts": 250}, {"budget_dollars": 12.0}])
def test_two_runs_at_once_share_one_budget(tmp_path, limits) -> None:
    granted: list[int] = []

    def spend() -> None:
        budget = Ledger(tmp_path).budget(campaign(**limits), Network.X)
        for _ in range(5):
            try:
                budget.reserve(CALL)
                granted.append(1)
            except BudgetSpent:
                return

    threads = [threading.Thread(target=spend) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(granted) == 2


@settings(max_examples=30, deadline=None)
@given(
    limit=st.integers(0, 400),
    calls=st.lists(st.tuples(st.integers(1, 100), st.integers(0, 100)), max_size=8),
)
def test_no_order_of_calls_spends_more_than_the_limit(tmp_path_factory, limit, calls) -> None:
    root = tmp_path_factory.mktemp("ledger")
    budget = Ledger(root).budget(campaign(budget_posts=limit), Network.X)
    spent = 0
    for most, actual in calls:
        try:
            budget.reserve(Amount(most))
        except BudgetSpent:
            assert spent + most > limit
            continue
        budget.settle(Amount(most), Amount(min(actual, most)))
        spent += min(actual, most)
        assert Ledger(root).spent("essai", Network.X).posts == spent <= limit


def test_campaigns_and_networks_do_not_share(tmp_path) -> None:
    ledger = Ledger(tmp_path)
    ledger.budget(campaign(budget_posts=100), Network.X).reserve(CALL)
    other = Campaign("autre", "Autre", budget_posts=100)
    ledger.budget(other, Network.X).reserve(CALL)
    assert ledger.spent("essai", Network.X) == ledger.spent("autre", Network.X) == CALL
    assert ledger.spent("essai", Network.REDDIT) == Amount()
