"""Verification names what was tampered with: the frame, the guards, what every check has in common."""

import io
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command

from audits import queries, verification
from audits.differences import Difference, Look
from tests.audits.verification.tampering import JOURNAL, event_of, fetch, kinds, run, tamper, verify

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("jars")]


NOT_SEALED = {"tree": 0, "checkpoints": 0, "files": 0}


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
