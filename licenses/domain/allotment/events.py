"""What happens to an allotment. Pure.

Every event but the first stores the counters that the decision saw (`seen`) and by how much they
moved (`moved`): an auditor re-derives the decision from the event alone.
"""

from datetime import date
from typing import TypeAlias
from uuid import UUID

from audits.kernel import Event
from customers.domain.values import Country, Document, LongText, ShortText
from licenses.domain.allotment.commands import LicenseEnd
from licenses.domain.allotment.values import Counters
from licenses.domain.application.values import LineNumber, Quantity, Units
from licenses.domain.policy.model import Cap, EditionName, Natural


class AllotmentOpened(Event):
    """The volume account of an exporter and a product in a window began."""

    exporter_id: UUID
    product_id: UUID
    window: str
    cap: Cap
    edition: EditionName


class CapAdopted(Event):
    """A later edition caps the volume otherwise; the counters settle under its cap."""

    cap: Cap
    edition: EditionName
    seen: Counters
    moved: Counters


class UsSaleReported(Event):
    """A sale in the United States counts from now on; `tpp` is quantity x TPP per unit."""

    sale_reference: ShortText
    evidence: Document
    buyer: ShortText
    sold_on: date
    quantity: Quantity
    tpp_per_unit: Natural
    tpp: Natural
    destination_country: Country
    end_use_country: Country
    edition: EditionName
    seen: Counters
    moved: Counters


class UsSaleReversed(Event):
    """A sale was taken back; what would break the cap is in `moved` as shortfall."""

    sale_reference: ShortText
    reversal_reference: ShortText
    evidence: Document
    reversed_on: date
    quantity: Quantity
    tpp: Natural
    reason: LongText
    edition: EditionName
    seen: Counters
    moved: Counters


class VolumeReserved(Event):
    """Volume is held for one line of a license."""

    license_id: UUID
    line: LineNumber
    quantity: Quantity
    tpp_per_unit: Natural
    tpp: Natural
    edition: EditionName
    seen: Counters
    moved: Counters


class VolumePosted(Event):
    """A shipment used volume: `from_hold` of it was held, the rest was free headroom."""

    license_id: UUID
    line: LineNumber
    shipment_id: UUID
    quantity: Quantity
    from_hold: Units
    short: Units
    tpp: Natural
    edition: EditionName
    seen: Counters
    moved: Counters


class VolumeReleased(Event):
    """Held volume went back: the license ended, or the shipment `shipment_id` went out short."""

    license_id: UUID
    line: LineNumber
    quantity: Quantity
    tpp: Natural
    license_end: LicenseEnd | None
    shipment_id: UUID | None
    edition: EditionName
    seen: Counters
    moved: Counters


Moving: TypeAlias = (
    CapAdopted | UsSaleReported | UsSaleReversed | VolumeReserved | VolumePosted | VolumeReleased
)
AllotmentEvent: TypeAlias = AllotmentOpened | Moving
