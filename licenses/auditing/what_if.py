"""`manage audit counterfactual`, and which editions can be tried."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from django.core.management.base import CommandParser

from audits import queries
from audits.kernel import Refused
from audits.past import moments
from audits.past.tool import index_argument, moment_argument, tell
from audits.progress import shown
from audits.shapes import to_wire
from licenses.auditing.counterfactual import counterfactual
from licenses.domain.policy.model import Edition
from licenses.domain.policy.parsing import parse_edition
from licenses.editions import edition_named

SHIPPED: Final = Path(__file__).parent.parent / "editions"


def edition_to_try(name: str) -> Edition:
    """Find an edition by its name: one that was approved here, or one that the project ships.

    Raises Refused `edition_unknown`.
    """
    try:
        return edition_named(name)
    except Refused:
        shipped = {path.stem: path for path in SHIPPED.glob("*.toml")}
        if name not in shipped:
            raise
        return parse_edition(shipped[name].read_text(encoding="utf-8"))


class WhatIf:
    """Judges history under another edition."""

    help = "Name the grants, shipments, levies and caps that would have come out otherwise."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the edition, and up to when history is looked at."""
        parser.add_argument("--edition", required=True, metavar="NAME")
        when = parser.add_mutually_exclusive_group()
        when.add_argument("--as-of", type=moment_argument, metavar="TIME")
        when.add_argument("--log-index", type=index_argument, metavar="N")
        parser.add_argument("--json", action="store_true", help="RFC 8785, one line")

    def run(self, options: Mapping[str, Any]) -> int:
        """Answer; the database sees a transaction that may only read."""
        with queries.snapshot(), shown() as progress:
            at = moments.moment(as_of=options["as_of"], log_index=options["log_index"])
            found = counterfactual(edition_to_try(options["edition"]), at, progress)
        tell(to_wire(found), as_json=options["json"])
        return 0


WHAT_IF: Final = WhatIf()
