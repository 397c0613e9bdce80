"""The standing report of a quarter: what audits found, what became of it, and which writes stopped.

It is added up from events as they stood when the quarter ended: asked again, it is the same. Only how
often audits ran is told by their work items.
Quarters are those of the calendar, UTC, half-open.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from django.core.management.base import CommandError, CommandParser
from django.db import connection

from audits import context as minting
from audits import replay
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
from audits.projection import status_of
from audits.reading import Loaded
from audits.tools import add_tool, say

QUARTER: Final = r"^(?P<year>20[0-9]{2})Q(?P<number>[1-4])$"
_MONTHS: Final = 3
_COUNTED: Final = """
    SELECT count(*), count(*) FILTER (WHERE type = 'command_refused'), max(log_index)
    FROM audits_event LEFT JOIN audits_log USING (event_id)
    WHERE recorded_at >= %s AND recorded_at < %s
"""
_RUNS: Final = """
    SELECT substr(kind, 7), count(*), max(finished_at) FROM audits_work_item
    WHERE kind LIKE 'audit\\_%%' AND status = 'done' AND finished_at >= %s AND finished_at < %s
    GROUP BY kind ORDER BY kind
"""


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
    events: int
    refusals: int
    last_log_index: int | None
    """Of the events that the report counts."""
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
    """Add up a quarter; raises QuarterUnknownError."""
    begins, ends = bounds(quarter)
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, [begins, ends])
        [(events, refusals, last_log_index)] = cursor.fetchall()
        cursor.execute(_RUNS, [begins, ends])
        runs = tuple(AuditRuns(audit=a, runs=n, last_at=at) for a, n, at in cursor.fetchall())
    found = list(_as_of(finding.DECIDER, ends))
    return QuarterReport(
        quarter=quarter,
        begins_at=begins,
        ends_at=ends,
        is_over=ends <= now,
        events=events,
        refusals=refusals,
        last_log_index=last_log_index,
        runs=runs,
        findings=tuple(_findings(found, begins)),
        open_findings=tuple(_open(loaded) for loaded in found if _is_open(loaded)),
        halts=tuple(_halts(_as_of(halt.DECIDER, ends), begins)),
    )


def _as_of(decider: Any, ends: datetime) -> Iterator[Loaded[Any]]:
    """Fold every stream of an aggregate as it stood just before a moment."""
    for loaded in replay.streams_of(decider):
        kept = tuple(item for item in loaded.recorded if item.recorded_at < ends)
        if kept:
            state = decider.fold(item.data for item in kept)
            yield Loaded(loaded.stream_id, state, len(kept), kept)


def _is_open(loaded: Loaded[Any]) -> bool:
    return not isinstance(loaded.state, Closed | Cleared)


def _findings(found: Iterable[Loaded[Any]], begins: datetime) -> Iterator[AuditFindings]:
    happened: dict[str, Counter[type]] = {}
    still_open: Counter[str] = Counter()
    for loaded in found:
        audit = loaded.state.matter.audit
        counted = happened.setdefault(audit, Counter())
        counted.update(type(item.data) for item in loaded.recorded if item.recorded_at >= begins)
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


def _halts(found: Iterable[Loaded[Any]], begins: datetime) -> Iterator[HaltSpan]:
    for loaded in found:
        since: Recorded[Any] | None = None
        for item in loaded.recorded:
            if isinstance(item.data, HaltSet):
                since = since or item
            elif isinstance(item.data, HaltLifted) and since is not None:
                if item.recorded_at >= begins:
                    yield _span(since, item)
                since = None
        if since is not None:
            yield _span(since, None)


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
