"""What the rules refuse on the way: each with its code, and nothing changed by the attempt."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from audits import context, reading
from audits.events import CommandRefused
from audits.kernel import NotPermitted, Refused, WrongExpectedVersion
from audits.models import EventRow
from devstack.demo.material import H200
from licenses.domain import lab_test, license, shipment
from licenses.domain.application import commands as application
from licenses.domain.lab_test.events import ReportRefused
from licenses.domain.license import commands as license_
from tests.support.deal import Deal
from tests.support.people import EXPORTER, OFFICER
from tests.support.stage import SOON, Stage, body, wait_until

B200: dict[str, Any] = H200 | {
    "model": "B200",
    "generation": "Blackwell",
    "peaks": [
        {"precision": "FP4", "bit_length": 4, "dense_gops": 9_000_000},
        {"precision": "FP8", "bit_length": 8, "dense_gops": 4_500_000},
        {"precision": "FP16", "bit_length": 16, "dense_gops": 2_250_000},
    ],
    "dram_bandwidth_gb_per_s": 8_000,
    "dram_capacity_gb": 180,
    "us_commercially_available_on": "2025-01-26",
}


def refused(code: str, attempt: Callable[[], Any]) -> Refused:
    """See an attempt refused with a code, and the refusal on the record."""
    with pytest.raises(Refused) as caught:
        attempt()
    assert caught.value.code == code, caught.value.detail
    return caught.value


def on_record() -> list[CommandRefused]:
    """Read the refusals of the journal, in the order of their time."""
    rows = EventRow.objects.filter(type="command_refused").order_by("recorded_at")
    return [reading.decode(bytes(row.canonical)).data for row in rows]


def test_a_blackwell_part_is_refused_at_submission(stage: Stage) -> None:
    stage.products["H200"] = stage.register_product(B200)
    deal = Deal(stage, stage.approved_customer())
    refusal = refused("product_not_eligible", deal.apply)
    assert "Blackwell" in refusal.detail
    assert "Brief, condition 1" in str(refusal.citation)
    assert [event.code for event in on_record()] == ["product_not_eligible"]


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({"model": "nvidia h200"}, []),  # another spelling of the same part
        ({"model": "A800"}, ["items[0].model"]),
        ({"model": "H200 NVL", "eccn": "EAR99"}, ["items[0].model", "items[0].eccn"]),
    ],
)
def test_a_line_must_call_its_product_what_is_registered(
    stage: Stage, said: dict[str, str], fields: list[str]
) -> None:
    deal = Deal(stage, stage.approved_customer())
    [item] = deal.content()["items"]
    if not fields:
        deal.apply(items=[item | said])
        return
    refusal = refused("product_misdescribed", lambda: deal.apply(items=[item | said]))
    assert [gap["field"] for gap in refusal.extra["gaps"]] == fields
    assert refusal.extra["gaps"][0]["reason"] == "is not NVIDIA H200 SXM, which is registered"


def test_a_listed_party_blocks_the_approval(stage: Stage) -> None:
    listed = "Huawei Technologies Co., Ltd."
    attempt = partial(stage.approved_customer, name=listed, native_name="华为技术有限公司")
    refused("hits_open", attempt)


def test_nobody_confirms_their_own_proposal(stage: Stage) -> None:
    stage.sell_at_home(8)
    deal = Deal(stage, stage.approved_customer()).apply()
    deal.propose()
    refused("four_eyes", lambda: deal.confirm(OFFICER))


def test_the_cap_is_not_overdrawn_by_one_unit(stage: Stage) -> None:
    stage.sell_at_home(9)
    customer_id = stage.approved_customer()
    Deal(stage, customer_id, "first", quantity=3).apply().grant()
    over = Deal(stage, customer_id, "over", quantity=2).apply()
    refusal = refused("conditions_not_met", over.propose)
    assert refusal.extra["failing"][0]["code"] == "cap_exceeded"
    Deal(stage, customer_id, "last", quantity=1).apply().grant()


def test_an_unpaid_shipment_does_not_leave(stage: Stage) -> None:
    stage.sell_at_home(8)
    deal = Deal(stage, stage.approved_customer()).apply().grant().acknowledge()
    deal.deposit(deal.price_cents - 1)
    deal.request().sample().certify()
    deal.clear()
    refusal = refused("not_prepaid", deal.dispatch)
    assert [failing["condition"] for failing in refusal.extra["failing"]] == ["C8"]
    deal.deposit(1, reference="R2")
    deal.dispatch()


def test_an_untested_lot_does_not_leave(stage: Stage) -> None:
    stage.sell_at_home(8)
    deal = Deal(stage, stage.approved_customer()).apply().grant().acknowledge()
    deal.deposit()
    deal.request().clear()
    refused("lot_not_certified", deal.dispatch)


def test_a_forged_report_is_refused_and_recorded(stage: Stage) -> None:
    stage.sell_at_home(8)
    deal = Deal(stage, stage.approved_customer()).apply().grant().request().sample()
    refused("certificate_forged", lambda: deal.certify(signature="00" * 64))
    recorded = reading.load(lab_test.DECIDER, deal.lab_test_id).recorded
    assert [type(item.data) for item in recorded][-1] is ReportRefused
    deal.certify()


def test_a_report_does_not_count_for_another_lot(stage: Stage) -> None:
    stage.sell_at_home(16)
    customer_id = stage.approved_customer()
    first = Deal(stage, customer_id, "first").apply().grant().request().sample()
    report = first.report()
    first.certify(report)
    second = Deal(stage, customer_id, "second", quantity=3).apply().grant().request().sample()
    refused("report_replayed", lambda: second.certify(report))


def test_a_serial_number_leaves_once(stage: Stage) -> None:
    stage.sell_at_home(16)
    customer_id = stage.approved_customer()
    deal = Deal(stage, customer_id, "first").ready()
    deal.dispatch()
    again = Deal(stage, customer_id, "again", quantity=3).apply().grant()
    refused("serial_already_shipped", lambda: again.request(deal.serials[:3]))


def test_nothing_leaves_under_an_expired_license(stage: Stage) -> None:
    stage.sell_at_home(8)
    deal = Deal(stage, stage.approved_customer()).apply()
    deal.expires_at = context.database_now() + SOON
    deal.grant().acknowledge().request()
    wait_until(deal.expires_at)
    stage.settle()
    state = stage.state(license.DECIDER, deal.license_id)
    assert type(state).__name__ == "Expired"
    assert type(stage.state(shipment.DECIDER, deal.shipment_id)).__name__ == "Stopped"
    refused("shipment_not_open", deal.dispatch)


def test_a_stale_version_changes_nothing(stage: Stage) -> None:
    stage.sell_at_home(8)
    deal = Deal(stage, stage.approved_customer()).apply().grant()
    suspend = body(license_.SuspendLicense, reason="A tip came in")
    with pytest.raises(WrongExpectedVersion) as caught:
        stage.do(OFFICER, suspend, deal.license_id, expected_version=7)
    assert (caught.value.expected, caught.value.found) == (7, 1)


def test_an_exporter_does_not_decide(stage: Stage) -> None:
    deal = Deal(stage, stage.approved_customer())
    deal.apply()
    proposal = body(application.ProposeDecision, outcome="deny", reasons=["No"])
    with pytest.raises(NotPermitted):
        stage.do(EXPORTER, proposal, deal.application_id)
    assert on_record()[-1].code == "role_not_permitted"


def test_another_lot_of_the_same_deal_is_another_application(stage: Stage) -> None:
    customer_id = stage.approved_customer()
    Deal(stage, customer_id, "first").apply()
    twin = Deal(stage, customer_id, "twin")
    refused("application_duplicate", twin.apply)


def test_a_repeated_command_answers_as_the_first_time(stage: Stage) -> None:
    stage.sell_at_home(8)
    deal = Deal(stage, stage.approved_customer()).apply().grant()
    suspend = body(license_.SuspendLicense, reason="A tip came in")
    first = stage.do(OFFICER, suspend, deal.license_id, key="once")
    again = stage.do(OFFICER, suspend, deal.license_id, key="once")
    assert first == again
