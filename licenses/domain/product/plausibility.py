"""What a stated performance must look like to be believed. Pure.

Datasheets like to print peaks with sparsity, which doubles them: FP8 of the H200 is 1,979 TFLOPS
dense and 3,958 sparse, and TPP counts the dense one. Such a slip cannot be told from the number
alone, but from what stands beside it.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from licenses.domain.policy.choice import mentions
from licenses.domain.product.reference import KnownPart
from licenses.domain.product.specification import (
    PrecisionPeak,
    Specification,
    peak_tpp_thousandths,
)

TPP_CITATION: Final = (
    "15 CFR part 774, supplement no. 1, ECCN 3A090, technical notes:"
    " TPP counts the dense rate, the highest over all bit lengths"
)

BASE_BITS: Final = 16
"""Every accelerator's figures are stated at 16 bits; narrower ones are held against them."""

LADDER_NUMERATOR: Final = 7
LADDER_DENOMINATOR: Final = 4
"""A narrower precision with this multiple of the best wider TPP looks sparse.

Halving the bits of a dense unit usually doubles its rate, which leaves TPP as it was. Some parts
spend more silicon on their narrowest format: the B300 at FP4 and the MI355X at FP6 reach 3/2.
Sparsity reaches 2 and more. The limit lies in the middle.
"""


def performance_problems(specification: Specification, known: KnownPart | None) -> list[str]:
    """Name what makes the figures implausible; [] where they can be believed.

    A known part is held against its known peak, so its own ladder may be as steep as it is.
    """
    problems = list(_incomplete(specification.peaks))
    if problems:
        return problems
    if known is None:
        return list(_steep(specification.peaks))
    return list(_far_from(specification, known))


def is_of_generation(specification: Specification, known: KnownPart | None) -> bool:
    """Tell whether the stated generation is the known one, if one is known."""
    return known is None or mentions(specification.generation, known.part.generation)


def _incomplete(peaks: Sequence[PrecisionPeak]) -> Iterator[str]:
    precisions = [peak.precision for peak in peaks]
    if len(set(precisions)) < len(precisions):
        yield "A precision is stated twice"
    lengths = {peak.bit_length for peak in peaks if peak.bit_length <= BASE_BITS}
    if BASE_BITS not in lengths:
        yield f"No peak is stated at {BASE_BITS} bits"
    if len(lengths) < 2:  # noqa: PLR2004 -- two make a comparison
        yield f"Peaks at two bit lengths up to {BASE_BITS} are needed to tell dense from sparse"


def _steep(peaks: Sequence[PrecisionPeak]) -> Iterator[str]:
    for narrow in peaks:
        wider = [peak for peak in peaks if narrow.bit_length < peak.bit_length <= BASE_BITS]
        if not wider:
            continue
        best = max(wider, key=peak_tpp_thousandths)
        limit = LADDER_NUMERATOR * peak_tpp_thousandths(best)
        if LADDER_DENOMINATOR * peak_tpp_thousandths(narrow) >= limit:
            yield (
                f"{narrow.dense_gops:,} GOPS at {narrow.precision} beside {best.dense_gops:,} at"
                f" {best.precision} look like a sparse figure; state the dense one, or have the"
                " part added to the reference"
            )


def _far_from(specification: Specification, known: KnownPart) -> Iterator[str]:
    part = known.part
    rates = [
        peak.dense_gops for peak in specification.peaks if peak.bit_length == part.peak.bit_length
    ]
    for what, stated, expected in (
        (f"GOPS at {part.peak.bit_length} bits", max(rates, default=0), part.peak.dense_gops),
        (
            "GB/s of DRAM bandwidth",
            specification.dram_bandwidth_gb_per_s,
            part.dram_bandwidth_gb_per_s,
        ),
    ):
        if abs(stated - expected) * 100 > expected * known.tolerance_percent:
            yield (
                f"{stated:,} {what} are stated, but the {part.maker} {part.model} is known with"
                f" {expected:,} (within {known.tolerance_percent} %); sparse figures do not count"
            )
    for peak in specification.peaks:
        limit = LADDER_NUMERATOR * peak_tpp_thousandths(part.peak)
        if LADDER_DENOMINATOR * peak_tpp_thousandths(peak) >= limit:
            yield (
                f"{peak.dense_gops:,} GOPS at {peak.precision} look like a sparse figure beside"
                f" {part.peak.dense_gops:,} at {part.peak.precision}, the most that the"
                f" {part.maker} {part.model} is known for"
            )
