"""The one way out for the buyer: a waiver by two officers for everything not yet released.

The prepayment is non-refundable in principle. A waiver names an exact amount; it holds only while
exactly that amount is in escrow, so that a release or deposit in between voids the proposal.
"""

from uuid import UUID

from audits.kernel import Facts, Refused
from licenses.domain.escrow.books import Books
from licenses.domain.escrow.commands import ConfirmRefundPaid, ConfirmRefundWaiver, ProposeRefund
from licenses.domain.escrow.events import EscrowEvent, RefundPaid, RefundProposed, RefundWaived
from licenses.domain.escrow.state import Closed, EscrowState, opened
from licenses.domain.money import refuse_day_ahead
from licenses.domain.policy.model import EditionName


class WaiverFacts(Facts):
    """What a waiver must know beyond the escrow."""

    edition: EditionName
    """The edition in force."""
    uncleared_payer_ids: tuple[UUID, ...] = ()
    """Of those that paid in: whose screening does not clear them now."""


def propose_refund(command: ProposeRefund, state: EscrowState, facts: Facts) -> list[EscrowEvent]:
    """Propose to give back everything that is held. A proposal for another amount is replaced."""
    books = _still_open(state)
    if books.held_cents == 0:
        raise refused(books, "nothing_to_refund", "Nothing is held that could be refunded")
    proposed = RefundProposed(
        license_id=books.terms.license_id,
        amount_cents=books.held_cents,
        currency=books.terms.currency,
        reason=command.reason,
        by=facts.actor.person_id,
    )
    standing = books.refund
    if standing == proposed:
        return []
    if standing is not None and standing.amount_cents == proposed.amount_cents:
        raise refused(books, "refund_already_proposed", "A proposal waits for its confirmation")
    return [proposed]


def confirm_refund_waiver(
    command: ConfirmRefundWaiver, state: EscrowState, facts: WaiverFacts
) -> list[EscrowEvent]:
    """Waive, as a second natural person, exactly what was proposed and is still held."""
    refund = opened(state).books.refund
    if isinstance(refund, RefundWaived | RefundPaid):
        if command.amount_cents != refund.amount_cents:
            raise Refused("refund_amount_changed", "Another amount was waived")
        return []
    books = _still_open(state)
    if refund is None:
        raise refused(books, "refund_not_proposed", "Nobody proposed a refund")
    if refund.by == facts.actor.person_id:
        raise refused(books, "four_eyes", "Who proposes a refund cannot confirm it")
    if not command.amount_cents == refund.amount_cents == books.held_cents:
        raise refused(books, "refund_amount_changed", "Proposed, confirmed and held differ")
    if facts.uncleared_payer_ids:
        # 31 CFR 501.603: property of a blocked person stays where it is.
        raise Refused("payer_not_screened", "A payer is not cleared", citation="31 CFR 501.603")
    waived = RefundWaived(
        license_id=refund.license_id,
        amount_cents=refund.amount_cents,
        currency=refund.currency,
        reason=refund.reason,
        proposed_by=refund.by,
        by=facts.actor.person_id,
    )
    return [waived]


def confirm_refund_paid(
    command: ConfirmRefundPaid, state: EscrowState, facts: Facts
) -> list[EscrowEvent]:
    """Record that the bank paid what two officers waived."""
    books = opened(state).books
    refund = books.refund
    if refund is None or isinstance(refund, RefundProposed):
        raise refused(books, "refund_needs_waiver", "Two officers must waive first")
    if command.amount_cents != refund.amount_cents:
        raise refused(books, "refund_amount_wrong", "Another amount was waived")
    if isinstance(refund, RefundPaid):
        if command.bank_reference != refund.bank_reference:
            raise refused(books, "refund_already_paid", "It was paid under another reference")
        return []
    refuse_day_ahead(command.paid_on, facts.now)
    paid = RefundPaid(
        license_id=refund.license_id,
        amount_cents=refund.amount_cents,
        currency=refund.currency,
        bank_reference=command.bank_reference,
        paid_on=command.paid_on,
    )
    return [paid]


def _still_open(state: EscrowState) -> Books:
    current = opened(state)
    if isinstance(current, Closed):
        raise refused(current.books, "escrow_closed", f"The escrow is closed: {current.how}")
    return current.books


def refused(books: Books, code: str, detail: str) -> Refused:
    """Make a refusal that cites the rule on which this escrow rests."""
    return Refused(code, detail, citation=books.terms.prepayment.citation)
