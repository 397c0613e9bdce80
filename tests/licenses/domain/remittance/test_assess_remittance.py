"""Assessing: the levy on one shipment, exact over all shipments of the license."""

from typing import Any

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st
from msgspec.structs import replace

from licenses.domain.remittance import DECIDER
from licenses.domain.remittance.events import (
    RemittanceAssessed,
    RemittanceReconciled,
    Source,
)
from licenses.domain.remittance.state import Assessed, Reconciled
from tests.licenses.domain.policy.deals import BRIEF, RULE
from tests.licenses.domain.remittance.scenes import (
    ASSESS,
    CITATION,
    EXPORTER_ID,
    HISTORIES,
    LICENSE,
    NOTHING_DUE,
    SHIPMENT,
    assess_facts,
)
from tests.support.deciding import given

ASSESSED = RemittanceAssessed(
    shipment_id=SHIPMENT,
    license_id=LICENSE,
    exporter_id=EXPORTER_ID,
    source=Source.ESCROW,
    amount_cents=250_01,
    currency="USD",
    base_cents=1_000_01,
    cumulative_base_cents=1_000_01,
    cumulative_due_cents=250_01,
    rate_numerator=25,
    rate_denominator=100,
    legal_basis="Share of the sale proceeds for the US Treasury",
    citation=CITATION,
    edition="brief-2026",
)
NOTHING = RemittanceReconciled(
    shipment_id=SHIPMENT, amount_cents=0, currency="USD", ledger_due_cents=0, ledger_paid_cents=0
)


def test_a_quarter_rounded_up() -> None:
    events = given(DECIDER).when(ASSESS, assess_facts()).then(ASSESSED)
    assert isinstance(DECIDER.fold(events), Assessed)


def test_earlier_shipments_count() -> None:
    second = replace(ASSESS, base_cents=1, cumulative_base_cents=1_000_02)
    events = given(DECIDER).when(second, assess_facts(0)).events
    assert events == [
        replace(
            ASSESSED,
            base_cents=1,
            cumulative_base_cents=1_000_02,
            amount_cents=0,
            cumulative_due_cents=250_01,
        ),
        NOTHING,
    ]


def test_where_no_levy_covers_the_product_there_is_nothing_to_wait_for() -> None:
    nothing_due = replace(ASSESSED, amount_cents=0, cumulative_due_cents=0)
    events = given(DECIDER).when(NOTHING_DUE, assess_facts(0)).then(nothing_due, NOTHING)
    assert isinstance(DECIDER.fold(events), Reconciled)


def test_the_importer_owes_the_duty_directly() -> None:
    duty = replace(ASSESS, source=Source.PAYER, levy=RULE.levy, edition=RULE.name)
    outcome = given(DECIDER).when(duty, assess_facts(None))
    expected = replace(
        ASSESSED,
        source=Source.PAYER,
        legal_basis=RULE.levy.legal_basis,
        citation=RULE.levy.citation,
        edition="rule-2026",
    )
    outcome.then(expected)


@pytest.mark.parametrize(
    ("withheld_cents", "told"),
    [(None, "nothing"), (0, "USD 0.00"), (250_00, "USD 250.00"), (250_02, "USD 250.02")],
)
def test_what_was_withheld_must_be_what_is_due(withheld_cents: int | None, told: str) -> None:
    outcome = given(DECIDER).when(ASSESS, assess_facts(withheld_cents))
    refusal = outcome.refused("remittance_not_withheld", citation=CITATION)
    assert refusal.detail == f"Due USD 250.01, withheld at release {told}"


def test_the_sum_so_far_contains_this_shipment() -> None:
    outcome = given(DECIDER).when(replace(ASSESS, cumulative_base_cents=1_000_00), assess_facts())
    outcome.refused("remittance_basis_wrong")


@pytest.mark.parametrize(
    "name", ["assessed", "instructed", "returned", "instructed anew", "confirmed", "reconciled"]
)
def test_a_repeat_changes_nothing_and_other_figures_are_refused(name: str) -> None:
    outcome = given(DECIDER, *HISTORIES[name])
    outcome.when(ASSESS, assess_facts()).then()
    other = replace(ASSESS, cumulative_base_cents=2_000_02)
    outcome.when(other, assess_facts()).refused("remittance_conflict", citation=CITATION)


def test_nothing_due_is_assessed_once_too() -> None:
    outcome = given(DECIDER, *HISTORIES["nothing due"])
    outcome.when(NOTHING_DUE, assess_facts(0)).then()
    outcome.when(ASSESS, assess_facts()).refused("remittance_conflict")


@forall(
    parts=st.lists(st.integers(min_value=1, max_value=10**9), min_size=1, max_size=12),
    numerator=st.integers(min_value=0, max_value=100),
)
def test_the_sum_is_the_levy_on_the_sum(parts: list[int], numerator: int) -> None:
    levy = replace(BRIEF.levy, rate_numerator=numerator)
    gross = due = 0
    for part in parts:
        gross += part
        command: Any = replace(
            ASSESS, levy=levy, source=Source.PAYER, base_cents=part, cumulative_base_cents=gross
        )
        assessed = given(DECIDER).when(command, assess_facts(None)).events[0]
        assert isinstance(assessed, RemittanceAssessed)
        due += assessed.amount_cents
        assert due == assessed.cumulative_due_cents == (gross * numerator + 99) // 100
