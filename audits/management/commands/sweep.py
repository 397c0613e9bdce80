"""Run the work that is due, with PostgreSQL alone."""

from typing import Any, Final

from django.core.management.base import BaseCommand, CommandParser

from audits import work
from audits.sealing import deployment
from audits.watching import add_watch_arguments, watch_as_asked

INTERVAL_SECONDS: Final = 1.0
AT_ONCE: Final = 20
"""Items between two looks at whether to stop."""


class Command(BaseCommand):
    """Runs as the database role `tollgate_worker`; needs no broker and no Celery."""

    help = (
        "Run due work items: until none is due, or with --watch for ever. With --long those that may"
        " take hours, which nobody else runs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take which work, whether to stay, and how often to look when nothing is due."""
        parser.add_argument("--long", action="store_true", help="run long audits, and nothing else")
        add_watch_arguments(parser, interval_seconds=INTERVAL_SECONDS)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run what is due; any number of sweepers and workers may do so at the same time."""
        long, heartbeat = options["long"], options["heartbeat"]
        alive = heartbeat.touch if heartbeat else bool
        if options["watch"]:
            limit, process = (1, "surveyor") if long else (AT_ONCE, "sweeper")
            step = deployment.recorded_first(
                process, lambda: work.run_due(limit=limit, long=long, alive=alive)
            )
            watch_as_asked(step, options)
            return
        tried = 0
        while found := work.run_due(long=long):
            tried += found
        self.stdout.write(f"{tried} work items run")
