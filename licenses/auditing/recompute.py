"""Every recorded decision taken again from the facts it saw."""

import functools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec

from audits import queries
from audits.codec import Recorded
from audits.differences import Difference, Look
from audits.events import CommandRefused, RefusedCommandKept
from audits.execution import house
from audits.findings.scheduled import Walked
from audits.kernel import Command, Refused
from audits.past.decided import FROM_THE_START, Decided, decided
from audits.past.hindsight import BROKEN, Hindsight, NotSeen
from audits.past.rebuilding import Named, NotRebuilt, Together, named_values
from audits.past.retaking import (
    Gather,
    KeptOtherwise,
    Retaken,
    RetakenRefusal,
    of_kind,
    retake,
    retake_refusal,
    retake_without_names,
)
from audits.verification.authority import about, is_own
from licenses.auditing.facts_of_then import gather_of
from licenses.auditing.then import Then
from licenses.editions import edition_named, looking_back
from licenses.gathering.lookups import answered_by

AGAIN: Final = "taken_again"
UNSAID: Final = "not_said_by_its_events"
REFUSED_AGAIN: Final = "refused_again"
UNKEPT: Final = "refused_and_not_kept"
RACED: Final = "refused_by_a_constraint"
UNSEEN: Final = "rests_on_a_sealed_name"
UNNAMED: Final = "brought_a_sealed_name_that_was_not_kept"
UNKNOWN: Final = "no_such_command"
CROWDED: Final = "beside_others_in_its_transaction"
LOST: Final = "refused_and_nothing_kept"
UNREAD: Final = "refused_and_not_readable"
UNFOLDED: Final = "rests_on_a_stream_that_does_not_fold"
OWN: Final = "the_journals_own"
"""What becomes of a decision; the journal's own records are none."""
INNOCENT: Final[Mapping[str, str]] = {
    UNKEPT: "what was refused was too long for the version that recorded it: its fingerprint is there",
    UNSEEN: "a name that it compared is sealed, and nothing says whose it was taken for",
    UNNAMED: "it comes out as recorded; its fingerprint was made of a sealed name, too, that is nowhere",
    RACED: "a constraint refused it when somebody else was faster: no decision did",
}
"""Outcome → why a decision is not taken again in a healthy journal."""
UNEXPLAINED: Final[Mapping[str, str]] = {
    UNSAID: "its events, their stream and their edition do not say what its fingerprint was made of",
    UNKNOWN: "there is no command of that name that writes there",
    CROWDED: "another command wrote in the same transaction, and each has one of its own",
    LOST: "a refusal and what it refused are recorded together, and only the refusal is there",
    UNREAD: "what was kept of it hashes as it should, and is no command of that name",
    UNFOLDED: "a stream that it rests on is as no decision could leave it",
}
"""Outcome → why a decision cannot be taken again that has to be: forged, or of a class that changed."""
WHY_NOT: Final[Mapping[str, str]] = {**INNOCENT, **UNEXPLAINED}


class Amiss(StrEnum):
    """How a decision is not as in a healthy journal, or why it is only named."""

    OTHERWISE = "otherwise"
    """It comes out otherwise; none in a healthy journal."""
    UNEXPLAINED = "unexplained"
    """It could not be taken again and should have been; none in a healthy journal."""
    NOT_TAKEN = "not_taken"
    """It was not taken again for a reason that healthy journals have, and which."""


class Recomputed(msgspec.Struct, frozen=True, kw_only=True):
    """What came of taking every decision again."""

    decisions: Mapping[str, Mapping[str, int]]
    """What became of them (`taken_again` or why not) → command → how many."""
    otherwise: tuple[Difference, ...]
    unexplained: tuple[Difference, ...]
    not_taken: tuple[Difference, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing came out otherwise, and nothing kept itself from being taken again."""
        return not self.otherwise and not self.unexplained


class Tally:
    """How many decisions became what so far; what is to be said of each is handed on, not kept."""

    def __init__(self) -> None:
        self._became: Final = {AGAIN: Counter[str](), REFUSED_AGAIN: Counter[str]()}
        self.listed: Final = dict.fromkeys(Amiss, 0)
        """List → how many it names."""

    def decisions(self) -> Mapping[str, Mapping[str, int]]:
        """Tell what became of them (`taken_again` or why not) → command → how many."""
        return {outcome: dict(sorted(each.items())) for outcome, each in self._became.items()}

    @property
    def is_clean(self) -> bool:
        """Whether nothing came out otherwise, and nothing kept itself from being taken again."""
        return not (self.listed[Amiss.OTHERWISE] or self.listed[Amiss.UNEXPLAINED])

    def add(self, outcome: "Outcome") -> Iterator[tuple[Amiss, Difference]]:
        """Count a decision, and say what is to be said of it; exhaust it."""
        each, became, found = outcome
        first = each.together[0]
        if became == OWN:
            return
        self._became.setdefault(became, Counter())[first.command.name] += 1
        said = [(Amiss.OTHERWISE, difference) for difference in found]
        if became in WHY_NOT:
            among = Amiss.NOT_TAKEN if became in INNOCENT else Amiss.UNEXPLAINED
            said.append((among, about(first, became, WHY_NOT[became])))
        for among, difference in said:
            self.listed[among] += 1
            yield among, difference


def recompute(look: Look) -> Recomputed:
    """Take every decision again that a command of the apps recorded; keeps all that is amiss."""
    tally = Tally()
    found: dict[Amiss, list[Difference]] = {among: [] for among in Amiss}
    for among, difference in one_by_one(look, tally):
        found[among].append(difference)
    kept = {among.value: tuple(each) for among, each in found.items()}
    return Recomputed(decisions=tally.decisions(), **kept)


def one_by_one(look: Look, tally: Tally) -> Iterator[tuple[Amiss, Difference]]:
    """Take every decision again, and say what is amiss as it is found; changes nothing.

    Memory holds a page of the log, what `decided` keeps of streams, and `tally`.
    """
    look.expect(queries.count_events())
    for _, page in retaken():
        for outcome in page:
            look.done(len(outcome[0].together))
            yield from tally.add(outcome)


Outcome = tuple[Decided, str, list[Difference]]
"""A decision, what became of it, and what is to be said of it."""


def retaken(
    after: int = FROM_THE_START, until: int | None = None
) -> Iterator[tuple[int, list[Outcome]]]:
    """Take decisions again in the order of the log, in pages, each with the index it goes up to."""
    kinds = {kind.__name__: kind for kind in house.procedures}
    with looking_back(), answered_by(Then()):
        besides = functools.cache(_said_by_edition)
        for reached, page in decided(after, until):
            yield reached, [(each, *_again(each, kinds, besides)) for each in page]


def recomputed(found: Sequence[Difference], after: int, until: int) -> Iterator[Walked]:
    """Take the decisions between two indexes again, page by page; tell how far, and what is amiss."""
    amiss = list(found)
    for reached, page in retaken(after, until):
        tally = Tally()
        said = [each for outcome in page for each in tally.add(outcome)]
        amiss += [difference for among, difference in said if among is not Amiss.NOT_TAKEN]
        yield Walked(log_index=reached, found=tuple(amiss))


Besides = Callable[[str | None], Sequence[Named]]


def _again(
    each: Decided, kinds: Mapping[str, type[Command]], besides: Besides
) -> tuple[str, list[Difference]]:
    if is_own(each.together):
        return OWN, []
    kind = kinds.get(each.together[0].command.name)
    if kind is None:
        return UNKNOWN, []
    try:
        return _taken(each.desk, each.together, kind, besides)
    except NotSeen:
        return UNSEEN, []
    except BROKEN:
        return UNFOLDED, []


def _taken(
    desk: Hindsight, together: Together, kind: type[Command], besides: Besides
) -> tuple[str, list[Difference]]:
    gather = gather_of(kind)
    if not desk.saw_everything:
        return CROWDED, []
    if of_kind(together, CommandRefused) is not None:
        return _refused_again(desk, together, kind, gather)
    said = besides(next((each.edition for each in together if each.edition is not None), None))
    try:
        retaken = retake(desk, together, kind, gather, said)
    except NotRebuilt:
        return _without_names(desk, together, kind, gather, said), []
    return AGAIN, list(_differences(together[0], retaken))


def _without_names(
    desk: Hindsight,
    together: Together,
    kind: type[Command],
    gather: Gather,
    besides: Sequence[Named],
) -> str:
    try:
        retake_without_names(desk, together, kind, gather, besides)
    except NotRebuilt:
        return UNSAID
    return UNNAMED


def _refused_again(
    desk: Hindsight, together: Together, kind: type[Command], gather: Gather
) -> tuple[str, list[Difference]]:
    kept = of_kind(together, RefusedCommandKept)
    if kept is None:
        return LOST, []
    if kept.raced:
        return RACED, []
    if kept.body_json is None:
        return UNKEPT, []
    try:
        retaken = retake_refusal(desk, together, kind, gather)
    except NotRebuilt:
        return UNREAD, []
    except KeptOtherwise:
        detail = "what was kept of it is not what was refused"
        return REFUSED_AGAIN, [about(together[0], "refused_command_otherwise", detail)]
    return REFUSED_AGAIN, list(_refusal_differences(together[0], retaken))


def _refusal_differences(first: Recorded[Any], retaken: RetakenRefusal) -> Iterator[Difference]:
    said, again = retaken.recorded, retaken.decided
    if again is None:
        detail = f"it was refused as {said.code} and has to be accepted"
        yield about(first, "refusal_not_due", detail)
    elif not retaken.agrees:
        detail = f"refused as {said.code}: {said}; decided again {again.code}: {again}"
        yield about(first, "refusal_otherwise", detail)


def _differences(first: Recorded[Any], retaken: Retaken) -> Iterator[Difference]:
    if retaken.refusal is not None:
        refusal = retaken.refusal
        detail = f"it had to be refused: {refusal.code}, {refusal.detail}"
        yield about(first, "decision_not_possible", detail)
    elif not retaken.agrees:
        detail = f"recorded {retaken.recorded}, taken again {retaken.decided}"
        yield about(first, "decision_otherwise", detail)


def _said_by_edition(name: str | None) -> Sequence[Named]:
    """Tell what an edition says, if there is such a one: processes ask in its words."""
    try:
        return [] if name is None else [named_values(edition_named(name))]
    except Refused:
        return []
