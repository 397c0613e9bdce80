"""Each scheduled audit of licensed exports finds what it is for, and nothing in a healthy journal."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import pytest
from django.db import transaction
from msgspec.structs import replace

from audits import context, verification
from audits.differences import Difference
from audits.findings import scheduled
from audits.models import EventRow
from devstack.demo.material import document
from licenses.auditing import surveys
from licenses.domain.allotment import commands as allotment
from licenses.domain.license.events import LicenseDrawnDown
from licenses.domain.license.terms import LineBalance
from tests.licenses.verification.tampering import forge, latest
from tests.support.deal import UNIT_PRICE_CENTS, Deal
from tests.support.people import EXPORTER, identity
from tests.support.stage import SOON, Stage, body, wait_until

pytestmark = pytest.mark.django_db
DAY: Final = timedelta(days=1)
SECOND: Final = timedelta(seconds=1)


@pytest.fixture
def stage() -> Stage:
    prepared = Stage()
    prepared.prepare()
    prepared.sell_at_home(16)
    return prepared


def kinds(found: list[Difference]) -> list[str]:
    return [each.kind for each in found]


def found(name: str, now: datetime | None = None) -> list[Difference]:
    return list(scheduled.audits()[name].look(now or context.database_now()))


def test_a_healthy_deal_gives_no_finding(stage: Stage) -> None:
    deal = Deal(stage, stage.approved_customer()).ready()
    deal.dispatch()
    stage.settle()
    # Nobody is enrolled, nothing sealed, and all of it is one transaction.
    names = {*scheduled.audits()} - {"verify", "receipts", "recompute"}
    assert {name: found(name) for name in names} == {name: [] for name in names}
    assert len(names) >= 10


def test_what_stops_writes_is_money_and_volume_alone() -> None:
    stopping = {each.name: each.halts for each in scheduled.audits().values() if each.halts}
    assert stopping == {"trial_balance": "money", "cap": "volume"}


@pytest.mark.usefixtures("stage")
def test_every_check_of_verify_is_part_of_one_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def all_differences(names: tuple[str, ...], **_others: object) -> list[Difference]:
        ran.extend(names)
        return []

    monkeypatch.setattr(verification, "all_differences", all_differences)
    for audit in scheduled.audits().values():
        list(audit.look(context.database_now()))
    assert sorted(ran) == sorted(verification.checks())


@pytest.mark.usefixtures("stage")
def test_an_old_list_is_named_on_the_day_it_no_longer_counts() -> None:
    imported = context.database_now()
    assert found("screening_age", imported + 29 * DAY) == []
    assert kinds(found("screening_age", imported + 30 * DAY + SECOND)) == ["list_too_old"]


def test_a_party_that_nobody_screened_is_named_after_an_hour(stage: Stage) -> None:
    target = stage.registered_customer()
    now = context.database_now()
    late = now + surveys.COVERED_WITHIN + SECOND
    assert found("list_coverage", now + timedelta(minutes=59)) == []
    [named] = found("list_coverage", late)
    assert (named.kind, named.subject) == ("party_not_screened", f"customer {target}")
    stage.settle()
    assert found("list_coverage", late) == []


def test_provisos_left_unacknowledged_are_named_after_thirty_days(stage: Stage) -> None:
    deal = Deal(stage, stage.approved_customer()).apply().grant()
    now = context.database_now()
    assert found("provisos_overdue", now + 29 * DAY) == []
    [named] = found("provisos_overdue", now + 31 * DAY)
    assert (named.kind, named.subject) == ("provisos_overdue", f"license {deal.license_id}")
    deal.acknowledge()
    assert found("provisos_overdue", now + 31 * DAY) == []


def test_a_reversal_that_breaks_the_cap_is_named_until_it_is_healed(stage: Stage) -> None:
    volume = stage.sell_at_home(1, reference="INV-2")
    Deal(stage, stage.approved_customer(), quantity=8).apply().grant()
    back = body(
        allotment.ReverseUsSale,
        sale_reference="INV-1",
        reversal_reference="CN-1",
        evidence=document("credit note"),
        reversed_on=str(context.database_now().date()),
        quantity=16,
        reason="All came back",
    )
    stage.do(EXPORTER, back, volume)
    [named] = found("shortfall")
    assert (named.kind, named.subject) == ("cap_shortfall", f"allotment {volume}")
    assert found("cap") == []  # the books are right; it is the world that broke the cap
    stage.sell_at_home(16, reference="INV-3")
    assert found("shortfall") == []


def test_what_left_after_the_end_is_named(stage: Stage) -> None:
    deal = Deal(stage, stage.approved_customer()).apply()
    deal.expires_at = context.database_now() + SOON
    deal.grant()
    left = LicenseDrawnDown(
        shipment_id=identity("forged"),
        line=1,
        quantity=1,
        value_cents=UNIT_PRICE_CENTS,
        seen=LineBalance(line=1, quantity=0, value_cents=0),
    )
    forge(("license", deal.license_id, left), actor=EXPORTER, command="X", role=None)
    assert found("expired_but_shipped") == []
    wait_until(deal.expires_at)
    again = replace(left, shipment_id=identity("forged later"))
    forge(("license", deal.license_id, again), actor=EXPORTER, command="X", role=None)
    event = latest(deal.license_id, LicenseDrawnDown)
    [named] = found("expired_but_shipped")
    assert (named.kind, named.subject) == ("shipped_after_expiry", f"event {event.event_id}")
    transaction.set_rollback(True)  # spares deferred constraints, which the forgeries break


def test_a_finding_says_which_event_shows_it(stage: Stage) -> None:
    target = stage.registered_customer()
    late = context.database_now() + surveys.COVERED_WITHIN + SECOND
    [named] = found("list_coverage", late)
    raised = scheduled.finding_of(scheduled.audits()["list_coverage"], named)
    last = stage_events(target)[-1]
    assert raised.evidence == (last,)


def stage_events(stream: UUID) -> list[UUID]:
    rows = EventRow.objects.filter(stream_id=stream).order_by("version")
    return list(rows.values_list("event_id", flat=True))
