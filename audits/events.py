"""What the journal itself records: who was enrolled, refusals, work that died or was redriven."""

from uuid import UUID

from audits.kernel import Event, Role


class CommandRefused(Event):
    """A command was refused; the record answers a repeat of it with the same words."""

    target_id: UUID
    status: int
    """HTTP status: 409 refused, 403 not permitted."""
    code: str
    detail: str
    citation: str | None = None
    extra_json: str = "{}"
    """Further members of the problem document, as JSON text."""


class WorkItemDied(Event):
    """A work item failed too often; it waits for a person."""

    work_item_id: UUID
    kind: str
    subject_id: UUID
    attempts: int
    last_error: str


class WorkItemRedriven(Event):
    """A person sent a dead work item on its way again."""

    work_item_id: UUID
    kind: str
    reason: str


class OrganizationEnrolled(Event):
    """The operator enrolled an organization."""

    name: str
    role: Role
    agency: str | None = None


class PersonEnrolled(Event):
    """The operator enrolled a natural person, who acts for one organization."""

    username: str
    organization_id: UUID
