"""The events of one deal in recorded order, for people."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from django.db.models import F

from audits import vault
from audits.api.history import envelope_of
from audits.kernel import Actor, Role
from audits.models import EventRow, Organization, Person
from audits.web.details import Describing, Detail
from audits.web.words import title

LONG: Final = 8
"""More values than this are folded away until somebody asks for them."""

_ORDER: Final = (
    # Without a log index an event is too fresh to have one, and stands at the end.
    F("log_entry__log_index").asc(nulls_last=True),
    *("recorded_at", "ordinal", "stream_id", "version"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event stands in a timeline."""

    number: int
    """From 1, among the events that one may see."""
    event_id: UUID
    stream_id: UUID
    recorded_at: datetime
    log_index: int | None


@dataclass(frozen=True, slots=True)
class Who:
    """Who did something: a person for an organization, or the service itself."""

    name: str
    capacity: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One event as a timeline shows it."""

    place: Place
    title: str
    thing: str
    version: int
    who: Who
    on_behalf_of: str | None
    edition: str | None
    leaf_hash: str
    details: Detail
    is_long: bool


def streams_of(correlation_id: UUID) -> list[tuple[str, UUID]]:
    """List the streams that a deal has touched, as (aggregate, stream)."""
    found = EventRow.objects.filter(correlation_id=correlation_id)
    return list(found.values_list("aggregate", "stream_id").distinct().order_by())


def places_of(correlation_id: UUID, streams: Collection[UUID]) -> list[Place]:
    """List a deal's events on these streams, in log order."""
    rows = (
        EventRow.objects.filter(correlation_id=correlation_id, stream_id__in=streams)
        .order_by(*_ORDER)
        .values_list("event_id", "stream_id", "recorded_at", "log_entry__log_index")
    )
    return [Place(number, *row) for number, row in enumerate(rows, start=1)]


def rows_of(places: Sequence[Place]) -> list[EventRow]:
    """Read the events of these places, in their order."""
    found = EventRow.objects.in_bulk([place.event_id for place in places])
    return [found[place.event_id] for place in places]


@dataclass(frozen=True, slots=True)
class Telling:
    """How events are told: the words of an app, and its way with money."""

    titles: Callable[[str], str | None]
    """Wire name → what happened, in plain words; None: the name itself has to do."""
    describing: Describing

    def entries(self, places: Sequence[Place], *, as_recorded: bool = False) -> list[Entry]:
        """Tell the events of these places; as many queries for many as for one.

        as_recorded: personal data stay sealed, and people are named by their ids, so that an erasure
        changes nothing of what is told.
        """
        rows = rows_of(places)
        names = _Names.of(rows, as_recorded=as_recorded)
        together = zip(places, rows, _data_of(rows, as_recorded=as_recorded), strict=True)
        return [self._entry(place, row, data, names) for place, row, data in together]

    def _entry(self, place: Place, row: EventRow, data: dict[str, Any], names: "_Names") -> Entry:
        event = envelope_of(row)
        details = self.describing.describe(data)
        behalf = event.on_behalf_of
        return Entry(
            place=place,
            title=self.titles(event.type) or title(event.type),
            thing=title(event.aggregate),
            version=event.version,
            who=names.who(event.actor),
            on_behalf_of=None if behalf is None else names.organization(behalf),
            edition=event.edition,
            leaf_hash=bytes(row.leaf_hash).hex(),
            details=details,
            is_long=details.size() > LONG,
        )


def _data_of(rows: Sequence[EventRow], *, as_recorded: bool) -> list[dict[str, Any]]:
    """Read the fields of events, personal data in clear or as recorded."""
    recorded = b"[" + b",".join(bytes(envelope_of(row).data) for row in rows) + b"]"
    shown = recorded if as_recorded else vault.revealed(recorded)
    data: list[dict[str, Any]] = msgspec.json.decode(shown)
    return data


@dataclass(frozen=True, slots=True)
class _Names:
    """What the people and organizations of some events are called."""

    people: dict[UUID, Person]
    organizations: dict[UUID, Organization]

    @classmethod
    def of(cls, rows: Sequence[EventRow], *, as_recorded: bool) -> "_Names":
        envelopes = [envelope_of(row) for row in rows]
        behalf = {item.on_behalf_of for item in envelopes if item.on_behalf_of}
        return cls(
            {} if as_recorded else Person.objects.in_bulk({row.person_id for row in rows}),
            Organization.objects.in_bulk({row.organization_id for row in rows} | behalf),
        )

    def organization(self, organization_id: UUID) -> str:
        known = self.organizations.get(organization_id)
        return known.name if known else str(organization_id)

    def who(self, actor: Actor) -> Who:
        if actor.role is Role.SYSTEM:
            return Who("Tollgate", "by itself")
        person = self.people.get(actor.person_id)
        role = f"{actor.role.value} ({actor.agency})" if actor.agency else actor.role.value
        return Who(
            person.username if person else str(actor.person_id),
            f"{role}, {self.organization(actor.organization_id)}",
        )
