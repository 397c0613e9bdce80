"""Every bit of what the database keeps beside an event's bytes, flipped by a superuser, is named.

In one event of every type at once, each a row of its own. Left out are what no column can hold (the
top bit of a character) or no calendar (bits of a time beyond the year 9999), and `xid` and `writer`,
which are in no event's bytes.
"""

from collections.abc import Iterator
from typing import Final

import pytest
from django.db import connection, transaction

from audits.differences import Difference, Look, Silence
from audits.models import EventRow
from audits.verification.journal import bytes_check
from tests.trust.flipping import specimens_of_each_type, without_triggers

UPDATE: Final = (
    "UPDATE audits_event SET {column} = {value} WHERE 8 * length({column}::text) > {least}"
)
FLIPPED: Final = {
    "uuid": "encode(set_bit(uuid_send({0}), {1}, 1 - get_bit(uuid_send({0}), {1})), 'hex')::uuid",
    "bytea": "set_bit({0}, {1}, 1 - get_bit({0}, {1}))",
    "text": "convert_from(set_bit({0}::bytea, {1}, 1 - get_bit({0}::bytea, {1})), 'UTF8')",
    "integer": "{0} # ({2})::integer",
    "smallint": "{0} # ({2})::smallint",
    "time": "'epoch'::timestamptz + interval '1 microsecond' *"
    " ((extract(epoch FROM {0}) * 1000000)::bigint # (1::bigint << {1}))",
}
"""The column {0} with its bit {1} flipped; {2} is that bit as a number with a sign."""

TOP_BIT: Final = 7
COLUMNS: Final = {
    **dict.fromkeys(("event_id", "stream_id", "command_id", "correlation_id"), ("uuid", 128)),
    **dict.fromkeys(("causation_id", "person_id", "organization_id"), ("uuid", 128)),
    **dict.fromkeys(("aggregate", "type"), ("text", 0)),
    **dict.fromkeys(("schema_version", "ordinal"), ("smallint", 16)),
    "leaf_hash": ("bytea", 256),
    "recorded_at": ("time", 57),
    "version": ("integer", 32),
}
"""Kind and number of bits; of a text: as many as the longest one has."""


def flips(column: str) -> Iterator[str]:
    """Write a statement for each bit of a column, which flips it in every row that has it."""
    kind, bits = COLUMNS[column]
    is_text = kind == "text"
    if is_text:
        bits = 8 * max(map(len, EventRow.objects.values_list(column, flat=True)))
    for bit in range(bits):
        mask = (1 << bit) - (1 << bits if bit == bits - 1 else 0)
        value = FLIPPED[kind].format(column, bit, mask)
        if not (is_text and bit % 8 == TOP_BIT):
            yield UPDATE.format(column=column, value=value, least=bit if is_text else 0)


def named(statement: str) -> tuple[int, list[Difference]]:
    """Carry a flip out, ask verification, and take it back; give how many rows it changed."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
        found = list(bytes_check(Look(name="bytes", progress=Silence())))
        transaction.set_rollback(True)
        return cursor.rowcount, found


@pytest.mark.django_db
def test_no_column_is_left_out() -> None:
    columns = {field.column for field in EventRow._meta.get_fields() if field.concrete}
    assert columns == {*COLUMNS, "canonical"}


@pytest.mark.django_db(transaction=True)  # which empties the table: dead rows are many
@pytest.mark.parametrize("column", COLUMNS)
def test_every_flipped_bit_of_a_column_is_named_in_every_event(column: str) -> None:
    kind, detail = "columns_wrong", f"not as in the bytes: {column}"
    if column == "leaf_hash":
        kind, detail = "leaf_hash_wrong", "stored "
    specimens_of_each_type(1)
    with without_triggers():
        for statement in flips(column):
            count, found = named(statement)
            assert count > 0
            assert len({each.subject for each in found}) == len(found) == count, statement
            assert {each.kind for each in found} == {kind}, statement
            assert all(each.detail.startswith(detail) for each in found), statement
        assert named("UPDATE audits_event SET version = version")[1] == []
