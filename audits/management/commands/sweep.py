"""Run the work that is due, with PostgreSQL alone."""

from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandParser

from audits import work
from audits.watching import watch

INTERVAL_SECONDS: Final = 1.0
AT_ONCE: Final = 20
"""Items between two looks at whether to stop."""


class Command(BaseCommand):
    """Runs as the database role `tollgate_worker`; needs no broker and no Celery."""

    help = "Run due work items: until none is due, or with --watch for ever."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whether to stay, and how often to look when nothing is due."""
        parser.add_argument("--watch", action="store_true", help="stay until SIGTERM or Ctrl-C")
        parser.add_argument(
            "--heartbeat", type=Path, help="file that --watch touches while it works"
        )
        parser.add_argument(
            "--interval",
            type=float,
            default=INTERVAL_SECONDS,
            metavar="SECONDS",
            help="pause of --watch while nothing is due (default: %(default)s)",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run what is due; any number of sweepers and workers may do so at the same time."""
        if options["watch"]:
            watch(
                lambda: work.run_due(limit=AT_ONCE),
                interval_seconds=options["interval"],
                heartbeat=options["heartbeat"],
            )
            return
        tried = 0
        while found := work.run_due():
            tried += found
        self.stdout.write(f"{tried} work items run")
