"""Which rows of customers and screening lists an actor may see: as `permissions.VISIBLE` says."""

from django.db.models import QuerySet

from audits.kernel import Actor, Role
from customers.models import CustomerRow, ErasureRow, LegalHoldRow, ScreeningListRow
from customers.permissions import sees_the_office


def visible_customers(actor: Actor) -> QuerySet[CustomerRow]:
    """Give an exporter its own customers, officers and auditors all."""
    rows = CustomerRow.objects.all()
    if actor.role is Role.EXPORTER:
        return rows.filter(exporter_id=actor.organization_id)
    return rows if actor.role in {Role.OFFICER, Role.AUDITOR} else rows.none()


def visible_legal_holds(actor: Actor) -> QuerySet[LegalHoldRow]:
    """Give officers and auditors all."""
    rows = LegalHoldRow.objects.all()
    return rows if sees_the_office(None, actor) else rows.none()


def visible_erasures(actor: Actor) -> QuerySet[ErasureRow]:
    """Give officers and auditors all."""
    rows = ErasureRow.objects.all()
    return rows if sees_the_office(None, actor) else rows.none()


def visible_screening_lists(_actor: Actor) -> QuerySet[ScreeningListRow]:
    """Give everybody the list in use."""
    return ScreeningListRow.objects.all()
