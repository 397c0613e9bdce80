"""A stage as in production: everybody is enrolled, each database role does its own part."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from unittest import mock
from uuid import UUID

from django.db import connection

from audits import enrollment, grants
from audits.kernel import Actor, Command, Role
from audits.reading import Receipt
from tests.support.people import identity
from tests.support.stage import Stage

ORGANIZATIONS: Final = {
    "exporter": (Role.EXPORTER, "", ("exporter",)),
    "intruder": (Role.EXPORTER, "", ("intruder",)),
    "bis": (Role.OFFICER, "BIS", ("officer", "second-officer")),
    "laboratory": (Role.LABORATORY, "", ("laboratory",)),
    "bank": (Role.BANK, "", ("bank",)),
    "treasury": (Role.TREASURY, "", ("treasury",)),
    "auditor": (Role.AUDITOR, "", ("auditor",)),
}
"""The cast of `tests.support.people`, by organization."""


def enroll_cast() -> None:
    """Enroll the cast under the ids that tests know them by."""
    with mock.patch.object(
        enrollment, "organization_id", lambda name: identity(f"organization/{name}")
    ):
        for name, (role, agency, people) in ORGANIZATIONS.items():
            organization = enrollment.enroll_organization(name, role, agency=agency)
            for person in people:
                enrollment.enroll_person(
                    person, organization, password=None, person_id=identity(f"person/{person}")
                )


@contextmanager
def logged_in(role: str) -> Iterator[None]:
    """Use the test's own connection as if `role` had logged in on it."""
    before = _run("SELECT session_user")
    _run(f"SET SESSION AUTHORIZATION {role}")
    try:
        yield
    finally:
        _run(f"SET SESSION AUTHORIZATION {before}")


def _run(statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0] if cursor.description else None


class World(Stage):
    """A stage on which database roles are as in production."""

    def prepare(self, family: str = "brief", *, toml: str | None = None) -> None:
        """Enroll the cast, then prepare the stage."""
        enroll_cast()
        super().prepare(family, toml=toml)

    def do(
        self,
        actor: Actor,
        command: Command,
        target: UUID,
        *,
        key: str | None = None,
        expected_version: int | None = None,
    ) -> Receipt:
        """Issue a command as a person does: through the web service."""
        with logged_in(grants.WEB):
            return super().do(actor, command, target, key=key, expected_version=expected_version)

    def import_list(self, content: bytes) -> None:
        """Import a screening list through the web service."""
        with logged_in(grants.WEB):
            super().import_list(content)

    def settle(self) -> None:
        """Run all work that is due, as the worker."""
        with logged_in(grants.WORKER):
            super().settle()
