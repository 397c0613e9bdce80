"""What tables told when a decision was taken, from the events before it."""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from audits.execution import Desk
from audits.kernel import Event
from audits.past.hindsight import Hindsight, Mentions
from audits.projection import projections, span_of, status_of
from customers.ports import Deal
from licenses.domain import allotment, application, escrow, lab_test, remittance, shipment
from licenses.domain.allotment.events import UsSaleReported
from licenses.domain.application import state as applications
from licenses.domain.application.events import ApplicationSubmitted
from licenses.domain.escrow import state as escrows
from licenses.domain.escrow.commands import BookDeposit
from licenses.domain.escrow.events import DepositBooked, Payer
from licenses.domain.ids import escrow_id, lab_test_id, remittance_id
from licenses.domain.lab_test.events import ReportAccepted
from licenses.domain.laboratory.events import LaboratoryAccredited
from licenses.domain.ledger.balance import RemittanceTotals
from licenses.domain.ledger.balance import remittance_totals as add_up
from licenses.domain.ledger.postings import deposit_key, postings
from licenses.domain.remittance import state as remittances
from licenses.domain.remittance.events import RemittanceAssessed, RemittanceConfirmed
from licenses.domain.shipment import state as shipments
from licenses.domain.shipment.events import ExportFiled, ShipmentDispatched, ShipmentRequested
from licenses.projections import shipment_columns
from licenses.retention import UNFINISHED, deal_ids_of, parties_named

MENTIONED: Final[Mapping[type[Event], Callable[[Any], Iterable[Hashable]]]] = {
    ApplicationSubmitted: lambda event: [event.fingerprint],
    ShipmentRequested: lambda event: event.terms.serials,
    ShipmentDispatched: lambda event: event.serials,
    ExportFiled: lambda event: [event.filing.itn],
    ReportAccepted: lambda event: [
        event.report_sha256,
        (event.report.laboratory_id, event.report.report_number),
    ],
    LaboratoryAccredited: lambda event: [event.organization_id],
    DepositBooked: lambda event: [deposit_key(event.account, event.bank_reference)],
    RemittanceConfirmed: lambda event: [event.reference],
    RemittanceAssessed: lambda event: [event.license_id],
    UsSaleReported: lambda event: [event.evidence.sha256, event.sale_reference],
}
"""Event → the values by which it is looked up."""
UNPAID: Final = (remittances.Assessed, remittances.Instructed)


class Then:
    """Answers as the tables would have at the moment of a desk in hindsight. Takes no numbers."""

    def __init__(self) -> None:
        self._mentions: Final = Mentions(MENTIONED)

    def control_number(self, _desk: Desk) -> int:
        """Take none: what is decided again is not written."""
        return 0

    def license_number(self, _desk: Desk) -> int:
        """Take none."""
        return 0

    def duplicate_of(self, desk: Desk, fingerprint: str, *, but: UUID) -> UUID | None:
        """Look among the applications that were pending."""
        pending = (applications.Submitted, applications.Proposed)
        for stream_id in self._others(desk, ApplicationSubmitted, fingerprint, but):
            if isinstance(desk.load(application.DECIDER, stream_id).state, pending):
                return stream_id
        return None

    def promised_serials(self, desk: Desk, serials: Collection[str], *, but: UUID) -> set[str]:
        """Look among the shipments that were open."""
        waiting = (shipments.Requested, shipments.Cleared)
        return {
            serial
            for serial in serials
            for stream_id in self._others(desk, ShipmentRequested, serial, but)
            if isinstance(desk.load(shipment.DECIDER, stream_id).state, waiting)
        }

    def shipped_serials(self, desk: Desk, serials: Collection[str]) -> tuple[str, ...]:
        """Look among what had left."""
        gone = (serial for serial in serials if self._streams(desk, ShipmentDispatched, serial))
        return tuple(sorted(gone))

    def filed_under(self, desk: Desk, itn: str, *, but: UUID) -> UUID | None:
        """Look among the filings as they stood."""
        for stream_id in self._others(desk, ExportFiled, itn, but):
            if shipment_columns(desk.load(shipment.DECIDER, stream_id).state)["itn"] == itn:
                return stream_id
        return None

    def report_used_for(
        self, desk: Desk, sha256: str, number: tuple[UUID, str], *, but: UUID
    ) -> UUID | None:
        """Look among the reports that had been accepted."""
        for key in (sha256, number):
            for stream_id in self._others(desk, ReportAccepted, key, lab_test_id(but)):
                shipment_id: UUID = desk.load(lab_test.DECIDER, stream_id).state.lot.shipment_id
                return shipment_id
        return None

    def laboratory_of(self, desk: Desk, organization_id: UUID) -> UUID | None:
        """Look among the laboratories that there were."""
        return next(iter(self._streams(desk, LaboratoryAccredited, organization_id)), None)

    def booked_for(self, desk: Desk, deposit_key: str, *, but: UUID) -> UUID | None:
        """Look among the deposits that had been booked."""
        accounts = self._others(desk, DepositBooked, deposit_key, escrow_id(but))
        for stream_id in accounts:
            license_id: UUID = desk.load(escrow.DECIDER, stream_id).state.books.terms.license_id
            return license_id
        return None

    def payers_named(
        self, _desk: Desk, command: BookDeposit, _payers: tuple[Payer, ...]
    ) -> tuple[UUID, ...]:
        """Read no names: auditors cannot, and they may be erased."""
        if command.payer_name is None:
            return ()
        raise TypeError("whose a sealed name was is as recorded")

    def reference_used_by(self, desk: Desk, reference: str, *, but: UUID) -> UUID | None:
        """Look among the remittances that had been confirmed."""
        for stream_id in self._others(desk, RemittanceConfirmed, reference, but):
            shipment_id: UUID = desk.load(remittance.DECIDER, stream_id).state.assessed.shipment_id
            return shipment_id
        return None

    def is_sale_counted(
        self, desk: Desk, product_id: UUID, sale: tuple[str, UUID, str], *, but: UUID
    ) -> bool:
        """Look among the sales that had been reported."""
        evidence_sha256, exporter_id, reference = sale
        books = [
            (key, desk.load(allotment.DECIDER, stream_id).state.volume)
            for key in (evidence_sha256, reference)
            for stream_id in self._others(desk, UsSaleReported, key, but)
        ]
        return any(
            each.product_id == product_id
            and (key == evidence_sha256 or each.exporter_id == exporter_id)
            for key, each in books
        )

    def overdue_remittances(self, desk: Desk, license_id: UUID, *, assessed_by: datetime) -> int:
        """Look among the levies as they stood."""
        levies = (
            desk.load(remittance.DECIDER, stream_id)
            for stream_id in self._streams(desk, RemittanceAssessed, license_id)
        )
        return sum(
            isinstance(each.state, UNPAID) and span_of(each.recorded).created_at <= assessed_by
            for each in levies
        )

    def confirmed_cents(self, desk: Desk, license_id: UUID, *, shipment_id: UUID) -> int:
        """Look at the levy as it stood."""
        del license_id
        state = desk.load(remittance.DECIDER, remittance_id(shipment_id)).state
        if not isinstance(state, remittances.Confirmed | remittances.Reconciled):
            return 0
        return int(state.assessed.amount_cents)

    def remittance_totals(self, desk: Desk, assessed: RemittanceAssessed) -> RemittanceTotals:
        """Add up what escrow and remittance had posted."""
        account = desk.load(escrow.DECIDER, escrow_id(assessed.license_id))
        levy = desk.load(remittance.DECIDER, remittance_id(assessed.shipment_id))
        transfers = [
            transfer
            for each in (*account.recorded, *levy.recorded)
            for transfer in postings(each.data, stream_id=each.stream_id, event_id=each.event_id)
        ]
        return add_up(transfers, assessed.shipment_id)

    def register_time(self, desk: Desk) -> datetime:
        """Take the time of the command: it waited for the register from then on."""
        return desk.context.now

    def deals_of(self, desk: Desk, thing_id: UUID) -> tuple[Deal, ...]:
        """Look among the deals that there were, as they stood."""
        then = in_hindsight(desk)
        found = (_deal(then, deal_id, thing_id) for deal_id in deal_ids_of(thing_id))
        return tuple(deal for deal in found if deal is not None)

    def last_act_of(self, desk: Desk, person_id: UUID) -> datetime | None:
        """Look at what the journal held."""
        return in_hindsight(desk).last_act_of(person_id)

    def _streams(self, desk: Desk, kind: type[Event], value: Hashable) -> list[UUID]:
        return self._mentions.streams(kind, value, in_hindsight(desk).moment())

    def _others(self, desk: Desk, kind: type[Event], value: Hashable, but: UUID) -> list[UUID]:
        return [stream_id for stream_id in self._streams(desk, kind, value) if stream_id != but]


def _deal(desk: Hindsight, deal_id: UUID, thing_id: UUID) -> Deal | None:
    """Tell of a deal as it stood; None where it did not name the thing yet."""
    filed = desk.load(application.DECIDER, deal_id)
    streams = desk.streams_of_deal(deal_id)
    written = b"".join(msgspec.json.encode(each) for each in filed.recorded)
    belongs = any(stream_id == thing_id for _, stream_id, _ in streams)
    if str(thing_id).encode() not in written and not belongs:
        return None
    return Deal(
        deal_id=deal_id,
        is_open=any(_is_unfinished(desk, *each) for each in streams),
        last_at=max(last_at for _, _, last_at in streams),
        party_ids=parties_named(filed.recorded),
    )


def _is_unfinished(desk: Hindsight, aggregate: str, stream_id: UUID, _last_at: datetime) -> bool:
    if aggregate == escrow.DECIDER.aggregate:
        state = desk.load(escrow.DECIDER, stream_id).state
        return not isinstance(state, escrows.NotOpened) and state.books.held_cents > 0
    if aggregate not in UNFINISHED:
        return False
    state = desk.load(projections[aggregate].decider, stream_id).state
    return status_of(state) in UNFINISHED[aggregate]


def in_hindsight(desk: Desk) -> Hindsight:
    """Take a desk for what it has to be here; TypeError for one of today."""
    if not isinstance(desk, Hindsight):
        raise TypeError("events tell of the moment of a desk in hindsight alone")
    return desk
