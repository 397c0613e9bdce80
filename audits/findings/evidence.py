"""Which events show what an audit found."""

import re
from typing import Final
from uuid import UUID

from django.db import connection

from audits.domain.finding.commands import EVIDENCE_AT_MOST

_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_EVENTS_NAMED: Final = """
    SELECT event_id FROM audits_event WHERE event_id = ANY(%s)
    UNION
    SELECT last.event_id FROM unnest(%s::uuid[]) AS named (stream_id)
    CROSS JOIN LATERAL (
        SELECT e.event_id FROM audits_event e WHERE e.stream_id = named.stream_id
        ORDER BY e.version DESC LIMIT 1) AS last
    ORDER BY 1
"""
_LAST: Final = "SELECT event_id FROM audits_log ORDER BY log_index DESC LIMIT 1"


def evidence_of(text: str) -> tuple[UUID, ...]:
    """Find the events that a text names: by their id, or by that of their stream (its last).

    What names none is shown by the log as a whole: then its last event, up to which it is so.
    """
    return _named(text) or _end_of_log()


def _named(text: str) -> tuple[UUID, ...]:
    named = list(dict.fromkeys(map(UUID, _ID.findall(text))))
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS_NAMED, [named, named])
        return tuple(event_id for (event_id,) in cursor.fetchall())[:EVIDENCE_AT_MOST]


def _end_of_log() -> tuple[UUID, ...]:
    with connection.cursor() as cursor:
        cursor.execute(_LAST)
        return tuple(event_id for (event_id,) in cursor.fetchall())
