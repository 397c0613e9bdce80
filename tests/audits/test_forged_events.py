"""Forged events are refused by the database itself, from every role that may write."""

from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import pytest

from audits import grants
from audits.codec import canonical, leaf_hash
from tests.audits.logins import APPEND, FORBIDDEN, Change, Written, following, refused
from tests.support.database import connect_as

pytestmark = pytest.mark.django_db


WRITERS = (grants.WEB, grants.WORKER, grants.SEALER)


def later(seconds: int) -> Change:
    def change(envelope: dict[str, Any]) -> None:
        moment = datetime.fromisoformat(envelope["recorded_at"]) + timedelta(seconds=seconds)
        envelope["recorded_at"] = moment.isoformat()

    return change


@pytest.mark.parametrize("role", WRITERS)
def test_a_proper_event_is_accepted_from_every_role_that_writes(
    untouched: Written, role: str
) -> None:
    content = following(untouched)
    with connect_as(role, autocommit=False) as login:
        login.execute(APPEND, [content, leaf_hash(content)])
        row = login.execute(
            "SELECT version, writer, xid = pg_current_xact_id() FROM audits_event"
            " WHERE canonical = %b",
            [content],
        ).fetchone()
        assert row == (4, role, True)
        login.rollback()


def test_bytes_that_name_derived_columns_do_not_fill_them(untouched: Written) -> None:
    someone = "00000000-0000-0000-0000-000000000001"
    forged = {"canonical": "\\x7b7d", "leaf_hash": "\\x00", "xid": "1", "writer": "postgres"} | {
        "command_id": someone,
        "ordinal": 9,
        "person_id": someone,
        "organization_id": someone,
    }
    content = following(untouched, lambda envelope: envelope.update(forged))
    with connect_as(grants.WEB, autocommit=False) as login:
        login.execute(APPEND, [content, leaf_hash(content)])
        row = login.execute(
            "SELECT canonical, leaf_hash, xid = pg_current_xact_id(), writer, ordinal,"
            " command_id::text = body -> 'command' ->> 'id',"
            " person_id::text = body -> 'actor' ->> 'person_id',"
            " organization_id::text = body -> 'actor' ->> 'organization_id'"
            " FROM audits_journal WHERE stream_id = %b AND version = 4",
            [untouched.stream],
        ).fetchone()
        login.rollback()
    assert row == (content, leaf_hash(content), True, grants.WEB, 0, True, True, True)


@pytest.mark.usefixtures("untouched")
def test_the_auditor_cannot_append(written: Written) -> None:
    content = following(written)
    assert refused(grants.AUDITOR, APPEND, content, leaf_hash(content)) == FORBIDDEN


@pytest.mark.parametrize("role", grants.ROLES)
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("event_id", "'00000000-0000-0000-0000-000000000001'"),
        ("stream_id", "'00000000-0000-0000-0000-000000000001'"),
        ("version", "4"),
        ("aggregate", "'jar'"),
        ("type", "'jar_filled'"),
        ("schema_version", "1"),
        ("command_id", "'00000000-0000-0000-0000-000000000001'"),
        ("ordinal", "0"),
        ("correlation_id", "'00000000-0000-0000-0000-000000000001'"),
        ("causation_id", "NULL"),
        ("person_id", "'00000000-0000-0000-0000-000000000001'"),
        ("organization_id", "'00000000-0000-0000-0000-000000000001'"),
        ("recorded_at", "'2020-01-01'"),
        ("writer", "'tollgate_owner'"),
        ("xid", "'1'"),
    ],
)
def test_no_role_can_name_what_the_database_derives(
    untouched: Written, role: str, column: LiteralString, value: LiteralString
) -> None:
    content = following(untouched)
    statement: LiteralString = (
        f"INSERT INTO audits_event (canonical, leaf_hash, {column}) VALUES (%b, %b, {value})"  # noqa: S608 -- from the table above
    )
    assert refused(role, statement, content, leaf_hash(content)) == FORBIDDEN


FORGERIES: dict[str, tuple[Change, str]] = {
    "a version that is taken": (lambda e: e.update(version=3), "23505"),
    "a version that is skipped": (lambda e: e.update(version=5), "TG001"),
    "version 0": (lambda e: e.update(version=0), "23514"),
    "version -1": (lambda e: e.update(version=-1), "23514"),
    "a stream without beginning": (lambda e: e.update(stream_id=str(UUID(int=5))), "TG001"),
    "hours ago": (later(-7_200), "TG004"),
    "hours ahead": (later(7_200), "TG004"),
    "just too early": (later(-125), "TG004"),
    "just too late": (later(+15), "TG004"),
    "a cause that never was": (lambda e: e.update(causation_id=str(UUID(int=5))), "TG006"),
    "no identity": (lambda e: e.pop("event_id"), "23502"),
    "no person": (lambda e: e.update(actor={}), "23502"),
    "no time": (lambda e: e.pop("recorded_at"), "23502"),
    "no command": (lambda e: e.pop("command"), "23502"),
    "too large": (lambda e: e.update(data={"note": "x" * 65_536}), "23514"),
}


@pytest.mark.parametrize("role", WRITERS)
@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_event_is_refused(untouched: Written, role: str, forgery: str) -> None:
    change, expected = FORGERIES[forgery]
    content = following(untouched, change)
    assert refused(role, APPEND, content, leaf_hash(content)) == expected


def test_the_largest_event_is_accepted_and_one_byte_more_refused(untouched: Written) -> None:
    def sized(size: int) -> Change:
        def change(envelope: dict[str, Any]) -> None:
            envelope["data"] = ""
            envelope["data"] = "x" * (size - len(canonical(envelope)))

        return change

    largest, larger = (following(untouched, sized(size)) for size in (65_535, 65_536))
    with connect_as(grants.WEB, autocommit=False) as login:
        login.execute(APPEND, [largest, leaf_hash(largest)])
        login.rollback()
        with pytest.raises(psycopg.errors.CheckViolation) as caught:
            login.execute(APPEND, [larger, leaf_hash(larger)])
    assert caught.value.diag.constraint_name == "audits_event_size"


FOLLOWERS: tuple[LiteralString, ...] = (
    *("audits_erased", "audits_lifted"),
    *("licenses_must_be_covered", "licenses_must_be_as_requested"),
    *("licenses_must_follow_dispatch", "licenses_must_follow_grant"),
)
"""Functions that believe the event that they are given."""


@pytest.mark.parametrize("role", grants.ROLES)
@pytest.mark.parametrize("function", FOLLOWERS)
@pytest.mark.usefixtures("untouched")
def test_no_role_can_ask_for_what_follows_from_an_event(role: str, function: LiteralString) -> None:
    assert refused(role, f"SELECT {function}(e) FROM audits_event e") == FORBIDDEN  # noqa: S608 -- from the table above


@pytest.mark.parametrize("seconds", [-100, 2])
def test_a_clock_that_is_a_little_off_is_accepted(untouched: Written, seconds: int) -> None:
    content = following(untouched, later(seconds))
    with connect_as(grants.WEB, autocommit=False) as login:
        login.execute(APPEND, [content, leaf_hash(content)])
        login.rollback()


@pytest.mark.parametrize("name", ["event_id", "command"])
def test_an_identity_is_used_once(untouched: Written, name: str) -> None:
    content = following(untouched, lambda envelope: envelope.update({name: untouched.last[name]}))
    assert refused(grants.WEB, APPEND, content, leaf_hash(content)) == "23505"


@pytest.mark.parametrize("role", WRITERS)
def test_a_wrong_leaf_hash_is_refused(untouched: Written, role: str) -> None:
    content = following(untouched)
    without_prefix = leaf_hash(content[1:])
    for wrong in (b"", b"\x00" * 32, without_prefix, leaf_hash(content + b" "), None):
        assert refused(role, APPEND, content, wrong) == "TG002"


@pytest.mark.parametrize(
    ("content", "expected"), [(b"nonsense", "22P02"), (b"\xff\xfe", "22021"), (b"{}", "23502")]
)
@pytest.mark.usefixtures("untouched")
def test_bytes_that_are_no_event_are_refused(content: bytes, expected: str) -> None:
    assert refused(grants.WEB, APPEND, content, leaf_hash(content)) == expected
