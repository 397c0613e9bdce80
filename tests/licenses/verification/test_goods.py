"""Serial numbers that left, reports that counted, lists that were imported: row for row."""

# ruff: noqa: S608 -- tables and columns are those of our own models

import pytest

from audits import grants
from licenses import guarded
from licenses.domain.lab_test.events import LotRegistered, ReportAccepted
from licenses.domain.shipment.events import ShipmentDispatched
from tests.licenses.verification.histories import Played
from tests.licenses.verification.tampering import as_role, as_superuser, fetch, latest, names

SERIAL = "licenses_shipped_serial"
REPORT = "licenses_accepted_report"
ENTRY = "customers_list_entry"
NAME = "customers_list_name"


def test_a_missing_serial_is_named(played: Played) -> None:
    serial = played.remitted.serials[0]
    as_superuser(SERIAL, f"DELETE FROM {SERIAL} WHERE serial = %s", serial)
    names("serials", "guarded_row_missing", serial)


def test_a_serial_of_another_shipment_is_named(played: Played) -> None:
    serial = played.remitted.serials[0]
    as_superuser(SERIAL, f"UPDATE {SERIAL} SET shipment_id = event_id WHERE serial = %s", serial)
    names("serials", "guarded_row_altered", serial)


@pytest.mark.parametrize("place", ["the dispatch", "another aggregate"])
def test_a_surplus_serial_is_named(played: Played, place: str) -> None:
    dispatched = latest(played.remitted.shipment_id, ShipmentDispatched).event_id
    registered = latest(played.remitted.lab_test_id, LotRegistered).event_id
    as_superuser(
        SERIAL,
        f"INSERT INTO {SERIAL} (serial, shipment_id, event_id) VALUES ('SURPLUS', %s, %s)",
        played.remitted.shipment_id,
        dispatched if place == "the dispatch" else registered,
    )
    names("serials", "guarded_row_surplus", "SURPLUS")


def test_a_missing_report_is_named(played: Played) -> None:
    accepted = latest(played.remitted.lab_test_id, ReportAccepted)
    as_superuser(REPORT, f"DELETE FROM {REPORT} WHERE event_id = %s", accepted.event_id)
    names("reports", "guarded_row_missing", accepted.data.report_sha256)


@pytest.mark.parametrize("column", guarded.REPORT_COLUMNS[1:4])
def test_an_altered_report_is_named(played: Played, column: str) -> None:
    accepted = latest(played.remitted.lab_test_id, ReportAccepted)
    another = "'X'" if column == "report_number" else "event_id"
    statement = f"UPDATE {REPORT} SET {column} = {another} WHERE event_id = %s"
    as_superuser(REPORT, statement, accepted.event_id)
    names("reports", "guarded_row_altered", accepted.data.report_sha256)


def test_a_surplus_report_is_named(played: Played) -> None:
    registered = latest(played.remitted.lab_test_id, LotRegistered)
    as_superuser(
        REPORT,
        f"INSERT INTO {REPORT} (report_sha256, laboratory_id, report_number, shipment_id, event_id)"
        " VALUES ('surplus', %s, 'LR-0', %s, %s)",
        played.stage.laboratory_id,
        played.remitted.shipment_id,
        registered.event_id,
    )
    names("reports", "guarded_row_surplus", "surplus")


# -- Screening lists -----------------------------------------------------------------------


def list_in_use() -> str:
    return f"list {fetch('SELECT sha256 FROM customers_list_snapshot')}"


@pytest.mark.usefixtures("played")
def test_a_name_added_to_a_list_is_named() -> None:
    entry = fetch(f"SELECT min(id) FROM {ENTRY}")
    as_role(
        grants.WEB,
        f"INSERT INTO {NAME} (entry_id, name, normalized) VALUES (%s, 'Somebody', 'somebody')",
        entry,
    )
    names("screening_lists", "list_entry_wrong", f"{list_in_use()} line 2")


@pytest.mark.usefixtures("played")
def test_an_entry_added_to_a_list_is_named() -> None:
    as_role(
        grants.WORKER,
        f"INSERT INTO {ENTRY} (snapshot_id, line, entry_id, entry_hash, source, kind, programs,"
        " name, raw) SELECT snapshot_id, 9999, entry_id, entry_hash, source, kind, programs, name,"
        f" raw FROM {ENTRY} ORDER BY id LIMIT 1",
    )
    names("screening_lists", "list_entry_wrong", f"{list_in_use()} line 9999")


@pytest.mark.parametrize("column", ["entry_id", "entry_hash", "source", "kind", "name"])
@pytest.mark.usefixtures("played")
def test_an_altered_entry_of_a_list_is_named(column: str) -> None:
    first = f"id = (SELECT min(id) FROM {ENTRY})"
    as_superuser(ENTRY, f"UPDATE {ENTRY} SET {column} = 'tampered' WHERE {first}")
    names("screening_lists", "list_entry_wrong", f"{list_in_use()} line 2")


@pytest.mark.parametrize("change", ["name = 'tampered'", "normalized = 'tampered'"])
@pytest.mark.usefixtures("played")
def test_an_altered_name_of_a_list_is_named(change: str) -> None:
    first = f"id = (SELECT min(id) FROM {NAME})"
    as_superuser(NAME, f"UPDATE {NAME} SET {change} WHERE {first}")
    names("screening_lists", "list_entry_wrong", f"{list_in_use()} line 2")


@pytest.mark.usefixtures("played")
def test_a_party_taken_off_a_list_is_named() -> None:
    last = f"(SELECT max(id) FROM {ENTRY})"
    as_superuser(
        NAME, f"DELETE FROM {NAME} WHERE entry_id = {last} AND id = (SELECT max(id) FROM {NAME})"
    )
    as_superuser(ENTRY, f"DELETE FROM {ENTRY} WHERE id = {last}")
    names("screening_lists", "list_count_wrong", list_in_use())


@pytest.mark.parametrize("column", ["rows", "entries", "names"])
@pytest.mark.usefixtures("played")
def test_an_altered_count_of_a_list_is_named(column: str) -> None:
    table = "customers_list_snapshot"
    as_superuser(table, f"UPDATE {table} SET {column} = {column} + 1")
    names("screening_lists", "list_count_wrong", list_in_use())


@pytest.mark.usefixtures("played")
def test_a_list_that_is_gone_is_named() -> None:
    table = "customers_list_snapshot"
    subject = list_in_use()
    as_superuser(table, f"DELETE FROM {table}")
    names("screening_lists", "list_missing", subject)
