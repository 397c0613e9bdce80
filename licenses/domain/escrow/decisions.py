"""What an escrow allows, command by command; deposits and refunds have modules of their own."""

from typing import Final
from uuid import UUID

from audits.kernel import Decider, Facts, Refused
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
from licenses.domain.escrow.deposits import book_deposit
from licenses.domain.escrow.events import (
    EscrowEvent,
    EscrowForfeited,
    EscrowOpened,
    EscrowReleased,
    ExcessReturned,
    ForfeitReason,
)
from licenses.domain.escrow.refunds import (
    confirm_refund_paid,
    confirm_refund_waiver,
    propose_refund,
    refused,
)
from licenses.domain.escrow.state import (
    INITIAL,
    AwaitingFunds,
    Closed,
    Closing,
    EscrowState,
    NotOpened,
    evolve,
    opened,
)
from licenses.domain.money import refuse_day_ahead, sum_text
from licenses.domain.policy.levies import levy_due
from licenses.domain.policy.model import Prepayment


class ReturnFacts(Facts):
    """What returning excess must know beyond the escrow."""

    screened_customer_ids: tuple[UUID, ...]
    """Parties of the license whose screening clears them now."""


class ForfeitFacts(Facts):
    """What forfeiting must know beyond the escrow."""

    prepayment: Prepayment
    """What the edition that the command names says of a ban and of a revocation."""


def payment_reference(license_id: UUID) -> str:
    """Give what a payer quotes as EndToEndId: the license id without dashes fits in its 35."""
    return license_id.hex


def open_escrow(command: OpenEscrow, state: EscrowState, facts: Facts) -> list[EscrowEvent]:
    """Open the account on the terms of the grant; they never change."""
    del facts  # opening asks nothing about the day or the actor
    levy = command.levy
    if levy is not None and levy.rate_numerator > levy.rate_denominator:
        raise Refused("levy_above_proceeds", "A levy above 1 takes more than is released")
    event = EscrowOpened(
        license_id=command.license_id,
        exporter_id=command.exporter_id,
        currency=command.currency,
        price_cents=command.price_cents,
        payers=command.payers,
        # A levy on the entered value is the importer's to pay: escrow holds sale proceeds only.
        levy=levy if levy is not None and levy.base == "sale_proceeds" else None,
        prepayment=command.prepayment,
        payment_reference=payment_reference(command.license_id),
        long_stop_on=command.long_stop_on,
        edition=command.edition,
    )
    if isinstance(state, NotOpened):
        return [event]
    if state.books.terms != event:
        raise Refused("escrow_already_opened", "The escrow was opened on other terms")
    return []


def return_excess(
    command: ReturnExcess, state: EscrowState, facts: ReturnFacts
) -> list[EscrowEvent]:
    """Record what went back to a payer: at most its own excess, and never to a listed party."""
    books = opened(state).books
    if (repeat := books.returned(command.bank_reference)) is not None:
        if (repeat.payer_customer_id, repeat.amount_cents) != (
            command.payer_customer_id,
            command.amount_cents,
        ):
            raise Refused("return_conflict", "This bank reference returned something else")
        return []
    if command.amount_cents > books.excess_cents_of(command.payer_customer_id):
        raise Refused("excess_exceeded", "That payer has less excess than that")
    if command.payer_customer_id not in facts.screened_customer_ids:
        # 31 CFR 501.603: property of a blocked person stays where it is.
        raise Refused("payer_not_screened", "The payer is not cleared", citation="31 CFR 501.603")
    refuse_day_ahead(command.returned_on, facts.now)
    event = ExcessReturned(
        license_id=books.terms.license_id,
        payer_customer_id=command.payer_customer_id,
        bank_reference=command.bank_reference,
        amount_cents=command.amount_cents,
        currency=books.terms.currency,
        returned_on=command.returned_on,
        excess_cents=books.excess_cents - command.amount_cents,
    )
    return [event]


def release_escrow(command: ReleaseEscrow, state: EscrowState, facts: Facts) -> list[EscrowEvent]:
    """Pay out one dispatched shipment, once: never more than is held, to the last cent."""
    del facts  # a release follows a dispatch, whoever reports it and whenever
    current = opened(state)
    books = current.books
    if (repeat := books.release(command.shipment_id)) is not None:
        if repeat.gross_cents != command.gross_cents:
            raise refused(books, "release_conflict", "This shipment was released with another sum")
        return []
    if isinstance(current, Closed):
        raise refused(books, "escrow_closed", f"The escrow is closed: {current.how}")
    if isinstance(current, AwaitingFunds) and books.terms.prepayment.required:
        missing = sum_text(books.missing_cents, books.terms.currency)
        raise refused(books, "escrow_not_funded", f"{missing} are missing")
    if command.gross_cents > books.held_cents:
        held = sum_text(books.held_cents, books.terms.currency)
        raise refused(books, "escrow_insufficient", f"Only {held} are held")
    return [_release(command, books)]


def _release(command: ReleaseEscrow, books: Books) -> EscrowReleased:
    """Split the gross: the levy on all releases so far less what was withheld, the rest."""
    terms = books.terms
    cumulative_gross_cents = books.released_gross_cents + command.gross_cents
    levy_cents = 0
    if terms.levy is not None:
        levy_cents = levy_due(terms.levy, cumulative_gross_cents, books.released_levy_cents)
    return EscrowReleased(
        license_id=terms.license_id,
        exporter_id=terms.exporter_id,
        shipment_id=command.shipment_id,
        gross_cents=command.gross_cents,
        levy_cents=levy_cents,
        exporter_cents=command.gross_cents - levy_cents,
        currency=terms.currency,
        cumulative_gross_cents=cumulative_gross_cents,
        cumulative_levy_cents=books.released_levy_cents + levy_cents,
        held_cents=books.held_cents - command.gross_cents,
        edition=terms.edition,
    )


def forfeit_escrow(
    command: ForfeitEscrow, state: EscrowState, facts: ForfeitFacts
) -> list[EscrowEvent]:
    """Take the unreleased rest, possibly nothing; an unfunded escrow is closed by it as well."""
    current = opened(state)
    books = current.books
    if isinstance(current, Closed):
        if current.how in {Closing.FORFEITED, Closing.RELEASED}:
            return []  # nothing is left to forfeit
        raise refused(books, "escrow_closed", f"The escrow is closed: {current.how}")
    rule = facts.prepayment
    consequence = rule.on_ban if command.reason is ForfeitReason.BAN else rule.on_revocation
    if consequence != "forfeit":
        raise Refused(
            "forfeiture_not_provided",
            f"Edition {command.edition} holds the escrow after a {command.reason.value}",
            citation=rule.citation,
        )
    event = EscrowForfeited(
        license_id=books.terms.license_id,
        reason=command.reason,
        amount_cents=books.held_cents,
        currency=books.terms.currency,
        edition=command.edition,
        citation=rule.citation,
    )
    return [event]


DECIDER: Final[Decider[EscrowState]] = Decider(
    aggregate="escrow",
    initial=INITIAL,
    evolve=evolve,
    decisions={
        OpenEscrow: open_escrow,
        BookDeposit: book_deposit,
        ReturnExcess: return_excess,
        ReleaseEscrow: release_escrow,
        ForfeitEscrow: forfeit_escrow,
        ProposeRefund: propose_refund,
        ConfirmRefundWaiver: confirm_refund_waiver,
        ConfirmRefundPaid: confirm_refund_paid,
    },
)
