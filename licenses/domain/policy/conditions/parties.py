"""C2 eligible destination and parties, C3 approved customer, C4 screened parties. Pure."""

from datetime import datetime, timedelta

from licenses.domain.policy.facts import DealFacts, PartyFacts, RouteFacts, ScreenedPartyFacts
from licenses.domain.policy.model import (
    Condition,
    DestinationRule,
    Edition,
    ScreeningRule,
    Switch,
    Verdict,
)
from licenses.domain.policy.verdicts import Finding, fail, hold, unknown


def eligible_destination(edition: Edition, deal: DealFacts) -> Verdict:
    """C2: the route is admitted, and no party is, is run or is owned from a refused country."""
    condition, rule, route = Condition.ELIGIBLE_DESTINATION, edition.destination, deal.route
    if route is None:
        return unknown(condition, "route", citation=rule.citation)
    findings = _route(rule, route)
    if not route.parties:
        findings.append(Finding("parties_unknown", "No party of the deal is known"))
    for party in route.parties:
        findings += _countries(rule, party)
    evidence = route.evidence + tuple(event for party in route.parties for event in party.evidence)
    if findings:
        return fail(condition, findings, citation=rule.citation, evidence=evidence)
    reason = f"{route.shipped_from} to {route.destination}, {len(route.parties)} parties."
    return hold(
        condition, "destination_eligible", reason, citation=rule.citation, evidence=evidence
    )


def _route(rule: DestinationRule, route: RouteFacts) -> list[Finding]:
    findings = []
    if rule.shipped_from and route.shipped_from not in rule.shipped_from:
        reason = f"Ships from {route.shipped_from}, not from {', '.join(rule.shipped_from)}"
        findings.append(Finding("origin_not_admitted", reason))
    if rule.destinations and route.destination not in rule.destinations:
        reason = f"{route.destination} is not among {', '.join(rule.destinations)}"
        findings.append(Finding("destination_not_admitted", reason))
    if route.destination in rule.refused_countries:
        findings.append(Finding("destination_refused", f"{route.destination} is refused"))
    return findings


def _countries(rule: DestinationRule, party: PartyFacts) -> list[Finding]:
    findings = []
    for what, country in (
        ("address", party.country),
        ("headquarters", party.headquarters_country),
        ("ultimate parent", party.ultimate_parent_country),
    ):
        if country is None:
            reason = f"Country of the {what} of the {party.role} is not known"
            findings.append(Finding("party_country_unknown", reason))
        elif country in rule.refused_countries:
            reason = f"The {what} of the {party.role} is in {country}, which is refused"
            findings.append(Finding("party_country_refused", reason))
    return findings


def approved_customer(edition: Edition, deal: DealFacts) -> Verdict:
    """C3: approved at this moment (not at the moment of expiry), with every assurance."""
    condition, rule, facts = Condition.APPROVED_CUSTOMER, edition.customer, deal.customer
    if facts is None:
        return unknown(condition, "customer", citation=rule.citation)
    findings = []
    if facts.status != "approved":
        findings.append(Finding("customer_not_approved", f"The customer is {facts.status}"))
    elif facts.approved_until is None or deal.now >= facts.approved_until:
        reason = "The approval has run out, or its end is not known"
        findings.append(Finding("approval_expired", reason))
    findings += [
        Finding(f"{each}_missing", f"Not certified or proven: {each.replace('_', ' ')}")
        for each in rule.assurances
        if each not in facts.assurances
    ]
    if findings:
        return fail(condition, findings, citation=rule.citation, evidence=facts.evidence)
    reason = f"Approved until {facts.approved_until:%Y-%m-%d %H:%M %Z}."
    return hold(
        condition, "customer_approved", reason, citation=rule.citation, evidence=facts.evidence
    )


def screened_parties(edition: Edition, deal: DealFacts) -> Verdict:
    """C4: every party on the route is screened, on a fresh list, and no hit stands."""
    condition, rule, screening = Condition.SCREENED_PARTIES, edition.screening, deal.screening
    if deal.route is None or not deal.route.parties:
        return unknown(condition, "route", citation=rule.citation)
    if screening is None:
        return unknown(condition, "screening", citation=rule.citation)
    switch = affiliates_switch(rule, deal.now)
    screened = {party.party_id: party for party in screening.parties}
    findings = []
    for party in deal.route.parties:
        facts = screened.get(party.party_id)
        if facts is None or not facts.screened:
            findings.append(Finding("party_not_screened", f"The {party.role} is not screened"))
            continue
        findings += _hits(party.role, facts)
        findings += _freshness(rule, party.role, facts, deal.now)
        findings += _ownership(rule, switch, party.role, facts)
    evidence = screening.evidence + tuple(
        event for party in screening.parties for event in party.evidence
    )
    if findings:
        return fail(condition, findings, citation=rule.citation, evidence=evidence)
    applied = "applied" if switch and switch.on else "off"
    reason = f"{len(deal.route.parties)} parties clear; affiliates rule {applied}."
    return hold(condition, "parties_clear", reason, citation=rule.citation, evidence=evidence)


def affiliates_switch(rule: ScreeningRule, now: datetime) -> Switch | None:
    """Find the switch of the affiliates rule that counts at `now`; None before the first."""
    begun = [switch for switch in rule.affiliates if switch.effective_from <= now]
    return max(begun, key=lambda switch: switch.effective_from, default=None)


def _hits(role: str, facts: ScreenedPartyFacts) -> list[Finding]:
    findings = []
    if facts.confirmed_hits:
        findings.append(
            Finding("party_listed", f"The {role} is on the Consolidated Screening List")
        )
    if facts.open_hits:
        findings.append(
            Finding("hit_open", f"{facts.open_hits} hits on the {role} are not settled")
        )
    return findings


def _freshness(
    rule: ScreeningRule, role: str, facts: ScreenedPartyFacts, now: datetime
) -> list[Finding]:
    oldest = now - timedelta(days=rule.list_age_days_at_most)
    if facts.list_fetched_at is not None and facts.list_fetched_at >= oldest:
        return []
    reason = (
        f"The {role} was screened against a list more than {rule.list_age_days_at_most} days old"
    )
    return [Finding("screening_stale", reason)]


def _ownership(
    rule: ScreeningRule, switch: Switch | None, role: str, facts: ScreenedPartyFacts
) -> list[Finding]:
    if switch is None or not switch.on:
        return []
    owned = facts.listed_ownership_percent
    if owned is None:
        reason = f"How much of the {role} listed parties own is not established"
        return [Finding("ownership_unknown", reason, switch.citation)]
    if owned >= rule.owned_percent_at_least:
        reason = f"Listed parties own {owned} % of the {role}"
        return [Finding("affiliate_of_listed", reason, switch.citation)]
    return []
