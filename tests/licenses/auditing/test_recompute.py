"""Every decision is taken again from the facts it saw; one that was forged comes out otherwise."""

import json
import sys
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import pytest
from django.core.management import call_command
from msgspec.structs import replace

from audits.codec import Recorded
from audits.differences import Difference
from audits.kernel import Event
from audits.models import EventRow
from audits.past.decided import decided
from customers.domain.customer.events import CustomerApproved
from customers.domain.erasure.events import PersonalDataErased
from customers.domain.legal_hold.events import LegalHoldPlaced
from licenses.auditing import recompute as recompute_module
from licenses.auditing.recompute import (
    AGAIN,
    CROWDED,
    RACED,
    REFUSED_AGAIN,
    UNKNOWN,
    UNNAMED,
    UNSAID,
    Amiss,
    Outcome,
    Recomputed,
)
from licenses.domain.allotment.events import UsSaleReported
from licenses.domain.application.events import ApplicationApproved, ApplicationSubmitted
from licenses.domain.edition.events import EditionApproved, EditionTookEffect
from licenses.domain.escrow.events import DepositBooked, EscrowForfeited
from licenses.domain.lab_test.events import CertificateIssued
from licenses.domain.laboratory.events import LaboratoryAccredited
from licenses.domain.policy.model import Condition
from licenses.domain.remittance.events import RemittanceAssessed, RemittanceReconciled
from licenses.domain.shipment.events import ClearanceAssessed, ShipmentDispatched
from tests.licenses.auditing.recomputing import (
    SUMMED,
    committed,
    first,
    recomputed,
    reworded,
    unexplained,
    unexplained_at_least,
)
from tests.licenses.verification.tampering import as_superuser, rewrite
from tests.support.people import identity

__all__ = ["committed"]


@pytest.mark.usefixtures("played")
def test_in_a_healthy_journal_every_decision_comes_out_as_it_was_recorded() -> None:
    before = list(SUMMED.all())
    found = recomputed()
    assert found.is_clean, found.unexplained
    assert set(found.decisions) == {AGAIN, REFUSED_AGAIN, RACED}, found.decisions
    assert sum(found.decisions[AGAIN].values()) > 100
    assert list(SUMMED.all()) == before


def without(event: Any, condition: Condition, **changes: Any) -> Any:
    """Change what an event says of one condition."""
    verdicts = tuple(
        replace(each, **changes) if each.condition is condition else each for each in event.verdicts
    )
    return replace(event, verdicts=verdicts)


HOUR: Final = timedelta(hours=1)
TIMES: Final = ("approved_at", "effective_from")
FORGED: Final[list[tuple[type[Event], Any]]] = [
    (CustomerApproved, lambda event: replace(event, list_sha256="0" * 64)),
    (UsSaleReported, lambda event: replace(event, tpp_per_unit=1)),
    (ApplicationSubmitted, lambda event: replace(event, fingerprint="0" * 64)),
    (ApplicationApproved, lambda event: without(event, Condition.VOLUME_CAP, holds=False)),
    (DepositBooked, lambda event: replace(event, credited_cents=1)),
    (CertificateIssued, lambda event: replace(event, sampled=1)),
    (
        ClearanceAssessed,
        lambda event: replace(event, clearance=replace(event.clearance, holds=True)),
    ),
    (ShipmentDispatched, lambda event: replace(event, allotment_id=identity("another"))),
    (
        EditionApproved,
        lambda event: replace(event, **dict.fromkeys(TIMES, event.approved_at - HOUR)),
    ),
    (EditionTookEffect, lambda event: replace(event, sha256="0" * 64)),
    (LaboratoryAccredited, lambda event: replace(event, edition="another")),
    (LegalHoldPlaced, lambda event: replace(event, by=identity("another"))),
    (PersonalDataErased, lambda event: replace(event, by=identity("another"))),
    (RemittanceAssessed, lambda event: replace(event, amount_cents=1)),
    (RemittanceReconciled, lambda event: replace(event, ledger_due_cents=1)),
]


@pytest.mark.parametrize(("kind", "change"), FORGED, ids=[kind.__name__ for kind, _ in FORGED])
@pytest.mark.usefixtures("played")
def test_what_the_facts_did_not_give_is_named(kind: type[Event], change: Any) -> None:
    event = first(kind)
    rewrite(event, change(event.data))
    found = recomputed()
    assert found.otherwise
    assert _named(found, event), found.otherwise


@pytest.mark.usefixtures("played")
def test_what_a_dispatch_says_of_other_shipments_is_looked_up_again() -> None:
    event = first(ShipmentDispatched)
    rewrite(event, without(event.data, Condition.REMITTANCE, reason="All is paid"))
    found = recomputed()
    assert _named(found, event), found.otherwise


def _named(found: Recomputed, event: Recorded[Any]) -> bool:
    """Tell whether a difference names the event, or another one of its command."""
    ids = {str(each) for each in _of_command(event.command.id)}
    return any(each in one.subject for one in found.otherwise for each in ids)


def _of_command(command_id: UUID) -> list[UUID]:
    return list(EventRow.objects.filter(command_id=command_id).values_list("event_id", flat=True))


@pytest.mark.usefixtures("played")
def test_what_nobody_asked_is_named() -> None:
    """A field that the command gave, forged: no command with this fingerprint said that."""
    event = first(LaboratoryAccredited)
    rewrite(event, replace(event.data, name="Another"))
    [(why, subject)] = unexplained()
    assert (why, str(event.event_id) in subject) == (UNSAID, True)


@pytest.mark.usefixtures("played")
def test_a_payment_whose_payer_was_named_is_taken_again_but_for_the_name() -> None:
    """The bank's name for the payer is sealed, and an event of a booked deposit keeps no name."""
    event = first(DepositBooked)
    reworded(event, fingerprint="0" * 64)
    found = recomputed()
    assert found.is_clean, found.unexplained
    assert found.decisions[UNNAMED] == {"BookDeposit": 1}
    rewrite(first(DepositBooked), replace(event.data, credited_cents=1))
    assert UNSAID in {why for why, _ in unexplained_at_least()}


@pytest.mark.parametrize("name", ["AccreditAnything", "PersonEnrolled"])
@pytest.mark.usefixtures("played")
def test_what_no_command_decides_is_named(name: str) -> None:
    """Neither a name that nothing has, nor one under which the journal itself writes elsewhere."""
    event = first(LaboratoryAccredited)
    reworded(event, name=name)
    assert recomputed().decisions[UNKNOWN] == {name: 1}
    [(why, subject)] = unexplained()
    assert (why, str(event.event_id) in subject) == (UNKNOWN, True)


@pytest.mark.parametrize("kind", [LaboratoryAccredited, EscrowForfeited])
@pytest.mark.usefixtures("played")
def test_a_command_beside_another_in_one_transaction_is_named(kind: type[Event]) -> None:
    """No person's and no process's is: whoever writes to the table could hide a decision so."""
    one, other = first(kind), first(LegalHoldPlaced)
    as_superuser(
        "audits_event",
        "UPDATE audits_event SET xid = (SELECT xid FROM audits_event WHERE event_id = %s)"
        " WHERE event_id = %s",
        one.event_id,
        other.event_id,
    )
    assert {why for why, _ in unexplained()} == {CROWDED}


@pytest.mark.usefixtures("played")
def test_what_had_to_be_refused_is_named() -> None:
    """With the customer's approval rewritten into the past, nothing could be licensed to it."""
    event = first(CustomerApproved)
    rewrite(event, replace(event.data, expires_at=event.recorded_at))
    kinds = {each.kind for each in recomputed().otherwise}
    assert "decision_not_possible" in kinds


def told(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, dict[str, Any]]:
    """Run the tool; give how it ends, and what it says."""
    code = 0
    try:
        call_command("audit", "recompute", *options)
    except SystemExit as ended:
        code = int(str(ended.code))
    return code, json.loads(capsys.readouterr().out)


def listed(said: dict[str, Any]) -> dict[str, int]:
    """Give the length of each list, as the tool counts it and as it is."""
    among = Counter(each["among"] for each in said["cases"])
    lengths = {each.value: said[each.value] for each in Amiss}
    assert {each.value: among[each.value] for each in Amiss} == lengths
    return lengths


@pytest.mark.usefixtures("played")
def test_the_tool_exits_with_1_where_something_comes_out_otherwise(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, said = told(capsys, "--json")
    assert (code, listed(said)) == (0, {"otherwise": 0, "unexplained": 0, "not_taken": 1})
    event = first(DepositBooked)
    rewrite(event, replace(event.data, held_cents=1))
    code, said = told(capsys, "--json")
    assert code == 1
    assert listed(said)["otherwise"] > 0
    assert any(str(event.event_id) in each["subject"] for each in said["cases"])
    assert told(capsys) == (1, said)


@pytest.mark.usefixtures("played")
def test_the_tool_exits_with_1_where_something_cannot_be_taken_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    event = first(LaboratoryAccredited)
    rewrite(event, replace(event.data, name="Another"))
    code, said = told(capsys, "--json")
    assert (code, listed(said)) == (1, {"otherwise": 0, "unexplained": 1, "not_taken": 1})
    [case] = [each for each in said["cases"] if each["among"] == Amiss.UNEXPLAINED]
    assert (case["kind"], str(event.event_id) in case["subject"]) == (UNSAID, True)


@pytest.mark.usefixtures("played")
def test_what_the_tool_counts_is_what_was_found(capsys: pytest.CaptureFixture[str]) -> None:
    event = first(CustomerApproved)
    rewrite(event, replace(event.data, expires_at=event.recorded_at))
    found = recomputed()
    _, said = told(capsys, "--json")
    assert said["decisions"] == found.decisions
    cases = {
        (each["among"], each["kind"], each["subject"], each["detail"]) for each in said["cases"]
    }
    assert cases == {
        (among.value, each.kind, each.subject, each.detail)
        for among in Amiss
        for each in getattr(found, among)
    }


class Counting:
    """Takes what is written, and keeps how much."""

    written = 0

    def write(self, text: str) -> int:
        """Count."""
        self.written += len(text)
        return len(text)

    def isatty(self) -> bool:
        """Say no."""
        return False


@pytest.mark.usefixtures("played")
def test_the_tool_writes_what_it_finds_before_it_goes_on_and_keeps_nothing_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However much differs: 20 MB of differences here, of which no two are held."""
    pages, length = 200, 100_000
    out = Counting()
    [one, *_] = next(iter(decided()))[1]
    written: list[int] = []

    def retaken() -> Iterator[tuple[int, list[Outcome]]]:
        for number in range(pages):
            written.append(out.written)
            detail = f"{number:0{length}}"
            found = Difference(kind="decision_otherwise", subject="a command", detail=detail)
            yield number, [(one, AGAIN, [found])]

    monkeypatch.setattr(recompute_module, "retaken", retaken)
    monkeypatch.setattr(sys, "stdout", out)
    tracemalloc.start()
    try:
        with pytest.raises(SystemExit):
            call_command("audit", "recompute", "--json")
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert all(each >= number * length for number, each in enumerate(written))
    assert out.written > pages * length
    assert peak_bytes < pages * length / 4
