"""C10 license in force, C11 destination clearance, C12 export filing. Pure."""

import re
from datetime import datetime
from functools import partial
from uuid import UUID

from licenses.domain.money import sum_text
from licenses.domain.policy.facts import (
    ClearanceFacts,
    DealFacts,
    FilingFacts,
    GateFacts,
    LicenseFacts,
    ShipmentFacts,
)
from licenses.domain.policy.model import Condition, Edition, FilingRule, Gate, LicenseRule, Verdict
from licenses.domain.policy.verdicts import Finding, fail, hold, unknown


def license_in_force(edition: Edition, deal: DealFacts) -> Verdict:
    """C10: an active license of this exporter covers item, parties, end use, quantity and value."""
    condition, rule = Condition.LICENSE_IN_FORCE, edition.license
    if deal.license is None:
        return unknown(condition, "license", citation=rule.citation)
    if deal.shipment is None:
        return unknown(condition, "shipment", citation=rule.citation)
    license_, shipment = deal.license, deal.shipment
    findings = [
        *_standing(license_, deal.now),
        *_scope(license_, shipment),
        *_balance(rule, license_, shipment),
    ]
    evidence = license_.evidence + shipment.evidence
    if findings:
        return fail(condition, findings, citation=rule.citation, evidence=evidence)
    left = license_.quantity - license_.shipped_quantity
    reason = f"License {license_.number} covers {shipment.quantity:,} of {left:,} units left."
    return hold(condition, "license_covers", reason, citation=rule.citation, evidence=evidence)


def _standing(license_: LicenseFacts, now: datetime) -> list[Finding]:
    findings = []
    has_run_out = license_.status == "active" and now >= license_.expires_at
    if license_.status == "expired" or has_run_out:
        findings.append(Finding("license_expired", f"License {license_.number} has expired"))
    elif license_.status != "active":
        reason = f"License {license_.number} is {license_.status}"
        findings.append(Finding("license_not_active", reason))
    if not license_.provisos_acknowledged:
        reason = f"The provisos of license {license_.number} are not acknowledged"
        findings.append(Finding("provisos_not_acknowledged", reason))
    return findings


def _scope(license_: LicenseFacts, shipment: ShipmentFacts) -> list[Finding]:
    checks = (
        (shipment.exporter_id == license_.exporter_id, "exporter_differs", "exporter"),
        (shipment.product_id == license_.product_id, "item_differs", "item"),
        (set(shipment.party_ids) <= set(license_.party_ids), "parties_differ", "parties"),
        (shipment.end_use == license_.end_use, "end_use_differs", "end use"),
    )
    return [
        Finding(code, f"License {license_.number} does not cover this {what}")
        for met, code, what in checks
        if not met
    ]


def _balance(rule: LicenseRule, license_: LicenseFacts, shipment: ShipmentFacts) -> list[Finding]:
    findings = []
    quantity = license_.shipped_quantity + shipment.quantity
    most = license_.quantity + rule.quantity_tolerance
    if quantity > most:
        reason = f"{quantity:,} units would have shipped, of at most {most:,}"
        findings.append(Finding("quantity_exceeded", reason))
    value = license_.shipped_value_cents + shipment.value_cents
    limit = license_.value_cents * (100 + rule.value_tolerance_percent) // 100
    if value > limit:
        said = partial(sum_text, currency=license_.currency)
        reason = f"{said(value)} would have shipped, of at most {said(limit)} with the tolerance"
        findings.append(Finding("value_exceeded", reason))
    return findings


def destination_clearance(edition: Edition, deal: DealFacts) -> Verdict:
    """C11: every required gate of the destination is open, and no recorded one is shut."""
    condition, rule = Condition.DESTINATION_CLEARANCE, edition.clearance
    if deal.route is None:
        return unknown(condition, "route", citation=rule.citation)
    destination = deal.route.destination
    gates = [gate for gate in rule.gates if destination in gate.countries]
    findings = [finding for gate in gates for finding in _gate(gate, deal.clearance, deal.shipment)]
    evidence = _clearance_evidence(deal.clearance)
    if findings:
        return fail(condition, findings, citation=rule.citation, evidence=evidence)
    open_ = ", ".join(gate.kind.replace("_", " ") for gate in gates if gate.required) or "nothing"
    reason = f"{destination} asks for: {open_}."
    return hold(condition, "destination_clear", reason, citation=rule.citation, evidence=evidence)


def _gate(
    gate: Gate, clearance: ClearanceFacts | None, shipment: ShipmentFacts | None
) -> list[Finding]:
    what = gate.kind.replace("_", " ")
    recorded = [each for each in clearance.gates if each.kind == gate.kind] if clearance else []
    if not recorded and gate.required:
        return [Finding(f"{gate.kind}_missing", f"No {what} is held", gate.citation)]
    findings = []
    if any(not each.cleared for each in recorded):
        findings.append(Finding(f"{gate.kind}_refused", f"The {what} is refused", gate.citation))
    if any(_short(each, shipment) for each in recorded):
        reason = f"The {what} does not leave room for this shipment"
        findings.append(Finding(f"{gate.kind}_exceeded", reason, gate.citation))
    return findings


def _short(gate: GateFacts, shipment: ShipmentFacts | None) -> bool:
    if gate.units_left is None:
        return False
    return shipment is None or shipment.quantity > gate.units_left


def _clearance_evidence(clearance: ClearanceFacts | None) -> tuple[UUID, ...]:
    if clearance is None:
        return ()
    return clearance.evidence + tuple(event for gate in clearance.gates for event in gate.evidence)


def export_filing(edition: Edition, deal: DealFacts) -> Verdict:
    """C12: the filing names this license, its code, the product's ECCN and a well-formed ITN."""
    condition, rule, filing = Condition.EXPORT_FILING, edition.filing, deal.filing
    if filing is None:
        return unknown(condition, "filing", citation=rule.citation)
    findings = [*_form(rule, filing), *_references(deal, filing)]
    if findings:
        return fail(condition, findings, citation=rule.citation, evidence=filing.evidence)
    reason = f"Filed under {filing.itn}."
    return hold(condition, "export_filed", reason, citation=rule.citation, evidence=filing.evidence)


def _form(rule: FilingRule, filing: FilingFacts) -> list[Finding]:
    findings = []
    if re.fullmatch(rule.itn_pattern, filing.itn) is None:
        reason = f"{filing.itn!r} is no internal transaction number"
        findings.append(Finding("itn_malformed", reason))
    if filing.license_code != rule.license_code:
        reason = f"License code {filing.license_code} instead of {rule.license_code}"
        findings.append(Finding("license_code_wrong", reason))
    if filing.eccn not in rule.eccns:
        reason = f"ECCN {filing.eccn} is none of {', '.join(rule.eccns)}"
        findings.append(Finding("filed_eccn_wrong", reason))
    return findings


def _references(deal: DealFacts, filing: FilingFacts) -> list[Finding]:
    findings = []
    if deal.license is None or filing.license_number != deal.license.number:
        reason = f"The filing names license {filing.license_number}, not the one shipped under"
        findings.append(Finding("filed_license_differs", reason))
    if deal.product is None or filing.eccn != deal.product.eccn:
        reason = f"The filing names ECCN {filing.eccn}, not the product's"
        findings.append(Finding("filed_eccn_differs", reason))
    return findings
