"""Every list: as many queries for many rows as for one, and an index for whatever it is asked."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from psycopg import sql

from audits.api.declaring import Listing
from audits.sequencing import Sequencer
from customers.api.customers import CUSTOMERS
from customers.api.screening_lists import LISTING, SCREENING_LISTS
from licenses.api.urls import RESOURCES
from tests.support.client import ApiClient
from tests.support.people import OFFICER, identity

pytestmark = pytest.mark.django_db

LISTS: Final[dict[str, Listing]] = {
    resource.path: resource.listing
    for resource in (*RESOURCES, CUSTOMERS)
    if resource.listing is not None
} | {SCREENING_LISTS.path: LISTING}
STATUSES, EXPORTERS = 8, 50
MANY: Final = 5_000
PAGE: Final = 50
# How the n-th row is filled, by column and else by the beginning of the column's type.
BY_NAME: Final = {
    "status": f"'status ' || n % {STATUSES}",
    "exporter_id": f"md5('exporter ' || n % {EXPORTERS})::uuid",
    "control_number": "'A' || to_char(n, 'FM000000')",
    "license_number": "'A' || n",
    "country": "'CN'",
    "destination_country": "'CN'",
    "currency": "'USD'",
}
BY_TYPE: Final = {
    "uuid[]": "ARRAY[md5('thing ' || n)::uuid]",
    "text[]": "ARRAY['text ' || n]",
    "uuid": "md5({} || n)::uuid",
    "boolean": "true",
    "integer": "n",
    "bigint": "n",
    "timestamp": "timestamptz '2026-01-01' + n * interval '1 second'",
    "text": "'text ' || n",
    "varchar": "md5(n::text)",
}
FILL: Final = "INSERT INTO {} ({}) SELECT {} FROM generate_series(1, {}) AS row (n)"


def fill(model: type[models.Model], rows: int) -> None:
    """Put rows into a read model's table that differ in all but status and exporter."""
    fields: Any = model._meta.concrete_fields
    values = [BY_NAME.get(field.column) or value(field) for field in fields]
    statement = sql.SQL(FILL).format(
        sql.Identifier(model._meta.db_table),
        sql.SQL(", ").join([sql.Identifier(field.column) for field in fields]),
        sql.SQL(", ").join([sql.SQL(each) for each in values]),
        sql.Literal(rows),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)
        cursor.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(model._meta.db_table)))


def value(field: Any) -> str:
    """Give the expression for the value of a column."""
    kind = field.db_type(connection)
    [found] = [text for name, text in BY_TYPE.items() if name == kind][:1] or [
        text for name, text in BY_TYPE.items() if kind.startswith(name)
    ][:1]
    return found.format(f"'{field.column}'")


def queries_for(client: ApiClient, path: str, limit: int) -> tuple[int, int]:
    """Read a page; tell how many items it has and how many queries it took."""
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path, {"limit": limit})
    assert answer.status_code == 200, answer.content
    return len(answer.json()["items"]), len(queries)


@pytest.mark.parametrize("path", LISTS)
def test_a_long_page_takes_as_many_queries_as_a_short_one(path: str, officer: ApiClient) -> None:
    fill(LISTS[path].visible(OFFICER).model, 30)
    one, few = queries_for(officer, f"{path}/", 1)
    thirty, many = queries_for(officer, f"{path}/", 30)
    assert (one, thirty) == (1, 30)
    assert many == few


def test_so_does_a_long_page_of_events(exporter: ApiClient, auditor: ApiClient) -> None:
    made = exporter.post("applications/", {}).json()["stream_id"]
    for number in range(9):
        saved = exporter.post(
            f"applications/{made}/revisions", {"end_use": f"Use {number}"}, if_match="*"
        )
        assert saved.status_code == 200, saved.content
    Sequencer().run_until_empty()
    for client, path in ((auditor, "events/"), (exporter, f"applications/{made}/history")):
        one, few = queries_for(client, path, 1)
        ten, many = queries_for(client, path, 10)
        assert (one, ten) == (1, 10)
        assert many == few


def asked(listing: Listing) -> Iterator[tuple[dict[str, Any], str]]:
    """Name what every list may be asked: each ordering, and each filter that all of them share."""
    for ordering in listing.orderings:
        yield {}, ordering
    yield {"status": "status 3"}, "-created_at"
    yield {"correlation_id": identity("a deal")}, "-created_at"
    yield {"created_at__gte": "2026-01-01T01:00:00Z"}, "-created_at"
    if "exporter_id" in listing.filters.__struct_fields__:
        yield {"exporter_id": OFFICER.organization_id}, "-created_at"


@pytest.mark.parametrize("path", [path for path in LISTS if path != SCREENING_LISTS.path])
def test_a_list_is_read_by_an_index_whatever_is_asked(path: str) -> None:
    listing = LISTS[path]
    rows = listing.visible(OFFICER)
    fill(rows.model, MANY)
    for filters, ordering in asked(listing):
        sign = "-" if ordering.startswith("-") else ""
        page = rows.filter(**filters).order_by(ordering, f"{sign}id")[: PAGE + 1]
        assert "Seq Scan" not in page.explain(), (filters, ordering)
