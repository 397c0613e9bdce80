"""Reconciling: assessment, confirmation and ledger agree to the cent, or it stays open."""

import pytest

from licenses.domain.remittance import DECIDER
from licenses.domain.remittance.events import RemittanceReconciled
from licenses.domain.remittance.facts import ReconcileFacts
from tests.licenses.domain.remittance.scenes import (
    CITATION,
    DUE_CENTS,
    HISTORIES,
    RECONCILE,
    SHIPMENT,
    ledger_says,
)
from tests.support.deciding import given

CONFIRMED = HISTORIES["confirmed"]


def test_what_agrees_is_closed() -> None:
    reconciled = RemittanceReconciled(
        shipment_id=SHIPMENT,
        amount_cents=DUE_CENTS,
        currency="USD",
        ledger_due_cents=DUE_CENTS,
        ledger_paid_cents=DUE_CENTS,
    )
    given(DECIDER, *CONFIRMED).when(RECONCILE, ledger_says()).then(reconciled)


@pytest.mark.parametrize(
    "facts",
    [
        ledger_says(due_cents=DUE_CENTS - 1),
        ledger_says(due_cents=DUE_CENTS + 1),
        ledger_says(paid_cents=DUE_CENTS - 1),
        ledger_says(paid_cents=DUE_CENTS + 1),
        ledger_says(due_cents=1, paid_cents=1),
        ledger_says(pending_cents=1),
        ledger_says(due_cents=0, paid_cents=0),
    ],
)
def test_a_cent_of_difference_keeps_it_open(facts: ReconcileFacts) -> None:
    outcome = given(DECIDER, *CONFIRMED).when(RECONCILE, facts)
    outcome.refused("remittance_does_not_reconcile", citation=CITATION)


def test_a_difference_is_told_in_sums_with_their_currency() -> None:
    outcome = given(DECIDER, *CONFIRMED).when(RECONCILE, ledger_says(paid_cents=0, pending_cents=1))
    refusal = outcome.refused("remittance_does_not_reconcile")
    assert refusal.detail == (
        "Assessed USD 250.01; the ledger has USD 250.01 due, USD 0.00 paid, USD 0.01 on the way"
    )


@pytest.mark.parametrize("name", ["reconciled", "nothing due"])
def test_a_repeat_changes_nothing(name: str) -> None:
    given(DECIDER, *HISTORIES[name]).when(RECONCILE, ledger_says()).then()


@pytest.mark.parametrize("name", ["assessed", "instructed", "returned"])
def test_only_what_was_confirmed_is_reconciled(name: str) -> None:
    outcome = given(DECIDER, *HISTORIES[name]).when(RECONCILE, ledger_says())
    outcome.refused("remittance_not_confirmed", citation=CITATION)


def test_the_levy_must_be_assessed() -> None:
    given(DECIDER).when(RECONCILE, ledger_says()).refused("remittance_not_assessed")
