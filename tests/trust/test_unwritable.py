"""What no record can hold (U+0000, lone surrogates, integers beyond 2^53) is 400 wherever it stands.

Bodies are made of commands that took effect: at each text and integer of each, one that cannot be
written. What the shape lets through is sent to things in every state.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

import msgspec
import pytest
from django.db import transaction
from django.urls import URLPattern, get_resolver

from audits.api import bodies
from audits.api.problems import Rejected
from audits.api.serving import CommandView, CreateView
from audits.execution import house
from audits.kernel import Command, Role
from config import errors
from licenses.api.allotments import REPORT_US_SALE
from tests.support.client import ApiClient, client_of
from tests.support.people import AUDITOR, BANK, EXPORTER, LABORATORY, OFFICER, TREASURY
from tests.trust.scenes import Scenes

pytestmark = pytest.mark.django_db
Path = tuple[str | int, ...]
CAST: Final = {who.role: who for who in (EXPORTER, OFFICER, LABORATORY, BANK, TREASURY, AUDITOR)}
TEXTS: Final = (b"a\\u0000b", b"a\\ud800b")
BAD_REQUEST, SERVER_ERROR = 400, 500
INTEGERS: Final = (2**53, -(2**53), 2**63, 2**64, 10**400)


def routes() -> dict[str, tuple[type[Command], str, str]]:
    """Find the address of every command: name → class, address, aggregate."""
    found = {"ReportUsSale": (REPORT_US_SALE.command, "us-sales/", "allotment")}
    for prefix in get_resolver().url_patterns:
        for pattern in getattr(prefix, "url_patterns", ()):
            found |= dict(_routes(pattern))
    return found


def _routes(pattern: URLPattern) -> Iterator[tuple[str, tuple[type[Command], str, str]]]:
    view = getattr(pattern.callback, "view_class", object)
    initial = getattr(pattern.callback, "view_initkwargs", {})
    for kind, name in ((CommandView, "route"), (CreateView, "create")):
        route = initial.get(name) or getattr(view, name, None)
        if issubclass(view, kind) and route is not None:
            aggregate = house.procedures[route.command].decider.aggregate
            yield route.command.__name__, (route.command, str(pattern.pattern), aggregate)


ROUTES: Final = routes()


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    match value:
        case dict():
            for name, inner in value.items():
                yield from leaves(inner, (*path, name))
        case list():
            for place, inner in enumerate(value):
                yield from leaves(inner, (*path, place))
        case str() | int():
            yield path, value
        case _:
            pass


def with_leaf(body: Any, path: Path, content: bytes) -> bytes:
    """Write a body with one leaf replaced by JSON as it stands."""
    mark = "here-it-goes"
    if not path:
        return content
    whole = json.loads(json.dumps(body))
    place = whole
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = mark
    return json.dumps(whole).encode().replace(f'"{mark}"'.encode(), content)


def unwritable(body: Any) -> Iterator[bytes]:
    """Make every body that differs in one leaf which cannot be written."""
    for path, value in leaves(body):
        if isinstance(value, str):
            yield from (with_leaf(body, path, b'"%b"' % text) for text in TEXTS)
        if isinstance(value, int) and not isinstance(value, bool):
            yield from (with_leaf(body, path, str(number).encode()) for number in INTEGERS)
        if str(path[-1]).endswith("_cents"):
            yield from (with_leaf(body, path, b'"%d"' % number) for number in INTEGERS)


def refused_by_shape(content: bytes, shape: type[Command]) -> bool:
    """Tell whether a body is answered 400 before any decision; what has no answer rises."""
    try:
        bodies.decode(content, shape)
    except (Rejected, msgspec.ValidationError) as error:
        said = errors.said_of(error)
        return said is not None and said.status == BAD_REQUEST
    return False


@pytest.fixture(scope="module")
def clients(scenes: Scenes) -> Callable[[Role], ApiClient]:
    """Log everybody in, within the transaction of the scenes."""
    del scenes
    known: dict[Role, ApiClient] = {}
    return lambda role: known.get(role) or known.setdefault(role, client_of(CAST[role]))


def test_every_command_of_a_person_has_an_address() -> None:
    personal = {
        kind.__name__
        for kind, procedure in house.procedures.items()
        if procedure.roles - {Role.SYSTEM}
    }
    assert personal - set(ROUTES) <= {"ImportList", "BookDeposit"}


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_what_cannot_be_written_is_400_and_never_500(
    name: str, scenes: Scenes, clients: Callable[[Role], ApiClient]
) -> None:
    command, address, aggregate = ROUTES[name]
    role = min(house.procedures[command].roles - {Role.SYSTEM})
    things = [each for (kind, _), each in scenes.things.items() if kind == aggregate]
    for content in unwritable(bodies.to_wire(scenes.commands[command])):
        if refused_by_shape(content, command):
            continue
        for thing in things if "<uuid:id>" in address else [None]:
            status, said = asked(clients(role), address, thing, content)
            assert BAD_REQUEST <= status < SERVER_ERROR, (content, said)


def asked(client: ApiClient, address: str, thing: UUID | None, content: bytes) -> tuple[int, Any]:
    before = transaction.savepoint()
    try:
        answer = client.post(address.replace("<uuid:id>", str(thing)), content, if_match="*")
        return answer.status_code, answer.content
    finally:
        with suppress(Exception):
            transaction.savepoint_rollback(before)
