"""Every decision is taken again from the facts it saw; one that was forged comes out otherwise."""

import json
from collections import Counter
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import pytest
from django.core.management import call_command
from msgspec.structs import replace

from audits.codec import Recorded, fingerprint_of
from audits.differences import Look, Silence
from audits.execution import refusals
from audits.kernel import Event, Refused
from audits.models import EventRow
from audits.reading import decode
from audits.replay import wire_names
from customers.domain.customer.events import CustomerApproved
from customers.domain.erasure.events import PersonalDataErased
from customers.domain.legal_hold.events import LegalHoldPlaced
from licenses.auditing.recompute import (
    AGAIN,
    CROWDED,
    INNOCENT,
    LOST,
    RACED,
    REFUSED_AGAIN,
    UNKEPT,
    UNKNOWN,
    UNNAMED,
    UNREAD,
    UNSAID,
    Recomputed,
    recompute,
)
from licenses.domain.allotment.events import UsSaleReported
from licenses.domain.application.events import ApplicationApproved, ApplicationSubmitted
from licenses.domain.edition.events import EditionApproved, EditionTookEffect
from licenses.domain.escrow.events import DepositBooked, EscrowForfeited
from licenses.domain.lab_test.events import CertificateIssued
from licenses.domain.laboratory.events import LaboratoryAccredited
from licenses.domain.license.commands import SuspendLicense
from licenses.domain.policy.model import Condition
from licenses.domain.remittance.events import RemittanceAssessed, RemittanceReconciled
from licenses.domain.shipment.events import ClearanceAssessed, ShipmentDispatched
from tests.licenses.auditing.attempts import Tried
from tests.licenses.verification.histories import Played
from tests.licenses.verification.tampering import as_superuser, rewrite
from tests.support.people import OFFICER, identity


@pytest.fixture(scope="module")
def committed(tried: Tried) -> Played:
    """Give the world to `played`."""
    return tried.played


SUMMED: Final = EventRow.objects.order_by("event_id").values_list("event_id", "leaf_hash")


def recomputed() -> Recomputed:
    return recompute(Look(name="recompute", progress=Silence()))


def first(kind: type[Event]) -> Recorded[Any]:
    rows = EventRow.objects.filter(type__in=wire_names([kind])).order_by("recorded_at")
    return decode(bytes(rows[0].canonical))


@pytest.mark.usefixtures("played")
def test_in_a_healthy_journal_every_decision_comes_out_as_it_was_recorded() -> None:
    before = list(SUMMED.all())
    found = recomputed()
    assert found.is_clean, found.unexplained
    assert set(found.decisions) == {AGAIN, REFUSED_AGAIN, RACED}, found.decisions
    assert sum(found.decisions[AGAIN].values()) > 100
    assert list(SUMMED.all()) == before


@pytest.mark.usefixtures("played")
def test_every_refusal_is_decided_again_and_refused_for_the_same_reason(tried: Tried) -> None:
    found = recomputed()
    assert sum(found.decisions[REFUSED_AGAIN].values()) == len(tried.codes) - 1
    assert found.decisions[RACED] == {"SuspendLicense": 1}
    assert found.otherwise == ()


def refusal(code: str) -> tuple[Recorded[Any], Recorded[Any]]:
    """Find the first refusal with this code, and what is kept of its command."""
    rows = EventRow.objects.filter(type="command_refused").order_by("recorded_at")
    said = next(each for row in rows if (each := decode(bytes(row.canonical))).data.code == code)
    [kept] = EventRow.objects.filter(command_id=said.command.id, type="refused_command_kept")
    return said, decode(bytes(kept.canonical))


def kinds() -> list[str]:
    return [each.kind for each in recomputed().otherwise]


CODES: Final = (
    *("role_not_permitted", "application_not_pending", "application_duplicate", "four_eyes"),
    *("conditions_not_met", "serial_already_shipped", "quantity_exceeded", "itn_already_used"),
    *("lot_not_certified", "deposit_conflict", "remittance_reference_used", "halted"),
    *("edition_in_force", "laboratory_not_domestic"),
    *("target_unknown", "approval_in_force", "already_erased"),
)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.usefixtures("played")
def test_a_refusal_for_another_reason_than_the_facts_gave_is_named(code: str) -> None:
    said, _ = refusal(code)
    rewrite(said, replace(said.data, code="because"))
    [found] = recomputed().otherwise
    assert (found.kind, str(said.event_id) in found.subject) == ("refusal_otherwise", True)
    assert code in found.detail


@pytest.mark.usefixtures("played")
def test_a_refusal_of_what_had_to_be_accepted_is_named() -> None:
    """Nothing but the moment spoke against what a constraint refused."""
    rows = EventRow.objects.filter(type="refused_command_kept")
    [raced] = [each for row in rows if (each := decode(bytes(row.canonical))).data.raced]
    rewrite(raced, replace(raced.data, raced=False))
    assert kinds() == ["refusal_not_due"]


@pytest.mark.usefixtures("played")
def test_a_refusal_for_other_figures_is_named() -> None:
    said, _ = refusal("conditions_not_met")
    extra = json.loads(said.data.extra_json)
    extra["failing"][0]["code"] = "another"
    rewrite(said, replace(said.data, extra_json=json.dumps(extra)))
    assert kinds() == ["refusal_otherwise"]


@pytest.mark.usefixtures("played")
def test_how_a_refusal_is_worded_may_change() -> None:
    said, _ = refusal("conditions_not_met")
    rewrite(said, replace(said.data, detail="In other words"))
    assert kinds() == []


@pytest.mark.usefixtures("played")
def test_another_command_than_the_one_refused_is_named() -> None:
    _, kept = refusal("license_not_in_force")
    rewrite(kept, replace(kept.data, body_json='{"reason":"Another"}'))
    assert kinds() == ["refused_command_otherwise"]


@pytest.mark.usefixtures("played")
def test_what_was_not_kept_is_counted_by_its_command() -> None:
    _, kept = refusal("license_not_in_force")
    rewrite(kept, replace(kept.data, body_json=None))
    found = recomputed()
    assert found.decisions[UNKEPT] == {"SuspendLicense": 1}
    said, _ = refusal("license_not_in_force")
    [named] = [each for each in found.not_taken if each.kind == UNKEPT]
    assert str(said.event_id) in named.subject
    assert found.is_clean


def test_a_refusal_of_a_long_command_is_decided_again_from_its_pieces(
    played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = recomputed().decisions[REFUSED_AGAIN]["SuspendLicense"]
    monkeypatch.setattr(refusals, "BODY_BYTES_AT_MOST", 40)
    with pytest.raises(Refused):
        played.stage.do(OFFICER, SuspendLicense(reason="Once more"), played.revoked.license_id)
    assert EventRow.objects.filter(type="refused_command_kept", version=3).count() == 1
    found = recomputed()
    assert found.decisions[REFUSED_AGAIN]["SuspendLicense"] == before + 1
    assert found.is_clean


@pytest.mark.usefixtures("played")
def test_a_decision_that_is_not_taken_again_is_counted_and_named_with_the_reason() -> None:
    found = recomputed()
    assert found.decisions[RACED] == {"SuspendLicense": 1}
    assert Counter(each.kind for each in found.not_taken) == {RACED: 1}
    assert all(each.detail == INNOCENT[each.kind] for each in found.not_taken)


def unexplained() -> list[tuple[str, str]]:
    """Tell what could not be taken again for no good reason, and that nothing else is amiss."""
    found = recomputed()
    assert (found.otherwise, found.is_clean) == ((), not found.unexplained)
    return [(each.kind, each.subject) for each in found.unexplained]


def unexplained_at_least() -> list[tuple[str, str]]:
    """Tell what could not be taken again for no good reason, whatever else is amiss."""
    return [(each.kind, each.subject) for each in recomputed().unexplained]


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


def reworded(event: Recorded[Any], **command: Any) -> None:
    """Write another command into the bytes of all that it recorded, as a superuser could."""
    for row in EventRow.objects.filter(command_id=event.command.id):
        said = decode(bytes(row.canonical))
        rewrite(replace(said, command=replace(said.command, **command)), said.data)


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
def test_a_refusal_of_which_nothing_is_kept_is_named() -> None:
    said, kept = refusal("license_not_in_force")
    for table in ("audits_log", "audits_event"):
        statement = f"DELETE FROM {table} WHERE event_id = %s"  # noqa: S608 -- a constant
        as_superuser(table, statement, kept.event_id)
    [(why, subject)] = unexplained()
    assert (why, str(said.event_id) in subject) == (LOST, True)


@pytest.mark.usefixtures("played")
def test_a_kept_command_that_cannot_be_read_is_named() -> None:
    """Its hash fits, and no command of that name has such fields."""
    said, kept = refusal("license_not_in_force")
    text = '{"another":"field"}'
    rewrite(kept, replace(kept.data, body_json=text))
    hashed = fingerprint_of(said.command.name, said.data.target_id, text.encode())
    reworded(said, fingerprint=hashed)
    [(why, subject)] = unexplained()
    assert (why, str(said.event_id) in subject) == (UNREAD, True)


@pytest.mark.usefixtures("played")
def test_what_had_to_be_refused_is_named() -> None:
    """With the customer's approval rewritten into the past, nothing could be licensed to it."""
    event = first(CustomerApproved)
    rewrite(event, replace(event.data, expires_at=event.recorded_at))
    kinds = {each.kind for each in recomputed().otherwise}
    assert "decision_not_possible" in kinds


@pytest.mark.usefixtures("played")
def test_the_tool_exits_with_1_where_something_comes_out_otherwise(
    capsys: pytest.CaptureFixture[str],
) -> None:
    call_command("audit", "recompute", "--json")
    assert json.loads(capsys.readouterr().out)["otherwise"] == []
    event = first(DepositBooked)
    rewrite(event, replace(event.data, held_cents=1))
    with pytest.raises(SystemExit) as ended:
        call_command("audit", "recompute", "--json")
    assert ended.value.code == 1
    told = json.loads(capsys.readouterr().out)["otherwise"]
    assert any(str(event.event_id) in each["subject"] for each in told)


@pytest.mark.usefixtures("played")
def test_the_tool_exits_with_1_where_something_cannot_be_taken_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    event = first(LaboratoryAccredited)
    rewrite(event, replace(event.data, name="Another"))
    with pytest.raises(SystemExit) as ended:
        call_command("audit", "recompute", "--json")
    assert ended.value.code == 1
    [told] = json.loads(capsys.readouterr().out)["unexplained"]
    assert (told["kind"], str(event.event_id) in told["subject"]) == (UNSAID, True)
