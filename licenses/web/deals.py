"""Deals as pages: which there are, and what happened in one, now or as of an earlier moment."""

from dataclasses import dataclass
from typing import Any, Final

from django.core.paginator import Page as Slice
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from audits.api import history, pages
from audits.api.views import respond
from audits.kernel import Actor, Role
from audits.models import Person
from audits.past.moments import Moment
from audits.web import timeline
from audits.web.as_of import AsOfForm, as_of, moment_form
from audits.web.details import Describing
from audits.web.pages import PersonPage
from audits.web.timeline import Place, Telling
from licenses.domain.money import amount_text
from licenses.models import ApplicationRow
from licenses.queries import visible_applications, visible_streams
from licenses.web.listed import Deal, applications_at, deal_at, deals_at, deals_of
from licenses.web.titles import TITLES

DEALS_A_PAGE: Final = 25
EVENTS_A_PAGE: Final = 50
SECTION: Final = "deals"
"""Which entry of the navigation these pages belong to."""
NEWEST_FIRST: Final = "-created_at"


class DealsPage(PersonPage):
    """`/deals/`: the deals that one may see, newest first."""

    def show(self, request: HttpRequest, viewer: Person, **_path: Any) -> HttpResponse:
        """Show a page of deals, or what is wrong with the moment asked for."""
        form, actor = moment_form(request.GET), viewer.actor()
        at = form.moment if form.is_valid() else None
        place: Any = {"cursor": request.GET.get("cursor"), "limit": DEALS_A_PAGE}
        if at is None:
            found = pages.page_of(visible_applications(actor), ordering=NEWEST_FIRST, **place)
            deals = deals_of(found.rows)
        else:
            found = pages.cut(applications_at(at, actor), ordering=NEWEST_FIRST, **place)
            deals = deals_at(found.rows, at)
        context = {
            "viewer": viewer,
            "section": SECTION,
            "form": form,
            "at": at,
            "deals": deals if form.is_valid() else [],
            "found": found,
        }
        code = 200 if form.is_valid() else 400
        return render(request, "licenses/deals.html", context, status=code)


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a deal is to be shown."""

    application: ApplicationRow
    form: AsOfForm
    all_events: int
    """How many events there are now."""
    slice: Slice[Place]
    at: Moment | None
    """What is shown of the deal itself stands on this; None: on today."""

    @property
    def places(self) -> list[Place]:
        """The places of the page."""
        return list(self.slice.object_list)

    @property
    def is_past(self) -> bool:
        """Whether it looks back."""
        return self.form.is_valid() and self.form.is_asked()

    def deal(self) -> Deal | None:
        """Describe the deal; None: it had not begun."""
        if self.at is None:
            [now] = deals_of([self.application])
            return now
        return deal_at(self.application.id, self.at)


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
        return Shown(application, form, len(places), cut, _moment(form, kept))


def _moment(form: AsOfForm, kept: list[Place]) -> Moment | None:
    """Tell what a deal stands on as a form asks: where it names an event, on that one's place."""
    if not form.is_valid() or not form.is_asked() or form.moment is not None:
        return form.moment
    last = kept[-1].log_index if kept else None
    return None if last is None else Moment(log_index=last)


class DealPage(TimelinePage):
    """`/deals/{id}/`: the timeline of a deal."""

    def show(self, request: HttpRequest, viewer: Person, **_path: Any) -> HttpResponse:
        """Show the timeline, or what is wrong with the moment asked for."""
        shown = self.shown(request, viewer.actor())
        telling = Telling(TITLES.get, Describing(amount_text, shown.application.currency))
        context = {
            "viewer": viewer,
            "section": SECTION,
            "deal": shown.deal(),
            "correlation_id": self.kwargs["id"],
            "shown": shown,
            "entries": telling.entries(shown.places, as_recorded=shown.is_past),
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
        return respond(body, as_recorded=shown.is_past)
