"""Replace the key from the environment that wraps the keys of natural persons."""

from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audits.differences import Look
from audits.kernel import Refused
from audits.progress import shown
from audits.vault import rewrapping


class Command(BaseCommand):
    """Runs as the owner of the database: no login of the service may change a wrapped key."""

    help = (
        "status: how many keys each key from the environment wraps. rewrap: wrap all by"
        " TOLLGATE_PERSONAL_KEY that TOLLGATE_PERSONAL_KEY_OTHER wraps; can be cut off and run again."
        " check: open every key; exits with 1 where one does not open."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to do, and the form of the answer."""
        parser.add_argument("action", choices=["status", "rewrap", "check"])
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do it, and say what wraps what now; a refusal leaves the rest as it was."""
        action = options["action"]
        rewrapped, unopened = 0, []
        with shown() as progress:
            look = Look(name=action, progress=progress)
            try:
                rewrapped = rewrapping.rewrap(look) if action == "rewrap" else 0
            except Refused as refusal:
                raise CommandError(f"{refusal.code}: {refusal}") from refusal
            unopened = list(rewrapping.unopened(look)) if action == "check" else []
        uses = rewrapping.uses()
        if options["json"]:
            told = {"rewrapped": rewrapped, "unopened": unopened, "uses": uses}
            self.stdout.write(msgspec.json.encode(told).decode())
        else:
            self._tell(rewrapped, uses)
            for each in unopened:
                self.stdout.write(f"{each.kind}: {each.subject}: {each.detail}")
        if unopened:
            raise SystemExit(1)

    def _tell(self, rewrapped: int, uses: tuple[rewrapping.Use, ...]) -> None:
        if rewrapped:
            self.stdout.write(f"{rewrapped} keys wrapped anew")
        for use in uses:
            place = use.setting or "not set here: do not take it out of use"
            self.stdout.write(f"{use.wrapped_by or 'unknown'}: {use.keys} keys ({place})")
        if all(use.setting == "TOLLGATE_PERSONAL_KEY" for use in uses):
            self.stdout.write("TOLLGATE_PERSONAL_KEY_OTHER is not needed")
