"""The standing report of a quarter: what audits found, what became of it, and which writes stopped.

It is added up from the events that the log held when the quarter ended, less those that it held when
the quarter began (ADR 17): asked again, it is the same. Only how often audits ran is told by their work
items. Quarters are those of the calendar, UTC, half-open.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from django.core.management.base import CommandError, CommandParser
from django.db import connection

from audits import context as minting
from audits.codec import Recorded
from audits.domain import finding, halt
from audits.domain.finding.events import (
    FindingCleared,
    FindingClosed,
    FindingRaised,
    FindingReopened,
)
from audits.domain.finding.state import Cleared, Closed
from audits.domain.halt.commands import HaltKind
from audits.domain.halt.events import HaltLifted, HaltSet
from audits.kernel import Decider, Refused
from audits.past import moments
from audits.past.moments import Moment
from audits.projection import status_of
from audits.reading import Loaded
from audits.tools import add_tool, say

QUARTER: Final = r"^(?P<year>20[0-9]{2})Q(?P<number>[1-4])$"
_MONTHS: Final = 3
_INSTANT: Final = timedelta(microseconds=1)
"""The finest difference between two times of events."""
_COUNTED: Final = """
    SELECT count(*), count(*) FILTER (WHERE type = 'command_refused')
    FROM audits_event JOIN audits_log USING (event_id) WHERE log_index > %s AND log_index <= %s
"""
_RUNS: Final = """
    SELECT substr(kind, 7), count(*), max(finished_at) FROM audits_work_item
    WHERE kind LIKE 'audit\\_%%' AND status = 'done' AND finished_at >= %s AND finished_at < %s
    GROUP BY kind ORDER BY kind
"""

Stood = tuple[Loaded[Any], Sequence[Recorded[Any]]]
"""A stream as it stood when the quarter ended, and what of its events is the quarter's."""


class QuarterUnknownError(ValueError):
    """That is no quarter such as `2026Q4`."""


class AuditRuns(msgspec.Struct, frozen=True, kw_only=True):
    """How often an audit ran to its end."""

    audit: str
    runs: int
    last_at: datetime


class AuditFindings(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to the findings of an audit in the quarter, and how many it left open."""

    audit: str
    raised: int
    cleared: int
    closed: int
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
    """Whether this report will have the same bytes for ever, but for `runs`."""
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
        cursor.execute(_RUNS, [begins, ends])
        runs = tuple(AuditRuns(audit=a, runs=n, last_at=at) for a, n, at in cursor.fetchall())
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
        runs=runs,
        findings=tuple(_findings(found)),
        open_findings=tuple(_open(loaded) for loaded, _ in found if _is_open(loaded)),
        halts=tuple(_halts(_stood(halt.DECIDER, before, at))),
    )


def _stood(decider: Decider[Any], before: Moment, at: Moment) -> Iterator[Stood]:
    """Fold every stream of an aggregate as it stood, with what happened to it since `before`."""
    versions = {loaded.stream_id: loaded.version for loaded in moments.streams_at(decider, before)}
    for loaded in moments.streams_at(decider, at):
        yield loaded, loaded.recorded[versions.get(loaded.stream_id, 0) :]


def _is_open(loaded: Loaded[Any]) -> bool:
    return not isinstance(loaded.state, Closed | Cleared)


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


class ReportTool:
    """`manage audit report`."""

    help = "Report what the audits of a quarter found, what is open, and which writes stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the quarter."""
        parser.add_argument("--quarter", help="such as 2026Q4; by default the present one")
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def run(self, options: Mapping[str, Any]) -> int:
        """Show the report; 1: a finding is open or writes are halted."""
        now = minting.database_now()
        try:
            found = report(options["quarter"] or quarter_of(now), now)
        except QuarterUnknownError as error:
            raise CommandError(f"quarter_unknown: {error} is no quarter like 2026Q4") from error
        except Refused as refusal:
            raise CommandError(f"{refusal.code}: {refusal}") from refusal
        if options["json"]:
            say(msgspec.json.encode(found).decode())
        else:
            _tell(found)
        return int(bool(found.open_findings) or any(span.lifted_at is None for span in found.halts))


def _tell(found: QuarterReport) -> None:
    say(f"{found.quarter}{'' if found.is_over else ' (not over)'}")
    say(f"{found.events} events, {found.refusals} of them refusals")
    for runs in found.runs:
        say(f"{runs.audit}: ran {runs.runs} times, last {runs.last_at:%Y-%m-%d %H:%M}")
    for line in found.findings:
        say(
            f"{line.audit}: {line.raised} raised, {line.cleared} cleared, {line.closed} closed,"
            f" {line.reopened} reopened, {line.open} open"
        )
    for each in found.open_findings:
        say(f"open: {each.audit} {each.kind}, {each.subject} ({each.status}) {each.id}")
    for span in found.halts:
        until = f"until {span.lifted_at:%Y-%m-%d %H:%M}" if span.lifted_at else "still in force"
        say(f"{span.kind.value} halted from {span.set_at:%Y-%m-%d %H:%M} {until}: {span.reason}")


def register() -> None:
    """Let `manage audit report` run."""
    add_tool("report", _TOOL)


_TOOL: Final = ReportTool()
