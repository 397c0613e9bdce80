"""What decisions look up beyond streams: whether something is taken, used or overdue elsewhere.

The tables answer, unlocked; what must not happen twice is guarded by a constraint besides, and who
asks for units or for what is overdue holds the product or the license, which locks them out. What may
be undone is held while it stands against a command (`standing`). Whoever takes a decision again has
events answer instead: tables tell of today (`licenses.auditing.then`).
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

from django.db.models import Q

from audits import queries, vault
from audits.execution import Desk
from audits.kernel import Decider
from audits.projection import projections
from customers.ports import Deal
from licenses import numbers, retention
from licenses.domain.escrow.commands import BookDeposit
from licenses.domain.escrow.deposits import payers_named
from licenses.domain.escrow.events import Payer
from licenses.domain.ledger.balance import RemittanceTotals
from licenses.domain.remittance.events import RemittanceAssessed
from licenses.editions import change_editions
from licenses.models import (
    AcceptedReport,
    ApplicationRow,
    CountedSale,
    LaboratoryRow,
    LedgerTransfer,
    RemittanceRow,
    ShipmentRow,
    ShippedSerial,
)


class Lookups(Protocol):
    """What may be looked up; each answers as of the desk's moment."""

    def control_number(self, desk: Desk) -> int:
        """Hold the next place in the numbers of applications; waits for nobody."""

    def license_number(self, desk: Desk) -> int:
        """Hold the next place in the numbers of licenses, likewise."""

    def duplicate_of(self, desk: Desk, fingerprint: str, *, but: UUID) -> UUID | None:
        """Find another pending application for the same deal."""

    def promised_serials(self, desk: Desk, serials: Collection[str], *, but: UUID) -> set[str]:
        """Tell which of these serial numbers another open shipment holds."""

    def shipped_serials(self, desk: Desk, serials: Collection[str]) -> tuple[str, ...]:
        """Tell which of these serial numbers have left, sorted."""

    def filed_under(self, desk: Desk, itn: str, *, but: UUID) -> UUID | None:
        """Find another shipment that is filed under this number."""

    def report_used_for(
        self, desk: Desk, sha256: str, number: tuple[UUID, str], *, but: UUID
    ) -> UUID | None:
        """Find another shipment for which this report, or this laboratory's number, counted."""

    def laboratory_of(self, desk: Desk, organization_id: UUID) -> UUID | None:
        """Find the laboratory for which an organization acts."""

    def booked_for(self, desk: Desk, deposit_key: str, *, but: UUID) -> UUID | None:
        """Find another license for which a bank entry is booked."""

    def payers_named(
        self, desk: Desk, command: BookDeposit, payers: tuple[Payer, ...]
    ) -> tuple[UUID, ...]:
        """Find whose the name is that the bank gives of a payer."""

    def reference_used_by(self, desk: Desk, reference: str, *, but: UUID) -> UUID | None:
        """Find the shipment whose remittance another confirmation by this reference settled."""

    def is_sale_counted(
        self, desk: Desk, product_id: UUID, sale: tuple[str, UUID, str], *, but: UUID
    ) -> bool:
        """Tell whether another allotment counts a sale (evidence, exporter, reference)."""

    def overdue_remittances(self, desk: Desk, license_id: UUID, *, assessed_by: datetime) -> int:
        """Count a license's levies that were assessed by then and are not confirmed."""

    def confirmed_cents(self, desk: Desk, license_id: UUID, *, shipment_id: UUID) -> int:
        """Tell what the Treasury confirmed for a shipment, in minor units."""

    def remittance_totals(self, desk: Desk, assessed: RemittanceAssessed) -> RemittanceTotals:
        """Add up what the ledger says of a remittance."""

    def register_time(self, desk: Desk) -> datetime:
        """Keep decisions out of the register of editions from the time that this gives."""

    def deals_of(self, desk: Desk, thing_id: UUID) -> tuple[Deal, ...]:
        """List the deals that name a customer, that a thing belongs to, or that this is."""

    def last_act_of(self, desk: Desk, person_id: UUID) -> datetime | None:
        """Tell when a person last acted; None: never."""


class Tables:
    """Answers from today's tables."""

    def control_number(self, _desk: Desk) -> int:
        """Hold the lowest that is free."""
        return numbers.hold(numbers.Series.APPLICATION)

    def license_number(self, _desk: Desk) -> int:
        """Hold the lowest that is free."""
        return numbers.hold(numbers.Series.LICENSE)

    def duplicate_of(self, _desk: Desk, fingerprint: str, *, but: UUID) -> UUID | None:
        """Look among the pending applications."""
        rows = ApplicationRow.objects.filter(
            fingerprint=fingerprint, status__in=["submitted", "proposed"]
        )
        return rows.exclude(id=but).values_list("id", flat=True).first()

    def promised_serials(self, _desk: Desk, serials: Collection[str], *, but: UUID) -> set[str]:
        """Look among the open shipments."""
        waiting = (
            ShipmentRow.objects.filter(
                serials__overlap=list(serials), status__in=["requested", "cleared"]
            )
            .exclude(id=but)
            .values_list("serials", flat=True)
        )
        return {serial for lot in waiting for serial in lot} & set(serials)

    def shipped_serials(self, _desk: Desk, serials: Collection[str]) -> tuple[str, ...]:
        """Look among what has left."""
        rows = ShippedSerial.objects.filter(serial__in=list(serials)).order_by("serial")
        return tuple(rows.values_list("serial", flat=True))

    def filed_under(self, _desk: Desk, itn: str, *, but: UUID) -> UUID | None:
        """Look among the filings."""
        rows = ShipmentRow.objects.filter(itn=itn).exclude(id=but)
        return rows.values_list("id", flat=True).first()

    def report_used_for(
        self, _desk: Desk, sha256: str, number: tuple[UUID, str], *, but: UUID
    ) -> UUID | None:
        """Look among the accepted reports."""
        laboratory_id, report_number = number
        same = AcceptedReport.objects.filter(report_sha256=sha256) | AcceptedReport.objects.filter(
            laboratory_id=laboratory_id, report_number=report_number
        )
        return same.exclude(shipment_id=but).values_list("shipment_id", flat=True).first()

    def laboratory_of(self, _desk: Desk, organization_id: UUID) -> UUID | None:
        """Look among the laboratories."""
        rows = LaboratoryRow.objects.filter(organization_id=organization_id)
        return rows.values_list("id", flat=True).first()

    def booked_for(self, _desk: Desk, deposit_key: str, *, but: UUID) -> UUID | None:
        """Look in the ledger, for the entry's first transfer."""
        booked = LedgerTransfer.objects.filter(business_key=f"{deposit_key}/0")
        return booked.exclude(subject_id=but).values_list("subject_id", flat=True).first()

    def payers_named(
        self, _desk: Desk, command: BookDeposit, payers: tuple[Payer, ...]
    ) -> tuple[UUID, ...]:
        """Open the name in this process's memory."""
        if command.payer_name is None:
            return ()
        return payers_named(vault.Glass(command).read(command.payer_name), payers)

    def reference_used_by(self, _desk: Desk, reference: str, *, but: UUID) -> UUID | None:
        """Look among the remittances."""
        used = RemittanceRow.objects.filter(reference=reference).exclude(id=but)
        return used.values_list("shipment_id", flat=True).first()

    def is_sale_counted(
        self, _desk: Desk, product_id: UUID, sale: tuple[str, UUID, str], *, but: UUID
    ) -> bool:
        """Look among the sales that count."""
        evidence_sha256, exporter_id, reference = sale
        same = Q(evidence_sha256=evidence_sha256) | Q(
            exporter_id=exporter_id, sale_reference=reference
        )
        of_product = CountedSale.objects.filter(product_id=product_id)
        return of_product.exclude(allotment_id=but).filter(same).exists()

    def overdue_remittances(self, _desk: Desk, license_id: UUID, *, assessed_by: datetime) -> int:
        """Look among the license's remittances."""
        return RemittanceRow.objects.filter(
            license_id=license_id,
            status__in=["assessed", "instructed"],
            created_at__lte=assessed_by,
        ).count()

    def confirmed_cents(self, _desk: Desk, license_id: UUID, *, shipment_id: UUID) -> int:
        """Look among the license's remittances."""
        confirmed = RemittanceRow.objects.filter(
            license_id=license_id, shipment_id=shipment_id, status__in=["confirmed", "reconciled"]
        )
        return confirmed.values_list("amount_cents", flat=True).first() or 0

    def remittance_totals(self, _desk: Desk, assessed: RemittanceAssessed) -> RemittanceTotals:
        """Add the rows of the ledger up."""
        rows = LedgerTransfer.objects.filter(subject_id=assessed.shipment_id)
        resolved = set(rows.exclude(pending=None).values_list("pending_id", flat=True))
        paying = [row for row in rows if row.code == "remittance"]
        return RemittanceTotals(
            due_cents=sum(row.amount_cents for row in rows if row.code == "levy"),
            paid_cents=sum(row.amount_cents for row in paying if row.kind == "post"),
            pending_cents=sum(
                row.amount_cents
                for row in paying
                if row.kind == "pending" and row.id not in resolved
            ),
        )

    def register_time(self, _desk: Desk) -> datetime:
        """Wait for decisions under the editions as they are; the database's time from then on."""
        return change_editions()

    def deals_of(self, desk: Desk, thing_id: UUID) -> tuple[Deal, ...]:
        """Look among all deals; if one is open, one is until the command ends."""
        held = set[UUID]()
        while True:
            deals = retention.deals_of(thing_id)
            aggregate, stream_id = retention.unfinished_of(deals) or ("", None)
            if stream_id is None or stream_id in held:
                return deals
            desk.load(projections[aggregate].decider, stream_id)
            held.add(stream_id)

    def last_act_of(self, _desk: Desk, person_id: UUID) -> datetime | None:
        """Look in the journal."""
        return queries.last_act_of(person_id)


TABLES: Final = Tables()
_answering: Final[ContextVar[Lookups | None]] = ContextVar("answering", default=None)


def lookups() -> Lookups:
    """Give whatever answers now."""
    return _answering.get() or TABLES


def standing(desk: Desk, decider: Decider[Any], find: Callable[[], UUID | None]) -> UUID | None:
    """Find the stream that stands against a command, and keep it as it is until the command ends.

    Whoever is just writing to it is waited for; what it undid stands against nothing any more, so
    `find` is asked again until it names nothing, or what is held already.
    """
    held = set[UUID]()
    while (found := find()) is not None and found not in held:
        desk.load(decider, found)
        held.add(found)
    return found


@contextmanager
def answered_by(others: Lookups) -> Iterator[None]:
    """Have others answer whatever is looked up inside."""
    token = _answering.set(others)
    try:
        yield
    finally:
        _answering.reset(token)
