"""What customers need from the licenses above them: the policy in force, and who had which deals."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from audits.execution import Desk
from audits.kernel import Refused, Value


class CustomerPolicy(Value):
    """What the edition in force says of customers."""

    edition: str
    max_validity_days: int
    affiliates_percent: int | None
    """Ownership by listed parties from which a party counts as listed; None: rule not on."""


def _no_edition(_now: datetime) -> CustomerPolicy:
    raise Refused("no_edition_in_force", "No policy edition is in force")


@dataclass(slots=True)
class PolicySource:
    """Where the policy comes from: the licenses app plugs itself in."""

    in_force: Callable[[datetime], CustomerPolicy] = _no_edition


policy: Final = PolicySource()


class Deal(Value):
    """A deal as far as keeping records of it goes."""

    deal_id: UUID
    is_open: bool
    """Whether anything of it can still happen."""
    last_at: datetime
    """When the last thing of it happened."""
    party_ids: tuple[UUID, ...]
    """The customers that have a part in it."""


@dataclass(slots=True)
class RecordSource:
    """Where the deals come from: the licenses app plugs itself in."""

    deals_of: Callable[[Desk, UUID], tuple[Deal, ...]] = lambda _desk, _thing_id: ()
    """Customer, deal or anything that belongs to one → the deals that it has a part in."""
    last_act_of: Callable[[Desk, UUID], datetime | None] = lambda _desk, _person_id: None
    """When a person last acted; None: never, or it is nobody with a login."""


records: Final = RecordSource()
