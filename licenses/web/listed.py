"""Deals as lists show them: from the rows of today, or as they stood, from the log alone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from django.db.models import Max, QuerySet

from audits import past
from audits.kernel import Actor
from audits.models import EventRow, Organization
from audits.past.moments import Moment
from audits.web.words import title
from licenses.domain.ids import license_id
from licenses.models import ApplicationRow, LicenseRow


@dataclass(frozen=True, slots=True)
class Deal:
    """A deal as the list shows it."""

    correlation_id: UUID
    control_number: str | None
    license_number: str | None
    status: str
    exporter: str
    begun_at: datetime
    changed_at: datetime


def deals_of(applications: Sequence[ApplicationRow]) -> list[Deal]:
    """Describe the deals of these applications; as many queries for many as for one."""
    licenses = {
        row.application_id: row
        for row in LicenseRow.objects.filter(application_id__in=[row.id for row in applications])
    }
    return _described(applications, licenses, EventRow.objects.all())


def applications_at(at: Moment, actor: Actor) -> Iterator[Any]:
    """Derive the applications that an actor would have been shown at a moment, one by one."""
    for row in past.things_at("application", at, actor):
        yield SimpleNamespace(pk=row["id"], **row)


def deals_at(applications: Sequence[Any], at: Moment) -> list[Deal]:
    """Describe the deals of these applications as they stood."""
    granted = {row.id: past.row_at("license", license_id(row.id), at) for row in applications}
    licenses = {key: SimpleNamespace(**row) for key, row in granted.items() if row is not None}
    return _described(
        applications, licenses, EventRow.objects.filter(log_entry__log_index__lte=at.log_index)
    )


def deal_at(application_id: UUID, at: Moment) -> Deal | None:
    """Describe one deal as it stood; None: it had not begun."""
    row = past.row_at("application", application_id, at)
    if row is None:
        return None
    [deal] = deals_at([SimpleNamespace(**row)], at)
    return deal


def status(application: Any, granted: Any) -> str:
    """Say how far a deal is, in words: its license counts, or else its application."""
    if granted is not None:
        return title(f"license_{granted.status}")
    return title(f"application_{application.status}")


def _described(
    applications: Iterable[Any], licenses: Mapping[UUID, Any], events: QuerySet[EventRow]
) -> list[Deal]:
    """Describe deals by their applications' rows, the licenses of these, and what counts as past."""
    rows = list(applications)
    # An organization's name never changes: its id is made of it.
    exporters = Organization.objects.in_bulk({row.exporter_id for row in rows})
    changed = dict(
        events.filter(correlation_id__in=[row.correlation_id for row in rows])
        .values("correlation_id")
        .annotate(last=Max("recorded_at"))
        .values_list("correlation_id", "last")
    )
    return [
        Deal(
            correlation_id=row.correlation_id,
            control_number=row.control_number,
            license_number=licenses[row.id].license_number if row.id in licenses else None,
            status=status(row, licenses.get(row.id)),
            exporter=_name(exporters, row.exporter_id),
            begun_at=row.created_at,
            changed_at=changed.get(row.correlation_id, row.changed_at),
        )
        for row in rows
    ]


def _name(organizations: Mapping[UUID, Organization], organization_id: UUID) -> str:
    known = organizations.get(organization_id)
    return known.name if known else str(organization_id)
