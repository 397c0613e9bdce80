"""A deal under the edition of the rule: cap in TPP, duty at entry, money held and not forfeited."""

import pytest

from licenses.domain import allotment, escrow, license, remittance, shipment
from licenses.domain.escrow.state import Closed, Funded
from licenses.domain.license import commands as license_
from licenses.domain.license.state import Active, Revoked, Suspended
from licenses.domain.remittance.events import ReferenceKind, Source
from licenses.domain.remittance.state import Reconciled
from licenses.domain.shipment.state import Cleared, Dispatched, Requested, Stopped
from tests.journeys.test_refusals import refused
from tests.support.deal import Deal
from tests.support.people import OFFICER
from tests.support.stage import EDITIONS, Stage, body

H200_TPP = 15_832
BAN = """
[[bans]]
models = ["H200"]
reason = "Exports of H200 end"
citation = "A later rule"
"""


@pytest.fixture
def stage(transactional_db: None) -> Stage:  # noqa: ARG001 -- commits are part of the play
    """Prepare the stage under the rule."""
    prepared = Stage()
    prepared.prepare("rule")
    return prepared


def rule_edition(name: str, addition: str = "") -> str:
    """Write an edition that is the rule one under another name."""
    text = (EDITIONS / "rule-2026.toml").read_text()
    return text.replace('"rule-2026"', f'"{name}"', 1) + addition


def test_the_duty_is_paid_at_entry_before_the_lot_leaves(stage: Stage) -> None:
    volume = stage.sell_at_home(8)
    deal = Deal(stage, stage.approved_customer(), entered_value_cents=9_000_001)
    deal.ready()
    waiting = stage.state(shipment.DECIDER, deal.shipment_id)
    assert isinstance(waiting, Requested)
    assert waiting.clearance is not None
    assert [v.code for v in waiting.clearance.verdicts if not v.holds] == ["levy_not_paid"]
    assert "note 39(b)" in str(refused("levy_not_paid", deal.dispatch).citation)

    deal.remit("cbp_entry", "ABC-1234567-8")
    assert isinstance(stage.state(shipment.DECIDER, deal.shipment_id), Cleared)
    deal.dispatch()
    stage.settle()

    paid = stage.state(remittance.DECIDER, deal.remittance_id)
    assert isinstance(paid, Reconciled)
    assert paid.confirmed is not None
    assert (paid.assessed.base_cents, paid.assessed.amount_cents) == (9_000_001, 2_250_001)
    assert (paid.assessed.source, paid.confirmed.reference_kind) == (
        Source.PAYER,
        ReferenceKind.CBP_ENTRY,
    )
    account = stage.state(escrow.DECIDER, deal.escrow_id)
    assert account.books.released_levy_cents == 0, "the importer pays the duty, not the escrow"
    tally = stage.state(allotment.DECIDER, volume).volume.counters.tpp
    assert (tally.us_counting, tally.posted) == (8 * H200_TPP, 4 * H200_TPP)


def test_a_lot_that_was_not_imported_owes_no_duty(stage: Stage) -> None:
    stage.sell_at_home(8)
    deal = Deal(stage, stage.approved_customer()).ready()
    deal.dispatch()
    stage.settle()
    assert isinstance(stage.state(shipment.DECIDER, deal.shipment_id), Dispatched)
    assert type(stage.state(remittance.DECIDER, deal.remittance_id)).__name__ == "NotAssessed"


def test_the_cap_counts_tpp(stage: Stage) -> None:
    stage.sell_at_home(9)
    customer_id = stage.approved_customer()
    over = Deal(stage, customer_id, "over", quantity=5).apply()
    refusal = refused("conditions_not_met", over.propose)
    assert refusal.extra["failing"][0]["code"] == "cap_exceeded"
    Deal(stage, customer_id, "most", quantity=4).apply().grant()


def test_a_ban_holds_the_money_and_a_later_edition_lets_the_deal_go_on(stage: Stage) -> None:
    stage.sell_at_home(8)
    deal = Deal(stage, stage.approved_customer()).ready()

    stage.enforce(rule_edition("rule-2026-ban", BAN))
    assert isinstance(stage.state(license.DECIDER, deal.license_id), Suspended)
    assert isinstance(stage.state(shipment.DECIDER, deal.shipment_id), Stopped)
    account = stage.state(escrow.DECIDER, deal.escrow_id)
    assert isinstance(account, Funded)
    assert account.books.held_cents == deal.price_cents
    reinstate = body(license_.ReinstateLicense, reason="The ban was lifted")
    refused("conditions_not_met", lambda: stage.do(OFFICER, reinstate, deal.license_id))

    stage.enforce(rule_edition("rule-2026-again"))
    stage.do(OFFICER, reinstate, deal.license_id)
    stage.settle()
    assert isinstance(stage.state(license.DECIDER, deal.license_id), Active)
    deal.again().request().sample().certify()
    deal.clear()
    deal.dispatch()


def test_after_a_revocation_the_money_is_held_until_two_persons_waive(stage: Stage) -> None:
    stage.sell_at_home(8)
    deal = Deal(stage, stage.approved_customer()).ready()
    deal.revoke()
    assert isinstance(stage.state(license.DECIDER, deal.license_id), Revoked)
    account = stage.state(escrow.DECIDER, deal.escrow_id)
    assert isinstance(account, Funded)
    assert account.books.held_cents == deal.price_cents

    deal.refund()
    account = stage.state(escrow.DECIDER, deal.escrow_id)
    assert isinstance(account, Closed)
    assert account.books.held_cents == 0
