"""The arithmetic of laboratory tests: how many samples, and what they may measure. Pure."""

from licenses.domain.policy.facts import Measured
from licenses.domain.policy.model import TestingRule
from licenses.domain.policy.verdicts import Finding


def sample_size(rule: TestingRule, lot_size: int) -> int:
    """Count the samples of a lot: its share rounded up, at least the minimum, at most the lot."""
    share = -(-lot_size * rule.sample_numerator // rule.sample_denominator)
    return min(lot_size, max(rule.sample_minimum, share))


def exceeded(rule: TestingRule, measured: Measured) -> list[Finding]:
    """Name every ceiling that a measurement breaks; [] when it is within all of them."""
    findings = [
        Finding(
            f"measured_{name}_not_below",
            f"Measured {value:,} {unit}; must be below {limit:,} {unit}",
        )
        for name, value, limit, unit in (
            ("tpp", measured.tpp, rule.tpp_below, "TPP"),
            (
                "dram_bandwidth",
                measured.dram_bandwidth_gb_per_s,
                rule.dram_bandwidth_gb_per_s_below,
                "GB/s",
            ),
        )
        if value >= limit
    ]
    findings += [
        Finding(
            f"measured_{name}_over",
            f"Measured {value:,} {unit}; may be {limit:,} {unit} at most",
        )
        for name, value, limit, unit in (
            (
                "interconnect_bandwidth",
                measured.interconnect_bandwidth_gb_per_s,
                rule.interconnect_bandwidth_gb_per_s_at_most,
                "GB/s",
            ),
            ("dram_capacity", measured.dram_capacity_gb, rule.dram_capacity_gb_at_most, "GB"),
        )
        if limit is not None and value > limit
    ]
    return findings
