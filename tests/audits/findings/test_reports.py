"""The report of a quarter: from events alone, as they stood when it ended."""

import io
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import msgspec
import pytest
from django.core.management import CommandError, call_command
from msgspec.structs import replace

from audits import context, execution, store
from audits.codec import fingerprint_of
from audits.domain.finding import commands as finding
from audits.domain.finding.events import FindingCleared
from audits.domain.halt import commands as halt
from audits.domain.halt.commands import HaltKind
from audits.findings import finding_id, reports
from audits.findings.reports import AuditFindings, QuarterUnknownError, bounds, quarter_of
from audits.halting import HALTS
from audits.kernel import Command, Refused
from audits.sequencing import Sequencer
from tests.audits.histories import context_of
from tests.support.client import client_of, person_of
from tests.support.people import AUDITOR, EXPORTER, OFFICER, SYSTEM

pytestmark = pytest.mark.django_db


def do(actor: Any, command: Command, target: UUID) -> None:
    execution.execute(command, target, context_of(actor))


def raise_one(subject: str, *, halts: HaltKind | None = None) -> UUID:
    matter = {"audit": "toy", "kind": "amiss", "subject": subject}
    command = finding.RaiseFinding(**matter, detail="1, not 2", evidence=(), halts=halts)
    target = finding_id(**matter)
    do(SYSTEM, command, target)
    return target


@pytest.fixture
def quarter() -> str:
    """Raise four findings, clear one, close one, accept one; halt money and lift it, halt volume."""
    person_of(AUDITOR)
    closed, cleared = raise_one("closed"), raise_one("cleared", halts=HaltKind.MONEY)
    accepted = raise_one("accepted")
    raise_one("open", halts=HaltKind.VOLUME)
    do(SYSTEM, finding.ClearFinding(), cleared)
    for answered in (closed, accepted):
        do(OFFICER, finding.AssignFinding(assignee_id=AUDITOR.person_id), answered)
        do(AUDITOR, finding.AnswerFinding(answer="A test"), answered)
    do(OFFICER, finding.AcceptFinding(reason="It stays"), accepted)
    do(OFFICER, finding.CloseFinding(reason="Agreed"), closed)
    do(AUDITOR, halt.ProposeLift(reason="Fine"), HALTS[HaltKind.MONEY])
    do(OFFICER, halt.ConfirmLift(reason="Fine"), HALTS[HaltKind.MONEY])
    Sequencer().run_until_empty()
    return quarter_of(context.database_now())


@pytest.mark.parametrize(
    ("quarter", "begins", "ends"),
    [
        ("2026Q1", (2026, 1), (2026, 4)),
        ("2026Q3", (2026, 7), (2026, 10)),
        ("2026Q4", (2026, 10), (2027, 1)),
    ],
)
def test_a_quarter_is_half_open(
    quarter: str, begins: tuple[int, int], ends: tuple[int, int]
) -> None:
    first, after = datetime(*begins, 1, tzinfo=UTC), datetime(*ends, 1, tzinfo=UTC)
    assert bounds(quarter) == (first, after)
    assert quarter_of(first) == quarter
    assert quarter_of(after - timedelta(microseconds=1)) == quarter
    assert quarter_of(after) != quarter


@pytest.mark.parametrize(
    "name", ["2026", "2026Q0", "2026Q5", "26Q1", "2026q1", "2026Q11", "2026Q4\n", ""]
)
def test_anything_else_is_no_quarter(name: str) -> None:
    with pytest.raises(QuarterUnknownError):
        bounds(name)


def test_the_report_counts_what_happened_and_names_what_is_open(quarter: str) -> None:
    found = reports.report(quarter, context.database_now())
    assert found.findings == (
        AuditFindings(audit="toy", raised=4, cleared=1, closed=1, accepted=1, reopened=0, open=1),
    )
    [still] = found.open_findings
    assert (still.subject, still.status, still.assignee_id) == ("open", "raised", None)
    spans = {span.kind: span for span in found.halts}
    assert spans[HaltKind.MONEY].lifted_by == (AUDITOR.person_id, OFFICER.person_id)
    assert spans[HaltKind.VOLUME].lifted_at is None
    assert (found.is_over, found.refusals) == (False, 0)
    assert found.events > 10


def test_a_quarter_knows_nothing_of_what_follows_it(quarter: str) -> None:
    begins, ends = bounds(quarter)
    before = quarter_of(begins - timedelta(days=1))
    found = reports.report(before, ends)
    assert (found.events, found.findings, found.open_findings, found.halts) == (0, (), (), ())
    after = reports.report(quarter_of(ends), ends)
    assert after.events == 0
    [line] = after.findings
    assert (line.raised, line.open) == (0, 1)
    assert {span.kind for span in after.halts} == {HaltKind.VOLUME}


def cleared_at(moment: datetime, target: UUID) -> None:
    """Record that a finding is gone, by a clock that was set back or in a commit that came late."""
    name = "ClearFinding"
    sent = replace(context_of(SYSTEM), now=moment, command_id=context.new_id())
    draft = store.Draft("finding", target, 2, FindingCleared())
    store.append(store.seal([draft], sent, store.Cause(name, fingerprint_of(name, target))))
    Sequencer().run_until_empty()


def test_a_report_of_what_is_over_never_changes_whatever_comes_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = context.database_now()
    monkeypatch.setattr(reports, "bounds", lambda _quarter: (now - timedelta(hours=1), now))
    assert reports.report("2026Q3", now).settled is False
    target = raise_one("after the end")
    Sequencer().run_until_empty()
    filed = msgspec.json.encode(reports.report("2026Q3", now))
    cleared_at(now - timedelta(minutes=1), target)
    again = reports.report("2026Q3", now)
    assert (again.settled, again.findings, again.events) == (True, (), 0)
    assert msgspec.json.encode(again) == filed


def test_what_stood_open_at_the_end_stays_so_though_it_is_gone_since(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    target = raise_one("before the end", halts=HaltKind.MONEY)
    Sequencer().run_until_empty()
    now = context.database_now()
    monkeypatch.setattr(reports, "bounds", lambda _quarter: (now - timedelta(hours=1), now))
    do(SYSTEM, finding.ClearFinding(), target)
    Sequencer().run_until_empty()
    found = reports.report("2026Q3", now)
    assert [(each.id, each.status) for each in found.open_findings] == [(target, "raised")]
    assert [span.lifted_at for span in found.halts] == [None]


def test_a_quarter_that_has_not_begun_is_refused() -> None:
    begins, _ = bounds("2031Q2")
    with pytest.raises(Refused) as caught:
        reports.report("2031Q2", begins - timedelta(microseconds=1))
    assert caught.value.code == "quarter_not_begun"
    assert reports.report("2031Q2", begins).events == 0
    with pytest.raises(CommandError, match="quarter_not_begun"):
        call_command("audit", "report", "--quarter", "2099Q4")


def test_the_tool_says_whether_something_is_open(
    quarter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = io.StringIO()
    monkeypatch.setattr("sys.stdout", out)
    with pytest.raises(SystemExit) as ended:
        call_command("audit", "report", "--quarter", quarter, "--json")
    assert ended.value.code == 1
    assert json.loads(out.getvalue())["quarter"] == quarter


def test_the_tool_says_in_words_what_it_found_and_in_which_zone(
    quarter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = io.StringIO()
    monkeypatch.setattr("sys.stdout", out)
    with pytest.raises(SystemExit):
        call_command("audit", "report", "--quarter", quarter)
    told = out.getvalue()
    assert told.startswith(f"{quarter} (not over); the quarter and all times are UTC\n")
    assert "toy: 4 raised, 1 cleared, 1 closed, 1 accepted, 0 reopened, 1 open\n" in told
    assert "open: toy amiss, open (raised) " in told
    assert "volume halted from " in told


def test_a_quarter_begins_and_ends_at_midnight_utc_whatever_zone_asks() -> None:
    begins, _ = bounds("2026Q4")
    far_east = timezone(timedelta(hours=14))
    first = begins.astimezone(far_east)
    assert (first.month, first.hour) == (10, 14)
    assert reports.report("2026Q4", first).quarter == "2026Q4"
    with pytest.raises(Refused):
        reports.report("2026Q4", first - timedelta(microseconds=1))


def test_the_tool_refuses_what_is_no_quarter() -> None:
    with pytest.raises(CommandError, match="quarter_unknown"):
        call_command("audit", "report", "--quarter", "2026Q9")


def test_the_report_is_for_officers_and_auditors(quarter: str) -> None:
    answers = [client_of(who).get(f"audits/report?quarter={quarter}") for who in (OFFICER, AUDITOR)]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["open_findings"][0]["subject"] == "open"
    assert client_of(EXPORTER).get("audits/report").status_code == 403
    assert client_of(OFFICER).get("audits/report").status_code == 200
    assert client_of(OFFICER).get("audits/report?quarter=2026Q5").status_code == 400
    later = client_of(OFFICER).get("audits/report?quarter=2099Q4")
    assert (later.status_code, later.json()["code"]) == (409, "quarter_not_begun")
