"""A receipt promises a checkpoint: the audit of receipts names what has none in time."""

from datetime import datetime, timedelta

import pytest

from audits import context
from audits.findings import scheduled
from audits.findings.scheduled import CHECKPOINT_WITHIN
from audits.models import EventRow
from audits.sealing.growing import grow_until_idle
from audits.sequencing import Sequencer
from tests.audits.sealing.journals import log, record, seal
from tests.audits.sealing.office import Office

LATE = CHECKPOINT_WITHIN + timedelta(seconds=1)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("jars")]


@pytest.fixture
def office(tmp_path_factory: pytest.TempPathFactory, db: None) -> Office:  # noqa: ARG001 -- its key is an event
    return Office(tmp_path_factory.mktemp("office"))


def named(at: datetime) -> list[str]:
    """Run the audit at a moment; give what it says."""
    return [each.detail for each in scheduled.audits()["receipts"].look(at)]


def first() -> str:
    oldest = EventRow.objects.order_by("recorded_at", "event_id")[0]
    return f"it does not hold event {oldest.event_id}, nor what follows"


@pytest.mark.parametrize("append", [record, log, seal])
def test_an_event_in_no_checkpoint_is_named_in_time(office: Office, append: object) -> None:
    assert callable(append)
    append(3)
    oldest, newest = (
        EventRow.objects.order_by(order)[0].recorded_at for order in ("recorded_at", "-recorded_at")
    )
    assert named(oldest + CHECKPOINT_WITHIN) == []
    assert named(newest + LATE) == [first()]
    Sequencer().run_until_empty()
    grow_until_idle()
    assert named(newest + LATE) == [first()]  # in the tree, and nobody signed it
    office.publish()
    assert named(newest + timedelta(days=1)) == []


def test_what_comes_after_a_checkpoint_is_named_alone(office: Office) -> None:
    seal(3)
    office.publish()
    [late] = record(1)
    [detail] = named(context.database_now() + LATE)
    assert detail == f"it does not hold event {late}, nor what follows"
