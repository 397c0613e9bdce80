"""What the journal keeps of its own sealing: keys, guards, and every time it was halted.

One stream, folded to what the next decision needs. These events are sealed like all others.
"""

from collections.abc import Callable
from typing import Final
from uuid import UUID, uuid5

import msgspec
from django.db import transaction

from audits import context as minting
from audits import reading, store
from audits.codec import fingerprint_of
from audits.events import (
    CheckpointKeyAdded,
    CheckpointKeyRetired,
    CheckpointKeyRevoked,
    ReceiptKeyAdded,
    SchemaFingerprinted,
    SealingHalted,
)
from audits.kernel import Context, Decider, Event, S, State
from audits.statements import run

STREAM: Final = uuid5(minting.SYSTEM_ORGANIZATION, "sealing")
RECORDED: Final = (
    CheckpointKeyAdded,
    CheckpointKeyRetired,
    CheckpointKeyRevoked,
    ReceiptKeyAdded,
    SchemaFingerprinted,
    SealingHalted,
)

_WENT_ON: Final = """
    SELECT EXISTS (
        SELECT FROM audits_log l JOIN audits_checkpoint c ON c.size > l.log_index
        WHERE l.event_id = (
            SELECT event_id FROM audits_event WHERE stream_id = %b AND type = 'sealing_halted'
            ORDER BY version DESC LIMIT 1))
"""


class Sealing(State):
    """How sealing stands, as of some version of its stream."""

    current_keys: frozenset[str] = frozenset()
    """Verifier keys that sign checkpoints now."""
    retired_keys: frozenset[str] = frozenset()
    revoked_keys: frozenset[str] = frozenset()
    receipt_keys: frozenset[str] = frozenset()
    schema: SchemaFingerprinted | None = None
    halt: SealingHalted | None = None
    """The last time that sealing was halted."""


def evolve(state: Sealing, event: Event) -> Sealing:
    """Fold one event."""
    match event:
        case CheckpointKeyAdded(verifier_key=key):
            changes: dict[str, object] = {"current_keys": state.current_keys | {key}}
        case CheckpointKeyRetired(verifier_key=key):
            changes = {
                "current_keys": state.current_keys - {key},
                "retired_keys": state.retired_keys | {key},
            }
        case CheckpointKeyRevoked(verifier_key=key):
            changes = {
                "current_keys": state.current_keys - {key},
                "retired_keys": state.retired_keys - {key},
                "revoked_keys": state.revoked_keys | {key},
            }
        case ReceiptKeyAdded(verifier_key=key):
            changes = {"receipt_keys": state.receipt_keys | {key}}
        case SchemaFingerprinted():
            changes = {"schema": event}
        case SealingHalted():
            changes = {"halt": event}
        case _:
            raise TypeError(f"{type(event).__name__} says nothing of sealing")
    return msgspec.structs.replace(state, **changes)


SEALING: Final = Decider(aggregate="sealing", initial=Sealing(), evolve=evolve, decisions={})


def current() -> Sealing:
    """Read how sealing stands now."""
    return reading.load(SEALING, STREAM).state


def record(decide: Callable[[Sealing], Event | None], *, process: str) -> bool:
    """Append what `decide` makes of the current state; tell whether there was anything.

    process: who says so, `sealer` or `operator`.
    """
    return append(SEALING, STREAM, decide, process=process)


def append(
    decider: Decider[S], stream: UUID, decide: Callable[[S], Event | None], *, process: str
) -> bool:
    """Append to a stream of the service's own what `decide` makes of its state, as this process."""
    command_id = minting.new_id()
    with transaction.atomic():
        now = store.begin(command_id).now
        loaded = reading.load(decider, stream, lock="write")
        event = decide(loaded.state)
        if event is None:
            return False
        context = Context(
            actor=minting.system_actor(process),
            now=now,
            command_id=command_id,
            correlation_id=stream,
        )
        name = type(event).__name__
        draft = store.Draft(decider.aggregate, stream, loaded.version + 1, event)
        cause = store.Cause(name, fingerprint_of(name, stream))
        store.append(store.seal([draft], context, cause))
    return True


def record_halt(code: str, detail: str) -> bool:
    """Record that sealing was halted, and why: once, until a checkpoint is published after it.

    Details name sizes, and a halt that is recorded makes the log longer itself.
    """
    halt = SealingHalted(code=code, detail=detail)

    def decide(state: Sealing) -> SealingHalted | None:
        is_known = state.halt is not None and state.halt.code == code
        return None if state.halt == halt or (is_known and not _went_on()) else halt

    return record(decide, process="sealer")


def _went_on() -> bool:
    """Tell whether the last halt is covered by a checkpoint, and so was ended."""
    [(went_on,)] = run(_WENT_ON, [STREAM]).fetchall()
    return bool(went_on)
