"""What the apps have registered, and the desk at which one transaction reads and drafts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from audits import context as minting
from audits import halting, nudging, reading, store, work
from audits.codec import Recorded
from audits.domain.halt.commands import HaltKind
from audits.kernel import Actor, Command, Context, Decider, Event, Facts, Refused, Role

Gather = Callable[["Desk", Any, reading.Loaded[Any]], Facts]
Also = Callable[["Desk", Any, reading.Loaded[Any], list[Event]], None]
Projector = Callable[["Desk", reading.Loaded[Any], list[Recorded[Any]]], None]


def plain_facts(desk: "Desk", _command: Command, _loaded: reading.Loaded[Any]) -> Facts:
    """Gather nothing but the time and the actor."""
    return Facts(now=desk.context.now, actor=desk.context.actor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """How one command is carried out."""

    decider: Decider[Any]
    roles: frozenset[Role]
    """Who may issue it at all; SYSTEM alone for what only processes do."""
    gather: Gather = plain_facts
    also: Also | None = None
    """Further streams that move in the same transaction, given the events decided."""
    creates: bool = False
    """Whether it starts a stream; otherwise a stream without events is not found."""
    deal: Callable[["Desk", Any], UUID | None] = lambda _desk, _command: None
    """For a command that starts a stream inside a deal: the correlation id of that deal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """An event of some class makes work of some kind, on a subject, now or when due."""

    kind: str
    subject: Callable[[Recorded[Any]], UUID] = lambda recorded: recorded.stream_id
    due: Callable[[Recorded[Any]], datetime | None] = lambda _recorded: None


@dataclass(slots=True)
class House:
    """What the apps have registered."""

    procedures: dict[type[Command], Procedure] = field(default_factory=dict)
    visible: dict[str, Callable[[Any, Any], bool]] = field(default_factory=dict)
    """Aggregate → (state, actor) → whether this actor may see a thing in this state."""
    projectors: dict[str, Projector] = field(default_factory=dict)
    subscriptions: dict[type[Event], tuple[Subscription, ...]] = field(default_factory=dict)
    refusals: dict[type[Event], Callable[[Any], Refused | None]] = field(default_factory=dict)
    """Events that record a refused fact of the world → the refusal to answer."""
    halts: dict[type[Event], HaltKind] = field(default_factory=dict)
    """Events that move money or volume → the halt that stops them."""
    constraints: dict[str, Refused] = field(default_factory=dict)
    """Constraint of a guarded table → the refusal to answer when a race ran into it."""


house: Final = House()


@dataclass(slots=True)
class Desk:
    """One transaction's view of the journal: what was loaded under lock, what is to be written."""

    context: Context
    cause: store.Cause
    drafts: list[store.Draft] = field(default_factory=list)
    _written: dict[UUID, tuple[Decider[Any], reading.Loaded[Any]]] = field(default_factory=dict)
    _read: dict[UUID, tuple[str, reading.Loaded[Any]]] = field(default_factory=dict)

    def load(
        self, decider: Decider[Any], stream_id: UUID, *, lock: str = "share"
    ) -> reading.Loaded[Any]:
        """Load a stream as this transaction sees it, its own drafts included.

        Load with lock `write` what the command will write to: raising a shared lock later invites
        a deadlock. Locks are taken in one order: shipment, license, escrow, allotment, lab test,
        laboratory, application, product, customer, screening list.
        """
        if stream_id in self._written:
            return self._written[stream_id][1]
        held, loaded = self._read.get(stream_id, ("", None))
        if loaded is None or lock not in {held, "share"}:
            loaded = reading.load(decider, stream_id, lock=lock)
            self._read[stream_id] = (lock, loaded)
        return loaded

    def peek(self, decider: Decider[Any], stream_id: UUID) -> reading.Loaded[Any]:
        """Load a stream as it is committed, waiting for nobody."""
        return reading.load(decider, stream_id)

    def decide(
        self,
        decider: Decider[Any],
        stream_id: UUID,
        command: Command,
        facts: Facts | None = None,
    ) -> list[Event]:
        """Decide on another stream of this transaction and draft what happened there."""
        loaded = self.load(decider, stream_id, lock="write")
        known = facts or Facts(now=self.context.now, actor=self.context.actor)
        return self.draft(decider, loaded, decider.decide(command, loaded.state, known))

    def draft(
        self, decider: Decider[Any], loaded: reading.Loaded[Any], events: list[Event]
    ) -> list[Event]:
        """Draft events of a loaded stream, to be appended when the command ends."""
        for place, event in enumerate(events, start=loaded.version + 1):
            self.drafts.append(store.Draft(decider.aggregate, loaded.stream_id, place, event))
        after = reading.Loaded(
            loaded.stream_id,
            decider.fold(events, loaded.state),
            loaded.version + len(events),
            loaded.recorded,
        )
        self._written[loaded.stream_id] = (decider, after)
        return events

    def require_running(self) -> None:
        """Refuse drafts whose kind is halted; holds off any halt until this transaction ends."""
        moving = {house.halts.get(type(draft.event)) for draft in self.drafts}
        halting.require_running((kind for kind in moving if kind is not None), self.load)

    def write(self) -> list[reading.EventReceipt]:
        """Append all drafts in one round trip, project them and enqueue what they cause."""
        recorded = store.seal(self.drafts, self.context, self.cause)
        receipts = store.append(recorded)
        for decider, after in self._written.values():
            fresh = [item for item in recorded if item.stream_id == after.stream_id]
            projector = house.projectors.get(decider.aggregate)
            if fresh and projector is not None:
                projector(self, after, fresh)
        new_work = [
            work.NewWork(
                kind=subscription.kind,
                subject_id=subscription.subject(item),
                event_id=item.event_id,
                due_at=subscription.due(item),
            )
            for item in recorded
            for subscription in house.subscriptions.get(type(item.data), ())
        ]
        if new_work:
            nudging.nudge_after_commit(
                [
                    item_id
                    for item_id, item in zip(work.enqueue(new_work), new_work, strict=True)
                    if item.due_at is None
                ]
            )
        return receipts


def reading_desk(actor: Actor) -> Desk:
    """Make a desk in the current transaction at which nothing is written.

    For showing what a decision would see now; the time is the database's.
    """
    context = Context(actor=actor, now=minting.database_now(), command_id=minting.new_id())
    return Desk(context, store.Cause("", ""))
