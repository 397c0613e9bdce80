"""Accelerators as their makers publish them, dense, and how to change one thing in them."""

from datetime import date
from pathlib import Path
from typing import Any, Final

import msgspec

from audits.kernel import Actor
from licenses.domain.product.decisions import ProductFacts
from licenses.domain.product.reference import find_part, parse_reference
from licenses.domain.product.specification import PrecisionPeak, Specification
from tests.support.people import EXPORTER, NOON

REFERENCE_TOML: Final = (
    Path(__file__).parents[4] / "licenses" / "reference" / "accelerators.toml"
).read_text()
REFERENCE: Final = parse_reference(REFERENCE_TOML)

BITS: Final = {"BF16": 16, "FP8": 8, "INT8": 8, "FP6": 6, "FP4": 4}


def peaks(**dense_gops: int) -> tuple[PrecisionPeak, ...]:
    """State peaks by precision, in 10^9 operations per second."""
    return tuple(
        PrecisionPeak(precision=precision, bit_length=BITS[precision], dense_gops=gops)
        for precision, gops in dense_gops.items()
    )


def part(
    maker: str, model: str, generation: str, gb_per_s: int, **dense_gops: int
) -> Specification:
    """Describe a part."""
    return Specification(
        maker=maker,
        model=model,
        generation=generation,
        eccn="3A090.a",
        peaks=peaks(**dense_gops),
        dram_bandwidth_gb_per_s=gb_per_s,
        dram_capacity_gb=141,
        interconnect_bandwidth_gb_per_s=900,
        us_commercially_available_on=date(2024, 3, 27),
        source="Datasheet of the maker",
    )


H100: Final = part("NVIDIA", "H100 SXM", "Hopper", 3350, BF16=989_500, FP8=1_979_000)
H200: Final = part("NVIDIA", "H200 SXM", "Hopper", 4800, BF16=989_500, FP8=1_979_000)
MI325X: Final = part("AMD", "MI325X", "CDNA3", 6000, BF16=1_307_400, FP8=2_614_900)
B200: Final = part(
    "NVIDIA", "B200", "Blackwell", 8000, BF16=2_250_000, FP8=4_500_000, FP4=9_000_000
)
GB300: Final = part(
    "NVIDIA",
    "GB300",
    "Blackwell Ultra",
    8000,
    BF16=2_500_000,
    FP8=5_000_000,
    INT8=165_000,
    FP4=15_000_000,
)
RUBIN: Final = part(
    "NVIDIA", "Rubin", "Rubin", 22_000, BF16=4_000_000, FP8=17_500_000, FP4=25_000_000
)
MI355X: Final = part(
    "AMD", "MI355X", "CDNA4", 8000, BF16=2_516_000, FP8=5_033_000, FP6=10_066_000, FP4=10_066_000
)
GAUDI_3: Final = part("Intel", "Gaudi 3", "Gaudi 3", 3700, BF16=1_835_000, FP8=1_835_000)


def but(specification: Specification, **changes: Any) -> Specification:
    """Give the same part with some fields changed."""
    return msgspec.structs.replace(specification, **changes)


def facts_for(specification: Specification, actor: Actor = EXPORTER) -> ProductFacts:
    """Gather what a decision may know of it, as a handler would."""
    known = find_part(REFERENCE, maker=specification.maker, model=specification.model)
    return ProductFacts(now=NOON, actor=actor, known=known)


def unknown_part_facts(actor: Actor = EXPORTER) -> ProductFacts:
    """Know nothing of the part."""
    return ProductFacts(now=NOON, actor=actor, known=None)
