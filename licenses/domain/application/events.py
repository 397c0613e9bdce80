"""What happens to an application. Pure."""

from typing import TypeAlias
from uuid import UUID

from audits.kernel import Event
from customers.domain.values import LongText, Sha256
from licenses.domain.application.values import (
    Content,
    ControlNumber,
    Proposal,
    Reasons,
    Submission,
)
from licenses.domain.policy.model import EditionName, Verdict


class ApplicationDrafted(Event):
    """An exporter began an application."""

    exporter_id: UUID
    content: Content


class ApplicationRevised(Event):
    """A partial save: `changes` holds what was given, None what stays as it was."""

    changes: Content


class ApplicationSubmitted(Event):
    """The exporter filed the application; from here on its content stands."""

    exporter_id: UUID
    control_number: ControlNumber
    fingerprint: Sha256
    """Of the deal: two pending applications never share it."""
    submission: Submission
    by: UUID
    """The natural person who filed it: never the one who decides on it."""
    edition: EditionName


class ApplicationWithdrawn(Event):
    """The exporter took the application back."""

    reason: LongText


class ApplicationReturned(Event):
    """The office returned the application without action (15 CFR 750.4)."""

    reasons: Reasons
    by: UUID


class DecisionProposed(Event):
    """One officer proposed a decision, seeing these verdicts (none for a denial)."""

    proposal: Proposal
    verdicts: tuple[Verdict, ...]


class ApplicationApproved(Event):
    """A second officer confirmed the approval, seeing these verdicts."""

    proposal: Proposal
    confirmed_by: UUID
    verdicts: tuple[Verdict, ...]
    edition: EditionName
    """The edition in force at the confirmation; the proposal names its own."""


class ApplicationDenied(Event):
    """A second officer confirmed the denial."""

    proposal: Proposal
    confirmed_by: UUID
    edition: EditionName


ApplicationEvent: TypeAlias = (
    ApplicationDrafted
    | ApplicationRevised
    | ApplicationSubmitted
    | ApplicationWithdrawn
    | ApplicationReturned
    | DecisionProposed
    | ApplicationApproved
    | ApplicationDenied
)
