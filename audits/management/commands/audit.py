"""What auditors run: one command, a tool for each question."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audits.execution import NotFound
from audits.kernel import NotPermitted, Refused
from audits.tools import tools
from audits.unreadable import StoredEventUnreadable


class Command(BaseCommand):
    """Runs as the database role `tollgate_auditor`, or any other: its tools only read."""

    help = "Answer an auditor's question from the journal."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the tool's name and what that tool takes."""
        chosen = parser.add_subparsers(dest="tool", metavar="TOOL", required=True)
        for name, tool in sorted(tools.items()):
            tool.add_arguments(chosen.add_parser(name, help=tool.help, description=tool.help))

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run the tool; the exit code is its answer. What it refuses is told with its code."""
        try:
            found = tools[options["tool"]].run(options)
        except (Refused, NotPermitted) as error:
            raise CommandError(f"{error.code}: {error.detail}") from error
        except StoredEventUnreadable as error:
            raise CommandError(f"{error.code}: {error}") from error
        except NotFound as error:
            raise CommandError(f"not_found: there is no {error}") from error
        if found:
            sys.exit(found)
