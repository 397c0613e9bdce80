"""`manage audit recompute`: every recorded decision taken again from the facts it saw."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from django.core.management.base import CommandParser

from audits import queries, replay, verification
from audits.codec import Recorded
from audits.differences import Difference, Look
from audits.events import CommandRefused
from audits.execution import house
from audits.kernel import Command
from audits.past.hindsight import desk_of
from audits.past.retaking import NotRebuilt, Retaken, Together, of_kind, retake
from audits.past.tool import tell
from audits.progress import shown
from audits.shapes import to_wire
from audits.verification.authority import about
from licenses.auditing.facts_of_then import gather_of
from licenses.domain import allotment
from licenses.domain.allotment.events import UsSaleReported
from licenses.domain.allotment.state import NotOpened
from licenses.domain.lab_test.events import ReportAccepted, ReportRefused
from licenses.domain.remittance.events import RemittanceAssessed
from licenses.editions import edition_named, looking_back
from licenses.signatures import canonical_report

AGAIN: Final = "taken_again"
UNSAID: Final = "not_said_by_its_events"
BEHIND: Final = "behind_others_in_its_transaction"
NOT_TAKEN: Final = "facts_not_recorded"
REFUSED: Final = "refused"
"""What becomes of a decision: of a refused command no more is recorded than a hash of what it asked."""


class Recomputed(msgspec.Struct, frozen=True, kw_only=True):
    """What came of taking every decision again."""

    decisions: Mapping[str, Mapping[str, int]]
    """What became of them (`taken_again` or why not) → command → how many."""
    otherwise: tuple[Difference, ...]
    """Decisions that come out otherwise; none in a healthy journal."""


def recompute(look: Look) -> Recomputed:
    """Take every decision again that a command of the apps recorded; changes nothing."""
    kinds = {kind.__name__: kind for kind in house.procedures}
    look.expect(queries.count_events())
    became: dict[str, Counter[str]] = {AGAIN: Counter()}
    otherwise: list[Difference] = []
    with looking_back():
        for together in replay.commands():
            look.done(len(together))
            kind = kinds.get(together[0].command.name)
            if kind is None:
                continue  # the journal's own: what it records is no decision on facts
            outcome, found = _again(together, kind)
            became.setdefault(outcome, Counter())[kind.__name__] += 1
            otherwise.extend(found)
    return Recomputed(
        decisions={outcome: dict(sorted(counted.items())) for outcome, counted in became.items()},
        otherwise=tuple(otherwise),
    )


def _again(together: Together, kind: type[Command]) -> tuple[str, list[Difference]]:
    if of_kind(together, CommandRefused) is not None:
        return REFUSED, []
    gather = gather_of(kind)
    if gather is None or of_kind(together, ReportRefused) is not None:
        return NOT_TAKEN, []  # a refused report may be in order elsewhere by now
    if not desk_of(together[0]).saw_everything:
        return BEHIND, []
    try:
        retaken = retake(together, kind, house.procedures[kind], gather, **_stated(together))
    except NotRebuilt:
        return UNSAID, []
    return AGAIN, list(_differences(together[0], retaken))


def _differences(first: Recorded[Any], retaken: Retaken) -> Iterator[Difference]:
    if retaken.refusal is not None:
        refusal = retaken.refusal
        detail = f"it had to be refused: {refusal.code}, {refusal.detail}"
        yield about(first, "decision_not_possible", detail)
    elif not retaken.agrees:
        detail = f"recorded {retaken.recorded}, taken again {retaken.decided}"
        yield about(first, "decision_otherwise", detail)


def _stated(together: Together) -> dict[str, Any]:
    """Add what commands ask beside what their events say, such as the rule of an edition."""
    stated: dict[str, Any] = {"status": "BOOK", "credit_debit": "CRDT"}
    accepted = of_kind(together, ReportAccepted)
    if accepted is not None:
        stated["report"] = canonical_report(accepted.report).decode()
    assessed = of_kind(together, RemittanceAssessed)
    if assessed is not None:
        stated["levy"] = msgspec.to_builtins(edition_named(assessed.edition).levy)
        stated["is_covered"] = assessed.cumulative_due_cents > 0
    for each in together:
        if isinstance(each.data, UsSaleReported):
            books = desk_of(each).load(allotment.DECIDER, each.stream_id).state
            if not isinstance(books, NotOpened):  # or the sale opens them: an event says for what
                stated["product_id"] = books.volume.product_id
    return stated


class Recompute:
    """Takes every recorded decision again."""

    help = (
        "Take every recorded decision again from the facts it saw; exits with 1 where one comes out"
        " otherwise."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the form of the answer."""
        parser.add_argument("--json", action="store_true", help="RFC 8785, one line")

    def run(self, options: Mapping[str, Any]) -> int:
        """Answer; 1 where a decision comes out otherwise."""
        with shown() as progress, verification.snapshot():
            found = recompute(Look(name="recompute", progress=progress))
        tell(to_wire(found), as_json=options["json"])
        return 1 if found.otherwise else 0


RECOMPUTE: Final = Recompute()
