"""People who use the API: a client that sends a token, keys and JSON, as real ones do."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.test import Client
from knox.models import AuthToken

from audits.kernel import Actor
from audits.models import Organization, Person

_keys = itertools.count()


def person_of(actor: Actor, *, password: str | None = None) -> Person:
    """Enroll one of the fixed cast."""
    organization, _ = Organization.objects.get_or_create(
        id=actor.organization_id,
        defaults={
            "name": f"organization {actor.organization_id}",
            "role": actor.role.value,
            "agency": actor.agency or "",
        },
    )
    known = Person.objects.filter(id=actor.person_id).first()
    return known or Person.objects.create_person(
        person_id=actor.person_id,
        username=f"person-{actor.person_id}",
        organization=organization,
        password=password,
    )


@dataclass
class ApiClient:
    """Talks to `/api/v1/` as one person, or as nobody."""

    token: str | None
    http: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def get(self, path: str, parameters: Mapping[str, Any] | None = None, **headers: str) -> Any:
        return self.http.get(_whole(path), parameters or {}, headers=self._headers(headers))

    def delete(self, path: str) -> Any:
        return self.http.delete(_whole(path), headers=self._headers({}))

    def post(self, path: str, body: Any = None, *, key: str | None = None, **headers: str) -> Any:
        """Send JSON (or bytes as they are); without `key`, under a fresh one."""
        sent = {"idempotency_key": key or f"key-{next(_keys)}"} | headers
        return self.post_plain(path, {} if body is None else body, **sent)

    def post_plain(self, path: str, body: Any, **headers: str) -> Any:
        """Send JSON with these headers alone."""
        content_type = headers.pop("content_type", "application/json")
        return self.http.post(
            _whole(path), body, content_type=content_type, headers=self._headers(headers)
        )

    def _headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return given | ({"Authorization": f"Bearer {self.token}"} if self.token else {})


def client_of(actor: Actor) -> ApiClient:
    """Log one of the fixed cast in."""
    _, token = AuthToken.objects.create(user=person_of(actor))
    return ApiClient(token)


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    """Hold that an answer is this problem, as RFC 9457 has it; return its body."""
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.content
    assert answer["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["type"] == f"/problems/{code}"
    assert body["status"] == status
    assert body["instance"] == answer.wsgi_request.path
    return body


def _whole(path: str) -> str:
    return path if path.startswith("/") else f"/api/v1/{path}"
