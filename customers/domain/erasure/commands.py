"""What may be asked about the data of one natural person. A subject's id names its stream."""

from uuid import UUID

from audits.kernel import Command
from customers.domain.values import LongText


class RequestErasure(Command):
    """Ask for a person's data to be erased. Refused at once where something keeps them."""

    subject_id: UUID
    """As `GET /subjects/` names it."""
    reason: LongText


class ApproveErasure(Command):
    """Erase, as another person than the one who asked. Nothing brings the data back."""


class DeclineErasure(Command):
    """Turn the request down; it may be made again."""

    reason: LongText
