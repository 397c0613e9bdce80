"""Which rows of licensed exports an actor may see (as `permissions.VISIBLE` says), and the ledger."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from audits.kernel import Actor, Role
from licenses import models

Visible = Callable[[Actor], QuerySet[Any]]

OFFICE: Final = frozenset({Role.OFFICER, Role.AUDITOR})
REFUSAL: Final = "refusal"
"""The aggregate of refused commands (`audits.execution.REFUSALS`)."""
MONEY: Final = OFFICE | {Role.BANK, Role.TREASURY}


def of_everybody(rows: QuerySet[Any]) -> Visible:
    """Let everybody see every one of `rows`."""
    return lambda _actor: rows.all()


def of_exporter(rows: QuerySet[Any], others: Collection[Role]) -> Visible:
    """Let an exporter see its own rows, these other roles all rows, and nobody else any."""

    def visible(actor: Actor) -> QuerySet[Any]:
        if actor.role is Role.EXPORTER:
            return rows.filter(exporter_id=actor.organization_id)
        return rows.all() if actor.role in others else rows.none()

    return visible


def visible_applications(actor: Actor) -> QuerySet[models.ApplicationRow]:
    """Show an exporter its own applications; the office sees none that was never filed."""
    rows = models.ApplicationRow.objects.all()
    if actor.role is Role.EXPORTER:
        return rows.filter(exporter_id=actor.organization_id)
    return rows.filter(control_number__isnull=False) if actor.role in OFFICE else rows.none()


VISIBLE_ROWS: Final[Mapping[str, Visible]] = {
    "product": of_everybody(models.ProductRow.objects.all()),
    "edition": of_everybody(models.EditionRow.objects.all()),
    "laboratory": of_everybody(models.LaboratoryRow.objects.all()),
    "application": visible_applications,
    "license": of_exporter(models.LicenseRow.objects.all(), OFFICE),
    "allotment": of_exporter(models.AllotmentRow.objects.all(), OFFICE),
    "escrow": of_exporter(models.EscrowRow.objects.all(), MONEY),
    "lab_test": of_exporter(models.LabTestRow.objects.all(), OFFICE | {Role.LABORATORY}),
    "shipment": of_exporter(models.ShipmentRow.objects.all(), OFFICE),
    "remittance": of_exporter(models.RemittanceRow.objects.all(), MONEY),
}
"""Aggregate → the rows of it that an actor may see."""


def visible_streams(actor: Actor, streams: Iterable[tuple[str, UUID]]) -> set[UUID]:
    """Tell which of these streams, each with its aggregate, an actor may see.

    Streams of no aggregate of this app are the journal's own, which auditors alone read; but what
    was refused in a deal the office sees, too: an exporter is told in the answer, and not again.
    """
    asked: dict[str, list[UUID]] = {}
    for aggregate, stream_id in streams:
        asked.setdefault(aggregate, []).append(stream_id)
    seen: set[UUID] = set()
    for aggregate, ids in asked.items():
        visible = VISIBLE_ROWS.get(aggregate)
        if visible is not None:
            seen.update(visible(actor).filter(id__in=ids).values_list("id", flat=True))
        elif actor.role is Role.AUDITOR or (aggregate == REFUSAL and actor.role in OFFICE):
            seen.update(ids)
    return seen


def ledger_accounts() -> QuerySet[models.LedgerAccount]:
    """Give every account of the ledger, by name."""
    return models.LedgerAccount.objects.order_by("name")
