"""An escrow over 1,000.01: what is asked of it, and every state that it can be in."""

from datetime import date, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from msgspec.structs import replace

from audits.kernel import Actor, Event, Facts
from licenses.domain.escrow import DECIDER
from licenses.domain.escrow.books import Books
from licenses.domain.escrow.commands import (
    BookDeposit,
    ConfirmRefundPaid,
    ConfirmRefundWaiver,
    ForfeitEscrow,
    OpenEscrow,
    ProposeRefund,
    ReleaseEscrow,
    ReturnExcess,
)
from licenses.domain.escrow.decisions import ForfeitFacts, ReturnFacts
from licenses.domain.escrow.deposits import DepositFacts
from licenses.domain.escrow.events import CreditDebit, EntryStatus, ForfeitReason, Payer
from licenses.domain.escrow.refunds import WaiverFacts
from licenses.domain.escrow.state import opened
from tests.licenses.domain.policy.deals import BRIEF, RULE
from tests.support.deciding import Step, played
from tests.support.people import BANK, NOON, OFFICER, SECOND_OFFICER, SYSTEM, identity

PRICE_CENTS: Final = 1_000_01
LICENSE: Final = identity("license/escrow")
EXPORTER_ID: Final = identity("organization/exporter")
BUYER: Final = identity("customer/buyer")
PARENT: Final = identity("customer/parent")
STRANGER: Final = identity("customer/stranger")
FIRST_SHIPMENT: Final = identity("shipment/first")
SECOND_SHIPMENT: Final = identity("shipment/second")
TODAY: Final = NOON.date()
LONG_STOP: Final = TODAY + timedelta(days=300)
REFERENCE: Final = LICENSE.hex
REASON: Final = "The laboratory lost the lot; the buyer is not to blame."

OPEN: Final = OpenEscrow(
    license_id=LICENSE,
    exporter_id=EXPORTER_ID,
    currency="USD",
    price_cents=PRICE_CENTS,
    payers=(
        Payer(customer_id=BUYER, names=("Harbor Cloud Co., Ltd.", "海港云")),
        Payer(customer_id=PARENT, names=("Harbor Holding AG",)),
    ),
    levy=BRIEF.levy,
    prepayment=BRIEF.prepayment,
    long_stop_on=LONG_STOP,
    edition=BRIEF.name,
)
OPEN_WITHOUT_PREPAYMENT: Final = replace(OPEN, prepayment=replace(BRIEF.prepayment, required=False))


def deposit(amount_cents: int = PRICE_CENTS, reference: str = "E1", **changes: Any) -> BookDeposit:
    """Report an entry that counts, unless `changes` spoil it."""
    entry = BookDeposit(
        account="DE02120300000000202051",
        bank_reference=reference,
        end_to_end_id=REFERENCE,
        payer_customer_id=BUYER,
        amount_cents=amount_cents,
        currency="USD",
        value_on=TODAY,
        status=EntryStatus.BOOKED,
        credit_debit=CreditDebit.CREDIT,
        message_sha256="a" * 64,
    )
    return replace(entry, **changes)


def reversal(amount_cents: int = PRICE_CENTS, reference: str = "E1", **changes: Any) -> BookDeposit:
    """Report that the bank took a payment back, under the reference of the payment."""
    taken = {"credit_debit": CreditDebit.DEBIT, "is_reversal": True, "payer_customer_id": None}
    return deposit(amount_cents, reference, **taken | changes)


def deposit_facts(**changes: Any) -> DepositFacts:
    facts = DepositFacts(now=NOON, actor=BANK, screened_customer_ids=(BUYER, PARENT))
    return replace(facts, **changes)


def release(gross_cents: int = PRICE_CENTS, shipment_id: UUID = FIRST_SHIPMENT) -> ReleaseEscrow:
    return ReleaseEscrow(shipment_id=shipment_id, gross_cents=gross_cents)


def returning(amount_cents: int, reference: str = "R1", **changes: Any) -> ReturnExcess:
    command = ReturnExcess(
        payer_customer_id=BUYER,
        amount_cents=amount_cents,
        bank_reference=reference,
        returned_on=TODAY,
    )
    return replace(command, **changes)


def return_facts(screened: tuple[UUID, ...] = (BUYER, PARENT)) -> ReturnFacts:
    return ReturnFacts(now=NOON, actor=BANK, screened_customer_ids=screened)


FORFEIT: Final = ForfeitEscrow(reason=ForfeitReason.BAN, edition=BRIEF.name)
FORFEIT_FACTS: Final = ForfeitFacts(now=NOON, actor=SYSTEM, prepayment=BRIEF.prepayment)
HOLD_FACTS: Final = ForfeitFacts(now=NOON, actor=SYSTEM, prepayment=RULE.prepayment)
PROPOSE: Final = ProposeRefund(reason=REASON)


def waiver(amount_cents: int = PRICE_CENTS) -> ConfirmRefundWaiver:
    return ConfirmRefundWaiver(amount_cents=amount_cents)


def refund_paid(
    amount_cents: int = PRICE_CENTS, reference: str = "P1", paid_on: date = TODAY
) -> ConfirmRefundPaid:
    return ConfirmRefundPaid(amount_cents=amount_cents, bank_reference=reference, paid_on=paid_on)


def acting(actor: Actor) -> Facts:
    return Facts(now=NOON, actor=actor)


def waiving(actor: Actor, *uncleared: UUID) -> WaiverFacts:
    return WaiverFacts(now=NOON, actor=actor, edition=BRIEF.name, uncleared_payer_ids=uncleared)


OPENING: Final[Step] = (OPEN, acting(SYSTEM))
PAYING: Final[Step] = (deposit(), deposit_facts())
PROPOSING: Final[Step] = (PROPOSE, acting(OFFICER))
WAIVING: Final[Step] = (waiver(), waiving(SECOND_OFFICER))
REVERSING: Final[Step] = (reversal(), deposit_facts())
UNDOING: Final[Step] = (
    reversal(reference="RV2", credit_debit=CreditDebit.CREDIT),
    deposit_facts(),
)
RELEASING: Final[Step] = (release(), acting(SYSTEM))


history = partial(played, DECIDER)
HISTORIES: Final[dict[str, list[Event]]] = {
    "not opened": [],
    "awaiting funds": history(OPENING),
    "partly paid": history(OPENING, (deposit(400_00), deposit_facts())),
    "set aside": history(OPENING, (deposit(currency="EUR"), deposit_facts())),
    "funded": history(OPENING, PAYING),
    "overpaid": history(OPENING, (deposit(PRICE_CENTS + 5), deposit_facts())),
    "taken back": history(OPENING, PAYING, REVERSING),
    "owing": history(OPENING, PAYING, (release(300_00), acting(SYSTEM)), REVERSING),
    "given back": history(OPENING, PAYING, REVERSING, UNDOING),
    "repaid": history(OPENING, PAYING, RELEASING, REVERSING, (deposit(5, "E2"), deposit_facts())),
    "closed and owing": history(OPENING, PAYING, RELEASING, REVERSING),
    "partly released": history(OPENING, PAYING, (release(300_00), acting(SYSTEM))),
    "released": history(OPENING, PAYING, RELEASING),
    "forfeited": history(OPENING, PAYING, (FORFEIT, FORFEIT_FACTS)),
    "refund proposed": history(OPENING, PAYING, PROPOSING),
    "refund waived": history(OPENING, PAYING, PROPOSING, WAIVING),
    "refunded": history(OPENING, PAYING, PROPOSING, WAIVING, (refund_paid(), acting(BANK))),
}

PART = 300_00
PART_RELEASED = (OPENING, PAYING, (release(PART), acting(SYSTEM)))
PAYING_AGAIN: Step = (deposit(PRICE_CENTS, "E2"), deposit_facts())


def books(*steps: Step) -> Books:
    return opened(DECIDER.fold(history(*steps))).books
