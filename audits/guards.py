"""Which triggers guard which tables; each must be there and ENABLE ALWAYS."""

from collections.abc import Iterator
from typing import Final

from django.db import connection

_guards: Final[set[tuple[str, str]]] = set()
_STATES: Final = {"O": "enabled only for ordinary sessions", "D": "disabled", "R": "for replicas"}


def expect(table: str, *triggers: str) -> None:
    """Say that these triggers guard a table; each app does so for its own."""
    _guards.update((table, trigger) for trigger in triggers)


def missing() -> Iterator[tuple[str, str]]:
    """Name each guard that is not in force, and how it was found."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, t.tgname, t.tgenabled::text FROM pg_trigger t"
            " JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace"
        )
        found = {(table, name): state for table, name, state in cursor.fetchall()}
    for table, name in sorted(_guards):
        state = found.get((table, name))
        if state != "A":
            yield f"{name} on {table}", _STATES.get(state or "", "there is no such trigger")


expect(
    "audits_event",
    "audits_event_before_insert",
    "audits_event_after_insert",
    "audits_event_immutable",
    "audits_event_no_truncate",
)
expect("audits_subject_key", "audits_subject_key_kept", "audits_subject_key_no_truncate")
expect(
    "audits_access",
    *("audits_access_recorded_once", "audits_access_immutable", "audits_access_no_truncate"),
)
expect("audits_log", "audits_log_before_insert", "audits_log_immutable", "audits_log_no_truncate")
expect(
    "audits_tile", "audits_tile_before_insert", "audits_tile_immutable", "audits_tile_no_truncate"
)
expect(
    "audits_frontier",
    "audits_frontier_before_update",
    "audits_frontier_no_delete",
    "audits_frontier_no_truncate",
)
expect(
    "audits_checkpoint",
    "audits_checkpoint_before_insert",
    "audits_checkpoint_immutable",
    "audits_checkpoint_no_truncate",
)
expect("audits_cosignature", "audits_cosignature_immutable", "audits_cosignature_no_truncate")
