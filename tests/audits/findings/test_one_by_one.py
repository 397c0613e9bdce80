"""Findings are raised one by one: what an audit that was cut off left, the next attempt raises."""

from datetime import UTC, datetime
from typing import Any, Final

import pytest
from django.db import connection

from audits import context, execution, work
from audits.domain.finding.commands import RaiseFinding
from audits.findings import scheduled
from audits.findings.scheduled import Audit
from audits.kernel import Command
from audits.models import WorkItem
from tests.audits.findings.looking import HOUR, Looking, names
from tests.audits.items import change

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("jars")]
SLOT: Final = datetime(2026, 1, 1, tzinfo=UTC)
FOUND: Final = ("a jar", "another jar", "a third jar")
TRANSACTIONS: Final = "SELECT count(*), count(DISTINCT xid) FROM audits_event WHERE type = %s"


@pytest.fixture
def looking(monkeypatch: pytest.MonkeyPatch) -> Looking:
    """Replace all audits by one of the test's own, which finds three things."""
    monkeypatch.setattr(scheduled, "_audits", {})
    monkeypatch.setattr(work, "_surveys", {})
    looking = Looking()
    looking.finds(*FOUND)
    scheduled.add_audit(Audit(name="toy", every=HOUR, look=looking))
    return looking


def run() -> bool:
    """Run the audit as often as it is due, and tell whether it is done."""
    scheduled.schedule(SLOT)
    work.run_due()
    return WorkItem.objects.get(kind="audit_toy").status == "done"


def raised() -> tuple[int, int]:
    """Count what was raised, and the transactions that did."""
    with connection.cursor() as cursor:
        cursor.execute(TRANSACTIONS, ["finding_raised"])
        found: tuple[int, int] = cursor.fetchone()
    return found


@pytest.mark.usefixtures("looking")
def test_each_finding_has_a_transaction_of_its_own() -> None:
    assert run()
    assert raised() == (3, 3)


@pytest.mark.parametrize(("detail", "told"), [("as before", 3), ("in other words", 4)])
def test_what_an_audit_that_was_cut_off_left_is_raised_by_the_next_attempt(
    detail: str, told: int, looking: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking.finds(*FOUND, detail="as before")
    real = execution.execute

    def execute(command: Command, *values: Any, **named: Any) -> Any:
        if isinstance(command, RaiseFinding) and raised()[0] == 1:
            raise ConnectionResetError
        return real(command, *values, **named)

    with monkeypatch.context() as patch:
        patch.setattr(execution, "execute", execute)
        assert not run()
    assert raised() == (1, 1)
    looking.finds(*FOUND, detail=detail)
    change(WorkItem.objects.get(kind="audit_toy").id, due_at=context.database_now())
    assert run()
    assert raised() == (told, told)
    assert {names(each)[0] for each in FOUND} == {"finding_raised"}
