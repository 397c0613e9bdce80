"""A halt: set by anybody who watches, lifted by two."""

from typing import Any, Final

import pytest
from msgspec.structs import replace

from audits.domain.halt import DECIDER
from audits.domain.halt.commands import ConfirmLift, HaltKind, ProposeLift, SetHalt
from audits.domain.halt.events import HaltEvent, HaltLifted, HaltLiftProposed, HaltSet
from audits.kernel import Facts
from tests.support.deciding import cells, given, outcome_of, states_of
from tests.support.people import AUDITOR, NOON, OFFICER, identity

SET: Final = HaltSet(kind=HaltKind.MONEY, reason="Does not add up", finding_id=identity("f"))
PROPOSED: Final = HaltLiftProposed(reason="It does now", by=AUDITOR.person_id)
LIFTED: Final = HaltLifted(
    reason="It does now", proposed_by=AUDITOR.person_id, by=OFFICER.person_id
)
STOP: Final = SetHalt(kind=HaltKind.MONEY, reason="Does not add up", finding_id=identity("f"))
HISTORIES: Final[dict[str, tuple[Any, ...]]] = {
    "never set": (),
    "halted": (SET,),
    "proposed": (SET, PROPOSED),
    "lifted": (SET, PROPOSED, LIFTED),
}
BY_OFFICER: Final = Facts(now=NOON, actor=OFFICER)
ATTEMPTS: Final[dict[str, tuple[Any, Facts]]] = {
    "set": (replace(STOP, reason="Another"), BY_OFFICER),
    "propose": (ProposeLift(reason="It does now"), BY_OFFICER),
    "confirm": (ConfirmLift(reason="It does now"), BY_OFFICER),
}
EXPECTED: Final = {
    "set": ("HaltSet", "HaltSet", "HaltSet", "HaltSet"),
    "propose": ("not_halted", "HaltLiftProposed", "lift_already_proposed", "not_halted"),
    "confirm": ("not_halted", "lift_not_proposed", "HaltLifted", ""),
}


@pytest.mark.parametrize(("name", "state", "outcome"), cells(EXPECTED, HISTORIES))
def test_every_command_in_every_state(name: str, state: str, outcome: str) -> None:
    assert outcome_of(DECIDER, HISTORIES[state], ATTEMPTS[name]) == outcome


def test_each_history_ends_in_the_state_of_its_name() -> None:
    assert states_of(DECIDER, HISTORIES) == ["NeverSet", "Halted", "Halted", "Lifted"]


@pytest.mark.parametrize("name", ["never set", "lifted"])
@pytest.mark.parametrize("event", [PROPOSED, LIFTED])
def test_what_cannot_follow_is_never_folded(name: str, event: HaltEvent) -> None:
    with pytest.raises(TypeError, match="cannot follow"):
        DECIDER.fold([*HISTORIES[name], event])


def test_the_same_halt_is_set_once() -> None:
    given(DECIDER, SET).when(STOP, BY_OFFICER).then()


def test_another_reason_to_halt_voids_a_proposal_to_lift() -> None:
    another = replace(SET, reason="Another")
    given(DECIDER, SET, PROPOSED, another).when(
        ConfirmLift(reason="It does now"), BY_OFFICER
    ).refused("lift_not_proposed")


def test_who_proposes_to_lift_does_not_confirm() -> None:
    given(DECIDER, SET, PROPOSED).when(
        ConfirmLift(reason="It does now"), Facts(now=NOON, actor=AUDITOR)
    ).refused("four_eyes")


def test_exactly_what_was_proposed_is_confirmed() -> None:
    given(DECIDER, SET, PROPOSED).when(ConfirmLift(reason="Because"), BY_OFFICER).refused(
        "lift_reason_differs"
    )


def test_a_repeated_proposal_changes_nothing() -> None:
    given(DECIDER, SET, PROPOSED).when(
        ProposeLift(reason="It does now"), Facts(now=NOON, actor=AUDITOR)
    ).then()
