"""What a bundle holds: one deal, whatever concerns one thing, a period, or the whole log.

All of it follows from the log below the size of a checkpoint, so that it is the same on every day.
A deal takes in, whole, every stream that one of its events is in, the streams that those events name
(customers, products, laboratories, people), and those of policy editions and screening lists.
"""

import re
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from django.db import connection

from audits.exporting.registry import attachments
from audits.kernel import Refused

_UUID: Final = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_LOG: Final = "FROM audits_log l JOIN audits_event e USING (event_id) WHERE l.log_index < %s"
_DEAL_OF: Final = f"SELECT e.correlation_id {_LOG} AND e.stream_id = %s AND e.version = 1"
_DEALS_THAT_NAME: Final = (
    f"SELECT DISTINCT e.correlation_id {_LOG} AND position(%s::bytea IN e.canonical) > 0"
)
_STREAMS_OF_DEALS: Final = (
    f"SELECT DISTINCT e.stream_id {_LOG} AND e.correlation_id = ANY(%s::uuid[])"
)
_BYTES_OF_STREAMS: Final = f"SELECT e.canonical {_LOG} AND e.stream_id = ANY(%s::uuid[])"
_WHICH_ARE_STREAMS: Final = (
    f"SELECT e.stream_id {_LOG} AND e.version = 1 AND e.stream_id = ANY(%s::uuid[])"
)
_STREAMS_WITH: Final = f"SELECT DISTINCT e.stream_id {_LOG} AND e.type = ANY(%s)"
_OF_STREAMS: Final = (
    f"SELECT l.log_index {_LOG} AND e.stream_id = ANY(%s::uuid[]) ORDER BY l.log_index"
)
_OF_PERIOD: Final = (
    f"SELECT l.log_index {_LOG} AND e.recorded_at >= %s AND e.recorded_at < %s ORDER BY l.log_index"
)
_CHUNK: Final = 2_000


class Scope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is asked for."""

    kind: Literal["all", "deal", "about", "period"]
    id: UUID | None = None
    """deal: its correlation id, or anything that began in it; about: any thing, such as a customer."""
    recorded_at_from: datetime | None = None
    recorded_at_until: datetime | None = None

    @property
    def is_whole_log(self) -> bool:
        """Whether every event is in it."""
        return self.kind == "all"

    @property
    def has_whole_streams(self) -> bool:
        """Whether each stream is in it from its first event to the last below the checkpoint."""
        return self.kind != "period"


def indexes(scope: Scope, size: int) -> range | list[int]:
    """List the log indexes that a scope takes in, below `size`.

    Raises Refused `scope_unknown` for what the log does not know, `scope_empty` where nothing is.
    """
    match scope.kind:
        case "all":
            found: range | list[int] = range(size)
        case "period":
            bounds = [scope.recorded_at_from, scope.recorded_at_until]
            found = [row[0] for row in _fetch(_OF_PERIOD, [size, *bounds])]
        case _:
            streams = [str(each) for each in _streams(scope, size)]
            found = [row[0] for row in _fetch(_OF_STREAMS, [size, streams])]
    if not found:
        raise Refused("scope_empty", f"There is nothing to export below log index {size}")
    return found


def _streams(scope: Scope, size: int) -> set[UUID]:
    begun = _fetch(_DEAL_OF, [size, scope.id])
    if scope.kind == "deal":
        deals = {row[0] for row in begun} or {scope.id}
    else:
        deals = {row[0] for row in _fetch(_DEALS_THAT_NAME, [size, str(scope.id).encode()])}
    own = _only_ids(_STREAMS_OF_DEALS, size, deals)
    if not own:
        raise Refused("scope_unknown", f"The log knows no {scope.id} below log index {size}")
    kept = [str(each) for each in own]
    named = {
        UUID(text.decode())
        for (content,) in _fetch(_BYTES_OF_STREAMS, [size, kept])
        for text in _UUID.findall(bytes(content))
    }
    policies = {row[0] for row in _fetch(_STREAMS_WITH, [size, list(attachments)])}
    return own | policies | _only_ids(_WHICH_ARE_STREAMS, size, named - own)


def _only_ids(query: str, size: int, values: set[Any]) -> set[UUID]:
    """Ask about many ids, some at a time."""
    texts = sorted(str(value) for value in values)
    found: set[UUID] = set()
    for start in range(0, len(texts), _CHUNK):
        found.update(row[0] for row in _fetch(query, [size, texts[start : start + _CHUNK]]))
    return found


def _fetch(query: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
