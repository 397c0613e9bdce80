"""Every column of every read model is compared with what events say; so is every row."""

# ruff: noqa: S608 -- tables and columns are those of our own models

from typing import Any

import pytest
from django.db import connection

from audits import findings, grants
from audits.projection import Projection, projections
from customers import projections as customers
from licenses import projections as licenses
from tests.licenses.verification.tampering import as_role, as_superuser, fetch, found, names

pytestmark = pytest.mark.usefixtures("played")

ALL = (*findings.PROJECTIONS, *customers.PROJECTIONS, *licenses.PROJECTIONS)
CHANGED = {
    "uuid": "gen_random_uuid()",
    "text": "'tampered'",
    "character varying": "'X'",
    "integer": "coalesce({0}, 0) + 1",
    "bigint": "coalesce({0}, 0) + 1",
    "boolean": "NOT coalesce({0}, false)",
    "timestamp with time zone": "coalesce({0}, now()) + interval '1 microsecond'",
    "ARRAY": "{0}[2:]",
}


def columns(table: str) -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name, data_type FROM information_schema.columns"
            " WHERE table_name = %s ORDER BY ordinal_position",
            [table],
        )
        return dict(cursor.fetchall())


def table_of(projection: Projection) -> str:
    return projection.model._meta.db_table


def some_row(table: str) -> Any:
    return fetch(f"SELECT id FROM {table} ORDER BY id LIMIT 1")


def test_every_read_model_is_rebuilt() -> None:
    assert {each.decider.aggregate for each in ALL} == set(projections)


@pytest.mark.parametrize("projection", ALL, ids=table_of)
def test_a_changed_column_is_named(projection: Projection) -> None:
    table = table_of(projection)
    row = some_row(table)
    kinds = columns(table)
    assert len(kinds) > 6
    for name, kind in kinds.items():
        if name == "id":
            continue
        column = f'"{name}"'
        before = fetch(f"SELECT {column} FROM {table} WHERE id = %s", row)
        changed = CHANGED[kind].format(column)
        as_role(grants.WEB, f"UPDATE {table} SET {column} = {changed} WHERE id = %s", row)
        names("read_models", "read_model_column_wrong", f"{table} {row} {name}")
        as_role(grants.WORKER, f"UPDATE {table} SET {column} = %s WHERE id = %s", before, row)
    assert found("read_models") == (None, [])


@pytest.mark.parametrize("projection", ALL, ids=table_of)
def test_a_missing_row_is_named(projection: Projection) -> None:
    table = table_of(projection)
    row = some_row(table)
    as_superuser(table, f"DELETE FROM {table} WHERE id = %s", row)
    names("read_models", "read_model_row_missing", f"{table} {row}")


def test_a_surplus_row_is_named() -> None:
    row = fetch("SELECT gen_random_uuid()")
    as_role(
        grants.WEB,
        "INSERT INTO licenses_allotment (id, version, correlation_id, status, created_at,"
        ' changed_at, exporter_id, product_id, "window")'
        " SELECT %s, version, correlation_id, status, created_at, changed_at, exporter_id,"
        ' product_id, "window" FROM licenses_allotment LIMIT 1',
        row,
    )
    names("read_models", "read_model_row_surplus", f"licenses_allotment {row}")


def test_rows_beyond_a_page_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audits.replay.PAGE_SIZE", 2)
    assert found("read_models") == (None, [])
    row = fetch("SELECT id FROM licenses_license ORDER BY id DESC LIMIT 1")
    as_role(grants.WEB, "UPDATE licenses_license SET status = 'active' WHERE id = %s", row)
    names("read_models", "read_model_column_wrong", f"licenses_license {row} status")
