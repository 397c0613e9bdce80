"""Which database role may do what to which table: one matrix, applied after every migration.

Roles prevent; they bind the application's own logins. What an owner or superuser does in spite of
them is for cryptography to detect (see docs/threat-model.md).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import connections, transaction
from psycopg import sql

WEB: Final = "tollgate_web"
WORKER: Final = "tollgate_worker"
SEALER: Final = "tollgate_sealer"
AUDITOR: Final = "tollgate_auditor"
ROLES: Final = (WEB, WORKER, SEALER, AUDITOR)

APPEND_EVENT: Final = "INSERT (canonical, leaf_hash)"
"""Appending names two columns; the trigger derives the rest, so no identity can be forged."""

KNOW_PEOPLE: Final = "SELECT (id, username, organization_id, is_active, last_login)"
"""Who there is, without the hash of anybody's password."""

MINT_KEY: Final = "INSERT (subject_id, organization_id, holder_id, wrapped_key, name_mark, key_sha256, wrapped_by)"
KEY_STATUS: Final = "SELECT (subject_id, organization_id, holder_id, key_sha256, created_at, destroyed_at, wrapped_by)"
"""Which keys there are and which are destroyed; not the keys."""

NOTE_ACCESS: Final = (
    "INSERT (person_id, organization_id, role, path, filters, subject_id, at,"
    " writer_id, writer_number, signature)"
)

LEASE: Final = (
    "UPDATE (due_at, status, attempts, lease_token, lease_until, last_error, reached, finished_at)"
)

PUBLIC: Final = "PUBLIC"
"""Every role there is: nothing is granted to it."""

Privileges = Mapping[str, tuple[str, ...]]
Right = tuple[str, str]
"""A privilege, and the column that it is for; the whole table: an empty name."""

_TABLES: Final = """
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
"""
_CATALOG: Final = """
    WITH held AS (
        SELECT oid AS relation, relacl AS acl, '' AS name FROM pg_class
        UNION ALL
        SELECT attrelid, attacl, attname FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped
    ), named AS (
        SELECT oid, rolname FROM pg_roles WHERE rolname = ANY(%s)
        UNION ALL SELECT 0, %s
    )
    SELECT c.relname, named.rolname, a.privilege_type, held.name::text
    FROM held JOIN pg_class c ON c.oid = held.relation
    CROSS JOIN LATERAL aclexplode(held.acl) a JOIN named ON named.oid = a.grantee
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""


@dataclass(slots=True)
class Matrix:
    """Table → role → privileges. What is not named is not granted."""

    tables: dict[str, Privileges] = field(default_factory=dict)

    def add(self, tables: Mapping[str, Privileges]) -> None:
        """Add an app's tables; repeating it changes nothing."""
        self.tables.update(tables)


MATRIX: Final = Matrix()
READ_ONLY: Final = dict.fromkeys(ROLES, ("SELECT",))

_PROJECTED: Final = ("SELECT", "INSERT", "UPDATE")

MATRIX.add(
    {
        "audits_event": {
            WEB: ("SELECT", APPEND_EVENT),
            WORKER: ("SELECT", APPEND_EVENT),
            SEALER: ("SELECT", APPEND_EVENT),
            AUDITOR: ("SELECT",),
        },
        "audits_log": READ_ONLY | {SEALER: ("SELECT", "INSERT")},
        "audits_journal": READ_ONLY,
        "audits_tile": READ_ONLY | {SEALER: ("SELECT", "INSERT")},
        "audits_frontier": READ_ONLY | {SEALER: ("SELECT", "INSERT", "UPDATE (size, hashes)")},
        "audits_checkpoint": READ_ONLY | {SEALER: ("SELECT", "INSERT")},
        "audits_cosignature": READ_ONLY | {SEALER: ("SELECT", "INSERT")},
        "audits_subject_key": {
            WEB: ("SELECT", MINT_KEY),
            WORKER: ("SELECT",),
            AUDITOR: (KEY_STATUS,),
        },
        "audits_work_item": READ_ONLY
        | {WEB: ("SELECT", "INSERT", LEASE), WORKER: ("SELECT", "INSERT", LEASE)},
        "audits_access": READ_ONLY
        | {
            WEB: (
                "SELECT",
                NOTE_ACCESS,
            ),
            WORKER: ("SELECT", "UPDATE (event_id, correlation_id)"),
        },
        "audits_finding": READ_ONLY | dict.fromkeys((WEB, WORKER), _PROJECTED),
        "audits_halt": READ_ONLY | dict.fromkeys((WEB, WORKER), _PROJECTED),
        "audits_reference": READ_ONLY | {WORKER: ("SELECT", "INSERT")},
        "audits_organization": READ_ONLY,
        "audits_person": {
            WEB: ("SELECT", "UPDATE (last_login)"),
            WORKER: (KNOW_PEOPLE,),
            AUDITOR: (KNOW_PEOPLE,),
        },
        "django_migrations": READ_ONLY,
        "django_content_type": READ_ONLY,
        "django_session": {WEB: ("SELECT", "INSERT", "UPDATE", "DELETE")},
        "knox_authtoken": {WEB: ("SELECT", "INSERT", "DELETE")},
    }
)


def apply(using: str = "default") -> None:
    """Make the database's grants equal to the matrix, in one step: nobody sees them half done."""
    with transaction.atomic(using), connections[using].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('audits.grants', 0))")
        _create_missing_roles(cursor)
        for statement in _revocations():
            cursor.execute(statement)
        for table in _present_tables(cursor) & MATRIX.tables.keys():
            for statement in _grants(table, MATRIX.tables[table]):
                cursor.execute(statement)


def differences(using: str = "default") -> Iterator[tuple[str, str, str]]:
    """Compare the database's grants with the matrix: table, role, and what is amiss."""
    with connections[using].cursor() as cursor:
        tables = _present_tables(cursor)
        found = actual(cursor)
    for table in sorted(tables):
        for role in (*ROLES, PUBLIC):
            wanted = declared(table, role)
            has = found.get((table, role), frozenset())
            for word, rights in (("lacks", wanted - has), ("has besides", has - wanted)):
                if rights:
                    yield table, role, f"{word} {', '.join(map(_spell, sorted(rights)))}"


def declared(table: str, role: str) -> frozenset[Right]:
    """Say what the matrix gives a role on a table; nothing where the matrix does not name it."""
    rights: set[Right] = set()
    for privilege in MATRIX.tables.get(table, {}).get(role, ()):
        word, _, columns = privilege.partition("(")
        names = [name.strip() for name in columns.rstrip(") ").split(",")]
        rights.update((word.strip(), name) for name in names)
    return frozenset(rights)


def actual(cursor: Any) -> dict[tuple[str, str], frozenset[Right]]:
    """Read from the catalog what each role may do to each table and column of the schema."""
    cursor.execute(_CATALOG, [list(ROLES), PUBLIC])
    found: dict[tuple[str, str], set[Right]] = {}
    for table, role, privilege, column in cursor.fetchall():
        found.setdefault((table, role), set()).add((privilege, column))
    return {place: frozenset(rights) for place, rights in found.items()}


def _spell(right: Right) -> str:
    privilege, column = right
    return f"{privilege} ({column})" if column else privilege


def _present_tables(cursor: Any) -> set[str]:
    cursor.execute(_TABLES)
    return {name for (name,) in cursor.fetchall()}


def _create_missing_roles(cursor: Any) -> None:
    cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [list(ROLES)])
    for role in set(ROLES) - {name for (name,) in cursor.fetchall()}:
        cursor.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))


def _revocations() -> list[sql.Composable]:
    names = sql.SQL(", ").join(map(sql.Identifier, ROLES))
    return [
        sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {}").format(names),
        sql.SQL("REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC, {}").format(names),
        sql.SQL("REVOKE CREATE ON SCHEMA public FROM PUBLIC, {}").format(names),
        sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(names),
        sql.SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {}, {}").format(
            sql.Identifier(WEB), sql.Identifier(WORKER)
        ),
    ]


def _grants(table: str, privileges: Privileges) -> list[sql.Composable]:
    return [
        sql.SQL("GRANT {} ON {} TO {}").format(
            sql.SQL(privilege),  # a constant of this module's matrix
            sql.Identifier(table),
            sql.Identifier(role),
        )
        for role, granted in privileges.items()
        for privilege in granted
    ]
