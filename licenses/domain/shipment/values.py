"""What a shipment consists of: its terms, papers, clearance and departure. Pure."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec

from audits.kernel import Value
from customers.domain.values import Country, Document, LongText, PersonName, ShortText
from licenses.domain.application.values import Currency, Eccn, LineNumber, Quantity, Units
from licenses.domain.lab_test.report import LotSerials
from licenses.domain.license.terms import LicenseNumber
from licenses.domain.money import PositiveCents
from licenses.domain.policy.model import EditionName, Moment, Verdict

Itn = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[A-Z0-9]+$(?!\n)",
        min_length=1,
        max_length=35,
        description="Internal transaction number of the export filing.",
        examples=["X20261123000001"],
    ),
]
"""As the customs system gave it; the edition says which form is right."""


class ShipmentTerms(Value):
    """What was requested, and what the license says of it."""

    license_id: UUID
    license_number: LicenseNumber
    exporter_id: UUID
    line: LineNumber
    product_id: UUID
    allotment_id: UUID | None
    model: ShortText
    eccn: Eccn
    quantity: Quantity
    serials: LotSerials
    """The lot: one serial number for each unit."""
    consignee_ids: tuple[UUID, ...]
    unit_price_cents: PositiveCents
    entered_value_cents: PositiveCents | None
    """Customs value at import for testing, in US cents; None where the lot was not imported."""
    currency: Currency
    destination_country: Country
    end_use: LongText


class Statement(Value):
    """The end-user statement that the destination's authority issued."""

    reference: ShortText
    document: Document
    issued_on: date


class RecordedGate(StrEnum):
    """Gates of the destination that are recorded beside the end-user statement."""

    IMPORT_CLEARANCE = "import_clearance"
    BUYER_CEILING = "buyer_ceiling"


class Gate(Value):
    """How a gate of the destination stands."""

    kind: RecordedGate
    cleared: bool
    units_left: Units | None
    """What a ceiling leaves before this shipment."""
    document: Document


class Filing(Value):
    """The Electronic Export Information as filed."""

    itn: Itn
    license_code: str
    license_number: LicenseNumber
    eccn: Eccn


class Papers(Value):
    """What is held for the shipment so far."""

    statement: Statement | None = None
    gates: tuple[Gate, ...] = ()
    filing: Filing | None = None


class Clearance(Value):
    """The twelve verdicts of the last assessment."""

    holds: bool
    verdicts: tuple[Verdict, ...]
    edition: EditionName

    def agrees_with(self, other: "Clearance") -> bool:
        """Tell whether two assessments come to the same, whatever their evidence."""
        return self.edition == other.edition and [
            (verdict.condition, verdict.holds, verdict.code) for verdict in self.verdicts
        ] == [(verdict.condition, verdict.holds, verdict.code) for verdict in other.verdicts]


class Departure(Value):
    """What left, and when."""

    itn: Itn
    serials: LotSerials
    dispatched_at: Moment


class Delivery(Value):
    """Proof that the goods arrived where they were licensed to go."""

    delivered_on: date
    received_by: PersonName
    """Who took the goods in, or their post."""
    document: Document
