"""Processes work command by command: killed in the middle, fenced, or overtaken by a person."""

from collections import Counter
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

import pytest
from django.db import connection

from audits import context as minting
from audits.kernel import Command
from audits.models import EventRow, WorkItem
from audits.work import Leased
from licenses import reactions
from licenses.domain import escrow, shipment
from licenses.domain.escrow.commands import ForfeitEscrow
from licenses.domain.escrow.state import Closed
from licenses.domain.processes import wind_up_license
from licenses.domain.shipment.commands import CancelShipment
from licenses.domain.shipment.state import Cancelled, Stopped
from tests.audits.items import change
from tests.support.database import in_threads
from tests.support.deal import Deal
from tests.support.people import EXPORTER
from tests.support.racing import race
from tests.support.stage import body
from tests.support.world import World

WINDING_UP: Final = wind_up_license.PROCESS.name
WOUND_UP: Final = ("shipment_stopped", "escrow_forfeited", "volume_released")


@pytest.fixture
def deal(world: World) -> Deal:
    """Play a deal up to a shipment that waits for its test."""
    world.sell_at_home(32)
    played = Deal(world, world.approved_customer()).apply().grant().acknowledge()
    played.deposit()
    return played.request()


def winding_up(deal: Deal) -> WorkItem:
    """Give the work that the revocation made."""
    items = WorkItem.objects.filter(kind=WINDING_UP, subject_id=deal.application_id)
    return items.latest("created_at")


def wound_up() -> Counter[str]:
    return Counter(EventRow.objects.filter(type__in=WOUND_UP).values_list("type", flat=True))


def before_the_forfeiture(
    monkeypatch: pytest.MonkeyPatch, happens: Callable[[Leased], object]
) -> None:
    """Have something happen before the second of three commands, the first time."""
    real, seen = reactions.carry_out, list[UUID]()

    def carry_out(leased: Leased, target: UUID, command: Command) -> None:
        if isinstance(command, ForfeitEscrow) and not seen:
            seen.append(target)
            happens(leased)
        real(leased, target, command)

    monkeypatch.setattr(reactions, "carry_out", carry_out)


def fail(_leased: Leased) -> None:
    raise ConnectionResetError


def lose(leased: Leased) -> None:
    """Let another worker have the lease."""
    in_threads(lambda item: change(item, lease_token=minting.new_id()), [leased.id], threads=1)


def test_every_command_of_a_process_has_a_transaction_of_its_own(deal: Deal) -> None:
    deal.revoke()
    assert wound_up() == dict.fromkeys(WOUND_UP, 1)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT xid) FROM audits_event WHERE type = ANY(%s)", [list(WOUND_UP)]
        )
        assert cursor.fetchone() == (len(WOUND_UP),)


@pytest.mark.parametrize("happens", [fail, lose])
def test_what_one_left_in_the_middle_is_carried_out_by_the_next(
    deal: Deal, happens: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before_the_forfeiture(monkeypatch, happens)
    deal.revoke()
    assert isinstance(deal.stage.state(shipment.DECIDER, deal.shipment_id), Stopped)
    assert wound_up() == {"shipment_stopped": 1}
    item = winding_up(deal)
    assert (item.status, item.attempts) == ("ready" if happens is fail else "leased", 1)
    now = minting.database_now()
    change(item.id, due_at=now, lease_until=None if happens is fail else now)
    deal.stage.settle()
    assert isinstance(deal.stage.state(escrow.DECIDER, deal.escrow_id), Closed)
    assert wound_up() == dict.fromkeys(WOUND_UP, 1)
    assert winding_up(deal).status == "done"


def test_what_a_person_settled_while_the_process_waited_is_not_done_again(
    deal: Deal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(World, "settle", lambda _world: None)
        deal.revoke()
    cancel = body(CancelShipment, reason="The buyer withdrew")
    outcome = race(lambda: deal.stage.do(EXPORTER, cancel, deal.shipment_id), deal.stage.settle)
    assert not isinstance(outcome.first, Exception), outcome
    assert (outcome.second, outcome.waited) == (None, True)
    assert isinstance(deal.stage.state(shipment.DECIDER, deal.shipment_id), Cancelled)
    assert wound_up() == {"escrow_forfeited": 1, "volume_released": 1}
    assert (winding_up(deal).status, winding_up(deal).attempts) == ("done", 1)
