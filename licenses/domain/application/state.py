"""The states of an application and how events move it. Pure."""

from typing import Final, TypeAlias
from uuid import UUID

from audits.kernel import State, Value
from customers.domain.values import LongText, Sha256
from licenses.domain.application.content import merge
from licenses.domain.application.events import (
    ApplicationApproved,
    ApplicationDenied,
    ApplicationDrafted,
    ApplicationEvent,
    ApplicationReturned,
    ApplicationRevised,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    DecisionProposed,
)
from licenses.domain.application.values import (
    Content,
    ControlNumber,
    Proposal,
    Reasons,
    Submission,
)


class NotDrafted(State):
    """Nothing happened yet."""


class Draft(State):
    """The exporter writes; nobody else acts on it."""

    exporter_id: UUID
    content: Content


class Filing(Value):
    """A complete application with its number, as the office holds it from submission on."""

    exporter_id: UUID
    control_number: ControlNumber
    fingerprint: Sha256
    """Of the deal."""
    submission: Submission
    submitted_by: UUID
    """The natural person who filed it."""


class Submitted(State):
    """The office has it; no decision is proposed."""

    filing: Filing


class Proposed(State):
    """One officer proposed a decision; another may confirm it."""

    filing: Filing
    proposal: Proposal


class Approved(State):
    """Two officers approved; a license follows from it."""

    filing: Filing
    proposal: Proposal
    confirmed_by: UUID


class Denied(State):
    """Two officers denied."""

    filing: Filing
    proposal: Proposal
    confirmed_by: UUID


class Returned(State):
    """Returned without action; a new application may take it up again."""

    filing: Filing
    reasons: Reasons


class Withdrawn(State):
    """The exporter took it back."""

    exporter_id: UUID
    filing: Filing | None
    """None: it was a draft, which the office has never had."""
    reason: LongText


ApplicationState: TypeAlias = (
    NotDrafted | Draft | Submitted | Proposed | Approved | Denied | Returned | Withdrawn
)

INITIAL: Final[ApplicationState] = NotDrafted()


def evolve(state: ApplicationState, event: ApplicationEvent) -> ApplicationState:  # noqa: C901, PLR0911 (one case a transition)
    """Move `state` by `event`; raises TypeError for an event that cannot follow."""
    match state, event:
        case NotDrafted(), ApplicationDrafted():
            return Draft(exporter_id=event.exporter_id, content=event.content)
        case Draft(), ApplicationRevised():
            content = merge(state.content, event.changes)
            return Draft(exporter_id=state.exporter_id, content=content)
        case Draft(), ApplicationSubmitted():
            return Submitted(filing=_filing(event))
        case Draft(), ApplicationWithdrawn():
            return Withdrawn(exporter_id=state.exporter_id, filing=None, reason=event.reason)
        case Submitted() | Proposed(), ApplicationWithdrawn():
            filing = state.filing
            return Withdrawn(exporter_id=filing.exporter_id, filing=filing, reason=event.reason)
        case Submitted() | Proposed(), ApplicationReturned():
            return Returned(filing=state.filing, reasons=event.reasons)
        case Submitted() | Proposed(), DecisionProposed():
            return Proposed(filing=state.filing, proposal=event.proposal)
        case Proposed(), ApplicationApproved():
            return Approved(
                filing=state.filing, proposal=event.proposal, confirmed_by=event.confirmed_by
            )
        case Proposed(), ApplicationDenied():
            return Denied(
                filing=state.filing, proposal=event.proposal, confirmed_by=event.confirmed_by
            )
        case _:
            raise TypeError(f"{type(event).__name__} cannot follow {type(state).__name__}")


def _filing(event: ApplicationSubmitted) -> Filing:
    return Filing(
        exporter_id=event.exporter_id,
        control_number=event.control_number,
        fingerprint=event.fingerprint,
        submission=event.submission,
        submitted_by=event.by,
    )
