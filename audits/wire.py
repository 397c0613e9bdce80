"""The wire names of the journal's own events. A name is never reused."""

from typing import Final

from audits.codec import registry
from audits.events import (
    CommandRefused,
    OrganizationEnrolled,
    PersonEnrolled,
    WorkItemDied,
    WorkItemRedriven,
)
from audits.kernel import Event

NAMES: Final[dict[str, type[Event]]] = {
    "command_refused": CommandRefused,
    "organization_enrolled": OrganizationEnrolled,
    "person_enrolled": PersonEnrolled,
    "work_item_died": WorkItemDied,
    "work_item_redriven": WorkItemRedriven,
}


def register() -> None:
    """Fix the names; a second call changes nothing."""
    registry.register(NAMES)
