"""What the journal itself records: refusals, and work that died or was driven again."""

from uuid import UUID

from audits.kernel import Event


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
