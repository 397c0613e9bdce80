"""`manage audit export`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec
from django.core.management.base import CommandError, CommandParser

from audits.exporting.bundle import FORMS, Order, export
from audits.exporting.parts import LogChanged
from audits.exporting.scopes import Scope
from audits.past.tool import moment_argument
from audits.progress import shown
from audits.sealing.tiles import TileMissing
from audits.tools import add_tool, say


class Export:
    """Writes a bundle."""

    help = "Export a part of the log, or all of it, as a bundle that proves itself."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what, and where to."""
        parser.add_argument("place", type=Path, help="directory to make, or a name ending in .zip")
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--all", action="store_true", help="the whole log")
        what.add_argument(
            "--deal", type=UUID, metavar="ID", help="of the deal, or of anything that began in it"
        )
        what.add_argument(
            "--about",
            type=UUID,
            metavar="ID",
            help="a customer, product or other thing, with every deal that names it",
        )
        what.add_argument(
            "--period",
            type=moment_argument,
            nargs=2,
            metavar=("FROM", "UNTIL"),
            help="what was recorded from one time until before another",
        )
        parser.add_argument(
            "--since",
            type=int,
            action="append",
            default=[],
            metavar="SIZE",
            help="of a checkpoint that the reader holds (repeatable)",
        )
        parser.add_argument(
            "--also",
            action="append",
            default=[],
            choices=sorted(FORMS),
            help="besides CSV (repeatable); parquet needs the package pyarrow",
        )
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def run(self, options: Mapping[str, Any]) -> int:
        """Write it; run again, it goes on where it was cut short."""
        order = Order(
            scope=_scope(options), since=tuple(options["since"]), forms=frozenset(options["also"])
        )
        try:
            with shown() as progress:
                done = export(order, options["place"], progress)
        except (LogChanged, TileMissing) as error:
            raise CommandError(f"log_changed: {error}") from error
        except OSError as error:
            raise CommandError(f"place_unusable: {error}") from error
        if options["json"]:
            say(msgspec.json.encode(done).decode())
        else:
            say(f"{done.path}: {done.events} events of {done.streams} things, {done.bytes} bytes")
            say(f"proved by the checkpoint of {done.size} events; check it with verify_bundle.py")
        return 0


def _scope(options: Mapping[str, Any]) -> Scope:
    if options["all"]:
        return Scope(kind="all")
    if options["period"]:
        begin, end = options["period"]
        return Scope(kind="period", recorded_at_from=begin, recorded_at_until=end)
    if options["deal"]:
        return Scope(kind="deal", id=options["deal"])
    return Scope(kind="about", id=options["about"])


def register() -> None:
    """Add the tool; a second call changes nothing."""
    add_tool("export", EXPORT)


EXPORT: Final = Export()
