"""Whatever a superuser does to a row of the access log is named, and a sound log is not."""

import uuid
from datetime import timedelta
from typing import Any, Final

import pytest

from audits import access, grants
from audits.codec import registry
from audits.models import AccessRow, EventRow
from audits.reading import decode
from audits.verification import verify
from tests.licenses.verification.tampering import guards_lifted, run
from tests.support.people import AUDITOR, OFFICER
from tests.support.world import enroll_cast, logged_in

pytestmark = pytest.mark.django_db

NOTED: Final = 5


@pytest.fixture(autouse=True)
def _recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Note reads of two people, and have them recorded in several events."""
    enroll_cast()
    monkeypatch.setattr(access, "OF_ONE_EVENT", 2)
    for number in range(NOTED):
        subject = OFFICER.person_id if number % 2 else None
        access.note(AUDITOR, f"/things/{number}", subject, filters="limit=5")
    assert access.record() == NOTED


def found() -> tuple[str | None, set[str]]:
    """Verify as the auditor, and give the kind of difference and whom it names."""
    with logged_in(grants.AUDITOR):
        report = verify(only=("accesses",))
    return report.kind, {each.subject for each in report.differences}


def row(place: int) -> AccessRow:
    return AccessRow.objects.order_by("id")[place]


def named(place: int) -> set[str]:
    return {f"access {row(place).id}"}


def test_a_sound_log_is_silent_and_so_is_what_waits_for_a_moment() -> None:
    access.note(AUDITOR, "/waits", None)
    assert found() == (None, set())


@pytest.mark.parametrize("place", range(NOTED))
def test_a_deleted_row_is_named(place: int) -> None:
    gone = named(place)
    with guards_lifted("audits_access"):
        run("DELETE FROM audits_access WHERE id = %s", row(place).id)
    assert found() == ("access_row_gone", gone)


CHANGED: Final[dict[str, Any]] = {
    "person_id": uuid.UUID(int=7),
    "organization_id": uuid.UUID(int=7),
    "role": "exporter",
    "path": "/things/other",
    "filters": "",
    "subject_id": uuid.UUID(int=7),
    "correlation_id": uuid.UUID(int=7),
    "at": lambda row: row.at + timedelta(microseconds=1),
    "event_id": lambda _row: AccessRow.objects.latest("id").event_id,
}


def test_every_column_but_the_number_is_changed_here() -> None:
    columns = {field.attname for field in AccessRow._meta.concrete_fields}
    assert columns == set(CHANGED) | {"id"}


@pytest.mark.parametrize("column", CHANGED)
def test_a_changed_row_is_named(column: str) -> None:
    value = CHANGED[column]
    value = value(row(1)) if callable(value) else value
    with guards_lifted("audits_access"):
        AccessRow.objects.filter(id=row(1).id).update(**{column: value})
    assert found() == ("access_row_differs", named(1))


def test_a_row_with_another_number_is_one_that_is_gone() -> None:
    gone = named(NOTED - 1)
    with guards_lifted("audits_access"):
        run("UPDATE audits_access SET id = id + 1000 WHERE id = %s", row(NOTED - 1).id)
    assert found() == ("access_row_gone", gone)


@pytest.mark.parametrize("other", [False, True], ids=["an event of reads", "another event"])
def test_an_added_row_that_claims_to_be_recorded_is_named(other: bool) -> None:  # noqa: FBT001 -- a case
    event_id = row(0).event_id
    if other:
        event_id = EventRow.objects.exclude(type="accesses_recorded").values_list("event_id")[0][0]
    access.note(OFFICER, "/never/shown", None)
    added = named(NOTED)
    with guards_lifted("audits_access"):
        AccessRow.objects.filter(path="/never/shown").update(event_id=event_id)
    assert found() == ("access_row_added", added)


@pytest.mark.parametrize(("age", "late"), [(59, False), (61, True)])
def test_what_is_in_no_event_for_an_hour_is_named(age: int, *, late: bool) -> None:
    access.note(AUDITOR, "/stuck", None)
    with guards_lifted("audits_access"):
        run(
            "UPDATE audits_access SET at = at - make_interval(mins => %s) WHERE path = '/stuck'",
            age,
        )
    assert found() == (("access_not_recorded", named(NOTED)) if late else (None, set()))


def test_an_event_from_before_filters_were_kept_reads_as_having_none() -> None:
    event = decode(bytes(EventRow.objects.filter(type="accesses_recorded")[0].canonical))
    content = registry.encode(event)
    old = content.replace(b'"filters":"limit=5",', b"").replace(
        b'"schema_version":2', b'"schema_version":1'
    )
    assert old != content
    read = registry.decode("accesses_recorded", 1, old)
    assert {each.filters for each in read.data.accesses} == {""}  # type: ignore[attr-defined]
