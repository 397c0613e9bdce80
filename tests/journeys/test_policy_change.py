"""A new edition bans the product in mid-deal: licenses, shipments, volume and money follow."""

from licenses.domain import allotment, escrow, license, shipment
from licenses.domain.escrow.state import Closed, Closing
from licenses.domain.license import commands as license_
from licenses.domain.license.state import Revoked, Suspended
from licenses.domain.shipment.state import Stopped
from tests.journeys.test_refusals import refused
from tests.support.deal import Deal
from tests.support.people import OFFICER, SECOND_OFFICER
from tests.support.stage import EDITIONS, Stage, body

BAN = """
[[bans]]
models = ["H200"]
reason = "Exports of H200 end"
citation = "Brief: a later ban is the buyer's risk"
"""


def banning_edition() -> str:
    """Write an edition that is the brief one with a ban on the H200."""
    text = (EDITIONS / "brief-2026.toml").read_text()
    return text.replace('"brief-2026"', '"brief-2026-ban"', 1) + BAN


def test_a_ban_in_mid_deal_suspends_stops_and_forfeits(stage: Stage) -> None:
    stage.sell_at_home(8)
    deal = Deal(stage, stage.approved_customer()).ready()

    stage.enforce(banning_edition())

    suspended = stage.state(license.DECIDER, deal.license_id)
    assert isinstance(suspended, Suspended)
    assert [each.edition for each in suspended.suspensions] == ["brief-2026-ban"]
    assert isinstance(stage.state(shipment.DECIDER, deal.shipment_id), Stopped)
    account = stage.state(escrow.DECIDER, deal.escrow_id)
    assert isinstance(account, Closed)
    assert (account.how, account.books.forfeited_cents) == (Closing.FORFEITED, deal.price_cents)
    refused("shipment_not_open", deal.dispatch)


def test_what_left_before_the_ban_stays_paid_and_remitted(stage: Stage) -> None:
    stage.sell_at_home(8)
    deal = Deal(stage, stage.approved_customer()).ready()
    deal.dispatch(deal.serials[:3])

    stage.enforce(banning_edition())

    account = stage.state(escrow.DECIDER, deal.escrow_id)
    assert account.books.released_gross_cents == deal.price_cents * 3 // 4
    assert account.books.forfeited_cents == deal.price_cents // 4
    deal.remit()


def test_a_revocation_gives_the_volume_back_and_takes_the_money(stage: Stage) -> None:
    volume = stage.sell_at_home(8)
    deal = Deal(stage, stage.approved_customer()).ready()
    stage.do(OFFICER, body(license_.ProposeRevocation, reason="Diverted"), deal.license_id)
    proposed = stage.state(license.DECIDER, deal.license_id).revocation.on_version
    confirm = body(license_.ConfirmRevocation, on_version=proposed)
    refused("four_eyes", lambda: stage.do(OFFICER, confirm, deal.license_id))
    stage.do(SECOND_OFFICER, confirm, deal.license_id)
    stage.settle()

    assert isinstance(stage.state(license.DECIDER, deal.license_id), Revoked)
    assert isinstance(stage.state(shipment.DECIDER, deal.shipment_id), Stopped)
    tally = stage.state(allotment.DECIDER, volume).volume.counters.units
    assert (tally.us_counting, tally.pending, tally.posted) == (8, 0, 0)
    assert stage.state(escrow.DECIDER, deal.escrow_id).how is Closing.FORFEITED
