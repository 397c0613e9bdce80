"""What happens to a halt. Pure."""

from typing import TypeAlias
from uuid import UUID

from audits.domain.halt.commands import HaltKind
from audits.domain.texts import Reason
from audits.kernel import Event


class HaltSet(Event):
    """Writes of this kind stop; any proposal to let them go on is void."""

    kind: HaltKind
    reason: Reason
    finding_id: UUID | None


class HaltLiftProposed(Event):
    """Somebody proposed to let them go on."""

    reason: Reason
    by: UUID


class HaltLifted(Event):
    """A second person confirmed: writes of this kind go on."""

    reason: Reason
    proposed_by: UUID
    by: UUID


HaltEvent: TypeAlias = HaltSet | HaltLiftProposed | HaltLifted
