"""Journals of small events, as long as a test wants them, in the log and in the tree."""

from uuid import UUID

from django.db import connection

from audits import context, store
from audits.codec import leaf_hash
from audits.sealing.growing import grow_until_idle
from audits.sequencing import Sequencer
from tests.audits.histories import sealed


def record(count: int) -> list[UUID]:
    """Append events, each in a stream of its own; return their ids."""
    events = [sealed(context.new_id(), 1) for _ in range(count)]
    for start in range(0, count, 500):
        store.append(events[start : start + 500])
    return [event.event_id for event in events]


def log(count: int) -> list[UUID]:
    """Append events and give them their place in the log; return their ids."""
    ids = record(count)
    Sequencer().run_until_empty()
    return ids


def seal(count: int) -> list[UUID]:
    """Append events, give them their place and add them to the tree; return their ids."""
    ids = log(count)
    grow_until_idle()
    return ids


def leaves_of_log() -> list[bytes]:
    """Hash all events in log order from their bytes, without any code of sealing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT canonical FROM audits_log JOIN audits_event USING (event_id) ORDER BY log_index"
        )
        return [leaf_hash(bytes(content)) for (content,) in cursor.fetchall()]
