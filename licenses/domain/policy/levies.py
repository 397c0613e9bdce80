"""The arithmetic of the levy. Pure, integers only: money in minor units."""

from licenses.domain.policy.model import Levy, LevyWindow


def levy_total(levy: Levy, cumulative_gross_cents: int) -> int:
    """Compute the levy on everything so far, rounded up to the next cent."""
    return -(-levy.rate_numerator * cumulative_gross_cents // levy.rate_denominator)


def levy_due(levy: Levy, cumulative_gross_cents: int, already_due_cents: int) -> int:
    """Compute what a shipment adds: ceil(rate x cumulative gross) - already due.

    Both figures belong to one license under one rate. Rounding the total and not each part keeps
    the sum exact: splitting a sale into many shipments shaves nothing off. Raises ValueError
    where more is already due than the total asks for; that is a correction, not an assessment.
    """
    due = levy_total(levy, cumulative_gross_cents) - already_due_cents
    if due < 0:
        raise ValueError(
            f"{already_due_cents} cents already due on {cumulative_gross_cents} cents gross:"
            f" {-due} cents more than the levy asks for"
        )
    return due


def covers(levy: Levy, *, tpp_thousandths: int, dram_bandwidth_gb_per_s: int) -> bool:
    """Tell whether the levy covers a product: inside one of its windows, or without windows."""
    return not levy.windows or any(
        _inside(window, tpp_thousandths, dram_bandwidth_gb_per_s) for window in levy.windows
    )


def _inside(window: LevyWindow, tpp_thousandths: int, dram_bandwidth_gb_per_s: int) -> bool:
    return (
        window.tpp_above * 1000 < tpp_thousandths < window.tpp_below * 1000
        and window.dram_bandwidth_gb_per_s_above
        < dram_bandwidth_gb_per_s
        < window.dram_bandwidth_gb_per_s_below
    )
