"""The wire names of the journal's own events. A name is never reused."""

from typing import Final

from audits.codec import registry
from audits.events import CommandRefused, WorkItemDied, WorkItemRedriven
from audits.kernel import Event

NAMES: Final[dict[str, type[Event]]] = {
    "command_refused": CommandRefused,
    "work_item_died": WorkItemDied,
    "work_item_redriven": WorkItemRedriven,
}


def register() -> None:
    """Fix the names; a second call changes nothing."""
    registry.register(NAMES)
