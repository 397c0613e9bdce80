"""Which parts pass which edition, from their registered figures."""

import pytest

from licenses.domain.policy.facts import DealFacts
from licenses.domain.policy.model import Condition
from licenses.domain.product.commands import RegisterProduct
from licenses.domain.product.decisions import DECIDER
from licenses.domain.product.specification import (
    Specification,
    product_facts,
    tpp_thousandths,
    whole_tpp,
)
from licenses.domain.product.state import Registered
from tests.licenses.domain.policy.deals import BRIEF, RULE, expect, proof
from tests.licenses.domain.product.parts import (
    B200,
    GAUDI_3,
    GB300,
    H100,
    H200,
    MI325X,
    MI355X,
    RUBIN,
    but,
    facts_for,
    peaks,
)
from tests.support.people import NOON, identity


def _deal(specification: Specification) -> DealFacts:
    events = DECIDER.decide(
        RegisterProduct(specification=specification), DECIDER.initial, facts_for(specification)
    )
    state = DECIDER.fold(events)
    assert isinstance(state, Registered)
    product = product_facts(identity("product"), state.specification, proof("product_registered"))
    assert product.tpp_thousandths == state.tpp_thousandths
    return DealFacts(now=NOON, product=product)


@pytest.mark.parametrize(
    ("part", "under_rule", "under_brief"),
    [
        (H100, "product_eligible", "product_eligible"),
        (H200, "product_eligible", "product_eligible"),
        (MI325X, "product_eligible", "product_eligible"),
        (B200, "tpp_not_below", "generation_refused"),
        (GB300, "tpp_not_below", "generation_refused"),
        (RUBIN, "tpp_not_below", "generation_refused"),
        (MI355X, "tpp_not_below", "generation_refused"),
        (GAUDI_3, "tpp_not_below", "generation_not_admitted"),
    ],
    ids=lambda value: value.model if isinstance(value, Specification) else value,
)
def test_h200_and_older_pass_and_newer_do_not(
    part: Specification, under_rule: str, under_brief: str
) -> None:
    deal = _deal(part)

    expect(under_rule, Condition.ELIGIBLE_PRODUCT, RULE, deal)
    expect(under_brief, Condition.ELIGIBLE_PRODUCT, BRIEF, deal)


@pytest.mark.parametrize(
    ("part", "thousandths", "whole"),
    [
        (H200, 15_832_000, 15_832),
        (MI325X, 20_919_200, 20_920),
        (B200, 36_000_000, 36_000),
        (GB300, 60_000_000, 60_000),
        (MI355X, 60_396_000, 60_396),
    ],
    ids=["H200", "MI325X", "B200", "GB300", "MI355X"],
)
def test_tpp_is_the_highest_over_all_precisions(
    part: Specification, thousandths: int, whole: int
) -> None:
    assert tpp_thousandths(part.peaks) == thousandths
    assert whole_tpp(thousandths) == whole


def test_fp4_counts() -> None:
    without_fp4 = but(GB300, peaks=GB300.peaks[:-1])

    assert tpp_thousandths(without_fp4.peaks) == 40_000_000
    assert tpp_thousandths(GB300.peaks) == 60_000_000


def test_gaudi_3_looks_eligible_at_fp8_and_is_not_at_bf16() -> None:
    assert tpp_thousandths(peaks(FP8=1_835_000)) == 14_680_000
    assert tpp_thousandths(GAUDI_3.peaks) == 29_360_000


def test_mi325x_passes_by_81_points() -> None:
    assert RULE.product.tpp_below is not None
    margin_thousandths = RULE.product.tpp_below * 1000 - tpp_thousandths(MI325X.peaks)

    assert margin_thousandths == 80_800
    assert whole_tpp(margin_thousandths) == 81


def test_counters_never_count_too_little() -> None:
    assert [whole_tpp(thousandths) for thousandths in (0, 1, 999, 1000, 1001)] == [0, 1, 1, 1, 2]
