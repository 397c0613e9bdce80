"""Decisions on the screening list."""

from typing import Final

from audits.kernel import Facts, Refused
from customers.domain.screening_list.commands import ImportList
from customers.domain.screening_list.events import ListImported, ScreeningListEvent
from customers.domain.screening_list.state import InUse, ScreeningListState

_KEPT_NUMERATOR: Final = 1
_KEPT_DENOMINATOR: Final = 2
"""A new list with fewer entries than this part of the one in use is taken for a broken file."""


def import_list(
    command: ImportList, state: ScreeningListState, facts: Facts
) -> list[ScreeningListEvent]:
    """Take a list into use unless it is in use already, empty, miscounted, older or broken."""
    if isinstance(state, InUse):
        if state.sha256 == command.sha256:
            return []
        _require_successor(command, state)
    if command.entries == 0:
        raise Refused("list_empty", "The list holds no entry")
    if command.rows != command.entries + len(command.bad_rows) or command.names < command.entries:
        raise Refused("list_miscounted", "Entries and bad rows do not add up to the rows read")
    if command.fetched_at > facts.now:
        raise Refused("list_from_future", "The list was fetched after now")
    return [
        ListImported(
            sha256=command.sha256,
            source=command.source,
            fetched_at=command.fetched_at,
            rows=command.rows,
            entries=command.entries,
            names=command.names,
            bad_rows=command.bad_rows,
        )
    ]


def _require_successor(command: ImportList, used: InUse) -> None:
    if command.fetched_at < used.fetched_at:
        raise Refused(
            "list_outdated",
            "The list in use was fetched later than this one",
            extra={"in_use_fetched_at": used.fetched_at.isoformat()},
        )
    shrunk = command.entries * _KEPT_DENOMINATOR < used.entries * _KEPT_NUMERATOR
    if shrunk and not command.accept_shrinkage:
        raise Refused(
            "list_shrank",
            f"The list in use has {used.entries} entries, this one {command.entries}",
            extra={"in_use_entries": used.entries, "entries": command.entries},
        )
