"""Decisions on a halt. Pure."""

from typing import Final

from audits.domain.halt.commands import ConfirmLift, ProposeLift, SetHalt
from audits.domain.halt.events import HaltEvent, HaltLifted, HaltLiftProposed, HaltSet
from audits.domain.halt.state import INITIAL, Halted, HaltState, Lifted, evolve
from audits.kernel import Decider, Facts, Refused


def set_halt(command: SetHalt, state: HaltState, _facts: Facts) -> list[HaltEvent]:
    """Stop writes of a kind, always; a repeat with the same reason changes nothing."""
    halt = HaltSet(kind=command.kind, reason=command.reason, finding_id=command.finding_id)
    return [] if isinstance(state, Halted) and state.halt == halt else [halt]


def propose_lift(command: ProposeLift, state: HaltState, facts: Facts) -> list[HaltEvent]:
    """Propose to let writes go on; a proposal stands until it is confirmed or a halt is set."""
    halted = _halted(state)
    proposed = HaltLiftProposed(reason=command.reason, by=facts.actor.person_id)
    if halted.proposal == proposed:
        return []
    if halted.proposal is not None:
        raise Refused("lift_already_proposed", "A proposal waits for confirmation")
    return [proposed]


def confirm_lift(command: ConfirmLift, state: HaltState, facts: Facts) -> list[HaltEvent]:
    """Let writes go on, as a second natural person."""
    person = facts.actor.person_id
    if isinstance(state, Lifted) and (state.lifted.by, state.lifted.reason) == (
        person,
        command.reason,
    ):
        return []
    proposal = _halted(state).proposal
    if proposal is None:
        raise Refused("lift_not_proposed", "Nobody proposed to lift this halt")
    if proposal.by == person:
        raise Refused("four_eyes", "Who proposes to lift a halt cannot confirm it")
    if proposal.reason != command.reason:
        raise Refused("lift_reason_differs", "Another reason was proposed")
    return [HaltLifted(reason=proposal.reason, proposed_by=proposal.by, by=person)]


def _halted(state: HaltState) -> Halted:
    if not isinstance(state, Halted):
        raise Refused("not_halted", "These writes are not halted")
    return state


DECIDER: Final[Decider[HaltState]] = Decider(
    aggregate="halt",
    initial=INITIAL,
    evolve=evolve,
    decisions={SetHalt: set_halt, ProposeLift: propose_lift, ConfirmLift: confirm_lift},
)
