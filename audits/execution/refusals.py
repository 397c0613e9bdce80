"""Refusals are records, too: what was refused to a person stands in the journal."""

import json
from typing import Final
from uuid import UUID

import msgspec
from django.db import transaction

from audits import context as minting
from audits import reading, store
from audits.codec import body_of, fingerprint
from audits.events import BODY_BYTES_AT_MOST, CommandRefused, RefusedCommandKept
from audits.execution.desk import Desk, house
from audits.kernel import Command, Context, Decider, NotPermitted, Refused, Role, State


class _Single(State):
    """A stream of one event: nothing to fold."""


REFUSALS: Final = Decider(
    aggregate="refusal", initial=_Single(), evolve=lambda state, _event: state, decisions={}
)
"""Why a command was refused, in a stream of its own."""
LONGEST_CHARACTER: Final = 4
"""Bytes: what JSON escapes within a body is shorter, for a body is JSON itself."""
KEPT: Final = Decider(
    aggregate="refused_command", initial=_Single(), evolve=lambda state, _event: state, decisions={}
)
"""What it asked. A stream apart, for auditors alone: drafts, say, are nobody else's to read."""


def remember(refusal: Refused, command: Command, target: UUID, context: Context) -> bool:
    """Record what a constraint refused a person, in a transaction of its own.

    A process that was refused tries again as a work item. False: the command has an answer on
    record already, and that one stands.
    """
    if context.actor.role is Role.SYSTEM:
        return True
    with transaction.atomic():
        begun = store.begin(context.command_id)
        if begun.prior:
            return False
        moment = msgspec.structs.replace(context, now=begun.now)
        cause = store.Cause(type(command).__name__, fingerprint(command, target))
        record(refusal, command, target, Desk(moment, cause), raced=True)
    return True


def record(
    refusal: Refused | NotPermitted,
    command: Command,
    target: UUID,
    desk: Desk,
    *,
    raced: bool = False,
) -> None:
    """Record a person's refusal, and what was asked: refusals are records, too."""
    said = CommandRefused(
        target_id=target,
        status=409 if isinstance(refusal, Refused) else 403,
        code=refusal.code,
        detail=refusal.detail,
        citation=refusal.citation,
        extra_json=json.dumps(refusal.extra) if isinstance(refusal, Refused) else "{}",
    )
    command_id = desk.context.command_id
    context = msgspec.structs.replace(
        desk.context, correlation_id=_deal_of(command, target, desk) or desk.context.correlation_id
    )
    drafts = [
        store.Draft(REFUSALS.aggregate, command_id, 1, said),
        *kept(command, command_id, raced=raced),
    ]
    store.append(store.seal(drafts, context, store.Cause(desk.cause.name, desk.cause.fingerprint)))


def kept(command: Command, command_id: UUID, *, raced: bool = False) -> list[store.Draft]:
    """Draft what a refused command asked, in as many pieces as it takes."""
    stream_id = minting.follow_up_id(command_id, KEPT.aggregate)
    return [
        store.Draft(
            KEPT.aggregate, stream_id, place, RefusedCommandKept(body_json=piece, raced=raced)
        )
        for place, piece in enumerate(_pieces(body_of(command).decode()), start=1)
    ]


def _pieces(body: str) -> list[str]:
    if len(msgspec.json.encode(body)) <= BODY_BYTES_AT_MOST:
        return [body]
    length = BODY_BYTES_AT_MOST // LONGEST_CHARACTER
    return [body[start : start + length] for start in range(0, len(body), length)]


def _deal_of(command: Command, target: UUID, desk: Desk) -> UUID | None:
    """Find the deal that a refused command was about, whoever asked; None for one that has none."""
    procedure = house.procedures[type(command)]
    loaded = reading.load(procedure.decider, target)
    if loaded.recorded:
        return loaded.recorded[0].correlation_id
    return procedure.deal(desk, command)


def refusal_again(event: CommandRefused) -> Refused | NotPermitted:
    """Make the refusal that is on record anew, for the answer to a repeat."""
    if event.status == 403:  # noqa: PLR2004 -- the HTTP status is the record's own word
        return NotPermitted(event.code, event.detail, citation=event.citation)
    return Refused(
        event.code, event.detail, citation=event.citation, extra=json.loads(event.extra_json)
    )
