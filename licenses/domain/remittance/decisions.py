"""What a remittance allows: one amount, one payment, one reference, one reconciliation."""

import re
from functools import partial
from typing import Final

from audits.kernel import Decider, Facts, Refused
from licenses.domain.money import refuse_day_ahead, sum_text
from licenses.domain.policy.levies import levy_due, levy_total
from licenses.domain.remittance.commands import (
    AssessRemittance,
    ConfirmRemittance,
    InstructRemittance,
    ReconcileRemittance,
    ReturnRemittance,
)
from licenses.domain.remittance.events import (
    ReferenceKind,
    RemittanceAssessed,
    RemittanceConfirmed,
    RemittanceEvent,
    RemittanceInstructed,
    RemittanceReconciled,
    RemittanceReturned,
    Source,
)
from licenses.domain.remittance.facts import AssessFacts, ConfirmFacts, ReconcileFacts
from licenses.domain.remittance.state import (
    INITIAL,
    Assessed,
    Confirmed,
    Instructed,
    NotAssessed,
    Reconciled,
    RemittanceState,
    evolve,
)

_FORMATS: Final = {
    # IMAD: cycle date, eight characters of input source, six digits of sequence.
    ReferenceKind.FEDWIRE: re.compile(r"20[0-9]{2}(?:0[1-9]|1[0-2])[0-3][0-9][A-Z0-9]{8}[0-9]{6}"),
    # Trace number: eight digits of the originating institution, seven of sequence.
    ReferenceKind.ACH: re.compile(r"[0-9]{15}"),
    # Pay.gov tracking ID, or an agency's of up to 21 characters.
    ReferenceKind.PAY_GOV: re.compile(r"[A-Z0-9]{8,21}"),
    # Entry number (19 CFR 142.3a): filer code, seven digits, check digit.
    ReferenceKind.CBP_ENTRY: re.compile(r"[A-Z0-9]{3}[0-9]{8}"),
}


def assess_remittance(
    command: AssessRemittance, state: RemittanceState, facts: AssessFacts
) -> list[RemittanceEvent]:
    """Compute the levy, once. Where nothing is due there is nothing to pay or to wait for."""
    assessed = _assessment(command)
    if not isinstance(state, NotAssessed):
        if state.assessed == assessed:
            return []
        raise _refused(state, "remittance_conflict", "The levy was assessed on other figures")
    if command.source is Source.ESCROW and facts.withheld_cents != assessed.amount_cents:
        said = partial(sum_text, currency=assessed.currency)
        withheld = "nothing" if facts.withheld_cents is None else said(facts.withheld_cents)
        raise Refused(
            "remittance_not_withheld",
            f"Due {said(assessed.amount_cents)}, withheld at release {withheld}",
            citation=command.levy.citation,
        )
    if assessed.amount_cents:
        return [assessed]
    reconciled = RemittanceReconciled(
        shipment_id=command.shipment_id,
        amount_cents=0,
        currency=command.currency,
        ledger_due_cents=0,
        ledger_paid_cents=0,
    )
    return [assessed, reconciled]


def _assessment(command: AssessRemittance) -> RemittanceAssessed:
    levy = command.levy
    earlier_base_cents = command.cumulative_base_cents - command.base_cents
    if earlier_base_cents < 0:
        raise Refused("remittance_basis_wrong", "The sum so far is less than this shipment's part")
    amount_cents = cumulative_due_cents = 0
    if command.is_covered:
        earlier_due_cents = levy_total(levy, earlier_base_cents)
        amount_cents = levy_due(levy, command.cumulative_base_cents, earlier_due_cents)
        cumulative_due_cents = earlier_due_cents + amount_cents
    return RemittanceAssessed(
        shipment_id=command.shipment_id,
        license_id=command.license_id,
        exporter_id=command.exporter_id,
        source=command.source,
        amount_cents=amount_cents,
        currency=command.currency,
        base_cents=command.base_cents,
        cumulative_base_cents=command.cumulative_base_cents,
        cumulative_due_cents=cumulative_due_cents,
        rate_numerator=levy.rate_numerator,
        rate_denominator=levy.rate_denominator,
        legal_basis=levy.legal_basis,
        citation=levy.citation,
        edition=command.edition,
    )


def instruct_remittance(
    command: InstructRemittance, state: RemittanceState, facts: Facts
) -> list[RemittanceEvent]:
    """Earmark the whole amount for one payment."""
    del facts  # who may instruct is a matter of permissions
    if isinstance(state, NotAssessed):
        raise _not_assessed()
    if not isinstance(state, Assessed):
        if command.bank_reference == _instruction(state):
            _refuse_other_amount(state, command.amount_cents, command.currency)
            return []
        raise _refused(state, "remittance_already_instructed", "Nothing is left to instruct")
    _refuse_other_amount(state, command.amount_cents, command.currency)
    if command.bank_reference in state.returned:
        raise _refused(state, "remittance_returned", "That payment came back: use a new reference")
    instructed = RemittanceInstructed(
        shipment_id=state.assessed.shipment_id,
        exporter_id=state.assessed.exporter_id,
        source=state.assessed.source,
        bank_reference=command.bank_reference,
        amount_cents=command.amount_cents,
        currency=command.currency,
    )
    return [instructed]


def return_remittance(
    command: ReturnRemittance, state: RemittanceState, facts: Facts
) -> list[RemittanceEvent]:
    """Give the earmarked amount free again."""
    del facts  # a return is news, whenever it comes
    if isinstance(state, NotAssessed):
        raise _not_assessed()
    if command.bank_reference in state.returned:
        return []
    if not isinstance(state, Instructed):
        raise _refused(state, "remittance_not_instructed", "No payment is on its way")
    if command.bank_reference != state.instructed.bank_reference:
        raise _refused(state, "remittance_reference_wrong", "Another payment is on its way")
    returned = RemittanceReturned(
        shipment_id=state.assessed.shipment_id,
        exporter_id=state.assessed.exporter_id,
        source=state.assessed.source,
        bank_reference=command.bank_reference,
        amount_cents=state.assessed.amount_cents,
        currency=state.assessed.currency,
        reason=command.reason,
    )
    return [returned]


def confirm_remittance(
    command: ConfirmRemittance, state: RemittanceState, facts: ConfirmFacts
) -> list[RemittanceEvent]:
    """Record the treasury's receipt of exactly the instructed amount."""
    reference = command.reference.replace("-", "")
    if isinstance(state, NotAssessed):
        raise _not_assessed()
    if isinstance(state, Confirmed | Reconciled):
        return _confirmed_before(command, reference, state)
    if isinstance(state, Assessed):
        raise _refused(state, "remittance_not_instructed", "No payment is on its way")
    _refuse_other_amount(state, command.amount_cents, command.currency)
    _refuse_reference(command, reference, state, facts)
    refuse_day_ahead(command.paid_on, facts.now)
    confirmed = RemittanceConfirmed(
        shipment_id=state.assessed.shipment_id,
        exporter_id=state.assessed.exporter_id,
        source=state.assessed.source,
        bank_reference=state.instructed.bank_reference,
        reference_kind=command.reference_kind,
        reference=reference,
        amount_cents=command.amount_cents,
        currency=command.currency,
        paid_on=command.paid_on,
    )
    return [confirmed]


def _confirmed_before(
    command: ConfirmRemittance, reference: str, state: Confirmed | Reconciled
) -> list[RemittanceEvent]:
    confirmed = state.confirmed
    if confirmed is None or (command.reference_kind, reference) != (
        confirmed.reference_kind,
        confirmed.reference,
    ):
        raise _refused(state, "remittance_already_confirmed", "Nothing is left to confirm")
    _refuse_other_amount(state, command.amount_cents, command.currency)
    return []


def _refuse_reference(
    command: ConfirmRemittance, reference: str, state: Instructed, facts: ConfirmFacts
) -> None:
    if not _FORMATS[command.reference_kind].fullmatch(reference):
        detail = f"Not a reference of kind {command.reference_kind}"
        raise _refused(state, "remittance_reference_malformed", detail)
    if facts.reference_used_by_shipment_id is not None:
        detail = "That payment confirmed the remittance of another shipment"
        raise _refused(state, "remittance_reference_used", detail)


def reconcile_remittance(
    command: ReconcileRemittance, state: RemittanceState, facts: ReconcileFacts
) -> list[RemittanceEvent]:
    """Close the remittance if assessment, confirmation and ledger agree to the cent."""
    del command  # it has no fields: everything to compare is in the state and the ledger
    if isinstance(state, NotAssessed):
        raise _not_assessed()
    if isinstance(state, Reconciled):
        return []
    if not isinstance(state, Confirmed):
        raise _refused(state, "remittance_not_confirmed", "The treasury has not confirmed it")
    amount_cents = state.assessed.amount_cents
    if not amount_cents == facts.due_cents == facts.paid_cents or facts.pending_cents:
        said = partial(sum_text, currency=state.assessed.currency)
        raise Refused(
            "remittance_does_not_reconcile",
            f"Assessed {said(amount_cents)}; the ledger has {said(facts.due_cents)} due,"
            f" {said(facts.paid_cents)} paid, {said(facts.pending_cents)} on the way",
            citation=state.assessed.citation,
        )
    reconciled = RemittanceReconciled(
        shipment_id=state.assessed.shipment_id,
        amount_cents=amount_cents,
        currency=state.assessed.currency,
        ledger_due_cents=facts.due_cents,
        ledger_paid_cents=facts.paid_cents,
    )
    return [reconciled]


def _instruction(state: Instructed | Confirmed | Reconciled) -> str | None:
    """Give the bank reference of the standing instruction; None where nothing was due."""
    if isinstance(state, Instructed):
        return state.instructed.bank_reference
    return None if state.confirmed is None else state.confirmed.bank_reference


def _refuse_other_amount(
    state: Assessed | Instructed | Confirmed | Reconciled, amount_cents: int, currency: str
) -> None:
    due = state.assessed
    if (amount_cents, currency) != (due.amount_cents, due.currency):
        detail = f"Due are {sum_text(due.amount_cents, due.currency)}, in one sum"
        raise _refused(state, "remittance_amount_wrong", detail)


def _not_assessed() -> Refused:
    return Refused("remittance_not_assessed", "The levy on this shipment was not assessed yet")


def _refused(
    state: Assessed | Instructed | Confirmed | Reconciled, code: str, detail: str
) -> Refused:
    return Refused(code, detail, citation=state.assessed.citation)


DECIDER: Final[Decider[RemittanceState]] = Decider(
    aggregate="remittance",
    initial=INITIAL,
    evolve=evolve,
    decisions={
        AssessRemittance: assess_remittance,
        InstructRemittance: instruct_remittance,
        ReturnRemittance: return_remittance,
        ConfirmRemittance: confirm_remittance,
        ReconcileRemittance: reconcile_remittance,
    },
)
