"""Counters of an allotment, and how they settle under a cap. Pure, integers only.

Two metrics run side by side: units, and TPP (whole, rounded up per unit). The cap names the one
that governs. In that one `us_counting`, what US customers bought as far as the cap counts it, never
falls below what is taken already: a reversal that would break the cap leaves a `shortfall`
instead, which later sales and releases heal before anything else.
"""

from datetime import date
from typing import Final
from uuid import UUID

import msgspec

from audits.kernel import Value
from licenses.domain.policy.model import Cap


class Tally(Value):
    """The counters in one metric; as a movement their differences, which may be negative."""

    us_reported: int = 0
    """Sold to US customers for end use in the US, as reported."""
    us_reversed: int = 0
    """Of those, taken back."""
    us_counting: int = 0
    """What the cap counts: always `us_net` + `shortfall`."""
    shortfall: int = 0
    """What `us_counting` would have to lose and cannot, without breaking the cap."""
    pending: int = 0
    """Reserved for licenses and not shipped."""
    posted: int = 0
    """Shipped."""

    @property
    def us_net(self) -> int:
        """Sold and not taken back."""
        return self.us_reported - self.us_reversed

    @property
    def taken(self) -> int:
        """Reserved and shipped together: pending volume counts in full."""
        return self.pending + self.posted


class Counters(Value):
    """The counters in both metrics."""

    units: Tally = Tally()
    tpp: Tally = Tally()

    def governing(self, cap: Cap) -> Tally:
        """Give the tally in the metric of the cap."""
        return self.tpp if cap.metric == "tpp" else self.units


NO_COUNTERS: Final = Counters()


class Change(Value):
    """What happens to the volume, in units; `tpp_per_unit` carries it over to TPP."""

    tpp_per_unit: int = 0
    us_reported: int = 0
    us_reversed: int = 0
    pending: int = 0
    posted: int = 0


def add(counters: Counters, movement: Counters) -> Counters:
    """Move the counters."""
    return Counters(
        units=_sum(counters.units, movement.units, 1), tpp=_sum(counters.tpp, movement.tpp, 1)
    )


def movement(counters: Counters, change: Change, cap: Cap) -> Counters:
    """Compute by how much each counter moves when `change` happens under `cap`."""
    return Counters(
        units=_moved(counters.units, change, 1, cap if cap.metric == "units" else None),
        tpp=_moved(counters.tpp, change, change.tpp_per_unit, cap if cap.metric == "tpp" else None),
    )


def us_counting_at_least(cap: Cap, taken: int) -> int:
    """Compute the least US volume under which `taken` stays within the ratio, rounded up."""
    return -(-cap.ratio_denominator * taken // cap.ratio_numerator)


def _moved(tally: Tally, change: Change, per_unit: int, cap: Cap | None) -> Tally:
    """Apply the change and settle it; without a cap this metric does not govern."""
    after = msgspec.structs.replace(
        tally,
        us_reported=tally.us_reported + change.us_reported * per_unit,
        us_reversed=tally.us_reversed + change.us_reversed * per_unit,
        pending=tally.pending + change.pending * per_unit,
        posted=tally.posted + change.posted * per_unit,
    )
    least = 0 if cap is None else us_counting_at_least(cap, after.taken)
    us_counting = max(after.us_net, least)
    settled = msgspec.structs.replace(
        after, us_counting=us_counting, shortfall=us_counting - after.us_net
    )
    return _sum(settled, tally, -1)


def _sum(one: Tally, other: Tally, sign: int) -> Tally:
    return Tally(
        **{
            field: getattr(one, field) + sign * getattr(other, field)
            for field in Tally.__struct_fields__
        }
    )


class Reversal(Value):
    """A sale, or part of one, that was taken back."""

    reversal_reference: str
    evidence_sha256: str
    reversed_on: date
    quantity: int


class Sale(Value):
    """A sale to a US customer, known by the reference of its invoice."""

    sale_reference: str
    evidence_sha256: str
    buyer: str
    sold_on: date
    quantity: int
    tpp_per_unit: int
    reversals: tuple[Reversal, ...] = ()

    @property
    def left(self) -> int:
        """Units that have not been taken back."""
        return self.quantity - sum(reversal.quantity for reversal in self.reversals)


class Posting(Value):
    """Volume that a shipment used."""

    shipment_id: UUID
    quantity: int
    short: int
    """Units that the shipment was to carry and did not."""


class Hold(Value):
    """Volume reserved for one line of a license."""

    license_id: UUID
    line: int
    quantity: int
    tpp_per_unit: int
    open: int
    """Units that are still pending."""
    postings: tuple[Posting, ...] = ()
    released: bool = False
    """The rest went back for good."""
