"""Clearance: recorded when the outcome changes, and only then."""

import msgspec
import pytest

from licenses.domain.policy.model import Condition
from licenses.domain.shipment import DECIDER
from licenses.domain.shipment.commands import AssessClearance
from licenses.domain.shipment.events import ClearanceAssessed
from licenses.domain.shipment.state import Cleared, Requested
from tests.licenses.domain.shipment.cases import (
    FILED,
    HISTORIES,
    REQUESTED,
    assessed,
    assessing,
)
from tests.support.deciding import given

COMMAND = AssessClearance()
FAILING = assessed(C8="not_prepaid")


def test_all_twelve_hold() -> None:
    given(DECIDER, REQUESTED).when(COMMAND, assessing()).then(assessed())

    assert isinstance(DECIDER.fold([REQUESTED, assessed()]), Cleared)


@pytest.mark.parametrize("condition", list(Condition))
def test_a_single_failure_keeps_the_goods_here(condition: Condition) -> None:
    failing = {condition.value: "fails"}
    given(DECIDER, REQUESTED).when(COMMAND, assessing(**failing)).then(assessed(**failing))

    assert isinstance(DECIDER.fold([REQUESTED, assessed(**failing)]), Requested)


def test_a_clearance_is_lost_again() -> None:
    given(DECIDER, REQUESTED, assessed()).when(COMMAND, assessing(C8="not_prepaid")).then(FAILING)

    state = DECIDER.fold([REQUESTED, FILED, assessed(), FAILING])
    assert isinstance(state, Requested)
    assert state.clearance == FAILING.clearance
    assert state.papers.filing == FILED.filing


@pytest.mark.parametrize("before", [assessed(), FAILING])
def test_the_same_outcome_leaves_no_event(before: ClearanceAssessed) -> None:
    facts = msgspec.structs.replace(assessing(), verdicts=before.clearance.verdicts)
    given(DECIDER, REQUESTED, before).when(COMMAND, facts).then()


def test_new_evidence_of_the_same_outcome_leaves_no_event() -> None:
    verdicts = tuple(
        msgspec.structs.replace(verdict, evidence=(), reason="In other words.")
        for verdict in assessed().clearance.verdicts
    )
    facts = msgspec.structs.replace(assessing(), verdicts=verdicts)

    given(DECIDER, REQUESTED, assessed()).when(COMMAND, facts).then()


def test_another_failure_is_another_outcome() -> None:
    after = {"C8": "escrow_short"}
    given(DECIDER, REQUESTED, FAILING).when(COMMAND, assessing(**after)).then(assessed(**after))


def test_another_edition_is_another_outcome() -> None:
    facts = msgspec.structs.replace(assessing(), edition="rule-2026")
    (event,) = given(DECIDER, REQUESTED, assessed()).when(COMMAND, facts).events

    assert isinstance(event, ClearanceAssessed)
    assert event.clearance.edition == "rule-2026"


def test_nothing_is_cleared_because_nobody_looked() -> None:
    facts = msgspec.structs.replace(assessing(), verdicts=assessing().verdicts[:11])
    with pytest.raises(LookupError):
        given(DECIDER, REQUESTED).when(COMMAND, facts)


@pytest.mark.parametrize(
    ("stage", "code"),
    [
        ("not requested", "shipment_not_requested"),
        ("dispatched", "shipment_already_dispatched"),
        ("cancelled", "shipment_not_open"),
    ],
)
def test_only_goods_that_wait_are_judged(stage: str, code: str) -> None:
    given(DECIDER, *HISTORIES[stage]).when(COMMAND, assessing()).refused(code)
