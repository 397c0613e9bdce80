"""Scheduled audits: each a work item a slot of time, what it finds a finding, what is gone cleared.

An audit looks at everything in one snapshot, on a lease that it keeps renewing and outside any
transaction that writes; then it raises what is new and clears what is gone, each in a transaction of
its own. One that is killed in between looks anew. One that walks the log needs no snapshot: what stands
up to an index never changes. So it goes on where it was.
"""

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

import msgspec
import structlog
from django.db import connection

from audits import context as minting
from audits import execution, queries, runs, verification, work
from audits.differences import Difference, Progress
from audits.domain.finding.commands import ClearFinding, RaiseFinding
from audits.domain.finding.events import FindingAccepted, FindingAnswered, FindingClosed
from audits.domain.halt.commands import HaltKind
from audits.domain.halt.events import HaltLifted, HaltLiftProposed
from audits.events import AuditRan
from audits.findings import finding_id
from audits.findings.evidence import evidence_of
from audits.findings.telling import Telling
from audits.kernel import Command, Context
from audits.models import FindingRow
from audits.past.decided import FROM_THE_START
from audits.past.moments import last_index
from audits.sealing.deployment import package_sha256
from audits.verification.four_eyes import Pair, four_eyes_check
from audits.work import Leased, NewWork

log = structlog.get_logger(__name__)

FOUND_AT_MOST: Final = 200
"""Of one run: what follows from one cause is seen from its first places."""
HOURLY, DAILY, OFTEN = timedelta(hours=1), timedelta(days=1), timedelta(minutes=15)
CHECKPOINT_WITHIN: Final = timedelta(seconds=60 + 240)
"""What a receipt promises, and time for a sealer that is restarted."""
_NOT_CLEARED: Final = ("raised", "assigned", "answered", "closed", "accepted")
_TEXT: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_UNSEALED: Final = """
    SELECT e.event_id FROM audits_event e LEFT JOIN audits_log l USING (event_id)
    WHERE e.recorded_at < %s
      AND (l.log_index IS NULL
           OR l.log_index >= (SELECT coalesce(max(c.size), 0) FROM audits_checkpoint c))
    ORDER BY e.recorded_at, e.event_id LIMIT 1
"""


class Walked(msgspec.Struct, frozen=True, kw_only=True):
    """How far an audit has walked."""

    log_index: int
    """Everything up to here was looked at."""
    found: tuple[Difference, ...]
    """What is amiss up to here."""


class Reached(msgspec.Struct, frozen=True, kw_only=True):
    """What a work item keeps of an audit that walks, for whoever goes on with it, or looks."""

    code_sha256: str
    """With which code: another begins anew."""
    last_index: int
    """Where the log ended when this was said."""
    walked: Walked


Walk = Callable[[Sequence[Difference], int, int], Iterator[Walked]]
"""(what was found, after which log index, up to which) → how far it is, page by page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """One scheduled audit."""

    name: str
    """Snake case; stands in its findings."""
    every: timedelta
    look: Callable[[datetime], Iterable[Difference]]
    """Says what is amiss at a moment; the same words as long as nothing changes."""
    watched: Callable[[datetime, Progress], Iterable[Difference]] | None = None
    """Says the same, and how far it is."""
    walk: "Walk | None" = None
    """Says the same along the log, page by page."""
    is_long: bool = False
    """Whether it may take long: then it waits for such audits alone, and nothing waits for it."""
    halts: HaltKind | None = None
    """Writes that stop when it finds something."""

    @property
    def kind(self) -> str:
        """The kind of its work items."""
        return f"{runs.KIND}{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looked:
    """What an audit saw."""

    at: datetime
    log_index: int
    """It saw at least everything up to here."""
    found: Mapping[UUID, Command]
    saw_all: bool


_audits: Final[dict[str, Audit]] = {}
_elsewhere: Final[set[str]] = set()
"""Checks that an audit of their own runs."""


def add_audit(audit: Audit) -> None:
    """Have an audit run from now on; an app does so when it is loaded."""
    _audits[audit.name] = audit
    work.register_survey(audit.kind, lambda leased: _survey(audit, leased), is_long=audit.is_long)


def audits() -> Mapping[str, Audit]:
    """List all audits by name."""
    return dict(sorted(_audits.items()))


def schedule(now: datetime) -> int:
    """Make a work item of every audit for the slot of time that `now` is in; return how many.

    None of an audit whose earlier slot still waits: what waits looks at all that is there when it begins.
    So audits that take longer than their slots never pile up: one runs, and one waits behind it.
    """
    slots = {
        audit.kind: runs.slot_id(audit.name, runs.slot_at(now, audit.every))
        for audit in audits().values()
    }
    merged = {kind for kind, slot in work.waiting(slots) if slot != slots[kind]}
    if merged:
        log.info("audit_slots_merged", kinds=sorted(merged))
    return len(
        work.enqueue(
            [
                NewWork(kind=kind, subject_id=slot, event_id=None)
                for kind, slot in slots.items()
                if kind not in merged
            ]
        )
    )


def verified(*checks: str) -> Callable[[datetime], Iterable[Difference]]:
    """Make the look of an audit that runs some checks of `verify`, which `verify` then leaves out."""
    _elsewhere.update(checks)

    def look(_now: datetime) -> Iterable[Difference]:
        return verification.all_differences(checks, at_most=FOUND_AT_MOST)

    return look


PAIRS: Final = (
    Pair(
        aggregate="finding",
        proposes=FindingAnswered,
        confirms=(FindingClosed, FindingAccepted),
        said=lambda ended: (ended.answered_by, ended.by),
    ),
    Pair(
        aggregate="halt",
        proposes=HaltLiftProposed,
        confirms=(HaltLifted,),
        said=lambda lifted: (lifted.proposed_by, lifted.by),
        agrees=lambda proposed, lifted: proposed.reason == lifted.reason,
    ),
)
"""Decisions on findings and halts that take two natural persons."""


def register() -> None:
    """Add the audit of everything that `verify` asks, every hour; and what it asks of findings."""
    verification.add_check("watch_decisions", four_eyes_check(PAIRS))
    verification.add_check("audit_runs", runs.runs_check)
    everything_else = Audit(
        name="verify",
        every=HOURLY,
        look=_everything_else,
        watched=_everything_else,
        is_long=True,
    )
    add_audit(everything_else)
    add_audit(Audit(name="receipts", every=OFTEN, look=unsealed))


def _everything_else(_now: datetime, progress: Progress | None = None) -> Iterable[Difference]:
    mine = tuple(name for name in verification.checks() if name not in _elsewhere)
    return verification.all_differences(mine, at_most=FOUND_AT_MOST, progress=progress)


def unsealed(now: datetime) -> Iterator[Difference]:
    """Look for events that should be in a checkpoint by now: each receipt promises 60 seconds."""
    with connection.cursor() as cursor:
        cursor.execute(_UNSEALED, [now - CHECKPOINT_WITHIN])
        rows = cursor.fetchall()
    for (first,) in rows:
        yield Difference(
            kind="receipt_without_checkpoint",
            subject="the newest checkpoint",
            detail=f"it does not hold event {first}, nor what follows",
        )


def _survey(audit: Audit, leased: Leased) -> work.Handler:
    """Look, raise what was found and clear what is gone; what is left is to say that it ran."""
    looked = _looked(audit, leased)
    for target, command in _orders(audit, looked.found, saw_all=looked.saw_all):
        work.step(leased, partial(_carry_out, audit, target, command))
    return partial(_say_so, audit, looked)


def _looked(audit: Audit, leased: Leased) -> _Looked:
    now, last = minting.database_now(), last_index()
    if audit.walk is not None:
        differences = _walked(audit.walk, last, leased)
        commands = [finding_of(audit, each) for each in differences]
    else:
        with queries.snapshot():
            told = Telling(leased.held)
            seen = audit.watched(now, told) if audit.watched else audit.look(now)
            differences = list(itertools.islice(seen, FOUND_AT_MOST))
            commands = [finding_of(audit, each) for each in differences]
    is_all = len(differences) < FOUND_AT_MOST
    return _Looked(
        at=now,
        log_index=last,
        found={finding_id(audit.name, each.kind, each.subject): each for each in commands},
        saw_all=is_all and all(each.kind != verification.BROKEN_OFF for each in differences),
    )


def _say_so(audit: Audit, looked: _Looked, leased: Leased) -> None:
    """Record that the audit ran in its slot."""
    begins = runs.slot_begins(audit.name, leased.subject_id)
    if begins is None:
        return  # an earlier version made the item, and named its slot otherwise
    ran = AuditRan(
        audit=audit.name,
        slot_from=begins,
        slot_until=begins + audit.every,
        looked_at=looked.at,
        log_index=looked.log_index,
        found=len(looked.found),
        saw_all=looked.saw_all,
    )
    runs.record(ran)


def _walked(walk: Walk, last: int, leased: Leased) -> list[Difference]:
    """Walk the log to where it ends now, on from where an earlier attempt came."""
    code = package_sha256()
    found, after = _begun(leased, code)
    for walked in walk(found, after, last):
        found = walked.found
        reached = Reached(code_sha256=code, last_index=last, walked=walked)
        leased.held.tell(msgspec.json.encode(reached).decode())
        if len(found) >= FOUND_AT_MOST:
            break
    return list(found[:FOUND_AT_MOST])


def _begun(leased: Leased, code: str) -> tuple[tuple[Difference, ...], int]:
    """Tell what was found, and up to where; from the start where nothing of this code was kept."""
    if leased.reached is not None:
        reached = msgspec.json.decode(leased.reached, type=Reached)
        if reached.code_sha256 == code:
            return reached.walked.found, reached.walked.log_index
    return (), FROM_THE_START


def finding_of(audit: Audit, difference: Difference) -> RaiseFinding:
    """Make the command that raises what an audit found, with the events that it names.

    What names none is shown by the log as a whole: then its last event is named, up to which it is so.
    """
    subject, detail = _storable(difference.subject, 300), _storable(difference.detail, 4_000)
    return RaiseFinding(
        audit=audit.name,
        kind=difference.kind[:60],
        subject=subject,
        detail=detail,
        evidence=evidence_of(f"{difference.subject} {difference.detail}"),
        halts=audit.halts,
    )


def _storable(text: str, length: int) -> str:
    kept = _TEXT.sub("\ufffd", text.encode("utf-8", "replace").decode())
    return kept.strip()[:length] or "?"


def _orders(
    audit: Audit, found: Mapping[UUID, Command], *, saw_all: bool
) -> list[tuple[UUID, Command]]:
    """List what to raise and, where the audit saw all that there is, what to clear."""
    rows = FindingRow.objects.filter(audit=audit.name, status__in=_NOT_CLEARED)
    gone = sorted(set(rows.values_list("id", flat=True)) - set(found))
    orders: list[tuple[UUID, Command]] = sorted(found.items(), key=lambda order: order[0])
    return [*orders, *((target, ClearFinding()) for target in gone if saw_all)]


def _carry_out(audit: Audit, target: UUID, command: Command, leased: Leased) -> None:
    """Raise or clear one; each attempt looks anew, so its commands are its own."""
    context = Context(
        actor=minting.system_actor(audit.kind),
        now=minting.database_now(),
        command_id=minting.follow_up_id(leased.id, f"{leased.token}/{target}"),
    )
    execution.execute(command, target, context)
