"""Legal holds: one officer holds at once, two lift, matter by matter."""

from typing import Final

from audits.kernel import Event, Facts
from customers.domain.legal_hold import DECIDER
from customers.domain.legal_hold.commands import LiftLegalHold, PlaceLegalHold, ProposeLifting
from customers.domain.legal_hold.decisions import MOST_MATTERS, HoldFacts
from customers.domain.legal_hold.events import LegalHoldLifted, LegalHoldPlaced, LiftingProposed
from tests.support.deciding import given
from tests.support.people import NOON, OFFICER, SECOND_OFFICER, identity

TARGET: Final = identity("held")
FIRST: Final = OFFICER.person_id
SECOND: Final = SECOND_OFFICER.person_id
WHY: Final = "The agency asked to keep the records"
KNOWN: Final = HoldFacts(now=NOON, actor=OFFICER, target_is_known=True)
AS_SECOND: Final = Facts(now=NOON, actor=SECOND_OFFICER)


def placed(matter: str = "Docket 1") -> LegalHoldPlaced:
    return LegalHoldPlaced(target_id=TARGET, matter=matter, reason=WHY, by=FIRST)


def proposed(matter: str = "Docket 1") -> LiftingProposed:
    return LiftingProposed(matter=matter, reason=WHY, by=FIRST)


def lifted(matter: str = "Docket 1") -> LegalHoldLifted:
    return LegalHoldLifted(matter=matter, proposed_by=FIRST, by=SECOND)


def place(matter: str = "Docket 1") -> PlaceLegalHold:
    return PlaceLegalHold(target_id=TARGET, matter=matter, reason=WHY)


def state_of(*events: Event) -> str:
    return type(DECIDER.fold(events)).__name__


def test_a_hold_is_placed_by_one_officer_and_a_repeat_changes_nothing() -> None:
    given(DECIDER).when(place(), KNOWN).then(placed())
    given(DECIDER, placed()).when(place(), KNOWN).then()


def test_nothing_holds_what_there_is_not() -> None:
    stranger = HoldFacts(now=NOON, actor=OFFICER, target_is_known=False)
    given(DECIDER).when(place(), stranger).refused("target_unknown")


def test_matters_hold_one_by_one_up_to_a_limit() -> None:
    many = [placed(f"Docket {number}") for number in range(MOST_MATTERS)]
    given(DECIDER, *many[:-1]).when(place("Another"), KNOWN).then(placed("Another"))
    given(DECIDER, *many).when(place("Another"), KNOWN).refused("holds_too_many")


def test_two_officers_lift_a_hold() -> None:
    proposal = ProposeLifting(matter="Docket 1", reason=WHY)
    given(DECIDER, placed()).when(proposal).then(proposed())
    given(DECIDER, placed(), proposed()).when(proposal).then()
    given(DECIDER, placed(), proposed()).when(proposal, AS_SECOND).refused(
        "lifting_already_proposed"
    )
    lifting = LiftLegalHold(matter="Docket 1")
    given(DECIDER, placed()).when(lifting, AS_SECOND).refused("lifting_not_proposed")
    given(DECIDER, placed(), proposed()).when(lifting).refused("four_eyes")
    given(DECIDER, placed(), proposed()).when(lifting, AS_SECOND).then(lifted())


def test_what_is_not_held_cannot_be_lifted() -> None:
    for history in ((), (placed("Docket 2"),), (placed(), proposed(), lifted())):
        given(DECIDER, *history).when(LiftLegalHold(matter="Docket 1")).refused("hold_not_placed")
        proposal = ProposeLifting(matter="Docket 1", reason=WHY)
        given(DECIDER, *history).when(proposal).refused("hold_not_placed")


def test_a_target_is_held_until_its_last_matter_is_lifted_and_may_be_held_again() -> None:
    both = (placed(), placed("Docket 2"), proposed(), lifted())
    assert state_of(*both) == "Held"
    last = (*both, proposed("Docket 2"), lifted("Docket 2"))
    assert state_of(*last) == "Lifted"
    given(DECIDER, *last).when(place(), KNOWN).then(placed())
