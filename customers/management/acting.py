"""Commands from the command line, in the name of people who are enrolled: the rules are the API's."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from django.core.management.base import CommandError

from audits import context as minting
from audits import execution
from audits.kernel import Command, Context, NotPermitted, Refused, Role
from audits.models import Person
from audits.reading import Receipt


def carried_out(
    kind: type[Command], given: Mapping[str, Any], target: UUID, username: str
) -> list[str]:
    """Carry a command out as this person; give a line for each event. CommandError: it was refused.

    given: the command's fields, as they were typed; what the API would not take is refused here, too.
    """
    try:
        command = msgspec.convert(given, kind)
        receipt: Receipt = execution.execute(command, target, _context(username))
    except msgspec.ValidationError as error:
        raise CommandError(f"request_invalid: {error}") from error
    except (Refused, NotPermitted) as refusal:
        raise CommandError(f"{refusal.code}: {refusal}") from refusal
    except execution.NotFound:
        raise CommandError("not_found: nobody began this") from None
    return [f"{event.type}: event {event.event_id}" for event in receipt.events]


def _context(username: str) -> Context:
    person = Person.objects.select_related("organization").filter(username=username).first()
    if person is None or not person.is_active or person.actor().role is Role.SYSTEM:
        raise CommandError(f"there is no person {username} who could decide this")
    return Context(actor=person.actor(), now=minting.database_now(), command_id=minting.new_id())
