"""One deal played for the whole module: pages only read."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from pytest_django import DjangoDbBlocker

from audits.sequencing import Sequencer
from tests.licenses.api.conftest import CAST
from tests.support.client import person_of
from tests.support.deal import Deal
from tests.support.stage import Stage

HOSTILE = "<script>alert('x')</script> & <b>"


@pytest.fixture(scope="module")
def played(
    django_db_setup: None,  # noqa: ARG001 -- the database must be there
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Deal]:
    """Play a deal to its end; what a test adds to it is undone after the test."""
    with django_db_blocker.unblock(), transaction.atomic():
        for actor in CAST.values():
            person_of(actor)
        stage = Stage()
        stage.prepare()
        stage.sell_at_home(8)
        deal = Deal(stage, stage.approved_customer(name=HOSTILE), label=HOSTILE)
        deal.ready().dispatch()
        deal.deliver().remit()
        Sequencer().run_until_empty()
        yield deal
        transaction.set_rollback(True)


class People:
    """Everybody's browser, logged in when first used."""

    def __init__(self) -> None:
        self._clients: dict[str, Client] = {}

    def __getitem__(self, name: str) -> Client:
        """Find somebody's browser."""
        if name not in self._clients:
            self._clients[name] = Client()
            self._clients[name].force_login(person_of(CAST[name]))
        return self._clients[name]


@pytest.fixture
def people(played: Deal, db: None) -> People:  # noqa: ARG001 -- what they look at
    return People()


def address(deal: Deal, rest: str = "") -> str:
    """Say where the timeline of a deal is."""
    return f"/deals/{deal.application_id}/{rest}"


def items(answer: Any) -> list[Any]:
    """Read the events of an answer in JSON."""
    assert answer.status_code == 200, answer.content
    found: list[Any] = answer.json()["items"]
    return found
