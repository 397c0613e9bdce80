"""Three applications that wait for their confirmation, committed once for all examples."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from django.core.management import call_command
from pytest_django import DjangoDbBlocker

from tests.support.deal import Deal
from tests.support.world import World

HEADROOM = 9
"""Units that the cap leaves; the three deals ask for 4, 5 and 6."""


@dataclass(frozen=True)
class Proposed:
    """The stage, the allotment, and deals that one officer proposed to approve."""

    stage: World
    volume: UUID
    deals: tuple[Deal, ...]


@pytest.fixture(scope="module")
def proposed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Proposed]:  # noqa: ARG001 -- the database must be there
    """Prepare the stage, and empty the database afterwards."""
    with django_db_blocker.unblock():
        try:
            stage = World()
            stage.prepare()
            volume = stage.sell_at_home(2 * HEADROOM)
            buyer = stage.approved_customer()
            deals = [Deal(stage, buyer, f"deal-{n}", quantity=n) for n in (4, 5, 6)]
            for deal in deals:
                deal.apply().propose()
            yield Proposed(stage, volume, tuple(deals))
        finally:
            call_command("flush", verbosity=0, interactive=False)
