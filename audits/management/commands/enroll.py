"""Enroll an organization and one of its people."""

import getpass
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audits.enrollment import enroll_organization, enroll_person
from audits.kernel import Refused, Role


class Command(BaseCommand):
    """Runs as the owner of the database; the password is read from standard input."""

    help = "Enroll an organization and a person who acts for it. Reads the password from stdin."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the organization, its role and the person's login."""
        parser.add_argument("username")
        parser.add_argument("--organization", required=True)
        roles = [role.value for role in Role if role is not Role.SYSTEM]
        parser.add_argument("--role", required=True, choices=roles)
        parser.add_argument("--agency", default="", help="for officers, such as BIS")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Enroll; repeating it changes nothing but the password."""
        terminal = sys.stdin.isatty()
        password = getpass.getpass() if terminal else sys.stdin.readline().rstrip("\n")
        if not password:
            raise CommandError("a password is needed")
        try:
            organization = enroll_organization(
                options["organization"], Role(options["role"]), agency=options["agency"]
            )
            person = enroll_person(options["username"], organization, password=password)
        except Refused as refusal:
            raise CommandError(f"{refusal.code}: {refusal}") from refusal
        self.stdout.write(f"{person.username} acts for {organization.name} ({organization.role})")
