"""How long a deal keeps what names its people: while it is open, then five years."""

import pytest

from audits import vault
from audits.kernel import Refused
from customers.domain.erasure.commands import RequestErasure
from licenses.domain.application import commands as application
from licenses.retention import deals_of
from tests.support.deal import Deal
from tests.support.people import EXPORTER, OFFICER
from tests.support.stage import Stage, body

pytestmark = pytest.mark.django_db


def refusal(stage: Stage, thing: object) -> str:
    """Ask to erase the one person whom a thing names; give the code of the refusal."""
    [subject] = vault.named_in(thing)  # type: ignore[arg-type]  # a stream's id
    command = body(RequestErasure, subject_id=str(subject.subject_id), reason="Asked for")
    with pytest.raises(Refused) as caught:
        stage.do(OFFICER, command, subject.subject_id)
    return caught.value.code


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.prepare()
    return stage


def test_an_open_application_keeps_whom_its_parties_name(stage: Stage) -> None:
    buyer = stage.registered_customer()
    assert deals_of(buyer) == ()
    deal = Deal(stage, buyer)
    drafted = body(application.DraftApplication, **deal.content())
    stage.do(EXPORTER, drafted, deal.application_id)
    [kept] = deals_of(buyer)
    assert (kept.deal_id, kept.is_open, kept.party_ids) == (deal.application_id, True, (buyer,))
    assert refusal(stage, buyer) == "deal_open"
    withdrawal = body(application.WithdrawApplication, reason="Canceled")
    stage.do(EXPORTER, withdrawal, deal.application_id)
    [ended] = deals_of(buyer)
    assert not ended.is_open
    assert ended.party_ids == (buyer,)
    assert refusal(stage, buyer) == "retention_running"


def test_a_deal_is_open_until_the_last_of_it_is_settled(stage: Stage) -> None:
    buyer = stage.approved_customer()
    stage.sell_at_home(20)
    deal = Deal(stage, buyer).ready()
    assert refusal(stage, buyer) == "approval_in_force"
    things = (buyer, deal.application_id, deal.license_id, deal.shipment_id)
    assert [[each.is_open for each in deals_of(thing)] for thing in things] == [[True]] * 4
    deal.dispatch()
    stage.settle()
    assert [each.is_open for each in deals_of(buyer)] == [True]
    deal.deliver().remit()
    stage.settle()
    assert [each.is_open for each in deals_of(buyer)] == [False]
