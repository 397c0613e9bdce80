"""Give committed events their place in the log."""

from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandParser

from audits.sequencing import Sequencer
from audits.watching import watch

INTERVAL_SECONDS: Final = 0.2


class Command(BaseCommand):
    """Runs as the database role `tollgate_sealer`, once or for as long as the service runs."""

    help = "Give committed events their log index: until none waits, or with --watch for ever."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whether to stay, and how often to look when nothing waits."""
        parser.add_argument("--watch", action="store_true", help="stay until SIGTERM or Ctrl-C")
        parser.add_argument(
            "--heartbeat", type=Path, help="file that --watch touches while it works"
        )
        parser.add_argument(
            "--interval",
            type=float,
            default=INTERVAL_SECONDS,
            metavar="SECONDS",
            help="pause of --watch while nothing waits (default: %(default)s)",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Index what waits; a second sequencer at the same time only makes both slower."""
        sequencer = Sequencer()
        if options["watch"]:
            watch(
                sequencer.run_once,
                interval_seconds=options["interval"],
                heartbeat=options["heartbeat"],
            )
        else:
            self.stdout.write(f"{sequencer.run_until_empty()} events indexed")
