"""Facts about allotments: which one a sale or a license counts in, and how full it is."""

from datetime import datetime
from uuid import UUID

from audits.execution import Desk
from audits.kernel import Refused
from audits.reading import Loaded
from licenses.domain import product
from licenses.domain.allotment import events
from licenses.domain.allotment.facts import AllotmentFacts
from licenses.domain.allotment.state import AllotmentState, Frozen, NotOpened
from licenses.domain.ids import allotment_id
from licenses.domain.policy import volume
from licenses.domain.policy.facts import VolumeFacts
from licenses.domain.policy.model import Edition
from licenses.domain.product.state import Registered
from licenses.editions import edition_in_force


def allotment_of(exporter_id: UUID, product_id: UUID, edition: Edition, at: datetime) -> UUID:
    """Name the allotment that counts volume of a product at a moment."""
    return allotment_id(exporter_id, product_id, volume.window(edition.cap, at))


def registered_product(desk: Desk, product_id: UUID) -> Registered:
    """Load a product; Refused `product_not_registered`."""
    state = desk.load(product.DECIDER, product_id).state
    if not isinstance(state, Registered):
        raise Refused("product_not_registered", f"There is no product {product_id}")
    return state


def allotment_facts(
    desk: Desk, *, exporter_id: UUID, product_id: UUID, window: str | None = None
) -> AllotmentFacts:
    """Gather whose allotment it is and the cap in force; `window`: of an allotment that exists."""
    now = desk.context.now
    edition = edition_in_force(now)
    return AllotmentFacts(
        now=now,
        actor=desk.context.actor,
        exporter_id=exporter_id,
        product_id=product_id,
        window=window or volume.window(edition.cap, now),
        cap=edition.cap,
        edition=edition.name,
        tpp_per_unit=registered_product(desk, product_id).tpp,
    )


def facts_of_existing(desk: Desk, loaded: Loaded[AllotmentState]) -> AllotmentFacts | None:
    """Gather the same for an allotment that was opened; None for one that was not."""
    if isinstance(loaded.state, NotOpened):
        return None
    books = loaded.state.volume
    return allotment_facts(
        desk, exporter_id=books.exporter_id, product_id=books.product_id, window=books.window
    )


def volume_facts(
    edition: Edition, loaded: Loaded[AllotmentState], *, asked_units: int, tpp: int
) -> VolumeFacts:
    """Say how full an allotment is; `asked_units` go beyond what the deal holds already."""
    cap = edition.cap
    asked = volume.amount(cap, units=asked_units, tpp=tpp)
    if isinstance(loaded.state, NotOpened):
        return VolumeFacts(
            metric=cap.metric, window="", us_sold=0, taken=0, asked=asked, frozen=False
        )
    books = loaded.state.volume
    tally = books.counters.governing(cap)
    return VolumeFacts(
        metric=cap.metric,
        window=books.window,
        us_sold=tally.us_net,
        taken=tally.taken,
        asked=asked,
        frozen=isinstance(loaded.state, Frozen),
        # Each movement stores the counters that it saw: the last of each kind proves them all.
        evidence=loaded.latest(events.UsSaleReported, events.UsSaleReversed, events.VolumeReserved),
    )
