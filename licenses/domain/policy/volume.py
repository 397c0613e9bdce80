"""The arithmetic of the volume cap. Pure, integers only."""

from datetime import datetime
from typing import Final

from licenses.domain.policy.model import Cap

ALL_TIME: Final = "all_time"


def window(cap: Cap, at: datetime) -> str:
    """Name the window that a reservation made at `at` (UTC) counts in: a year, or `all_time`.

    Volume counts in the window in which it was reserved, whenever it ships.
    """
    return f"{at.year:04d}" if cap.window == "calendar_year" else ALL_TIME


def counts(cap: Cap, destination: str) -> bool:
    """Tell whether shipments to `destination` (ISO 3166-1 alpha-2) count against the cap."""
    return destination in cap.numerator_countries


def amount(cap: Cap, *, units: int, tpp: int) -> int:
    """Express `units` of a product of `tpp` (whole TPP, rounded up) in the cap's metric."""
    return units * tpp if cap.metric == "tpp" else units


def within(cap: Cap, *, us_sold: int, taken: int) -> bool:
    """Tell whether `taken` stays within the ratio of `us_sold`, both in the cap's metric."""
    return cap.ratio_denominator * taken <= cap.ratio_numerator * us_sold


def headroom(cap: Cap, *, us_sold: int, taken: int) -> int:
    """Count what may still be taken, in the cap's metric; negative where the cap is broken."""
    return cap.ratio_numerator * us_sold // cap.ratio_denominator - taken
