"""Refunds: proposed by one officer, waived by a second natural person, paid by the bank."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from audits.kernel import Role
from licenses.domain.escrow import DECIDER
from licenses.domain.escrow.commands import ProposeRefund
from licenses.domain.escrow.events import RefundPaid, RefundProposed, RefundWaived
from licenses.domain.escrow.state import Closed, Closing
from tests.licenses.domain.escrow.scenes import (
    BUYER,
    HISTORIES,
    LICENSE,
    OPENING,
    PAYING,
    PRICE_CENTS,
    PROPOSE,
    PROPOSING,
    REASON,
    TODAY,
    acting,
    history,
    refund_paid,
    release,
    waiver,
    waiving,
)
from tests.licenses.domain.policy.deals import BRIEF
from tests.support.deciding import given
from tests.support.people import BANK, OFFICER, SECOND_OFFICER, SYSTEM

CITATION = BRIEF.prepayment.citation
PROPOSED = RefundProposed(
    license_id=LICENSE,
    amount_cents=PRICE_CENTS,
    currency="USD",
    reason=REASON,
    by=OFFICER.person_id,
)
WAIVED = RefundWaived(
    license_id=LICENSE,
    amount_cents=PRICE_CENTS,
    currency="USD",
    reason=REASON,
    proposed_by=OFFICER.person_id,
    by=SECOND_OFFICER.person_id,
)
PAID = RefundPaid(
    license_id=LICENSE,
    amount_cents=PRICE_CENTS,
    currency="USD",
    bank_reference="P1",
    paid_on=TODAY,
)
CLOSED = ["released", "forfeited", "refund waived", "refunded"]

# Proposing


@pytest.mark.parametrize(
    ("name", "held_cents"),
    [
        ("partly paid", 400_00),
        ("funded", PRICE_CENTS),
        ("overpaid", PRICE_CENTS),
        ("partly released", PRICE_CENTS - 300_00),
    ],
)
def test_a_proposal_is_for_everything_held(name: str, held_cents: int) -> None:
    outcome = given(DECIDER, *HISTORIES[name]).when(PROPOSE, acting(OFFICER))
    outcome.then(replace(PROPOSED, amount_cents=held_cents))


@pytest.mark.parametrize("name", ["awaiting funds", "set aside"])
def test_nothing_held_is_nothing_to_refund(name: str) -> None:
    outcome = given(DECIDER, *HISTORIES[name]).when(PROPOSE, acting(OFFICER))
    outcome.refused("nothing_to_refund", citation=CITATION)


def test_the_same_proposal_again_changes_nothing() -> None:
    given(DECIDER, *HISTORIES["refund proposed"]).when(PROPOSE, acting(OFFICER)).then()


def test_one_proposal_at_a_time() -> None:
    proposed = given(DECIDER, *HISTORIES["refund proposed"])
    proposed.when(PROPOSE, acting(SECOND_OFFICER)).refused("refund_already_proposed")
    other = ProposeRefund(reason="Another reason.")
    proposed.when(other, acting(OFFICER)).refused("refund_already_proposed", citation=CITATION)


def test_a_proposal_overtaken_by_a_release_is_replaced() -> None:
    overtaken = history(OPENING, PAYING, PROPOSING, (release(1), acting(SYSTEM)))
    outcome = given(DECIDER, *overtaken).when(PROPOSE, acting(OFFICER))
    outcome.then(replace(PROPOSED, amount_cents=PRICE_CENTS - 1))


@pytest.mark.parametrize("name", CLOSED)
def test_nothing_is_proposed_once_closed(name: str) -> None:
    outcome = given(DECIDER, *HISTORIES[name]).when(PROPOSE, acting(OFFICER))
    outcome.refused("escrow_closed", citation=CITATION)


# Waiving


def test_a_second_person_waives_and_closes_the_escrow() -> None:
    proposed = HISTORIES["refund proposed"]
    events = given(DECIDER, *proposed).when(waiver(), waiving(SECOND_OFFICER)).then(WAIVED)
    state = DECIDER.fold([*proposed, *events])
    assert isinstance(state, Closed)
    assert (state.how, state.books.held_cents) == (Closing.REFUND_WAIVED, PRICE_CENTS)


def test_nobody_confirms_a_proposal_of_their_own() -> None:
    outcome = given(DECIDER, *HISTORIES["refund proposed"]).when(waiver(), waiving(OFFICER))
    outcome.refused("four_eyes", citation=CITATION)


def test_a_waiver_pays_nobody_back_who_is_not_cleared() -> None:
    proposed = given(DECIDER, *HISTORIES["refund proposed"])
    outcome = proposed.when(waiver(), waiving(SECOND_OFFICER, BUYER))
    outcome.refused("payer_not_screened", citation="31 CFR 501.603")


def test_another_role_or_agency_does_not_make_another_person() -> None:
    disguised = replace(OFFICER, role=Role.SYSTEM, organization_id=BANK.organization_id, agency="X")
    outcome = given(DECIDER, *HISTORIES["refund proposed"]).when(waiver(), waiving(disguised))
    outcome.refused("four_eyes")


@pytest.mark.parametrize("amount_cents", [PRICE_CENTS - 1, PRICE_CENTS + 1])
def test_a_waiver_names_the_proposed_amount(amount_cents: int) -> None:
    outcome = given(DECIDER, *HISTORIES["refund proposed"]).when(
        waiver(amount_cents), waiving(SECOND_OFFICER)
    )
    outcome.refused("refund_amount_changed", citation=CITATION)


@pytest.mark.parametrize("amount_cents", [PRICE_CENTS - 1, PRICE_CENTS])
def test_a_release_in_between_voids_the_proposal(amount_cents: int) -> None:
    overtaken = history(OPENING, PAYING, PROPOSING, (release(1), acting(SYSTEM)))
    outcome = given(DECIDER, *overtaken).when(waiver(amount_cents), waiving(SECOND_OFFICER))
    outcome.refused("refund_amount_changed", citation=CITATION)


@pytest.mark.parametrize("name", ["awaiting funds", "partly paid", "funded", "partly released"])
def test_without_a_proposal_there_is_nothing_to_confirm(name: str) -> None:
    outcome = given(DECIDER, *HISTORIES[name]).when(waiver(), waiving(SECOND_OFFICER))
    outcome.refused("refund_not_proposed", citation=CITATION)


@pytest.mark.parametrize("name", ["released", "forfeited"])
def test_nothing_is_waived_once_closed(name: str) -> None:
    outcome = given(DECIDER, *HISTORIES[name]).when(waiver(), waiving(SECOND_OFFICER))
    outcome.refused("escrow_closed", citation=CITATION)


@pytest.mark.parametrize("name", ["refund waived", "refunded"])
def test_the_same_waiver_again_changes_nothing(name: str) -> None:
    waived = given(DECIDER, *HISTORIES[name])
    waived.when(waiver(), waiving(SECOND_OFFICER)).then()
    waived.when(waiver(1), waiving(SECOND_OFFICER)).refused("refund_amount_changed")


# Paying


def test_the_bank_pays_what_was_waived() -> None:
    waived = HISTORIES["refund waived"]
    events = given(DECIDER, *waived).when(refund_paid(), acting(BANK)).then(PAID)
    state = DECIDER.fold([*waived, *events])
    assert isinstance(state, Closed)
    assert (state.how, state.books.held_cents) == (Closing.REFUNDED, 0)


@pytest.mark.parametrize(
    "name",
    [
        *("awaiting funds", "partly paid", "set aside", "funded", "overpaid", "partly released"),
        *("released", "forfeited", "refund proposed"),
    ],
)
def test_no_refund_without_a_waiver(name: str) -> None:
    outcome = given(DECIDER, *HISTORIES[name]).when(refund_paid(), acting(BANK))
    outcome.refused("refund_needs_waiver", citation=CITATION)


@pytest.mark.parametrize("name", ["refund waived", "refunded"])
@pytest.mark.parametrize("amount_cents", [PRICE_CENTS - 1, PRICE_CENTS + 1])
def test_no_other_amount_is_paid(name: str, amount_cents: int) -> None:
    outcome = given(DECIDER, *HISTORIES[name]).when(refund_paid(amount_cents), acting(BANK))
    outcome.refused("refund_amount_wrong", citation=CITATION)


def test_a_payment_is_reported_once_made() -> None:
    tomorrow = refund_paid(paid_on=TODAY + timedelta(days=1))
    outcome = given(DECIDER, *HISTORIES["refund waived"]).when(tomorrow, acting(BANK))
    outcome.refused("payment_day_ahead")


def test_a_refund_is_paid_once() -> None:
    refunded = given(DECIDER, *HISTORIES["refunded"])
    refunded.when(refund_paid(), acting(BANK)).then()
    other = refund_paid(reference="P2")
    refunded.when(other, acting(BANK)).refused("refund_already_paid", citation=CITATION)


@pytest.mark.parametrize("command", [PROPOSE, waiver(), refund_paid()])
def test_an_escrow_must_be_open(command: ProposeRefund) -> None:
    given(DECIDER).when(command, acting(OFFICER)).refused("escrow_not_opened")
