"""What was good may turn bad in mid-deal: buyers, laboratories, licenses, US sales."""

from datetime import timedelta

from audits import context
from customers.domain import customer
from customers.domain.customer import commands
from customers.domain.customer import state as standing
from customers.domain.customer.standing import open_hits
from devstack.demo.material import document
from licenses.domain import allotment, lab_test, license, shipment
from licenses.domain.allotment import commands as allotment_commands
from licenses.domain.allotment.state import Frozen, Open
from licenses.domain.lab_test.state import Certified, Voided
from licenses.domain.laboratory import commands as laboratory
from licenses.domain.license import commands as license_
from licenses.domain.license.state import Active
from licenses.domain.shipment.state import Cleared, Requested
from tests.journeys.test_refusals import refused
from tests.support.deal import Deal
from tests.support.people import EXPORTER, OFFICER, SECOND_OFFICER
from tests.support.stage import SAMPLE_LIST, SOON, Stage, body, wait_until


def test_a_new_list_suspends_whom_it_hits_and_nothing_leaves(stage: Stage) -> None:
    stage.sell_at_home(8)
    deal = Deal(stage, stage.approved_customer()).ready()
    header, huawei, rest = SAMPLE_LIST.read_text().split("\n", 2)
    listed = huawei.replace("sample-001", "sample-999").replace(
        "Huawei Technologies Co., Ltd.", "Harbor Cloud Services"
    )
    stage.import_list(f"{header}\n{listed}\n{huawei}\n{rest}".encode())
    refused("party_not_screened", deal.dispatch)

    stage.settle()
    hit = stage.state(customer.DECIDER, deal.customer_id)
    assert isinstance(hit, standing.Pending)
    refusal = refused("clearance_does_not_hold", deal.dispatch)
    assert [failing["condition"] for failing in refusal.extra["failing"]] == ["C3", "C4"]

    [found] = open_hits(hit.file)
    soon = context.database_now() + timedelta(days=30)
    judge = body(
        commands.AdjudicateHit,
        hit_id=str(found.hit_id),
        disposition="false_positive",
        reason="Another company of that name, at another address",
    )
    stage.do(OFFICER, judge, deal.customer_id)
    refused("hits_open", lambda: stage.approve(deal.customer_id, soon))
    release = body(commands.ReleaseHit, hit_id=str(found.hit_id), reason="Seen the papers")
    refused("four_eyes", lambda: stage.do(OFFICER, release, deal.customer_id))
    stage.do(SECOND_OFFICER, release, deal.customer_id)
    stage.approve(deal.customer_id, soon)
    deal.dispatch()


def test_an_approval_ends_by_the_clock(stage: Stage) -> None:
    stage.sell_at_home(8)
    deal = Deal(stage, stage.approved_customer()).ready()
    ends = context.database_now() + SOON
    stage.approve(deal.customer_id, ends)  # anew, and for less long
    wait_until(ends)
    refused("approval_expired", deal.dispatch)
    stage.settle()
    assert isinstance(stage.state(customer.DECIDER, deal.customer_id), standing.Pending)
    refused("customer_not_approved", deal.dispatch)

    stage.approve(deal.customer_id, ends + timedelta(days=30))
    deal.dispatch()


def test_a_laboratory_lost_before_the_dispatch_voids_its_certificate(stage: Stage) -> None:
    stage.sell_at_home(8)
    deal = Deal(stage, stage.approved_customer()).ready()
    assert isinstance(stage.state(lab_test.DECIDER, deal.lab_test_id), Certified)
    reason = "Reports were signed before the tests were made"
    propose = body(laboratory.ProposeDisqualification, reason=reason)
    confirm = body(laboratory.ConfirmDisqualification, reason=reason)
    stage.do(OFFICER, propose, stage.laboratory_id)
    refused("four_eyes", lambda: stage.do(OFFICER, confirm, stage.laboratory_id))
    stage.do(SECOND_OFFICER, confirm, stage.laboratory_id)
    refused("laboratory_not_accredited", deal.dispatch)

    stage.settle()
    assert isinstance(stage.state(lab_test.DECIDER, deal.lab_test_id), Voided)
    assert isinstance(stage.state(shipment.DECIDER, deal.shipment_id), Requested)
    refused("lot_not_certified", deal.dispatch)


def test_a_suspended_license_ships_again_once_it_is_reinstated(stage: Stage) -> None:
    stage.sell_at_home(8)
    deal = Deal(stage, stage.approved_customer()).ready()
    suspend = body(license_.SuspendLicense, reason="A tip came in")
    stage.do(OFFICER, suspend, deal.license_id)
    stage.settle()
    assert isinstance(stage.state(shipment.DECIDER, deal.shipment_id), Requested)
    refused("license_not_active", deal.dispatch)

    reinstate = body(license_.ReinstateLicense, reason="The tip was wrong")
    stage.do(SECOND_OFFICER, reinstate, deal.license_id)
    stage.settle()
    assert isinstance(stage.state(license.DECIDER, deal.license_id), Active)
    assert isinstance(stage.state(shipment.DECIDER, deal.shipment_id), Cleared)
    deal.dispatch()


def test_a_reversed_sale_freezes_the_volume_until_another_heals_it(stage: Stage) -> None:
    volume = stage.sell_at_home(8)
    deal = Deal(stage, stage.approved_customer()).ready()
    reverse = body(
        allotment_commands.ReverseUsSale,
        sale_reference="INV-1",
        reversal_reference="CN-1",
        evidence=document("credit note"),
        reversed_on=str(context.database_now().date()),
        quantity=1,
        reason="One unit came back",
    )
    stage.do(EXPORTER, reverse, volume)
    assert isinstance(stage.state(allotment.DECIDER, volume), Frozen)
    refused("volume_frozen", deal.dispatch)

    stage.sell_at_home(1, reference="INV-2")
    assert isinstance(stage.state(allotment.DECIDER, volume), Open)
    deal.dispatch()
