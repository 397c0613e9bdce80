"""The standing report of a quarter: what audits found, what became of it, and which writes stopped.

It is added up from the events that the log held when the quarter ended, less those that it held when
the quarter began (ADR 17): asked again, it is the same. Quarters are those of the calendar, UTC, half-open.
"""

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from django.db import connection

from audits.codec import Recorded
from audits.domain import finding, halt
from audits.domain.finding.events import (
    FindingAccepted,
    FindingCleared,
    FindingClosed,
    FindingRaised,
    FindingReopened,
)
from audits.domain.finding.state import Accepted, Cleared, Closed
from audits.domain.halt.commands import HaltKind
from audits.domain.halt.events import HaltLifted, HaltSet
from audits.events import AuditRan, WorkItemDied
from audits.kernel import Decider, Refused
from audits.past import moments
from audits.past.moments import Moment
from audits.projection import status_of
from audits.reading import Loaded
from audits.replay import wire_names
from audits.runs import KIND

QUARTER: Final = r"^(?P<year>20[0-9]{2})Q(?P<number>[1-4])$"
_MONTHS: Final = 3
_MINUTE: Final = timedelta(minutes=1)
_INSTANT: Final = timedelta(microseconds=1)
"""The finest difference between two times of events."""
_COUNTED: Final = """
    SELECT count(*), count(*) FILTER (WHERE type = 'command_refused')
    FROM audits_event JOIN audits_log USING (event_id) WHERE log_index > %s AND log_index <= %s
"""

Stood = tuple[Loaded[Any], Sequence[Recorded[Any]]]
"""A stream as it stood when the quarter ended, and what of its events is the quarter's."""


class QuarterUnknownError(ValueError):
    """That is no quarter such as `2026Q4`."""


class AuditRuns(msgspec.Struct, frozen=True, kw_only=True):
    """How often an audit ran to its end, each time in a slot of its own."""

    audit: str
    runs: int
    incomplete: int
    """Runs that found too much to look on, or met what they could not read."""
    given_up: int
    """Times that it failed too often and was put aside."""
    first_at: datetime | None
    """When the first run ended; null: none did."""
    last_at: datetime | None
    longest_pause_minutes: int
    """The longest time from the end of one run to that of the next; of less than two, 0."""


class AuditFindings(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to the findings of an audit in the quarter, and how many it left open."""

    audit: str
    raised: int
    cleared: int
    closed: int
    accepted: int
    reopened: int
    open: int


class OpenFinding(msgspec.Struct, frozen=True, kw_only=True):
    """A finding that was open when the quarter ended."""

    id: UUID
    audit: str
    kind: str
    subject: str
    status: str
    raised_at: datetime
    assignee_id: UUID | None
    evidence: tuple[UUID, ...]


class HaltSpan(msgspec.Struct, frozen=True, kw_only=True):
    """A halt that was in force in the quarter."""

    kind: HaltKind
    reason: str
    set_at: datetime
    lifted_at: datetime | None
    """Null while it was in force when the quarter ended."""
    lifted_by: tuple[UUID, ...]
    """Who proposed and who confirmed."""


class QuarterReport(msgspec.Struct, frozen=True, kw_only=True):
    """The standing report of one quarter."""

    quarter: str
    begins_at: datetime
    ends_at: datetime
    is_over: bool
    """False: what is said of its end is said of the moment of asking."""
    settled: bool
    """Whether this report will have the same bytes for ever."""
    events: int
    refusals: int
    last_log_index: int
    """The log up to here is what the report was added up from; -1: it was empty."""
    runs: tuple[AuditRuns, ...]
    findings: tuple[AuditFindings, ...]
    open_findings: tuple[OpenFinding, ...]
    halts: tuple[HaltSpan, ...]


def quarter_of(moment: datetime) -> str:
    """Name the quarter that a moment is in."""
    return f"{moment.year:04d}Q{(moment.month - 1) // _MONTHS + 1}"


def bounds(quarter: str) -> tuple[datetime, datetime]:
    """Give the first moment of a quarter and that of the next; raises QuarterUnknownError."""
    named = re.fullmatch(QUARTER, quarter)
    if named is None:
        raise QuarterUnknownError(quarter)
    year, month = int(named["year"]), (int(named["number"]) - 1) * _MONTHS + 1
    following = (year, month + _MONTHS) if month < 12 - _MONTHS + 1 else (year + 1, 1)
    return datetime(year, month, 1, tzinfo=UTC), datetime(*following, 1, tzinfo=UTC)


def report(quarter: str, now: datetime) -> QuarterReport:
    """Add up a quarter; raises QuarterUnknownError, Refused `quarter_not_begun`."""
    begins, ends = bounds(quarter)
    if now < begins:
        raise Refused("quarter_not_begun", f"{quarter} begins on {begins.date()}, UTC")
    before, at = (moments.moment_at(edge - _INSTANT) for edge in (begins, ends))
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, [before.log_index, at.log_index])
        [(events, refusals)] = cursor.fetchall()
    found = list(_stood(finding.DECIDER, before, at))
    return QuarterReport(
        quarter=quarter,
        begins_at=begins,
        ends_at=ends,
        is_over=ends <= now,
        settled=at.settled,
        events=events,
        refusals=refusals,
        last_log_index=at.log_index,
        runs=tuple(_runs(before, at)),
        findings=tuple(_findings(found)),
        open_findings=tuple(_open(loaded) for loaded, _ in found if _is_open(loaded)),
        halts=tuple(_halts(_stood(halt.DECIDER, before, at))),
    )


def _runs(before: Moment, at: Moment) -> Iterator[AuditRuns]:
    """Count what the events of a quarter say of its runs."""
    ran: dict[str, list[Recorded[AuditRan]]] = {}
    given_up: Counter[str] = Counter()
    for _, event in moments.kinds_between(wire_names([AuditRan, WorkItemDied]), before, at):
        if isinstance(event.data, AuditRan):
            ran.setdefault(event.data.audit, []).append(event)
        elif event.data.kind.startswith(KIND):
            given_up[event.data.kind.removeprefix(KIND)] += 1
    for audit in sorted({*ran, *given_up}):
        yield runs_of(audit, ran.get(audit, []), given_up[audit])


def runs_of(audit: str, ran: Sequence[Recorded[AuditRan]], given_up: int) -> AuditRuns:
    """Sum up the runs of one audit."""
    ended = sorted(event.recorded_at for event in ran)
    pauses = [later - earlier for earlier, later in itertools.pairwise(ended)]
    return AuditRuns(
        audit=audit,
        runs=len(ran),
        incomplete=sum(not event.data.saw_all for event in ran),
        given_up=given_up,
        first_at=ended[0] if ended else None,
        last_at=ended[-1] if ended else None,
        longest_pause_minutes=max(pauses, default=timedelta()) // _MINUTE,
    )


def _stood(decider: Decider[Any], before: Moment, at: Moment) -> Iterator[Stood]:
    """Fold every stream of an aggregate as it stood, with what happened to it since `before`."""
    versions = {loaded.stream_id: loaded.version for loaded in moments.streams_at(decider, before)}
    for loaded in moments.streams_at(decider, at):
        yield loaded, loaded.recorded[versions.get(loaded.stream_id, 0) :]


def _is_open(loaded: Loaded[Any]) -> bool:
    return not isinstance(loaded.state, Closed | Accepted | Cleared)


def _findings(found: Iterable[Stood]) -> Iterator[AuditFindings]:
    happened: dict[str, Counter[type]] = {}
    still_open: Counter[str] = Counter()
    for loaded, since in found:
        audit = loaded.state.matter.audit
        counted = happened.setdefault(audit, Counter())
        counted.update(type(item.data) for item in since)
        still_open[audit] += _is_open(loaded)
    for audit, counted in sorted(happened.items()):
        yield AuditFindings(
            audit=audit,
            raised=counted[FindingRaised],
            cleared=counted[FindingCleared],
            closed=counted[FindingClosed],
            accepted=counted[FindingAccepted],
            reopened=counted[FindingReopened],
            open=still_open[audit],
        )


def _open(loaded: Loaded[Any]) -> OpenFinding:
    matter = loaded.state.matter
    raised = [item for item in loaded.recorded if isinstance(item.data, FindingRaised)]
    return OpenFinding(
        id=loaded.stream_id,
        audit=matter.audit,
        kind=matter.kind,
        subject=matter.subject,
        status=status_of(loaded.state),
        raised_at=raised[-1].recorded_at,
        assignee_id=getattr(loaded.state, "assignee_id", None),
        evidence=matter.evidence,
    )


def _halts(found: Iterable[Stood]) -> Iterator[HaltSpan]:
    for loaded, happened in found:
        began: Recorded[Any] | None = None
        for item in loaded.recorded:
            if isinstance(item.data, HaltSet):
                began = began or item
            elif isinstance(item.data, HaltLifted) and began is not None:
                if item in happened:
                    yield _span(began, item)
                began = None
        if began is not None:
            yield _span(began, None)


def _span(since: Recorded[Any], lifted: Recorded[Any] | None) -> HaltSpan:
    return HaltSpan(
        kind=since.data.kind,
        reason=since.data.reason,
        set_at=since.recorded_at,
        lifted_at=lifted.recorded_at if lifted else None,
        lifted_by=(lifted.data.proposed_by, lifted.data.by) if lifted else (),
    )
