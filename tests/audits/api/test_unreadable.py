"""A stored event that cannot be read: our failure and not the caller's, by name, and nothing changes."""

from typing import Any
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from audits.codec import leaf_hash
from audits.models import EventRow
from audits.sequencing import Sequencer
from tests.audits.api.toy import opened
from tests.licenses.verification.tampering import as_superuser
from tests.support.client import ApiClient, problem

pytestmark = pytest.mark.django_db

CODE = "stored_event_unreadable"
NOTE = "what was noted"
WRITE = "UPDATE audits_event SET canonical = %s, leaf_hash = %s WHERE event_id = %s"


def write(event_id: UUID, content: bytes) -> None:
    """Write other bytes under an event, with the hash that fits, as a superuser could."""
    as_superuser("audits_event", WRITE, content, leaf_hash(content), event_id)


@pytest.fixture
def jar(exporter: ApiClient) -> str:
    """Fill a jar twice; all is in the log."""
    jar = opened(exporter)
    exporter.post(f"jars/{jar}/deposits", {"amount_cents": "100", "note": NOTE})
    exporter.post(f"jars/{jar}/deposits", {"amount_cents": "150"})
    Sequencer().run_until_empty()
    return jar


@pytest.fixture
def damaged(jar: str) -> EventRow:
    """Have the second event of the jar say what its type does not know; give it as it was."""
    row = EventRow.objects.get(stream_id=jar, version=2)
    write(row.event_id, bytes(row.canonical).replace(b'"amount_cents":', b'"another_cents":'))
    return row


def unreadable(answer: Any, damaged: EventRow) -> None:
    """Expect the one problem, which names the event and tells nothing of what it holds."""
    said = problem(answer, 500, CODE)
    assert str(damaged.event_id) in said["detail"]
    assert not any(word in answer.content for word in (NOTE.encode(), b"another_cents"))


@pytest.mark.parametrize(
    "address",
    ["jars/{}", "jars/{}?version=3", "jars/{}?log_index=2", "jars/{}/history"],
)
def test_whoever_reads_what_rests_on_it_is_told_that_it_is_our_failure(
    exporter: ApiClient, jar: str, damaged: EventRow, address: str
) -> None:
    with capture_logs() as logs:
        unreadable(exporter.get(address.format(jar)), damaged)
    [logged] = [each for each in logs if each["event"] == CODE]
    assert logged["log_level"] == "error"
    assert str(damaged.event_id) in logged["what"]
    assert NOTE not in str(logs)


def test_a_command_on_it_changes_nothing_and_works_once_the_event_is_mended(
    exporter: ApiClient, jar: str, damaged: EventRow
) -> None:
    before = list(EventRow.objects.values_list("event_id", flat=True))
    more = {"amount_cents": "1"}
    unreadable(exporter.post(f"jars/{jar}/deposits", more, key="once"), damaged)
    assert list(EventRow.objects.values_list("event_id", flat=True)) == before
    write(damaged.event_id, bytes(damaged.canonical))
    assert exporter.post(f"jars/{jar}/deposits", more, key="once").status_code == 200
    assert exporter.get(f"jars/{jar}").json()["state"]["held_cents"] == "251"


def test_what_rests_on_other_events_is_answered(
    exporter: ApiClient,
    damaged: EventRow,  # noqa: ARG001 -- it is there
) -> None:
    other = opened(exporter)
    assert exporter.get(f"jars/{other}").status_code == 200


def test_a_request_that_is_misshaped_is_the_callers_mistake_still(
    exporter: ApiClient, jar: str
) -> None:
    answer = exporter.post(f"jars/{jar}/deposits", {"another_cents": "1"})
    problem(answer, 400, "request_invalid")
