"""A small journal, and what the database answers to one of the application's own logins."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg

from audits import context
from audits.codec import canonical
from tests.support.database import connect_as

FORBIDDEN = "42501"

APPEND: LiteralString = "INSERT INTO audits_event (canonical, leaf_hash) VALUES (%b, %b)"
STATE: LiteralString = """
    SELECT (SELECT md5(string_agg(e::text, '|' ORDER BY e.event_id)) FROM audits_event e),
           (SELECT md5(string_agg(l::text, '|' ORDER BY l.log_index)) FROM audits_log l),
           (SELECT string_agg(tgname || tgenabled::text, '|' ORDER BY tgname) FROM pg_trigger
            WHERE tgname LIKE 'audits%'),
           (SELECT string_agg(concat(relname, relacl, relowner), '|' ORDER BY relname)
            FROM pg_class WHERE relname LIKE 'audits%'),
           (SELECT string_agg(prosrc, '|' ORDER BY proname) FROM pg_proc
            WHERE proname LIKE 'audits%')
"""


@dataclass(frozen=True)
class Written:
    """A stream of three events, the first two of them in the log."""

    stream: UUID
    last: dict[str, Any]
    """The envelope of the third event."""


def refused(role: str | None, statement: LiteralString, *values: Any) -> str | None:
    """Run a statement as a role, for good; return the SQLSTATE of its refusal."""
    with connect_as(role, autocommit=False) as login:
        try:
            login.execute(statement, values)
        except psycopg.Error as error:
            return error.sqlstate
    return None  # leaving the block has committed it


Change = Callable[[dict[str, Any]], object]


def following(written: Written, change: Change = lambda _envelope: None) -> bytes:
    """Make the bytes of a proper fourth event, then change them."""
    now = datetime.now(UTC)  # noqa: TID251 -- a forger reads what clock they like
    envelope = written.last | {
        "event_id": str(context.new_id()),
        "version": 4,
        "recorded_at": now.isoformat().replace("+00:00", "Z"),
        "command": written.last["command"] | {"id": str(context.new_id())},
    }
    change(envelope)
    return canonical(envelope)
