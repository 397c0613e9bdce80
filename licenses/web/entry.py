"""`/`: what Tollgate is, how this installation does, which rules it follows, and where to go."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from audits import context as minting
from audits.api import health
from audits.kernel import Refused
from audits.models import Person
from audits.web import status
from audits.web.pages import Page, viewer_of
from customers.models import ScreeningListRow
from licenses.domain.policy.model import Edition
from licenses.editions import edition_in_force


class EntryPage(Page):
    """For everybody, also while the database is away."""

    http_method_names = ("get", "head")

    def get(self, request: HttpRequest, **_path: Any) -> HttpResponse:
        """Show how things stand."""
        ready = health.readiness()
        context: dict[str, Any] = {"signs": status.signs(ready), "ready": ready}
        if ready.database and ready.migrations:
            context |= _installation(viewer_of(request))
        return render(request, "licenses/entry.html", context)


def _installation(viewer: Person | None) -> dict[str, Any]:
    """Gather what only the database knows."""
    people = Person.objects.filter(username__in=settings.DEMONSTRATION_LOGINS, is_active=True)
    is_known = viewer is not None or settings.DEMONSTRATION_LOGINS
    return {
        "viewer": viewer,
        "edition": ruling(minting.database_now()),
        "screening_list": ScreeningListRow.objects.first(),
        "logins": people.select_related("organization").order_by("organization__role", "username"),
        # Nobody else need know what to look for holes in.
        "versions": status.versions() if is_known else [],
    }


def ruling(now: datetime) -> Edition | None:
    """Find the policy edition in force, if there is one."""
    try:
        return edition_in_force(now)
    except Refused:
        return None
