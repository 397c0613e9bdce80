"""What happens to a shipment. Pure."""

from typing import TypeAlias
from uuid import UUID

from audits.kernel import Event
from customers.domain.values import LongText
from licenses.domain.application.values import Currency, LineNumber, Quantity, Units
from licenses.domain.lab_test.report import LotSerials
from licenses.domain.license.terms import LicenseNumber
from licenses.domain.money import PositiveCents
from licenses.domain.policy.model import Citation, EditionName, Moment, Verdict
from licenses.domain.shipment.values import (
    Clearance,
    Delivery,
    Filing,
    Gate,
    Itn,
    ShipmentTerms,
    Statement,
)


class ShipmentRequested(Event):
    """An exporter asked to ship a lot; its serial numbers are fixed from now on."""

    terms: ShipmentTerms
    edition: EditionName


class EndUserStatementHeld(Event):
    """The end-user statement is held."""

    statement: Statement


class GateRecorded(Event):
    """It is known how another gate of the destination stands."""

    gate: Gate


class ExportFiled(Event):
    """The export was filed."""

    filing: Filing
    edition: EditionName


class ClearanceAssessed(Event):
    """The twelve conditions came to another outcome than before."""

    clearance: Clearance


class ShipmentDispatched(Event):
    """The goods left. Never undone; the verdicts are those of this very moment."""

    license_id: UUID
    license_number: LicenseNumber
    exporter_id: UUID
    line: LineNumber
    product_id: UUID
    allotment_id: UUID | None
    quantity: Quantity
    short: Units
    """Units that were requested and did not leave."""
    serials: LotSerials
    itn: Itn
    value_cents: PositiveCents
    """Quantity x unit price."""
    entered_value_cents: PositiveCents | None
    currency: Currency
    dispatched_at: Moment
    edition: EditionName
    verdicts: tuple[Verdict, ...]


class DeliveryVerified(Event):
    """The goods arrived where they were licensed to go."""

    license_id: UUID
    delivery: Delivery


class ShipmentCancelled(Event):
    """The exporter gave the shipment up; nothing left."""

    license_id: UUID
    reason: LongText


class ShipmentStopped(Event):
    """The shipment was stopped for good; nothing left."""

    license_id: UUID
    reason: LongText
    edition: EditionName | None
    citation: Citation | None


ShipmentEvent: TypeAlias = (
    ShipmentRequested
    | EndUserStatementHeld
    | GateRecorded
    | ExportFiled
    | ClearanceAssessed
    | ShipmentDispatched
    | DeliveryVerified
    | ShipmentCancelled
    | ShipmentStopped
)
