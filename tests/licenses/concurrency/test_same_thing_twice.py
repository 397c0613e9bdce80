"""The same unit, the same payment, the same number at the same moment: one of two, never both."""

from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest

from audits import context as minting
from audits import reading
from audits.kernel import Refused
from licenses.domain import license, shipment
from licenses.domain.application import commands as application
from licenses.domain.ids import remittance_id
from licenses.domain.remittance import commands as remittance
from licenses.domain.shipment import commands as shipments
from licenses.domain.shipment.state import Dispatched, Requested
from licenses.gathering.lookups import Tables
from licenses.models import LedgerTransfer, ShippedSerial
from tests.support.deal import UNIT_PRICE_CENTS, Deal
from tests.support.people import BANK, EXPORTER, TREASURY
from tests.support.racing import Race, race, together
from tests.support.stage import body
from tests.support.world import World


def two_deals(world: World) -> tuple[Deal, Deal]:
    world.sell_at_home(32)
    buyer = world.approved_customer()
    return Deal(world, buyer, "one"), Deal(world, buyer, "two", quantity=5)


def refusal(outcome: Race) -> str:
    """See the first accepted and the second refused after it had waited."""
    assert not isinstance(outcome.first, Exception), outcome
    assert isinstance(outcome.second, Refused), outcome
    assert outcome.waited
    return outcome.second.code


def with_one_lot(world: World) -> tuple[Deal, Deal]:
    """Prepare two licenses under which the same units may be asked for."""
    one, two = two_deals(world)
    for deal in (one, two):
        deal.apply().grant().acknowledge().deposit()
    two.serials = one.serials
    return one, two


def test_units_that_two_ask_for_at_once_are_promised_to_the_first(world: World) -> None:
    one, two = with_one_lot(world)
    assert refusal(race(ask_for(one), ask_for(two))) == "serial_already_shipped"


def test_units_that_are_given_up_meanwhile_are_free(world: World) -> None:
    one, two = with_one_lot(world)
    ask_for(one)()
    world.settle()
    cancel = body(shipments.CancelShipment, reason="The buyer withdrew")
    outcome = race(lambda: world.do(EXPORTER, cancel, one.shipment_id), ask_for(two))
    assert not isinstance(outcome.first, Exception), outcome
    assert (isinstance(outcome.second, Exception), outcome.waited) == (False, True)


def test_a_deal_that_is_taken_back_meanwhile_may_be_filed_anew(world: World) -> None:
    one, two = two_deals(world)
    one.apply()
    revision = body(application.ReviseApplication, **one.content())
    world.do(EXPORTER, body(application.DraftApplication, currency="USD"), two.application_id)
    world.do(EXPORTER, revision, two.application_id)
    withdrawal = body(application.WithdrawApplication, reason="Terms changed")
    outcome = race(
        lambda: world.do(EXPORTER, withdrawal, one.application_id),
        lambda: world.do(EXPORTER, application.SubmitApplication(), two.application_id),
    )
    assert not isinstance(outcome.first, Exception), outcome
    assert (isinstance(outcome.second, Exception), outcome.waited) == (False, True)


def with_the_same_lot(world: World) -> tuple[Deal, Deal]:
    """Have two shipments hold the same units, as if neither request had seen the other."""
    one, two = with_one_lot(world)
    with mock.patch.object(Tables, "promised_serials", return_value=set()):
        ask_for(one)()
        ask_for(two)()
    world.settle()
    for deal in (one, two):
        assert isinstance(world.state(shipment.DECIDER, deal.shipment_id), Requested)
        deal.sample().certify()
        deal.clear()
    return one, two


def ask_for(deal: Deal) -> Callable[[], Any]:
    command = body(
        shipments.RequestShipment,
        license_id=str(deal.license_id),
        line=1,
        quantity=len(deal.serials),
        serials=list(deal.serials),
        consignee_ids=[str(deal.customer_id)],
    )
    return lambda: deal.stage.do(EXPORTER, command, deal.shipment_id)


def test_a_unit_that_two_shipments_claim_leaves_with_the_first(world: World) -> None:
    one, two = with_the_same_lot(world)
    outcome = race(one.dispatch, two.dispatch)
    assert refusal(outcome) == "serial_already_shipped"
    assert isinstance(world.state(shipment.DECIDER, one.shipment_id), Dispatched)
    assert not isinstance(world.state(shipment.DECIDER, two.shipment_id), Dispatched)
    shipped = ShippedSerial.objects.filter(serial__in=one.serials)
    assert {row.shipment_id for row in shipped} == {one.shipment_id}


def test_units_in_another_order_do_not_lock_each_other_out(world: World) -> None:
    one, two = with_the_same_lot(world)
    outcomes = together(one.dispatch, lambda: two.dispatch(two.serials[::-1]))
    refused = [each for each in outcomes if isinstance(each, Exception)]
    assert [getattr(each, "code", each) for each in refused] == ["serial_already_shipped"]


def test_a_payment_counts_for_the_first_of_two_licenses(world: World) -> None:
    deals = two_deals(world)
    for deal in deals:
        deal.apply().grant()
    one, two = deals
    two.token = one.token
    outcome = race(lambda: one.deposit(1_000), lambda: two.deposit(1_000))
    assert refusal(outcome) == "deposit_conflict"
    booked = LedgerTransfer.objects.filter(code="deposit")
    assert {row.subject_id for row in booked} == {one.license_id}


def test_a_payment_reported_twice_at_once_is_booked_once(world: World) -> None:
    one, _ = two_deals(world)
    one.apply().grant()
    outcome = race(lambda: one.deposit(1_000), lambda: one.deposit(1_000))
    assert not isinstance(outcome.first, Exception), outcome
    assert not isinstance(outcome.second, Exception), outcome
    assert outcome.second.events == ()
    assert LedgerTransfer.objects.filter(code="deposit").count() == 1


def test_a_filing_number_belongs_to_the_first_of_two_shipments(world: World) -> None:
    one, two = two_deals(world)
    for deal in (one, two):
        deal.apply().grant().acknowledge().request()
    two.itn = one.itn
    outcome = race(filing(one), filing(two))
    assert refusal(outcome) == "itn_already_used"


def test_a_filing_number_that_is_given_up_meanwhile_is_free(world: World) -> None:
    one, two = two_deals(world)
    for deal in (one, two):
        deal.apply().grant().acknowledge().request()
    filing(one)()
    two.itn, one.itn = one.itn, two.itn
    outcome = race(filing(one), filing(two))
    assert not isinstance(outcome.first, Exception), outcome
    assert (isinstance(outcome.second, Exception), outcome.waited) == (False, True)


def filing(deal: Deal) -> Callable[[], Any]:
    number = deal.stage.state(license.DECIDER, deal.license_id).grant.license_number
    command = body(
        shipments.FileExport,
        itn=deal.itn,
        license_code="C30",
        license_number=number,
        eccn="3A090.a",
    )
    return lambda: deal.stage.do(EXPORTER, command, deal.shipment_id)


def test_a_payment_reference_confirms_the_first_of_two_remittances(world: World) -> None:
    one, two = two_deals(world)
    for deal in (one, two):
        deal.ready()
        deal.dispatch()
        world.settle()
        instruct(deal)
    outcome = race(confirming(one), confirming(two))
    assert refusal(outcome) == "remittance_reference_used"


def instruct(deal: Deal) -> None:
    command = body(
        remittance.InstructRemittance,
        bank_reference=f"PAY-{deal.token}",
        amount_cents=due_cents(deal),
        currency="USD",
    )
    deal.stage.do(BANK, command, remittance_id(deal.shipment_id))


def confirming(deal: Deal) -> Callable[[], Any]:
    command = body(
        remittance.ConfirmRemittance,
        reference_kind="pay_gov",
        reference="PGTWICE01",
        amount_cents=due_cents(deal),
        currency="USD",
        paid_on=str(minting.database_now().date()),
    )
    return lambda: deal.stage.do(TREASURY, command, remittance_id(deal.shipment_id))


def due_cents(deal: Deal) -> int:
    return deal.quantity * UNIT_PRICE_CENTS // 4


@pytest.mark.parametrize("times", [4])
def test_a_dispatch_asked_for_again_and_again_happens_once(world: World, times: int) -> None:
    one, _ = two_deals(world)
    one.ready()
    outcomes = together(*[one.dispatch] * times)
    assert not [each for each in outcomes if isinstance(each, Exception)], outcomes
    assert sum(bool(each.events) for each in outcomes) == 1


def test_while_a_remittance_is_confirmed_nobody_judges_whether_one_is_overdue(world: World) -> None:
    one, _ = two_deals(world)
    one.ready()
    one.dispatch()
    world.settle()
    instruct(one)
    outcome = race(
        confirming(one), lambda: reading.load(license.DECIDER, one.license_id, lock="share")
    )
    assert not isinstance(outcome.first, Exception), outcome
    assert outcome.waited
