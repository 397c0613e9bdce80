"""A stage on which deals are played, and everybody who talks to the API about them."""

import pytest

from audits.kernel import Actor
from tests.support.client import ApiClient, client_of
from tests.support.deal import Deal
from tests.support.people import (
    AUDITOR,
    BANK,
    EXPORTER,
    INTRUDER,
    LABORATORY,
    OFFICER,
    SECOND_OFFICER,
    TREASURY,
)
from tests.support.stage import Stage

CAST: dict[str, Actor] = {
    "exporter": EXPORTER,
    "intruder": INTRUDER,
    "officer": OFFICER,
    "second_officer": SECOND_OFFICER,
    "laboratory": LABORATORY,
    "bank": BANK,
    "treasury": TREASURY,
    "auditor": AUDITOR,
}


@pytest.fixture
def people() -> dict[str, ApiClient]:
    """Log everybody in."""
    return {name: client_of(actor) for name, actor in CAST.items()}


@pytest.fixture
def stage() -> Stage:
    """Prepare an edition, a list, a product and a laboratory."""
    prepared = Stage()
    prepared.prepare()
    return prepared


@pytest.fixture
def deal(stage: Stage) -> Deal:
    """Play a deal up to the moment before the dispatch."""
    stage.sell_at_home(8)
    return Deal(stage, stage.approved_customer()).ready()
