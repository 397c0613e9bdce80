"""Verification names changed bytes, in every way a superuser may change them."""

from collections.abc import Callable
from uuid import UUID

import pytest
from psycopg import sql

from tests.audits.verification.tampering import (
    event_of,
    fetch,
    kinds,
    replace_bytes,
    rewrite,
    tamper,
    verify,
)
from tests.support.people import INTRUDER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("jars")]


def test_changed_bytes_are_named_by_their_hash(jar: UUID) -> None:
    tamper(
        "UPDATE audits_event SET canonical = convert_to(replace(convert_from(canonical, 'UTF8'),"
        " '\"200\"', '\"900\"'), 'UTF8') WHERE stream_id = %s",
        jar,
    )
    kinds("leaf_hash_wrong", f"{jar}@3")


@pytest.mark.parametrize("bit", [0, 7, 800, 3_003])
def test_one_flipped_bit_is_named(jar: UUID, bit: int) -> None:
    tamper(
        "UPDATE audits_event SET canonical = set_bit(canonical, %s, 1 - get_bit(canonical, %s))"
        " WHERE event_id = %s",
        bit,
        bit,
        event_of(jar, 2),
    )
    kinds("leaf_hash_wrong", f"{jar}@2")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("person_id", INTRUDER.person_id),
        ("organization_id", INTRUDER.organization_id),
        ("recorded_at", "2020-01-01T00:00:00Z"),
        ("recorded_at", "20000-01-01T00:00:00Z"),
        ("recorded_at", "infinity"),
        ("recorded_at", "-infinity"),
        ("type", "jar_smashed"),
        ("schema_version", 2),
        ("command_id", UUID(int=1)),
        ("ordinal", 1),
        ("correlation_id", UUID(int=1)),
        ("causation_id", UUID(int=1)),
        ("aggregate", "bottle"),
    ],
)
def test_a_changed_column_is_named(jar: UUID, column: str, value: object) -> None:
    statement = sql.SQL("UPDATE audits_event SET {} = %s WHERE event_id = %s")
    tamper(statement.format(sql.Identifier(column)), value, event_of(jar, 2))
    kinds("columns_wrong", f"{jar}@2")
    assert column in verify().differences[0].detail


def test_bytes_of_another_event_are_named_though_their_hash_fits(jar: UUID) -> None:
    rewrite(jar, 2, lambda envelope: envelope["actor"].update(person_id=str(INTRUDER.person_id)))
    kinds("columns_wrong", f"{jar}@2")


@pytest.mark.parametrize("content", [b"", b"nonsense", b"{}", b"[1]", b'{"a":\xff}'])
def test_unreadable_bytes_are_named(jar: UUID, content: bytes) -> None:
    replace_bytes(jar, 2, content)
    kinds("bytes_unreadable", f"{jar}@2")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content.replace(b"{", b"{ ", 1),
        lambda content: content.replace(b'"version":2}', b'"version":1,"version":2}'),
        lambda content: content.replace(b"100", b"\\u0031\\u0030\\u0030"),
        lambda content: content + b"\n",
    ],
    ids=["blank", "repeated key", "needless escape", "newline"],
)
def test_another_spelling_of_the_same_content_is_named(
    jar: UUID, spoil: Callable[[bytes], bytes]
) -> None:
    event = event_of(jar, 2)
    content = bytes(fetch("SELECT canonical FROM audits_event WHERE event_id = %s", event))
    assert spoil(content) != content
    replace_bytes(jar, 2, spoil(content))
    kinds("bytes_not_canonical", f"{jar}@2")
