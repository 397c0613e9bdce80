"""Confirming: the treasury's own reference, once, for exactly the amount."""

from datetime import timedelta

import pytest

from licenses.domain.remittance import DECIDER
from licenses.domain.remittance.commands import ConfirmRemittance
from licenses.domain.remittance.events import ReferenceKind, RemittanceConfirmed, Source
from tests.licenses.domain.remittance.scenes import (
    CITATION,
    DUE_CENTS,
    EXPORTER_ID,
    HISTORIES,
    IMAD,
    SHIPMENT,
    TODAY,
    confirm,
    confirm_facts,
)
from tests.support.deciding import given
from tests.support.people import identity

INSTRUCTED = HISTORIES["instructed"]


def confirmed(
    kind: ReferenceKind = ReferenceKind.FEDWIRE, reference: str = IMAD
) -> RemittanceConfirmed:
    return RemittanceConfirmed(
        shipment_id=SHIPMENT,
        exporter_id=EXPORTER_ID,
        source=Source.ESCROW,
        bank_reference="T1",
        reference_kind=kind,
        reference=reference,
        amount_cents=DUE_CENTS,
        currency="USD",
        paid_on=TODAY,
    )


@pytest.mark.parametrize(
    ("kind", "reference"),
    [
        (ReferenceKind.FEDWIRE, IMAD),
        (ReferenceKind.ACH, "091000012345678"),
        (ReferenceKind.PAY_GOV, "27ABCD12"),
        (ReferenceKind.PAY_GOV, "A" * 21),
        (ReferenceKind.CBP_ENTRY, "AB112345678"),
    ],
)
def test_each_kind_of_reference(kind: ReferenceKind, reference: str) -> None:
    command = confirm(reference_kind=kind, reference=reference)
    given(DECIDER, *INSTRUCTED).when(command, confirm_facts()).then(confirmed(kind, reference))


def test_dashes_do_not_make_another_reference() -> None:
    command = confirm(reference_kind=ReferenceKind.CBP_ENTRY, reference="AB1-1234567-8")
    outcome = given(DECIDER, *INSTRUCTED).when(command, confirm_facts())
    outcome.then(confirmed(ReferenceKind.CBP_ENTRY, "AB112345678"))


@pytest.mark.parametrize(
    ("kind", "reference"),
    [
        (ReferenceKind.FEDWIRE, "20261323MMQFMP3K000123"),  # month 13
        (ReferenceKind.FEDWIRE, "20261123MMQFMP3K00012"),
        (ReferenceKind.FEDWIRE, "20261123MMQFMP3K0001234"),
        (ReferenceKind.ACH, "09100001234567"),
        (ReferenceKind.ACH, "0910000123456789"),
        (ReferenceKind.PAY_GOV, "27ABCD1"),
        (ReferenceKind.PAY_GOV, "A" * 22),
        (ReferenceKind.CBP_ENTRY, "AB11234567"),
        (ReferenceKind.CBP_ENTRY, "AB1123456789"),
        (ReferenceKind.CBP_ENTRY, "AB1X2345678"),
    ],
)
def test_a_reference_must_have_the_form_of_its_kind(kind: ReferenceKind, reference: str) -> None:
    command = confirm(reference_kind=kind, reference=reference)
    outcome = given(DECIDER, *INSTRUCTED).when(command, confirm_facts())
    outcome.refused("remittance_reference_malformed", citation=CITATION)


def test_one_payment_confirms_one_remittance() -> None:
    used = confirm_facts(reference_used_by_shipment_id=identity("shipment/other"))
    outcome = given(DECIDER, *INSTRUCTED).when(confirm(), used)
    outcome.refused("remittance_reference_used", citation=CITATION)


@pytest.mark.parametrize(
    "command",
    [
        confirm(amount_cents=DUE_CENTS - 1),
        confirm(amount_cents=DUE_CENTS + 1),
        confirm(currency="EUR"),
    ],
)
@pytest.mark.parametrize("name", ["instructed", "confirmed"])
def test_no_other_amount(name: str, command: ConfirmRemittance) -> None:
    outcome = given(DECIDER, *HISTORIES[name]).when(command, confirm_facts())
    outcome.refused("remittance_amount_wrong", citation=CITATION)


def test_a_payment_is_reported_once_made() -> None:
    tomorrow = confirm(paid_on=TODAY + timedelta(days=1))
    outcome = given(DECIDER, *INSTRUCTED).when(tomorrow, confirm_facts())
    outcome.refused("payment_day_ahead")


@pytest.mark.parametrize("name", ["confirmed", "reconciled"])
def test_a_repeat_changes_nothing_and_another_reference_is_refused(name: str) -> None:
    outcome = given(DECIDER, *HISTORIES[name])
    outcome.when(confirm(), confirm_facts()).then()
    other = confirm(reference="20261123MMQFMP3K000124")
    outcome.when(other, confirm_facts()).refused("remittance_already_confirmed", citation=CITATION)
    kind = confirm(reference_kind=ReferenceKind.PAY_GOV)
    outcome.when(kind, confirm_facts()).refused("remittance_already_confirmed")


@pytest.mark.parametrize("name", ["assessed", "returned"])
def test_only_an_instructed_payment_is_confirmed(name: str) -> None:
    outcome = given(DECIDER, *HISTORIES[name]).when(confirm(), confirm_facts())
    outcome.refused("remittance_not_instructed", citation=CITATION)


def test_nothing_due_is_not_confirmed() -> None:
    outcome = given(DECIDER, *HISTORIES["nothing due"]).when(confirm(), confirm_facts())
    outcome.refused("remittance_already_confirmed", citation=CITATION)


def test_the_levy_must_be_assessed() -> None:
    given(DECIDER).when(confirm(), confirm_facts()).refused("remittance_not_assessed")
