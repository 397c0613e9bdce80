"""What can be asked of a shipment. Pure."""

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec

from audits.kernel import Command
from customers.domain.values import Document, LongText, PersonName, ShortText
from licenses.domain.application.values import Eccn, LineNumber, Quantity, Units
from licenses.domain.lab_test.report import LotSerials
from licenses.domain.license.terms import LicenseNumber
from licenses.domain.money import PositiveCents
from licenses.domain.policy.model import Citation, EditionName
from licenses.domain.shipment.values import Itn, RecordedGate


class RequestShipment(Command):
    """Ask to ship a lot under a line of a license."""

    license_id: UUID
    line: LineNumber
    quantity: Quantity
    serials: LotSerials
    """The lot, one serial number for each unit."""
    consignee_ids: Annotated[tuple[UUID, ...], msgspec.Meta(min_length=1, max_length=50)]
    """Customers that receive or forward it; each a party of the license."""
    entered_value_cents: PositiveCents | None = None
    """Customs value at import for testing, in US cents."""


class HoldEndUserStatement(Command):
    """Record the end-user statement that the destination's authority issued."""

    reference: ShortText
    document: Document
    issued_on: date


class RecordGate(Command):
    """Record how another gate of the destination stands; replaces what was recorded of it."""

    kind: RecordedGate
    cleared: bool
    units_left: Units | None = None
    document: Document


class FileExport(Command):
    """Record the Electronic Export Information as filed; replaces an earlier filing."""

    itn: Itn
    license_code: Annotated[str, msgspec.Meta(pattern="^[A-Z][0-9]{2}$", max_length=3)]
    license_number: LicenseNumber
    eccn: Eccn


class AssessClearance(Command):
    """Judge the twelve conditions now."""


class DispatchShipment(Command):
    """Send these units off, if the twelve conditions hold at this moment."""

    itn: Itn
    serials: LotSerials
    """Units of the lot; fewer than requested make a short shipment."""


class VerifyDelivery(Command):
    """Prove that the goods arrived."""

    delivered_on: date
    received_by: PersonName
    document: Document


class CancelShipment(Command):
    """Give the shipment up before it leaves."""

    reason: LongText


class StopShipment(Command):
    """Stop the shipment for good before it leaves."""

    reason: LongText
    edition: EditionName | None = None
    """The policy edition that demands it, if one does."""
    citation: Citation | None = None
