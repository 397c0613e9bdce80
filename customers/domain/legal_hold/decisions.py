"""Decisions on legal holds: one officer holds, two lift."""

from typing import Final

from audits.kernel import Facts, Refused
from customers.domain.legal_hold.commands import LiftLegalHold, PlaceLegalHold, ProposeLifting
from customers.domain.legal_hold.events import (
    LegalHoldEvent,
    LegalHoldLifted,
    LegalHoldPlaced,
    LiftingProposed,
)
from customers.domain.legal_hold.state import LegalHoldState, Matter, matter_named, matters_of

MOST_MATTERS: Final = 50


class HoldFacts(Facts):
    """What placing a hold must know."""

    target_is_known: bool
    """Whether there is such a customer or deal."""


def place_legal_hold(
    command: PlaceLegalHold, state: LegalHoldState, facts: HoldFacts
) -> list[LegalHoldEvent]:
    """Hold at once; a matter that holds the target already changes nothing."""
    if not facts.target_is_known:
        raise Refused("target_unknown", "There is no such customer or deal")
    if matter_named(state, command.matter) is not None:
        return []
    if len(matters_of(state)) >= MOST_MATTERS:
        raise Refused("holds_too_many", f"A target is held for at most {MOST_MATTERS} matters")
    return [
        LegalHoldPlaced(
            target_id=command.target_id,
            matter=command.matter,
            reason=command.reason,
            by=facts.actor.person_id,
        )
    ]


def propose_lifting(
    command: ProposeLifting, state: LegalHoldState, facts: Facts
) -> list[LegalHoldEvent]:
    """Propose to lift; another officer's proposal waits for a confirmation, not for a repeat."""
    matter = _held(state, command.matter)
    if matter.lifting_proposed_by == facts.actor.person_id:
        return []
    if matter.lifting_proposed_by is not None:
        raise Refused("lifting_already_proposed", "Another officer proposed it: lift the hold")
    return [LiftingProposed(matter=command.matter, reason=command.reason, by=facts.actor.person_id)]


def lift_legal_hold(
    command: LiftLegalHold, state: LegalHoldState, facts: Facts
) -> list[LegalHoldEvent]:
    """Lift what another officer proposed to lift."""
    matter = _held(state, command.matter)
    if matter.lifting_proposed_by is None:
        raise Refused("lifting_not_proposed", "An officer must propose to lift the hold first")
    if matter.lifting_proposed_by == facts.actor.person_id:
        raise Refused("four_eyes", "Another officer than the one who proposed must lift the hold")
    return [
        LegalHoldLifted(
            matter=command.matter,
            proposed_by=matter.lifting_proposed_by,
            by=facts.actor.person_id,
        )
    ]


def _held(state: LegalHoldState, name: str) -> Matter:
    matter = matter_named(state, name)
    if matter is None:
        raise Refused("hold_not_placed", f"Nothing is held for the matter {name}")
    return matter
