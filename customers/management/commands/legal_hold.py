"""Hold the records of a customer or a deal, and lift the hold, in the name of enrolled people."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import msgspec
from django.core.management.base import BaseCommand, CommandParser

from audits.kernel import Command as Asked
from customers.domain.ids import legal_hold_id
from customers.domain.legal_hold.commands import LiftLegalHold, PlaceLegalHold, ProposeLifting
from customers.management.acting import carried_out
from customers.models import LegalHoldRow

STEPS: Final[Mapping[str, tuple[type[Asked], tuple[str, ...]]]] = {
    "place": (PlaceLegalHold, ("target_id", "matter", "reason")),
    "propose": (ProposeLifting, ("matter", "reason")),
    "lift": (LiftLegalHold, ("matter",)),
}
"""What may be decided → its command, and which of its fields are given."""


class Command(BaseCommand):
    """Runs as the owner of the database: one officer places a hold, a second one lifts it."""

    help = "List what is held; place a hold, propose to lift it, lift it as another officer."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to do, with which customer or deal, for which matter, and who says so."""
        steps = parser.add_subparsers(dest="step", required=True)
        listing = steps.add_parser("list", help="list what is held, and for what")
        listing.add_argument("--json", action="store_true", help="one JSON array")
        for step, (_, names) in STEPS.items():
            deciding = steps.add_parser(step)
            deciding.add_argument("target", type=UUID, help="id of the customer or the application")
            deciding.add_argument("--matter", required=True, help="such as its docket number")
            deciding.add_argument("--person", required=True, help="username of whoever decides it")
            if "reason" in names:
                deciding.add_argument("--reason", required=True)

    def handle(self, *_args: Any, **options: Any) -> None:
        """List, or carry the step out."""
        if options["step"] == "list":
            self._list(as_json=options["json"])
            return
        target: UUID = options["target"]
        kind, names = STEPS[options["step"]]
        given = {"target_id": target} | options
        asked = {name: given[name] for name in names}
        for line in carried_out(kind, asked, legal_hold_id(target), options["person"]):
            self.stdout.write(line)

    def _list(self, *, as_json: bool) -> None:
        rows = LegalHoldRow.objects.filter(status="held").order_by("created_at", "id")
        if as_json:
            held = [{"target_id": row.target_id, "matters": row.matters} for row in rows]
            self.stdout.write(msgspec.json.encode(held).decode())
            return
        for row in rows:
            self.stdout.write(f"{row.target_id}  {', '.join(row.matters)}")
        self.stdout.write(f"{len(rows)} held")
