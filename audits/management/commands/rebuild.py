"""Rebuild read models from events, while the service runs."""

from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandParser

from audits.progress import shown
from audits.projection import projections
from audits.rebuilding import rebuild


class Command(BaseCommand):
    """Runs as the database role `tollgate_owner`."""

    help = (
        "Derive every read model anew beside the live one, from events up to the versions that are live,"
        " compare all rows, and let those take their place that differ; writers go on meanwhile."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take which read models, and the form of the answer."""
        parser.add_argument("--only", action="append", default=[], choices=sorted(projections))
        parser.add_argument("--json", action="store_true", help="one JSON array")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Rebuild and tell what was found."""
        with shown() as progress:
            rebuilt = list(rebuild(options["only"] or sorted(projections), progress))
        if options["json"]:
            self.stdout.write(msgspec.json.encode(rebuilt).decode())
            return
        for each in rebuilt:
            found = f"{each.replaced} replaced" if each.replaced else "equal, nothing replaced"
            self.stdout.write(
                f"{each.table}: {each.rows} rows derived anew and compared,"
                f" {each.caught_up} of them written to meanwhile and caught up; {found}"
            )
