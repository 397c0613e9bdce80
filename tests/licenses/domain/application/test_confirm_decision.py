"""Confirming: a second natural person, on exactly what was proposed, under what holds now."""

from datetime import timedelta

import msgspec
import pytest

from audits.kernel import Actor, Role
from licenses.domain.application import DECIDER
from licenses.domain.application.commands import ConfirmDecision
from licenses.domain.application.events import DecisionProposed
from licenses.domain.application.state import Approved, Denied, Filing
from tests.licenses.domain.application.cases import (
    APPROVED,
    CONFIRM,
    DENIAL,
    DENIED,
    DRAFTED,
    EXPIRY,
    HISTORIES,
    PROPOSED,
    PROPOSED_DENIAL,
    SUBMITTED,
    confirming,
    verdicts,
)
from tests.support.deciding import Given, given
from tests.support.people import EXPORTER, OFFICER, SECOND_OFFICER, actor

FILING = Filing(
    exporter_id=EXPORTER.organization_id,
    control_number=SUBMITTED.control_number,
    fingerprint=SUBMITTED.fingerprint,
    submission=SUBMITTED.submission,
    submitted_by=EXPORTER.person_id,
)


def proposed(proposal: DecisionProposed = PROPOSED) -> Given:
    return given(DECIDER, DRAFTED, SUBMITTED, proposal)


def test_an_approval_takes_effect() -> None:
    proposed().when(CONFIRM, confirming()).then(APPROVED)

    state = DECIDER.fold(HISTORIES["approved"])
    assert state == Approved(
        filing=FILING, proposal=PROPOSED.proposal, confirmed_by=SECOND_OFFICER.person_id
    )


def test_a_denial_takes_effect_whatever_the_verdicts() -> None:
    proposed(PROPOSED_DENIAL).when(CONFIRM, confirming(verdicts=())).then(DENIED)

    assert DECIDER.fold(HISTORIES["denied"]) == Denied(
        filing=FILING, proposal=DENIAL, confirmed_by=SECOND_OFFICER.person_id
    )


def test_the_edition_is_that_of_the_confirmation() -> None:
    (event,) = proposed().when(CONFIRM, confirming(edition="rule-2026")).events
    assert event == msgspec.structs.replace(APPROVED, edition="rule-2026")


@pytest.mark.parametrize("person", [OFFICER, EXPORTER])
def test_neither_who_proposed_nor_who_filed_may_confirm(person: Actor) -> None:
    proposed().when(CONFIRM, confirming(person)).refused("four_eyes")


def test_the_same_person_in_another_office_is_still_the_same_person() -> None:
    elsewhere = actor("officer", Role.OFFICER, organization="doe", agency="DOE")
    assert elsewhere.organization_id != OFFICER.organization_id

    proposed().when(CONFIRM, confirming(elsewhere)).refused("four_eyes")


@pytest.mark.parametrize("on_version", [1, 3])
def test_only_the_very_proposal_that_was_read(on_version: int) -> None:
    refusal = (
        proposed()
        .when(ConfirmDecision(on_version=on_version), confirming())
        .refused("proposal_replaced")
    )
    assert refusal.extra == {"on_version": 2}


def test_a_replaced_proposal_cannot_be_confirmed() -> None:
    later = msgspec.structs.replace(DENIAL, on_version=3, by=SECOND_OFFICER.person_id)
    replaced = given(
        DECIDER, DRAFTED, SUBMITTED, PROPOSED, DecisionProposed(proposal=later, verdicts=())
    )

    replaced.when(CONFIRM, confirming(OFFICER)).refused("proposal_replaced")
    replaced.when(ConfirmDecision(on_version=3), confirming(OFFICER)).then(
        msgspec.structs.replace(DENIED, proposal=later, confirmed_by=OFFICER.person_id)
    )


def test_what_held_at_the_proposal_must_hold_now() -> None:
    refusal = (
        proposed()
        .when(CONFIRM, confirming(verdicts=verdicts(C3="approval_expired", C5="cap_exceeded")))
        .refused("conditions_not_met", citation="Rule of C3")
    )
    assert [each["code"] for each in refusal.extra["failing"]] == [
        "approval_expired",
        "cap_exceeded",
    ]


def test_the_expiry_must_still_lie_ahead() -> None:
    moment = timedelta(microseconds=1)

    proposed().when(CONFIRM, confirming(now=EXPIRY - moment)).then(APPROVED)
    proposed().when(CONFIRM, confirming(now=EXPIRY)).refused(
        "expiry_past", citation="15 CFR 750.7(g)"
    )


@pytest.mark.parametrize("stage", ["approved", "denied"])
def test_a_repeat_changes_nothing(stage: str) -> None:
    given(DECIDER, *HISTORIES[stage]).when(CONFIRM, confirming()).then()


@pytest.mark.parametrize("stage", ["approved", "denied"])
def test_a_decision_is_confirmed_by_one_officer_only(stage: str) -> None:
    third = actor("third-officer", Role.OFFICER, organization="bis", agency="BIS")
    given(DECIDER, *HISTORIES[stage]).when(CONFIRM, confirming(third)).refused(
        "application_not_proposed"
    )


@pytest.mark.parametrize("stage", ["draft", "submitted", "returned", "withdrawn"])
def test_there_must_be_a_proposal(stage: str) -> None:
    given(DECIDER, *HISTORIES[stage]).when(CONFIRM, confirming()).refused(
        "application_not_proposed"
    )
