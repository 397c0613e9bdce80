"""An edition changes in mid-deal: what was agreed at the grant stays agreed, and nothing is lost."""

import msgspec
import pytest

from audits import context as minting
from audits import verification
from devstack.demo.material import document
from licenses.domain import allotment, escrow, remittance
from licenses.domain.allotment.commands import ReverseUsSale
from licenses.domain.allotment.values import Tally
from licenses.domain.remittance.events import Source
from licenses.domain.remittance.state import Reconciled
from tests.journeys.test_refusals import refused
from tests.support.deal import Deal
from tests.support.people import EXPORTER
from tests.support.stage import EDITIONS, Stage, body

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


@pytest.mark.parametrize(("first", "then"), [(BRIEF, RULE), (RULE, BRIEF)])
@pytest.mark.django_db(transaction=True)
def test_another_window_does_not_count_a_sale_again(first: str, then: str) -> None:
    stage = Stage()
    stage.prepare(toml=first)
    old = stage.sell_at_home(8)
    Deal(stage, stage.approved_customer()).apply().grant()
    stage.enforce(then)

    refused("sale_already_counted", lambda: stage.sell_at_home(8))
    credit_note = body(
        ReverseUsSale,
        sale_reference="INV-1",
        reversal_reference="CN-1",
        evidence=document("credit note"),
        reversed_on=str(minting.database_now().date()),
        quantity=8,
        reason="Taken back to be sold again",
    )
    stage.do(EXPORTER, credit_note, old)
    refused("sale_already_counted", lambda: stage.sell_at_home(8))

    new = stage.sell_at_home(2, reference="INV-2")
    assert new != old
    frozen, opened = (stage.state(allotment.DECIDER, each).volume for each in (old, new))
    assert frozen.counters.governing(frozen.cap).shortfall > 0
    assert opened.counters.units == Tally(us_reported=2, us_counting=2)
    assert verification.verify(only=("allotments",)).is_sound


@pytest.mark.django_db(transaction=True)
def test_a_document_proves_one_sale_of_a_product_even_under_another_reference() -> None:
    stage = Stage()
    stage.prepare(toml=BRIEF)
    stage.sell_at_home(8)
    stage.enforce(RULE)
    sale, target = stage.sale(8)
    renamed = msgspec.structs.replace(sale, sale_reference="INV-9")
    refused("sale_already_counted", lambda: stage.do(EXPORTER, renamed, target))
    other = msgspec.structs.replace(renamed, evidence=sale.evidence.__class__(**document("other")))
    stage.do(EXPORTER, other, target)
