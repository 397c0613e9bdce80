"""Serials and reports count once; nobody changes counters or guarded rows."""

# ruff: noqa: S608 -- tables and columns are those of our own models

from uuid import UUID

import psycopg
import pytest
from msgspec.structs import replace
from psycopg import sql

from licenses import guarded
from licenses.domain.lab_test.events import ReportAccepted
from licenses.domain.shipment.events import ShipmentDispatched
from tests.licenses.verification.attempts import (
    ACCOUNT,
    COLUMNS,
    COUNTER,
    DISPATCH,
    FORBIDDEN,
    REPEATED,
    REPORT,
    SERIAL,
    Attempt,
    Refusal,
    dispatch_parts,
    logins,
)
from tests.licenses.verification.histories import Played
from tests.licenses.verification.tampering import drafts, events, fetch, latest
from tests.support.database import connect_as
from tests.support.people import EXPORTER, identity


def test_a_serial_number_leaves_once(world: Played) -> None:
    gone = latest(world.remitted.shipment_id, ShipmentDispatched).data.serials[0]
    [recorded] = drafts(
        (
            "shipment",
            world.open.shipment_id,
            replace(dispatch_parts(world)[ShipmentDispatched][2], serials=(gone, "SN-X")),
        ),
        actor=EXPORTER,
        command="DispatchShipment",
    )
    rows = guarded.serial_rows(recorded)
    refusal = Attempt().events([recorded]).rows(SERIAL, rows).refusal()
    assert refusal == Refusal(REPEATED, "licenses_shipped_serial_pkey")


@pytest.mark.parametrize("how", ["another serial", "another shipment", "another event"])
@logins
def test_only_what_was_dispatched_leaves(world: Played, login: str, how: str) -> None:
    left = latest(world.short.shipment_id, ShipmentDispatched)
    serial, shipment, event = left.data.serials[0], left.stream_id, left.event_id
    row = {
        "another serial": ("SN-FREE", shipment, event),
        "another shipment": (serial, world.open.shipment_id, event),
        "another event": ("SN-FREE", shipment, events(world.short.shipment_id)[0].event_id),
    }[how]
    assert Attempt(login).rows(SERIAL, [row]).refusal() == Refusal(DISPATCH)


def test_a_report_counts_once(world: Played) -> None:
    accepted = latest(world.remitted.lab_test_id, ReportAccepted)
    rows = guarded.report_rows(accepted)
    assert Attempt().rows(REPORT, rows).refusal().code == REPEATED


@pytest.mark.parametrize("column", guarded.REPORT_COLUMNS)
@logins
def test_only_an_accepted_report_counts(world: Played, login: str, column: str) -> None:
    accepted = latest(world.remitted.lab_test_id, ReportAccepted)
    [row] = guarded.report_rows(accepted)
    named = dict(zip(guarded.REPORT_COLUMNS, row, strict=True))
    other = "f" * 64 if column == "report_sha256" else "LR-X"
    named[column] = identity("other") if isinstance(named[column], UUID) else other
    attempt = Attempt(login).rows(REPORT, [tuple(named.values())])
    assert attempt.refusal() == Refusal(DISPATCH)


@pytest.mark.parametrize("table", [ACCOUNT, COUNTER])
@logins
@pytest.mark.usefixtures("world")
def test_counters_are_moved_by_triggers_alone(login: str, table: str) -> None:
    key = fetch(f"SELECT min({'name' if table == ACCOUNT else 'id::text'}) FROM {table}")
    column = "credits_posted" if table == ACCOUNT else "units_us_reported"
    where = f"WHERE {'name' if table == ACCOUNT else 'id::text'} = '{key}'"
    for statement in (
        f"UPDATE {table} SET {column} = {column} + 1 {where}",
        f"DELETE FROM {table} {where}",
        f"INSERT INTO {table} SELECT * FROM {table} {where}",
        f"TRUNCATE {table}",
        f"ALTER TABLE {table} DISABLE TRIGGER ALL",
    ):
        assert Attempt(login).run(statement).refusal() == Refusal(FORBIDDEN), statement


@pytest.mark.parametrize("table", COLUMNS)
@logins
@pytest.mark.usefixtures("world")
def test_guarded_rows_are_never_changed(login: str, table: str) -> None:
    for statement in (
        f"UPDATE {table} SET event_id = event_id",
        f"DELETE FROM {table}",
        f"TRUNCATE {table}",
        f"ALTER TABLE {table} DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
    ):
        assert Attempt(login).run(statement).refusal() == Refusal(FORBIDDEN), statement


@pytest.mark.parametrize("table", COLUMNS)
@pytest.mark.usefixtures("world")
def test_not_even_a_superuser_changes_guarded_rows_unless_it_lifts_the_guards(table: str) -> None:
    for statement in (
        f"UPDATE {table} SET event_id = event_id",
        f"DELETE FROM {table}",
        f"TRUNCATE {table} CASCADE",
    ):
        with connect_as() as superuser:
            superuser.execute(sql.SQL("SET session_replication_role = replica"))
            with pytest.raises(psycopg.Error) as caught:
                superuser.execute(sql.SQL(statement))
        assert caught.value.sqlstate == "TG003", statement
