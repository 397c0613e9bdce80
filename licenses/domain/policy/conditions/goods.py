"""C1 eligible product, C5 volume cap, C6 US supply first. Pure."""

from licenses.domain.policy import volume
from licenses.domain.policy.choice import banned, words
from licenses.domain.policy.facts import (
    DealFacts,
    ProductFacts,
    SupplyFacts,
    VolumeFacts,
)
from licenses.domain.policy.model import (
    Cap,
    Condition,
    Edition,
    ProductRule,
    SupplyRule,
    Verdict,
)
from licenses.domain.policy.verdicts import Finding, fail, hold, unknown


def eligible_product(edition: Edition, deal: DealFacts) -> Verdict:
    """C1: not banned, of an admitted generation, below every ceiling (all strict), right ECCN."""
    condition, rule, product = Condition.ELIGIBLE_PRODUCT, edition.product, deal.product
    if product is None:
        return unknown(condition, "product", citation=rule.citation)
    findings = [
        *_ban(edition, product),
        *_generation(rule, product),
        *_performance(rule, product),
        *_eccn(rule, product),
    ]
    if findings:
        return fail(condition, findings, citation=rule.citation, evidence=product.evidence)
    reason = f"{product.maker} {product.model} is eligible."
    return hold(
        condition, "product_eligible", reason, citation=rule.citation, evidence=product.evidence
    )


def _ban(edition: Edition, product: ProductFacts) -> list[Finding]:
    ban = banned(edition, model=product.model, generation=product.generation)
    if ban is None:
        return []
    return [Finding("product_banned", f"{product.model} is banned: {ban.reason}", ban.citation)]


def _generation(rule: ProductRule, product: ProductFacts) -> list[Finding]:
    generation = words(product.generation)
    if generation in map(words, rule.refused_generations):
        return [Finding("generation_refused", f"Generation {product.generation} may not ship")]
    if rule.admitted_generations and generation not in map(words, rule.admitted_generations):
        return [
            Finding("generation_not_admitted", f"Generation {product.generation} is not admitted")
        ]
    return []


def _performance(rule: ProductRule, product: ProductFacts) -> list[Finding]:
    findings = []
    if rule.tpp_below is not None and product.tpp_thousandths >= rule.tpp_below * 1000:
        whole, thousandths = divmod(product.tpp_thousandths, 1000)
        reason = f"TPP {whole:,}.{thousandths:03} is not below {rule.tpp_below:,}"
        findings.append(Finding("tpp_not_below", reason))
    bandwidth, ceiling = product.dram_bandwidth_gb_per_s, rule.dram_bandwidth_gb_per_s_below
    if ceiling is not None and bandwidth >= ceiling:
        reason = f"DRAM bandwidth {bandwidth:,} GB/s is not below {ceiling:,} GB/s"
        findings.append(Finding("dram_bandwidth_not_below", reason))
    return findings


def _eccn(rule: ProductRule, product: ProductFacts) -> list[Finding]:
    if product.eccn in rule.eccns:
        return []
    return [Finding("eccn_not_covered", f"ECCN {product.eccn} is none of {', '.join(rule.eccns)}")]


def volume_cap(edition: Edition, deal: DealFacts) -> Verdict:
    """C5: what goes to the capped countries stays within the ratio of US sales; exact at the limit."""
    condition, cap = Condition.VOLUME_CAP, edition.cap
    if deal.route is None:
        return unknown(condition, "route", citation=cap.citation)
    if not volume.counts(cap, deal.route.destination):
        reason = f"Shipments to {deal.route.destination} do not count against the cap."
        return hold(
            condition, "outside_cap", reason, citation=cap.citation, evidence=deal.route.evidence
        )
    facts = deal.volume
    if facts is None:
        return unknown(condition, "volume", citation=cap.citation)
    findings = _cap_findings(cap, facts)
    if findings:
        return fail(condition, findings, citation=cap.citation, evidence=facts.evidence)
    reason = f"{_counters(cap, facts)}."
    return hold(condition, "within_cap", reason, citation=cap.citation, evidence=facts.evidence)


def _cap_findings(cap: Cap, facts: VolumeFacts) -> list[Finding]:
    if facts.metric != cap.metric:
        reason = f"Volume is counted in {facts.metric}, the cap in {cap.metric}"
        return [Finding("volume_metric_differs", reason)]
    findings = []
    if facts.frozen:
        reason = "A reversed US sale broke the cap; a person must settle it first"
        findings.append(Finding("volume_frozen", reason))
    if not volume.within(cap, us_sold=facts.us_sold, taken=facts.taken + facts.asked):
        findings.append(Finding("cap_exceeded", _counters(cap, facts)))
    return findings


def _counters(cap: Cap, facts: VolumeFacts) -> str:
    limit = volume.headroom(cap, us_sold=facts.us_sold, taken=0)
    return (
        f"{facts.taken:,} taken and {facts.asked:,} asked, of at most {limit:,} {cap.metric}"
        f" ({cap.ratio_numerator}/{cap.ratio_denominator} of {facts.us_sold:,} sold in"
        f" {cap.denominator_country}, window {facts.window})"
    )


def us_supply_first(edition: Edition, deal: DealFacts) -> Verdict:
    """C6: certified, stated and on sale at home in time (the last day counts as in time)."""
    condition, rule, facts = Condition.US_SUPPLY_FIRST, edition.supply, deal.supply
    if facts is None:
        return unknown(condition, "supply", citation=rule.citation)
    findings = [
        *_certifications(rule, facts),
        *_stock(rule, facts),
        *_availability(rule, deal.product),
    ]
    evidence = facts.evidence + (deal.product.evidence if deal.product else ())
    if findings:
        return fail(condition, findings, citation=rule.citation, evidence=evidence)
    reason = "US supply comes first."
    return hold(condition, "us_supply_first", reason, citation=rule.citation, evidence=evidence)


def _certifications(rule: SupplyRule, facts: SupplyFacts) -> list[Finding]:
    findings = [
        Finding(f"{each}_not_certified", f"Not certified: {each.replace('_', ' ')}")
        for each in rule.certifications
        if each not in facts.certifications
    ]
    if rule.us_units_shipped_stated and facts.us_units_shipped is None:
        reason = "Units already shipped to US customers are not stated"
        findings.append(Finding("us_units_shipped_not_stated", reason))
    return findings


def _stock(rule: SupplyRule, facts: SupplyFacts) -> list[Finding]:
    if not rule.us_stock_covers_open_orders:
        return []
    stock, orders = facts.us_stock_units, facts.us_open_order_units
    if stock is None or orders is None:
        return [Finding("us_stock_unknown", "US stock and open US orders are not both stated")]
    if stock < orders:
        reason = f"US stock of {stock:,} units does not cover {orders:,} on order"
        return [Finding("us_stock_short", reason)]
    return []


def _availability(rule: SupplyRule, product: ProductFacts | None) -> list[Finding]:
    limit = rule.commercially_available_by
    if limit is None:
        return []
    since = product.us_commercially_available_on if product else None
    if since is None:
        return [Finding("us_availability_unknown", "First day of sale in the US is not known")]
    if since > limit:
        reason = f"On sale in the US since {since}, which is after {limit}"
        return [Finding("us_availability_late", reason)]
    return []
