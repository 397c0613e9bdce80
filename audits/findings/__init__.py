"""Findings and halts: who may do what, what moves along, and the rows that lists show."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID, uuid5

from django.db.models import QuerySet

from audits.domain import finding, halt
from audits.domain.finding import commands as finding_commands
from audits.domain.finding.commands import AssignFinding, RaiseFinding
from audits.domain.finding.decisions import AssignFacts
from audits.domain.halt import commands as halt_commands
from audits.domain.halt.commands import SetHalt
from audits.execution import Desk, Gather, Procedure, house, plain_facts
from audits.halting import HALTS
from audits.kernel import Actor, Command, Decider, Event, Role
from audits.models import FindingRow, HaltRow, Person
from audits.projection import Columns, Projection, projections, projector
from audits.reading import Loaded

_FINDINGS: Final = UUID("a11ed000-0000-5000-8000-0000000000f1")
WATCH: Final = frozenset({Role.OFFICER, Role.AUDITOR})
SYSTEM: Final = frozenset({Role.SYSTEM})

PERMITTED: Final[Mapping[type[Command], frozenset[Role]]] = {
    RaiseFinding: SYSTEM,
    finding_commands.ClearFinding: SYSTEM,
    AssignFinding: WATCH,
    finding_commands.AnswerFinding: WATCH,
    finding_commands.CloseFinding: WATCH,
    finding_commands.AcceptFinding: WATCH,
    finding_commands.ReopenFinding: WATCH,
    SetHalt: WATCH | SYSTEM,
    halt_commands.ProposeLift: WATCH,
    halt_commands.ConfirmLift: WATCH,
}
CREATES: Final = frozenset({RaiseFinding, SetHalt})


def finding_id(audit: str, kind: str, subject: str) -> UUID:
    """Name the finding of an audit about a subject: found again, it is the same one."""
    return uuid5(_FINDINGS, f"{audit}/{kind}/{subject}")


def sees_watch(_state: Any, actor: Actor) -> bool:
    """Let officers and auditors see findings and halts, and nobody else."""
    return actor.role in WATCH


def visible_findings(actor: Actor) -> QuerySet[FindingRow]:
    """Show all findings to those who may see any."""
    return FindingRow.objects.all() if actor.role in WATCH else FindingRow.objects.none()


def visible_halts(actor: Actor) -> QuerySet[HaltRow]:
    """Show all halts to those who may see any."""
    return HaltRow.objects.all() if actor.role in WATCH else HaltRow.objects.none()


def assign_facts(desk: Desk, command: AssignFinding, _loaded: Loaded[Any]) -> AssignFacts:
    """Gather whether the assignee may look into findings."""
    roles = [role.value for role in WATCH]
    fit = Person.objects.filter(
        id=command.assignee_id, is_active=True, organization__role__in=roles
    )
    return AssignFacts(now=desk.context.now, actor=desk.context.actor, may_look=fit.exists())


def halt_with(desk: Desk, command: RaiseFinding, loaded: Loaded[Any], _events: list[Event]) -> None:
    """Stop writes in the transaction that raises a finding about them."""
    if command.halts is not None:
        reason = f"{command.audit}: {command.kind}, {command.subject}"
        stop = SetHalt(kind=command.halts, reason=reason, finding_id=loaded.stream_id)
        desk.decide(halt.DECIDER, HALTS[command.halts], stop)


def finding_columns(state: Any) -> Columns:
    """Show what it is about and who looks into it."""
    return {
        "audit": state.matter.audit,
        "kind": state.matter.kind,
        "subject": state.matter.subject,
        "halts": state.matter.halts,
        "assignee_id": getattr(state, "assignee_id", None),
    }


def halt_columns(state: Any) -> Columns:
    """Show which writes it is about."""
    return {"kind": state.kind}


GATHER: Final[Mapping[type[Command], Gather]] = {AssignFinding: assign_facts}
DECIDERS: Final[tuple[Decider[Any], ...]] = (finding.DECIDER, halt.DECIDER)
PROJECTIONS: Final = (
    Projection(finding.DECIDER, FindingRow, finding_columns),
    Projection(halt.DECIDER, HaltRow, halt_columns),
)


def register() -> None:
    """Tell the house how commands on findings and halts are carried out and who may see them."""
    for decider in DECIDERS:
        for command in decider.decisions:
            house.procedures[command] = _procedure(decider, command)
        house.visible[decider.aggregate] = sees_watch
    for projection in PROJECTIONS:
        projections[projection.decider.aggregate] = projection
        house.projectors[projection.decider.aggregate] = projector(projection)


def _procedure(decider: Decider[Any], command: type[Command]) -> Procedure:
    return Procedure(
        decider=decider,
        roles=PERMITTED[command],
        gather=GATHER.get(command, plain_facts),
        also=halt_with if command is RaiseFinding else None,
        creates=command in CREATES,
    )
