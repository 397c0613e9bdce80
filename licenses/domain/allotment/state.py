"""The states of an allotment and how events move it. Pure."""

from typing import Final, TypeAlias, assert_never
from uuid import UUID

import msgspec

from audits.kernel import State, Value
from licenses.domain.allotment.events import (
    AllotmentEvent,
    AllotmentOpened,
    CapAdopted,
    Moving,
    UsSaleReported,
    UsSaleReversed,
    VolumePosted,
    VolumeReleased,
    VolumeReserved,
)
from licenses.domain.allotment.values import (
    NO_COUNTERS,
    Counters,
    Hold,
    Posting,
    Reversal,
    Sale,
    add,
)
from licenses.domain.policy.model import Cap, EditionName


class Volume(Value):
    """The books of an allotment."""

    exporter_id: UUID
    product_id: UUID
    window: str
    cap: Cap
    edition: EditionName
    """The edition that the cap is from."""
    counters: Counters = NO_COUNTERS
    sales: tuple[Sale, ...] = ()
    holds: tuple[Hold, ...] = ()

    def sale(self, sale_reference: str) -> Sale | None:
        """Find a sale by the reference of its invoice."""
        return next((sale for sale in self.sales if sale.sale_reference == sale_reference), None)

    def hold(self, license_id: UUID, line: int) -> Hold | None:
        """Find what is or was held for a line of a license."""
        key = (license_id, line)
        return next((hold for hold in self.holds if (hold.license_id, hold.line) == key), None)


class NotOpened(State):
    """No US sale has been reported yet: there is nothing to take a share of."""


class Open(State):
    """Volume may be reserved as far as the cap allows."""

    volume: Volume


class Frozen(State):
    """Reversals broke the cap: nothing is reserved until sales or releases heal the shortfall."""

    volume: Volume


AllotmentState: TypeAlias = NotOpened | Open | Frozen

INITIAL: Final[AllotmentState] = NotOpened()


def books(state: AllotmentState) -> Volume | None:
    """Give the books, or None before the allotment is opened."""
    return None if isinstance(state, NotOpened) else state.volume


def evolve(state: AllotmentState, event: AllotmentEvent) -> AllotmentState:
    """Move `state` by `event`; raises TypeError for an event that cannot follow."""
    if isinstance(state, NotOpened) and isinstance(event, AllotmentOpened):
        return Open(volume=opened(event))
    if isinstance(state, NotOpened) or isinstance(event, AllotmentOpened):
        raise TypeError(f"{type(event).__name__} cannot follow {type(state).__name__}")
    volume = recorded(state.volume, event)
    shortfall = volume.counters.governing(volume.cap).shortfall
    return Frozen(volume=volume) if shortfall else Open(volume=volume)


def opened(event: AllotmentOpened) -> Volume:
    """Begin the books."""
    return Volume(
        exporter_id=event.exporter_id,
        product_id=event.product_id,
        window=event.window,
        cap=event.cap,
        edition=event.edition,
    )


def recorded(volume: Volume, event: Moving) -> Volume:
    """Write an event into the books and move the counters by what it says."""
    moved = add(volume.counters, event.moved)
    return msgspec.structs.replace(_noted(volume, event), counters=moved)


def _noted(volume: Volume, event: Moving) -> Volume:
    match event:
        case CapAdopted():
            return msgspec.structs.replace(volume, cap=event.cap, edition=event.edition)
        case UsSaleReported():
            return msgspec.structs.replace(volume, sales=(*volume.sales, _sale(event)))
        case UsSaleReversed():
            sales = tuple(_reversed(sale, event) for sale in volume.sales)
            return msgspec.structs.replace(volume, sales=sales)
        case VolumeReserved():
            return msgspec.structs.replace(volume, holds=(*volume.holds, _hold(event)))
        case VolumePosted() | VolumeReleased():
            holds = tuple(_used(hold, event) for hold in volume.holds)
            return msgspec.structs.replace(volume, holds=holds)
        case _:
            assert_never(event)


def _sale(event: UsSaleReported) -> Sale:
    return Sale(
        sale_reference=event.sale_reference,
        evidence_sha256=event.evidence.sha256,
        buyer=event.buyer,
        sold_on=event.sold_on,
        quantity=event.quantity,
        tpp_per_unit=event.tpp_per_unit,
    )


def _reversed(sale: Sale, event: UsSaleReversed) -> Sale:
    if sale.sale_reference != event.sale_reference:
        return sale
    reversal = Reversal(
        reversal_reference=event.reversal_reference,
        evidence_sha256=event.evidence.sha256,
        reversed_on=event.reversed_on,
        quantity=event.quantity,
    )
    return msgspec.structs.replace(sale, reversals=(*sale.reversals, reversal))


def _hold(event: VolumeReserved) -> Hold:
    return Hold(
        license_id=event.license_id,
        line=event.line,
        quantity=event.quantity,
        tpp_per_unit=event.tpp_per_unit,
        open=event.quantity,
    )


def _used(hold: Hold, event: VolumePosted | VolumeReleased) -> Hold:
    if (hold.license_id, hold.line) != (event.license_id, event.line):
        return hold
    if isinstance(event, VolumeReleased):
        return msgspec.structs.replace(
            hold,
            open=hold.open - event.quantity,
            released=event.license_end is not None,
        )
    posting = Posting(shipment_id=event.shipment_id, quantity=event.quantity, short=event.short)
    return msgspec.structs.replace(
        hold, open=hold.open - event.from_hold, postings=(*hold.postings, posting)
    )
