"""What is known of a deal when it is judged. None means unknown, and unknown never holds.

Every group names the events that it was read from; the verdicts hand them on as evidence.
"""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from audits.kernel import Cents, Value
from licenses.domain.policy.model import Assurance, GateKind, SupplyCertification


class ProductFacts(Value):
    """The product as registered."""

    product_id: UUID
    model: str
    maker: str
    generation: str
    eccn: str
    tpp_thousandths: int
    """Total processing performance, exact, in thousandths."""
    dram_bandwidth_gb_per_s: int
    us_commercially_available_on: date | None = None
    evidence: tuple[UUID, ...] = ()


class PartyFacts(Value):
    """One party of the deal: where it is, where it is run from, who owns it."""

    party_id: UUID
    role: str
    country: str
    headquarters_country: str | None
    ultimate_parent_country: str | None
    evidence: tuple[UUID, ...] = ()


class RouteFacts(Value):
    """From where to where, and every party on the way."""

    shipped_from: str
    destination: str
    parties: tuple[PartyFacts, ...]
    evidence: tuple[UUID, ...] = ()


class CustomerFacts(Value):
    """The customer's standing. `approved_until` is the first moment without approval."""

    status: Literal["unregistered", "pending", "approved", "barred"]
    approved_until: datetime | None = None
    assurances: tuple[Assurance, ...] = ()
    """Those given and proven."""
    evidence: tuple[UUID, ...] = ()


class ScreenedPartyFacts(Value):
    """The last screening of one party."""

    party_id: UUID
    screened: bool
    """This version of the party was screened against the newest list."""
    list_fetched_at: datetime | None = None
    open_hits: int = 0
    """Not yet adjudicated, or not yet released by a second person."""
    confirmed_hits: int = 0
    listed_ownership_percent: int | None = None
    """Owned by listed parties, in sum, rounded up; None: not established."""
    evidence: tuple[UUID, ...] = ()


class ScreeningFacts(Value):
    """Screenings of the parties; those of `RouteFacts.parties` missing here are unscreened."""

    parties: tuple[ScreenedPartyFacts, ...]
    evidence: tuple[UUID, ...] = ()


class VolumeFacts(Value):
    """The allotment's counters, in the cap's metric and window."""

    metric: Literal["units", "tpp"]
    window: str
    us_sold: int
    taken: int
    """Reserved and shipped together, this deal's own reservation included."""
    asked: int
    """What this deal wants beyond its own reservation; 0 once that covers it."""
    frozen: bool
    """A reversed US sale broke the cap and waits for a person."""
    evidence: tuple[UUID, ...] = ()


class SupplyFacts(Value):
    """What the exporter stated about supply at home."""

    certifications: tuple[SupplyCertification, ...] = ()
    us_units_shipped: int | None = None
    us_stock_units: int | None = None
    us_open_order_units: int | None = None
    evidence: tuple[UUID, ...] = ()


class Measured(Value):
    """The highest figures measured over the samples of a lot."""

    tpp: int
    """Whole TPP, rounded up."""
    dram_bandwidth_gb_per_s: int
    interconnect_bandwidth_gb_per_s: int
    dram_capacity_gb: int


class LaboratoryFacts(Value):
    """The laboratory as it stands now, not as it stood on the day of the test."""

    accredited: bool
    headquarters_country: str
    tested_in: str
    control_countries: tuple[str, ...]
    """Where capital that controls it comes from; () when nobody controls it."""
    financial_interest: bool
    """In any party of the deal."""
    evidence: tuple[UUID, ...] = ()


class TestingFacts(Value):
    """The test of this shipment's lot."""

    __test__ = False  # not a test class, whatever pytest thinks of the name

    certified: bool
    """A certificate was issued for exactly this lot and has not been voided."""
    lot_size: int
    sampled: int
    laboratory: LaboratoryFacts | None = None
    highest: Measured | None = None
    evidence: tuple[UUID, ...] = ()


class PaymentFacts(Value):
    """The escrow of the license. Only deposits that the bank booked count."""

    agreed_cents: Cents
    """Price of everything licensed."""
    deposited_cents: Cents
    """Booked in all, excess not counted."""
    held_cents: Cents
    """Still in escrow."""
    reversed_cents: Cents = 0
    """Of what is deposited, taken back by the bank and not made up for."""
    price_cents: Cents
    """Price of this shipment."""
    currency: str
    evidence: tuple[UUID, ...] = ()


class LevyFacts(Value):
    """What is known of the levy on this shipment."""

    overdue: int
    """Remittances of earlier shipments that are due and not confirmed."""
    currency: str
    """Of the base and of what is held or paid."""
    base_cents: Cents | None = None
    """This shipment's sale proceeds or entered value, as the levy's base says."""
    held_cents: Cents = 0
    """Escrow from which a levy on sale proceeds is taken at dispatch."""
    imported_for_testing: bool | None = None
    confirmed_cents: Cents = 0
    """Paid at entry, with a customs reference."""
    evidence: tuple[UUID, ...] = ()


class LicenseFacts(Value):
    """The license and what has shipped under it. `expires_at` is the first moment without it."""

    number: str
    status: Literal["active", "suspended", "revoked", "expired", "exhausted"]
    expires_at: datetime
    provisos_acknowledged: bool
    exporter_id: UUID
    product_id: UUID
    party_ids: tuple[UUID, ...]
    end_use: str
    quantity: int
    value_cents: Cents
    shipped_quantity: int
    shipped_value_cents: Cents
    currency: str
    evidence: tuple[UUID, ...] = ()


class ShipmentFacts(Value):
    """What is to leave."""

    exporter_id: UUID
    product_id: UUID
    party_ids: tuple[UUID, ...]
    end_use: str
    quantity: int
    value_cents: Cents
    evidence: tuple[UUID, ...] = ()


class GateFacts(Value):
    """One gate of the country of destination, as recorded."""

    kind: GateKind
    cleared: bool
    units_left: int | None = None
    """For a buyer's ceiling: what it leaves before this shipment."""
    evidence: tuple[UUID, ...] = ()


class ClearanceFacts(Value):
    """The gates recorded for this shipment; () when none was."""

    gates: tuple[GateFacts, ...]
    evidence: tuple[UUID, ...] = ()


class FilingFacts(Value):
    """The Electronic Export Information as filed."""

    itn: str
    license_code: str
    license_number: str
    eccn: str
    evidence: tuple[UUID, ...] = ()


class DealFacts(Value):
    """Everything that the twelve conditions look at, at one moment."""

    now: datetime
    product: ProductFacts | None = None
    route: RouteFacts | None = None
    customer: CustomerFacts | None = None
    screening: ScreeningFacts | None = None
    volume: VolumeFacts | None = None
    supply: SupplyFacts | None = None
    testing: TestingFacts | None = None
    payment: PaymentFacts | None = None
    levy: LevyFacts | None = None
    license: LicenseFacts | None = None
    shipment: ShipmentFacts | None = None
    clearance: ClearanceFacts | None = None
    filing: FilingFacts | None = None
