"""Scheduled audits of licensed exports: money and volume first, for they stop writes; then duties.

What they say of a thing is the same as long as nothing changes, so that it stays one finding.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from audits import replay
from audits.codec import Recorded
from audits.differences import Difference
from audits.domain.halt.commands import HaltKind
from audits.findings.scheduled import DAILY, HOURLY, OFTEN, Audit, add_audit, verified
from audits.kernel import Refused
from audits.past.decided import FROM_THE_START
from audits.past.moments import last_index
from audits.reading import load
from customers.domain import customer, screening_list
from customers.domain.customer.events import CustomerAmended, CustomerRegistered
from customers.domain.customer.state import Approved, Pending
from customers.domain.screening_list.state import InUse
from customers.handlers import SCREENING_LIST_ID
from licenses.auditing.kept import erased_too_early
from licenses.auditing.recompute import recomputed
from licenses.auditing.serials import lots_that_differ, numbers_missing, units_left_behind
from licenses.domain import allotment, escrow, license
from licenses.domain.allotment.state import Frozen
from licenses.domain.escrow.events import DepositReversed
from licenses.domain.escrow.state import NotOpened
from licenses.domain.license.events import LicenseDrawnDown, LicenseGranted
from licenses.domain.license.state import Active, Suspended
from licenses.domain.money import sum_text
from licenses.editions import edition_in_force

PROVISOS_WITHIN: Final = timedelta(days=30)
"""A setting: a holder who has not acknowledged by then is asked why."""
COVERED_WITHIN: Final = timedelta(hours=1)
"""Time for a new list to reach every party, and for a new party to be screened."""


def register() -> None:
    """Add the audits of this app."""
    money, volume = HaltKind.MONEY, HaltKind.VOLUME
    ledger, books = verified("ledger", "trial_balance"), verified("allotments")
    add_audit(Audit(name="trial_balance", every=OFTEN, look=ledger, halts=money))
    add_audit(Audit(name="cap", every=OFTEN, look=books, halts=volume))
    add_audit(Audit(name="shortfall", every=HOURLY, look=shortfalls))
    add_audit(Audit(name="owed_escrows", every=HOURLY, look=debts))
    add_audit(Audit(name="recompute", every=DAILY, look=decisions, walk=recomputed, is_long=True))
    pairs = verified("customer_approvals", "license_decisions", "watch_decisions")
    add_audit(Audit(name="four_eyes", every=HOURLY, look=pairs))
    goods = verified("serials", "reports", "dispatches")
    add_audit(Audit(name="serials", every=HOURLY, look=goods))
    gaps = (lots_that_differ, units_left_behind, numbers_missing)
    add_audit(Audit(name="serial_gaps", every=DAILY, look=together(*gaps), is_long=True))
    kept = verified("holds_and_erasures", "erased_keys", "accesses")
    add_audit(Audit(name="retention", every=DAILY, look=together(kept, erased_too_early)))
    add_audit(Audit(name="expired_but_shipped", every=HOURLY, look=shipped_after_expiry))
    add_audit(Audit(name="screening_age", every=DAILY, look=list_age))
    add_audit(Audit(name="list_coverage", every=HOURLY, look=uncovered_parties))
    add_audit(Audit(name="provisos_overdue", every=DAILY, look=overdue_provisos))


def decisions(_now: datetime) -> Iterator[Difference]:
    """Take every decision of the log again; name those that come out otherwise, or keep from it.

    `verify` decides and judges again what follows from single streams, every hour; this takes long
    where the log is.
    """
    found: tuple[Difference, ...] = ()
    for walked in recomputed((), FROM_THE_START, last_index()):
        found = walked.found
    yield from found


def together(
    *looks: Callable[[datetime], Iterable[Difference]],
) -> Callable[[datetime], Iterable[Difference]]:
    """Make one look of several, in their order."""
    return lambda now: itertools.chain.from_iterable(look(now) for look in looks)


def shortfalls(_now: datetime) -> Iterator[Difference]:
    """Name allotments that reversed sales have frozen: a person has to look at each."""
    for loaded in replay.streams_of(allotment.DECIDER):
        if isinstance(loaded.state, Frozen):
            books = loaded.state.volume
            tally = books.counters.governing(books.cap)
            detail = f"short of {tally.shortfall} {books.cap.metric} in window {books.window}"
            yield _of("cap_shortfall", f"allotment {loaded.stream_id}", detail)


def debts(_now: datetime) -> Iterator[Difference]:
    """Name escrows of which the bank took money back that had left: somebody has to get it."""
    for loaded in replay.streams_of(escrow.DECIDER):
        if isinstance(loaded.state, NotOpened) or not loaded.state.books.owed_cents:
            continue
        books = loaded.state.books
        reversals = [
            str(event.event_id)
            for event in loaded.recorded
            if isinstance(event.data, DepositReversed) and event.data.advanced_cents
        ]
        owed = sum_text(books.owed_cents, books.terms.currency)
        detail = f"{owed} owed to the bank; taken back by {', '.join(reversals)}"
        yield _of("escrow_owed", f"escrow {loaded.stream_id}", detail)


def shipped_after_expiry(_now: datetime) -> Iterator[Difference]:
    """Name what was drawn from a license at or after the moment at which it ran out."""
    for loaded in replay.streams_of(license.DECIDER):
        expires_at = loaded.state.grant.terms.expires_at
        for event in loaded.recorded:
            if isinstance(event.data, LicenseDrawnDown) and event.recorded_at >= expires_at:
                detail = f"license {loaded.stream_id} expired at {expires_at.isoformat()}"
                yield _of("shipped_after_expiry", f"event {event.event_id}", detail)


def list_age(now: datetime) -> Iterator[Difference]:
    """Say when the list in use is older than the edition in force lets a screening be."""
    loaded = load(screening_list.DECIDER, SCREENING_LIST_ID)
    try:
        limit = edition_in_force(now).screening.list_age_days_at_most
    except Refused:
        return  # no edition rules yet, so nobody relies on a list
    if isinstance(loaded.state, InUse) and loaded.state.fetched_at < now - timedelta(days=limit):
        detail = (
            f"fetched {loaded.state.fetched_at.isoformat()}; counts for {limit} days;"
            f" stream {loaded.stream_id}"
        )
        yield _of("list_too_old", f"list {loaded.state.sha256}", detail)


def uncovered_parties(now: datetime) -> Iterator[Difference]:
    """Name parties whose present names were not compared with the list in use."""
    in_use = load(screening_list.DECIDER, SCREENING_LIST_ID)
    if not isinstance(in_use.state, InUse):
        return
    since = now - COVERED_WITHIN
    if in_use.recorded[-1].recorded_at > since:
        return
    for loaded in replay.streams_of(customer.DECIDER):
        if not isinstance(loaded.state, Pending | Approved):
            continue
        screening = loaded.state.file.screening
        is_covered = screening is not None and screening.list_sha256 == in_use.state.sha256
        if not is_covered and _first(loaded.recorded) <= since:
            detail = f"not screened against list {in_use.state.sha256}"
            yield _of("party_not_screened", f"customer {loaded.stream_id}", detail)


def overdue_provisos(now: datetime) -> Iterator[Difference]:
    """Name licenses whose holder has left provisos unacknowledged for too long."""
    for loaded in replay.streams_of(license.DECIDER):
        granted = loaded.recorded[0]
        if not isinstance(loaded.state, Active | Suspended):
            continue
        missing = loaded.state.grant.missing_provisos()
        is_late = granted.recorded_at < now - PROVISOS_WITHIN
        if missing and is_late and isinstance(granted.data, LicenseGranted):
            detail = f"{', '.join(missing)}; {PROVISOS_WITHIN.days} days since the grant are over"
            yield _of("provisos_overdue", f"license {loaded.stream_id}", detail)


def _first(recorded: Iterable[Recorded[Any]]) -> datetime:
    """Tell when a party came to be described as it is now."""
    moments = [
        item.recorded_at
        for item in recorded
        if isinstance(item.data, CustomerRegistered | CustomerAmended)
    ]
    return moments[-1]


def _of(kind: str, subject: str, detail: str) -> Difference:
    return Difference(kind=kind, subject=subject, detail=detail)
