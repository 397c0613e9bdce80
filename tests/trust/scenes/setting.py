"""Where the scenes are played: one stage, a buyer, and volume to ship from."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from audits.kernel import Actor, Command
from tests.support.deal import Deal
from tests.support.people import NOON
from tests.support.stage import Stage, body


@dataclass
class Setting:
    """What every scene needs: who buys, on which stage, and deals that are no duplicates."""

    stage: Stage
    buyer: UUID
    quantity: int = 2
    ends_at: datetime = NOON
    """When the last of what is short-lived has run out."""

    def do(self, who: Actor, kind: type[Command], target: UUID, /, **fields: Any) -> None:
        """Issue a command."""
        self.stage.do(who, body(kind, **fields), target)

    def deal(self, label: str) -> Deal:
        """Begin a deal that is no duplicate of another: of so many units."""
        self.quantity += 1
        return Deal(self.stage, self.buyer, label, quantity=self.quantity)
