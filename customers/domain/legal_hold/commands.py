"""What may be asked of the legal holds on a customer or a deal."""

from uuid import UUID

from audits.kernel import Command
from customers.domain.values import LongText, ShortText


class PlaceLegalHold(Command):
    """Keep everything about a customer or a deal for a matter. Holds at once: keeping cannot wait."""

    target_id: UUID
    """The customer, or the deal: its application."""
    matter: ShortText
    """The proceeding or request that the records are kept for, such as its docket number."""
    reason: LongText


class ProposeLifting(Command):
    """An officer would lift the hold of one matter. It stands until another officer lifts it."""

    matter: ShortText
    reason: LongText


class LiftLegalHold(Command):
    """A second officer lifts the hold of one matter."""

    matter: ShortText
