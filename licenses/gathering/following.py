"""What else moves in the transaction of a command: a grant with its volume, a dispatch with all."""

from typing import Any
from uuid import UUID

from audits import halting
from audits.domain.halt.commands import HaltKind
from audits.execution import Desk
from audits.kernel import Event, Facts
from audits.reading import Loaded
from licenses.domain import allotment, application, escrow, license
from licenses.domain.allotment.commands import PostVolume, ReserveVolume
from licenses.domain.application.events import ApplicationApproved
from licenses.domain.application.state import Approved
from licenses.domain.escrow.commands import ReleaseEscrow
from licenses.domain.escrow.state import NotOpened
from licenses.domain.ids import escrow_id, license_id
from licenses.domain.license.commands import DrawDown, GrantLicense
from licenses.domain.license.facts import GrantFacts
from licenses.domain.license.licensing import terms_of
from licenses.domain.policy import volume as volumes
from licenses.domain.policy.model import Edition
from licenses.domain.shipment.events import ShipmentDispatched
from licenses.editions import edition_in_force
from licenses.gathering import volume
from licenses.gathering.applications import next_license_number


def grant(desk: Desk, _command: Any, loaded: Loaded[Any], events: list[Event]) -> None:
    """Grant the license of an approved application and hold its volume, all or nothing."""
    if not any(isinstance(event, ApplicationApproved) for event in events):
        return
    edition = edition_in_force(desk.context.now)
    approved = desk.load(application.DECIDER, loaded.stream_id).state
    granted = license_id(loaded.stream_id)
    allotments = _allotments(approved, edition, desk)
    command = GrantLicense(terms=terms_of(loaded.stream_id, approved, allotments))
    if any(allotments.values()):  # asked before a number is held, which puts the grant in its place
        halting.require_running([HaltKind.VOLUME], desk.load)
    facts = GrantFacts(
        now=desk.context.now,
        actor=desk.context.actor,
        license_number=next_license_number(desk),
        rule=edition.license,
        edition=edition.name,
    )
    desk.decide(license.DECIDER, granted, command, facts)
    for line in command.terms.lines:
        if line.allotment_id is not None:
            reserve = ReserveVolume(license_id=granted, line=line.line, quantity=line.quantity)
            held = volume.allotment_facts(
                desk, exporter_id=command.terms.exporter_id, product_id=line.product_id
            )
            desk.decide(allotment.DECIDER, line.allotment_id, reserve, held)


def _allotments(approved: Approved, edition: Edition, desk: Desk) -> dict[int, UUID | None]:
    filing = approved.filing
    counted = volumes.counts(edition.cap, filing.submission.destination_country)
    return {
        item.line: (
            volume.allotment_of(filing.exporter_id, item.product_id, edition, desk.context.now)
            if counted
            else None
        )
        for item in filing.submission.items
    }


def dispatch(desk: Desk, _command: Any, loaded: Loaded[Any], events: list[Event]) -> None:
    """Draw the license down, use the volume and release the escrow with the dispatch itself."""
    [event] = [event for event in events if isinstance(event, ShipmentDispatched)]
    facts = Facts(now=desk.context.now, actor=desk.context.actor)
    draw = DrawDown(
        shipment_id=loaded.stream_id,
        line=event.line,
        quantity=event.quantity,
        value_cents=event.value_cents,
    )
    desk.decide(license.DECIDER, event.license_id, draw, facts)
    _release(desk, loaded.stream_id, event)
    if event.allotment_id is not None:
        post = PostVolume(
            license_id=event.license_id,
            line=event.line,
            shipment_id=loaded.stream_id,
            quantity=event.quantity,
            short=event.short,
        )
        desk.decide(allotment.DECIDER, event.allotment_id, post, facts)


def _release(desk: Desk, shipment_id: UUID, event: ShipmentDispatched) -> None:
    """Release the price; where no prepayment is required, only if as much was paid in and stayed."""
    account = escrow_id(event.license_id)
    state = desk.load(escrow.DECIDER, account, lock="write").state
    if isinstance(state, NotOpened):
        return
    books = state.books
    if not books.terms.prepayment.required and books.held_cents < event.value_cents:
        return
    release = ReleaseEscrow(shipment_id=shipment_id, gross_cents=event.value_cents)
    desk.decide(escrow.DECIDER, account, release)
