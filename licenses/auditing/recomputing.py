"""`manage audit recompute`: what comes out otherwise is written as it is found, the counts at the end.

The answer is one JSON object: `cases`, an array of what is amiss in the order of the log, each with
the list that it belongs to; then `decisions`, which counts what became of them by command; then the
length of each list. However much differs, memory holds a page of the log.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

import msgspec
from django.core.management.base import CommandParser

from audits import queries
from audits.differences import Look
from audits.past.tool import tell_members
from audits.progress import shown
from licenses.auditing.recompute import Amiss, Tally, one_by_one


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A decision that is amiss, or is only named."""

    among: Amiss
    """The list that it belongs to."""
    detail: str
    kind: str
    subject: str


def _cases(look: Look, tally: Tally) -> Iterator[Case]:
    for among, found in one_by_one(look, tally):
        yield Case(among=among, detail=found.detail, kind=found.kind, subject=found.subject)


class Recompute:
    """Takes every recorded decision again."""

    help = (
        "Take every recorded decision again from the facts it saw; exits with 1 where one comes out"
        " otherwise, or cannot be taken again without a reason that healthy journals have. Cases are"
        " written as they are found, the counts at the end."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the form of the answer."""
        parser.add_argument("--json", action="store_true", help="RFC 8785, one line")

    def run(self, options: Mapping[str, Any]) -> int:
        """Answer; 1 where a decision comes out otherwise, or keeps itself from being taken again."""
        tally = Tally()
        with shown() as progress, queries.snapshot():
            look = Look(name="recompute", progress=progress)
            counts = {each.value: partial(tally.listed.get, each) for each in Amiss}
            members = {"cases": _cases(look, tally), "decisions": tally.decisions, **counts}
            tell_members(members, as_json=options["json"])
        return 0 if tally.is_clean else 1


RECOMPUTE: Final = Recompute()
