"""The way of a command: authorise, load, gather facts, decide, append, project, enqueue.

One transaction holds all of it. Apps register what is theirs: procedures (how a command's facts are
gathered and which other streams it moves), permissions, projectors and subscriptions.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import psycopg
from django.db import IntegrityError, OperationalError, transaction

from audits import context as minting
from audits import halting, nudging, reading, store, vault, work
from audits.codec import Recorded, fingerprint
from audits.domain.halt.commands import HaltKind
from audits.events import CommandRefused
from audits.kernel import (
    Actor,
    Command,
    Context,
    Decider,
    Event,
    Facts,
    NotPermitted,
    Refused,
    Role,
    State,
    WrongExpectedVersion,
)

MAX_TRIES: Final = 5
RETRYABLE: Final = frozenset({"40001", "40P01"})
"""Serialization failure and deadlock: running the command again is safe."""


class NotFound(Exception):
    """There is no such thing, or none that this actor may see."""


class CommandIdReused(Exception):
    """The idempotency key was used before, for something else."""


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

    def write(self) -> list[reading.EventReceipt]:
        """Append all drafts in one round trip, project them and enqueue what they cause."""
        moving = {house.halts.get(type(draft.event)) for draft in self.drafts}
        halting.require_running(kind for kind in moving if kind is not None)
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


def execute(
    command: Command, target: UUID, context: Context, *, expected_version: int | None = None
) -> reading.Receipt:
    """Carry out a command on the stream `target`; a repeat of it answers as the first time.

    context.now is replaced by database time. expected_version: what the caller last saw.
    Personal texts are sealed first: the journal never holds them, nor does a hash of them.
    Raises Refused, NotPermitted (both recorded, unless a process asked), NotFound,
    WrongExpectedVersion, CommandIdReused; msgspec.ValidationError for what cannot be sealed.
    """
    if context.actor.role is not Role.SYSTEM:  # a process's commands are made of what is sealed
        command = vault.sealed(command, vault.Holder(context.actor.organization_id, target))
    for attempt in range(1, MAX_TRIES + 1):
        try:
            return _answer(_execute_once(command, target, context, expected_version))
        except (OperationalError, store.CommandRepeated, WrongExpectedVersion) as error:
            if attempt == MAX_TRIES or not _may_retry(error, expected_version):
                raise
        except IntegrityError as error:
            refusal = _constrained(error)
            if refusal is None:
                raise
            return _refuse(refusal, command, target, context)
        except (Refused, NotPermitted) as refusal:
            return _refuse(refusal, command, target, context)
    raise AssertionError("every try returns or raises")


def _refuse(
    refusal: Refused | NotPermitted, command: Command, target: UUID, context: Context
) -> reading.Receipt:
    """Record a refusal and raise it, unless a repeat of the command was answered in between."""
    if _remember(refusal, command, target, context):
        raise refusal
    return _answer(_execute_once(command, target, context, None))


def _may_retry(error: Exception, expected_version: int | None) -> bool:
    if transaction.get_connection().in_atomic_block:
        return False  # the transaction around this one is over, too
    if isinstance(error, OperationalError):
        cause = error.__cause__
        return isinstance(cause, psycopg.Error) and cause.sqlstate in RETRYABLE
    return isinstance(error, store.CommandRepeated) or expected_version is None


def _constrained(error: IntegrityError) -> Refused | None:
    """Find what a violated constraint means to a person; None: it is a bug."""
    cause = error.__cause__
    name = cause.diag.constraint_name if isinstance(cause, psycopg.Error) else None
    return house.constraints.get(name or "")


def _execute_once(
    command: Command, target: UUID, context: Context, expected_version: int | None
) -> tuple[reading.Receipt, list[Event]]:
    procedure = house.procedures[type(command)]
    asked = fingerprint(command, target)
    with transaction.atomic():
        begun = store.begin(context.command_id)
        if begun.prior:
            return _prior(begun, asked, target)
        require_role(type(command), context.actor)
        desk = Desk(
            msgspec.structs.replace(context, now=begun.now),
            store.Cause(type(command).__name__, asked),
        )
        loaded = desk.load(procedure.decider, target, lock="write")
        _check_target(procedure, loaded, context, expected_version)
        desk.context = msgspec.structs.replace(
            desk.context,
            correlation_id=procedure.deal(desk, command) or _correlation(loaded, desk.context),
        )
        facts = procedure.gather(desk, command, loaded)
        events = procedure.decider.decide(command, loaded.state, facts)
        desk.cause = store.Cause(desk.cause.name, asked, getattr(facts, "edition", None))
        desk.draft(procedure.decider, loaded, events)
        if procedure.also is not None and events:
            procedure.also(desk, command, loaded, events)
        receipts = desk.write() if desk.drafts else []
    version = loaded.version + len(events)
    answer = reading.Receipt(
        command_id=context.command_id, stream_id=target, version=version, events=tuple(receipts)
    )
    return answer, [draft.event for draft in desk.drafts]


def _correlation(loaded: reading.Loaded[Any], context: Context) -> UUID:
    """Keep to the deal that the stream belongs to; a new stream starts one, or joins its cause's."""
    if loaded.recorded:
        return loaded.recorded[0].correlation_id
    return context.correlation_id or loaded.stream_id


def require_role(command: type[Command], actor: Actor) -> None:
    """Refuse a command to whoever may not issue it at all; raises NotPermitted."""
    if actor.role not in house.procedures[command].roles:
        raise NotPermitted(
            "role_not_permitted", f"{command.__name__} is not for the role {actor.role.value}"
        )


def _check_target(
    procedure: Procedure,
    loaded: reading.Loaded[Any],
    context: Context,
    expected_version: int | None,
) -> None:
    if not loaded.version and not procedure.creates:
        raise NotFound(str(loaded.stream_id))
    if loaded.version and not may_see(procedure.decider.aggregate, loaded.state, context.actor):
        raise NotFound(str(loaded.stream_id))
    if expected_version is not None and expected_version != loaded.version:
        raise WrongExpectedVersion(
            loaded.stream_id, expected=expected_version, found=loaded.version
        )


def may_see(aggregate: str, state: State, actor: Any) -> bool:
    """Tell whether an actor may see a thing in this state. Processes see everything."""
    return actor.role is Role.SYSTEM or house.visible[aggregate](state, actor)


def _prior(begun: store.Begun, asked: str, target: UUID) -> tuple[reading.Receipt, list[Event]]:
    first = begun.prior[0]
    if first.command.fingerprint != asked:
        raise CommandIdReused(str(first.command.id))
    if isinstance(first.data, CommandRefused):
        raise _refusal_again(first.data)
    versions = [item.version for item in begun.prior if item.stream_id == target]
    answer = reading.Receipt(
        command_id=first.command.id,
        stream_id=target,
        version=max(versions, default=0),
        events=tuple(store.receipts_of(begun)),
    )
    return answer, [item.data for item in begun.prior]


def _answer(outcome: tuple[reading.Receipt, list[Event]]) -> reading.Receipt:
    """Give the receipt, unless what was recorded is itself a refused fact of the world."""
    receipt, events = outcome
    for event in events:
        refusal_of = house.refusals.get(type(event))
        refusal = refusal_of(event) if refusal_of else None
        if refusal is not None:
            raise refusal
    return receipt


class _Refusals(State):
    """A refused command's own stream: one event, nothing to fold."""


REFUSALS: Final = Decider(
    aggregate="refusal",
    initial=_Refusals(),
    evolve=lambda state, _event: state,
    decisions={},
)


def _remember(
    refusal: Refused | NotPermitted, command: Command, target: UUID, context: Context
) -> bool:
    """Record a person's refusal in the journal, in a transaction of its own.

    Refusals are records, too. A process that was refused tries again as a work item. False: the
    command has an answer on record already, and that one stands.
    """
    if context.actor.role is Role.SYSTEM:
        return True
    with transaction.atomic():
        begun = store.begin(context.command_id)
        if begun.prior:
            return False
        event = CommandRefused(
            target_id=target,
            status=409 if isinstance(refusal, Refused) else 403,
            code=refusal.code,
            detail=refusal.detail,
            citation=refusal.citation,
            extra_json=json.dumps(refusal.extra) if isinstance(refusal, Refused) else "{}",
        )
        moment = msgspec.structs.replace(context, now=begun.now)
        cause = store.Cause(type(command).__name__, fingerprint(command, target))
        deal = _deal_of(command, target, Desk(moment, cause))
        moment = msgspec.structs.replace(moment, correlation_id=deal or context.correlation_id)
        draft = store.Draft(REFUSALS.aggregate, context.command_id, 1, event)
        store.append(store.seal([draft], moment, cause))
    return True


def _deal_of(command: Command, target: UUID, desk: Desk) -> UUID | None:
    """Find the deal that a refused command was about, whoever asked; None for one that has none."""
    procedure = house.procedures[type(command)]
    loaded = reading.load(procedure.decider, target)
    if loaded.recorded:
        return loaded.recorded[0].correlation_id
    return procedure.deal(desk, command)


def _refusal_again(event: CommandRefused) -> Refused | NotPermitted:
    if event.status == 403:  # noqa: PLR2004 -- the HTTP status is the record's own word
        return NotPermitted(event.code, event.detail, citation=event.citation)
    return Refused(
        event.code, event.detail, citation=event.citation, extra=json.loads(event.extra_json)
    )
