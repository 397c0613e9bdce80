"""Findings of audits, and halts of writes, over REST: for officers and auditors."""

from typing import Final
from uuid import UUID

from audits.api.declaring import CommandRoute, Filters, Listing, Resource, Row
from audits.api.headers import IfMatch
from audits.domain import finding, halt
from audits.domain.finding import commands
from audits.domain.halt import commands as halt_commands
from audits.domain.halt.commands import HaltKind
from audits.findings import visible_findings, visible_halts
from audits.halting import HALTS as STREAMS

ASSIGNEE: Final = "0199e2b4-5c1e-7a00-8000-000000000006"


class FindingItem(Row, frozen=True, kw_only=True):
    """A finding as lists show it."""

    audit: str
    kind: str
    subject: str
    halts: HaltKind | None
    """Writes that stopped when it was raised."""
    assignee_id: UUID | None
    """Who looks into it."""


class FindingFilters(Filters):
    """Query parameters of the list of findings."""

    audit: str | None = None
    kind: str | None = None
    halts: HaltKind | None = None
    assignee_id: UUID | None = None


class HaltItem(Row, frozen=True, kw_only=True):
    """A halt as lists show it."""

    kind: HaltKind


class HaltFilters(Filters):
    """Query parameters of the list of halts."""

    kind: HaltKind | None = None


FINDINGS: Final = Resource(
    path="findings",
    decider=finding.DECIDER,
    summary="What a scheduled audit found amiss, with the events that show it.",
    listing=Listing(visible=visible_findings, row=FindingItem, filters=FindingFilters),
    commands=(
        CommandRoute(
            path="assignments",
            command=commands.AssignFinding,
            summary="Say who looks into a finding",
            example={"assignee_id": ASSIGNEE},
        ),
        CommandRoute(
            path="answers",
            command=commands.AnswerFinding,
            summary="Answer a finding as its assignee",
            example={"answer": "The bank sent the same entry twice; the second was set aside."},
        ),
        CommandRoute(
            path="closures",
            command=commands.CloseFinding,
            summary="Close an answered finding as put right, as another person",
            example={"reason": "Read the entries: agreed."},
        ),
        CommandRoute(
            path="acceptances",
            command=commands.AcceptFinding,
            summary="Accept a finding as it is, as another person",
            example={"reason": "What was shipped cannot be unshipped; the agency was told."},
        ),
        CommandRoute(
            path="reopenings",
            command=commands.ReopenFinding,
            summary="Take a closed or accepted finding up again",
            example={"reason": "The bank's statement shows a third entry."},
        ),
    ),
)
HALTS: Final = Resource(
    path="halts",
    decider=halt.DECIDER,
    summary="A stop of all writes of money or of volume, until two persons lift it.",
    listing=Listing(visible=visible_halts, row=HaltItem, filters=HaltFilters),
    create=CommandRoute(
        path="",
        command=halt_commands.SetHalt,
        summary="Stop all writes of one kind",
        example={"kind": "money", "reason": "The trial balance does not add up."},
        if_match=IfMatch.UNUSED,
        target=lambda command, _command_id: STREAMS[command.kind],
    ),
    commands=(
        CommandRoute(
            path="lift-proposals",
            command=halt_commands.ProposeLift,
            summary="Propose to let the writes go on",
            example={"reason": "The difference was a transfer that verify names; it is explained."},
        ),
        CommandRoute(
            path="lifts",
            command=halt_commands.ConfirmLift,
            summary="Let the writes go on, as a second person",
            example={"reason": "The difference was a transfer that verify names; it is explained."},
        ),
    ),
)
