"""Instructing: one payment of the whole amount at a time."""

import pytest

from licenses.domain.remittance import DECIDER
from licenses.domain.remittance.commands import InstructRemittance
from licenses.domain.remittance.events import RemittanceInstructed, Source
from tests.licenses.domain.remittance.scenes import (
    CITATION,
    DUE_CENTS,
    EXPORTER_ID,
    HISTORIES,
    SHIPMENT,
    acting,
    instruct,
)
from tests.support.deciding import given
from tests.support.people import BANK


def instructed(reference: str = "T1") -> RemittanceInstructed:
    return RemittanceInstructed(
        shipment_id=SHIPMENT,
        exporter_id=EXPORTER_ID,
        source=Source.ESCROW,
        bank_reference=reference,
        amount_cents=DUE_CENTS,
        currency="USD",
    )


def test_the_whole_amount_is_earmarked() -> None:
    given(DECIDER, *HISTORIES["assessed"]).when(instruct(), acting(BANK)).then(instructed())


@pytest.mark.parametrize(
    "command",
    [
        instruct(amount_cents=DUE_CENTS - 1),
        instruct(amount_cents=DUE_CENTS + 1),
        instruct(currency="EUR"),
    ],
)
@pytest.mark.parametrize("name", ["assessed", "instructed"])
def test_no_other_amount(name: str, command: InstructRemittance) -> None:
    outcome = given(DECIDER, *HISTORIES[name]).when(command, acting(BANK))
    outcome.refused("remittance_amount_wrong", citation=CITATION)


@pytest.mark.parametrize("name", ["instructed", "confirmed", "reconciled"])
def test_a_repeat_changes_nothing_and_a_second_payment_is_refused(name: str) -> None:
    outcome = given(DECIDER, *HISTORIES[name])
    outcome.when(instruct(), acting(BANK)).then()
    second = outcome.when(instruct("T2"), acting(BANK))
    second.refused("remittance_already_instructed", citation=CITATION)


def test_nothing_due_is_not_paid() -> None:
    outcome = given(DECIDER, *HISTORIES["nothing due"]).when(instruct(), acting(BANK))
    outcome.refused("remittance_already_instructed")


def test_after_a_return_a_new_reference_is_needed() -> None:
    returned = given(DECIDER, *HISTORIES["returned"])
    returned.when(instruct(), acting(BANK)).refused("remittance_returned", citation=CITATION)
    returned.when(instruct("T2"), acting(BANK)).then(instructed("T2"))


def test_the_levy_must_be_assessed() -> None:
    given(DECIDER).when(instruct(), acting(BANK)).refused("remittance_not_assessed")
