"""What each event of an escrow or a remittance moves.

Events that move no money give no transfers. What a bank reported and was set aside is the bank's.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, assert_never
from urllib.parse import quote
from uuid import UUID, uuid5

from audits.kernel import Event
from licenses.domain.escrow.events import (
    AdvanceRepaid,
    DepositBooked,
    DepositReversed,
    EscrowForfeited,
    EscrowReleased,
    ExcessReturned,
    RefundPaid,
    RefundWaived,
    ReversalUndone,
)
from licenses.domain.ledger.legs import Leg, of_license
from licenses.domain.ledger.model import Account, AccountKind, Code, Transfer, TransferKind
from licenses.domain.ledger.reversals import repayment, reversal, undoing
from licenses.domain.remittance.events import (
    RemittanceAssessed,
    RemittanceConfirmed,
    RemittanceInstructed,
    RemittanceReturned,
    Source,
)

_TRANSFER: Final = UUID("5e0f0a4e-6f0e-5d0c-9b6a-2d7d2f4c1a01")


def postings(event: Event, *, stream_id: UUID, event_id: UUID) -> tuple[Transfer, ...]:
    """Derive what an event moves; () for an event that moves no money.

    Ids follow from the business key alone: a second event for the same fact collides, and a
    resolution can name its pending transfer, which an earlier event made.
    """
    legs_of = _LEGS_OF.get(type(event))
    legs = () if legs_of is None else legs_of(event)
    return tuple(
        _transfer(leg, position, stream_id=stream_id, event_id=event_id)
        for position, leg in enumerate(leg for leg in legs if leg.amount_cents)
    )


def _transfer(leg: Leg, position: int, *, stream_id: UUID, event_id: UUID) -> Transfer:
    business_key = f"{leg.key}/{position}"
    return Transfer(
        transfer_id=_transfer_id(business_key),
        event_id=event_id,
        stream_id=stream_id,
        subject_id=leg.subject_id,
        kind=leg.kind,
        debit=leg.debit,
        credit=leg.credit,
        amount_cents=leg.amount_cents,
        currency=leg.debit.currency,
        pending_id=None if leg.resolves is None else _transfer_id(f"{leg.resolves}/0"),
        code=leg.code,
        business_key=business_key,
    )


def _transfer_id(business_key: str) -> UUID:
    return uuid5(_TRANSFER, business_key)


def deposit_key(account: str, bank_reference: str) -> str:
    """Name a bank entry; its first transfer has the business key `<this>/0`.

    The key leaves the license out: one bank entry pays for one license only.
    """
    return f"deposit/{quote(account, safe='')}/{quote(bank_reference, safe='')}"


def _deposit(event: DepositBooked) -> tuple[Leg, ...]:
    key = deposit_key(event.account, event.bank_reference)
    bank = Account(kind=AccountKind.BANK_CLEARING, currency=event.currency)
    escrow = Leg(
        subject_id=event.license_id,
        debit=bank,
        credit=of_license(AccountKind.ESCROW, event),
        amount_cents=event.credited_cents,
        code=Code.DEPOSIT,
        key=key,
    )
    excess = Leg(
        subject_id=event.license_id,
        debit=bank,
        credit=of_license(AccountKind.EXCESS, event),
        amount_cents=event.excess_cents,
        code=Code.EXCESS,
        key=key,
    )
    return escrow, excess


def _excess_return(event: ExcessReturned) -> tuple[Leg, ...]:
    leg = Leg(
        subject_id=event.license_id,
        debit=of_license(AccountKind.EXCESS, event),
        credit=Account(kind=AccountKind.BANK_CLEARING, currency=event.currency),
        amount_cents=event.amount_cents,
        code=Code.EXCESS_RETURN,
        key=f"excess-return/{event.license_id}/{quote(event.bank_reference, safe='')}",
    )
    return (leg,)


def _release(event: EscrowReleased) -> tuple[Leg, ...]:
    escrow = of_license(AccountKind.ESCROW, event)
    exporter = Account(
        kind=AccountKind.EXPORTER_PAYABLE, owner_id=event.exporter_id, currency=event.currency
    )
    levy = Leg(
        subject_id=event.shipment_id,
        debit=escrow,
        credit=Account(kind=AccountKind.TREASURY_PAYABLE, currency=event.currency),
        amount_cents=event.levy_cents,
        code=Code.LEVY,
        key=f"release/{event.shipment_id}",
    )
    proceeds = Leg(
        subject_id=event.shipment_id,
        debit=escrow,
        credit=exporter,
        amount_cents=event.exporter_cents,
        code=Code.PROCEEDS,
        key=f"release/{event.shipment_id}",
    )
    return levy, proceeds


def _forfeiture(event: EscrowForfeited) -> tuple[Leg, ...]:
    leg = Leg(
        subject_id=event.license_id,
        debit=of_license(AccountKind.ESCROW, event),
        credit=Account(kind=AccountKind.FORFEITED, currency=event.currency),
        amount_cents=event.amount_cents,
        code=Code.FORFEITURE,
        key=f"forfeiture/{event.license_id}",
    )
    return (leg,)


def _refund(event: RefundWaived | RefundPaid) -> tuple[Leg, ...]:
    waived = f"refund-waived/{event.license_id}"
    paid = isinstance(event, RefundPaid)
    leg = Leg(
        subject_id=event.license_id,
        kind=TransferKind.POST if paid else TransferKind.PENDING,
        debit=of_license(AccountKind.ESCROW, event),
        credit=Account(kind=AccountKind.BANK_CLEARING, currency=event.currency),
        amount_cents=event.amount_cents,
        code=Code.REFUND,
        key=f"refund-paid/{event.license_id}" if paid else waived,
        resolves=waived if paid else None,
    )
    return (leg,)


def _direct_levy(event: RemittanceAssessed) -> tuple[Leg, ...]:
    if event.source is Source.ESCROW:
        return ()  # posted at the release that withheld it
    leg = Leg(
        subject_id=event.shipment_id,
        debit=_receivable(event),
        credit=Account(kind=AccountKind.TREASURY_PAYABLE, currency=event.currency),
        amount_cents=event.amount_cents,
        code=Code.LEVY,
        key=f"levy/{event.shipment_id}",
    )
    return (leg,)


def _remittance(
    event: RemittanceInstructed | RemittanceReturned | RemittanceConfirmed,
) -> tuple[Leg, ...]:
    """Pay the treasury: out of the bank account, or by the payer that owed it directly."""
    bank = Account(kind=AccountKind.BANK_CLEARING, currency=event.currency)
    instructed = f"instructed/{event.shipment_id}/{quote(event.bank_reference, safe='')}"
    match event:
        case RemittanceInstructed():
            kind, key, resolves = TransferKind.PENDING, instructed, None
        case RemittanceReturned():
            kind, key, resolves = TransferKind.VOID, f"returned/{instructed}", instructed
        case RemittanceConfirmed():
            kind, key, resolves = TransferKind.POST, f"remitted/{event.shipment_id}", instructed
        case _:
            assert_never(event)
    leg = Leg(
        subject_id=event.shipment_id,
        kind=kind,
        debit=Account(kind=AccountKind.TREASURY_PAYABLE, currency=event.currency),
        credit=bank if event.source is Source.ESCROW else _receivable(event),
        amount_cents=event.amount_cents,
        code=Code.REMITTANCE,
        key=key,
        resolves=resolves,
    )
    return (leg,)


def _receivable(
    event: RemittanceAssessed | RemittanceInstructed | RemittanceReturned | RemittanceConfirmed,
) -> Account:
    return Account(
        kind=AccountKind.LEVY_RECEIVABLE, owner_id=event.exporter_id, currency=event.currency
    )


_LEGS_OF: Final[Mapping[type[Event], Callable[[Any], tuple[Leg, ...]]]] = {
    DepositBooked: _deposit,
    DepositReversed: reversal,
    ReversalUndone: undoing,
    AdvanceRepaid: repayment,
    ExcessReturned: _excess_return,
    EscrowReleased: _release,
    EscrowForfeited: _forfeiture,
    RefundWaived: _refund,
    RefundPaid: _refund,
    RemittanceAssessed: _direct_levy,
    RemittanceInstructed: _remittance,
    RemittanceReturned: _remittance,
    RemittanceConfirmed: _remittance,
}
