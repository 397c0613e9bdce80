"""Sparse figures are caught, honest ones believed."""

from contextlib import nullcontext

import msgspec
import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from audits.kernel import Refused
from licenses.domain.product.commands import RegisterProduct
from licenses.domain.product.decisions import DECIDER
from licenses.domain.product.plausibility import TPP_CITATION, performance_problems
from licenses.domain.product.reference import Reference, ReferencePart, find_part, parse_reference
from licenses.domain.product.specification import PrecisionPeak, Specification, tpp_thousandths
from tests.licenses.domain.product.parts import (
    B200,
    GAUDI_3,
    GB300,
    H100,
    H200,
    MI325X,
    MI355X,
    REFERENCE,
    REFERENCE_TOML,
    RUBIN,
    but,
    facts_for,
    part,
    peaks,
    unknown_part_facts,
)
from tests.support.deciding import given

PARTS = [H100, H200, MI325X, B200, GB300, RUBIN, MI355X, GAUDI_3]


def _unknown(**dense_gops: int) -> Specification:
    return part("Nobody", "X1", "First", 4000, **dense_gops)


def _refused(specification: Specification) -> Refused:
    outcome = given(DECIDER).when(
        RegisterProduct(specification=specification), facts_for(specification)
    )
    return outcome.refused("implausible_performance", citation=TPP_CITATION)


@pytest.mark.parametrize("specification", PARTS, ids=lambda each: each.model)
def test_honest_figures_are_believed(specification: Specification) -> None:
    known = find_part(REFERENCE, maker=specification.maker, model=specification.model)

    assert known is not None
    assert performance_problems(specification, known) == []


@pytest.mark.parametrize(
    "specification",
    [each for each in PARTS if each is not RUBIN],
    ids=lambda each: each.model,
)
def test_honest_figures_of_a_part_that_nobody_knows_are_believed_too(
    specification: Specification,
) -> None:
    assert performance_problems(specification, None) == []


def test_a_steeper_part_must_be_known() -> None:
    (problem,) = performance_problems(RUBIN, None)

    assert problem.endswith("or have the part added to the reference")


def test_the_sparse_figure_of_the_h200_datasheet() -> None:
    sparse = peaks(BF16=989_500, FP8=3_958_000)
    assert tpp_thousandths(sparse) == 31_664_000

    refusal = _refused(but(H200, peaks=sparse))
    assert str(refusal).startswith(
        "3,958,000 GOPS at 8 bits are stated, but the NVIDIA H200 SXM is known with 1,979,000"
        " (within 5 %); sparse figures do not count."
    )
    assert len(refusal.extra["problems"]) == 2

    refusal = _refused(_unknown(BF16=989_500, FP8=3_958_000))
    assert str(refusal) == (
        "3,958,000 GOPS at FP8 beside 989,500 at BF16 look like a sparse figure; state the dense"
        " one, or have the part added to the reference."
    )


@pytest.mark.parametrize("specification", PARTS, ids=lambda each: each.model)
def test_all_figures_sparse_are_caught_where_the_part_is_known(
    specification: Specification,
) -> None:
    doubled = tuple(
        PrecisionPeak(
            precision=peak.precision,
            bit_length=peak.bit_length,
            dense_gops=2 * peak.dense_gops,
        )
        for peak in specification.peaks
    )

    _refused(but(specification, peaks=doubled))


@pytest.mark.parametrize(
    ("dense_gops", "believed"),
    [
        ({"BF16": 1000, "FP8": 2000}, True),
        ({"BF16": 1000, "FP8": 3000}, True),
        ({"BF16": 1000, "FP8": 3499}, True),
        ({"BF16": 1000, "FP8": 3500}, False),
        ({"BF16": 1000, "FP8": 4000}, False),
        ({"BF16": 1000, "FP4": 6999}, True),
        ({"BF16": 1000, "FP4": 7000}, False),
        ({"BF16": 1000, "FP8": 2000, "FP4": 8000}, False),
        ({"BF16": 1000, "FP8": 2000, "INT8": 10, "FP4": 6000}, True),
        ({"BF16": 1000, "FP8": 1000}, True),
        ({"BF16": 1000, "FP8": 1}, True),
    ],
)
def test_the_ladder_of_an_unknown_part(*, dense_gops: dict[str, int], believed: bool) -> None:
    assert (performance_problems(_unknown(**dense_gops), None) == []) is believed


def test_wider_formats_than_sixteen_bits_prove_nothing() -> None:
    single = PrecisionPeak(precision="FP32", bit_length=32, dense_gops=10**9)
    specification = _unknown(BF16=1000, FP8=4000)

    assert performance_problems(but(specification, peaks=(single, *specification.peaks)), None)


@pytest.mark.parametrize(
    ("stated", "problems"),
    [
        (peaks(BF16=1000), ["Peaks at two bit lengths up to 16 are needed to tell dense from sparse"]),
        (peaks(FP8=2000, FP4=4000), ["No peak is stated at 16 bits"]),
        (peaks(BF16=1000, FP8=2000) + peaks(FP8=2000), ["A precision is stated twice"]),
        (
            peaks(FP8=2000),
            [
                "No peak is stated at 16 bits",
                "Peaks at two bit lengths up to 16 are needed to tell dense from sparse",
            ],
        ),
    ],
)  # fmt: skip
def test_figures_that_cannot_be_checked_are_not_believed(
    stated: tuple[PrecisionPeak, ...], problems: list[str]
) -> None:
    assert performance_problems(but(H200, peaks=stated), None) == problems
    assert _refused(but(H200, peaks=stated)).extra == {"problems": problems}


@pytest.mark.parametrize(
    ("fp8", "believed"),
    [(1_880_050, True), (1_880_049, False), (2_077_950, True), (2_077_951, False)],
)
def test_a_known_part_may_be_off_by_its_tolerance(*, fp8: int, believed: bool) -> None:
    stated = but(H200, peaks=peaks(BF16=989_500, FP8=fp8))

    assert (performance_problems(stated, facts_for(stated).known) == []) is believed


@pytest.mark.parametrize(
    ("gb_per_s", "believed"), [(4560, True), (4559, False), (5040, True), (5041, False)]
)
def test_bandwidth_is_held_against_the_reference_too(*, gb_per_s: int, believed: bool) -> None:
    stated = but(H200, dram_bandwidth_gb_per_s=gb_per_s)

    assert (performance_problems(stated, facts_for(stated).known) == []) is believed


def test_the_known_peak_cannot_be_left_out() -> None:
    silent = but(B200, peaks=peaks(BF16=2_250_000, FP8=4_500_000))

    assert str(_refused(silent)).startswith("0 GOPS at 4 bits are stated")


@pytest.mark.parametrize(
    ("generation", "accepted"),
    [("Blackwell", True), ("BLACKWELL", True), ("Blackwell Ultra", True), ("Hopper", False)],
)
def test_a_known_part_keeps_its_generation(*, generation: str, accepted: bool) -> None:
    stated = but(B200, generation=generation)
    outcome = given(DECIDER).when(RegisterProduct(specification=stated), facts_for(stated))

    if accepted:
        assert len(outcome.events) == 1
    else:
        outcome.refused("generation_implausible")


@pytest.mark.parametrize(
    ("maker", "model", "found"),
    [
        ("NVIDIA", "H200 SXM", "H200 SXM"),
        ("nvidia", "h200-sxm", "H200 SXM"),
        ("NVIDIA", "H200", "H200 SXM"),
        ("NVIDIA", "NVIDIA H200", "H200 SXM"),
        ("NVIDIA", "DGX H200 SXM 141GB", "H200 SXM"),
        ("NVIDIA", "H200 NVL", "H200 NVL"),
        ("NVIDIA", "H200 PCIe", None),
        ("NVIDIA", "GB200 NVL72", "GB200"),
        ("NVIDIA", "H20", "H20"),
        ("Intel", "Gaudi3", "Gaudi 3"),
        ("AMD", "H200 SXM", None),
        ("NVIDIA", "", None),
    ],
)
def test_parts_are_found_by_maker_and_whole_words(
    maker: str, model: str, found: str | None
) -> None:
    known = find_part(REFERENCE, maker=maker, model=model)

    assert (known.part.model if known else None) == found


def test_of_two_names_the_longer_is_meant() -> None:
    short, long = REFERENCE.parts[:2]
    reference = Reference(
        tolerance_percent=REFERENCE.tolerance_percent,
        parts=(
            msgspec.structs.replace(short, model="X1"),
            msgspec.structs.replace(long, model="X1 Pro"),
            msgspec.structs.replace(short, model="Pro"),
        ),
    )

    for model, found in (("X1 Pro 80GB", "X1 Pro"), ("X1 80GB", "X1"), ("Pro X1", "X1")):
        known = find_part(reference, maker=short.maker, model=model)
        assert known is not None
        assert known.part.model == found


@pytest.mark.parametrize(("percent", "valid"), [(0, True), (99, True), (-1, False), (100, False)])
@pytest.mark.parametrize("confidence", ["high = 5", "medium = 10", "low = 50"])
def test_a_tolerance_is_less_than_everything(*, confidence: str, percent: int, valid: bool) -> None:
    toml = REFERENCE_TOML.replace(confidence, f"{confidence.split(maxsplit=1)[0]} = {percent}")

    with nullcontext() if valid else pytest.raises(msgspec.ValidationError):
        parse_reference(toml)


@pytest.mark.parametrize(("fp4", "believed"), [(6_926_499, True), (6_926_500, False)])
def test_no_other_peak_of_a_known_part_may_look_sparse(*, fp4: int, believed: bool) -> None:
    stated = but(H200, peaks=(*H200.peaks, *peaks(FP4=fp4)))

    assert (performance_problems(stated, facts_for(stated).known) == []) is believed


def test_every_known_part_is_found_by_its_own_names_alone() -> None:
    for each in REFERENCE.parts:
        for name in (each.model, f"{each.maker} {each.model}", *each.aliases):
            known = find_part(REFERENCE, maker=each.maker, model=name)
            assert known is not None
            assert known.part == each


def test_tolerance_follows_confidence() -> None:
    tolerances = {"high": 5, "medium": 10, "low": 50}
    for each in REFERENCE.parts:
        known = find_part(REFERENCE, maker=each.maker, model=each.model)
        assert known is not None
        assert known.tolerance_percent == tolerances[each.confidence]


@for_all(each=st.sampled_from(REFERENCE.parts), factor=st.sampled_from([2, 4]))
def test_no_known_part_can_be_stated_sparse_at_its_peak(each: ReferencePart, factor: int) -> None:
    base = PrecisionPeak(
        precision="BF16", bit_length=16, dense_gops=max(1, each.peak.dense_gops // 4)
    )
    sparse = PrecisionPeak(
        precision="FP8" if each.peak.bit_length == 16 else each.peak.precision,
        bit_length=8 if each.peak.bit_length == 16 else each.peak.bit_length,
        dense_gops=each.peak.dense_gops * factor,
    )
    stated = but(
        H200,
        maker=each.maker,
        model=each.model,
        dram_bandwidth_gb_per_s=each.dram_bandwidth_gb_per_s,
        peaks=(base, sparse),
    )

    assert performance_problems(stated, facts_for(stated).known)


def test_the_h20_stays_far_below() -> None:
    (h20,) = (each for each in REFERENCE.parts if each.model == "H20")

    assert tpp_thousandths((h20.peak,)) == 2_368_000


def test_nothing_is_known_of_an_unknown_part() -> None:
    assert facts_for(_unknown(BF16=1, FP8=1)) == unknown_part_facts()
