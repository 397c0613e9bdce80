"""C7: certificate, laboratory as it stands now, samples, ceilings."""

from typing import Any

import msgspec
import pytest

from licenses.domain.policy.facts import DealFacts
from licenses.domain.policy.model import Condition
from licenses.domain.policy.testing import exceeded, sample_size
from tests.licenses.domain.policy.deals import (
    BRIEF,
    BRIEF_DEAL,
    RULE,
    RULE_DEAL,
    amended,
    changed,
    expect,
    proof,
    without,
)

C7 = Condition.THIRD_PARTY_TEST


def _nested(deal: DealFacts, group: str, **changes: Any) -> DealFacts:
    part = msgspec.structs.replace(getattr(deal.testing, group), **changes)
    return changed(deal, "testing", **{group: part})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"certified": True}, "lot_certified"),
        ({"certified": False}, "lot_not_certified"),
        ({"sampled": 5}, "lot_certified"),
        ({"sampled": 4}, "sample_too_small"),
        ({"lot_size": 101}, "sample_too_small"),
        ({"lot_size": 0, "sampled": 0}, "sample_too_small"),
        ({"laboratory": None}, "laboratory_unknown"),
        ({"highest": None}, "measurements_unknown"),
    ],
)
def test_lot_and_certificate(changes: dict[str, Any], code: str) -> None:
    deal = changed(BRIEF_DEAL, "testing", **changes)

    expect(code, C7, BRIEF, deal, citation=BRIEF.testing.citation)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "lot_certified"),
        ({"accredited": False}, "laboratory_not_accredited"),
        ({"headquarters_country": "DE"}, "laboratory_foreign"),
        ({"tested_in": "TW"}, "tested_abroad"),
        ({"control_countries": ()}, "lot_certified"),
        ({"control_countries": ("US", "MO")}, "laboratory_controlled"),
        ({"control_countries": ("HK",)}, "laboratory_controlled"),
        ({"control_countries": ("CN",)}, "laboratory_controlled"),
        ({"financial_interest": True}, "laboratory_interested"),
    ],
)
def test_the_laboratory_is_fit_today(changes: dict[str, Any], code: str) -> None:
    expect(code, C7, RULE, _nested(RULE_DEAL, "laboratory", **changes))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"tpp": 20_999}, "lot_certified"),
        ({"tpp": 21_000}, "measured_tpp_not_below"),
        ({"dram_bandwidth_gb_per_s": 6499}, "lot_certified"),
        ({"dram_bandwidth_gb_per_s": 6500}, "measured_dram_bandwidth_not_below"),
        ({"interconnect_bandwidth_gb_per_s": 10**6, "dram_capacity_gb": 10**6}, "lot_certified"),
    ],
)
def test_measured_ceilings(changes: dict[str, int], code: str) -> None:
    expect(code, C7, RULE, _nested(RULE_DEAL, "highest", **changes))


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"interconnect_bandwidth_gb_per_s_at_most": 900}, "lot_certified"),
        (
            {"interconnect_bandwidth_gb_per_s_at_most": 899},
            "measured_interconnect_bandwidth_over",
        ),
        ({"dram_capacity_gb_at_most": 141}, "lot_certified"),
        ({"dram_capacity_gb_at_most": 140}, "measured_dram_capacity_over"),
    ],
)
def test_optional_ceilings_admit_the_limit_itself(limits: dict[str, int], code: str) -> None:
    expect(code, C7, amended(RULE, "testing", **limits), RULE_DEAL)


def test_every_broken_ceiling_is_named() -> None:
    rule = msgspec.structs.replace(
        RULE.testing, interconnect_bandwidth_gb_per_s_at_most=1, dram_capacity_gb_at_most=1
    )
    highest = _nested(RULE_DEAL, "highest", tpp=21_000, dram_bandwidth_gb_per_s=6500).testing
    assert highest is not None
    assert highest.highest is not None

    assert [finding.reason for finding in exceeded(rule, highest.highest)] == [
        "Measured 21,000 TPP; must be below 21,000 TPP",
        "Measured 6,500 GB/s; must be below 6,500 GB/s",
        "Measured 900 GB/s; may be 1 GB/s at most",
        "Measured 141 GB; may be 1 GB at most",
    ]


def test_laboratory_and_certificate_are_evidence() -> None:
    verdict = expect("lot_certified", C7, RULE, RULE_DEAL)

    assert verdict.evidence == (*proof("certificate_issued"), *proof("laboratory_accredited"))


def test_required_is_a_setting() -> None:
    optional = amended(RULE, "testing", required=False)

    expect("test_not_required", C7, optional, without(RULE_DEAL, "testing"))
    expect("testing_unknown", C7, RULE, without(RULE_DEAL, "testing"))


@pytest.mark.parametrize(
    ("lot_size", "samples"),
    [(0, 0), (1, 1), (2, 2), (3, 3), (4, 3), (60, 3), (61, 4), (80, 4), (81, 5), (1000, 50)],
)
def test_sample_is_a_share_rounded_up_within_minimum_and_lot(lot_size: int, samples: int) -> None:
    assert sample_size(RULE.testing, lot_size) == samples
