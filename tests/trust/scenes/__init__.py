"""Every aggregate in every state that it can be in, brought about by the commands themselves."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from unittest import mock
from uuid import UUID

from audits import reading
from audits.execution import house
from audits.kernel import Command, Decider, Event, Facts
from audits.models import EventRow
from audits.projection import status_of
from tests.support.opening import opened
from tests.support.stage import Stage
from tests.trust.scenes import auditing, licensing, parties, rules, shipping
from tests.trust.scenes.setting import Setting


@contextmanager
def noting_commands(noted: dict[type[Command], Command]) -> Iterator[None]:
    """Note of every kind of command one that was carried out meanwhile."""
    decide = Decider.decide

    def decide_and_note(
        self: Decider[Any], command: Command, state: Any, facts: Facts
    ) -> list[Event]:
        events = decide(self, command, state, facts)
        if type(command) not in noted:
            noted[type(command)] = opened(command)  # as it came in
        return events

    with mock.patch.object(Decider, "decide", decide_and_note):
        yield


@dataclass
class Scenes(Setting):
    """Things by aggregate and state, and a command of each kind that took effect on the way."""

    commands: dict[type[Command], Command] = field(default_factory=dict)
    things: dict[tuple[str, str], UUID] = field(default_factory=dict)

    @classmethod
    def played(cls) -> "Scenes":
        """Bring everything about; needs a database."""
        noted: dict[type[Command], Command] = {}
        with noting_commands(noted):
            stage = Stage("scenes")
            stage.prepare()
            scenes = cls(stage, stage.approved_customer(), commands=noted)
            stage.sell_at_home(2_000)
            scenes.play()
        return scenes

    def play(self) -> None:
        """Play all scenes; what the next step of a process would change comes last."""
        for scene in SCENES:
            scene(self)
        self.stage.settle()
        licensing.wait_for_ends(self)
        shipping.unsettled_remittance(self)
        auditing.halts(self)
        self.sort()

    def sort(self) -> None:
        """Find every stream that came about, by aggregate and the state that it is in now."""
        deciders = {each.decider.aggregate: each.decider for each in house.procedures.values()}
        streams = EventRow.objects.filter(version=1).values_list("aggregate", "stream_id")
        for aggregate, stream_id in streams.order_by("recorded_at"):
            if aggregate in deciders:
                state = reading.load(deciders[aggregate], stream_id).state
                self.things.setdefault((aggregate, status_of(state)), stream_id)


SCENES: Final[tuple[Callable[[Setting], None], ...]] = (
    *(rules.editions, rules.products, rules.laboratories, parties.customers),
    *(licensing.applications, licensing.licenses, licensing.allotments, licensing.escrows),
    *(shipping.shipments, shipping.lab_tests, shipping.remittances, auditing.findings),
    *(parties.legal_holds, parties.erasures),
)
