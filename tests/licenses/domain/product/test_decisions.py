"""Registering and amending, as histories."""

import msgspec
import pytest

from licenses.domain.product.commands import AmendProduct, RegisterProduct
from licenses.domain.product.decisions import DECIDER
from licenses.domain.product.events import ProductAmended, ProductRegistered
from licenses.domain.product.specification import PrecisionPeak, Specification
from tests.licenses.domain.product.parts import (
    H100,
    H200,
    but,
    facts_for,
    part,
    peaks,
    unknown_part_facts,
)
from tests.support.deciding import given
from tests.support.people import EXPORTER

H200_REGISTERED = ProductRegistered(
    specification=H200,
    tpp_thousandths=15_832_000,
    tpp=15_832,
    reference="H200 SXM",
    by=EXPORTER.person_id,
)
CORRECTED = but(H200, dram_bandwidth_gb_per_s=4801, source="Datasheet of the maker, revision 2")


def _amend(specification: Specification) -> AmendProduct:
    return AmendProduct(specification=specification, reason="The maker revised its datasheet")


def test_a_product_is_registered_with_its_tpp_and_what_it_was_held_against() -> None:
    given(DECIDER).when(RegisterProduct(specification=H200), facts_for(H200)).then(H200_REGISTERED)


def test_an_unknown_part_is_registered_without_a_reference() -> None:
    unknown = part("Nobody", "X1", "First", 4000, BF16=1_000, FP8=2_001)

    given(DECIDER).when(RegisterProduct(specification=unknown), unknown_part_facts()).then(
        ProductRegistered(
            specification=unknown,
            tpp_thousandths=16_008,
            tpp=17,
            reference=None,
            by=EXPORTER.person_id,
        )
    )


def test_registering_the_same_again_changes_nothing() -> None:
    given(DECIDER, H200_REGISTERED).when(
        RegisterProduct(specification=H200), facts_for(H200)
    ).then()


def test_registering_it_with_other_figures_is_refused() -> None:
    given(DECIDER, H200_REGISTERED).when(
        RegisterProduct(specification=CORRECTED), facts_for(CORRECTED)
    ).refused("product_already_registered")


def test_an_amendment_replaces_the_description() -> None:
    amended = ProductAmended(
        specification=CORRECTED,
        tpp_thousandths=15_832_000,
        tpp=15_832,
        reference="H200 SXM",
        reason="The maker revised its datasheet",
        by=EXPORTER.person_id,
    )
    given(DECIDER, H200_REGISTERED).when(_amend(CORRECTED), facts_for(CORRECTED)).then(amended)
    given(DECIDER, H200_REGISTERED, amended).when(_amend(CORRECTED), facts_for(CORRECTED)).then()
    given(DECIDER, H200_REGISTERED, amended).when(
        RegisterProduct(specification=H200), facts_for(H200)
    ).refused("product_already_registered")


def test_what_is_not_registered_cannot_be_amended() -> None:
    given(DECIDER).when(_amend(H200), facts_for(H200)).refused("product_not_registered")


@pytest.mark.parametrize("other", [H100, but(H200, maker="AMD"), but(H200, model="H200")])
def test_an_amendment_does_not_make_another_product(other: Specification) -> None:
    given(DECIDER, H200_REGISTERED).when(_amend(other), facts_for(H200)).refused(
        "product_identity_changed"
    )


def test_an_amendment_may_spell_the_name_otherwise() -> None:
    spelled = but(H200, maker="Nvidia", model="h200-SXM")

    outcome = given(DECIDER, H200_REGISTERED).when(_amend(spelled), facts_for(spelled))
    assert len(outcome.events) == 1


def test_an_amendment_is_held_to_the_same_figures() -> None:
    sparse = but(H200, peaks=peaks(BF16=989_500, FP8=3_958_000))

    given(DECIDER, H200_REGISTERED).when(_amend(sparse), facts_for(sparse)).refused(
        "implausible_performance"
    )


@pytest.mark.parametrize(
    ("field", "fits", "breaks"),
    [
        ("bit_length", 1, 0),
        ("bit_length", 128, 129),
        ("dense_gops", 1, 0),
        ("dense_gops", 10**12, 10**12 + 1),
        ("dense_gops", 1_979_000, 1.5),
        ("precision", "FP8", "fp8"),
        ("precision", "FP8", "FP8\n"),
        ("precision", "F" * 10, "F" * 11),
        ("precision", "F8", "F"),
    ],
)
def test_a_peak_has_a_shape(field: str, fits: object, breaks: object) -> None:
    body = {"precision": "FP8", "bit_length": 8, "dense_gops": 1_979_000}

    msgspec.convert(body | {field: fits}, PrecisionPeak)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body | {field: breaks}, PrecisionPeak)


@pytest.mark.parametrize(
    ("field", "fits", "breaks"),
    [
        ("peaks", H200.peaks[:1], ()),
        ("peaks", H200.peaks[:1] * 20, H200.peaks[:1] * 21),
        ("dram_bandwidth_gb_per_s", 1, 0),
        ("dram_bandwidth_gb_per_s", 10**6, 10**6 + 1),
        ("dram_capacity_gb", 1, 0),
        ("dram_capacity_gb", 10**6, 10**6 + 1),
        ("interconnect_bandwidth_gb_per_s", 0, -1),
        ("interconnect_bandwidth_gb_per_s", 10**6, 10**6 + 1),
        ("eccn", "3A090.a", "3A90.a"),
        ("model", "H200", " "),
    ],
)
def test_a_specification_has_a_shape(field: str, fits: object, breaks: object) -> None:
    body = msgspec.to_builtins(H200)

    msgspec.convert(body | {field: msgspec.to_builtins(fits)}, Specification)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body | {field: msgspec.to_builtins(breaks)}, Specification)
