"""Give committed events their place in the log."""

from typing import Any, Final

from django.core.management.base import BaseCommand, CommandParser

from audits.sealing import deployment
from audits.sequencing import Sequencer
from audits.watching import add_watch_arguments, watch_as_asked

INTERVAL_SECONDS: Final = 0.2


class Command(BaseCommand):
    """Runs as the database role `tollgate_sealer`, once or for as long as the service runs."""

    help = "Give committed events their log index: until none waits, or with --watch for ever."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whether to stay, and how often to look when nothing waits."""
        add_watch_arguments(parser, interval_seconds=INTERVAL_SECONDS)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Index what waits; a second sequencer at the same time only makes both slower."""
        sequencer = Sequencer()
        if options["watch"]:
            step = deployment.recorded_first("sequencer", sequencer.run_once)
            watch_as_asked(step, options)
        else:
            self.stdout.write(f"{sequencer.run_until_empty()} events indexed")
