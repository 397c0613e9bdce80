"""Everybody works on the same deals at once: no deadlock, no error, no difference afterwards."""

import random
import threading
from collections.abc import Callable, Iterator
from copy import copy
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError, transaction

from audits import context as minting
from audits import reading
from audits.execution import NotFound
from audits.kernel import Refused, WrongExpectedVersion
from audits.sequencing import Sequencer
from devstack.demo.material import document
from licenses.domain import license
from licenses.domain.allotment import commands as allotment
from licenses.domain.escrow import commands as escrow
from licenses.domain.laboratory import commands as laboratory
from licenses.domain.license import commands as license_
from licenses.domain.shipment import commands as shipments
from tests.support.deal import Deal
from tests.support.people import EXPORTER, OFFICER, SECOND_OFFICER
from tests.support.racing import PATIENCE_SECONDS, deadlocks, together
from tests.support.stage import SAMPLE_LIST, body
from tests.support.world import World

DEALS = 4
THREADS = 8
Move = Callable[[], Any]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_mixed_load_neither_deadlocks_nor_fails(world: World, seed: int) -> None:
    volume = world.sell_at_home(400)
    buyers = [world.approved_customer(f"buyer-{number}") for number in range(2)]
    deals = [lot for number in range(DEALS) for lot in two_lots(world, buyers, number)]
    moves = [*moves_of_deals(deals), *moves_beside(world, volume, buyers)]
    if seed == 1:  # then little leaves, and certificates are voided all at once
        moves.append(partial(disqualifying, world))
    random.Random(seed).shuffle(moves)  # noqa: S311 -- the same order for the same seed
    before = deadlocks()

    outcomes = together(*(worker_of(moves[lane::THREADS]) for lane in range(THREADS)))

    failures = [each for lane in outcomes for each in expected(lane)]
    assert failures == []
    assert deadlocks() == before


def two_lots(world: World, buyers: list[UUID], number: int) -> tuple[Deal, Deal]:
    """Have two shipments under one license ready to leave."""
    one = Deal(world, buyers[number % 2], f"deal-{number}", quantity=8 + number)
    lot, other = one.serials[:4], one.serials[4:8]
    one.serials = lot
    one.ready()
    two = copy(one).again(serials=other)
    two.request().sample().certify()
    return one, two.clear()


@pytest.mark.usefixtures("transactional_db")
def test_a_deadlock_would_be_seen() -> None:
    """Two who lock the same two streams in opposite order: one of them is turned away."""
    streams = [minting.new_id(), minting.new_id()]
    first_held = threading.Barrier(2)
    before = deadlocks()

    def lock(order: list[UUID]) -> None:
        with transaction.atomic():
            reading.load(license.DECIDER, order[0], lock="write")
            first_held.wait(PATIENCE_SECONDS)
            reading.load(license.DECIDER, order[1], lock="write")

    outcomes = together(partial(lock, streams), partial(lock, streams[::-1]))
    assert sum(isinstance(each, OperationalError) for each in outcomes) == 1, outcomes
    assert deadlocks() == before + 1


def worker_of(moves: list[Move]) -> Move:
    """Carry out moves one after the other; give what came of each."""

    def work() -> list[Any]:
        outcomes: list[Any] = []
        for move in moves:
            try:
                outcomes.append(move())
            except Exception as error:  # noqa: BLE001 -- judged by the test
                outcomes.append(error)
        return outcomes

    return work


def expected(lane: Any) -> Iterator[Any]:
    """Select what is neither done nor refused by the rules."""
    if isinstance(lane, Exception):
        yield lane
        return
    for outcome in lane:
        if isinstance(outcome, Exception) and not isinstance(
            outcome, Refused | NotFound | WrongExpectedVersion
        ):
            yield outcome


def moves_of_deals(deals: list[Deal]) -> list[Move]:
    moves: list[Move] = []
    for number, deal in enumerate(deals):
        propose = body(escrow.ProposeRefund, reason="Buyer withdrew")
        moves += [
            *[partial(deal.dispatch, deal.serials[:3])] * 2,
            *[partial(asking, deal)] * 2,
            partial(deal.deposit, 700, reference="MORE"),
            partial(deal.stage.do, OFFICER, propose, deal.escrow_id),
        ]
        if number % 4 == 0:
            moves.append(partial(revoking, deal))
        if number % 4 == 3:
            moves.append(partial(suspending, deal))
    return moves


def asking(deal: Deal) -> Any:
    return deal.stage.do(OFFICER, shipments.AssessClearance(), deal.shipment_id)


def revoking(deal: Deal) -> Any:
    stage = deal.stage
    stage.do(OFFICER, body(license_.ProposeRevocation, reason="Diverted"), deal.license_id)
    proposed = stage.state(license.DECIDER, deal.license_id).revocation
    confirm = body(license_.ConfirmRevocation, on_version=proposed.on_version)
    return stage.do(SECOND_OFFICER, confirm, deal.license_id)


def suspending(deal: Deal) -> Any:
    stage = deal.stage
    stage.do(OFFICER, body(license_.SuspendLicense, reason="A tip"), deal.license_id)
    return stage.do(
        OFFICER, body(license_.ReinstateLicense, reason="It was false"), deal.license_id
    )


def moves_beside(world: World, volume: UUID, buyers: list[UUID]) -> list[Move]:
    """Everything else that happens meanwhile: sales, lists, screenings, new deals, the worker."""
    return [
        *(partial(world.sell_at_home, 2, reference=f"INV-M{number}") for number in range(5)),
        *(partial(reversing, world, volume, number) for number in range(3)),
        *(partial(claiming, world, buyers, number) for number in range(4)),
        *[world.settle] * 8,
        *[Sequencer().run_until_empty] * 3,
        partial(world.import_list, longer_list()),
        partial(world.registered_customer, "newcomer"),
    ]


def disqualifying(world: World) -> Any:
    reason = {"reason": "Bought by a party to exports"}
    propose = body(laboratory.ProposeDisqualification, **reason)
    world.do(OFFICER, propose, world.laboratory_id)
    confirm = body(laboratory.ConfirmDisqualification, **reason)
    return world.do(SECOND_OFFICER, confirm, world.laboratory_id)


def longer_list() -> bytes:
    content = SAMPLE_LIST.read_bytes()
    return content + content.splitlines(keepends=True)[-1]


def reversing(world: World, volume: UUID, number: int) -> Any:
    command = body(
        allotment.ReverseUsSale,
        sale_reference="INV-1",
        reversal_reference=f"CN-{number}",
        evidence=document(f"credit note {number}"),
        reversed_on=str(minting.database_now().date()),
        quantity=1,
        reason="One came back",
    )
    return world.do(EXPORTER, command, volume)


def claiming(world: World, buyers: list[UUID], number: int) -> Any:
    """Apply for one more license and have it granted."""
    deal = Deal(world, buyers[number % 2], f"claim-{number}", quantity=20 + number)
    deal.apply().propose()
    return deal.confirm()
