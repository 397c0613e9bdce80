"""What pages share: who looks at them, that nobody keeps them, and what happens when all is not well."""

from typing import Any, Final

import structlog
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import View

from audits.api.problems import Rejected
from audits.api.throttling import bounded
from audits.models import Person
from audits.unreadable import StoredEventUnreadable
from audits.web.as_of import ASKS_FOR_PAST

log = structlog.get_logger(__name__)

RETRY_AFTER_SECONDS: Final = "5"
BAD_REQUEST: Final = 400


def viewer_of(request: HttpRequest) -> Person | None:
    """Tell who is logged in; None: nobody."""
    return request.user if isinstance(request.user, Person) else None


@method_decorator(never_cache, name="dispatch")
class Page(View):
    """A page: never kept by anybody, and polite when the database is away."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer; a database that is away is 503, an address that cannot be meant is 400.

        An event that cannot be read any more is 500: the page names it, and the log does.
        """
        try:
            return super().dispatch(request, *args, **kwargs)
        except (OperationalError, InterfaceError) as error:
            log.warning("page_unavailable", path=request.path, error=str(error))
            answer = render(request, "audits/away.html", status=503)
            answer["Retry-After"] = RETRY_AFTER_SECONDS
            return answer
        except StoredEventUnreadable as error:
            # No traceback: one may quote what the bytes hold.
            log.error(error.code, path=request.path, what=str(error))  # noqa: TRY400 -- as said
            return render(request, "audits/unreadable.html", {"what": str(error)}, status=500)
        except Rejected as error:
            if error.status == BAD_REQUEST:
                raise BadRequest(error.detail) from error
            about = {"detail": error.detail}
            busy = render(request, "audits/busy.html", about, status=error.status)
            for name, value in error.headers.items():
                busy[name] = value
            return busy


class PersonPage(Page):
    """A page for people who are logged in; others are asked to log in first."""

    http_method_names = ("get", "head")

    def get(self, request: HttpRequest, **path: Any) -> HttpResponse:
        """Find out who looks, then show them the page."""
        viewer = viewer_of(request)
        if viewer is None:
            return redirect_to_login(request.get_full_path())
        if any(request.GET.get(name) for name in ASKS_FOR_PAST):
            with bounded(request, self):
                return self.show(request, viewer, **path)
        return self.show(request, viewer, **path)

    def show(self, request: HttpRequest, viewer: Person, **path: Any) -> HttpResponse:
        """Show the page to a person."""
        raise NotImplementedError
