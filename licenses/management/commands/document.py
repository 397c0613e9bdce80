"""Write the documents that are generated from the code, or check that they are current."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audits.outlines import SchemaChangedError
from licenses.management.documents import DOCUMENTS, folder


class Command(BaseCommand):
    """Needs no database."""

    help = "Write docs/states.md, docs/commands.md and docs/events.json from the code; --check only compares."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take `--check`."""
        parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if stale")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write, or compare and name what is stale."""
        stale = []
        for name, write in DOCUMENTS.items():
            try:
                content, file = write(), folder() / name
            except SchemaChangedError as error:
                raise CommandError(f"{error}: give it a new schema version") from error
            if file.exists() and file.read_text(encoding="utf-8") == content:
                continue
            stale.append(name)
            if not options["check"]:
                file.write_text(content, encoding="utf-8")
                self.stdout.write(f"wrote docs/{name}")
        if stale and options["check"]:
            raise CommandError(f"stale: {', '.join(stale)}; run ./tollgate manage document")
