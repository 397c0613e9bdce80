"""Verification names what was tampered with, in every way a superuser may tamper."""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connection
from msgspec import to_builtins
from psycopg import sql

from audits import queries, verification
from audits.codec import canonical, leaf_hash
from audits.differences import Difference, Look
from audits.sequencing import Sequencer
from audits.verification import journal
from tests.audits import histories
from tests.audits.histories import TIMES_OF_THE_LOG
from tests.support.people import INTRUDER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("jars")]

JOURNAL = tuple(journal.CHECKS)
NOT_SEALED = {"tree": 0, "checkpoints": 0, "files": 0}
GUARDED = {
    "audits_event": ("before_insert", "immutable", "no_truncate", "halt_lifted_by_two"),
    "audits_log": ("before_insert", "immutable", "no_truncate"),
    "audits_tile": ("before_insert", "immutable", "no_truncate"),
    "audits_frontier": ("before_update", "no_delete", "no_truncate"),
    "audits_checkpoint": ("before_insert", "immutable", "no_truncate"),
    "audits_cosignature": ("immutable", "no_truncate"),
}


def run(statement: str | sql.Composed, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def fetch(statement: str, *values: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        [(value,)] = cursor.fetchall()
    return value


@contextmanager
def guards_lifted() -> Iterator[None]:
    """Do what only a superuser can do, and leave no trace of how."""
    run("SET CONSTRAINTS ALL IMMEDIATE")
    for table in GUARDED:
        run(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    yield
    for table, names in GUARDED.items():
        run(f"ALTER TABLE {table} ENABLE TRIGGER ALL")
        for name in names:
            run(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_{name}")


def event_of(stream: UUID, version: int) -> UUID:
    found: UUID = fetch(
        "SELECT event_id FROM audits_event WHERE stream_id = %s AND version = %s", stream, version
    )
    return found


def rewrite(stream: UUID, version: int, change: Callable[[dict[str, Any]], object]) -> None:
    """Change what an event's bytes say, and make the hash fit."""
    event = event_of(stream, version)
    envelope = json.loads(
        bytes(fetch("SELECT canonical FROM audits_event WHERE event_id=%s", event))
    )
    change(envelope)
    replace_bytes(stream, version, canonical(envelope))


def replace_bytes(stream: UUID, version: int, content: bytes) -> None:
    with guards_lifted():
        run(
            "UPDATE audits_event SET canonical = %s, leaf_hash = %s WHERE event_id = %s",
            content,
            leaf_hash(content),
            event_of(stream, version),
        )


def tamper(statement: str | sql.Composed, *values: Any) -> None:
    with guards_lifted():
        run(statement, *values)


def carry_times_along() -> None:
    """Make every place of the log say when the latest event up to it was recorded."""
    tamper(TIMES_OF_THE_LOG)


def verify() -> verification.Report:
    return verification.verify(only=JOURNAL)


def kinds(*expected: str) -> None:
    """Expect differences of one kind, each about a subject that contains the text."""
    report = verify()
    kind, *subjects = expected
    assert report.kind == kind, report.differences
    assert {difference.kind for difference in report.differences} == {kind}
    found = [difference.subject for difference in report.differences]
    assert len(found) == len(subjects), found
    for subject in subjects:
        assert any(subject in each for each in found), (subject, found)


@pytest.fixture
def jar() -> UUID:
    """Four events in one stream, before and after those of others, all of them in the log."""
    histories.smashed_jar()
    jar = histories.full_jar(100, 200, 300)
    histories.smashed_jar()
    Sequencer().run_until_empty()
    return jar


@pytest.mark.usefixtures("jars", "jar")
def test_a_sound_journal_has_no_difference() -> None:
    assert verify() == verification.Report(passed=JOURNAL)


def test_an_empty_journal_has_no_difference() -> None:
    assert verify().is_sound


class Counting:
    """Progress that adds up."""

    def __init__(self) -> None:
        self.totals: dict[str, int] = {}
        self.looked_at: dict[str, int] = {}
        self.check = ""

    def begin(self, check: str, total: int) -> None:
        self.check = check
        self.totals[check] = total
        self.looked_at[check] = 0

    def advance(self, count: int) -> None:
        self.looked_at[self.check] += count


@pytest.mark.parametrize("page_size", [1, 2, 3, 10, 11])
def test_every_record_is_looked_at_whatever_the_size_of_a_page(
    jar: UUID, page_size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "PAGE_SIZE", page_size)
    counting = Counting()
    assert verification.verify(counting, only=JOURNAL).is_sound
    assert counting.looked_at == counting.totals
    assert counting.totals == dict.fromkeys(JOURNAL, 10) | {
        "guards": 2,
        "accesses": 0,
        **NOT_SEALED,
    }
    tamper("UPDATE audits_event SET leaf_hash = '\\x00' WHERE event_id = %s", event_of(jar, 4))
    kinds("leaf_hash_wrong", f"{jar}@4")


# -- Bytes ---------------------------------------------------------------------------------


def test_changed_bytes_are_named_by_their_hash(jar: UUID) -> None:
    tamper(
        "UPDATE audits_event SET canonical = convert_to(replace(convert_from(canonical, 'UTF8'),"
        " '\"200\"', '\"900\"'), 'UTF8') WHERE stream_id = %s",
        jar,
    )
    kinds("leaf_hash_wrong", f"{jar}@3")


@pytest.mark.parametrize("bit", [0, 7, 800, 3_003])
def test_one_flipped_bit_is_named(jar: UUID, bit: int) -> None:
    tamper(
        "UPDATE audits_event SET canonical = set_bit(canonical, %s, 1 - get_bit(canonical, %s))"
        " WHERE event_id = %s",
        bit,
        bit,
        event_of(jar, 2),
    )
    kinds("leaf_hash_wrong", f"{jar}@2")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("person_id", INTRUDER.person_id),
        ("organization_id", INTRUDER.organization_id),
        ("recorded_at", "2020-01-01T00:00:00Z"),
        ("type", "jar_smashed"),
        ("schema_version", 2),
        ("command_id", UUID(int=1)),
        ("ordinal", 1),
        ("correlation_id", UUID(int=1)),
        ("causation_id", UUID(int=1)),
        ("aggregate", "bottle"),
    ],
)
def test_a_changed_column_is_named(jar: UUID, column: str, value: object) -> None:
    statement = sql.SQL("UPDATE audits_event SET {} = %s WHERE event_id = %s")
    tamper(statement.format(sql.Identifier(column)), value, event_of(jar, 2))
    kinds("columns_wrong", f"{jar}@2")
    assert column in verify().differences[0].detail


def test_bytes_of_another_event_are_named_though_their_hash_fits(jar: UUID) -> None:
    rewrite(jar, 2, lambda envelope: envelope["actor"].update(person_id=str(INTRUDER.person_id)))
    kinds("columns_wrong", f"{jar}@2")


@pytest.mark.parametrize("content", [b"", b"nonsense", b"{}", b"[1]", b'{"a":\xff}'])
def test_unreadable_bytes_are_named(jar: UUID, content: bytes) -> None:
    replace_bytes(jar, 2, content)
    kinds("bytes_unreadable", f"{jar}@2")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content.replace(b"{", b"{ ", 1),
        lambda content: content.replace(b'"version":2}', b'"version":1,"version":2}'),
        lambda content: content.replace(b"100", b"\\u0031\\u0030\\u0030"),
        lambda content: content + b"\n",
    ],
    ids=["blank", "repeated key", "needless escape", "newline"],
)
def test_another_spelling_of_the_same_content_is_named(
    jar: UUID, spoil: Callable[[bytes], bytes]
) -> None:
    event = event_of(jar, 2)
    content = bytes(fetch("SELECT canonical FROM audits_event WHERE event_id = %s", event))
    assert spoil(content) != content
    replace_bytes(jar, 2, spoil(content))
    kinds("bytes_not_canonical", f"{jar}@2")


# -- Streams -------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_removed_event_is_named_by_the_gap_in_its_stream(jar: UUID, version: int) -> None:
    event = event_of(jar, version)
    tamper("DELETE FROM audits_log WHERE event_id = %s", event)
    tamper("DELETE FROM audits_event WHERE event_id = %s", event)
    kinds("version_gap", str(jar))


def test_the_removed_end_of_a_stream_is_named_by_the_gap_in_the_log(jar: UUID) -> None:
    event = event_of(jar, 4)
    index = fetch("SELECT log_index FROM audits_log WHERE event_id = %s", event)
    tamper("DELETE FROM audits_log WHERE event_id = %s", event)
    tamper("DELETE FROM audits_event WHERE event_id = %s", event)
    kinds("log_gap", f"log index {index + 1}")


@pytest.mark.parametrize(("seconds", "is_sound"), [(125, True), (125.001, False)])
def test_an_event_recorded_before_its_predecessor_is_named(
    jar: UUID, seconds: float, *, is_sound: bool
) -> None:
    before = fetch("SELECT recorded_at FROM audits_event WHERE event_id = %s", event_of(jar, 2))
    moment = before - timedelta(seconds=seconds)
    rewrite(jar, 3, lambda envelope: envelope.update(recorded_at=to_builtins(moment)))
    tamper("UPDATE audits_event SET recorded_at = %s WHERE event_id = %s", moment, event_of(jar, 3))
    carry_times_along()
    assert verification.verify(only=("bytes", "versions")).is_sound == is_sound
    if not is_sound:  # version 4 follows a wrong time in peace: only what goes back is named
        kinds("recorded_before_predecessor", f"{jar}@3")


def test_a_stream_that_changes_its_aggregate_is_named(jar: UUID) -> None:
    rewrite(jar, 3, lambda envelope: envelope.update(aggregate="bottle"))
    tamper("UPDATE audits_event SET aggregate = 'bottle' WHERE event_id = %s", event_of(jar, 3))
    kinds("aggregate_mixed", f"{jar}@3")


def test_an_aggregate_that_nothing_folds_is_named(jar: UUID) -> None:
    for version in range(1, 5):
        rewrite(jar, version, lambda envelope: envelope.update(aggregate="bottle"))
    tamper("UPDATE audits_event SET aggregate = 'bottle' WHERE stream_id = %s", jar)
    kinds("aggregate_unknown", str(jar))


@pytest.mark.parametrize(
    "change",
    [
        lambda envelope: envelope["data"].update(surprise=1),
        lambda envelope: envelope["data"].pop("amount_cents"),
        lambda envelope: envelope["data"].update(amount_cents="-1"),
    ],
    ids=["unknown field", "missing field", "negative money"],
)
def test_an_event_that_cannot_be_decoded_is_named(
    jar: UUID, change: Callable[[dict[str, Any]], object]
) -> None:
    rewrite(jar, 3, change)
    kinds("stream_does_not_fold", f"{jar}@3")


def test_an_event_that_cannot_have_happened_then_is_named_once(jar: UUID) -> None:
    opened = fetch("SELECT canonical FROM audits_event WHERE event_id = %s", event_of(jar, 1))
    filled = json.loads(bytes(opened)) | {"type": "jar_smashed", "data": {}}
    replace_bytes(jar, 1, canonical(filled))
    tamper("UPDATE audits_event SET type = 'jar_smashed' WHERE event_id = %s", event_of(jar, 1))
    kinds("stream_does_not_fold", f"{jar}@1")


# -- The log -------------------------------------------------------------------------------


def test_a_removed_place_in_the_log_is_named(jar: UUID) -> None:
    index = fetch("SELECT log_index FROM audits_log WHERE event_id = %s", event_of(jar, 4))
    tamper("DELETE FROM audits_log WHERE log_index = %s", index)
    kinds("log_gap", f"log index {index + 1}")


@pytest.mark.usefixtures("jars", "jar")
def test_a_log_that_does_not_begin_at_0_is_named() -> None:
    tamper("UPDATE audits_log SET log_index = log_index + 100")
    tamper("UPDATE audits_log SET log_index = log_index - 99")
    kinds("log_gap", "log index 1")


def test_swapped_places_of_one_stream_are_named(jar: UUID) -> None:
    first, second = (
        fetch("SELECT log_index FROM audits_log WHERE event_id = %s", event_of(jar, version))
        for version in (2, 3)
    )
    for old, new in ((first, 1_000), (second, first), (1_000, second)):
        tamper("UPDATE audits_log SET log_index = %s WHERE log_index = %s", new, old)
    carry_times_along()
    # Version 3 stands before version 2, and version 4 behind both.
    kinds("log_order_wrong", f"log index {first}")


@pytest.mark.parametrize("moved", [timedelta(microseconds=1), timedelta(microseconds=-1)])
@pytest.mark.parametrize("version", [1, 2, 4])
def test_a_place_that_says_another_time_than_its_latest_event_is_named(
    jar: UUID, version: int, moved: timedelta
) -> None:
    index = fetch("SELECT log_index FROM audits_log WHERE event_id = %s", event_of(jar, version))
    tamper("UPDATE audits_log SET latest_at = latest_at + %s WHERE log_index = %s", moved, index)
    kinds("log_latest_wrong", f"log index {index}")


def test_an_effect_before_its_cause_is_named(jar: UUID) -> None:
    cause = event_of(jar, 4)
    rewrite(jar, 2, lambda envelope: envelope.update(causation_id=str(cause)))
    tamper("UPDATE audits_event SET causation_id = %s WHERE event_id = %s", cause, event_of(jar, 2))
    index = fetch("SELECT log_index FROM audits_log WHERE event_id = %s", event_of(jar, 2))
    kinds("log_cause_late", f"log index {index}")


def test_a_place_without_an_event_is_named(jar: UUID) -> None:
    index = fetch("SELECT log_index FROM audits_log WHERE event_id = %s", event_of(jar, 4))
    tamper("UPDATE audits_log SET event_id = %s WHERE log_index = %s", UUID(int=9), index)
    kinds("log_without_event", f"log index {index}")


@pytest.mark.usefixtures("jars", "jar")
def test_an_event_without_a_place_is_named_once_the_sequencer_must_have_seen_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    late = histories.full_jar()
    assert verify().is_sound
    monkeypatch.setattr(journal, "GRACE_SECONDS", -1)
    kinds("event_not_in_log", str(event_of(late, 1)))


# -- Guards --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE audits_event DISABLE TRIGGER audits_event_immutable",
        "ALTER TABLE audits_event ENABLE TRIGGER audits_event_immutable",
        "ALTER TABLE audits_event ENABLE REPLICA TRIGGER audits_event_immutable",
        "DROP TRIGGER audits_event_immutable ON audits_event",
    ],
)
def test_a_guard_that_is_not_always_enabled_is_named(statement: str) -> None:
    run(statement)
    kinds("guard_missing", "audits_event_immutable on audits_event")


@pytest.mark.parametrize(
    ("statement", "subject"),
    [
        ("GRANT UPDATE ON audits_event TO tollgate_web", "tollgate_web on audits_event"),
        ("GRANT INSERT (event_id) ON audits_event TO tollgate_web", "tollgate_web on audits_event"),
        ("GRANT DELETE ON audits_log TO PUBLIC", "PUBLIC on audits_log"),
        ("REVOKE SELECT ON audits_log FROM tollgate_auditor", "tollgate_auditor on audits_log"),
    ],
)
def test_a_grant_beside_the_matrix_is_named(statement: str, subject: str) -> None:
    run(statement)
    kinds("grant_wrong", subject)


# -- The frame -----------------------------------------------------------------------------


def test_every_difference_of_the_first_kind_is_named_and_none_of_another(jar: UUID) -> None:
    tamper("UPDATE audits_event SET ordinal = ordinal + 1 WHERE stream_id = %s", jar)
    tamper("DELETE FROM audits_log")
    kinds("columns_wrong", *(f"{jar}@{version}" for version in range(1, 5)))
    assert verify().passed == ()
    assert verify().failed == "bytes"


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    mine: dict[str, Any] = {}
    monkeypatch.setattr(verification, "_added", mine)
    return mine


def test_an_added_check_runs_after_those_of_the_journal(added: dict[str, Any]) -> None:
    def trial_balance(look: Look) -> Iterator[Difference]:
        look.expect(2)
        look.done(2)
        yield Difference(kind="balance_off", subject="account 1", detail="1 cent")
        yield Difference(kind="other", subject="account 1", detail="not told")
        yield Difference(kind="balance_off", subject="account 2", detail="2 cents")

    verification.add_check("balance", trial_balance)
    assert list(added) == ["balance"]
    report = verification.verify()
    assert report.passed == JOURNAL
    assert report.failed == "balance"
    assert [each.subject for each in report.differences] == ["account 1", "account 2"]


@pytest.mark.usefixtures("added")
def test_the_command_exits_with_1_and_names_the_difference(
    jar: UUID, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("verify")
    told = capsys.readouterr()
    assert told.out == f"no difference; checked: {', '.join(JOURNAL)}\n"
    assert "versions" in told.err
    tamper("UPDATE audits_event SET ordinal = 9 WHERE event_id = %s", event_of(jar, 2))
    with pytest.raises(SystemExit) as exited:
        call_command("verify")
    assert exited.value.code == 1
    assert "columns_wrong: event" in capsys.readouterr().out


@pytest.mark.usefixtures("added")
def test_the_command_prints_one_json_object(jar: UUID) -> None:
    out = io.StringIO()
    call_command("verify", "--json", stdout=out)
    assert json.loads(out.getvalue()) == {
        "passed": list(JOURNAL),
        "failed": None,
        "kind": None,
        "differences": [],
    }
    tamper("UPDATE audits_event SET ordinal = 9 WHERE event_id = %s", event_of(jar, 2))
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("verify", "--json", "--only", "bytes", stdout=out)
    report = json.loads(out.getvalue())
    assert (report["failed"], report["kind"]) == ("bytes", "columns_wrong")
    [difference] = report["differences"]
    assert difference["kind"] == "columns_wrong"
    assert f"{jar}@2" in difference["subject"]


@pytest.mark.django_db(transaction=True)
def test_all_checks_see_one_moment_and_cannot_write(added: dict[str, Any]) -> None:
    def writes(look: Look) -> Iterator[Difference]:
        look.expect(0)
        isolation = fetch("SHOW transaction_isolation")
        read_only = fetch("SHOW transaction_read_only")
        yield Difference(kind="seen", subject=isolation, detail=read_only)

    verification.add_check("writes", writes)
    [seen] = verification.verify(only=("writes",)).differences
    assert (seen.subject, seen.detail) == ("repeatable read", "on")
    assert added
