"""What can be asked of an allotment. Quantities in units. Pure."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from audits.kernel import Command
from customers.domain.values import Country, Document, LongText, ShortText
from licenses.domain.application.values import LineNumber, Quantity, Units


class ReportUsSale(Command):
    """Report a sale to a customer in the United States for end use there."""

    product_id: UUID
    sale_reference: ShortText
    """Number of the invoice; names the sale within the allotment."""
    evidence: Document
    buyer: ShortText
    sold_on: date
    quantity: Quantity
    destination_country: Country
    end_use_country: Country


class ReverseUsSale(Command):
    """Report that a sale, or part of it, was taken back."""

    sale_reference: ShortText
    reversal_reference: ShortText
    """Number of the credit note; names the reversal within its sale."""
    evidence: Document
    reversed_on: date
    quantity: Quantity
    reason: LongText


class ReserveVolume(Command):
    """Hold volume for one line of a license that is being granted."""

    license_id: UUID
    line: LineNumber
    quantity: Quantity


class PostVolume(Command):
    """Use held volume for a shipment that leaves; give back what it does not carry."""

    license_id: UUID
    line: LineNumber
    shipment_id: UUID
    quantity: Quantity
    short: Units = 0
    """Units that the shipment was to carry and does not."""


class LicenseEnd(StrEnum):
    """How a license ended before it was used up."""

    EXPIRED = "expired"
    REVOKED = "revoked"


class ReleaseVolume(Command):
    """Give back all volume that is still held for one line of a license that has ended."""

    license_id: UUID
    line: LineNumber
    license_end: LicenseEnd
