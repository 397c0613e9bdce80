"""Schemathesis over the whole API: no 5xx, no undocumented answer, whoever asks for whatever."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from uuid import UUID

import pytest
import schemathesis
from django.core import signals
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from audits.execution import house
from audits.kernel import Actor, Role
from audits.projection import snake_case
from audits.sequencing import Sequencer
from tests.support.client import client_of
from tests.support.deal import Deal
from tests.support.people import (
    AUDITOR,
    BANK,
    EXPORTER,
    LABORATORY,
    OFFICER,
    TREASURY,
)
from tests.support.stage import Stage

pytestmark = pytest.mark.django_db
Case: TypeAlias = schemathesis.Case[Any]
CAST: Final[tuple[Actor, ...]] = (EXPORTER, OFFICER, LABORATORY, BANK, TREASURY, AUDITOR)
EXAMPLES: Final = int(os.environ.get("TOLLGATE_CONTRACT_EXAMPLES", "5"))
PERMITTED: Final = {
    snake_case(command.__name__): procedure.roles - {Role.SYSTEM}
    for command, procedure in house.procedures.items()
}
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@dataclass
class World:
    """Things to meet, and people to be."""

    tokens: dict[Role, str]
    things: dict[str, UUID]
    asked: int = 0

    def dress(self, case: Case) -> dict[str, str]:
        """Send a request mostly about a thing that exists, and as somebody who may."""
        self.asked += 1
        kind = case.path.removeprefix("/api/v1/").partition("/")[0]
        if case.path_parameters and kind in self.things and self.asked % 3:
            case.path_parameters["id"] = str(self.things[kind])
        may = PERMITTED.get(case.operation.definition.raw.get("operationId", ""), ())
        roles = sorted(may if may and self.asked % 4 else self.tokens)
        token = self.tokens[roles[self.asked % len(roles)]]
        headers = {"Authorization": f"Bearer {token}"}
        if case.headers and "If-Match" in case.headers and self.asked % 2:
            headers["If-Match"] = "*"
        return headers


@pytest.fixture
def world() -> World:
    """Play a deal up to its dispatch, and log everybody in."""
    stage = Stage()
    stage.prepare()
    stage.sell_at_home(8)
    deal = Deal(stage, stage.approved_customer()).ready()
    Sequencer().run_until_empty()
    return World(
        tokens={actor.role: str(client_of(actor).token) for actor in CAST},
        things={
            "customers": deal.customer_id,
            "applications": deal.application_id,
            "licenses": deal.license_id,
            "escrows": deal.escrow_id,
            "lab-tests": deal.lab_test_id,
            "shipments": deal.shipment_id,
            "products": stage.products["H200"],
            "laboratories": stage.laboratory_id,
        },
    )


@pytest.fixture
def _one_connection() -> Iterator[None]:
    """Keep the test's connection over requests, as Django's own test client does."""
    signals.request_started.disconnect(close_old_connections)
    signals.request_finished.disconnect(close_old_connections)
    yield
    signals.request_started.connect(close_old_connections)
    signals.request_finished.connect(close_old_connections)


@pytest.mark.usefixtures("_one_connection")
def test_whatever_is_asked_the_answer_is_documented(
    world: World, subtests: pytest.Subtests
) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/v1/schema/", get_wsgi_application())
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        with subtests.test(msg=operation.label):
            asking(operation, world)()


def asking(operation: Any, world: World) -> Callable[[], None]:
    """Make the property of one operation."""

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(case=operation.as_strategy())
    def ask(case: Case) -> None:
        before = transaction.savepoint()
        try:
            case.call_and_validate(headers=world.dress(case), checks=CHECKS)
        finally:
            transaction.savepoint_rollback(before)  # each request meets the same world

    return ask
