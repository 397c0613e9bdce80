"""What happens to a finding. Pure."""

from typing import TypeAlias
from uuid import UUID

from audits.domain.finding.commands import Evidence
from audits.domain.halt.commands import HaltKind
from audits.domain.texts import Detail, Reason, Subject, Word
from audits.kernel import Event


class FindingRaised(Event):
    """An audit found something: for the first time, again after it was gone or closed, or in other words."""

    audit: Word
    kind: Word
    subject: Subject
    detail: Detail
    evidence: Evidence
    halts: HaltKind | None


class FindingCleared(Event):
    """The audit ran again and did not find it any more."""


class FindingAssigned(Event):
    """Somebody was asked to look into it."""

    assignee_id: UUID


class FindingAnswered(Event):
    """The assignee said what it is and what was done."""

    answer: Reason
    by: UUID


class FindingClosed(Event):
    """Another person was satisfied with the answer: it is put right."""

    reason: Reason
    answered_by: UUID
    by: UUID


class FindingAccepted(Event):
    """Another person accepted that it stays as it is."""

    reason: Reason
    answered_by: UUID
    by: UUID


class FindingReopened(Event):
    """Somebody was not satisfied after all."""

    reason: Reason


FindingEvent: TypeAlias = (
    FindingRaised
    | FindingCleared
    | FindingAssigned
    | FindingAnswered
    | FindingClosed
    | FindingAccepted
    | FindingReopened
)
