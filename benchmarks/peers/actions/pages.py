"""The page of one deal, its events read through generic foreign keys."""

from types import SimpleNamespace
from typing import Any
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from audits.models import Person
from audits.web.as_of import as_of
from audits.web.details import Describing
from audits.web.timeline import LONG, Entry, Place, Who
from audits.web.words import title
from benchmarks.peers.actions.models import Action
from licenses.domain.money import amount_text
from licenses.models import ApplicationRow
from licenses.web.deals import EVENTS_A_PAGE, SECTION
from licenses.web.listed import deals_of
from licenses.web.titles import TITLES


def deal_page(request: HttpRequest, viewer: Person, deal_id: UUID) -> HttpResponse:
    """Show the same template with the same figures."""
    application = ApplicationRow.objects.get(correlation_id=deal_id)
    kind = ContentType.objects.get_for_model(ApplicationRow)
    actions = Action.objects.filter(target_type=kind, target_id=str(application.id))
    found = Paginator(actions.order_by("timestamp", "id"), EVENTS_A_PAGE).get_page(1)
    form = as_of(QueryDict())
    form.is_valid()
    describing = Describing(amount_text, application.currency)
    context = {
        "viewer": viewer,
        "section": SECTION,
        "deal": deals_of([application])[0],
        "correlation_id": deal_id,
        "shown": SimpleNamespace(
            form=form, slice=found, all_events=found.paginator.count, at=None, is_past=False
        ),
        "entries": [
            _entry(number, action, describing) for number, action in enumerate(found, start=1)
        ],
        "is_auditor": True,
    }
    return render(request, "licenses/deal.html", context)


def _entry(number: int, action: Action, describing: Describing) -> Entry:
    actor: Any = action.actor
    target: Any = action.target
    details = describing.describe(action.data)
    return Entry(
        place=Place(number, UUID(int=action.pk), target.pk, action.timestamp, number),
        title=TITLES.get(action.verb) or title(action.verb),
        thing=title(type(target).__name__.lower()),
        version=number,
        who=Who(actor.username, actor.organization.name),
        on_behalf_of=None,
        edition=None,
        leaf_hash="",
        details=details,
        is_long=details.size() > LONG,
    )
