"""C8 prepayment, C9 remittance. Pure; money in minor units."""

from functools import partial

from licenses.domain.money import sum_text
from licenses.domain.policy.facts import DealFacts, LevyFacts, ProductFacts
from licenses.domain.policy.levies import covers, levy_total
from licenses.domain.policy.model import Condition, Edition, Levy, Verdict
from licenses.domain.policy.verdicts import Finding, fail, hold, unknown


def prepayment(edition: Edition, deal: DealFacts) -> Verdict:
    """C8: everything licensed is paid in, none of it taken back, and this price still in escrow."""
    condition, rule, facts = Condition.PREPAYMENT, edition.prepayment, deal.payment
    if not rule.required:
        reason = "Prepayment is not a condition of this edition."
        return hold(condition, "prepayment_not_required", reason, citation=rule.citation)
    if facts is None:
        return unknown(condition, "payment", citation=rule.citation)
    said = partial(sum_text, currency=facts.currency)
    findings = []
    if facts.reversed_cents:
        reason = f"The bank took back {said(facts.reversed_cents)} of the deposits"
        findings.append(Finding("deposit_reversed", reason))
    if facts.deposited_cents < facts.agreed_cents:
        reason = f"{said(facts.deposited_cents)} of {said(facts.agreed_cents)} are deposited"
        findings.append(Finding("not_prepaid", reason))
    if facts.held_cents < facts.price_cents:
        reason = (
            f"Escrow holds {said(facts.held_cents)}; the shipment costs {said(facts.price_cents)}"
        )
        findings.append(Finding("escrow_short", reason))
    if findings:
        return fail(condition, findings, citation=rule.citation, evidence=facts.evidence)
    reason = f"{said(facts.deposited_cents)} deposited, {said(facts.held_cents)} still held."
    return hold(condition, "prepaid", reason, citation=rule.citation, evidence=facts.evidence)


def remittance(edition: Edition, deal: DealFacts) -> Verdict:
    """C9: nothing is overdue, and this shipment's levy is paid or sure to be taken."""
    condition, levy, facts = Condition.REMITTANCE, edition.levy, deal.levy
    if facts is None:
        return unknown(condition, "levy", citation=levy.citation)
    findings = []
    if facts.overdue:
        reason = f"{facts.overdue} earlier remittances are overdue"
        findings.append(Finding("remittance_overdue", reason))
    if levy.due_event == "dispatch":
        findings += _taken_at_dispatch(levy, facts)
    else:
        findings += _paid_at_entry(levy, facts, deal.product)
    if findings:
        return fail(condition, findings, citation=levy.citation, evidence=facts.evidence)
    reason = f"The levy is secured: {levy.legal_basis}."
    return hold(condition, "levy_secured", reason, citation=levy.citation, evidence=facts.evidence)


def _taken_at_dispatch(levy: Levy, facts: LevyFacts) -> list[Finding]:
    if facts.base_cents is None:
        return [Finding("levy_base_unknown", "The sale proceeds are not known")]
    due = levy_total(levy, facts.base_cents)
    if facts.held_cents < due:
        said = partial(sum_text, currency=facts.currency)
        reason = f"Escrow holds {said(facts.held_cents)}; the levy is {said(due)}"
        return [Finding("levy_not_covered", reason)]
    return []


def _paid_at_entry(levy: Levy, facts: LevyFacts, product: ProductFacts | None) -> list[Finding]:
    if facts.imported_for_testing is None:
        return [Finding("entry_unknown", "Whether the lot was imported for testing is not known")]
    if not facts.imported_for_testing:
        return []
    if product is None:
        return [Finding("product_unknown", "Nothing is known of the product")]
    covered = covers(
        levy,
        tpp_thousandths=product.tpp_thousandths,
        dram_bandwidth_gb_per_s=product.dram_bandwidth_gb_per_s,
    )
    return _duty(levy, facts) if covered else []


def _duty(levy: Levy, facts: LevyFacts) -> list[Finding]:
    if facts.base_cents is None:
        return [Finding("levy_base_unknown", "The entered value is not known")]
    due = levy_total(levy, facts.base_cents)
    if facts.confirmed_cents < due:
        said = partial(sum_text, currency=facts.currency)
        reason = f"{said(facts.confirmed_cents)} of {said(due)} of duty are confirmed"
        return [Finding("levy_not_paid", reason)]
    return []
