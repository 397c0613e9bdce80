"""What can be asked of a finding. Pure."""

from typing import Annotated
from uuid import UUID

import msgspec

from audits.domain.halt.commands import HaltKind
from audits.domain.texts import Detail, Reason, Subject, Word
from audits.kernel import Command

EVIDENCE_AT_MOST = 100
Evidence = Annotated[tuple[UUID, ...], msgspec.Meta(max_length=EVIDENCE_AT_MOST)]
"""Ids of the events that show it."""


class RaiseFinding(Command):
    """Put on record what an audit found; the same thing is one finding, however often found."""

    audit: Word
    kind: Word
    subject: Subject
    detail: Detail
    """Expected and found, for people; the same as long as nothing changes."""
    evidence: Evidence
    halts: HaltKind | None = None
    """Writes that stop because of it."""


class ClearFinding(Command):
    """Put on record that the audit does not find it any more."""


class AssignFinding(Command):
    """Say who looks into it: an officer or an auditor."""

    assignee_id: UUID


class AnswerFinding(Command):
    """Say, as the assignee, what it is and what was done."""

    answer: Reason


class CloseFinding(Command):
    """Close an answered finding as put right, as another person than the one who answered.

    If the next run of the audit still finds it, it is raised again.
    """

    reason: Reason


class AcceptFinding(Command):
    """Accept that it stays as it is, as another person than the one who answered.

    It is raised again only in other words, or when it comes back after it was gone.
    """

    reason: Reason


class ReopenFinding(Command):
    """Take a closed or accepted finding up again."""

    reason: Reason
