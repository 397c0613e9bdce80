"""C1: banned, refused or not admitted generations, strict ceilings, ECCN."""

import msgspec
import pytest

from licenses.domain.policy.model import Ban, Condition
from tests.licenses.domain.policy.deals import (
    BRIEF,
    BRIEF_DEAL,
    RULE,
    RULE_DEAL,
    changed,
    expect,
    proof,
    without,
)

C1 = Condition.ELIGIBLE_PRODUCT


@pytest.mark.parametrize(
    ("tpp_thousandths", "code"),
    [
        (20_919_200, "product_eligible"),
        (20_999_999, "product_eligible"),
        (21_000_000, "tpp_not_below"),
        (21_000_001, "tpp_not_below"),
    ],
)
def test_tpp_is_strictly_below_the_ceiling(tpp_thousandths: int, code: str) -> None:
    deal = changed(RULE_DEAL, "product", tpp_thousandths=tpp_thousandths)

    verdict = expect(code, C1, RULE, deal, citation=RULE.product.citation)
    assert verdict.evidence == proof("product_registered")


@pytest.mark.parametrize(
    ("gb_per_s", "code"),
    [
        (6499, "product_eligible"),
        (6500, "dram_bandwidth_not_below"),
        (6501, "dram_bandwidth_not_below"),
    ],
)
def test_dram_bandwidth_is_strictly_below_the_ceiling(gb_per_s: int, code: str) -> None:
    expect(code, C1, RULE, changed(RULE_DEAL, "product", dram_bandwidth_gb_per_s=gb_per_s))


def test_both_breaches_are_named() -> None:
    deal = changed(RULE_DEAL, "product", tpp_thousandths=36_000_500, dram_bandwidth_gb_per_s=8000)

    assert expect("tpp_not_below", C1, RULE, deal).reason == (
        "TPP 36,000.500 is not below 21,000. DRAM bandwidth 8,000 GB/s is not below 6,500 GB/s."
    )


@pytest.mark.parametrize(
    ("generation", "code"),
    [
        ("Blackwell", "generation_refused"),
        ("blackwell ultra", "generation_refused"),
        ("RUBIN", "generation_refused"),
        ("CDNA4", "generation_refused"),
        ("Hopper", "product_eligible"),
        ("hopper", "product_eligible"),
        ("CDNA3", "product_eligible"),
        ("Gaudi 2", "product_eligible"),
        ("Hopper Next", "generation_not_admitted"),
        ("Gaudi 3", "generation_not_admitted"),
        ("?", "generation_not_admitted"),
    ],
)
def test_brief_goes_by_generation(generation: str, code: str) -> None:
    deal = changed(BRIEF_DEAL, "product", generation=generation, tpp_thousandths=1)

    expect(code, C1, BRIEF, deal, citation=BRIEF.product.citation)


def test_rule_goes_by_performance() -> None:
    expect("product_eligible", C1, RULE, changed(RULE_DEAL, "product", generation="Blackwell"))


@pytest.mark.parametrize(
    ("eccn", "code"), [("4A090.a", "product_eligible"), ("3A090.b", "eccn_not_covered")]
)
def test_another_eccn_is_not_covered(eccn: str, code: str) -> None:
    expect(code, C1, RULE, changed(RULE_DEAL, "product", eccn=eccn))


def test_a_ban_comes_first_and_is_cited() -> None:
    ban = Ban(models=("H200",), reason="policy has turned", citation="92 FR 1")
    edition = msgspec.structs.replace(RULE, bans=(ban,))
    deal = changed(RULE_DEAL, "product", tpp_thousandths=21_000_000)

    verdict = expect("product_banned", C1, edition, deal, citation="92 FR 1")
    assert verdict.reason == (
        "H200 SXM is banned: policy has turned. TPP 21,000.000 is not below 21,000."
    )
    expect("product_eligible", C1, edition, changed(RULE_DEAL, "product", model="H20"))


def test_an_unknown_product_is_not_eligible() -> None:
    expect("product_unknown", C1, RULE, without(RULE_DEAL, "product"))
