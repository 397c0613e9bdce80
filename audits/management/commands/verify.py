"""Verify every record, from the bytes up."""

import sys
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandParser

from audits import verification
from audits.progress import shown
from audits.sealing import receipts


def _file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise ArgumentTypeError(f"there is no file {text}")
    return path


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
        parser.add_argument(
            "--receipts",
            type=_file,
            metavar="FILE",
            help="also hold the journal to these receipts: answers of commands, one JSON a line",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Verify and report; the exit code is 1 when there is a difference."""
        if options["receipts"]:
            verification.add_check("receipts", receipts.check_of(options["receipts"]))
        with shown() as progress:
            report = verification.verify(progress, only=tuple(options["only"]))
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
