"""Who sees which thing over HTTP, and that whoever sees nothing cannot even tell that it is there."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import pytest
import yaml

from audits import context as minting
from audits import reading
from audits.api import bodies
from audits.api.declaring import CommandRoute, Resource
from audits.api.urls import RESOURCES as JOURNAL_RESOURCES
from audits.execution import house
from audits.kernel import Actor, Command
from audits.models import EventRow
from audits.projection import status_of
from customers.api.customers import CUSTOMERS
from customers.api.erasures import ERASURES
from customers.api.legal_holds import LEGAL_HOLDS
from customers.api.screening_lists import SCREENING_LISTS
from licenses.api.escrows import BOOK_DEPOSIT, ESCROWS
from licenses.api.urls import RESOURCES
from licenses.domain.application import commands as application
from licenses.domain.shipment import commands as shipment
from tests.support.client import ApiClient, client_of
from tests.support.people import (
    AUDITOR,
    BANK,
    EXPORTER,
    INTRUDER,
    LABORATORY,
    OFFICER,
    TREASURY,
)
from tests.trust.expected import PUBLIC, ROWS, sees
from tests.trust.scenes import Scenes

pytestmark = pytest.mark.django_db
PEOPLE: Final[tuple[Actor, ...]] = (EXPORTER, OFFICER, LABORATORY, BANK, TREASURY, AUDITOR)
ALL: Final[tuple[Resource, ...]] = (
    *(CUSTOMERS, SCREENING_LISTS, LEGAL_HOLDS, ERASURES),
    *(*JOURNAL_RESOURCES, *RESOURCES),
)
INDEX: Final = "/api/v1/"
"""For everybody: it names addresses and holds nothing of anybody."""
HIDDEN: Final = tuple(each for each in ALL if each.aggregate not in PUBLIC)
PAGE: Final = 200
FORBIDDEN: Final = 403
MISSING: Final = 404
FOR_NOBODY_IN_PARTICULAR: Final = ("/health/", "/api/v1/sessions")


@dataclass(frozen=True)
class Thing:
    """A stream of the scenes."""

    aggregate: str
    id: UUID
    state: str


@pytest.fixture(scope="module")
def things(scenes: Scenes) -> list[Thing]:
    """List every thing that there is."""
    assert scenes.things
    deciders = {each.decider.aggregate: each.decider for each in house.procedures.values()}
    rows = EventRow.objects.filter(version=1, aggregate__in=deciders)
    return [
        Thing(aggregate, stream_id, status_of(reading.load(deciders[aggregate], stream_id).state))
        for aggregate, stream_id in rows.values_list("aggregate", "stream_id")
    ]


def of(things: list[Thing], resource: Resource) -> list[Thing]:
    return [thing for thing in things if thing.aggregate == resource.aggregate]


def one_of_each(things: list[Thing], resource: Resource) -> list[Thing]:
    """Pick one thing in each state."""
    return list({thing.state: thing for thing in of(things, resource)}.values())


def listed(client: ApiClient, resource: Resource) -> set[UUID]:
    """Read a whole list, page by page."""
    found: set[UUID] = set()
    address: str | None = f"{resource.path}/?limit={PAGE}"
    while address is not None:
        answer = client.get(address)
        assert answer.status_code == 200, answer.content
        found |= {UUID(item["id"]) for item in answer.json()["items"]}
        links = answer.headers.get("Link", "").split(", ")
        following = [link for link in links if link.endswith('rel="next"')]
        address = following[0][1:].partition(">")[0] if following else None
    return found


def json_of(command: Command) -> Any:
    return json.loads(json.dumps(bodies.to_wire(command)))


@pytest.mark.parametrize("resource", ALL, ids=lambda resource: resource.path)
@pytest.mark.parametrize("actor", PEOPLE, ids=lambda actor: actor.role.value)
def test_who_sees_a_thing_alone_in_its_history_and_in_the_list(
    resource: Resource, actor: Actor, things: list[Thing]
) -> None:
    client, role = client_of(actor), actor.role.value
    for thing in one_of_each(things, resource):
        status = 200 if sees(role, thing.aggregate, thing.state) else MISSING
        for path in (f"{resource.path}/{thing.id}", f"{resource.path}/{thing.id}/history"):
            assert client.get(path).status_code == status, (path, thing)
    if resource.listing is not None:
        every = of(things, resource)
        seen = {thing.id for thing in every if sees(role, thing.aggregate, thing.state)}
        assert listed(client, resource) == seen


def requests_about(resource: Resource, scenes: Scenes) -> Iterator[tuple[str, CommandRoute | None]]:
    """Name everything that can be asked about one thing: paths below its address."""
    yield from (("", None), ("/history", None))
    if resource.path == "shipments":
        yield "/clearance", None
    routes = (*resource.commands, *((BOOK_DEPOSIT,) if resource is ESCROWS else ()))
    assert all(route.command in scenes.commands for route in routes)
    for route in routes:
        yield f"/{route.path}", route


@pytest.mark.parametrize("resource", HIDDEN, ids=lambda resource: resource.path)
def test_an_intruder_cannot_tell_another_s_thing_from_none(
    resource: Resource, scenes: Scenes, things: list[Thing]
) -> None:
    client, nothing = client_of(INTRUDER), minting.new_id()
    for suffix, route in requests_about(resource, scenes):
        answers = [
            ask(client, f"{resource.path}/{thing_id}{suffix}", route, scenes, thing_id)
            for thing_id in (nothing, *(thing.id for thing in one_of_each(things, resource)))
        ]
        permitted = route is None or "exporter" in ROWS[route.command.__name__].roles
        assert answers[0][0] == (MISSING if permitted else FORBIDDEN), (suffix, answers[0])
        assert len(answers) > 1
        assert set(answers) == {answers[0]}, suffix


def ask(
    client: ApiClient, path: str, route: CommandRoute | None, scenes: Scenes, thing_id: UUID
) -> tuple[int, str, str]:
    """Ask for a thing, or issue a command on it; blot the id out of the answer."""
    if route is None:
        answer = client.get(path)
    else:
        answer = client.post(path, json_of(scenes.commands[route.command]), if_match="*")
    headers = sorted(name for name in answer.headers if name.lower() != "content-length")
    return answer.status_code, answer.content.decode().replace(str(thing_id), "…"), str(headers)


def secrets(things: list[Thing]) -> set[str]:
    """Name what nobody else's answers may hold: ids, names, serials, references of the exporter."""
    mine = {str(thing.id) for each in HIDDEN for thing in one_of_each(things, each)}
    people = {str(EXPORTER.person_id), str(EXPORTER.organization_id)}
    words = {"Harbor Cloud", "港湾云", "SMIC Harbor", "Great Plains Compute", "Weather models"}
    return mine | people | words


def test_nothing_that_an_intruder_reads_holds_another_s_secret(
    scenes: Scenes, things: list[Thing]
) -> None:
    assert scenes.things
    told = secrets(things)
    client, auditor = client_of(INTRUDER), client_of(AUDITOR)
    document = yaml.safe_load(client.get("schema/").content)
    leaking = set()
    for path, methods in document["paths"].items():
        if "get" not in methods:
            continue
        for address in addresses(path, things):
            content = client.get(address).content.decode()
            assert not [word for word in told if word in content and word not in address], address
            shown = auditor.get(address).content.decode()
            leaking |= {word for word in told if word in shown}
    assert leaking == told  # somebody is shown each of them: the search can find something


def addresses(path: str, things: list[Thing]) -> list[str]:
    """Fill a path of the document with every id that may stand in it."""
    path = path.replace("{size}", "1")
    if "{id}" not in path:
        return [path]
    kind = path.removeprefix("/api/v1/").partition("/")[0]
    if kind == "events":
        return [path.replace("{id}", str(row.event_id)) for row in EventRow.objects.all()[:20]]
    # What is no resource of a deal is asked for by the ids of the deal's own things.
    resources = [each for each in ALL if each.path == kind] or HIDDEN
    return [
        path.replace("{id}", str(thing.id))
        for resource in resources
        for thing in one_of_each(things, resource)
    ]


def test_naming_another_s_thing_is_as_naming_none(scenes: Scenes) -> None:
    client, nothing = client_of(INTRUDER), str(minting.new_id())
    asked = json_of(scenes.commands[shipment.RequestShipment])
    licenses = (str(scenes.things["license", "active"]), str(scenes.things["license", "expired"]))
    requests = [
        client.post("shipments/", asked | {"license_id": license_id})
        for license_id in (nothing, *licenses)
    ]
    said = {
        (answer.status_code, answer.json()["code"], answer.json()["detail"]) for answer in requests
    }
    assert len(said) == 1
    told = {tuple(gaps(client, scenes, customer)) for customer in (nothing, str(scenes.buyer))}
    assert len(told) == 1


def gaps(client: ApiClient, scenes: Scenes, customer_id: str) -> list[str]:
    """File an application that names a customer; give what is said to be missing."""
    content = json_of(scenes.commands[application.ReviseApplication])
    content["parties"] = [
        {"role": role, "customer_id": customer_id}
        for role in ("purchaser", "ultimate_consignee", "end_user")
    ]
    draft = client.post("applications/", {}).json()["stream_id"]
    revised = client.post(f"applications/{draft}/revisions", content, if_match="*")
    assert revised.status_code == 200, revised.content
    answer = client.post(f"applications/{draft}/submissions", {}, if_match="*")
    assert answer.status_code == 409, answer.content
    return [json.dumps(gap) for gap in answer.json()["gaps"]]


def test_nobody_gets_in_without_a_token(things: list[Thing]) -> None:
    stranger = ApiClient(None)
    document = yaml.safe_load(stranger.get("schema/").content)
    asked = 0
    for path, methods in document["paths"].items():
        if path == INDEX or path.startswith(FOR_NOBODY_IN_PARTICULAR):
            continue
        for address in addresses(path, things)[:1]:
            for method in methods.keys() & {"get", "post", "delete"}:
                answer = stranger.post(address) if method == "post" else stranger.get(address)
                assert answer.status_code == 401, (method, address)
                assert answer.json()["code"] == "not_authenticated"
                asked += 1
    assert asked > 80
