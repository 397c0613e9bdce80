"""One H200 deal from application to reconciled remittance, through the real handlers."""

from typing import Final

from audits import reading
from audits.models import EventRow
from licenses.domain import allotment, escrow, lab_test, license, remittance, shipment
from licenses.domain.escrow.state import Closed
from licenses.domain.lab_test.state import Certified
from licenses.domain.license.state import Exhausted
from licenses.domain.remittance.state import Reconciled
from licenses.domain.shipment.state import Cleared, Delivered
from tests.support.deal import Deal
from tests.support.stage import Stage

STATED: Final = frozenset(
    {
        *("list_imported", "edition_published", "edition_approved", "edition_took_effect"),
        *("customer_registered", "end_use_certified", "security_proven", "customer_screened"),
        *("product_registered", "lot_registered", "application_drafted", "application_revised"),
        *("provisos_acknowledged", "end_user_statement_held", "delivery_verified"),
        *("remittance_instructed", "remittance_confirmed", "remittance_reconciled"),
    }
)
"""What somebody states or hands in: no rule of the policy is applied to it."""


def test_a_deal_runs_from_application_to_reconciled_remittance(stage: Stage) -> None:
    volume = stage.sell_at_home(8)
    deal = Deal(stage, stage.approved_customer())
    deal.ready()
    assert isinstance(stage.state(lab_test.DECIDER, deal.lab_test_id), Certified)
    assert isinstance(stage.state(shipment.DECIDER, deal.shipment_id), Cleared)

    deal.dispatch()
    deal.deliver().remit()

    assert isinstance(stage.state(shipment.DECIDER, deal.shipment_id), Delivered)
    assert isinstance(stage.state(license.DECIDER, deal.license_id), Exhausted)
    account = stage.state(escrow.DECIDER, deal.escrow_id)
    assert isinstance(account, Closed)
    assert account.books.released_gross_cents == deal.price_cents
    assert account.books.released_levy_cents == deal.price_cents // 4
    closed = stage.state(remittance.DECIDER, deal.remittance_id)
    assert isinstance(closed, Reconciled)
    assert closed.assessed.amount_cents == deal.price_cents // 4
    tally = stage.state(allotment.DECIDER, volume).volume.counters.units
    assert (tally.us_counting, tally.pending, tally.posted) == (8, 0, 4)
    assert decided_without_edition() == set()


def decided_without_edition() -> set[str]:
    """Name the kinds of decisions whose envelopes name no policy edition."""
    recorded = (reading.decode(bytes(row.canonical)) for row in EventRow.objects.all())
    return {each.type for each in recorded if each.edition is None} - STATED
