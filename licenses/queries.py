"""Which rows of licensed exports an actor may see (as `permissions.VISIBLE` says), and the ledger."""

from collections.abc import Callable, Collection
from typing import Any, Final

from django.db.models import QuerySet

from audits.kernel import Actor, Role
from licenses import models

Visible = Callable[[Actor], QuerySet[Any]]

OFFICE: Final = frozenset({Role.OFFICER, Role.AUDITOR})
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


def of_roles(rows: QuerySet[Any], roles: Collection[Role]) -> Visible:
    """Let these roles see every row, and nobody else any."""

    def visible(actor: Actor) -> QuerySet[Any]:
        return rows.all() if actor.role in roles else rows.none()

    return visible


def visible_applications(actor: Actor) -> QuerySet[models.ApplicationRow]:
    """Show an exporter its own applications; the office sees none that is still a draft."""
    rows = models.ApplicationRow.objects.all()
    if actor.role is Role.EXPORTER:
        return rows.filter(exporter_id=actor.organization_id)
    return rows.exclude(status="draft") if actor.role in OFFICE else rows.none()


def ledger_accounts() -> QuerySet[models.LedgerAccount]:
    """Give every account of the ledger, by name."""
    return models.LedgerAccount.objects.order_by("name")
