"""Hold the records of a customer or a deal, and lift the hold, in the name of enrolled people."""

from typing import Any
from uuid import UUID

import msgspec
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audits.kernel import Command as Asked
from customers.domain.ids import legal_hold_id
from customers.domain.legal_hold.commands import LiftLegalHold, PlaceLegalHold, ProposeLifting
from customers.management.acting import carried_out
from customers.models import LegalHoldRow


class Command(BaseCommand):
    """Runs as the owner of the database: one officer places a hold, a second one lifts it."""

    help = "List what is held; place a hold, propose to lift it, lift it as another officer."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to do, with which customer or deal, for which matter, and who says so."""
        steps = parser.add_subparsers(dest="step", required=True)
        listing = steps.add_parser("list", help="list what is held, and for what")
        listing.add_argument("--json", action="store_true", help="one JSON array")
        for step in ("place", "propose", "lift"):
            deciding = steps.add_parser(step)
            deciding.add_argument("target", type=UUID, help="id of the customer or the application")
            deciding.add_argument("--matter", required=True, help="such as its docket number")
            deciding.add_argument("--person", required=True, help="username of whoever decides it")
            if step != "lift":
                deciding.add_argument("--reason", required=True)

    def handle(self, *_args: Any, **options: Any) -> None:
        """List, or carry the step out."""
        if options["step"] == "list":
            self._list(as_json=options["json"])
            return
        target: UUID = options["target"]
        try:
            command = _asked(options)
        except msgspec.ValidationError as error:
            raise CommandError(f"request_invalid: {error}") from error
        for line in carried_out(command, legal_hold_id(target), options["person"]):
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


def _asked(options: dict[str, Any]) -> Asked:
    """Make the command; ValidationError for a matter or reason that is no text of theirs."""
    kinds: dict[str, type[Asked]] = {
        "place": PlaceLegalHold,
        "propose": ProposeLifting,
        "lift": LiftLegalHold,
    }
    kind = kinds[options["step"]]
    given = {"target_id": options["target"]} if kind is PlaceLegalHold else {}
    names = ("matter",) if kind is LiftLegalHold else ("matter", "reason")
    return msgspec.convert(given | {name: options[name] for name in names}, kind)
