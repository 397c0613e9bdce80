"""What all views of the API share: who asks, how answers are written, moments of the past."""

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any, ClassVar, Final, Protocol

import msgspec
from django.http import HttpRequest, HttpResponse
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.views import APIView

from audits import context as minting
from audits import vault
from audits.api import bodies, headers
from audits.api.declaring import Paging
from audits.api.schema import OperationSchema
from audits.api.throttling import PastThrottle, asks_for_past, reading_log
from audits.kernel import Actor, Context
from audits.models import Person
from audits.past import moments


class OneFormat(DefaultContentNegotiation):
    """Answers in the one format there is, whatever the client says it accepts (RFC 9110, 12.5.1)."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[Any, str]:
        """Pick the only renderer."""
        del request, format_suffix
        return renderers[0], renderers[0].media_type


class ApiView(APIView):
    """What all views of the API share: they say themselves how they are documented."""

    schema = OperationSchema()
    http_method_names = ("get", "head", "post", "delete")
    content_negotiation_class = OneFormat
    reads_log: ClassVar[bool] = False
    """Whether its answers always come from the log; those about the past do anyway."""

    def get_throttles(self) -> list[Any]:
        """Bound how often one person asks for the past."""
        return [PastThrottle()] if self._asks_for_past() else []

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer, and let go of whatever was held meanwhile, also where a bug rises."""
        with ExitStack() as self._held:
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find out who asks, and whether there is room for the question."""
        super().initial(request, *args, **kwargs)
        if self._asks_for_past():
            self._held.enter_context(reading_log())

    def _asks_for_past(self) -> bool:
        return self.reads_log or asks_for_past(self.request)


def actor_of(request: HttpRequest) -> Actor:
    """Say who sends an authenticated request."""
    person = request.user
    if not isinstance(person, Person):
        raise TypeError("every view that asks for the actor requires a login")
    return person.actor()


def respond(
    value: Any,
    *,
    status: int = 200,
    content_type: str = bodies.JSON,
    extra_headers: Mapping[str, str] | None = None,
    as_recorded: bool = False,
) -> HttpResponse:
    """Answer with JSON; the same value gives the same bytes. Only the client may keep the answer.

    Personal data are shown in clear, and then nobody may keep it; `as_recorded` leaves them sealed.
    """
    content = msgspec.json.encode(value)
    shown = content if as_recorded else vault.revealed(content)
    keeping = "private, no-cache" if shown == content else "private, no-store"
    return HttpResponse(
        shown,
        status=status,
        content_type=content_type,
        headers={"Cache-Control": keeping, **(extra_headers or {})},
    )


_NOT_READ_YET: Final = datetime.min.replace(tzinfo=UTC)
"""Stands for the database's time until `execute` has read it."""


def context_of(request: HttpRequest) -> Context:
    """Mint the context of a command; its key makes a repeat the same command."""
    actor = actor_of(request)
    return Context(
        actor=actor,
        now=_NOT_READ_YET,
        command_id=minting.command_id_of(actor.person_id, headers.idempotency_key(request)),
    )


class AskedMoment(Protocol):
    """A query that may ask for the past."""

    @property
    def as_of(self) -> datetime | None:
        """Say at which time."""

    @property
    def log_index(self) -> int | None:
        """Say after which event of the log."""


def asked_moment(asked: AskedMoment) -> moments.Moment | None:
    """Find the moment that a query asks for; None: now. Refused for both ways at once."""
    if asked.as_of is None and asked.log_index is None:
        return None
    return moments.moment(as_of=asked.as_of, log_index=asked.log_index)


def standing(at: moments.Moment | None) -> dict[str, Any]:
    """Say what an answer about the past stands on; nothing for one about now.

    An answer about the past shows personal data sealed: an erasure must not change its bytes.
    """
    return {} if at is None else {"stands_on": at}


_NOT_COLUMNS: Final = frozenset({*Paging.__struct_fields__, "ordering", "as_of", "log_index"})


def lookups(asked: Paging) -> dict[str, Any]:
    """Turn given filters into the ORM's lookups: equality, or half-open bounds by suffix."""
    found = {}
    for name in asked.__struct_fields__:
        value = getattr(asked, name)
        if value is None or name in _NOT_COLUMNS:
            continue
        if name.endswith("_from"):
            found[f"{name.removesuffix('_from')}__gte"] = value
        elif name.endswith("_until"):
            found[f"{name.removesuffix('_until')}__lt"] = value
        else:
            found[name] = value
    return found


def fits(row: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Tell whether a row of the past answers all of those lookups as the ORM would."""
    return all(_fits(row, lookup, value) for lookup, value in found.items())


def _fits(row: Mapping[str, Any], lookup: str, value: Any) -> bool:
    """Answer one lookup; nothing fits where there is no value."""
    column, _, operator_ = lookup.partition("__")
    there = row[column]
    if there is None:
        return False
    match operator_:
        case "gte":
            return bool(there >= value)
        case "lt":
            return bool(there < value)
        case _:
            return bool(there == value)
