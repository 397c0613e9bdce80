"""A dispatch is whole or forged: cleared, requested, paid, drawn and counted; a grant likewise."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from audits.codec import Recorded
from audits.kernel import Event
from licenses.domain.allotment.events import VolumePosted, VolumeReserved
from licenses.domain.application.events import ApplicationApproved
from licenses.domain.escrow.events import EscrowReleased
from licenses.domain.license.events import LicenseDrawnDown, LicenseGranted
from licenses.domain.shipment.events import ShipmentDispatched
from tests.licenses.verification.histories import Played
from tests.licenses.verification.tampering import forge, found, latest, names
from tests.support.people import EXPORTER, SECOND_OFFICER, identity

Part = tuple[str, UUID, Event]


def dispatch_of(played: Played) -> dict[type[Event], Part]:
    """Give the events of a dispatch, as they could be written once more."""
    deal = played.short
    return {
        ShipmentDispatched: part("shipment", deal.shipment_id, ShipmentDispatched),
        LicenseDrawnDown: part("license", deal.license_id, LicenseDrawnDown),
        EscrowReleased: part("escrow", deal.escrow_id, EscrowReleased),
        VolumePosted: of_shipment(played, "allotment", played.volume),
    }


def part(aggregate: str, stream: UUID, kind: type[Event]) -> Part:
    return aggregate, stream, latest(stream, kind).data


def of_shipment(played: Played, aggregate: str, stream: UUID) -> Part:
    posted = latest(stream, VolumePosted).data
    assert isinstance(posted, VolumePosted)
    assert posted.shipment_id == played.short.shipment_id
    return aggregate, stream, posted


def forge_dispatch(parts: dict[type[Event], Part]) -> dict[type[Event], Recorded[Any]]:
    written = forge(*parts.values(), actor=EXPORTER, command="DispatchShipment")
    return {type(each.data): each for each in written}


def test_a_whole_dispatch_is_no_difference(played: Played) -> None:
    forge_dispatch(dispatch_of(played))
    assert found("dispatches") == (None, [])


@pytest.mark.parametrize("kind", [LicenseDrawnDown, EscrowReleased, VolumePosted])
def test_a_dispatch_that_lacks_a_part_is_named(played: Played, kind: type[Event]) -> None:
    parts = dispatch_of(played)
    del parts[kind]
    written = forge_dispatch(parts)
    names("dispatches", "dispatch_not_whole", written[ShipmentDispatched].event_id)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (LicenseDrawnDown, {"quantity": 1}),
        (LicenseDrawnDown, {"value_cents": 1}),
        (LicenseDrawnDown, {"line": 2}),
        (EscrowReleased, {"gross_cents": 1}),
        (EscrowReleased, {"currency": "EUR"}),
        (VolumePosted, {"quantity": 1}),
        (VolumePosted, {"short": 0}),
    ],
)
def test_a_part_with_other_figures_is_named(
    played: Played, kind: type[Event], changes: dict[str, Any]
) -> None:
    parts = dispatch_of(played)
    aggregate, stream, event = parts[kind]
    parts[kind] = aggregate, stream, replace(event, **changes)
    written = forge_dispatch(parts)
    names("dispatches", "dispatch_not_whole", written[ShipmentDispatched].event_id)


@pytest.mark.parametrize("kind", [LicenseDrawnDown, EscrowReleased, VolumePosted])
def test_a_part_without_its_dispatch_is_named(played: Played, kind: type[Event]) -> None:
    [event] = forge(dispatch_of(played)[kind], actor=EXPORTER, command="DispatchShipment")
    names("dispatches", "dispatch_missing", event.event_id)


@pytest.mark.parametrize("kind", [LicenseDrawnDown, EscrowReleased, VolumePosted])
def test_a_part_for_another_shipment_is_named(played: Played, kind: type[Event]) -> None:
    parts = dispatch_of(played)
    aggregate, stream, event = parts[kind]
    other: Any = replace(event, shipment_id=identity("another shipment"))
    parts[kind] = aggregate, stream, other
    written = forge_dispatch(parts)
    names("dispatches", "dispatch_not_whole", written[ShipmentDispatched].event_id)


def test_a_dispatch_that_was_not_cleared_is_named(played: Played) -> None:
    parts = dispatch_of(played)
    aggregate, stream, event = parts[ShipmentDispatched]
    assert isinstance(event, ShipmentDispatched)
    first, *rest = event.verdicts
    uncleared = replace(event, verdicts=(replace(first, holds=False), *rest))
    parts[ShipmentDispatched] = aggregate, stream, uncleared
    written = forge_dispatch(parts)
    names("dispatches", "dispatch_not_cleared", written[ShipmentDispatched].event_id)


OTHERWISE: dict[str, Callable[[ShipmentDispatched], dict[str, Any]]] = {
    "value": lambda event: {"value_cents": event.value_cents - 1},
    "short": lambda event: {"short": event.short + 1},
    "serials": lambda event: {"serials": (*event.serials[1:], "SN-OTHER-1")},
    "quantity": lambda event: {"quantity": event.quantity - 1, "short": event.short + 1},
    "product": lambda _event: {"product_id": identity("another product")},
    "no volume": lambda _event: {"allotment_id": None},
    "license": lambda _event: {"license_id": identity("another license")},
    "line": lambda _event: {"line": 2},
    "currency": lambda _event: {"currency": "EUR"},
}


@pytest.mark.parametrize("how", OTHERWISE.values(), ids=OTHERWISE.keys())
def test_a_dispatch_of_something_else_than_was_requested_is_named(
    played: Played, how: Callable[[ShipmentDispatched], dict[str, Any]]
) -> None:
    parts = dispatch_of(played)
    aggregate, stream, event = parts[ShipmentDispatched]
    assert isinstance(event, ShipmentDispatched)
    parts[ShipmentDispatched] = aggregate, stream, replace(event, **how(event))
    written = forge_dispatch(parts)
    names("dispatches", "dispatch_not_as_requested", written[ShipmentDispatched].event_id)


# -- Grants --------------------------------------------------------------------------------


def grant_of(played: Played) -> dict[type[Event], Part]:
    deal = played.open
    return {
        ApplicationApproved: part("application", deal.application_id, ApplicationApproved),
        LicenseGranted: part("license", deal.license_id, LicenseGranted),
        VolumeReserved: part("allotment", played.volume, VolumeReserved),
    }


def forge_grant(parts: dict[type[Event], Part]) -> dict[type[Event], Recorded[Any]]:
    written = forge(*parts.values(), actor=SECOND_OFFICER, command="ConfirmDecision")
    return {type(each.data): each for each in written}


def test_a_whole_grant_is_no_difference(played: Played) -> None:
    forge_grant(grant_of(played))
    assert found("dispatches") == (None, [])


@pytest.mark.parametrize(
    ("missing", "kind", "named"),
    [
        (ApplicationApproved, "grant_not_approved", LicenseGranted),
        (LicenseGranted, "grant_missing", ApplicationApproved),
        (VolumeReserved, "grant_holds_no_volume", LicenseGranted),
    ],
)
def test_a_grant_that_lacks_a_part_is_named(
    played: Played, missing: type[Event], kind: str, named: type[Event]
) -> None:
    parts = grant_of(played)
    del parts[missing]
    if missing is LicenseGranted:
        del parts[VolumeReserved]
    written = forge_grant(parts)
    names("dispatches", kind, written[named].event_id)


def test_volume_held_for_no_grant_is_named(played: Played) -> None:
    parts = grant_of(played)
    written = forge_grant({VolumeReserved: parts[VolumeReserved]})
    names("dispatches", "grant_missing", written[VolumeReserved].event_id)
