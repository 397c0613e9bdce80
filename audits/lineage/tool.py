"""`manage audit lineage`: where something comes from and what came of it, in three forms."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from django.core.management.base import CommandParser

from audits import verification
from audits.codec import canonical
from audits.lineage import Lineage, lineage
from audits.lineage.drawing import drawing_of
from audits.lineage.provenance import prov_of
from audits.lineage.references import references_check
from audits.past import moments
from audits.past.tool import index_argument, moment_argument
from audits.shapes import to_wire
from audits.tools import add_tool, say

DIRECTIONS: Final = ("both", "back", "forward")

FORMS: Final[Mapping[str, Callable[[Lineage], bytes]]] = {
    "json": lambda found: canonical(to_wire(found)),
    "prov": lambda found: canonical(to_wire(prov_of(found))),
    "svg": lambda found: drawing_of(found).encode(),
}
"""Form → a lineage in it; the same lineage gives the same bytes."""


class Tracing:
    """Traces an event, or the last event of a thing."""

    help = "Trace where an event or a thing comes from and what came of it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to trace, which way, and how to tell it."""
        parser.add_argument("id", type=UUID, help="an event, or a thing: its last event")
        parser.add_argument("--direction", choices=DIRECTIONS, default="both")
        parser.add_argument("--format", choices=tuple(FORMS), default="json")
        when = parser.add_mutually_exclusive_group()
        when.add_argument("--as-of", type=moment_argument, metavar="TIME")
        when.add_argument("--log-index", type=index_argument, metavar="N")

    def run(self, options: Mapping[str, Any]) -> int:
        """Answer; 1 where the log has no such thing."""
        at = moments.moment(as_of=options["as_of"], log_index=options["log_index"])
        found = lineage(options["id"], at, options["direction"])
        say(FORMS[options["format"]](found).decode().rstrip("\n"))
        return 0


TRACING: Final = Tracing()


def register() -> None:
    """Add the tool, and what it looks up to what is verified; a second call changes nothing."""
    add_tool("lineage", TRACING)
    verification.add_check("references", references_check)
