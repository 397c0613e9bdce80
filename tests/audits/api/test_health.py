"""Health is open, tells no secrets, and is about work getting done."""

import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from audits.api import health
from audits.sequencing import Sequencer
from audits.work import NewWork, enqueue
from tests.audits.api.toy import opened
from tests.support.client import ApiClient

pytestmark = pytest.mark.django_db
NOBODY = ApiClient(None)


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    health.backlog.floor = 0
    health.migrated.seen = False
    yield
    health.backlog.floor = 0
    health.migrated.seen = False


def measured(status: int) -> dict[str, Any]:
    answer = NOBODY.get("/health/progress")
    assert answer.status_code == status, answer.content
    body: dict[str, Any] = answer.json()
    return body


def test_a_process_that_answers_lives() -> None:
    assert NOBODY.get("/health/live").json() == {"alive": True}


def test_a_migrated_database_that_answers_is_ready() -> None:
    answer = NOBODY.get("/health/ready")
    assert (answer.status_code, answer.json()) == (200, {"database": True, "migrations": True})


def test_a_missing_migration_is_not_ready() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'audits' AND name > '0002'")
    answer = NOBODY.get("/health/ready")
    assert (answer.status_code, answer.json()) == (503, {"database": True, "migrations": False})


def test_nothing_to_do_is_on_time() -> None:
    assert measured(200) == {
        "on_time": True,
        "oldest_due_seconds": 0.0,
        "unsequenced_events": 0,
        "oldest_unsequenced_seconds": 0.0,
        "dead_work_items": 0,
        "unsealed_events": 0,
        "newest_checkpoint_seconds": None,
    }


@pytest.mark.parametrize(("seconds", "status"), [(30, 200), (61, 503)])
def test_work_due_for_more_than_a_minute_is_late(seconds: int, status: int) -> None:
    begun = time.monotonic()
    [item] = enqueue([NewWork(kind="test", subject_id=UUID(int=1), event_id=None)])
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE audits_work_item SET due_at = clock_timestamp() - %s * interval '1 second'"
            " WHERE id = %s",
            [seconds, item],
        )
    body = measured(status)
    assert seconds <= body["oldest_due_seconds"] <= seconds + time.monotonic() - begun
    assert body["on_time"] is (status == 200)


def test_events_without_log_index_are_counted(exporter: ApiClient) -> None:
    opened(exporter)
    opened(exporter)
    body = measured(200)
    assert body["unsequenced_events"] == 2
    assert body["oldest_unsequenced_seconds"] > 0
    Sequencer().run_until_empty()
    assert measured(200)["unsequenced_events"] == 0
    opened(exporter)
    assert measured(200)["unsequenced_events"] == 1


@pytest.mark.parametrize(("seconds", "status"), [(150, 200), (181, 503)])
def test_a_log_that_nobody_seals_any_more_is_late(seconds: int, status: int) -> None:
    begun = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audits_checkpoint (number, size, root, note, signed_at)"
            " VALUES (0, 0, sha256(''), '\\x00', clock_timestamp() - %s * interval '1 second')",
            [seconds],
        )
    body = measured(status)
    assert seconds <= body["newest_checkpoint_seconds"] <= seconds + time.monotonic() - begun
    assert body["on_time"] is (status == 200)


def test_events_of_the_log_that_no_checkpoint_covers_are_counted(exporter: ApiClient) -> None:
    opened(exporter)
    opened(exporter)
    assert measured(200)["unsealed_events"] == 0
    Sequencer().run_until_empty()
    assert measured(200)["unsealed_events"] == 2


def test_dead_work_is_counted() -> None:
    [item] = enqueue([NewWork(kind="test", subject_id=UUID(int=1), event_id=None)])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audits_work_item SET status = 'dead' WHERE id = %s", [item])
    assert measured(200)["dead_work_items"] == 1
