"""Which policy edition rules now: read from the approved editions, parsed once a process."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection

from audits import context as minting
from audits import reading, replay
from audits.kernel import Refused
from customers.ports import CustomerPolicy
from licenses.domain import edition
from licenses.domain.edition.events import EditionPublished
from licenses.domain.edition.state import Approved, InForce
from licenses.domain.ids import edition_id
from licenses.domain.policy.choice import ApprovedEdition
from licenses.domain.policy.choice import in_force as choose
from licenses.domain.policy.conditions.parties import affiliates_switch
from licenses.domain.policy.model import Edition
from licenses.domain.policy.parsing import parse_edition
from licenses.models import EditionRow

EDITIONS_KEPT: Final = 64
CUSTOMER_APPROVAL_DAYS: Final = 730
"""Longest approval of a customer: two years, then its grounds are looked at again (practice)."""


@functools.lru_cache(maxsize=EDITIONS_KEPT)
def edition_of(stream_id: UUID, sha256: str) -> Edition:
    """Parse the edition of a stream; `sha256` names its text, which never changes."""
    for recorded in reading.load(edition.DECIDER, stream_id).recorded:
        if isinstance(recorded.data, EditionPublished) and recorded.data.sha256 == sha256:
            return parse_edition(recorded.data.toml)
    raise LookupError(f"edition {stream_id} was never published as {sha256}")


def edition_named(name: str) -> Edition:
    """Find an approved edition by its name; Refused `edition_unknown`."""
    for each in _read.get() or ():
        if each.edition.name == name:
            return each.edition
    row = EditionRow.objects.filter(id=edition_id(name), approved_at__isnull=False).first()
    if row is None:
        raise Refused("edition_unknown", f"No approved edition is called {name}")
    return edition_of(row.id, row.sha256)


def change_editions() -> datetime:
    """Keep decisions out until this transaction ends; give the database's time from then on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT licenses_change_editions()")
        (now,) = cursor.fetchone()
    return minting.utc(now)


_read: Final[ContextVar[tuple[ApprovedEdition, ...] | None]] = ContextVar("read", default=None)
"""The approved editions, where they are read once for many questions about the past."""


@contextmanager
def looking_back() -> Iterator[None]:
    """Let whatever is gathered inside ask for the edition of its own moment, without a lock.

    For decisions that are taken again: nothing is written, and the register may have moved on. It is
    read here, once, and from events.
    """
    token = _read.set(tuple(_of_events()))
    try:
        yield
    finally:
        _read.reset(token)


def _of_events() -> Iterator[ApprovedEdition]:
    for loaded in replay.streams_of(edition.DECIDER):
        state = loaded.state
        if isinstance(state, Approved | InForce):
            with suppress(LookupError):  # an edition that was never published rules nothing
                yield ApprovedEdition(
                    edition=edition_of(loaded.stream_id, state.sha256),
                    approved_at=state.approved_at,
                    effective_from=state.effective_from,
                )


def edition_in_force(now: datetime) -> Edition:
    """Find the edition that rules at `now`, and keep it so until this transaction ends.

    Refused `no_edition_in_force`. Where another took effect after `now`, the database asks to
    begin again (40001).
    """
    if _read.get() is None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT licenses_hold_editions(%s)", [now])
    ruling = ruling_at(now)
    if ruling is None:
        raise Refused("no_edition_in_force", "No policy edition is in force")
    return ruling


def ruling_at(moment: datetime) -> Edition | None:
    """Find the edition that rules at a moment, without a lock; None before the first."""
    read = _read.get()
    chosen = choose(_of_table(moment) if read is None else read, moment)
    return None if chosen is None else chosen.edition


def _of_table(moment: datetime) -> list[ApprovedEdition]:
    due = EditionRow.objects.filter(status__in=["approved", "in_force"], effective_from__lte=moment)
    return [
        ApprovedEdition(
            edition=edition_of(row.id, row.sha256),
            approved_at=row.approved_at,
            effective_from=row.effective_from,
        )
        for row in due
        if row.approved_at and row.effective_from
    ]


def customer_policy(now: datetime) -> CustomerPolicy:
    """Say what the edition in force asks of customers."""
    ruling = edition_in_force(now)
    switch = affiliates_switch(ruling.screening, now)
    is_on = switch is not None and switch.on
    return CustomerPolicy(
        edition=ruling.name,
        max_validity_days=CUSTOMER_APPROVAL_DAYS,
        affiliates_percent=ruling.screening.owned_percent_at_least if is_on else None,
    )
