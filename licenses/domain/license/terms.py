"""What a license allows: its terms, and what was used of them. Pure."""

from typing import Annotated, Final
from uuid import UUID

import msgspec

from audits.kernel import Cents, Value
from customers.domain.values import Country, LongText, ShortText
from licenses.domain.application.values import (
    ControlNumber,
    Currency,
    Eccn,
    LineNumber,
    NamedParty,
    Proviso,
    Quantity,
    Units,
)
from licenses.domain.money import PositiveCents
from licenses.domain.policy.model import Moment, Percent

LicenseNumber = Annotated[
    str,
    msgspec.Meta(
        pattern="^D[0-9]{7}$",
        min_length=8,
        max_length=8,
        description="License number: the letter D and seven digits.",
        examples=["D1000001"],
    ),
]
"""The number that is quoted on every export filing under the license."""


class LicensedLine(Value):
    """One approved item; `value_cents` is quantity x unit price."""

    line: LineNumber
    product_id: UUID
    model: ShortText
    eccn: Eccn
    quantity: Quantity
    unit_price_cents: PositiveCents
    value_cents: PositiveCents
    allotment_id: UUID | None
    """The allotment that holds its volume; None where no cap counts the destination."""


class Terms(Value):
    """What was approved, for whom, until when."""

    application_id: UUID
    control_number: ControlNumber
    exporter_id: UUID
    parties: tuple[NamedParty, ...]
    lines: Annotated[tuple[LicensedLine, ...], msgspec.Meta(min_length=1)]
    total_cents: PositiveCents
    """Sum of the lines: the price that is prepaid."""
    currency: Currency
    shipped_from_country: Country
    destination_country: Country
    end_use: LongText
    provisos: tuple[Proviso, ...]
    expires_at: Moment
    """The first moment at which nothing may ship any more."""


class Draw(Value):
    """What one shipment used of one line."""

    shipment_id: UUID
    line: LineNumber
    quantity: Quantity
    value_cents: PositiveCents


class LineBalance(Value):
    """What all shipments together used of a line."""

    line: LineNumber
    quantity: Units
    value_cents: Cents


class Grant(Value):
    """A license as granted, and everything drawn from it."""

    license_number: LicenseNumber
    terms: Terms
    value_tolerance_percent: Percent
    acknowledged: frozenset[str] = frozenset()
    """Provisos that the holder acknowledged."""
    draws: tuple[Draw, ...] = ()

    def line(self, number: int) -> LicensedLine | None:
        """Find a line by its number."""
        return next((line for line in self.terms.lines if line.line == number), None)

    def drawn(self, number: int) -> LineBalance:
        """Add up what was drawn from a line."""
        draws = [draw for draw in self.draws if draw.line == number]
        return LineBalance(
            line=number,
            quantity=sum(draw.quantity for draw in draws),
            value_cents=sum(draw.value_cents for draw in draws),
        )

    def left(self) -> tuple[LineBalance, ...]:
        """Give quantity and value that are left of each line, the tolerance not counted."""
        return tuple(
            LineBalance(
                line=line.line,
                quantity=line.quantity - drawn.quantity,
                value_cents=max(0, line.value_cents - drawn.value_cents),
            )
            for line in self.terms.lines
            for drawn in (self.drawn(line.line),)
        )

    def missing_provisos(self) -> tuple[str, ...]:
        """Name the provisos that wait to be acknowledged."""
        return tuple(
            proviso.proviso_id
            for proviso in self.terms.provisos
            if proviso.proviso_id not in self.acknowledged
        )


SCOPE_CITATION: Final = "15 CFR 750.7"
TOLERANCE_CITATION: Final = "15 CFR 750.11"
VALIDITY_CITATION: Final = "15 CFR 750.7(g)"
