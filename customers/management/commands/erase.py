"""Erase a person's data from the command line, in the name of two people who are enrolled."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import msgspec
from django.core.management.base import BaseCommand, CommandParser

from audits import vault
from audits.kernel import Command as Asked
from customers.domain.erasure.commands import ApproveErasure, DeclineErasure, RequestErasure
from customers.management.acting import carried_out

STEPS: Final[Mapping[str, tuple[type[Asked], tuple[str, ...]]]] = {
    "request": (RequestErasure, ("subject_id", "reason")),
    "approve": (ApproveErasure, ()),
    "decline": (DeclineErasure, ("reason",)),
}
"""What may be decided → its command, and which of its fields are given."""


class Command(BaseCommand):
    """Runs as the owner of the database; whoever decides is named, and the rules are the API's."""

    help = "List whom a thing names; ask for, approve or decline the erasure of a person's data."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to do, about whom, and who says so."""
        steps = parser.add_subparsers(dest="step", required=True)
        listing = steps.add_parser("subjects", help="list whom a thing names")
        listing.add_argument("thing", type=UUID)
        listing.add_argument("--json", action="store_true", help="one JSON array")
        for step, (_, names) in STEPS.items():
            deciding = steps.add_parser(step)
            deciding.add_argument("subject", type=UUID)
            deciding.add_argument("--person", required=True, help="username of whoever decides it")
            if "reason" in names:
                deciding.add_argument("--reason", required=True)

    def handle(self, *_args: Any, **options: Any) -> None:
        """List, or carry the step out."""
        if options["step"] == "subjects":
            self._list(options["thing"], as_json=options["json"])
            return
        subject_id: UUID = options["subject"]
        kind, names = STEPS[options["step"]]
        given = {"subject_id": subject_id, "reason": options.get("reason")}
        asked = {name: given[name] for name in names}
        for line in carried_out(kind, asked, subject_id, options["person"]):
            self.stdout.write(line)

    def _list(self, thing_id: UUID, *, as_json: bool) -> None:
        found = vault.named_in(thing_id)
        if as_json:
            self.stdout.write(msgspec.json.encode(found).decode())
            return
        for subject in found:
            self.stdout.write(f"{subject.subject_id}  {subject.name}")
        self.stdout.write(f"{len(found)} persons")
