"""What one command must do whole: a dispatch with money, license and volume; a grant with volume.

Each of these events is only ever written with the others, so either without the other is forged.
"""

from collections.abc import Iterator
from typing import Any, Final, TypeVar
from uuid import UUID

from audits import replay
from audits.codec import Recorded
from audits.differences import Difference, Look
from audits.kernel import Event
from audits.reading import load
from audits.verification.authority import about
from licenses.domain import escrow, shipment
from licenses.domain.allotment.events import VolumePosted, VolumeReserved
from licenses.domain.application.events import ApplicationApproved
from licenses.domain.escrow.events import EscrowReleased
from licenses.domain.escrow.state import NotOpened
from licenses.domain.ids import escrow_id, license_id
from licenses.domain.license.events import LicenseDrawnDown, LicenseGranted
from licenses.domain.policy.evaluation import unmet
from licenses.domain.shipment.events import ShipmentDispatched

E = TypeVar("E", bound=Event)
Together = list[Recorded[Any]]

FOLLOWERS: Final = (EscrowReleased, LicenseDrawnDown, VolumePosted)
LOOKED_AT: Final = (
    *(ShipmentDispatched, *FOLLOWERS),
    *(ApplicationApproved, LicenseGranted, VolumeReserved),
)


def together_check(look: Look) -> Iterator[Difference]:
    """Look at every command that dispatched, granted, or did a part of either."""
    look.expect(replay.count_types(LOOKED_AT))
    for together in replay.commands_with(LOOKED_AT):
        dispatches = _of(together, ShipmentDispatched)
        for dispatch in dispatches:
            yield from _dispatch_differences(dispatch, together)
        yield from _strays(together, {dispatch.stream_id for dispatch in dispatches})
        yield from _grant_differences(together)
        look.done(len(together))


def _dispatch_differences(
    dispatch: Recorded[ShipmentDispatched], together: Together
) -> Iterator[Difference]:
    """Ask that what left was cleared, requested, paid for, drawn and counted, in one command."""
    left = dispatch.data
    if failing := unmet(left.verdicts):
        names = ", ".join(verdict.condition for verdict in failing)
        yield about(dispatch, "dispatch_not_cleared", f"{names} did not hold")
    yield from _as_requested(dispatch)
    drawn = LicenseDrawnDown, left.license_id, (left.line, left.quantity, left.value_cents)
    expected: list[tuple[type[Event], UUID, tuple[Any, ...]]] = [drawn]
    if _must_be_paid(dispatch, together):
        released = EscrowReleased, escrow_id(left.license_id), (left.value_cents, left.currency)
        expected.append(released)
    if left.allotment_id is not None:
        posted = (left.license_id, left.line, left.quantity, left.short)
        expected.append((VolumePosted, left.allotment_id, posted))
    for kind, stream_id, figures in expected:
        found = [
            each
            for each in together
            if isinstance(each.data, kind)
            and each.stream_id == stream_id
            and _figures(each.data) == (dispatch.stream_id, *figures)
        ]
        if len(found) != 1:
            detail = f"{len(found)} times {kind.__name__} in {stream_id} with {figures}"
            yield about(dispatch, "dispatch_not_whole", detail)


def _as_requested(dispatch: Recorded[ShipmentDispatched]) -> Iterator[Difference]:
    left = dispatch.data
    requested = load(shipment.DECIDER, dispatch.stream_id, version=1).state
    terms = getattr(requested, "terms", None)
    if terms is None or (
        (terms.license_id, terms.line, terms.product_id, terms.allotment_id, terms.currency)
        != (left.license_id, left.line, left.product_id, left.allotment_id, left.currency)
        or (left.quantity, left.quantity + left.short) != (len(left.serials), terms.quantity)
        or left.value_cents != left.quantity * terms.unit_price_cents
        or not set(left.serials) <= set(terms.serials)
    ):
        yield about(dispatch, "dispatch_not_as_requested", f"requested was {terms}")


def _must_be_paid(dispatch: Recorded[ShipmentDispatched], together: Together) -> bool:
    """Tell whether the price had to leave the escrow; where none is required, it may."""
    if _of(together, EscrowReleased):
        return True
    state = load(escrow.DECIDER, escrow_id(dispatch.data.license_id)).state
    return isinstance(state, NotOpened) or state.books.terms.prepayment.required


def _figures(event: Any) -> tuple[Any, ...]:
    match event:
        case LicenseDrawnDown():
            return (event.shipment_id, event.line, event.quantity, event.value_cents)
        case EscrowReleased():
            return (event.shipment_id, event.gross_cents, event.currency)
        case VolumePosted():
            posted = (event.license_id, event.line, event.quantity, event.short)
            return (event.shipment_id, *posted)
        case _:
            raise TypeError(f"{type(event).__name__} follows no dispatch")


def _strays(together: Together, dispatched: set[UUID]) -> Iterator[Difference]:
    for each in together:
        if isinstance(each.data, FOLLOWERS) and each.data.shipment_id not in dispatched:
            detail = f"its command did not dispatch shipment {each.data.shipment_id}"
            yield about(each, "dispatch_missing", detail)


def _grant_differences(together: Together) -> Iterator[Difference]:
    """Ask that approval, license and held volume belong to each other."""
    approved = {license_id(each.stream_id) for each in _of(together, ApplicationApproved)}
    grants = _of(together, LicenseGranted)
    for grant in grants:
        if grant.stream_id not in approved:
            yield about(grant, "grant_not_approved", "its command approved no such application")
    for missing in sorted(approved - {grant.stream_id for grant in grants}):
        approval = _of(together, ApplicationApproved)[0]
        yield about(approval, "grant_missing", f"license {missing} was not granted with it")
    wanted = {
        (line.allotment_id, grant.stream_id, line.line, line.quantity)
        for grant in grants
        for line in grant.data.terms.lines
        if line.allotment_id is not None
    }
    held = {
        (each.stream_id, each.data.license_id, each.data.line, each.data.quantity): each
        for each in _of(together, VolumeReserved)
    }
    for key in sorted(wanted - held.keys()):
        yield about(grants[0], "grant_holds_no_volume", f"line {key[2]} in allotment {key[0]}")
    for key in sorted(held.keys() - wanted):
        yield about(held[key], "grant_missing", f"license {key[1]} was not granted with it")


def _of(together: Together, kind: type[E]) -> list[Recorded[E]]:
    return [each for each in together if isinstance(each.data, kind)]
