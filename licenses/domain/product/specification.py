"""What is stated of an accelerator, and the total processing performance that follows. Pure.

TPP = 2 x MacTOPS x bit length = dense peak in TOPS x bit length, summed over the integrated
circuit, and the highest over all precisions (15 CFR part 774, ECCN 3A090, technical notes). With
the peak in 10^9 operations per second this is an integer in thousandths, so nothing is rounded
where a strict limit is compared.
"""

from collections.abc import Iterable
from datetime import date
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from audits.kernel import Value
from customers.domain.values import ShortText
from licenses.domain.application.values import Eccn
from licenses.domain.policy.facts import ProductFacts


class PrecisionPeak(Value):
    """The dense peak at one precision: without sparsity, summed over all dies of the part."""

    precision: Annotated[
        str,
        Meta(pattern=r"^[A-Z][A-Z0-9]{1,9}$(?!\n)", max_length=10, examples=["FP8"]),
    ]
    bit_length: Annotated[int, Meta(ge=1, le=128)]
    dense_gops: Annotated[
        int,
        Meta(
            ge=1,
            le=10**12,
            description="Dense peak in 10^9 operations per second; a multiply-add counts as two.",
            examples=[1_979_000],
        ),
    ]


class Specification(Value):
    """A product as its maker's published figures describe it."""

    maker: ShortText
    model: ShortText
    generation: ShortText
    eccn: Eccn
    peaks: Annotated[tuple[PrecisionPeak, ...], Meta(min_length=1, max_length=20)]
    dram_bandwidth_gb_per_s: Annotated[int, Meta(ge=1, le=10**6)]
    """Total, rounded up."""
    dram_capacity_gb: Annotated[int, Meta(ge=1, le=10**6)]
    interconnect_bandwidth_gb_per_s: Annotated[int, Meta(ge=0, le=10**6)]
    """Aggregate, both directions, rounded up; 0 without any."""
    us_commercially_available_on: date | None = None
    """First day of sale in the United States; None: not on sale, or not established."""
    source: ShortText
    """Where the figures were published."""


def peak_tpp_thousandths(peak: PrecisionPeak) -> int:
    """Compute the TPP at one precision, exact, in thousandths."""
    return peak.dense_gops * peak.bit_length


def tpp_thousandths(peaks: Iterable[PrecisionPeak]) -> int:
    """Compute the TPP of a product: the highest over all precisions, exact, in thousandths."""
    return max(map(peak_tpp_thousandths, peaks))


def whole_tpp(thousandths: int) -> int:
    """Round thousandths of TPP up to whole TPP, so that counters never count too little."""
    return -(-thousandths // 1000)


def product_facts(
    product_id: UUID, specification: Specification, evidence: tuple[UUID, ...]
) -> ProductFacts:
    """Say what the twelve conditions ask of a product."""
    return ProductFacts(
        product_id=product_id,
        model=specification.model,
        maker=specification.maker,
        generation=specification.generation,
        eccn=specification.eccn,
        tpp_thousandths=tpp_thousandths(specification.peaks),
        dram_bandwidth_gb_per_s=specification.dram_bandwidth_gb_per_s,
        us_commercially_available_on=specification.us_commercially_available_on,
        evidence=evidence,
    )
