"""Events of a small world, with every kind of value that an event can hold."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from hypothesis import strategies as st

from audits.codec import CommandRef, Recorded, Registry
from audits.kernel import MAX_SAFE_INTEGER, Cents, Event, Role, Value
from tests.support.people import NOON, OFFICER, identity


class Price(Value):
    """Money of one currency."""

    amount_cents: Cents
    currency: Literal["USD", "CNY"] = "USD"


class Line(Value):
    """One line of an order."""

    model: str
    quantity: int
    unit: Price
    rebate_cents: Cents | None = None


class ByWire(Value, tag="wire"):
    """Paid by wire."""

    fee_cents: Cents
    reference: str | None = None


class InKind(Value, tag="kind"):
    """Paid with goods, of which only the text and the count are known."""

    goods: str
    count: int


class Sold(Event):
    """Everything that an event may hold, at once."""

    zulu: str
    alpha: str | None
    lines: tuple[Line, ...]
    paid: ByWire | InKind | None
    instalments_cents: tuple[Cents, ...]
    by: UUID
    on: date
    at: datetime | None
    role: Role
    count: int
    final: bool
    pairs: tuple[tuple[UUID, int], ...] = ()
    extras: tuple[Price, ...] | None = None


class Noted(Event):
    """An event without money."""

    note: str | None
    kind: Literal["a", "b"] | None = None


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
numbers = st.integers(-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER)
cents = st.integers(0, 2**63 - 1)
hard_texts = st.sampled_from(
    ["null", "true", "12", '":1234567890123456789', "\\u0000", "é́😀\x7f\x1f"]
)
anything = texts | hard_texts
prices = st.builds(Price, amount_cents=cents, currency=st.sampled_from(["USD", "CNY"]))
lines = st.builds(
    Line, model=anything, quantity=numbers, unit=prices, rebate_cents=st.none() | cents
)


def registry() -> Registry:
    made = Registry()
    made.register({"sold": Sold, "noted": Noted})
    return made


REGISTRY = registry()


def recorded(data: Event, *, name: str, schema_version: int = 1) -> Recorded[Any]:
    return Recorded(
        actor=OFFICER,
        aggregate="sale",
        causation_id=None,
        command=CommandRef(fingerprint="0" * 64, id=identity("command"), name="Sell", ordinal=0),
        correlation_id=identity("deal"),
        data=data,
        edition=None,
        event_id=identity("event"),
        on_behalf_of=None,
        recorded_at=NOON,
        schema_version=schema_version,
        stream_id=identity("sale"),
        type=name,
        version=1,
    )
