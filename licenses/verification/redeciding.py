"""What a dispatch moves, decided again: the same decision on the same state gives the same events."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from audits import replay
from audits.codec import Recorded
from audits.differences import Difference, Look
from audits.kernel import Command, Decider, Event, Facts, Refused
from audits.verification.authority import about
from licenses.domain import allotment, escrow, license
from licenses.domain.allotment.commands import PostVolume
from licenses.domain.allotment.events import VolumePosted
from licenses.domain.escrow.commands import ReleaseEscrow
from licenses.domain.escrow.events import EscrowReleased
from licenses.domain.license.commands import DrawDown
from licenses.domain.license.events import LicenseDrawnDown


def _draw(event: LicenseDrawnDown) -> Command:
    return DrawDown(
        shipment_id=event.shipment_id,
        line=event.line,
        quantity=event.quantity,
        value_cents=event.value_cents,
    )


def _release(event: EscrowReleased) -> Command:
    return ReleaseEscrow(shipment_id=event.shipment_id, gross_cents=event.gross_cents)


def _post(event: VolumePosted) -> Command:
    return PostVolume(
        license_id=event.license_id,
        line=event.line,
        shipment_id=event.shipment_id,
        quantity=event.quantity,
        short=event.short,
    )


COMMANDS: Final[Mapping[type[Event], Callable[[Any], Command]]] = {
    LicenseDrawnDown: _draw,
    EscrowReleased: _release,
    VolumePosted: _post,
}
"""Event → the command that it answers; these decide on nothing but their own stream."""
DECIDERS: Final[tuple[Decider[Any], ...]] = (license.DECIDER, escrow.DECIDER, allotment.DECIDER)


def redeciding_check(look: Look) -> Iterator[Difference]:
    """Decide every draw, release and posting again on the state before it."""
    look.expect(replay.count([decider.aggregate for decider in DECIDERS]))
    for decider in DECIDERS:
        for loaded in replay.streams_of(decider):
            yield from stream_differences(decider, loaded.recorded)
            look.done(len(loaded.recorded))


def stream_differences(
    decider: Decider[Any], events: Sequence[Recorded[Any]]
) -> Iterator[Difference]:
    """Decide one stream again; each event is looked at a few times, however many there are."""
    state = decider.initial
    to_come = _by_command(events)
    for event in events:
        written = to_come[event.command.id]
        command_of = COMMANDS.get(type(event.data))
        if command_of is not None:
            yield from _differences(decider, state, event, command_of(event.data), list(written))
        written.popleft()
        state = decider.evolve(state, event.data)


def _by_command(events: Sequence[Recorded[Any]]) -> dict[UUID, deque[Event]]:
    """Sort what happened by its command: a stream may be long, and is gone through once."""
    found: defaultdict[UUID, deque[Event]] = defaultdict(deque)
    for event in events:
        found[event.command.id].append(event.data)
    return found


def _differences(
    decider: Decider[Any],
    state: Any,
    event: Recorded[Any],
    command: Command,
    written: list[Event],
) -> Iterator[Difference]:
    facts = Facts(now=event.recorded_at, actor=event.actor)
    try:
        decided = decider.decide(command, state, facts)
    except Refused as refusal:
        detail = f"it had to be refused: {refusal.code}, {refusal.detail}"
        yield about(event, "decision_not_possible", detail)
        return
    if decided != written:
        yield about(event, "decision_otherwise", f"decided again it is {decided}")
