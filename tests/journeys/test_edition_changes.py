"""An edition changes in mid-deal: what was agreed at the grant stays agreed, and nothing is lost."""

import pytest

from licenses.domain import escrow, remittance
from licenses.domain.remittance.events import Source
from licenses.domain.remittance.state import Reconciled
from tests.journeys.test_refusals import refused
from tests.support.deal import EDITIONS, Deal, Stage

BRIEF = (EDITIONS / "brief-2026.toml").read_text()
RULE = (EDITIONS / "rule-2026.toml").read_text()


@pytest.mark.parametrize(
    ("first", "then", "source", "name"),
    [(BRIEF, RULE, Source.ESCROW, "brief-2026"), (RULE, BRIEF, Source.PAYER, "rule-2026")],
)
@pytest.mark.django_db(transaction=True)
def test_a_levy_is_taken_once_whatever_edition_follows(
    first: str, then: str, source: Source, name: str
) -> None:
    stage = Stage()
    stage.prepare(toml=first)
    stage.sell_at_home(8)
    deal = Deal(stage, stage.approved_customer()).apply().grant().acknowledge()
    deal.deposit()
    deal.entered_value_cents = deal.price_cents
    stage.enforce(then)
    deal.request().sample().certify()
    deal.clear()
    if source is Source.PAYER:
        refused("levy_not_paid", deal.dispatch)
        deal.remit()
        deal.dispatch()
    else:
        deal.dispatch()
        deal.remit()

    paid = stage.state(remittance.DECIDER, deal.remittance_id)
    assert isinstance(paid, Reconciled)
    assert (paid.assessed.source, paid.assessed.edition) == (source, name)
    assert paid.assessed.amount_cents == deal.price_cents // 4
    books = stage.state(escrow.DECIDER, deal.escrow_id).books
    withheld = deal.price_cents // 4 if source is Source.ESCROW else 0
    assert books.released_levy_cents == withheld
