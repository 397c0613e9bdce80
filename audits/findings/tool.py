"""`manage audit report`: the report of a quarter for people and, as JSON, for machines."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from django.core.management.base import CommandError, CommandParser

from audits import context as minting
from audits.findings.reports import QuarterReport, QuarterUnknownError, quarter_of, report
from audits.kernel import Refused
from audits.tools import add_tool, say


class ReportTool:
    """The tool `report`."""

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
    over = "over" if found.is_over else "not over"
    say(f"{found.quarter} ({over}); the quarter and all times are UTC")
    say(f"{found.events} events, {found.refusals} of them refusals")
    for runs in found.runs:
        last = f", last {runs.last_at:%Y-%m-%d %H:%M}" if runs.last_at else ""
        apart = f", at most {runs.longest_pause_minutes} minutes apart" if runs.runs > 1 else ""
        ended = f"{runs.incomplete} incomplete, {runs.given_up} given up"
        say(f"{runs.audit}: ran {runs.runs} times{last}{apart}; {ended}")
    for line in found.findings:
        say(
            f"{line.audit}: {line.raised} raised, {line.cleared} cleared, {line.closed} closed,"
            f" {line.accepted} accepted, {line.reopened} reopened, {line.open} open"
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
