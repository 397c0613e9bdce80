"""An allotment of 1,000 TPP per unit under a cap of one half, in units and in TPP."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import msgspec

from audits.kernel import Command, Event, Facts
from licenses.domain.allotment import DECIDER
from licenses.domain.allotment.commands import (
    LicenseEnd,
    PostVolume,
    ReleaseVolume,
    ReportUsSale,
    ReserveVolume,
    ReverseUsSale,
)
from licenses.domain.allotment.events import AllotmentEvent
from licenses.domain.allotment.facts import AllotmentFacts
from licenses.domain.allotment.state import AllotmentState, NotOpened
from licenses.domain.allotment.values import NO_COUNTERS, Counters, Tally
from licenses.domain.policy.model import Cap
from tests.licenses.domain.application.cases import EDITION, document
from tests.support.people import EXPORTER, NOON, SYSTEM, identity

TPP: Final = 1000
UNITS_CAP: Final = Cap(
    numerator_countries=("CN", "MO"),
    denominator_country="US",
    metric="units",
    ratio_numerator=1,
    ratio_denominator=2,
    window="calendar_year",
    citation="Brief: half of US sales",
)
TPP_CAP: Final = msgspec.structs.replace(
    UNITS_CAP, metric="tpp", citation="91 FR 1684: half of aggregate TPP"
)
LICENSE: Final = identity("license")
BY_SYSTEM: Final = Facts(now=NOON, actor=SYSTEM)
MAY_FIRST: Final = date(2026, 5, 1)


def under(cap: Cap = UNITS_CAP, **changes: Any) -> AllotmentFacts:
    """Facts of the window 2026 under `cap`."""
    fields: dict[str, Any] = {
        "now": NOON,
        "actor": EXPORTER,
        "exporter_id": EXPORTER.organization_id,
        "product_id": identity("product/h200"),
        "window": "2026",
        "cap": cap,
        "edition": EDITION,
        "tpp_per_unit": TPP,
    }
    return AllotmentFacts(**fields | changes)


def sale(quantity: int = 100, *, name: str = "INV-1", **changes: Any) -> ReportUsSale:
    """Make the command that reports a sale, with evidence of its own."""
    fields: dict[str, Any] = {
        "product_id": identity("product/h200"),
        "sale_reference": name,
        "evidence": document(name),
        "buyer": "A data center in Ohio",
        "sold_on": MAY_FIRST,
        "quantity": quantity,
        "destination_country": "US",
        "end_use_country": "US",
    }
    return ReportUsSale(**fields | changes)


def reversal(
    quantity: int = 100, *, of: str = "INV-1", name: str = "CN-1", **changes: Any
) -> ReverseUsSale:
    """Make the command that reverses a sale, with evidence of its own."""
    fields: dict[str, Any] = {
        "sale_reference": of,
        "reversal_reference": name,
        "evidence": document(name),
        "reversed_on": date(2026, 6, 1),
        "quantity": quantity,
        "reason": "Returned by the buyer",
    }
    return ReverseUsSale(**fields | changes)


def reserve(quantity: int, *, line: int = 1) -> ReserveVolume:
    return ReserveVolume(license_id=LICENSE, line=line, quantity=quantity)


def post(quantity: int, *, line: int = 1, shipment: str = "a", short: int = 0) -> PostVolume:
    return PostVolume(
        license_id=LICENSE,
        line=line,
        shipment_id=identity(f"shipment/{shipment}"),
        quantity=quantity,
        short=short,
    )


def release(*, line: int = 1, license_end: LicenseEnd = LicenseEnd.EXPIRED) -> ReleaseVolume:
    return ReleaseVolume(license_id=LICENSE, line=line, license_end=license_end)


def history(*commands: Command, cap: Cap = UNITS_CAP) -> tuple[AllotmentEvent, ...]:
    """Carry out commands that are all accepted: what comes of them is the history."""
    events: list[Any] = []
    for command in commands:
        plain = isinstance(command, PostVolume | ReleaseVolume)
        facts = BY_SYSTEM if plain else under(cap)
        new = DECIDER.decide(command, DECIDER.fold(events), facts)
        assert new, f"{command} had no effect"
        events += new
    return tuple(events)


def counters(state: AllotmentState) -> Counters:
    """Give the counters of a state."""
    return NO_COUNTERS if isinstance(state, NotOpened) else state.volume.counters


def tally(events: Sequence[Event]) -> Tally:
    """Fold a history and give its counters in units."""
    return counters(DECIDER.fold(events)).units


def both(**units: int) -> Counters:
    """Give counters, or a movement, in units and in TPP alike."""
    return Counters(
        units=Tally(**units), tpp=Tally(**{name: TPP * value for name, value in units.items()})
    )


HISTORIES: Final[dict[str, tuple[AllotmentEvent, ...]]] = {
    "not opened": (),
    "open": history(sale(100)),
    "open, reserved": history(sale(100), reserve(40)),
    "open, posted": history(sale(100), reserve(40), post(40)),
    "open, released": history(sale(100), reserve(40), release()),
    "frozen": history(sale(100), reserve(40), reversal(30)),
    "frozen, posted": history(sale(100), reserve(40), post(40), reversal(30)),
}
"""A history that ends in each state."""
