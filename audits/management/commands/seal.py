"""Seal the journal: grow its tree and publish signed checkpoints."""

import sys
import time
from collections.abc import Callable
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandParser

from audits.context import machine_now_s
from audits.sealing import configured, deployment
from audits.sealing.cycle import Cycle
from audits.sealing.growing import grow_until_idle
from audits.sealing.halt import SealingHalted
from audits.watching import add_watch_arguments, watch_as_asked

INTERVAL_SECONDS: Final = 0.2
HALTED: Final = 3
"""Exit status when nothing may be sealed until people have found out why."""


class Command(BaseCommand):
    """Runs as the database role `tollgate_sealer`, beside a signer that holds the key."""

    help = (
        "Add what is in the log to the tree and publish a checkpoint: once, or with --watch for ever."
        " Exits with 3, and signs nothing, when the journal contradicts what was sealed before."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whether to stay, and how often to look when nothing waits."""
        add_watch_arguments(parser, interval_seconds=INTERVAL_SECONDS)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Seal; a second sealer at the same time only makes both slower."""
        cycle = Cycle(
            configured.publisher(),
            configured.policy(),
            machine_now_s,
            time.monotonic,
            configured.tile_files(),
        )
        step = deployment.recorded_first("sealer", cycle.step)
        try:
            if options["watch"]:
                watch_as_asked(step, options)
            else:
                self._once(cycle, step)
        except SealingHalted as halt:
            self.stderr.write(f"sealing halted: {halt.code}: {halt}")
            sys.exit(HALTED)

    def _once(self, cycle: Cycle, step: Callable[[], int]) -> None:
        sealed = step() + grow_until_idle()
        published = cycle.publish()
        if published is None:
            self.stderr.write(
                "nothing was published: a part of sealing is away, or events wait for the sequencer"
            )
            sys.exit(1)
        while cycle.step():
            pass  # until the files say it, too
        self.stdout.write(f"{sealed} events sealed; checkpoint of size {published.size} published")
