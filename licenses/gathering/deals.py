"""Facts about a whole deal: what the twelve conditions look at, for a grant and for a dispatch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from audits.execution import Desk
from audits.reading import Loaded
from licenses.domain import allotment, application, product
from licenses.domain.application.events import ApplicationSubmitted
from licenses.domain.application.state import ApplicationState, Filing
from licenses.domain.application.values import Item
from licenses.domain.policy import volume as volumes
from licenses.domain.policy.evaluation import evaluate
from licenses.domain.policy.facts import DealFacts, ProductFacts, SupplyFacts, VolumeFacts
from licenses.domain.policy.model import Edition, Verdict
from licenses.domain.product.events import ProductAmended, ProductRegistered
from licenses.domain.product.specification import product_facts
from licenses.domain.product.state import Registered
from licenses.gathering import parties, volume


def known_product(desk: Desk, product_id: UUID) -> ProductFacts | None:
    """Say what is registered of a product; None for a stranger."""
    loaded = desk.load(product.DECIDER, product_id)
    if not isinstance(loaded.state, Registered):
        return None
    evidence = loaded.evidence(ProductRegistered, ProductAmended)[-1:]
    return product_facts(product_id, loaded.state.specification, evidence)


def supply_facts(filing: Filing, evidence: tuple[UUID, ...]) -> SupplyFacts:
    """Say what the exporter stated about supply at home."""
    supply = filing.submission.supply
    return SupplyFacts(
        certifications=supply.certifications,
        us_units_shipped=supply.us_units_shipped,
        us_stock_units=supply.us_stock_units,
        us_open_order_units=supply.us_open_order_units,
        evidence=evidence,
    )


def filing_of(desk: Desk, application_id: UUID) -> tuple[Filing, tuple[UUID, ...]]:
    """Load what was filed, and the event that proves it."""
    loaded: Loaded[Any] = desk.load(application.DECIDER, application_id)
    return loaded.state.filing, loaded.evidence(ApplicationSubmitted)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Filed:
    """What an application states, the events that prove it, and the edition it is judged by."""

    filing: Filing
    evidence: tuple[UUID, ...]
    edition: Edition

    @property
    def items(self) -> tuple[Item, ...]:
        """The lines asked for."""
        return self.filing.submission.items


def grant_verdicts(
    desk: Desk, loaded: Loaded[ApplicationState], edition: Edition, *, reserved: bool = False
) -> tuple[Verdict, ...]:
    """Judge an application under an edition: of several lines, the worst verdict counts.

    reserved: the volume is held already, so nothing more is asked of the cap.
    """
    filed = _Filed(
        filing=loaded.state.filing,  # type: ignore[union-attr, arg-type]  # the decider asks for one
        evidence=loaded.evidence(ApplicationSubmitted),
        edition=edition,
    )
    _lock_volume(desk, filed)
    asked: dict[UUID, int] = {}
    for item in filed.items:
        held = asked.get(item.product_id, 0)
        asked[item.product_id] = held if reserved else held + item.quantity
    judged = [
        evaluate(edition, _line_facts(desk, filed, item, asked[item.product_id]))
        for item in filed.items
    ]
    return worst(judged)


def worst(judged: Sequence[tuple[Verdict, ...]]) -> tuple[Verdict, ...]:
    """Take, of each condition, the first verdict that fails, or else the first."""
    return tuple(
        next((verdict for verdict in verdicts if not verdict.holds), verdicts[0])
        for verdicts in zip(*judged, strict=True)
    )


def _line_facts(desk: Desk, filed: _Filed, item: Item, asked_units: int) -> DealFacts:
    """Gather what is known of one line; asked_units: of its product, over all lines."""
    submission = filed.filing.submission
    known = known_product(desk, item.product_id)
    customers = parties.load_customers(desk, (party.customer_id for party in submission.parties))
    return DealFacts(
        now=desk.context.now,
        product=known,
        route=parties.route_facts(
            shipped_from=submission.shipped_from_country,
            destination=submission.destination_country,
            parties=submission.parties,
            customers=customers,
            evidence=filed.evidence,
        ),
        customer=parties.customer_facts(submission.parties, customers),
        screening=parties.screening_facts(desk, customers),
        volume=_line_volume(desk, filed, item.product_id, asked_units) if known else None,
        supply=supply_facts(filed.filing, filed.evidence),
    )


def _lock_volume(desk: Desk, filed: _Filed) -> None:
    """Lock the allotments of all lines in one order, whatever the order of the lines."""
    if not volumes.counts(filed.edition.cap, filed.filing.submission.destination_country):
        return
    for stream_id in sorted({_allotment(desk, filed, item.product_id) for item in filed.items}):
        desk.load(allotment.DECIDER, stream_id, lock="write")


def _allotment(desk: Desk, filed: _Filed, product_id: UUID) -> UUID:
    return volume.allotment_of(
        filed.filing.exporter_id, product_id, filed.edition, desk.context.now
    )


def _line_volume(
    desk: Desk, filed: _Filed, product_id: UUID, asked_units: int
) -> VolumeFacts | None:
    """Say what is left of the volume; None where nothing is counted."""
    edition = filed.edition
    if not volumes.counts(edition.cap, filed.filing.submission.destination_country):
        return None
    return volume.volume_facts(
        edition,
        desk.load(allotment.DECIDER, _allotment(desk, filed, product_id), lock="write"),
        asked_units=asked_units,
        tpp=volume.registered_product(desk, product_id).tpp,
    )
