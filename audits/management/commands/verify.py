"""Verify every record, from the bytes up."""

import sys
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from audits import verification


class Shown:
    """Progress as one bar a check, on standard error."""

    def __init__(self, bars: Bars) -> None:
        self.bars = bars
        self.current: TaskID | None = None

    def begin(self, check: str, total: int) -> None:
        """Start a bar."""
        self.current = self.bars.add_task(check, total=total)

    def advance(self, count: int) -> None:
        """Move the bar on."""
        if self.current is not None:
            self.bars.advance(self.current, count)


class Command(BaseCommand):
    """Runs as the database role `tollgate_auditor`, or any other: it only reads."""

    help = (
        "Check every event, stream, log place and everything derived from them. Exits with 1 at"
        " the first kind of difference and names every difference of that kind."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the form of the report and, to look at less, the names of checks."""
        parser.add_argument("--json", action="store_true", help="one JSON object")
        parser.add_argument(
            "--only", action="append", default=[], choices=tuple(verification.checks())
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Verify and report; the exit code is 1 when there is a difference."""
        columns = (
            TextColumn("{task.description:<14}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Bars(*columns, console=Console(stderr=True)) as bars:
            report = verification.verify(Shown(bars), only=tuple(options["only"]))
        if options["json"]:
            self.stdout.write(msgspec.json.encode(report).decode())
        else:
            self._tell(report)
        if not report.is_sound:
            sys.exit(1)

    def _tell(self, report: verification.Report) -> None:
        for difference in report.differences:
            self.stdout.write(f"{difference.kind}: {difference.subject}: {difference.detail}")
        if report.failed is None:
            self.stdout.write(f"no difference; checked: {', '.join(report.passed)}")
        else:
            count = len(report.differences)
            self.stdout.write(f"check {report.failed} failed: {count} times {report.kind}")
