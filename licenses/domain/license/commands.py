"""What can be asked of a license. Pure."""

from typing import Annotated
from uuid import UUID

import msgspec

from audits.kernel import Command
from customers.domain.values import Document, LongText
from licenses.domain.application.values import LineNumber, Quantity
from licenses.domain.license.terms import Terms
from licenses.domain.money import PositiveCents
from licenses.domain.policy.model import EditionName


class GrantLicense(Command):
    """Grant what two officers approved; `licensing.terms_of` builds the terms."""

    terms: Terms


class AcknowledgeProvisos(Command):
    """Acknowledge provisos in writing, as the holder of the license."""

    proviso_ids: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=50)]
    letter: Document | None = None
    """The signed letter, where there is one beside this record."""


class SuspendLicense(Command):
    """Stop all shipping under the license, without notice."""

    reason: LongText
    edition: EditionName | None = None
    """The policy edition that demands it, if one does."""


class ReinstateLicense(Command):
    """Let a suspended license ship again."""

    reason: LongText


class ProposeRevocation(Command):
    """Propose to end the license for good; another officer confirms."""

    reason: LongText


class ConfirmRevocation(Command):
    """Confirm, as another officer, the revocation that was proposed on `on_version`."""

    on_version: Annotated[int, msgspec.Meta(ge=1)]


class ExpireLicense(Command):
    """Record that the license ran out."""


class DrawDown(Command):
    """Use quantity and value of a line for a shipment that leaves."""

    shipment_id: UUID
    line: LineNumber
    quantity: Quantity
    value_cents: PositiveCents
