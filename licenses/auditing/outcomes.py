"""What a counterfactual says: amounts in minor units of their currency, volume in the cap's metric."""

from uuid import UUID

import msgspec

from audits.past.moments import Moment
from licenses.domain.policy.model import Condition


class Failing(msgspec.Struct, frozen=True, kw_only=True):
    """A condition that would not have held."""

    condition: Condition
    code: str
    reason: str
    citation: str


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """A grant or a shipment that would not have been."""

    id: UUID
    """The license or the shipment."""
    event_id: UUID
    log_index: int
    under: str
    """The edition that it was decided under."""
    units: int
    value_cents: int
    currency: str
    failing: tuple[Failing, ...]


class OtherLevy(msgspec.Struct, frozen=True, kw_only=True):
    """A shipment whose levy would have been another."""

    shipment_id: UUID
    license_id: UUID
    assessed_cents: int
    would_be_cents: int
    difference_cents: int
    currency: str


class BrokenCap(msgspec.Struct, frozen=True, kw_only=True):
    """A license line that would have gone beyond the cap."""

    license_id: UUID
    line: int
    event_id: UUID
    exporter_id: UUID
    product_id: UUID
    window: str
    metric: str
    us_sold: int
    taken: int
    """Before this line."""
    asked: int
    over: int
    """By how much it goes beyond what the cap allows."""
    value_cents: int
    """Of the whole line."""
    currency: str


class Counterfactual(msgspec.Struct, frozen=True, kw_only=True):
    """What would have failed or differed under an edition."""

    edition: str
    stands_on: Moment
    grants: tuple[Failed, ...]
    shipments: tuple[Failed, ...]
    remittances: tuple[OtherLevy, ...]
    caps: tuple[BrokenCap, ...]
