"""A work item before it is written and in a worker's hands."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from audits import context as minting
from audits import heartbeat, reading
from audits.codec import Recorded
from audits.kernel import Context

_CAUSE: Final = "SELECT canonical FROM audits_event WHERE event_id = %s"


class Fenced(Exception):
    """The lease was lost to another worker; nothing of this run may commit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWork:
    """Something that has to happen, at `due_at` or at once."""

    kind: str
    subject_id: UUID
    event_id: UUID | None
    due_at: datetime | None = None

    @property
    def dedupe_key(self) -> str:
        """The same event never causes the same kind of work on the same subject twice."""
        return f"{self.kind}:{self.subject_id}:{self.event_id}"


@dataclass(frozen=True, slots=True)
class Leased:
    """A work item in this worker's hands until its lease ends."""

    id: UUID
    kind: str
    subject_id: UUID
    event_id: UUID | None
    token: UUID
    attempts: int
    reached: str | None = None
    """How far an earlier attempt came, as JSON."""
    held: heartbeat.Held = field(default_factory=heartbeat.Held, compare=False)
    """What keeps the lease while a survey runs; it is told how far that is."""

    def cause(self) -> Recorded[Any]:
        """Read the event that caused the work."""
        with connection.cursor() as cursor:
            cursor.execute(_CAUSE, [self.event_id])
            (content,) = cursor.fetchone()
        return reading.decode(bytes(content))

    def context(self, *, step: str, now: datetime) -> Context:
        """Make the context of a command that this work issues; the same on every attempt."""
        cause = self.cause()
        return Context(
            actor=minting.system_actor(self.kind),
            now=now,
            command_id=minting.follow_up_id(self.id, step),
            correlation_id=cause.correlation_id,
            causation_id=cause.event_id,
            on_behalf_of=cause.actor.organization_id,
        )
