"""Disqualification: proposed by one officer, confirmed by a second natural person, at any time."""

import pytest
from msgspec.structs import replace

from audits.kernel import Role
from licenses.domain.laboratory import DECIDER
from licenses.domain.laboratory.commands import ConfirmDisqualification, ProposeDisqualification
from licenses.domain.laboratory.events import DisqualificationProposed, LaboratoryDisqualified
from licenses.domain.laboratory.state import Disqualified
from tests.licenses.domain.laboratory.scenes import (
    ACCREDITING,
    CONFIRM,
    CONFIRMING,
    HISTORIES,
    PROPOSE,
    PROPOSING,
    REASON,
    ROTATING,
    acting,
)
from tests.support.deciding import Step, given, once_and_again
from tests.support.people import OFFICER, SECOND_OFFICER

PROPOSED = DisqualificationProposed(reason=REASON, by=OFFICER.person_id)
DISQUALIFIED = LaboratoryDisqualified(
    reason=REASON, proposed_by=OFFICER.person_id, by=SECOND_OFFICER.person_id
)
OTHER = "Its headquarters moved abroad."


def test_two_officers_end_an_accreditation() -> None:
    accredited = HISTORIES["accredited"]
    given(DECIDER, *accredited).when(PROPOSE, acting(OFFICER)).then(PROPOSED)
    confirmed = given(DECIDER, *accredited, PROPOSED).when(CONFIRM, acting(SECOND_OFFICER))
    events = confirmed.then(DISQUALIFIED)
    assert isinstance(DECIDER.fold([*accredited, PROPOSED, *events]), Disqualified)


def test_nobody_confirms_a_proposal_of_their_own() -> None:
    proposed = given(DECIDER, *HISTORIES["proposed"])
    proposed.when(CONFIRM, acting(OFFICER)).refused("four_eyes")
    disguised = replace(OFFICER, role=Role.SYSTEM, agency="DOE")
    proposed.when(CONFIRM, acting(disguised)).refused("four_eyes")


def test_one_proposal_at_a_time() -> None:
    proposed = given(DECIDER, *HISTORIES["proposed"])
    proposed.when(PROPOSE, acting(OFFICER)).then()
    again = proposed.when(PROPOSE, acting(SECOND_OFFICER))
    again.refused("disqualification_already_proposed")
    other = proposed.when(ProposeDisqualification(reason=OTHER), acting(OFFICER))
    other.refused("disqualification_already_proposed")


def test_what_is_confirmed_is_what_was_proposed() -> None:
    command = ConfirmDisqualification(reason=OTHER)
    outcome = given(DECIDER, *HISTORIES["proposed"]).when(command, acting(SECOND_OFFICER))
    outcome.refused("disqualification_reason_differs")


@pytest.mark.parametrize("name", ["accredited", "rotated"])
def test_without_a_proposal_there_is_nothing_to_confirm(name: str) -> None:
    outcome = given(DECIDER, *HISTORIES[name]).when(CONFIRM, acting(SECOND_OFFICER))
    outcome.refused("disqualification_not_proposed")


def test_a_repeat_changes_nothing() -> None:
    disqualified = given(DECIDER, *HISTORIES["disqualified"])
    disqualified.when(CONFIRM, acting(SECOND_OFFICER)).then()
    other = disqualified.when(ConfirmDisqualification(reason=OTHER), acting(SECOND_OFFICER))
    other.refused("laboratory_not_accredited")


@pytest.mark.parametrize("name", ["not accredited", "disqualified"])
def test_only_an_accreditation_can_be_ended(name: str) -> None:
    outcome = given(DECIDER, *HISTORIES[name]).when(PROPOSE, acting(OFFICER))
    outcome.refused("laboratory_not_accredited")


def test_nobody_was_accredited() -> None:
    given(DECIDER).when(CONFIRM, acting(SECOND_OFFICER)).refused("laboratory_not_accredited")


STEPS: dict[str, Step] = {
    "accredit": ACCREDITING,
    "rotate": ROTATING,
    "propose": PROPOSING,
    "confirm": CONFIRMING,
}


def test_every_command_is_tried() -> None:
    assert {type(command) for command, _ in STEPS.values()} == set(DECIDER.decisions)


@pytest.mark.parametrize("name", HISTORIES)
@pytest.mark.parametrize("step", STEPS)
def test_events_or_a_refusal_and_a_repeat_adds_nothing(name: str, step: str) -> None:
    outcome, repeat = once_and_again(DECIDER, HISTORIES[name], STEPS[step])
    assert (repeat.refusal is None) == (outcome.refusal is None)


def test_a_history_out_of_order_is_a_bug_and_rises() -> None:
    with pytest.raises(TypeError, match="cannot follow NotAccredited"):
        DECIDER.fold([PROPOSED])
