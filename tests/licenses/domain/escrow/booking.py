"""What is recorded of a payment into the escrow of the scenes."""

from typing import Any

from msgspec.structs import replace

from licenses.domain.escrow.deposits import DepositFacts, payers_named
from licenses.domain.escrow.events import (
    CreditDebit,
    DepositBooked,
    DepositSetAside,
    EntryStatus,
    EscrowFunded,
    Payer,
    SetAsideReason,
)
from tests.licenses.domain.escrow.scenes import (
    BUYER,
    HISTORIES,
    LICENSE,
    OPEN,
    PRICE_CENTS,
    REFERENCE,
    TODAY,
    deposit_facts,
)
from tests.licenses.domain.policy.deals import BRIEF

AWAITING = HISTORIES["awaiting funds"]
CITATION = BRIEF.prepayment.citation

FUNDED = EscrowFunded(license_id=LICENSE, price_cents=PRICE_CENTS, currency="USD")


def booked(amount_cents: int = PRICE_CENTS, **changes: Any) -> DepositBooked:
    event = DepositBooked(
        license_id=LICENSE,
        account="DE02120300000000202051",
        bank_reference="E1",
        end_to_end_id=REFERENCE,
        payer_customer_id=BUYER,
        amount_cents=amount_cents,
        credited_cents=amount_cents,
        excess_cents=0,
        currency="USD",
        value_on=TODAY,
        message_sha256="a" * 64,
        held_cents=amount_cents,
        missing_cents=PRICE_CENTS - amount_cents,
    )
    return replace(event, **changes)


def set_aside(reason: SetAsideReason, **changes: Any) -> DepositSetAside:
    event = DepositSetAside(
        license_id=LICENSE,
        account="DE02120300000000202051",
        bank_reference="E1",
        end_to_end_id=REFERENCE,
        payer_customer_id=BUYER,
        payer_name=None,
        amount_cents=PRICE_CENTS,
        currency="USD",
        value_on=TODAY,
        status=EntryStatus.BOOKED,
        credit_debit=CreditDebit.CREDIT,
        is_reversal=False,
        message_sha256="a" * 64,
        reason=reason,
        citation=CITATION,
    )
    return replace(event, **changes)


def naming(name: str | None, payers: tuple[Payer, ...] = OPEN.payers) -> DepositFacts:
    """Give the facts in which the bank's name was looked up among the payers."""
    return deposit_facts(named_payer_ids=() if name is None else payers_named(name, payers))
