"""Money that comes in otherwise than agreed, and money that may not go back."""

from typing import Any, Final

from audits import context, verification
from audits.differences import Difference
from audits.findings import scheduled
from customers.domain.customer import commands as customer
from licenses.domain import escrow, shipment
from licenses.domain.escrow import commands
from licenses.domain.escrow.events import DepositReversed
from licenses.domain.escrow.state import AwaitingFunds, Funded
from licenses.domain.shipment.state import Cleared, Requested
from licenses.models import EscrowRow
from tests.journeys.test_refusals import refused
from tests.licenses.verification.tampering import latest
from tests.support.deal import Deal
from tests.support.people import BANK, OFFICER, SECOND_OFFICER
from tests.support.stage import SAMPLE_LIST, Stage, body


def send_back(deal: Deal, amount_cents: int) -> Any:
    """Have the bank report that excess went back to the buyer."""
    command = body(
        commands.ReturnExcess,
        payer_customer_id=str(deal.customer_id),
        amount_cents=amount_cents,
        bank_reference=f"{deal.token}-BACK",
        returned_on=str(context.database_now().date()),
    )
    return deal.stage.do(BANK, command, deal.escrow_id)


def list_the_buyer(stage: Stage) -> None:
    """Import a list on which the buyer stands."""
    header, first, rest = SAMPLE_LIST.read_text().split("\n", 2)
    listed = first.replace("Huawei Technologies Co., Ltd.", "Harbor Cloud Services")
    listed = listed.replace("sample-001", "sample-999")
    stage.import_list(f"{header}\n{listed}\n{first}\n{rest}".encode())
    stage.settle()


def test_what_is_paid_too_much_goes_back_and_no_more_than_that(stage: Stage) -> None:
    stage.sell_at_home(8)
    deal = Deal(stage, stage.approved_customer()).apply().grant()
    deal.deposit(deal.price_cents - 1)
    assert isinstance(stage.state(escrow.DECIDER, deal.escrow_id), AwaitingFunds)
    deal.deposit(1_001, reference="R2")
    account = stage.state(escrow.DECIDER, deal.escrow_id)
    assert isinstance(account, Funded)
    assert (account.books.held_cents, account.books.excess_cents) == (deal.price_cents, 1_000)

    refused("excess_exceeded", lambda: send_back(deal, 1_001))
    send_back(deal, 1_000)
    refused("return_conflict", lambda: send_back(deal, 1))
    books = stage.state(escrow.DECIDER, deal.escrow_id).books
    assert (books.held_cents, books.excess_cents) == (deal.price_cents, 0)


SOUND: Final = ("read_models", "ledger", "trial_balance", "dispatches")


def owed() -> list[Difference]:
    """Let the scheduled audit look for what buyers owe."""
    return list(scheduled.audits()["owed_escrows"].look(context.database_now()))


def test_nothing_leaves_on_a_payment_that_the_bank_took_back(stage: Stage) -> None:
    stage.sell_at_home(8)
    deal = Deal(stage, stage.approved_customer()).ready()
    assert isinstance(stage.state(shipment.DECIDER, deal.shipment_id), Cleared)
    deal.take_back()
    stage.settle()
    assert isinstance(stage.state(shipment.DECIDER, deal.shipment_id), Requested)
    row = EscrowRow.objects.get()
    assert (row.held_cents, row.missing_cents) == (0, deal.price_cents)
    assert (row.uncovered_cents, row.owed_cents) == (deal.price_cents, 0)
    refusal = refused("clearance_does_not_hold", deal.dispatch)
    codes = [failing["code"] for failing in refusal.extra["failing"]]
    assert codes == ["deposit_reversed", "levy_not_covered"]
    assert verification.verify(only=SOUND).is_sound

    deal.deposit(reference="R2")
    stage.settle()
    assert EscrowRow.objects.get().uncovered_cents == 0
    assert isinstance(stage.state(shipment.DECIDER, deal.shipment_id), Cleared)
    deal.dispatch()
    assert verification.verify(only=SOUND).is_sound


def test_a_payment_taken_back_after_the_goods_left_is_owed_until_it_is_paid_again(
    stage: Stage,
) -> None:
    stage.sell_at_home(8)
    deal = Deal(stage, stage.approved_customer()).ready()
    deal.dispatch()
    stage.settle()
    deal.take_back()
    row = EscrowRow.objects.get()
    assert (row.held_cents, row.owed_cents) == (0, deal.price_cents)
    [named] = owed()
    assert (named.kind, named.subject) == ("escrow_owed", f"escrow {deal.escrow_id}")
    reversal = latest(deal.escrow_id, DepositReversed)
    assert str(reversal.event_id) in named.detail
    assert verification.verify(only=SOUND).is_sound

    deal.deposit(reference="R2")
    assert EscrowRow.objects.get().owed_cents == 0
    assert owed() == []
    refused("deposit_escrow_closed", lambda: deal.deposit(1, reference="R3"))
    assert verification.verify(only=SOUND).is_sound


def test_what_the_bank_gives_back_is_there_again(stage: Stage) -> None:
    stage.sell_at_home(8)
    deal = Deal(stage, stage.approved_customer()).ready()
    deal.take_back()
    deal.take_back(reference="R9", undo=True)
    stage.settle()
    assert isinstance(stage.state(shipment.DECIDER, deal.shipment_id), Cleared)
    deal.dispatch()
    assert verification.verify(only=SOUND).is_sound


def test_a_buyer_that_is_not_cleared_neither_pays_nor_is_paid(stage: Stage) -> None:
    stage.sell_at_home(8)
    deal = Deal(stage, stage.approved_customer()).apply().grant()
    deal.deposit(deal.price_cents + 5)
    list_the_buyer(stage)
    refused("payer_not_screened", lambda: send_back(deal, 5))
    refused("deposit_payer_not_screened", lambda: deal.deposit(1, reference="R2"))


def test_no_waiver_pays_a_listed_buyer_back(stage: Stage) -> None:
    stage.sell_at_home(8)
    deal = Deal(stage, stage.approved_customer()).apply().grant()
    deal.deposit()
    stage.do(OFFICER, body(commands.ProposeRefund, reason="Gone wrong"), deal.escrow_id)
    list_the_buyer(stage)
    waive = body(commands.ConfirmRefundWaiver, amount_cents=deal.price_cents)
    refused("payer_not_screened", lambda: stage.do(SECOND_OFFICER, waive, deal.escrow_id))


def test_a_buyer_whose_approval_was_revoked_does_not_pay(stage: Stage) -> None:
    stage.sell_at_home(8)
    deal = Deal(stage, stage.approved_customer()).apply().grant()
    revoke = body(customer.RevokeApproval, reason="It misled the office")
    stage.do(OFFICER, revoke, deal.customer_id)
    refused("deposit_payer_not_screened", deal.deposit)
