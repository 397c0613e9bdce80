"""Whatever a superuser does to a row of the access log is named, and a sound log is not."""

import base64
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, Final

import pytest
from django.db import DatabaseError, connection

from audits import access, grants
from audits.codec import registry
from audits.models import AccessRow, EventRow
from audits.reading import decode
from audits.sealing import configured, keys
from audits.verification import verify
from tests.licenses.verification.tampering import guards_lifted, run
from tests.support.client import client_of
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
    "writer_id": uuid.UUID(int=7),
    "writer_number": None,
    "signature": "AAAA",
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


def test_an_event_from_before_filters_and_signatures_reads_as_having_none() -> None:
    event = decode(bytes(EventRow.objects.filter(type="accesses_recorded")[0].canonical))
    content = re.sub(
        rb'"(filters|signature|writer_id)":"[^"]*",?|"writer_number":[0-9]+,?',
        b"",
        registry.encode(event),
    ).replace(b",}", b"}")
    assert b"writer" not in content
    for version in (1, 2):
        old = content.replace(b'"schema_version":3', b'"schema_version":%d' % version)
        read = registry.decode("accesses_recorded", version, old)
        found = [
            (each.filters, each.writer_id, each.writer_number, each.signature)
            for each in read.data.accesses  # type: ignore[attr-defined]
        ]
        assert found == [("", None, None, "")] * 2


# -- Before a read is recorded -------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_row_that_goes_before_it_is_recorded_leaves_a_gap() -> None:
    access.writer.begin()
    for number in range(4):
        access.note(AUDITOR, f"/counted/{number}", None)
    first, second, third, _ = AccessRow.objects.filter(path__startswith="/counted").order_by("id")
    writers = {f"writer {first.writer_id}"}
    assert found() == (None, set())
    with guards_lifted("audits_access"):
        run("DELETE FROM audits_access WHERE id = %s", second.id)
    assert found() == ("access_gone", writers)
    with guards_lifted("audits_access"):
        run("DELETE FROM audits_access WHERE id = ANY(%s)", [first.id, third.id])
    access.record()
    [gone] = verify(only=("accesses",)).differences
    assert "number 1 to 3 are gone" in gone.detail


@pytest.mark.django_db(transaction=True)
def test_who_could_not_note_a_read_begins_to_count_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    access.note(AUDITOR, "/before", None)
    with monkeypatch.context() as patch:
        patch.setattr(access, "_NOTE", "SELECT 1 / 0")
        with pytest.raises(DatabaseError):
            access.note(AUDITOR, "/lost", None)
    access.note(AUDITOR, "/after", None)
    assert found() == (None, set())
    assert (
        len({row.writer_id for row in AccessRow.objects.filter(path__in=["/before", "/after"])})
        == 2
    )


@pytest.mark.django_db(transaction=True)
def test_each_thread_counts_for_itself() -> None:
    def notes(_number: int) -> None:
        access.note(AUDITOR, "/threads", None)
        connection.close()

    with ThreadPoolExecutor(max_workers=3) as threads:
        list(threads.map(notes, range(30)))
    assert AccessRow.objects.filter(path="/threads").count() == 30
    assert found() == (None, set())


def shown(path: str) -> AccessRow:
    """Have the web show something, and give the row that it signed."""
    assert client_of(AUDITOR).get(path).status_code == 200
    return AccessRow.objects.latest("id")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("person_id", uuid.UUID(int=7)),
        ("organization_id", uuid.UUID(int=7)),
        ("role", "officer"),
        ("path", "/api/v1/"),
        ("filters", "limit=1"),
        ("subject_id", uuid.UUID(int=7)),
        ("writer_id", uuid.UUID(int=7)),
        ("writer_number", None),
        ("signature", ""),
        ("signature", "not base64"),
        ("signature", base64.b64encode(bytes(68)).decode()),
    ],
)
def test_a_row_that_changes_before_it_is_recorded_is_not_what_was_signed(
    column: str, value: Any
) -> None:
    changed = shown("me")
    with guards_lifted("audits_access"):
        AccessRow.objects.filter(id=changed.id).update(**{column: value})
    access.record()
    assert found() == (None, set())  # the journal names no key of receipts yet
    keys.announce_receipt_key(configured.receipt_key().verifier_key)
    kind, subjects = found()
    assert kind == "access_not_signed"
    assert f"access {changed.id}" in subjects


def test_what_the_web_notes_is_signed() -> None:
    keys.announce_receipt_key(configured.receipt_key().verifier_key)
    signed = {f"access {shown(path).id}" for path in ("me", "products/?limit=1")}
    access.record()
    kind, subjects = found()
    assert kind == "access_not_signed"  # what the fixture noted
    assert not signed & subjects
