"""Make, rotate and revoke the keys that sign checkpoints."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audits.kernel import Refused
from audits.sealing import configured, keys
from audits.sealing.note import NoteError, VerifierKey, parse_verifier_key
from audits.sealing.record import current


class Command(BaseCommand):
    """Runs as the signer's user, and in the database as the owner or the sealer."""

    help = (
        "begin: the first key and the record of the key of receipts, unless they are there. create:"
        " the first key. add: another one beside it, so that both sign. retire: end the use of"
        " a key. revoke: say that a key is not to be trusted. receipts: record the key of receipts."
        " list: what the journal knows."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to do, and with which key."""
        actions = parser.add_subparsers(dest="action", required=True)
        for name in ("begin", "create", "add", "receipts", "list"):
            actions.add_parser(name)
        actions.add_parser("retire").add_argument("verifier_key")
        revoke = actions.add_parser("revoke")
        revoke.add_argument("verifier_key")
        revoke.add_argument("--reason", required=True)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do it and say which keys there are now; refusals change nothing."""
        try:
            self._act(options)
        except Refused as refusal:
            raise CommandError(f"{refusal.code}: {refusal}") from refusal
        except NoteError as error:
            raise CommandError(f"{error.code}: {error}") from error
        state = current()
        for word, known in (
            ("signs", state.current_keys),
            ("retired", state.retired_keys),
            ("revoked", state.revoked_keys),
            ("receipts", state.receipt_keys),
        ):
            for key in sorted(known):
                self.stdout.write(f"{word}: {key}")

    def _act(self, options: dict[str, Any]) -> None:
        directory, origin = configured.signer_directory(), configured.origin()
        match options["action"]:
            case "begin":
                if not current().current_keys and not keys.load(directory, origin):
                    keys.create(directory, origin)
                keys.announce_receipt_key(configured.receipt_key().verifier_key)
            case "create":
                keys.create(directory, origin)
            case "add":
                keys.add(directory, origin)
            case "retire":
                keys.retire(directory, _key(options))
            case "revoke":
                keys.revoke(directory, _key(options), reason=options["reason"])
            case "receipts":
                keys.announce_receipt_key(configured.receipt_key().verifier_key)
            case _:
                pass  # `list` changes nothing


def _key(options: dict[str, Any]) -> VerifierKey:
    return parse_verifier_key(options["verifier_key"])
