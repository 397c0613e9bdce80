"""Refusals are records: told again in the same words, kept with what was asked."""

from typing import Any, Final
from uuid import UUID

import msgspec
import pytest
from django.db import connection

from audits import context, execution, reading
from audits.codec import Recorded, body_of, fingerprint
from audits.events import BODY_BYTES_AT_MOST, CommandRefused, RefusedCommandKept
from audits.execution import Desk, Procedure, house
from audits.execution import refusals as recording
from audits.kernel import Facts, NotPermitted, Refused, Role
from tests.audits.api.toy import DECIDER, FillJar, SmashJar
from tests.audits.filling import FILL, TOO_MUCH, carry_out, held_cents, refusal_of, refusals
from tests.audits.histories import do, full_jar, smashed_jar
from tests.support.database import in_threads
from tests.support.people import AUDITOR, EXPORTER, SYSTEM

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("jars")]


def test_a_refusal_is_recorded_once_and_told_again_in_the_same_words() -> None:
    jar = full_jar()
    command_id = context.new_id()
    first = refusal_of(TOO_MUCH, jar, command_id=command_id)
    assert first == {
        "kind": Refused,
        "code": "jar_overflows",
        "detail": "Too much at once",
        "citation": None,
        "extra": {"room": 1_000},
    }
    do(SmashJar(), jar)  # now the rules would refuse it for another reason
    assert refusal_of(TOO_MUCH, jar, command_id=command_id) == first
    assert refusals() == 1
    [recorded] = reading.load(execution.REFUSALS, command_id).recorded
    assert recorded.actor == EXPORTER
    assert recorded.command.name == "FillJar"
    assert recorded.data == CommandRefused(
        target_id=jar,
        status=409,
        code="jar_overflows",
        detail="Too much at once",
        extra_json='{"room": 1000}',
    )


def test_a_citation_is_recorded_with_its_refusal() -> None:
    jar = smashed_jar()
    command_id = context.new_id()
    for _ in range(2):
        assert refusal_of(FILL, jar, command_id=command_id)["citation"] == "Toy 1.2"
    assert refusals() == 1


def test_a_lack_of_permission_is_recorded_and_told_again() -> None:
    jar = full_jar()
    command_id = context.new_id()
    first = refusal_of(FILL, jar, actor=AUDITOR, command_id=command_id)
    assert (first["kind"], first["code"]) == (NotPermitted, "role_not_permitted")
    assert refusal_of(FILL, jar, actor=AUDITOR, command_id=command_id) == first
    [recorded] = reading.load(execution.REFUSALS, command_id).recorded
    assert (recorded.data.status, recorded.actor) == (403, AUDITOR)
    assert held_cents(jar) == 0


def test_a_refused_process_leaves_no_record(monkeypatch: pytest.MonkeyPatch) -> None:
    procedure = Procedure(decider=DECIDER, roles=frozenset({Role.SYSTEM}))
    carry_out(monkeypatch, procedure)
    jar = full_jar()
    assert refusal_of(TOO_MUCH, jar, actor=SYSTEM)["code"] == "jar_overflows"
    assert refusals() == 0


def test_a_bug_is_no_refusal() -> None:
    jar = full_jar()
    with pytest.raises(ZeroDivisionError):
        do(FillJar(amount_cents=1, note="bug"), jar)
    assert refusals() == 0


@pytest.mark.django_db(transaction=True)
def test_a_repeat_that_was_answered_in_between_is_answered_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    jar = full_jar()
    lose_races(monkeypatch)
    command_id = context.new_id()
    remember = recording.remember
    between: list[reading.Receipt] = []

    def repeat_first(*arguments: Any) -> bool:
        """Let a repeat run, and win its race, before the refusal is recorded."""
        monkeypatch.setattr(house, "projectors", {})
        between.extend(in_threads(lambda _: do(FILL, jar, command_id=command_id), [0], threads=1))
        return remember(*arguments)

    monkeypatch.setattr(recording, "remember", repeat_first)
    assert do(FILL, jar, command_id=command_id) == between[0]
    assert refusals() == 0


def lose_races(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a constraint refuse every jar, as if somebody else had been faster."""

    def raced(*_arguments: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "DO $$ BEGIN RAISE unique_violation USING CONSTRAINT = 'jar_raced'; END $$"
            )

    monkeypatch.setattr(house, "projectors", {"jar": raced})
    refusal = Refused("jar_taken", "Somebody else was faster")
    monkeypatch.setattr(house, "constraints", {"jar_raced": refusal})


def kept(command_id: UUID) -> RefusedCommandKept:
    [event] = pieces(command_id)
    return event


def pieces(command_id: UUID) -> list[RefusedCommandKept]:
    """Read what was kept of a refused command, in as many events as it took."""
    stream = context.follow_up_id(command_id, execution.KEPT.aggregate)
    recorded = reading.load(execution.KEPT, stream).recorded
    command = refusal_event(command_id).command
    assert [each.command for each in recorded] == [
        msgspec.structs.replace(command, ordinal=place) for place in range(1, len(recorded) + 1)
    ]
    return [each.data for each in recorded]


def refusal_event(command_id: UUID) -> Recorded[CommandRefused]:
    [recorded] = reading.load(execution.REFUSALS, command_id).recorded
    return recorded


def test_what_a_refused_command_asked_is_kept_beside_its_refusal() -> None:
    jar, command_id = full_jar(), context.new_id()
    refusal_of(TOO_MUCH, jar, command_id=command_id)
    event = kept(command_id)
    assert event == RefusedCommandKept(body_json='{"amount_cents":1001,"note":null}', raced=False)
    again = msgspec.json.decode(event.body_json or "", type=FillJar)
    assert fingerprint(again, jar) == refusal_event(command_id).command.fingerprint


AROUND: Final = len(msgspec.json.encode(body_of(FillJar(amount_cents=1_001, note="")).decode()))
ONE_EVENT: Final = BODY_BYTES_AT_MOST - AROUND


@pytest.mark.parametrize(
    ("note", "count"),
    [
        ("x" * ONE_EVENT, 1),
        ("x" * (ONE_EVENT + 1), 4),
        ("\N{OLD PERSIAN NUMBER ONE}" * 100_000, 7),
        ('"' * 100_000, 14),
        ("x" + "\x7f\x01" * 50_000, 23),
    ],
    ids=["one event", "a byte more", "four bytes each", "escaped twice", "control characters"],
)
def test_what_is_long_is_kept_in_pieces(note: str, count: int) -> None:
    jar, command_id = full_jar(), context.new_id()
    refusal_of(FillJar(amount_cents=1_001, note=note), jar, command_id=command_id)
    found = pieces(command_id)
    assert len(found) == count
    body = "".join(each.body_json or "" for each in found)
    assert msgspec.json.decode(body, type=FillJar).note == note
    again = msgspec.json.decode(body, type=FillJar)
    assert fingerprint(again, jar) == refusal_event(command_id).command.fingerprint


def test_what_a_constraint_refused_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    jar, command_id = full_jar(), context.new_id()
    lose_races(monkeypatch)
    assert refusal_of(FILL, jar, command_id=command_id)["code"] == "jar_taken"
    assert kept(command_id).raced


def test_a_refusal_is_recorded_under_the_locks_of_its_decision(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So whatever it saw stands before it in the log, and what it did not see behind it."""
    jar, command_id, seen = full_jar(), context.new_id(), []

    def gather(desk: Desk, command: Any, loaded: reading.Loaded[Any]) -> Facts:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()::text")
            seen.extend(cursor.fetchone())
        return execution.plain_facts(desk, command, loaded)

    exporters = frozenset({Role.EXPORTER})
    carry_out(monkeypatch, Procedure(decider=DECIDER, roles=exporters, gather=gather))
    refusal_of(TOO_MUCH, jar, command_id=command_id)
    with connection.cursor() as cursor:
        cursor.execute("SELECT xid::text FROM audits_event WHERE command_id = %s", [command_id])
        assert {xid for (xid,) in cursor.fetchall()} == set(seen)
