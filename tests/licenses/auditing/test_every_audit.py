"""Every scheduled audit is seen silent on a sound journal, and finding what was planted in it."""

from collections.abc import Callable
from typing import Final

import pytest
from msgspec.structs import replace

from audits import context, grants
from audits.differences import Difference
from audits.findings import scheduled
from customers.domain.customer.events import CustomerApproved
from licenses.auditing.recompute import UNKNOWN
from licenses.domain.allotment.events import VolumePosted
from licenses.domain.application.events import ApplicationSubmitted
from licenses.domain.shipment.events import ShipmentDispatched
from tests.licenses.verification.histories import Played
from tests.licenses.verification.tampering import as_superuser, latest, rewrite
from tests.support.world import logged_in

ELSEWHERE: Final = {
    *("expired_but_shipped", "list_coverage", "provisos_overdue", "screening_age", "shortfall"),
    *("serial_gaps", "retention", "receipts", "owed_escrows"),
}
"""Both ways in test_surveys.py, test_serials.py, test_kept.py, the journal's test_late_checkpoints.py
and the journey of payments."""


def wrong_hash(played: Played) -> None:
    event = latest(played.remitted.shipment_id, ShipmentDispatched)
    statement = "UPDATE audits_event SET leaf_hash = '\\x00' WHERE event_id = %s"
    as_superuser("audits_event", statement, event.event_id)


def other_application(played: Played) -> None:
    event = latest(played.remitted.application_id, ApplicationSubmitted)
    rewrite(event, replace(event.data, fingerprint="0" * 64))


def lost_transfer(played: Played) -> None:
    table = "licenses_ledger_transfer"
    statement = f"DELETE FROM {table} WHERE code = 'levy' AND subject_id = %s"  # noqa: S608 -- a constant
    as_superuser(table, statement, played.remitted.shipment_id)


def counted_less(played: Played) -> None:
    table = "licenses_allotment_entry"
    statement = f"DELETE FROM {table} WHERE event_id = %s"  # noqa: S608 -- a constant
    as_superuser(table, statement, latest(played.volume, VolumePosted).event_id)


def one_person(played: Played) -> None:
    event = latest(played.remitted.customer_id, CustomerApproved)
    rewrite(event, replace(event.data, proposed_by=event.data.by))


def lost_serial(played: Played) -> None:
    table = "licenses_shipped_serial"
    statement = f"DELETE FROM {table} WHERE serial = %s"  # noqa: S608 -- a constant
    as_superuser(table, statement, played.remitted.serials[0])


PLANTED: Final[dict[str, tuple[Callable[[Played], None], str]]] = {
    "verify": (wrong_hash, "leaf_hash_wrong"),
    "recompute": (other_application, "decision_otherwise"),
    "trial_balance": (lost_transfer, "guarded_row_missing"),
    "cap": (counted_less, "guarded_row_missing"),
    "four_eyes": (one_person, "four_eyes_misnamed"),
    "serials": (lost_serial, "guarded_row_missing"),
}
"""Audit → what is planted, and the kind of difference that it finds."""


def found(name: str) -> list[Difference]:
    return list(scheduled.audits()[name].look(context.database_now()))


def test_no_audit_goes_untried() -> None:
    assert set(scheduled.audits()) == set(PLANTED) | ELSEWHERE


@pytest.mark.parametrize("name", sorted(PLANTED))
def test_an_audit_is_silent_until_something_is_wrong(played: Played, name: str) -> None:
    plant, kind = PLANTED[name]
    assert found(name) == []
    plant(played)
    assert kind in {each.kind for each in found(name)}


def test_a_decision_that_cannot_be_taken_again_is_found_for_that(played: Played) -> None:
    event = latest(played.remitted.application_id, ApplicationSubmitted)
    rewrite(replace(event, command=replace(event.command, name="AdmitApplication")), event.data)
    assert {each.kind for each in found("recompute")} == {UNKNOWN}


def test_decisions_are_taken_again_as_the_worker(played: Played) -> None:
    other_application(played)
    with logged_in(grants.WORKER):
        assert [each.kind for each in found("recompute")] == ["decision_otherwise"]
