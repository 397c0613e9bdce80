"""ConfirmApproval to ExpireApproval: a second officer approves, one ends it."""

from typing import Any

import pytest

from audits.kernel import Event, Facts, ImpossibleHistoryError
from customers.domain.customer import DECIDER
from customers.domain.customer.commands import (
    ConfirmApproval,
    ExpireApproval,
    RejectCustomer,
    RevokeApproval,
)
from customers.domain.customer.events import (
    ApprovalExpired,
    ApprovalRevoked,
    ApprovalSuspended,
    CustomerRejected,
)
from customers.domain.customer.state import Approved, Barred, Pending, Unregistered
from customers.domain.customer.values import Approval, Bar, SuspensionCause
from tests.customers.domain.customer.approvals import PROPOSE, PROPOSED, SECOND, TICK
from tests.customers.histories import (
    APPROVED,
    EDITION,
    EXPIRES_AT,
    HIT,
    NEXT_LIST,
    READY,
    approval_facts,
    approved,
    proposed,
    screened,
)
from tests.support.deciding import given
from tests.support.people import NOON, OFFICER, SECOND_OFFICER, SYSTEM

CONFIRM = ConfirmApproval(expires_at=EXPIRES_AT)
REJECT = RejectCustomer(reason="Not credible")
REVOKE = RevokeApproval(reason="Resold the goods")
REJECTED = CustomerRejected(reason="Not credible", by=OFFICER.person_id)
REVOKED = ApprovalRevoked(reason="Resold the goods", by=OFFICER.person_id)


# -- Confirmation


def test_a_second_officer_approves() -> None:
    given(DECIDER, *PROPOSED).when(CONFIRM, SECOND).then(approved())
    state = DECIDER.fold(APPROVED)
    assert isinstance(state, Approved)
    assert state.file.proposal is None
    assert state.approval == Approval(
        expires_at=EXPIRES_AT,
        proposed_by=OFFICER.person_id,
        confirmed_by=SECOND_OFFICER.person_id,
        edition=EDITION,
    )


def test_nobody_confirms_a_proposal_of_their_own() -> None:
    given(DECIDER, *PROPOSED).when(CONFIRM, approval_facts()).refused("four_eyes")


def test_only_what_was_proposed_can_be_confirmed() -> None:
    refusal = (
        given(DECIDER, *PROPOSED)
        .when(ConfirmApproval(expires_at=EXPIRES_AT - TICK), SECOND)
        .refused("approval_differs")
    )
    assert refusal.extra == {"proposed_expires_at": EXPIRES_AT.isoformat()}
    given(DECIDER, *READY).when(CONFIRM, SECOND).refused("approval_not_proposed")


def test_confirming_again_changes_nothing() -> None:
    given(DECIDER, *APPROVED).when(CONFIRM, SECOND).then()


def test_confirming_what_somebody_else_confirmed_is_refused() -> None:
    given(DECIDER, *APPROVED).when(CONFIRM, approval_facts()).refused("approval_not_proposed")
    given(DECIDER, *APPROVED).when(ConfirmApproval(expires_at=NOON + TICK), SECOND).refused(
        "approval_not_proposed"
    )


def test_everything_must_still_hold_when_confirming() -> None:
    given(DECIDER, *PROPOSED, screened(HIT)).when(CONFIRM, SECOND).refused("hits_open")
    given(DECIDER, *PROPOSED).when(
        CONFIRM, approval_facts(SECOND_OFFICER, newest_list_sha256=NEXT_LIST)
    ).refused("customer_incomplete")
    given(DECIDER, *PROPOSED).when(CONFIRM, approval_facts(SECOND_OFFICER, now=EXPIRES_AT)).refused(
        "expiry_not_in_future"
    )
    given(DECIDER, *PROPOSED).when(
        CONFIRM, approval_facts(SECOND_OFFICER, now=EXPIRES_AT - TICK)
    ).then(approved())


# -- The end of an approval


def test_an_officer_rejects_a_customer_for_good() -> None:
    given(DECIDER, *READY).when(REJECT).then(REJECTED)
    state = DECIDER.fold((*READY, REJECTED))
    assert isinstance(state, Barred)
    assert (state.bar, state.reason, state.by) == (
        Bar.REJECTED,
        "Not credible",
        OFFICER.person_id,
    )


def test_an_officer_revokes_an_approval_for_good() -> None:
    given(DECIDER, *APPROVED).when(REVOKE).then(REVOKED)
    state = DECIDER.fold((*APPROVED, REVOKED))
    assert isinstance(state, Barred)
    assert state.bar is Bar.REVOKED


def test_rejecting_and_revoking_again_change_nothing() -> None:
    given(DECIDER, *READY, REJECTED).when(REJECT).then()
    given(DECIDER, *APPROVED, REVOKED).when(REVOKE).then()


def test_what_is_approved_is_revoked_and_what_is_not_is_rejected() -> None:
    given(DECIDER, *APPROVED).when(REJECT).refused("customer_already_approved")
    given(DECIDER, *READY).when(REVOKE).refused("customer_not_approved", citation="91 FR 1684")
    given(DECIDER, *READY, REJECTED).when(REVOKE).refused("customer_barred")
    given(DECIDER, *APPROVED, REVOKED).when(REJECT).refused("customer_barred")
    for command in (REJECT, REVOKE):
        given(DECIDER).when(command).refused("customer_not_registered")


def test_a_barred_customer_is_neither_proposed_nor_confirmed() -> None:
    for command in (PROPOSE, CONFIRM):
        given(DECIDER, *PROPOSED, REJECTED).when(command, SECOND).refused("customer_barred")
        given(DECIDER).when(command, SECOND).refused("customer_not_registered")


def at(moment: Any) -> Facts:
    return Facts(now=moment, actor=SYSTEM)


def test_an_approval_ends_at_its_moment_and_not_before() -> None:
    expired = ApprovalExpired(expired_at=EXPIRES_AT)
    given(DECIDER, *APPROVED).when(ExpireApproval(), at(EXPIRES_AT - TICK)).refused(
        "approval_not_due"
    )
    given(DECIDER, *APPROVED).when(ExpireApproval(), at(EXPIRES_AT)).then(expired)
    given(DECIDER, *APPROVED).when(ExpireApproval(), at(EXPIRES_AT + TICK)).then(expired)


def test_where_no_approval_is_in_force_none_runs_out() -> None:
    expired = ApprovalExpired(expired_at=EXPIRES_AT)
    for history in (READY, (*APPROVED, expired), (*READY, REJECTED)):
        given(DECIDER, *history).when(ExpireApproval(), at(EXPIRES_AT)).then()
    given(DECIDER).when(ExpireApproval(), at(EXPIRES_AT)).refused("customer_not_registered")


@pytest.mark.parametrize(
    "end",
    [
        ApprovalExpired(expired_at=EXPIRES_AT),
        ApprovalSuspended(cause=SuspensionCause.NEW_HIT, hit_ids=(HIT.hit_id,)),
    ],
)
def test_after_its_end_an_approval_may_be_given_anew(end: Event) -> None:
    state = DECIDER.fold((*APPROVED, end))
    assert isinstance(state, Pending)
    given(DECIDER, *APPROVED, end).when(PROPOSE, approval_facts()).then(proposed())


# -- Histories that cannot be


@pytest.mark.parametrize("history", [(), (*READY, REJECTED)])
def test_a_damaged_stream_is_not_folded(history: tuple[Event, ...]) -> None:
    with pytest.raises(ImpossibleHistoryError, match="CustomerApproved cannot follow"):
        DECIDER.fold((*history, approved()))


def test_the_first_state_is_unregistered() -> None:
    assert isinstance(DECIDER.initial, Unregistered)
