"""Which database role may do what to which table: one matrix, applied after every migration.

Roles prevent; they bind the application's own logins. What an owner or superuser does in spite of
them is for cryptography to detect (see docs/threat-model.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import connections
from psycopg import sql

WEB: Final = "tollgate_web"
WORKER: Final = "tollgate_worker"
SEALER: Final = "tollgate_sealer"
AUDITOR: Final = "tollgate_auditor"
ROLES: Final = (WEB, WORKER, SEALER, AUDITOR)

APPEND_EVENT: Final = "INSERT (canonical, leaf_hash)"
"""Appending names two columns; the trigger derives the rest, so no identity can be forged."""

LEASE: Final = (
    "UPDATE (due_at, status, attempts, lease_token, lease_until, last_error, finished_at)"
)

Privileges = Mapping[str, tuple[str, ...]]


@dataclass(slots=True)
class Matrix:
    """Table → role → privileges. What is not named is not granted."""

    tables: dict[str, Privileges] = field(default_factory=dict)

    def add(self, tables: Mapping[str, Privileges]) -> None:
        """Add an app's tables; repeating it changes nothing."""
        self.tables.update(tables)


MATRIX: Final = Matrix()
READ_ONLY: Final = dict.fromkeys(ROLES, ("SELECT",))

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
        "audits_work_item": READ_ONLY
        | {WEB: ("SELECT", "INSERT", LEASE), WORKER: ("SELECT", "INSERT", LEASE)},
        "audits_organization": READ_ONLY,
        "audits_person": READ_ONLY | {WEB: ("SELECT", "UPDATE (last_login)")},
        "django_migrations": READ_ONLY,
        "django_content_type": READ_ONLY,
        "django_session": {WEB: ("SELECT", "INSERT", "UPDATE", "DELETE")},
        "knox_authtoken": {WEB: ("SELECT", "INSERT", "UPDATE", "DELETE")},
    }
)


def apply(using: str = "default") -> None:
    """Make the database's grants equal to the matrix: first none, then those that it names."""
    with connections[using].cursor() as cursor:
        _create_missing_roles(cursor)
        cursor.execute("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace")
        present = {name for (name,) in cursor.fetchall()}
        for statement in _revocations():
            cursor.execute(statement)
        for table, privileges in MATRIX.tables.items():
            if table in present:
                for statement in _grants(table, privileges):
                    cursor.execute(statement)


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
