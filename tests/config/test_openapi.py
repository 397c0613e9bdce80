"""The OpenAPI document holds every command of people, with examples that work.

That `docs/openapi.yaml` is current and valid is a gate of its own.
"""

import re
from typing import Any, Final

import msgspec
import pytest
import yaml

from audits.api import bodies
from audits.api.declaring import CommandRoute
from audits.api.urls import RESOURCES as JOURNAL_RESOURCES
from audits.execution import house
from audits.kernel import Command, Role
from audits.projection import snake_case
from customers.api.customers import CUSTOMERS
from licenses.api.allotments import REPORT_US_SALE
from licenses.api.escrows import BOOK_DEPOSIT
from licenses.api.urls import RESOURCES
from tests.support.client import ApiClient

ROUTES: Final[list[CommandRoute]] = [
    *(REPORT_US_SALE, BOOK_DEPOSIT),
    *(
        route
        for resource in (*JOURNAL_RESOURCES, *RESOURCES, CUSTOMERS)
        for route in (*([resource.create] if resource.create else []), *resource.commands)
    ),
]


@pytest.fixture(scope="module")
def document() -> Any:
    return yaml.safe_load(ApiClient(None).get("schema/").content)


def test_every_reference_leads_somewhere(document: Any) -> None:
    for kind, name in set(re.findall(r"'#/components/(\w+)/([^']+)'", str(document))):
        assert name in document["components"][kind]


def test_every_command_of_people_has_an_address_and_no_other_has(document: Any) -> None:
    offered = {
        operation["operationId"]
        for methods in document["paths"].values()
        for method, operation in methods.items()
        if method == "post"
    }
    commands = {
        snake_case(command.__name__)
        for command, procedure in house.procedures.items()
        if procedure.roles != {Role.SYSTEM}
        and command.__module__.startswith(("audits", "cust", "lic"))
    }
    assert offered == commands | {"log_in"}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.command.__name__)
def test_the_example_of_a_command_is_accepted(route: CommandRoute) -> None:
    command: Command = bodies.decode(msgspec.json.encode(route.example), route.command)
    assert type(command) is route.command


def test_every_operation_says_who_it_is_for_and_what_may_go_wrong(document: Any) -> None:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], path
            if method == "post" and operation["operationId"] != "log_in":
                assert re.search(r"For: [a-z]+(, [a-z]+)*\.$", operation["description"]), path
                assert {"400", "401", "403", "409", "415", "422"} <= set(operation["responses"])
