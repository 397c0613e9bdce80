"""Sign checkpoints for the sealer, in a process of its own that alone can read the key."""

from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandParser

from audits.sealing import configured
from audits.watching import watch

WAIT_SECONDS: Final = 0.5
"""How long it listens between two looks at whether to stop."""


class Command(BaseCommand):
    """Needs no database: what it signed last is in its own directory."""

    help = "Answer at the signer's socket until SIGTERM or Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take where to show that it works."""
        parser.add_argument("--heartbeat", type=Path, help="file that is touched while it works")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Serve; a request that cannot be granted is logged with its code and refused."""
        server = configured.signer_server()
        with server.listening() as listener:
            watch(
                lambda: server.answer_one(listener, within_seconds=WAIT_SECONDS),
                interval_seconds=0,
                heartbeat=options["heartbeat"],
            )
