"""`manage audit proof` and `audit consistency`: proofs of the log for whoever holds no login."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import msgspec
from django.core.management.base import CommandParser

from audits import proofs
from audits.tools import add_tool, say


class Proof:
    """Proves that an event is in the log."""

    help = "Prove that an event is in the log of a checkpoint."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the event, and the checkpoint."""
        parser.add_argument("event", type=UUID, metavar="EVENT_ID")
        parser.add_argument("--size", type=int, help="of the checkpoint; by default the newest")
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def run(self, options: Mapping[str, Any]) -> int:
        """Show the proof."""
        found = proofs.inclusion(options["event"], size=options["size"])
        if options["json"]:
            say(msgspec.json.encode(found).decode())
        else:
            say(f"event {found.event_id} is at log index {found.log_index} of {found.size}")
            say(f"leaf  {found.leaf_hash}")
            _tell(found.hashes, found.note)
        return 0


class Consistency:
    """Proves that the log only grew."""

    help = "Prove that the log only grew from one checkpoint to another."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the two checkpoints."""
        parser.add_argument("--from", type=int, required=True, metavar="SIZE")
        parser.add_argument("--to", type=int, metavar="SIZE", help="by default the newest")
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def run(self, options: Mapping[str, Any]) -> int:
        """Show the proof."""
        found = proofs.consistency(options["from"], options["to"])
        if options["json"]:
            say(msgspec.json.encode(found).decode())
        else:
            say(f"the log of {found.to_size} events begins with that of {found.from_size}")
            _tell(found.hashes, found.from_note)
            say(found.to_note)
        return 0


def _tell(hashes: tuple[str, ...], note: str) -> None:
    for each in hashes:
        say(f"hash  {each}")
    say(f"\n{note}")


def register() -> None:
    """Add the tools; a second call changes nothing."""
    add_tool("proof", PROOF)
    add_tool("consistency", CONSISTENCY)


PROOF: Final = Proof()
CONSISTENCY: Final = Consistency()
