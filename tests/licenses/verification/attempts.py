"""Attempts on money, volume and goods by raw SQL, on logins of the service's own, up to COMMIT."""

# ruff: noqa: S608 -- tables and columns are those of our own models

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import psycopg
import pytest
from msgspec.structs import replace
from psycopg import sql

from audits import grants
from audits.codec import Recorded, leaf_hash, registry
from audits.kernel import Event
from licenses import guarded
from licenses.domain import allotment
from licenses.domain.allotment.events import VolumePosted, VolumeReserved
from licenses.domain.allotment.values import Change, Counters, Tally, movement
from licenses.domain.escrow.events import DepositBooked, DepositReversed, EscrowReleased
from licenses.domain.license.events import LicenseDrawnDown
from licenses.domain.license.terms import LineBalance
from licenses.domain.shipment.events import ShipmentDispatched
from tests.licenses.verification.histories import Played
from tests.licenses.verification.tampering import drafts, events, latest
from tests.support.database import connect_as
from tests.support.deal import UNIT_PRICE_CENTS
from tests.support.people import EXPORTER, OFFICER

LOGINS: Final = (grants.WEB, grants.WORKER)
logins = pytest.mark.parametrize("login", LOGINS)

FORBIDDEN: Final = "42501"
REPEATED: Final = "23505"
CHECKED: Final = "23514"
LEDGER, ALLOTMENT, DISPATCH = "TG101", "TG102", "TG103"

TRANSFER: Final = "licenses_ledger_transfer"
ENTRY: Final = "licenses_allotment_entry"
SERIAL: Final = "licenses_shipped_serial"
REPORT: Final = "licenses_accepted_report"
ACCOUNT: Final = "licenses_ledger_account"
COUNTER: Final = "licenses_allotment_counter"
SALE: Final = "licenses_counted_sale"
COLUMNS: Final = {
    TRANSFER: guarded.TRANSFER_COLUMNS,
    ENTRY: guarded.ENTRY_COLUMNS,
    SERIAL: guarded.SERIAL_COLUMNS,
    REPORT: guarded.REPORT_COLUMNS,
    SALE: guarded.SALE_COLUMNS,
}
STATE: Final = "SELECT " + ", ".join(
    f"(SELECT md5(string_agg(r::text, '|' ORDER BY r::text)) FROM {table} r)"
    for table in ("audits_event", ACCOUNT, COUNTER, *COLUMNS)
)


@dataclass(frozen=True)
class Refusal:
    """How the database refused: which code and constraint, and whether only at COMMIT."""

    code: str | None
    constraint: str | None = None
    at_commit: bool = field(default=False, compare=False)


@dataclass
class Attempt:
    """Raw SQL of one transaction."""

    login: str = grants.WEB
    statements: list[tuple[Any, Sequence[Any]]] = field(default_factory=list)

    def run(self, statement: str, *values: Any) -> "Attempt":
        """Try a statement."""
        self.statements.append((statement, values))
        return self

    def events(self, recorded: Sequence[Recorded[Any]]) -> "Attempt":
        """Try to append events."""
        for each in recorded:
            content = registry.encode(each)
            self.run(
                "INSERT INTO audits_event (canonical, leaf_hash) VALUES (%s, %s)",
                content,
                leaf_hash(content),
            )
        return self

    def rows(self, table: str, rows: Sequence[Sequence[Any]]) -> "Attempt":
        """Try to insert guarded rows."""
        columns = COLUMNS[table]
        marks = ", ".join(["%s"] * len(columns))
        for row in rows:
            self.run(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", *row)
        return self

    def refusal(self) -> Refusal:
        """Carry it out for good, and say how it was refused."""
        with connect_as(self.login, autocommit=False) as login:
            try:
                for statement, values in self.statements:
                    login.execute(sql.SQL(statement), values)
            except psycopg.Error as error:
                return Refusal(error.sqlstate, error.diag.constraint_name)
            try:
                login.commit()
            except psycopg.Error as error:
                return Refusal(error.sqlstate, error.diag.constraint_name, at_commit=True)
        return Refusal(None)


def counters_of(stream: UUID) -> tuple[Counters, Any]:
    """Give the counters of an allotment and the cap that governs them."""
    books = books_of(stream)
    return books.counters, books.cap


def books_of(stream: UUID) -> Any:
    """Fold the books of an allotment."""
    state: Any = allotment.DECIDER.fold(each.data for each in events(stream))
    return state.volume


UNITS: Final = 2
GROSS: Final = UNITS * UNIT_PRICE_CENTS


Parts = dict[type[Event], tuple[str, UUID, Any]]
"""Event class → aggregate, stream and event."""


def dispatch_parts(world: Played) -> Parts:
    """Describe a dispatch of two units of the open deal, with everything that it moves."""
    deal = world.open
    left = replace(
        latest(world.short.shipment_id, ShipmentDispatched).data,
        license_id=deal.license_id,
        quantity=UNITS,
        short=deal.quantity - UNITS,
        serials=deal.serials[:UNITS],
        itn=deal.itn,
        value_cents=GROSS,
    )
    dispatched = {ShipmentDispatched: ("shipment", deal.shipment_id, left)}
    return dispatched | moved_parts(world, deal.shipment_id)


def moved_parts(world: Played, shipment_id: UUID) -> Parts:
    """Describe what two units of the open deal move, as the decisions say."""
    deal = world.open
    drawn = LicenseDrawnDown(
        shipment_id=shipment_id,
        line=1,
        quantity=UNITS,
        value_cents=GROSS,
        seen=LineBalance(line=1, quantity=0, value_cents=0),
    )
    released = replace(
        latest(world.short.escrow_id, EscrowReleased).data,
        license_id=deal.license_id,
        shipment_id=shipment_id,
        gross_cents=GROSS,
        levy_cents=GROSS // 4,
        exporter_cents=GROSS - GROSS // 4,
        cumulative_gross_cents=GROSS,
        cumulative_levy_cents=GROSS // 4,
        held_cents=deal.price_cents - GROSS,
    )
    return {
        LicenseDrawnDown: ("license", deal.license_id, drawn),
        EscrowReleased: ("escrow", deal.escrow_id, released),
        VolumePosted: ("allotment", world.volume, _volume_posted(world, shipment_id)),
    }


def _volume_posted(world: Played, shipment_id: UUID) -> VolumePosted:
    posted = latest(world.volume, VolumePosted).data
    counters, cap = counters_of(world.volume)
    per_unit = posted.tpp // posted.quantity
    change = Change(tpp_per_unit=per_unit, pending=-UNITS, posted=UNITS)
    told: VolumePosted = replace(
        posted,
        license_id=world.open.license_id,
        shipment_id=shipment_id,
        quantity=UNITS,
        from_hold=UNITS,
        short=0,
        tpp=UNITS * per_unit,
        seen=counters,
        moved=movement(counters, change, cap),
    )
    return told


def taken(booked: DepositBooked, **parts: int) -> DepositReversed:
    """Have the bank take a payment back, from where `parts` say."""
    parts = {"excess_cents": 0, "escrow_cents": 0, "advanced_cents": 0} | parts
    return DepositReversed(
        license_id=booked.license_id,
        account=booked.account,
        bank_reference=booked.bank_reference,
        end_to_end_id=booked.end_to_end_id,
        payer_customer_id=booked.payer_customer_id,
        amount_cents=sum(parts.values()),
        **parts,
        currency=booked.currency,
        value_on=booked.value_on,
        message_sha256=booked.message_sha256,
        held_cents=0,
        missing_cents=0,
        owed_cents=0,
    )


def dispatch(
    world: Played,
    *,
    after: Sequence[tuple[str, UUID, Event]] = (),
    without: Sequence[Any] = (),
    **changes: dict[str, Any],
) -> Attempt:
    """Attempt that dispatch `after` others, without some of its parts, or with events changed."""
    parts = {
        kind: (aggregate, stream, replace(event, **changes.get(kind.__name__, {})))
        for kind, (aggregate, stream, event) in dispatch_parts(world).items()
        if kind not in without
    }
    recorded = drafts(*after, *parts.values(), actor=EXPORTER, command="DispatchShipment")
    _, cap = counters_of(world.volume)
    attempt = Attempt().events(recorded)
    rows = {
        TRANSFER: [row for each in recorded for row in guarded.transfer_rows(each)],
        ENTRY: [row for each in recorded if (row := guarded.entry_row(each, cap))],
        SERIAL: [row for each in recorded for row in guarded.serial_rows(each)],
    }
    for table, of_table in rows.items():
        if table not in without:
            attempt.rows(table, of_table)
    return attempt


def reservation(world: Played, quantity: int, **moved: Any) -> tuple[Recorded[Any], Any]:
    """Describe volume held for a license, by an event that says so, and its entry."""
    counters, cap = counters_of(world.volume)
    told = latest(world.volume, VolumeReserved).data
    per_unit = told.tpp_per_unit
    tally = Tally(pending=quantity, **moved)
    tpp = Tally(pending=quantity * per_unit, **{k: v * per_unit for k, v in moved.items()})
    event = replace(
        told, line=2, quantity=quantity, seen=counters, moved=Counters(units=tally, tpp=tpp)
    )
    happened = ("allotment", world.volume, event)
    [recorded] = drafts(happened, actor=OFFICER, command="ConfirmDecision")
    return recorded, guarded.entry_row(recorded, cap)
