"""A dispatch against whatever takes its ground away at the same moment: the first to commit wins.

Each race is held in both orders: one side has its locks and has written, the other comes, and only
then the first commits.
"""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from audits import context as minting
from audits import reading
from audits.kernel import Refused
from audits.models import LogEntry
from audits.sequencing import Sequencer
from customers.domain.customer import commands as customer
from devstack.demo.material import document
from licenses.domain import license, shipment
from licenses.domain.allotment import commands as allotment
from licenses.domain.edition import commands as edition
from licenses.domain.escrow import commands as escrow
from licenses.domain.ids import edition_id
from licenses.domain.laboratory import commands as laboratory
from licenses.domain.license import commands as license_
from licenses.domain.shipment import commands as shipments
from licenses.domain.shipment.state import Dispatched
from tests.journeys.test_policy_change import banning_edition
from tests.support.deal import Deal
from tests.support.people import EXPORTER, OFFICER, SECOND_OFFICER
from tests.support.racing import Race, race
from tests.support.stage import SAMPLE_LIST, body
from tests.support.world import World

Move = Callable[[], Any]
Opponent = Callable[[Deal], Move]
"""Prepares everything up to the one command that takes the ground away."""


def revocation(deal: Deal) -> Move:
    stage = deal.stage
    stage.do(OFFICER, body(license_.ProposeRevocation, reason="Diverted"), deal.license_id)
    on_version = stage.state(license.DECIDER, deal.license_id).revocation.on_version
    confirm = body(license_.ConfirmRevocation, on_version=on_version)
    return lambda: stage.do(SECOND_OFFICER, confirm, deal.license_id)


def suspension(deal: Deal) -> Move:
    suspend = body(license_.SuspendLicense, reason="A tip came in")
    return lambda: deal.stage.do(OFFICER, suspend, deal.license_id)


def ban(deal: Deal) -> Move:
    toml = banning_edition()
    target = edition_id("brief-2026-ban")
    published = deal.stage.do(OFFICER, body(edition.PublishEdition, toml=toml), target)
    assert published.version == 1
    sha256 = hashlib.sha256(toml.encode()).hexdigest()
    approve = body(edition.ApproveEdition, sha256=sha256)
    return lambda: deal.stage.do(SECOND_OFFICER, approve, target)


def disqualification(deal: Deal) -> Move:
    stage, reason = deal.stage, {"reason": "Bought by a party to exports"}
    stage.do(OFFICER, body(laboratory.ProposeDisqualification, **reason), stage.laboratory_id)
    confirm = body(laboratory.ConfirmDisqualification, **reason)
    return lambda: stage.do(SECOND_OFFICER, confirm, stage.laboratory_id)


def end_of_approval(deal: Deal) -> Move:
    revoke = body(customer.RevokeApproval, reason="Military end use came to light")
    return lambda: deal.stage.do(OFFICER, revoke, deal.customer_id)


def new_list(deal: Deal) -> Move:
    content = SAMPLE_LIST.read_bytes() + SAMPLE_LIST.read_bytes().splitlines(keepends=True)[-1]
    return lambda: deal.stage.import_list(content)


def waiver(deal: Deal) -> Move:
    stage = deal.stage
    stage.do(OFFICER, body(escrow.ProposeRefund, reason="Buyer withdrew"), deal.escrow_id)
    confirm = body(escrow.ConfirmRefundWaiver, amount_cents=deal.price_cents)
    return lambda: stage.do(SECOND_OFFICER, confirm, deal.escrow_id)


def cancellation(deal: Deal) -> Move:
    cancel = body(shipments.CancelShipment, reason="The buyer gave up")
    return lambda: deal.stage.do(EXPORTER, cancel, deal.shipment_id)


def reversal(deal: Deal) -> Move:
    world = deal.stage
    target = world.sell_at_home(16)
    command = body(
        allotment.ReverseUsSale,
        sale_reference="INV-1",
        reversal_reference="CN-1",
        evidence=document("credit note"),
        reversed_on=str(minting.database_now().date()),
        quantity=16,
        reason="All came back",
    )
    return lambda: world.do(EXPORTER, command, target)


OPPONENTS: dict[Opponent, str] = {
    revocation: "license_revoked",
    suspension: "license_suspended",
    ban: "edition_approved",
    disqualification: "laboratory_disqualified",
    end_of_approval: "approval_revoked",
    new_list: "list_imported",
    reversal: "us_sale_reversed",
    waiver: "refund_waived",
    cancellation: "shipment_cancelled",
}
TOO_LATE = {waiver: "refund_amount_changed", cancellation: "shipment_already_dispatched"}
"""What cannot happen any more after the dispatch."""

opponents = pytest.mark.parametrize("opponent", OPPONENTS, ids=OPPONENTS.values())


def prepared(world: World) -> Deal:
    world.sell_at_home(16)
    return Deal(world, world.approved_customer()).ready()


def part(deal: Deal) -> Any:
    """Let most of the lot leave: the license and its money are not used up."""
    return deal.dispatch(deal.serials[:3])


def places(*types: str) -> list[str]:
    """List the events of these types in the order of the log."""
    Sequencer().run_until_empty()
    rows = LogEntry.objects.filter(event__type__in=types).order_by("log_index")
    return list(rows.values_list("event__type", flat=True))


def left(deal: Deal) -> bool:
    return isinstance(deal.stage.state(shipment.DECIDER, deal.shipment_id), Dispatched)


@opponents
def test_a_dispatch_that_comes_second_does_not_leave(world: World, opponent: Opponent) -> None:
    deal = prepared(world)
    outcome = race(opponent(deal), lambda: part(deal))
    assert not isinstance(outcome.first, Exception), outcome
    assert isinstance(outcome.second, Refused), outcome
    assert outcome.waited
    assert not left(deal)
    assert places("shipment_dispatched") == []


@opponents
def test_a_dispatch_that_comes_first_leaves(world: World, opponent: Opponent) -> None:
    deal = prepared(world)
    outcome = race(lambda: part(deal), opponent(deal))
    assert not isinstance(outcome.first, Exception), outcome
    assert outcome.waited
    assert left(deal)
    kind = OPPONENTS[opponent]
    if opponent in TOO_LATE:
        assert refusal(outcome) == TOO_LATE[opponent]
        assert places("shipment_dispatched", kind) == ["shipment_dispatched"]
    else:
        assert not isinstance(outcome.second, Exception), outcome
        world.settle()
        assert places("shipment_dispatched", kind)[-1] == kind


def refusal(outcome: Race) -> str:
    assert isinstance(outcome.second, Refused), outcome
    return outcome.second.code


def test_a_ban_that_is_approved_while_a_dispatch_waits_stops_it(world: World) -> None:
    """The dispatch has read the clock, and its edition rules no more when its turn comes."""
    deal = prepared(world)

    def somebody_reads() -> None:
        reading.load(shipment.DECIDER, deal.shipment_id, lock="write")

    outcome = race(somebody_reads, lambda: part(deal), meanwhile=ban(deal))
    assert outcome.waited
    assert refusal(outcome) == "product_banned"
    assert not left(deal)
