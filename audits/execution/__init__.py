"""The way of a command: authorise, load, gather facts, decide, append, project, enqueue.

One transaction holds all of it. Apps register what is theirs: procedures (how a command's facts are
gathered and which other streams it moves), permissions, projectors and subscriptions.
"""

from typing import Any, Final
from uuid import UUID

import msgspec
import psycopg
from django.db import IntegrityError, OperationalError, transaction

from audits import reading, store, vault
from audits.codec import fingerprint
from audits.events import CommandRefused
from audits.execution import refusals
from audits.execution.desk import (
    Also,
    Desk,
    Gather,
    House,
    Procedure,
    Projector,
    Subscription,
    house,
    plain_facts,
    reading_desk,
)
from audits.execution.refusals import KEPT, REFUSALS, refusal_again
from audits.kernel import (
    Actor,
    Command,
    Context,
    Event,
    NotPermitted,
    Refused,
    Role,
    State,
    WrongExpectedVersion,
)
from audits.legible import require_legible

__all__ = [
    "KEPT",
    "REFUSALS",
    "Also",
    "CommandIdReused",
    "Desk",
    "Gather",
    "House",
    "NotFound",
    "Procedure",
    "Projector",
    "Subscription",
    "decide",
    "execute",
    "house",
    "may_see",
    "plain_facts",
    "reading_desk",
    "require_role",
]

Outcome = tuple[reading.Receipt, list[Event]] | Refused | NotPermitted
"""What came of a command: its receipt with its events, or the refusal that is on record."""

MAX_TRIES: Final = 5
RETRYABLE: Final = frozenset({"40001", "40P01"})
"""Serialization failure and deadlock: running the command again is safe."""


class NotFound(Exception):
    """There is no such thing, or none that this actor may see."""


class CommandIdReused(Exception):
    """The idempotency key was used before, for something else."""


def execute(
    command: Command, target: UUID, context: Context, *, expected_version: int | None = None
) -> reading.Receipt:
    """Carry out a command on the stream `target`; a repeat of it answers as the first time.

    context.now is replaced by database time. expected_version: what the caller last saw.
    Personal texts are sealed first: the journal never holds them, nor does a hash of them.
    Raises Refused, NotPermitted (both recorded, unless a process asked), NotFound,
    WrongExpectedVersion, CommandIdReused; msgspec.ValidationError for what cannot be sealed or seen.
    """
    if context.actor.role is not Role.SYSTEM:  # a process's commands are made of what is sealed
        require_legible(command)
        command = vault.sealed(command, vault.Holder(context.actor.organization_id, target))
    raced = False
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
            if raced or attempt == MAX_TRIES:
                return _refuse(refusal, command, target, context)
            raced = True  # decided once more, it sees who was faster
    raise AssertionError("every try returns or raises")


def _refuse(refusal: Refused, command: Command, target: UUID, context: Context) -> reading.Receipt:
    """Record what a constraint refused and raise it, unless a repeat was answered in between."""
    if refusals.remember(refusal, command, target, context):
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
) -> Outcome:
    asked = fingerprint(command, target)
    with transaction.atomic():
        begun = store.begin(context.command_id)
        if begun.prior:
            return _prior(begun, asked, target)
        desk = Desk(
            msgspec.structs.replace(context, now=begun.now),
            store.Cause(type(command).__name__, asked),
        )
        procedure = house.procedures[type(command)]
        try:
            version, events = decide(
                desk, command, target, procedure=procedure, expected_version=expected_version
            )
        except (Refused, NotPermitted) as refusal:
            if context.actor.role is Role.SYSTEM:
                raise
            # Under the locks of the decision: whatever it saw stands before it in the log.
            refusals.record(refusal, command, target, desk)
            return refusal
        if _refused_fact(events) is not None:
            desk.drafts.extend(refusals.kept(command, context.command_id))
        receipts = desk.write() if desk.drafts else []
    answer = reading.Receipt(
        command_id=context.command_id, stream_id=target, version=version, events=tuple(receipts)
    )
    return answer, events


def decide(
    desk: Desk,
    command: Command,
    target: UUID,
    *,
    procedure: Procedure,
    expected_version: int | None = None,
) -> tuple[int, list[Event]]:
    """Decide a command at a desk; gives the version of its stream after it and all its events.

    Authorizes, loads, gathers facts, decides and drafts what is to be written; writes nothing.
    Raises Refused, NotPermitted, NotFound, WrongExpectedVersion.
    """
    require_role(type(command), desk.context.actor)
    loaded = desk.load(procedure.decider, target, lock="write")
    _check_target(procedure, loaded, desk.context, expected_version)
    desk.context = msgspec.structs.replace(
        desk.context,
        correlation_id=procedure.deal(desk, command) or _correlation(loaded, desk.context),
    )
    facts = procedure.gather(desk, command, loaded)
    events = procedure.decider.decide(command, loaded.state, facts)
    edition = getattr(facts, "edition", None)
    desk.cause = store.Cause(desk.cause.name, desk.cause.fingerprint, edition)
    desk.draft(procedure.decider, loaded, events)
    if procedure.also is not None and events:
        procedure.also(desk, command, loaded, events)
    desk.require_running()
    return loaded.version + len(events), [draft.event for draft in desk.drafts]


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


def _prior(begun: store.Begun, asked: str, target: UUID) -> Outcome:
    first = begun.prior[0]
    if first.command.fingerprint != asked:
        raise CommandIdReused(str(first.command.id))
    if isinstance(first.data, CommandRefused):
        return refusal_again(first.data)
    versions = [item.version for item in begun.prior if item.stream_id == target]
    answer = reading.Receipt(
        command_id=first.command.id,
        stream_id=target,
        version=max(versions, default=0),
        events=tuple(store.receipts_of(begun)),
    )
    return answer, [item.data for item in begun.prior]


def _answer(outcome: Outcome) -> reading.Receipt:
    """Give the receipt, unless it was refused, or what was recorded is a refused fact of the world."""
    if isinstance(outcome, Refused | NotPermitted):
        raise outcome
    receipt, events = outcome
    refusal = _refused_fact(events)
    if refusal is not None:
        raise refusal
    return receipt


def _refused_fact(events: list[Event]) -> Refused | None:
    """Find how to answer events that record a refused fact of the world; None: none does."""
    for event in events:
        refusal_of = house.refusals.get(type(event))
        refusal = refusal_of(event) if refusal_of else None
        if refusal is not None:
            return refusal
    return None
