"""What happened to the legal holds on a customer or a deal."""

from typing import TypeAlias
from uuid import UUID

from audits.kernel import Event
from customers.domain.values import LongText, ShortText


class LegalHoldPlaced(Event):
    """An officer ordered everything about the target to be kept for a matter."""

    target_id: UUID
    matter: ShortText
    reason: LongText
    by: UUID


class LiftingProposed(Event):
    """An officer would lift the hold of a matter."""

    matter: ShortText
    reason: LongText
    by: UUID


class LegalHoldLifted(Event):
    """A second officer lifted the hold of a matter; those of other matters stand."""

    matter: ShortText
    proposed_by: UUID
    by: UUID


LegalHoldEvent: TypeAlias = LegalHoldPlaced | LiftingProposed | LegalHoldLifted
