"""Deals as pages: which there are, and what happened in one, now or as of an earlier moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.core.paginator import Page as Slice
from django.core.paginator import Paginator
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from audits.api import history, pages
from audits.api.views import respond
from audits.kernel import Actor, Role
from audits.models import EventRow, Organization, Person
from audits.web import timeline
from audits.web.as_of import AsOfForm, as_of
from audits.web.details import Describing
from audits.web.pages import PersonPage
from audits.web.timeline import Place, Telling
from audits.web.words import title
from licenses.domain.money import amount_text
from licenses.models import ApplicationRow, LicenseRow
from licenses.queries import visible_applications, visible_streams
from licenses.web.titles import TITLES

DEALS_A_PAGE: Final = 25
EVENTS_A_PAGE: Final = 50
SECTION: Final = "deals"
"""Which entry of the navigation these pages belong to."""
NEWEST_FIRST: Final = "-created_at"


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


class DealsPage(PersonPage):
    """`/deals/`: the deals that one may see, newest first."""

    def show(self, request: HttpRequest, viewer: Person, **_path: Any) -> HttpResponse:
        """Show a page of deals."""
        found = pages.page_of(
            visible_applications(viewer.actor()),
            ordering=NEWEST_FIRST,
            cursor=request.GET.get("cursor"),
            limit=DEALS_A_PAGE,
        )
        context = {
            "viewer": viewer,
            "section": SECTION,
            "deals": deals_of(found.rows),
            "found": found,
        }
        return render(request, "licenses/deals.html", context)


def deals_of(applications: Sequence[ApplicationRow]) -> list[Deal]:
    """Describe the deals of these applications; as many queries for many as for one."""
    licenses = {
        row.application_id: row
        for row in LicenseRow.objects.filter(application_id__in=[row.id for row in applications])
    }
    exporters = Organization.objects.in_bulk({row.exporter_id for row in applications})
    changed = dict(
        EventRow.objects.filter(correlation_id__in=[row.correlation_id for row in applications])
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
        for row in applications
    ]


def _name(organizations: Mapping[UUID, Organization], organization_id: UUID) -> str:
    known = organizations.get(organization_id)
    return known.name if known else str(organization_id)


def status(application: ApplicationRow, granted: LicenseRow | None) -> str:
    """Say how far a deal is, in words: its license counts, or else its application."""
    if granted is not None:
        return title(f"license_{granted.status}")
    return title(f"application_{application.status}")


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a deal is to be shown."""

    application: ApplicationRow
    form: AsOfForm
    all_events: int
    """How many events there are now."""
    slice: Slice[Place]

    @property
    def places(self) -> list[Place]:
        """The places of the page."""
        return list(self.slice.object_list)


class TimelinePage(PersonPage):
    """What the timeline and its JSON share: the same events for the same address."""

    def shown(self, request: HttpRequest, actor: Actor) -> Shown:
        """Find the events to show; 404 for a deal that there is not, or not for this actor."""
        correlation_id = self.kwargs["id"]
        application = visible_applications(actor).filter(correlation_id=correlation_id).first()
        if application is None:
            raise Http404
        streams = timeline.streams_of(correlation_id)
        places = timeline.places_of(correlation_id, visible_streams(actor, streams))
        form = as_of(request.GET)
        kept = form.keep(places) if form.is_valid() else []
        cut = Paginator(kept, EVENTS_A_PAGE).get_page(request.GET.get("page"))
        return Shown(application, form, len(places), cut)


class DealPage(TimelinePage):
    """`/deals/{id}/`: the timeline of a deal."""

    def show(self, request: HttpRequest, viewer: Person, **_path: Any) -> HttpResponse:
        """Show the timeline, or what is wrong with the moment asked for."""
        shown = self.shown(request, viewer.actor())
        [deal] = deals_of([shown.application])
        telling = Telling(TITLES.get, Describing(amount_text, shown.application.currency))
        context = {
            "viewer": viewer,
            "section": SECTION,
            "deal": deal,
            "shown": shown,
            "entries": telling.entries(shown.places),
            "is_auditor": viewer.organization.role == Role.AUDITOR,
        }
        code = 200 if shown.form.is_valid() else 400
        return render(request, "licenses/deal.html", context, status=code)


class DealHistory(TimelinePage):
    """`/deals/{id}/history.json`: the same events as the API shows them, with their leaf hashes."""

    def show(self, request: HttpRequest, viewer: Person, **_path: Any) -> HttpResponse:
        """Show the events of the timeline's page as JSON."""
        shown = self.shown(request, viewer.actor())
        if not shown.form.is_valid():
            return respond({"errors": shown.form.errors.get_json_data()}, status=400)
        rows = timeline.rows_of(shown.places)
        body = {
            "items": [history.entry_of(row) for row in rows],
            "page": shown.slice.number,
            "pages": shown.slice.paginator.num_pages,
        }
        return respond(body)
