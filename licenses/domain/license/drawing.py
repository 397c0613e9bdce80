"""Drawing down a license line: quantity without tolerance, value with. Integers only. Pure."""

from audits.kernel import Refused
from licenses.domain.license.commands import DrawDown
from licenses.domain.license.events import LicenseDrawnDown, LicenseEvent, LicenseExhausted
from licenses.domain.license.terms import (
    SCOPE_CITATION,
    TOLERANCE_CITATION,
    Draw,
    Grant,
    LicensedLine,
    LineBalance,
)
from licenses.domain.money import sum_text


def is_repeated_draw(command: DrawDown, grant: Grant) -> bool:
    """Tell whether the shipment is drawn; raises Refused where it was drawn otherwise."""
    asked = Draw(
        shipment_id=command.shipment_id,
        line=command.line,
        quantity=command.quantity,
        value_cents=command.value_cents,
    )
    for known in grant.draws:
        if known == asked:
            return True
        if known.shipment_id == asked.shipment_id:
            raise Refused(
                "shipment_already_drawn",
                f"The shipment has drawn {known.quantity} units of line {known.line}",
                citation=SCOPE_CITATION,
            )
    return False


def draw(command: DrawDown, grant: Grant) -> list[LicenseEvent]:
    """Draw for a shipment from a license that may ship now; the last unit exhausts it."""
    line = grant.line(command.line)
    if line is None:
        raise Refused(
            "line_not_licensed",
            f"The license has no line {command.line}",
            citation=SCOPE_CITATION,
        )
    _require_provisos(grant)
    seen = grant.drawn(command.line)
    _require_quantity(command, line, seen)
    _require_value(command, line, seen, grant)
    drawn = LicenseDrawnDown(
        shipment_id=command.shipment_id,
        line=command.line,
        quantity=command.quantity,
        value_cents=command.value_cents,
        seen=seen,
    )
    left = sum(balance.quantity for balance in grant.left()) - command.quantity
    return [drawn] if left else [drawn, LicenseExhausted(shipment_id=command.shipment_id)]


def _require_provisos(grant: Grant) -> None:
    missing = grant.missing_provisos()
    if missing:
        raise Refused(
            "provisos_not_acknowledged",
            f"Not acknowledged: {', '.join(missing)}",
            citation=SCOPE_CITATION,
            extra={"missing": list(missing)},
        )


def _require_quantity(command: DrawDown, line: LicensedLine, seen: LineBalance) -> None:
    left = line.quantity - seen.quantity
    if command.quantity > left:
        raise Refused(
            "quantity_exceeded",
            f"{left} units are left on line {line.line}, and quantity has no tolerance",
            citation=TOLERANCE_CITATION,
            extra={"left": left},
        )


def _require_value(command: DrawDown, line: LicensedLine, seen: LineBalance, grant: Grant) -> None:
    tolerance_percent = grant.value_tolerance_percent
    limit = (100 + tolerance_percent) * line.value_cents
    if 100 * (seen.value_cents + command.value_cents) > limit:
        left_cents = limit // 100 - seen.value_cents
        raise Refused(
            "value_exceeded",
            f"{sum_text(left_cents, grant.terms.currency)} are left on line {line.line}, "
            f"{tolerance_percent} percent of tolerance included",
            citation=TOLERANCE_CITATION,
            extra={"left_cents": str(left_cents)},
        )
