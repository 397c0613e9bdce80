"""Erasures beside deals: what keeps a person's data stands still until the erasure is decided."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from audits import vault
from audits.kernel import Refused
from audits.reading import Receipt
from customers.domain.erasure.commands import RequestErasure
from licenses.domain.application import commands as application
from tests.support.deal import Deal
from tests.support.people import EXPORTER, OFFICER
from tests.support.racing import Race, race
from tests.support.stage import body
from tests.support.world import World

Step = Callable[[], Any]


@pytest.fixture
def buyer(world: World) -> UUID:
    """Register a buyer whose people nothing keeps yet."""
    return world.registered_customer()


@pytest.fixture
def erase(world: World, buyer: UUID) -> Step:
    """Prepare the request to erase the one person whom the buyer's file names."""
    [named] = vault.named_in(buyer)
    command = body(RequestErasure, subject_id=str(named.subject_id), reason="Asked for")
    return lambda: world.do(OFFICER, command, named.subject_id)


@pytest.fixture
def draft(world: World, buyer: UUID) -> tuple[Step, Step]:
    """Prepare a draft that names the buyer, and how it is taken back."""
    deal = Deal(world, buyer)
    drafted = body(application.DraftApplication, **deal.content())
    withdrawal = body(application.WithdrawApplication, reason="Canceled")
    return (
        lambda: world.do(EXPORTER, drafted, deal.application_id),
        lambda: world.do(EXPORTER, withdrawal, deal.application_id),
    )


def refusal(outcome: Race) -> str:
    assert outcome.waited
    assert not isinstance(outcome.first, Exception), outcome
    assert isinstance(outcome.second, Refused), outcome
    return outcome.second.code


def test_an_erasure_waits_for_a_deal_that_is_just_ending(
    draft: tuple[Step, Step], erase: Step
) -> None:
    file, take_back = draft
    file()
    assert refusal(race(take_back, erase)) == "retention_running"


def test_an_erasure_waits_for_a_draft_that_begins_to_name_its_holder(
    draft: tuple[Step, Step], erase: Step
) -> None:
    file, _ = draft
    assert refusal(race(file, erase)) == "deal_open"


def test_an_erasure_waits_for_a_draft_that_comes_to_name_its_holder(
    world: World, buyer: UUID, erase: Step
) -> None:
    deal = Deal(world, buyer)
    world.do(EXPORTER, body(application.DraftApplication, currency="USD"), deal.application_id)
    revision = body(application.ReviseApplication, **deal.content())
    outcome = race(lambda: world.do(EXPORTER, revision, deal.application_id), erase)
    assert refusal(outcome) == "deal_open"


def test_a_draft_waits_for_an_erasure_of_whom_it_names(
    draft: tuple[Step, Step], erase: Step
) -> None:
    file, _ = draft
    outcome = race(erase, file)
    assert outcome.waited
    assert isinstance(outcome.second, Receipt)
