"""Show the work that gave up, and drive it again on a person's word."""

from typing import Any
from uuid import UUID

import msgspec
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audits import context as minting
from audits import nudging, queries
from audits.kernel import Actor, Context, Refused, Role
from audits.models import Person
from audits.work import dead


class Command(BaseCommand):
    """Runs as the database role `tollgate_worker`."""

    help = "List dead work items; --redrive sends one on its way again, on a person's word."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to drive again, why, and who says so."""
        parser.add_argument("--json", action="store_true", help="one JSON array")
        parser.add_argument("--redrive", type=UUID, metavar="ID")
        parser.add_argument("--reason", default="", help="why it will work this time")
        parser.add_argument("--person", default="", help="username of whoever decides it")

    def handle(self, *_args: Any, **options: Any) -> None:
        """List, or drive one again."""
        if options["redrive"] is not None:
            self._redrive(options["redrive"], options["reason"].strip(), options["person"])
        elif options["json"]:
            items = [item._asdict() for item in queries.dead_items()]
            self.stdout.write(msgspec.json.encode(items).decode())
        else:
            self._list()

    def _list(self) -> None:
        items = queries.dead_items()
        for item in items:
            self.stdout.write(
                f"{item.id}  {item.kind}  on {item.subject_id}"
                f"  {item.attempts} attempts  due {item.due_at:%Y-%m-%d %H:%M:%S}Z\n"
                f"    {item.last_error}"
            )
        self.stdout.write(f"dead work items: {len(items)}")

    def _redrive(self, item_id: UUID, reason: str, username: str) -> None:
        if not reason or not username:
            raise CommandError("--redrive needs --reason and --person")
        actor = _natural_person(username)
        context = Context(actor=actor, now=minting.database_now(), command_id=minting.new_id())
        try:
            receipt = dead.redrive(item_id, reason=reason, context=context)
        except Refused as refusal:
            raise CommandError(f"{refusal.code}: {refusal}") from refusal
        nudging.nudge([item_id])
        self.stdout.write(f"{item_id} is due again; event {receipt.event_id}")


def _natural_person(username: str) -> Actor:
    try:
        person = (
            Person.objects.defer("password").select_related("organization").get(username=username)
        )
    except Person.DoesNotExist:
        raise CommandError(f"there is no person {username}") from None
    actor = person.actor()
    if not person.is_active or actor.role is Role.SYSTEM:
        raise CommandError(f"{username} cannot decide this")
    return actor
