"""The events that process managers listen to, as they happen in one deal, each at its place."""

from typing import Any, Final
from uuid import UUID

from msgspec.structs import replace

from audits.kernel import Event
from licenses.domain.allotment.commands import LicenseEnd
from licenses.domain.allotment.events import VolumeReleased
from licenses.domain.escrow.events import EscrowForfeited, EscrowOpened, EscrowReleased
from licenses.domain.ids import allotment_id, escrow_id, lab_test_id, remittance_id
from licenses.domain.lab_test.events import LotRegistered
from licenses.domain.license.events import LicenseSuspended
from licenses.domain.processes.model import Intent, Noted
from licenses.domain.processes.wind_up_license import StopShipmentOf
from licenses.domain.remittance.events import (
    RemittanceAssessed,
    RemittanceConfirmed,
    RemittanceReconciled,
)
from tests.licenses.domain.allotment import cases as volume
from tests.licenses.domain.escrow import scenes as money
from tests.licenses.domain.lab_test import scenes as tests
from tests.licenses.domain.license import cases as license_
from tests.licenses.domain.remittance import scenes as levies
from tests.licenses.domain.shipment import cases as shipment
from tests.support.people import SYSTEM, identity

LICENSE: Final = identity("license/deal")
ESCROW: Final = escrow_id(LICENSE)
FIRST, SECOND, THIRD = sorted(identity(f"shipment/{name}") for name in ("a", "b", "c"))
ALLOTMENT: Final = allotment_id(identity("exporter"), identity("h200"), "2026")


def noted(stream_id: UUID, event: Event, version: int = 1) -> Noted:
    """Put an event into its stream."""
    return Noted(stream_id=stream_id, version=version, event=event)


def _found(events: Any, kind: type[Any]) -> Any:
    return next(event for event in events if isinstance(event, kind))


def granted() -> Noted:
    """Grant the license: two lines, both in allotments."""
    return noted(LICENSE, license_.GRANTED)


def lines() -> dict[int, UUID]:
    """Name the allotments of the license's lines."""
    return license_.ALLOTMENTS


def suspended(*, version: int, edition: str | None) -> Noted:
    """Suspend the license: by an officer's word, or because an edition bans the product."""
    event = LicenseSuspended(reason="Banned", edition=edition, by=SYSTEM.person_id)
    return noted(LICENSE, event, version)


def reinstated(*, version: int) -> Noted:
    """Lift every suspension."""
    return noted(LICENSE, license_.REINSTATED, version)


def revoked(*, version: int) -> Noted:
    """Revoke the license."""
    return noted(LICENSE, license_.REVOKED, version)


def expired(*, version: int) -> Noted:
    """Let the license run out."""
    return noted(LICENSE, license_.EXPIRED, version)


def escrow_opened() -> Noted:
    """Open the license's escrow."""
    event = _found(money.history(money.OPENING), EscrowOpened)
    return noted(ESCROW, replace(event, license_id=LICENSE))


def escrow_forfeited() -> Noted:
    """Forfeit what the escrow holds."""
    events = money.history(money.OPENING, money.PAYING, (money.FORFEIT, money.FORFEIT_FACTS))
    return noted(ESCROW, replace(_found(events, EscrowForfeited), license_id=LICENSE), 4)


def escrow_released(shipment_id: UUID) -> Noted:
    """Pay out for a shipment."""
    events = money.history(money.OPENING, money.PAYING, money.RELEASING)
    event = replace(_found(events, EscrowReleased), shipment_id=shipment_id)
    return noted(ESCROW, event, 4)


def volume_released(line: int, *, license_id: UUID = LICENSE, ended: bool = True) -> Noted:
    """Give a line's volume back: the license ended, or a shipment left short."""
    events = volume.history(volume.sale(100), volume.reserve(10), volume.release())
    event = replace(
        _found(events, VolumeReleased),
        license_id=license_id,
        line=line,
        license_end=LicenseEnd.REVOKED if ended else None,
    )
    return noted(lines().get(line, ALLOTMENT), event, 4)


def requested(shipment_id: UUID, *, entered_value_cents: int | None = None) -> Noted:
    """Request a shipment; with an entered value it came into the country for its test."""
    terms = replace(shipment.TERMS, license_id=LICENSE, entered_value_cents=entered_value_cents)
    return noted(shipment_id, replace(shipment.REQUESTED, terms=terms))


def dispatched(shipment_id: UUID) -> Noted:
    """Let it leave."""
    return noted(shipment_id, shipment.DISPATCHED, 2)


def cancelled(shipment_id: UUID) -> Noted:
    """Give it up."""
    return noted(shipment_id, shipment.CANCELLED, 2)


def stopped(shipment_id: UUID) -> Noted:
    """Stop it."""
    return noted(shipment_id, shipment.STOPPED, 2)


def lot_registered(shipment_id: UUID) -> Noted:
    """Register its lot."""
    event = _found(tests.history(tests.REGISTERING), LotRegistered)
    return noted(lab_test_id(shipment_id), replace(event, shipment_id=shipment_id))


def _levy(*steps: Any, kind: type[Any], shipment_id: UUID) -> Any:
    return replace(_found(levies.history(*steps), kind), shipment_id=shipment_id)


def assessed(shipment_id: UUID) -> Noted:
    """Assess the levy on a shipment."""
    event = _levy(levies.ASSESSING, kind=RemittanceAssessed, shipment_id=shipment_id)
    return noted(remittance_id(shipment_id), event)


def confirmed(shipment_id: UUID) -> Noted:
    """See the levy arrive."""
    steps = (levies.ASSESSING, levies.INSTRUCTING, levies.CONFIRMING)
    event = _levy(*steps, kind=RemittanceConfirmed, shipment_id=shipment_id)
    return noted(remittance_id(shipment_id), event, 3)


def reconciled(shipment_id: UUID) -> Noted:
    """Close it against the ledger."""
    steps = (levies.ASSESSING, levies.INSTRUCTING, levies.CONFIRMING, levies.RECONCILING)
    event = _levy(*steps, kind=RemittanceReconciled, shipment_id=shipment_id)
    return noted(remittance_id(shipment_id), event, 4)


def about(intent: Intent) -> tuple[str, Any]:
    """Say what an intent would do to what, whatever its reasons."""
    subject = intent.shipment_id if isinstance(intent, StopShipmentOf) else intent
    return type(intent).__name__, subject
