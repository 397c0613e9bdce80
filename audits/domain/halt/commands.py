"""What can be asked of a halt. Pure."""

from enum import StrEnum
from uuid import UUID

from audits.domain.texts import Reason
from audits.kernel import Command


class HaltKind(StrEnum):
    """Which writes a halt stops."""

    MONEY = "money"
    VOLUME = "volume"


class SetHalt(Command):
    """Stop all writes of one kind, because something does not add up."""

    kind: HaltKind
    reason: Reason
    finding_id: UUID | None = None
    """The finding that stops them; null when a person does so on their own judgment."""


class ProposeLift(Command):
    """Propose to let writes of this kind go on."""

    reason: Reason


class ConfirmLift(Command):
    """Confirm, as a second person, the proposal with exactly this reason: writes go on."""

    reason: Reason
