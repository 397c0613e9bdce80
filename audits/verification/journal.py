"""What must be true of the journal itself, checked from its bytes."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any, Final

import msgspec

from audits import grants, guards, queries
from audits.access import ACCESSES
from audits.codec import CodecError, Recorded, canonical, leaf_hash, registry
from audits.differences import Check, Difference, Look
from audits.enrollment import ENROLLMENT
from audits.execution import KEPT, REFUSALS, house
from audits.kernel import Decider
from audits.queries import LogPlace, StoredEvent
from audits.runs import RUNS
from audits.sealing.checks import checkpoints_check, tree_check
from audits.sealing.deployment import DEPLOYMENT
from audits.sealing.file_checks import files_check
from audits.sealing.record import SEALING
from audits.sealing.times import times_check
from audits.vault.rewrapping import REWRAPPING
from audits.verification.accesses import accesses_check
from audits.work.dead import HISTORY

GRACE_SECONDS: Final = 300
"""The sequencer follows the commit: a younger event may have no place in the log yet."""

BACK: Final = timedelta(seconds=125)
"""How far an event's time may lie before that of its predecessor: it is read up to two minutes before
the event is written, which waits for the stream's lock, and may be five seconds ahead (guard TG004)."""

NEVER: Final = datetime.min.replace(tzinfo=UTC)

_DERIVED: Final = (
    *("stream_id", "version", "event_id", "aggregate", "type", "schema_version"),
    *("correlation_id", "causation_id", "recorded_at"),
)
"""Columns that stand in the envelope under their own names."""


def bytes_check(look: Look) -> Iterator[Difference]:
    """Hash every event from its bytes; compare them with their columns and their one form."""
    look.expect(queries.count_events())
    for page in queries.stored_events():
        for stored in page:
            yield from _bytes_differences(stored)
        look.done(len(page))


def _bytes_differences(stored: StoredEvent) -> Iterator[Difference]:
    found = leaf_hash(stored.canonical)
    if found != stored.leaf_hash:
        yield _about(
            stored,
            "leaf_hash_wrong",
            f"stored {stored.leaf_hash.hex()}, the bytes give {found.hex()}",
        )
        return
    try:
        envelope: Recorded[Any] = msgspec.json.decode(stored.canonical, type=Recorded[msgspec.Raw])
        in_one_form = canonical(msgspec.json.decode(stored.canonical)) == stored.canonical
    except (msgspec.DecodeError, CodecError) as error:
        yield _about(stored, "bytes_unreadable", str(error))
        return
    if not in_one_form:
        yield _about(stored, "bytes_not_canonical", "RFC 8785 writes the same content otherwise")
    wrong = [name for name, value in _columns(envelope) if getattr(stored, name) != value]
    if wrong:
        yield _about(stored, "columns_wrong", f"not as in the bytes: {', '.join(wrong)}")


def _columns(envelope: Recorded[Any]) -> Iterator[tuple[str, Any]]:
    for name in _DERIVED:
        yield name, getattr(envelope, name)
    yield "command_id", envelope.command.id
    yield "ordinal", envelope.command.ordinal
    yield "person_id", envelope.actor.person_id
    yield "organization_id", envelope.actor.organization_id


def versions_check(look: Look) -> Iterator[Difference]:
    """Follow every stream from version 1 without a gap, in one aggregate, with times that go on."""
    look.expect(queries.count_events())
    for stream_id, events in queries.streams():
        expected, aggregate, latest = 1, None, None
        for event in events:
            if event.version != expected:
                yield Difference(
                    kind="version_gap",
                    subject=f"stream {stream_id}",
                    detail=f"version {event.version} where {expected} belongs",
                )
            if event.aggregate != (aggregate or event.aggregate):
                yield _about(event, "aggregate_mixed", f"the stream began as {aggregate}")
            if latest is not None and event.recorded_at < latest - BACK:
                detail = f"recorded at {event.recorded_at}, after an event of {latest}"
                yield _about(event, "recorded_before_predecessor", detail)
            expected, aggregate = event.version + 1, aggregate or event.aggregate
            latest = max(latest or event.recorded_at, event.recorded_at)
            look.done()


def streams_check(look: Look) -> Iterator[Difference]:
    """Decode every event and fold every stream with the decider of its aggregate."""
    look.expect(queries.count_events())
    deciders = known_deciders()
    for stream_id, events in queries.streams():
        first = next(events)
        decider = deciders.get(first.aggregate)
        whole = chain([first], events)
        if decider is None:
            yield Difference(
                kind="aggregate_unknown",
                subject=f"stream {stream_id}",
                detail=f"nothing folds the aggregate {first.aggregate}",
            )
            look.done(sum(1 for _ in whole))
        else:
            yield from _fold_differences(decider, whole, look)


def known_deciders() -> dict[str, Decider[Any]]:
    """Collect the deciders of all aggregates that commands are carried out on, and the journal's."""
    own = {
        decider.aggregate: decider
        for decider in (
            HISTORY,
            REFUSALS,
            KEPT,
            ENROLLMENT,
            SEALING,
            DEPLOYMENT,
            ACCESSES,
            REWRAPPING,
            RUNS,
        )
    }
    return own | {each.decider.aggregate: each.decider for each in house.procedures.values()}


def _fold_differences(
    decider: Decider[Any], events: Iterable[StoredEvent], look: Look
) -> Iterator[Difference]:
    state = decider.initial
    broken = False
    for event in events:
        look.done()
        if broken:
            continue  # what follows a broken event cannot be judged
        try:
            recorded = registry.decode(event.type, event.schema_version, event.canonical)
            state = decider.evolve(state, recorded.data)
        except Exception as error:  # noqa: BLE001 -- whatever stops a fold is a difference
            broken = True
            yield _about(event, "stream_does_not_fold", f"{type(error).__name__}: {error}")


def log_check(look: Look) -> Iterator[Difference]:
    """Walk the log: dense from 0, complete, cause before effect, streams and latest times in order."""
    look.expect(queries.count_log())
    expected, latest = 0, NEVER
    for page in queries.log_places():
        for place in page:
            if place.log_index != expected:
                missing = f"{expected}..{place.log_index - 1}"
                yield _at(place.log_index, "log_gap", f"nothing has the indexes {missing}")
                latest = place.latest_at
            expected = place.log_index + 1
            yield from _order_differences(place)
            latest = (
                place.latest_at if place.recorded_at is None else max(latest, place.recorded_at)
            )
            if place.latest_at != latest:
                detail = f"says {place.latest_at}, the latest event up to it is of {latest}"
                yield _at(place.log_index, "log_latest_wrong", detail)
        look.done(len(page))
    for ids in queries.unindexed(older_than_seconds=GRACE_SECONDS):
        for event_id in ids:
            yield Difference(
                kind="event_not_in_log",
                subject=f"event {event_id}",
                detail=f"recorded more than {GRACE_SECONDS} seconds ago and without a place",
            )


def _order_differences(place: LogPlace) -> Iterator[Difference]:
    if place.stream_id is None:
        yield _at(place.log_index, "log_without_event", f"there is no event {place.event_id}")
        return
    if place.version != 1 and not _is_before(place.predecessor_index, place):
        found = _place(place.predecessor_index)
        yield _at(
            place.log_index,
            "log_order_wrong",
            f"stream {place.stream_id} version {place.version} follows its predecessor at {found}",
        )
    if place.causation_id is not None and not _is_before(place.cause_index, place):
        found = _place(place.cause_index)
        yield _at(
            place.log_index, "log_cause_late", f"the cause {place.causation_id} is at {found}"
        )


def _is_before(index: int | None, place: LogPlace) -> bool:
    return index is not None and index < place.log_index


def _place(index: int | None) -> str:
    return "no place" if index is None else str(index)


def guards_check(look: Look) -> Iterator[Difference]:
    """Compare the guards that the database has with those that it must have."""
    look.expect(2)
    for trigger, found in guards.missing():
        yield Difference(kind="guard_missing", subject=trigger, detail=found)
    look.done()
    for table, role, detail in grants.differences():
        yield Difference(kind="grant_wrong", subject=f"{role} on {table}", detail=detail)
    look.done()


def _about(event: StoredEvent, kind: str, detail: str) -> Difference:
    subject = f"event {event.event_id} ({event.type}, stream {event.stream_id}@{event.version})"
    return Difference(kind=kind, subject=subject, detail=detail)


def _at(log_index: int, kind: str, detail: str) -> Difference:
    return Difference(kind=kind, subject=f"log index {log_index}", detail=detail)


CHECKS: Final[dict[str, Check]] = {
    "bytes": bytes_check,
    "versions": versions_check,
    "streams": streams_check,
    "log": log_check,
    "tree": tree_check,
    "checkpoints": checkpoints_check,
    "files": files_check,
    "times": times_check,
    "guards": guards_check,
    "accesses": accesses_check,
}
