"""Decisions on a finding. Pure."""

from typing import Final
from uuid import UUID

from msgspec.structs import replace

from audits.domain.finding.commands import (
    AcceptFinding,
    AnswerFinding,
    AssignFinding,
    ClearFinding,
    CloseFinding,
    RaiseFinding,
    ReopenFinding,
)
from audits.domain.finding.events import (
    FindingAccepted,
    FindingAnswered,
    FindingAssigned,
    FindingCleared,
    FindingClosed,
    FindingEvent,
    FindingRaised,
    FindingReopened,
)
from audits.domain.finding.state import (
    INITIAL,
    Accepted,
    Answered,
    Assigned,
    Cleared,
    Closed,
    FindingState,
    NotRaised,
    evolve,
)
from audits.kernel import Decider, Facts, Refused


class AssignFacts(Facts):
    """What assigning must know beyond the finding."""

    may_look: bool
    """Whether the assignee is an officer or an auditor who may log in."""


def raise_finding(command: RaiseFinding, state: FindingState, _facts: Facts) -> list[FindingEvent]:
    """Raise it, unless it is open or accepted in exactly these words: then it is told already."""
    matter = FindingRaised(
        audit=command.audit,
        kind=command.kind,
        subject=command.subject,
        detail=command.detail,
        evidence=command.evidence,
        halts=command.halts,
    )
    if isinstance(state, NotRaised | Cleared | Closed):
        return [matter]
    # Where a stream shows it, its last event is named, which is another as soon as it goes on.
    told = replace(state.matter, evidence=matter.evidence)
    return [] if told == matter else [matter]


def clear_finding(_command: ClearFinding, state: FindingState, _facts: Facts) -> list[FindingEvent]:
    """Note that it is gone; a closed or accepted one, too, so that its return is a new matter."""
    return [] if isinstance(state, NotRaised | Cleared) else [FindingCleared()]


def assign_finding(
    command: AssignFinding, state: FindingState, facts: AssignFacts
) -> list[FindingEvent]:
    """Give it to somebody; an answer that was given before has to be given anew."""
    _require_open(state)
    if not facts.may_look:
        raise Refused("assignee_unfit", "Only officers and auditors look into findings")
    if isinstance(state, Assigned) and state.assignee_id == command.assignee_id:
        return []
    return [FindingAssigned(assignee_id=command.assignee_id)]


def answer_finding(command: AnswerFinding, state: FindingState, facts: Facts) -> list[FindingEvent]:
    """Answer it, as the one it was assigned to."""
    person = facts.actor.person_id
    _require_open(state)
    answered = FindingAnswered(answer=command.answer, by=person)
    match state:
        case Answered(answer=earlier) if earlier == answered:
            return []
        case Assigned(assignee_id=assignee_id):
            _require_assignee(assignee_id, person)
            return [answered]
        case Answered():
            raise Refused("finding_already_answered", "It has another answer already")
        case _:
            raise Refused("finding_not_assigned", "Nobody was asked to look into it")


def close_finding(command: CloseFinding, state: FindingState, facts: Facts) -> list[FindingEvent]:
    """Close an answered finding, as a second natural person."""
    person = facts.actor.person_id
    if isinstance(state, Closed) and (state.closed.by, state.closed.reason) == (
        person,
        command.reason,
    ):
        return []
    answer = _answered_by_another(state, person)
    return [FindingClosed(reason=command.reason, answered_by=answer.by, by=person)]


def accept_finding(command: AcceptFinding, state: FindingState, facts: Facts) -> list[FindingEvent]:
    """Accept it as it is, as a second natural person."""
    person = facts.actor.person_id
    if isinstance(state, Accepted) and (state.accepted.by, state.accepted.reason) == (
        person,
        command.reason,
    ):
        return []
    answer = _answered_by_another(state, person)
    return [FindingAccepted(reason=command.reason, answered_by=answer.by, by=person)]


def reopen_finding(
    command: ReopenFinding, state: FindingState, _facts: Facts
) -> list[FindingEvent]:
    """Take it up again; one that is gone comes back by itself."""
    if not isinstance(state, Closed | Accepted):
        raise Refused("finding_not_closed", "It is neither closed nor accepted")
    return [FindingReopened(reason=command.reason)]


def _require_open(state: FindingState) -> None:
    if isinstance(state, Closed):
        raise Refused("finding_closed", "It is closed; reopen it first")
    if isinstance(state, Accepted):
        raise Refused("finding_accepted", "It is accepted as it is; reopen it first")
    if isinstance(state, NotRaised | Cleared):
        raise Refused("finding_cleared", "It is gone: the audit does not find it any more")


def _answered_by_another(state: FindingState, person: UUID) -> FindingAnswered:
    _require_open(state)
    if not isinstance(state, Answered):
        raise Refused("finding_not_answered", "Nobody has answered it")
    if state.answer.by == person:
        raise Refused("four_eyes", "Who answers a finding can neither close nor accept it")
    return state.answer


def _require_assignee(assignee_id: UUID, person: UUID) -> None:
    if assignee_id != person:
        raise Refused("not_the_assignee", "Somebody else was asked to look into it")


DECIDER: Final[Decider[FindingState]] = Decider(
    aggregate="finding",
    initial=INITIAL,
    evolve=evolve,
    decisions={
        RaiseFinding: raise_finding,
        ClearFinding: clear_finding,
        AssignFinding: assign_finding,
        AnswerFinding: answer_finding,
        CloseFinding: close_finding,
        AcceptFinding: accept_finding,
        ReopenFinding: reopen_finding,
    },
)
