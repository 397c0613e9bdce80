"""What customers need from the policy edition in force, which lies with the licenses above them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

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
