"""What must be true before the volume of an allotment moves. Pure."""

from collections.abc import Iterator

from audits.kernel import Facts, Refused
from licenses.domain.allotment.commands import PostVolume, ReportUsSale, ReverseUsSale
from licenses.domain.allotment.facts import AllotmentFacts
from licenses.domain.allotment.state import Volume
from licenses.domain.allotment.values import Hold, Sale
from licenses.domain.policy.volume import ALL_TIME, amount, headroom, within


def is_repeated_sale(command: ReportUsSale, sale: Sale) -> bool:
    """Tell whether the command reports what `sale` records."""
    return (command.evidence.sha256, command.buyer, command.sold_on, command.quantity) == (
        sale.evidence_sha256,
        sale.buyer,
        sale.sold_on,
        sale.quantity,
    )


def is_repeated_reversal(command: ReverseUsSale, sale: Sale) -> bool:
    """Tell whether the reversal is recorded; raises Refused where it reads otherwise."""
    for known in sale.reversals:
        if known.reversal_reference == command.reversal_reference:
            if (known.evidence_sha256, known.reversed_on, known.quantity) == (
                command.evidence.sha256,
                command.reversed_on,
                command.quantity,
            ):
                return True
            raise Refused(
                "reversal_already_reported",
                f"Reversal {command.reversal_reference} has been reported with other particulars",
            )
    return False


def is_repeated_posting(command: PostVolume, hold: Hold) -> bool:
    """Tell whether the shipment is posted; raises Refused where it was posted otherwise."""
    for known in hold.postings:
        if known.shipment_id == command.shipment_id:
            if (known.quantity, known.short) == (command.quantity, command.short):
                return True
            raise Refused(
                "volume_already_posted",
                f"The shipment has been posted with {known.quantity} units, {known.short} short",
            )
    return False


def require_plausible_sale(command: ReportUsSale, volume: Volume, facts: Facts) -> None:
    """Refuse a sale that is not one in the cap's own country, in this window, in the past."""
    country = volume.cap.denominator_country
    if (command.destination_country, command.end_use_country) != (country, country):
        raise Refused(
            "sale_not_domestic",
            f"Only sales to {country} for end use in {country} count",
            citation=volume.cap.citation,
        )
    if volume.window not in (ALL_TIME, f"{command.sold_on.year:04d}"):
        raise Refused(
            "sale_outside_window",
            f"A sale on {command.sold_on} does not count in window {volume.window}",
            citation=volume.cap.citation,
        )
    if command.sold_on > facts.now.date():
        raise Refused("sale_in_future", "A sale is reported when it has been made")


def require_uncounted_sale(command: ReportUsSale, facts: AllotmentFacts) -> None:
    """Refuse a sale that counts elsewhere: another window does not make it a second sale."""
    if facts.counted_elsewhere:
        raise Refused(
            "sale_already_counted",
            f"Sale {command.sale_reference}, or its evidence, counts in another allotment",
            citation=facts.cap.citation,
        )


def require_plausible_reversal(command: ReverseUsSale, sale: Sale, facts: Facts) -> None:
    """Refuse to take back more than was sold, or at an impossible time."""
    if command.quantity > sale.left:
        raise Refused(
            "reversal_above_sale",
            f"Of sale {sale.sale_reference} {sale.left} units are left to reverse",
            extra={"left": sale.left},
        )
    if command.reversed_on < sale.sold_on:
        raise Refused("reversal_before_sale", f"The sale was made on {sale.sold_on}")
    if command.reversed_on > facts.now.date():
        raise Refused("reversal_in_future", "A reversal is reported when it has happened")


def require_new_evidence(sha256: str, volume: Volume) -> None:
    """Refuse a document that proves another sale or reversal already."""
    if sha256 in _evidence(volume):
        raise Refused(
            "evidence_already_used", "This document is the evidence of another report already"
        )


def require_headroom(quantity: int, tpp_per_unit: int, volume: Volume) -> None:
    """Refuse to take `quantity` units more than the cap has left; nothing while it is broken."""
    cap, tally = volume.cap, volume.counters.governing(volume.cap)
    if tally.shortfall:
        raise Refused(
            "allotment_frozen",
            "Reversed US sales broke the cap; new sales must heal the shortfall first",
            citation=cap.citation,
            extra={"metric": cap.metric, "shortfall": tally.shortfall},
        )
    asked = amount(cap, units=quantity, tpp=tpp_per_unit)
    if within(cap, us_sold=tally.us_counting, taken=tally.taken + asked):
        return
    left = headroom(cap, us_sold=tally.us_counting, taken=tally.taken)
    left_units = left // amount(cap, units=1, tpp=tpp_per_unit)
    raise Refused(
        "cap_exceeded",
        f"{quantity} units asked, {left_units} left under the cap",
        citation=cap.citation,
        extra={
            "metric": cap.metric,
            "headroom": left,
            "headroom_units": left_units,
            "asked_units": quantity,
            "us_counting": tally.us_counting,
            "pending": tally.pending,
            "posted": tally.posted,
        },
    )


def _evidence(volume: Volume) -> Iterator[str]:
    for sale in volume.sales:
        yield sale.evidence_sha256
        for reversal in sale.reversals:
            yield reversal.evidence_sha256
