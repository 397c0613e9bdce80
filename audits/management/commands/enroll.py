"""Enroll an organization and one of its people."""

import getpass
import sys
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audits.enrollment import enroll_organization, enroll_person
from audits.kernel import Refused, Role


class Enrollment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One person and the organization that they act for."""

    username: str
    organization: str
    role: Role
    agency: str = ""
    password: str


class Command(BaseCommand):
    """Runs as the owner of the database; the password is read from standard input."""

    help = "Enroll an organization and a person who acts for it. Reads the password from stdin."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the organization, its role and the person's login."""
        parser.add_argument("username", nargs="?")
        parser.add_argument("--organization")
        roles = [role.value for role in Role if role is not Role.SYSTEM]
        parser.add_argument("--role", choices=roles)
        parser.add_argument("--agency", default="", help="for officers, such as BIS")
        parser.add_argument(
            "--batch", action="store_true", help="read a JSON array of enrollments from stdin"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Enroll; repeating it changes nothing but the password."""
        for each in _batch() if options["batch"] else [_one(options)]:
            try:
                organization = enroll_organization(each.organization, each.role, agency=each.agency)
                person = enroll_person(each.username, organization, password=each.password)
            except Refused as refusal:
                raise CommandError(f"{refusal.code}: {refusal}") from refusal
            self.stdout.write(f"{person.username} acts for {organization.name} ({each.role})")


def _batch() -> list[Enrollment]:
    try:
        return msgspec.json.decode(sys.stdin.read(), type=list[Enrollment])
    except msgspec.DecodeError as error:
        raise CommandError(f"the batch is not readable: {error}") from error


def _one(options: dict[str, Any]) -> Enrollment:
    missing = [name for name in ("username", "organization", "role") if not options[name]]
    if missing:
        raise CommandError(f"needed: {', '.join(missing)}")
    terminal = sys.stdin.isatty()
    password = getpass.getpass() if terminal else sys.stdin.readline().rstrip("\n")
    if not password:
        raise CommandError("a password is needed")
    return Enrollment(
        username=options["username"],
        organization=options["organization"],
        role=Role(options["role"]),
        agency=options["agency"],
        password=password,
    )
