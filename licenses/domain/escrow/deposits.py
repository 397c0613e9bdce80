"""Which entries on the bank's account count as prepayment, and which are set aside.

A deposit is a fact about the world: what cannot be credited is recorded all the same, as
`DepositSetAside`, and `refusal_of` says how the bank is answered once that is recorded.
"""

import unicodedata
from datetime import UTC
from typing import Final
from uuid import UUID

from audits.kernel import Event, Facts, Refused
from licenses.domain.escrow.books import Books
from licenses.domain.escrow.commands import BookDeposit
from licenses.domain.escrow.events import (
    AdvanceRepaid,
    CreditDebit,
    DepositBooked,
    DepositSetAside,
    EntryStatus,
    EscrowEvent,
    Payer,
    SetAsideReason,
)
from licenses.domain.escrow.reversals import conflict, funded, is_reversal, reverse
from licenses.domain.escrow.state import AwaitingFunds, Closed, EscrowState, Opened, opened
from licenses.domain.policy.model import EditionName

_REASONS: Final = {
    SetAsideReason.NOT_BOOKED: "The bank has not booked it yet",
    SetAsideReason.NOT_A_CREDIT: "It is a debit or the reversal of an entry, not a payment",
    SetAsideReason.NO_AMOUNT: "It has no amount",
    SetAsideReason.WRONG_CURRENCY: "The escrow is in another currency, and nothing is converted",
    SetAsideReason.WRONG_REFERENCE: "The payer did not quote the escrow's payment reference",
    SetAsideReason.VALUE_DAY_AHEAD: "Its value date has not been reached",
    SetAsideReason.PAYER_UNKNOWN: "The payer is not a party of the license",
    SetAsideReason.PAYER_NOT_SCREENED: "The payer's screening does not clear it today",
    SetAsideReason.AFTER_LONG_STOP: "Its value date is after the long-stop date",
    SetAsideReason.ESCROW_CLOSED: "The escrow takes no more deposits",
}


class DepositFacts(Facts):
    """What booking must know beyond the escrow."""

    screened_customer_ids: tuple[UUID, ...]
    """Parties of the license whose screening clears them now."""
    named_payer_ids: tuple[UUID, ...] = ()
    """Payers who go by the name that the bank gives: the name itself is sealed here."""
    booked_for_license_id: UUID | None = None
    """The license for which this account and bank reference is booked already, if any."""
    edition: EditionName | None = None
    """The edition on whose terms the escrow was opened; None: it was not."""


def refusal_of(event: Event) -> Refused | None:
    """Say how to answer once `event` is recorded; None: with success."""
    return _refusal(event) if isinstance(event, DepositSetAside) else None


def book_deposit(
    command: BookDeposit, state: EscrowState, facts: DepositFacts
) -> list[EscrowEvent]:
    """Credit an entry up to the price, set it aside, or recognize it as known."""
    current = opened(state)
    books = current.books
    payer_id = _payer_id(command, books.terms.payers, facts.named_payer_ids)
    booked = books.deposit(command.account, command.bank_reference)
    noted = books.noted(command.account, command.bank_reference)
    reverses = is_reversal(command, books)
    if booked is not None and not (reverses or _may_reverse(command)):
        return _repeated(command, booked, payer_id)
    _refuse_other_content(command, noted, facts.booked_for_license_id)
    if reverses:
        return reverse(command, current, payer_id)
    verdict = _verdict(command, current, payer_id, facts)
    if isinstance(verdict, UUID):
        return _credited(command, current, verdict)
    event = _set_aside(command, books, payer_id, verdict)
    if noted is not None and noted.reason is verdict:
        raise _refusal(event)  # recorded before, and still so
    return [event]


def _may_reverse(command: BookDeposit) -> bool:
    """Tell a reversal that does not count yet, under the reference of the payment."""
    return command.is_reversal and command.credit_debit is CreditDebit.DEBIT


def _repeated(
    command: BookDeposit, booked: DepositBooked, payer_id: UUID | None
) -> list[EscrowEvent]:
    """Recognize a later report of a booked entry, as long as it says the same."""
    same = (
        command.credit_debit is CreditDebit.CREDIT
        and not command.is_reversal
        and command.amount_cents == booked.amount_cents
        and command.currency == booked.currency
        and command.value_on == booked.value_on
        and command.end_to_end_id == booked.end_to_end_id
        and payer_id == booked.payer_customer_id
    )
    if not same:
        raise conflict("This bank reference is booked with other content")
    return []


def _refuse_other_content(
    command: BookDeposit, noted: DepositSetAside | None, booked_for_license_id: UUID | None
) -> None:
    """Let what was set aside mature (be booked, reach its date), not become another payment."""
    if booked_for_license_id is not None:
        raise conflict("This bank reference is booked for another license")
    if noted is not None and (
        (command.amount_cents, command.currency, command.credit_debit)
        != (noted.amount_cents, noted.currency, noted.credit_debit)
    ):
        raise conflict("This bank reference was reported before with other content")


def _refusal(event: DepositSetAside) -> Refused:
    return Refused(event.reason.value, _REASONS[event.reason], citation=event.citation)


def _verdict(
    command: BookDeposit, state: Opened, payer_id: UUID | None, facts: DepositFacts
) -> UUID | SetAsideReason:
    """Give the payer whose money counts, or the first thing that keeps it from counting."""
    terms = state.books.terms
    is_owed = state.books.owed_cents > 0
    today = facts.now.astimezone(UTC).date()
    is_credit = command.credit_debit is CreditDebit.CREDIT and not command.is_reversal
    objections = {
        SetAsideReason.NOT_BOOKED: command.status is not EntryStatus.BOOKED,
        SetAsideReason.NOT_A_CREDIT: not is_credit,
        SetAsideReason.NO_AMOUNT: command.amount_cents == 0,
        SetAsideReason.WRONG_CURRENCY: command.currency != terms.currency,
        SetAsideReason.WRONG_REFERENCE: command.end_to_end_id != terms.payment_reference,
        SetAsideReason.VALUE_DAY_AHEAD: command.value_on > today,
        SetAsideReason.AFTER_LONG_STOP: (command.value_on > terms.long_stop_on and not is_owed),
        SetAsideReason.ESCROW_CLOSED: isinstance(state, Closed) and not is_owed,
    }
    objection = next((reason for reason, applies in objections.items() if applies), None)
    if objection is not None:
        return objection
    if payer_id is None:
        return SetAsideReason.PAYER_UNKNOWN
    if payer_id not in facts.screened_customer_ids:
        return SetAsideReason.PAYER_NOT_SCREENED
    return payer_id


def _credited(command: BookDeposit, state: Opened, payer_id: UUID) -> list[EscrowEvent]:
    books = state.books
    terms = books.terms
    room_cents = books.owed_cents if isinstance(state, Closed) else books.missing_cents
    credited_cents = min(command.amount_cents, room_cents)
    missing_cents = books.missing_cents - credited_cents
    booked = DepositBooked(
        license_id=terms.license_id,
        account=command.account,
        bank_reference=command.bank_reference,
        end_to_end_id=terms.payment_reference,
        payer_customer_id=payer_id,
        amount_cents=command.amount_cents,
        credited_cents=credited_cents,
        excess_cents=command.amount_cents - credited_cents,
        currency=terms.currency,
        value_on=command.value_on,
        message_sha256=command.message_sha256,
        held_cents=books.held_cents + credited_cents,
        missing_cents=missing_cents,
    )
    repaid = [_repaid(booked, books)] if books.owed_cents else []
    if missing_cents or not isinstance(state, AwaitingFunds):
        return [booked, *repaid]
    return [booked, *repaid, funded(books)]


def _repaid(booked: DepositBooked, books: Books) -> AdvanceRepaid:
    """Give the bank what it advanced: the first that a new payment is for."""
    amount_cents = min(booked.credited_cents, books.owed_cents)
    return AdvanceRepaid(
        license_id=booked.license_id,
        account=booked.account,
        bank_reference=booked.bank_reference,
        amount_cents=amount_cents,
        currency=booked.currency,
        held_cents=booked.held_cents - amount_cents,
        owed_cents=books.owed_cents - amount_cents,
    )


def _set_aside(
    command: BookDeposit, books: Books, payer_id: UUID | None, reason: SetAsideReason
) -> DepositSetAside:
    return DepositSetAside(
        license_id=books.terms.license_id,
        account=command.account,
        bank_reference=command.bank_reference,
        end_to_end_id=command.end_to_end_id,
        payer_customer_id=payer_id or command.payer_customer_id,
        payer_name=command.payer_name,
        amount_cents=command.amount_cents,
        currency=command.currency,
        value_on=command.value_on,
        status=command.status,
        credit_debit=command.credit_debit,
        is_reversal=command.is_reversal,
        message_sha256=command.message_sha256,
        reason=reason,
        citation=books.terms.prepayment.citation,
    )


def _payer_id(
    command: BookDeposit, payers: tuple[Payer, ...], named_ids: tuple[UUID, ...]
) -> UUID | None:
    """Find the one payer that both the given id and the given name point to."""
    if command.payer_customer_id is None and command.payer_name is None:
        return None
    found = [
        payer.customer_id
        for payer in payers
        if command.payer_customer_id in {None, payer.customer_id}
        and (command.payer_name is None or payer.customer_id in named_ids)
    ]
    return found[0] if len(found) == 1 else None


def payers_named(name: str, payers: tuple[Payer, ...]) -> tuple[UUID, ...]:
    """Find the payers who go by a name, given in clear."""
    plain = plain_name(name)
    return tuple(
        payer.customer_id
        for payer in payers
        if plain in {plain_name(known) for known in payer.names}
    )


def plain_name(name: str) -> str:
    """Reduce a name to what survives a bank's forms: letters and digits, without case.

    Banks drop commas and full stops and write capitals; nothing that is left out here tells two
    parties apart, and a name that two payers share names neither.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    return " ".join("".join(c if c.isalnum() else " " for c in folded).split())
