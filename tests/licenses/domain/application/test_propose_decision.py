"""Proposing: one officer says what they would decide, within the limits of a license."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from licenses.domain.application import DECIDER
from licenses.domain.application.commands import ProposeDecision
from licenses.domain.application.events import DecisionProposed
from licenses.domain.application.values import MAX_PROPOSAL_BYTES, LineQuantity, Outcome
from licenses.domain.policy.evaluation import GRANT_CONDITIONS
from licenses.domain.policy.model import Condition
from tests.licenses.domain.application.cases import (
    APPROVAL,
    APPROVE,
    DENY,
    DRAFTED,
    HISTORIES,
    PROPOSED,
    PROPOSED_DENIAL,
    PROVISO,
    RULE,
    SUBMITTED,
    proposing,
    verdicts,
)
from tests.support.deciding import Outcome as Decided
from tests.support.deciding import given
from tests.support.people import EXPORTER, NOON, SECOND_OFFICER

CITATIONS = {
    "expiry_missing": "15 CFR 750.7(g)",
    "expiry_past": "15 CFR 750.7(g)",
    "validity_exceeded": RULE.citation,
}


def propose(command: ProposeDecision = APPROVE, **facts: Any) -> Decided:
    """Propose on an application that was just submitted."""
    return given(DECIDER, DRAFTED, SUBMITTED).when(command, proposing(**facts))


def approve(**changes: Any) -> ProposeDecision:
    return msgspec.structs.replace(APPROVE, **changes)


def test_an_approval_in_whole() -> None:
    propose().then(PROPOSED)


def test_an_approval_in_part() -> None:
    part = (LineQuantity(line=1, quantity=99),)

    (event,) = propose(approve(quantities=part)).events
    assert isinstance(event, DecisionProposed)
    assert event.proposal.quantities == part


@pytest.mark.parametrize("quantity", [1, 100])
def test_up_to_what_was_applied_for(quantity: int) -> None:
    assert propose(approve(quantities=(LineQuantity(line=1, quantity=quantity),))).refusal is None


def test_not_more_than_was_applied_for() -> None:
    refusal = propose(approve(quantities=(LineQuantity(line=1, quantity=101),))).refused(
        "quantity_above_application"
    )
    assert refusal.extra == {"line": 1, "applied": 100}


def test_not_a_line_that_nobody_applied_for() -> None:
    propose(approve(quantities=(LineQuantity(line=3, quantity=1),))).refused("line_unknown")


def test_not_a_line_twice() -> None:
    twice = (LineQuantity(line=1, quantity=1), LineQuantity(line=1, quantity=2))
    propose(approve(quantities=twice)).refused("line_repeated")


def test_not_a_proviso_twice() -> None:
    propose(approve(provisos=(PROVISO, PROVISO))).refused("proviso_repeated")


def test_a_denial_needs_no_verdict() -> None:
    propose(DENY, verdicts=()).then(PROPOSED_DENIAL)


@pytest.mark.parametrize(
    "terms",
    [
        {"provisos": (PROVISO,)},
        {"quantities": (LineQuantity(line=1, quantity=1),)},
        {"expires_at": APPROVE.expires_at},
    ],
)
def test_a_denial_carries_no_terms(terms: dict[str, Any]) -> None:
    propose(msgspec.structs.replace(DENY, **terms)).refused("denial_with_terms")


@pytest.mark.parametrize(
    ("expires_at", "code"),
    [
        (None, "expiry_missing"),
        (NOON - timedelta(days=1), "expiry_past"),
        (NOON, "expiry_past"),
        (NOON + timedelta(microseconds=1), None),
        (NOON + timedelta(days=1461), None),
        (NOON + timedelta(days=1461, microseconds=1), "validity_exceeded"),
    ],
)
def test_how_long_a_license_may_last(expires_at: Any, code: str | None) -> None:
    outcome = propose(approve(expires_at=expires_at))

    assert (outcome.refusal.code if outcome.refusal else None) == code
    if code is not None:
        outcome.refused(code, citation=CITATIONS[code])


def test_the_longest_validity_is_policy() -> None:
    rule = msgspec.structs.replace(RULE, validity_days_at_most=364)
    propose(rule=rule).refused("validity_exceeded", citation=RULE.citation)


def test_every_failing_condition_is_named() -> None:
    failing = verdicts(C2="destination_refused", C4="party_listed", C8="not_prepaid")

    refusal = propose(verdicts=failing).refused("conditions_not_met", citation="Rule of C2")
    assert [(each["condition"], each["code"]) for each in refusal.extra["failing"]] == [
        ("C2", "destination_refused"),
        ("C4", "party_listed"),
    ]
    assert refusal.detail == "C2: Judged C2. C4: Judged C4."


@pytest.mark.parametrize("condition", list(Condition))
def test_only_the_conditions_of_a_grant_are_needed(condition: Condition) -> None:
    outcome = propose(verdicts=verdicts(**{condition.value: "fails"}))

    assert (outcome.refusal is not None) == (condition in GRANT_CONDITIONS)


def test_a_condition_that_nobody_judged_is_an_error() -> None:
    with pytest.raises(LookupError):
        propose(verdicts=verdicts()[:5])


def test_whoever_filed_the_application_does_not_decide_on_it() -> None:
    propose(actor=EXPORTER).refused("four_eyes", citation="Tollgate: four-eyes principle")


def test_a_repeat_changes_nothing() -> None:
    given(DECIDER, DRAFTED, SUBMITTED, PROPOSED).when(APPROVE, proposing(version=3)).then()


def test_a_repeat_by_another_officer_is_a_proposal_of_theirs() -> None:
    theirs = msgspec.structs.replace(APPROVAL, on_version=3, by=SECOND_OFFICER.person_id)

    given(DECIDER, DRAFTED, SUBMITTED, PROPOSED).when(
        APPROVE, proposing(SECOND_OFFICER, version=3)
    ).then(DecisionProposed(proposal=theirs, verdicts=verdicts()))


def test_a_new_proposal_replaces_the_one_before_it() -> None:
    given(DECIDER, DRAFTED, SUBMITTED, PROPOSED).when(DENY, proposing(version=3)).then(
        DecisionProposed(
            proposal=msgspec.structs.replace(PROPOSED_DENIAL.proposal, on_version=3), verdicts=()
        )
    )


@pytest.mark.parametrize("stage", ["draft", "approved", "denied", "returned", "withdrawn"])
def test_only_a_pending_application_is_decided(stage: str) -> None:
    given(DECIDER, *HISTORIES[stage]).when(APPROVE, proposing()).refused("application_not_pending")


def test_the_first_reason_is_required() -> None:
    body = {"outcome": Outcome.DENY, "reasons": []}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body, ProposeDecision)


def test_a_decision_has_room_up_to_the_last_byte() -> None:
    empty = len(msgspec.json.encode(APPROVAL))
    reasons = ("x" * 4000,) * 4
    spare = MAX_PROPOSAL_BYTES - empty - sum(len(reason) for reason in reasons) - 3 * 3
    reasons = (*reasons[:3], "x" * (4000 + spare + len(APPROVAL.reasons[0])))

    (event,) = propose(approve(reasons=reasons)).events
    assert isinstance(event, DecisionProposed)
    assert len(msgspec.json.encode(event.proposal)) == MAX_PROPOSAL_BYTES
    propose(approve(reasons=(*reasons[:3], reasons[3] + "x"))).refused("decision_too_large")
