"""Authority checked from the journal alone: who acted, in which role, through which login.

An application role may insert any bytes that hash as they say; what no constraint stops is named
here. What a login that is none of the service's own writes (the owner, a superuser) cannot be told
from its right use here: that is for sealing.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
from django.db import connection

from audits import grants, reading, replay
from audits.access import ACCESSES
from audits.codec import Recorded
from audits.context import SYSTEM_ORGANIZATION
from audits.differences import Difference, Look
from audits.enrollment import ENROLLMENT
from audits.events import AuditRan, CodeDeployed, OrganizationEnrolled, PersonEnrolled
from audits.execution import KEPT, REFUSALS, house
from audits.kernel import Actor, Role
from audits.runs import RUNS
from audits.sealing.deployment import DEPLOYMENT, login_of
from audits.sealing.record import RECORDED, SEALING
from audits.vault.rewrapping import REWRAPPING
from audits.work.dead import HISTORY

PEOPLE_KEPT: Final = 4_096
"""Enrolled people held in memory while all events are looked at."""

PEOPLE: Final = frozenset(Role) - {Role.SYSTEM}
REDRIVE: Final = "RedriveWorkItem"

_ALL: Final = """
    SELECT command_id, ordinal, xid::text, writer::text, canonical FROM audits_event
    WHERE (command_id, ordinal) > (%s, %s) ORDER BY command_id, ordinal LIMIT %s
"""
_ENROLLED: Final = """
    SELECT canonical FROM audits_event WHERE aggregate = %s AND stream_id = ANY(%s)
"""
_COUNT: Final = "SELECT count(*) FROM audits_event"


class Rule(NamedTuple):
    """Who may issue a command, and where it writes."""

    roles: frozenset[Role]
    aggregate: str
    alone: bool
    """Whether it writes to streams of that aggregate alone."""


class Written(NamedTuple):
    """An event as far as authority goes, and how it came into the journal."""

    event: Recorded[msgspec.Raw]
    xid: str
    writer: str


OWN: Final[Mapping[str, Rule]] = {
    "RecordAccesses": Rule(frozenset({Role.SYSTEM}), ACCESSES.aggregate, alone=True),
    "BuryWorkItem": Rule(frozenset({Role.SYSTEM}), HISTORY.aggregate, alone=True),
    "RewrapPersonalKeys": Rule(frozenset({Role.SYSTEM}), REWRAPPING.aggregate, alone=True),
    REDRIVE: Rule(PEOPLE, HISTORY.aggregate, alone=True),
    OrganizationEnrolled.__name__: Rule(frozenset({Role.SYSTEM}), ENROLLMENT.aggregate, alone=True),
    PersonEnrolled.__name__: Rule(frozenset({Role.SYSTEM}), ENROLLMENT.aggregate, alone=True),
    AuditRan.__name__: Rule(frozenset({Role.SYSTEM}), RUNS.aggregate, alone=True),
    CodeDeployed.__name__: Rule(frozenset({Role.SYSTEM}), DEPLOYMENT.aggregate, alone=True),
    **{
        event.__name__: Rule(frozenset({Role.SYSTEM}), SEALING.aggregate, alone=True)
        for event in RECORDED
    },
}
"""The journal's own commands."""


def authority_check(look: Look) -> Iterator[Difference]:
    """Ask of every command: one transaction, a permitted role, an enrolled person, a fit login."""
    look.expect(_count())
    rules = known_rules()
    people = lru_cache(maxsize=PEOPLE_KEPT)(_enrollments)
    for _, together in itertools.groupby(_written(), key=lambda each: each.event.command.id):
        events = list(together)
        yield from _whole(events)
        yield from _permitted(events, rules)
        yield from _fit_login(events[0])
        yield from _enrolled(events[0].event, people)
        look.done(len(events))


def known_rules() -> dict[str, Rule]:
    """Collect who may issue which command: those of the apps and the journal's own."""
    return dict(OWN) | {
        command.__name__: Rule(
            procedure.roles, procedure.decider.aggregate, alone=procedure.also is None
        )
        for command, procedure in house.procedures.items()
    }


def is_own(together: Sequence[Recorded[Any]]) -> bool:
    """Tell whether the journal itself recorded the events of one command: no app decided them."""
    rule = OWN.get(together[0].command.name)
    return rule is not None and all(each.aggregate == rule.aggregate for each in together)


def about(event: Recorded[Any], kind: str, detail: str) -> Difference:
    """Name an event that differs."""
    place = f"{event.type}, stream {event.stream_id}@{event.version}"
    return Difference(kind=kind, subject=f"event {event.event_id} ({place})", detail=detail)


def _written() -> Iterator[Written]:
    for page in replay.pages(_ALL, []):
        for _, _, xid, writer, canonical in page:
            event = msgspec.json.decode(bytes(canonical), type=Recorded[msgspec.Raw])
            yield Written(event, xid, writer)


def _whole(events: list[Written]) -> Iterator[Difference]:
    """Ask that one transaction wrote a command's events, all saying the same of the command."""
    first = events[0]
    for place, each in enumerate(events):
        if each.event.command.ordinal != place:
            detail = f"number {each.event.command.ordinal} of its command where {place} belongs"
            yield about(each.event, "command_incomplete", detail)
            return
        if _ticket(each) != _ticket(first):
            detail = f"not written by what wrote event {first.event.event_id} of the same command"
            yield about(each.event, "command_in_pieces", detail)


def _ticket(each: Written) -> tuple[Any, ...]:
    event = each.event
    asked = (event.command.name, event.command.fingerprint)
    return (each.xid, each.writer, event.actor, *asked, event.causation_id, event.correlation_id)


def _permitted(events: list[Written], rules: Mapping[str, Rule]) -> Iterator[Difference]:
    """Ask that the role may issue the command: every event counts by the command it names."""
    first = events[0].event
    rule = rules.get(first.command.name)
    if rule is None:
        yield about(first, "command_unknown", f"there is no command {first.command.name}")
        return
    if first.aggregate == REFUSALS.aggregate:
        return  # that it was not permitted may be the very reason
    role = first.actor.role
    if role not in rule.roles:
        detail = f"{first.command.name} is not for the role {role.value}"
        yield about(first, "role_not_permitted", detail)
    for each in events if rule.alone else events[:1]:
        if each.event.aggregate not in {rule.aggregate, KEPT.aggregate}:
            detail = f"{first.command.name} writes to streams of {rule.aggregate} alone"
            yield about(each.event, "event_not_of_command", detail)


def _fit_login(written: Written) -> Iterator[Difference]:
    """Expect people from the web service, processes from any other login, the operator from neither.

    Of how it is sealed the sealer alone may tell, and the operator, who may log in as the owner; of
    its code each process itself.

    What a person's command moves further (a grant, a draw-down) is the person's, too: it bears
    their name, so no event of a process ever comes from the web login. A dead work item is
    driven again from the operator's command line, which may log in as any role.
    """
    event = written.event
    unfit: tuple[str, ...]
    if event.aggregate in {ENROLLMENT.aggregate, REWRAPPING.aggregate}:
        unfit = grants.ROLES
    elif event.aggregate == SEALING.aggregate:
        unfit = (grants.WEB, grants.WORKER, grants.AUDITOR)
    elif event.aggregate == DEPLOYMENT.aggregate:
        own = login_of(event.actor.person_id)
        unfit = tuple(role for role in grants.ROLES if role != own)
    elif event.actor.role is Role.SYSTEM:
        unfit = (grants.WEB, grants.AUDITOR)
    elif event.command.name == REDRIVE:
        unfit = (grants.AUDITOR,)
    else:
        unfit = (grants.WORKER, grants.SEALER, grants.AUDITOR)
    if written.writer in unfit:
        who = f"{event.actor.role.value} {event.actor.person_id}"
        yield about(event, "writer_unfit", f"written by {written.writer} in the name of {who}")


Enrollments = Callable[[UUID, UUID], tuple[Recorded[Any], ...]]


def _enrolled(event: Recorded[Any], people: Enrollments) -> Iterator[Difference]:
    """Ask that person and organization were enrolled before they acted, and for this role."""
    actor = event.actor
    if actor.role is Role.SYSTEM:
        if actor.organization_id != SYSTEM_ORGANIZATION:
            yield about(event, "actor_not_enrolled", "a process acts for the service alone")
        return
    known = [
        each
        for each in people(actor.organization_id, actor.person_id)
        if each.recorded_at <= event.recorded_at
    ]
    if not any(_is_organization(each, actor) for each in known):
        agency = f" of {actor.agency}" if actor.agency else ""
        detail = f"no {actor.role.value}{agency} was enrolled as {actor.organization_id}"
        yield about(event, "actor_not_enrolled", detail)
    if not any(_is_person(each, actor) for each in known):
        detail = f"{actor.person_id} was not enrolled to act for {actor.organization_id}"
        yield about(event, "actor_not_enrolled", detail)


def _is_organization(enrolled: Recorded[Any], actor: Actor) -> bool:
    return (
        enrolled.stream_id == actor.organization_id
        and isinstance(enrolled.data, OrganizationEnrolled)
        and (enrolled.data.role, enrolled.data.agency) == (actor.role, actor.agency)
    )


def _is_person(enrolled: Recorded[Any], actor: Actor) -> bool:
    return (
        enrolled.stream_id == actor.person_id
        and isinstance(enrolled.data, PersonEnrolled)
        and enrolled.data.organization_id == actor.organization_id
    )


def _enrollments(organization_id: UUID, person_id: UUID) -> tuple[Recorded[Any], ...]:
    with connection.cursor() as cursor:
        cursor.execute(_ENROLLED, [ENROLLMENT.aggregate, [organization_id, person_id]])
        return tuple(reading.decode(bytes(content)) for (content,) in cursor.fetchall())


def _count() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_COUNT)
        [(found,)] = cursor.fetchall()
    return int(found)
