"""An escrow, its remittances and the ledger under any sequence of commands.

Whatever is tried, in whatever order: no cent appears or vanishes, nothing is paid out that is not
held, and the treasury has its share to the cent after every shipment.
"""

from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from msgspec.structs import replace

from licenses.domain.escrow.decisions import ReturnFacts
from licenses.domain.escrow.events import CreditDebit, EntryStatus
from licenses.domain.escrow.state import AwaitingFunds, Closed, Funded, NotOpened
from licenses.domain.ledger import AccountKind, remittance_totals
from licenses.domain.policy.levies import levy_total
from licenses.domain.remittance.facts import ReconcileFacts
from licenses.domain.remittance.state import Reconciled
from tests.licenses.domain.bookkeeping import Bookkeeping
from tests.licenses.domain.escrow.scenes import (
    BUYER,
    EXPORTER_ID,
    FORFEIT,
    FORFEIT_FACTS,
    LICENSE,
    OPEN,
    PARENT,
    PROPOSE,
    STRANGER,
    acting,
    deposit,
    deposit_facts,
    refund_paid,
    release,
    returning,
    waiver,
    waiving,
)
from tests.licenses.domain.policy.deals import BRIEF
from tests.licenses.domain.remittance import scenes
from tests.support.people import BANK, NOON, OFFICER, SECOND_OFFICER, SYSTEM, TREASURY, identity

CENTS = st.integers(min_value=0, max_value=60_000)
SHIPMENTS = st.sampled_from([identity(f"shipment/{number}") for number in range(2)])
PAYERS = st.sampled_from([BUYER, PARENT, STRANGER])
REFERENCES = st.sampled_from([f"E{number}" for number in range(6)])
PAYMENTS = st.sampled_from(["T1", "T2"])


class MoneyMachine(Bookkeeping):
    """One license: its escrow, the remittance of each shipment, one ledger."""

    @initialize(
        price_cents=st.integers(min_value=1, max_value=50_000),
        numerator=st.integers(min_value=0, max_value=100),
        required=st.booleans(),
    )
    def open(self, price_cents: int, numerator: int, *, required: bool) -> None:
        self.levy = replace(BRIEF.levy, rate_numerator=numerator)
        opening = replace(
            OPEN,
            price_cents=price_cents,
            levy=self.levy,
            prepayment=replace(OPEN.prepayment, required=required),
        )
        self.ask_escrow(opening, acting(SYSTEM))

    # What is tried

    @rule(
        amount_cents=CENTS,
        reference=REFERENCES,
        payer=PAYERS,
        status=st.sampled_from(EntryStatus),
        direction=st.sampled_from([CreditDebit.CREDIT, CreditDebit.CREDIT, CreditDebit.DEBIT]),
        is_reversal=st.booleans(),
    )
    def report_any_entry(self, amount_cents: int, reference: str, **said: Any) -> None:
        command = deposit(
            amount_cents,
            reference,
            payer_customer_id=said["payer"],
            status=said["status"],
            credit_debit=said["direction"],
            is_reversal=said["is_reversal"],
        )
        self.ask_escrow(command, deposit_facts())

    @rule(reference=REFERENCES, direction=st.sampled_from(CreditDebit), divisor=st.integers(1, 2))
    def reverse_a_payment(self, reference: str, direction: CreditDebit, divisor: int) -> None:
        paid = self.books.deposit(deposit().account, reference)
        if paid is None or paid.amount_cents < divisor:
            return
        command = deposit(
            paid.amount_cents // divisor,
            reference,
            payer_customer_id=None,
            credit_debit=direction,
            is_reversal=True,
        )
        self.ask_escrow(command, deposit_facts())

    @rule(amount_cents=CENTS, reference=REFERENCES, payer=st.sampled_from([BUYER, PARENT]))
    def report_payment(self, amount_cents: int, reference: str, payer: UUID) -> None:
        command = deposit(amount_cents, reference, payer_customer_id=payer)
        self.ask_escrow(command, deposit_facts())

    @rule(reference=REFERENCES)
    def pay_what_is_missing(self, reference: str) -> None:
        self.ask_escrow(deposit(self.books.missing_cents, reference), deposit_facts())

    @rule(amount_cents=st.integers(min_value=1, max_value=60_000), shipment_id=SHIPMENTS)
    def dispatch_any(self, amount_cents: int, shipment_id: UUID) -> None:
        self.ask_escrow(release(amount_cents, shipment_id), acting(SYSTEM))

    @rule(divisor=st.integers(min_value=1, max_value=3), shipment_id=SHIPMENTS)
    @precondition(lambda self: self.books.held_cents > 2)
    def dispatch_part(self, divisor: int, shipment_id: UUID) -> None:
        self.ask_escrow(release(self.books.held_cents // divisor, shipment_id), acting(SYSTEM))

    @rule(
        amount_cents=st.integers(min_value=1, max_value=60_000),
        reference=REFERENCES,
        payer=PAYERS,
    )
    def return_excess(self, amount_cents: int, reference: str, payer: UUID) -> None:
        facts = ReturnFacts(now=NOON, actor=BANK, screened_customer_ids=(BUYER, PARENT))
        command = returning(amount_cents, reference, payer_customer_id=payer)
        self.ask_escrow(command, facts)

    @rule()
    def propose_refund(self) -> None:
        self.ask_escrow(PROPOSE, acting(OFFICER))

    @rule(same_person=st.booleans())
    def confirm_waiver(self, *, same_person: bool) -> None:
        officer = OFFICER if same_person else SECOND_OFFICER
        self.ask_escrow(waiver(self.books.held_cents), waiving(officer))

    @rule(reference=REFERENCES)
    def pay_refund(self, reference: str) -> None:
        self.ask_escrow(refund_paid(self.books.held_cents, reference), acting(BANK))

    @rule(rarely=st.integers(min_value=0, max_value=9))
    def forfeit(self, rarely: int) -> None:
        if rarely == 0:
            self.ask_escrow(FORFEIT, FORFEIT_FACTS)

    @rule(shipment_id=SHIPMENTS)
    @precondition(lambda self: self.releases)
    def assess(self, shipment_id: UUID) -> None:
        released = self.releases.get(shipment_id)
        if released is None:
            return
        command = replace(
            scenes.ASSESS,
            shipment_id=shipment_id,
            license_id=LICENSE,
            levy=self.levy,
            base_cents=released.gross_cents,
            cumulative_base_cents=released.cumulative_gross_cents,
        )
        self.ask_remittance(shipment_id, command, scenes.assess_facts(released.levy_cents))

    @rule(shipment_id=SHIPMENTS, reference=PAYMENTS)
    @precondition(lambda self: self.remittances)
    def instruct(self, shipment_id: UUID, reference: str) -> None:
        command = scenes.instruct(reference, amount_cents=self.due_cents(shipment_id))
        self.ask_remittance(shipment_id, command, acting(BANK))

    @rule(shipment_id=SHIPMENTS, reference=PAYMENTS)
    @precondition(lambda self: self.remittances)
    def come_back(self, shipment_id: UUID, reference: str) -> None:
        self.ask_remittance(shipment_id, scenes.came_back(reference), acting(BANK))

    @rule(shipment_id=SHIPMENTS, number=st.integers(min_value=0, max_value=3))
    @precondition(lambda self: self.remittances)
    def confirm(self, shipment_id: UUID, number: int) -> None:
        command = scenes.confirm(
            reference=f"20261123MMQFMP3K00012{number}", amount_cents=self.due_cents(shipment_id)
        )
        self.ask_remittance(shipment_id, command, scenes.confirm_facts(actor=TREASURY))

    @rule(shipment_id=SHIPMENTS)
    @precondition(lambda self: self.remittances)
    def reconcile(self, shipment_id: UUID) -> None:
        totals = remittance_totals(self.transfers, shipment_id)
        facts = ReconcileFacts(
            now=NOON,
            actor=SYSTEM,
            due_cents=totals.due_cents,
            paid_cents=totals.paid_cents,
            pending_cents=totals.pending_cents,
        )
        self.ask_remittance(shipment_id, scenes.RECONCILE, facts)

    # What must hold

    @invariant()
    def the_ledger_is_sound(self) -> None:
        assert self.ledger().faults == ()

    @invariant()
    def debits_equal_credits_in_every_currency(self) -> None:
        for total in self.ledger().totals:
            assert total.debit_posted_cents == total.credit_posted_cents
            assert total.debit_pending_cents == total.credit_pending_cents

    @invariant()
    def state_and_ledger_say_the_same(self) -> None:
        if isinstance(self.escrow, NotOpened):
            return
        ledger = self.ledger()
        held = ledger.of(self.account(AccountKind.ESCROW, LICENSE))
        assert held.posted_cents == self.books.held_cents >= 0
        excess = ledger.of(self.account(AccountKind.EXCESS, LICENSE))
        assert excess.posted_cents == self.books.excess_cents >= 0
        debt = ledger.of(self.account(AccountKind.BUYER_RECEIVABLE, LICENSE))
        advance = ledger.of(self.account(AccountKind.BANK_ADVANCE, LICENSE))
        assert debt.posted_cents == advance.posted_cents == self.books.owed_cents >= 0

    @invariant()
    def treasury_and_exporter_share_the_gross(self) -> None:
        ledger = self.ledger()
        gross_cents = sum(event.gross_cents for event in self.releases.values())
        treasury = ledger.of(self.account(AccountKind.TREASURY_PAYABLE))
        exporter = ledger.of(self.account(AccountKind.EXPORTER_PAYABLE, EXPORTER_ID))
        if gross_cents:
            assert treasury.credit_posted_cents == levy_total(self.levy, gross_cents)
        assert treasury.credit_posted_cents + exporter.credit_posted_cents == gross_cents

    @invariant()
    def the_bank_has_what_everybody_is_owed(self) -> None:
        ledger = self.ledger()
        outside = {
            *(AccountKind.BANK_CLEARING, AccountKind.BUYER_RECEIVABLE, AccountKind.BANK_ADVANCE)
        }
        owed_cents = sum(
            balance.posted_cents
            for balance in ledger.balances
            if balance.account.kind not in outside
        )
        assert ledger.of(self.account(AccountKind.BANK_CLEARING)).posted_cents == owed_cents

    @invariant()
    def the_price_is_paid_before_anything_is_called_funded(self) -> None:
        if isinstance(self.escrow, Funded):
            assert self.books.missing_cents == 0
        if isinstance(self.escrow, AwaitingFunds):
            assert self.books.missing_cents > 0
            is_prepaid = self.books.terms.prepayment.required and not self.books.reversals
            assert not (is_prepaid and self.releases)

    @invariant()
    def nobody_keeps_money_while_the_bank_waits_for_its_own(self) -> None:
        if not isinstance(self.escrow, NotOpened) and self.books.owed_cents:
            assert self.books.free_cents == 0
            assert self.books.uncovered_cents >= self.books.owed_cents

    @invariant()
    def what_is_reconciled_is_paid(self) -> None:
        for shipment_id, state in self.remittances.items():
            if isinstance(state, Reconciled):
                totals = remittance_totals(self.transfers, shipment_id)
                assert totals.paid_cents == totals.due_cents == state.assessed.amount_cents

    def teardown(self) -> None:
        """Check that closing is final and that the books can be folded again from nothing."""
        if isinstance(self.escrow, Closed):
            before = self.books.held_cents
            self.ask_escrow(deposit(1, "LATE"), deposit_facts())
            self.ask_escrow(release(1, identity("shipment/late")), acting(SYSTEM))
            assert self.books.held_cents == before


TestMoneyMachine = MoneyMachine.TestCase
TestMoneyMachine.settings = settings(
    max_examples=200,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
