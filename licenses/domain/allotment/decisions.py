"""Decisions on an allotment. Quantities in units. Pure."""

from typing import Final
from uuid import UUID

from audits.kernel import Decider, Facts, Refused
from licenses.domain.allotment.commands import (
    LicenseEnd,
    PostVolume,
    ReleaseVolume,
    ReportUsSale,
    ReserveVolume,
    ReverseUsSale,
)
from licenses.domain.allotment.events import (
    AllotmentEvent,
    AllotmentOpened,
    CapAdopted,
    UsSaleReported,
    UsSaleReversed,
    VolumePosted,
    VolumeReleased,
    VolumeReserved,
)
from licenses.domain.allotment.facts import AllotmentFacts
from licenses.domain.allotment.guards import (
    is_repeated_posting,
    is_repeated_reversal,
    is_repeated_sale,
    require_headroom,
    require_new_evidence,
    require_plausible_reversal,
    require_plausible_sale,
    require_uncounted_sale,
)
from licenses.domain.allotment.state import (
    INITIAL,
    AllotmentState,
    NotOpened,
    Volume,
    evolve,
    opened,
    recorded,
)
from licenses.domain.allotment.values import Change, Hold, movement


def report_us_sale(
    command: ReportUsSale, state: AllotmentState, facts: AllotmentFacts
) -> list[AllotmentEvent]:
    """Count a sale, once: it heals a shortfall first and adds headroom with the rest."""
    first, volume = _under_cap(state, facts)
    known = volume.sale(command.sale_reference)
    if known is not None and is_repeated_sale(command, known):
        return []  # already reported: retrying is safe
    if known is not None:
        raise Refused(
            "sale_already_reported",
            f"Sale {command.sale_reference} has been reported with other particulars",
        )
    require_plausible_sale(command, volume, facts)
    require_uncounted_sale(command, facts)
    require_new_evidence(command.evidence.sha256, volume)
    change = Change(tpp_per_unit=facts.tpp_per_unit, us_reported=command.quantity)
    sale = UsSaleReported(
        sale_reference=command.sale_reference,
        evidence=command.evidence,
        buyer=command.buyer,
        sold_on=command.sold_on,
        quantity=command.quantity,
        tpp_per_unit=facts.tpp_per_unit,
        tpp=command.quantity * facts.tpp_per_unit,
        destination_country=command.destination_country,
        end_use_country=command.end_use_country,
        edition=facts.edition,
        seen=volume.counters,
        moved=movement(volume.counters, change, volume.cap),
    )
    return [*first, sale]


def reverse_us_sale(
    command: ReverseUsSale, state: AllotmentState, facts: AllotmentFacts
) -> list[AllotmentEvent]:
    """Take a sale back. The world is not refused: what would break the cap becomes a shortfall."""
    first, volume = _under_cap(state, facts)
    sale = volume.sale(command.sale_reference)
    if sale is None:
        raise Refused("sale_unknown", f"No sale {command.sale_reference} has been reported here")
    if is_repeated_reversal(command, sale):
        return []  # already reported: retrying is safe
    require_plausible_reversal(command, sale, facts)
    require_new_evidence(command.evidence.sha256, volume)
    change = Change(tpp_per_unit=sale.tpp_per_unit, us_reversed=command.quantity)
    reversal = UsSaleReversed(
        sale_reference=command.sale_reference,
        reversal_reference=command.reversal_reference,
        evidence=command.evidence,
        reversed_on=command.reversed_on,
        quantity=command.quantity,
        tpp=command.quantity * sale.tpp_per_unit,
        reason=command.reason,
        edition=facts.edition,
        seen=volume.counters,
        moved=movement(volume.counters, change, volume.cap),
    )
    return [*first, reversal]


def reserve_volume(
    command: ReserveVolume, state: AllotmentState, facts: AllotmentFacts
) -> list[AllotmentEvent]:
    """Hold volume for a license line as far as the cap allows, and never a unit more."""
    first, volume = _under_cap(state, facts)
    hold = volume.hold(command.license_id, command.line)
    if hold is not None and hold.quantity == command.quantity:
        return []  # already reserved: retrying is safe
    if hold is not None:
        raise Refused(
            "volume_already_reserved",
            f"{hold.quantity} units have been reserved for this line, not {command.quantity}",
        )
    require_headroom(command.quantity, facts.tpp_per_unit, volume)
    change = Change(tpp_per_unit=facts.tpp_per_unit, pending=command.quantity)
    reserved = VolumeReserved(
        license_id=command.license_id,
        line=command.line,
        quantity=command.quantity,
        tpp_per_unit=facts.tpp_per_unit,
        tpp=command.quantity * facts.tpp_per_unit,
        edition=facts.edition,
        seen=volume.counters,
        moved=movement(volume.counters, change, volume.cap),
    )
    return [*first, reserved]


def post_volume(command: PostVolume, state: AllotmentState, _facts: Facts) -> list[AllotmentEvent]:
    """Use held volume; units beyond what is held need headroom; unused units go back."""
    volume, hold = _held(command, state)
    if is_repeated_posting(command, hold):
        return []  # already posted: retrying is safe
    if hold.released:
        raise Refused("volume_released", "The volume of this line went back when its license ended")
    from_hold = min(command.quantity, hold.open)
    if command.quantity > from_hold:
        require_headroom(command.quantity - from_hold, hold.tpp_per_unit, volume)
    change = Change(tpp_per_unit=hold.tpp_per_unit, pending=-from_hold, posted=command.quantity)
    posted = VolumePosted(
        license_id=command.license_id,
        line=command.line,
        shipment_id=command.shipment_id,
        quantity=command.quantity,
        from_hold=from_hold,
        short=command.short,
        tpp=command.quantity * hold.tpp_per_unit,
        edition=volume.edition,
        seen=volume.counters,
        moved=movement(volume.counters, change, volume.cap),
    )
    unused = min(command.short, hold.open - from_hold)
    if not unused:
        return [posted]
    after = recorded(volume, posted)
    return [posted, _release(after, hold, unused, shipment_id=command.shipment_id)]


def release_volume(
    command: ReleaseVolume, state: AllotmentState, _facts: Facts
) -> list[AllotmentEvent]:
    """Give back what is still held for a line, exactly once."""
    volume, hold = _held(command, state)
    if hold.released or not hold.open:
        return []  # nothing is held any more: retrying is safe
    return [_release(volume, hold, hold.open, license_end=command.license_end)]


def _under_cap(state: AllotmentState, facts: AllotmentFacts) -> tuple[list[AllotmentEvent], Volume]:
    """Open the account where it is new, adopt the cap where it changed: events, and the books."""
    if isinstance(state, NotOpened):
        start = AllotmentOpened(
            exporter_id=facts.exporter_id,
            product_id=facts.product_id,
            window=facts.window,
            cap=facts.cap,
            edition=facts.edition,
        )
        return [start], opened(start)
    if state.volume.cap == facts.cap:
        return [], state.volume
    seen = state.volume.counters
    adopted = CapAdopted(
        cap=facts.cap,
        edition=facts.edition,
        seen=seen,
        moved=movement(seen, Change(), facts.cap),
    )
    return [adopted], recorded(state.volume, adopted)


def _held(command: PostVolume | ReleaseVolume, state: AllotmentState) -> tuple[Volume, Hold]:
    if not isinstance(state, NotOpened):
        hold = state.volume.hold(command.license_id, command.line)
        if hold is not None:
            return state.volume, hold
    raise Refused("volume_not_reserved", "No volume has been reserved for this license line")


def _release(
    volume: Volume,
    hold: Hold,
    quantity: int,
    *,
    license_end: LicenseEnd | None = None,
    shipment_id: UUID | None = None,
) -> VolumeReleased:
    change = Change(tpp_per_unit=hold.tpp_per_unit, pending=-quantity)
    return VolumeReleased(
        license_id=hold.license_id,
        line=hold.line,
        quantity=quantity,
        tpp=quantity * hold.tpp_per_unit,
        license_end=license_end,
        shipment_id=shipment_id,
        edition=volume.edition,
        seen=volume.counters,
        moved=movement(volume.counters, change, volume.cap),
    )


DECIDER: Final[Decider[AllotmentState]] = Decider(
    aggregate="allotment",
    initial=INITIAL,
    evolve=evolve,
    decisions={
        ReportUsSale: report_us_sale,
        ReverseUsSale: reverse_us_sale,
        ReserveVolume: reserve_volume,
        PostVolume: post_volume,
        ReleaseVolume: release_volume,
    },
)
