"""Facts about a whole deal: what the twelve conditions look at, for a grant and for a dispatch."""

from collections.abc import Sequence
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
from licenses.domain.policy.facts import DealFacts, ProductFacts, SupplyFacts
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


def grant_verdicts(
    desk: Desk, loaded: Loaded[ApplicationState], edition: Edition, *, reserved: bool = False
) -> tuple[Verdict, ...]:
    """Judge an application under an edition: of several lines, the worst verdict counts.

    reserved: the volume is held already, so nothing more is asked of the cap.
    """
    filing: Filing = loaded.state.filing  # type: ignore[union-attr] -- the decider asks for one
    evidence = loaded.evidence(ApplicationSubmitted)
    asked: dict[UUID, int] = {}
    for item in filing.submission.items:
        held = asked.get(item.product_id, 0)
        asked[item.product_id] = held if reserved else held + item.quantity
    judged = [
        evaluate(
            edition, _line_facts(desk, filing, item, edition, asked[item.product_id], evidence)
        )
        for item in filing.submission.items
    ]
    return worst(judged)


def worst(judged: Sequence[tuple[Verdict, ...]]) -> tuple[Verdict, ...]:
    """Take, of each condition, the first verdict that fails, or else the first."""
    return tuple(
        next((verdict for verdict in verdicts if not verdict.holds), verdicts[0])
        for verdicts in zip(*judged, strict=True)
    )


def _line_facts(  # noqa: PLR0913, PLR0917 -- one line of one filing under one edition
    desk: Desk,
    filing: Filing,
    item: Item,
    edition: Edition,
    asked_units: int,
    evidence: tuple[UUID, ...],
) -> DealFacts:
    submission, now = filing.submission, desk.context.now
    known = known_product(desk, item.product_id)
    stream = volume.allotment_of(filing.exporter_id, item.product_id, edition, now)
    counted = volumes.counts(edition.cap, submission.destination_country)
    customers = parties.load_customers(desk, (party.customer_id for party in submission.parties))
    return DealFacts(
        now=now,
        product=known,
        route=parties.route_facts(
            shipped_from=submission.shipped_from_country,
            destination=submission.destination_country,
            parties=submission.parties,
            customers=customers,
            evidence=evidence,
        ),
        customer=parties.customer_facts(submission.parties, customers),
        screening=parties.screening_facts(desk, customers),
        volume=(
            volume.volume_facts(
                edition,
                desk.load(allotment.DECIDER, stream, lock="write"),
                asked_units=asked_units,
                tpp=volume.registered_product(desk, item.product_id).tpp,
            )
            if counted and known
            else None
        ),
        supply=supply_facts(filing, evidence),
    )
