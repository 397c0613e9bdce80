"""Refusals are records, too: what was refused to a person stands in the journal."""

import json
from typing import Final
from uuid import UUID

import msgspec
from django.db import transaction

from audits import reading, store
from audits.codec import fingerprint
from audits.events import CommandRefused
from audits.execution.desk import Desk, house
from audits.kernel import Command, Context, Decider, NotPermitted, Refused, Role, State


class _Refusals(State):
    """A refused command's own stream: one event, nothing to fold."""


REFUSALS: Final = Decider(
    aggregate="refusal",
    initial=_Refusals(),
    evolve=lambda state, _event: state,
    decisions={},
)


def remember(
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


def refusal_again(event: CommandRefused) -> Refused | NotPermitted:
    """Make the refusal that is on record anew, for the answer to a repeat."""
    if event.status == 403:  # noqa: PLR2004 -- the HTTP status is the record's own word
        return NotPermitted(event.code, event.detail, citation=event.citation)
    return Refused(
        event.code, event.detail, citation=event.citation, extra=json.loads(event.extra_json)
    )
