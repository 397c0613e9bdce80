"""Licenses, escrows and the allotment on the real database, under any sequence of commands.

Whatever people, the bank and the worker do, in whatever order: ledger and counters equal the
events, no escrow falls below nothing, the cap is never broken, and verification finds nothing.
"""

from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, note, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from audits import context as minting
from audits import verification
from audits.execution import NotFound
from audits.kernel import Command, Refused
from devstack.demo.material import document
from licenses.domain import escrow, license, remittance, shipment
from licenses.domain.allotment import commands as allotment
from licenses.domain.escrow import commands as escrow_commands
from licenses.domain.escrow.state import NotOpened
from licenses.domain.license import commands as license_commands
from licenses.domain.license.state import NotGranted
from licenses.domain.remittance import commands as remittance_commands
from licenses.models import ShippedSerial
from tests.licenses.machine import books
from tests.licenses.machine.conftest import Proposed
from tests.support.deal import Deal
from tests.support.people import BANK, EXPORTER, OFFICER, SECOND_OFFICER, TREASURY
from tests.support.stage import body

EXAMPLES = 30
STEPS = 15
DEALS = st.integers(0, 2)
UNITS = st.integers(1, 6)
STAGES = ("proposed", "granted", "paid", "ready", "dispatched")
LATE = STAGES[3:] * 2
"""More often than not something is about to leave, or has left."""


class DealMachine(RuleBasedStateMachine):
    """Tries anything that may happen to three deals which share one allotment."""

    world: ClassVar[Proposed]

    def __init__(self) -> None:
        super().__init__()
        self.outer = transaction.atomic()
        self.outer.__enter__()
        self.sales = 0
        self.done = 0

    def teardown(self) -> None:
        """Verify everything, then undo it."""
        try:
            report = verification.verify()
            assert report.is_sound, report.differences
            note(f"{self.done} commands took effect")
        finally:
            transaction.set_rollback(True)
            self.outer.__exit__(None, None, None)

    def deal(self, number: int) -> Deal:
        return self.world.deals[number]

    def attempt(self, actor: Any, command: Command, target: Any) -> bool:
        """Issue a command; a refusal by the rules is an answer, anything else a failure."""
        return self.attempts(lambda: self.world.stage.do(actor, command, target))

    def attempts(self, move: Any) -> bool:
        try:
            move()
        except (Refused, NotFound):
            return False
        finally:
            self.let_constraints_speak()
        self.done += 1
        return True

    def let_constraints_speak(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")

    @initialize(stages=st.tuples(*[st.sampled_from((*STAGES, *LATE))] * 3))
    def begin_anywhere(self, stages: tuple[str, ...]) -> None:
        """Bring each deal to some stage first: what happens late in a deal would else be rare."""
        for number, stage in enumerate(stages):
            for move in self.moves_to(number)[: STAGES.index(stage)]:
                move()

    def moves_to(self, number: int) -> list[Callable[[], None]]:
        """Give the moves that bring a deal from stage to stage."""
        return [
            lambda: self.grant(number, work=True),
            lambda: self.pay(number, "rest"),
            lambda: self.prepare_a_shipment(number),
            lambda: self.dispatch(number, 3),
        ]

    # What may happen

    @rule()
    def the_worker_works(self) -> None:
        self.world.stage.settle()
        self.let_constraints_speak()

    @rule(number=DEALS, work=st.booleans())
    def grant(self, number: int, *, work: bool) -> None:
        self.attempts(self.deal(number).confirm)
        if work:
            self.the_worker_works()

    @rule(number=DEALS, share=st.sampled_from(["half", "rest", "more"]))
    def pay(self, number: int, share: str) -> None:
        deal = self.deal(number)
        state = self.world.stage.state(escrow.DECIDER, deal.escrow_id)
        if isinstance(state, NotOpened):
            return
        missing = max(0, state.books.missing_cents)
        amount = {"half": missing // 2, "rest": missing, "more": missing + 777}[share]
        reference = f"E{self.done}"
        self.attempts(lambda: deal.deposit(amount, reference=reference))

    @rule(number=DEALS)
    def return_excess(self, number: int) -> None:
        deal = self.deal(number)
        command = body(
            escrow_commands.ReturnExcess,
            payer_customer_id=str(deal.customer_id),
            amount_cents=777,
            bank_reference=f"X{self.done}",
            returned_on=str(minting.database_now().date()),
        )
        self.attempt(BANK, command, deal.escrow_id)

    @rule(number=DEALS)
    def prepare_a_shipment(self, number: int) -> None:
        deal = self.deal(number)
        if isinstance(self.world.stage.state(license.DECIDER, deal.license_id), NotGranted):
            return
        for step in (deal.acknowledge, deal.request, deal.sample, deal.certify, deal.clear):
            self.attempts(step)

    @rule(number=DEALS, units=UNITS)
    def dispatch(self, number: int, units: int) -> None:
        deal = self.deal(number)
        self.attempts(lambda: deal.dispatch(deal.serials[:units]))

    @rule(number=DEALS)
    def suspend(self, number: int) -> None:
        command = body(license_commands.SuspendLicense, reason="A tip came in")
        self.attempt(OFFICER, command, self.deal(number).license_id)

    @rule(number=DEALS)
    def reinstate(self, number: int) -> None:
        command = body(license_commands.ReinstateLicense, reason="The tip was false")
        self.attempt(OFFICER, command, self.deal(number).license_id)

    @rule(number=DEALS)
    def revoke(self, number: int) -> None:
        target = self.deal(number).license_id
        propose = body(license_commands.ProposeRevocation, reason="Diverted")
        if self.attempt(OFFICER, propose, target):
            proposed = self.world.stage.state(license.DECIDER, target).revocation
            confirm = body(license_commands.ConfirmRevocation, on_version=proposed.on_version)
            self.attempt(SECOND_OFFICER, confirm, target)

    @rule(number=DEALS, pay=st.booleans())
    def refund(self, number: int, *, pay: bool) -> None:
        deal = self.deal(number)
        state = self.world.stage.state(escrow.DECIDER, deal.escrow_id)
        if isinstance(state, NotOpened) or not state.books.held_cents:
            return
        held = state.books.held_cents
        propose = body(escrow_commands.ProposeRefund, reason="The buyer withdrew")
        self.attempt(OFFICER, propose, deal.escrow_id)
        confirm = body(escrow_commands.ConfirmRefundWaiver, amount_cents=held)
        self.attempt(SECOND_OFFICER, confirm, deal.escrow_id)
        if pay:
            paid = body(
                escrow_commands.ConfirmRefundPaid,
                amount_cents=held,
                bank_reference=f"R{self.done}",
                paid_on=str(minting.database_now().date()),
            )
            self.attempt(BANK, paid, deal.escrow_id)

    @rule(number=DEALS, confirm=st.booleans())
    def remit(self, number: int, *, confirm: bool) -> None:
        deal = self.deal(number)
        state = self.world.stage.state(remittance.DECIDER, deal.remittance_id)
        due = getattr(getattr(state, "assessed", None), "amount_cents", 0)
        if not due:
            return
        instruct = body(
            remittance_commands.InstructRemittance,
            bank_reference=f"PAY-{number}",
            amount_cents=due,
            currency="USD",
        )
        self.attempt(BANK, instruct, deal.remittance_id)
        if confirm:
            confirmed = body(
                remittance_commands.ConfirmRemittance,
                reference_kind="pay_gov",
                reference=f"PG{number:08d}",
                amount_cents=due,
                currency="USD",
                paid_on=str(minting.database_now().date()),
            )
            self.attempt(TREASURY, confirmed, deal.remittance_id)

    @rule(units=UNITS)
    def sell_in_the_us(self, units: int) -> None:
        self.sales += 1
        reference = f"INV-M{self.sales}"
        self.attempts(lambda: self.world.stage.sell_at_home(units, reference=reference))

    @rule(units=UNITS)
    def take_a_us_sale_back(self, units: int) -> None:
        self.sales += 1
        command = body(
            allotment.ReverseUsSale,
            sale_reference="INV-1",
            reversal_reference=f"CN-{self.sales}",
            evidence=document(f"credit note {self.sales}"),
            reversed_on=str(minting.database_now().date()),
            quantity=units,
            reason="They came back",
        )
        self.attempt(EXPORTER, command, self.world.volume)

    # What must hold

    @invariant()
    def the_ledger_equals_the_events(self) -> None:
        balance = books.ledger()
        assert balance.faults == ()
        assert books.accounts() == books.by_account(balance.balances)

    @invariant()
    def no_escrow_falls_below_nothing(self) -> None:
        for name, (going, gone, _, came) in books.accounts().items():
            if name.startswith(("escrow/", "excess/")):
                assert came - gone - going >= 0, name

    @invariant()
    def counters_equal_the_events_and_keep_the_cap(self) -> None:
        row = books.counters(self.world.volume)
        assert row == books.folded(self.world.volume)
        taken = row["units_pending"] + row["units_posted"]
        counting = row["units_us_counting"]
        assert row["ratio_denominator"] * taken <= row["ratio_numerator"] * counting

    @invariant()
    def what_left_was_licensed_and_paid(self) -> None:
        for deal in self.world.deals:
            grant = getattr(self.world.stage.state(license.DECIDER, deal.license_id), "grant", None)
            left = ShippedSerial.objects.filter(shipment_id=deal.shipment_id).count()
            drawn = grant.drawn(1).quantity if grant else 0
            assert left == drawn <= deal.quantity
            sent = self.world.stage.state(shipment.DECIDER, deal.shipment_id)
            assert bool(left) == hasattr(sent, "departure")


@pytest.mark.django_db
def test_any_sequence_keeps_money_and_volume_right(
    proposed: Proposed, pytestconfig: pytest.Config
) -> None:
    chosen = int(pytestconfig.getoption("randomly_seed"))  # which the head of every run prints
    DealMachine.world = proposed
    run_state_machine_as_test(
        seed(chosen)(DealMachine),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
