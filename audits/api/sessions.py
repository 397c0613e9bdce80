"""Logging in and out, and who one is."""

import hashlib
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse
from knox.models import AuthToken
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from audits.api import bodies
from audits.api.authentication import SCHEME
from audits.api.problems import Rejected
from audits.api.schema import Json, Of, Operation
from audits.api.views import ApiView, respond
from audits.kernel import Actor
from audits.models import Person

_NO_STORE: Final = {"Cache-Control": "no-store"}


class LogIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one logs in with."""

    username: Annotated[str, msgspec.Meta(min_length=1, max_length=150)]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """Who one is to the service."""

    username: str
    organization: str
    actor: Actor


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A login. The token is told this once; only its hash is kept."""

    token: str
    token_type: str = SCHEME
    expires_at: datetime
    me: Me


class LogInThrottle(SimpleRateThrottle):
    """Bounds how fast passwords can be tried, per client address. Counted per web process."""

    scope = "sessions"

    def get_cache_key(self, request: Request, view: Any) -> str:
        """Count by address; logging out is not counted."""
        del view
        return f"throttle-sessions-{self.get_ident(request)}"


class AccountThrottle(SimpleRateThrottle):
    """Bounds how many wrong passwords in a row a login takes, from wherever they come.

    A right one is forgotten at once. A name that nobody has is bounded likewise, so that it is not
    told from others. Counted per web process.
    """

    scope = "account"

    def __init__(self, username: str) -> None:
        super().__init__()
        # As the form reads it; hashed, for a name may hold what a cache takes no key of.
        name = unicodedata.normalize("NFKC", username).strip()
        self._key: Final = f"throttle-account-{hashlib.sha256(name.encode()).hexdigest()}"

    def get_cache_key(self, request: Request, view: Any) -> str:
        """Count by login name."""
        del request, view
        return self._key

    def forget(self) -> None:
        """Begin to count anew: the password was right."""
        self.cache.delete(self._key)


def me_of(person: Person) -> Me:
    """Say who a person is."""
    return Me(username=person.username, organization=person.organization.name, actor=person.actor())


class SessionsView(ApiView):
    """`POST` and `DELETE /sessions`."""

    def get_permissions(self) -> Sequence[Any]:
        """Whoever logs in has no token yet."""
        return [] if self.request.method == "POST" else super().get_permissions()

    def get_throttles(self) -> list[Any]:
        """Only logging in is throttled."""
        return [LogInThrottle()] if self.request.method == "POST" else []

    def describe_post(self) -> Operation:
        """Describe how to log in."""
        example = {"username": "officer", "password": "correct horse battery staple"}
        content: Json = {bodies.JSON: {"schema": Of(LogIn), "example": example}}
        answer = {
            "description": "Logged in.",
            "content": {bodies.JSON: {"schema": Of(Session)}},
        }
        return Operation(
            operation_id="log_in",
            tag="sessions",
            summary="Log in",
            description=(
                "Gives a bearer token, which expires. 401 when name or password are wrong; 429 when"
                " too many were tried from an address, or wrong ones for a name."
            ),
            request={"required": True, "content": content},
            responses={201: answer},
            problems=(400, 401, 413, 415, 429, 503),
            public=True,
        )

    def post(self, request: Request) -> HttpResponse:
        """Log in."""
        asked = bodies.read(request, LogIn)
        account = AccountThrottle(asked.username)
        if not account.allow_request(request, self):
            self.throttled(request, account.wait() or 0)
        person = authenticate(request, username=asked.username, password=asked.password)
        if not isinstance(person, Person):
            raise Rejected(
                401,
                "credentials_wrong",
                "There is no such login",
                headers={"WWW-Authenticate": SCHEME},
            )
        account.forget()
        token, text = AuthToken.objects.create(user=person)
        session = Session(token=text, expires_at=token.expiry, me=me_of(person))
        return respond(session, status=201, extra_headers=_NO_STORE)

    def describe_delete(self) -> Operation:
        """Describe how to log out."""
        return Operation(
            operation_id="log_out",
            tag="sessions",
            summary="Log out",
            description="Revokes the token that the request carries, at once.",
            responses={204: {"description": "The token is worth nothing any more."}},
            problems=(401, 503),
        )

    def delete(self, request: Request) -> HttpResponse:
        """Log out."""
        token: AuthToken = request.auth
        token.delete()
        return HttpResponse(status=204)


class MeView(ApiView):
    """`GET /me`."""

    def describe_get(self) -> Operation:
        """Describe it."""
        answer = {"description": "You.", "content": {bodies.JSON: {"schema": Of(Me)}}}
        return Operation(
            operation_id="show_me",
            tag="sessions",
            summary="Show who you are to the service",
            description="The person and the organization that your commands will be recorded for.",
            responses={200: answer},
            problems=(401, 503),
        )

    def get(self, request: Request) -> HttpResponse:
        """Say who sends the request."""
        return respond(me_of(_person(request)))


def _person(request: HttpRequest) -> Person:
    person = request.user
    if not isinstance(person, Person):
        raise TypeError("every view that asks for the person requires a login")
    return person
