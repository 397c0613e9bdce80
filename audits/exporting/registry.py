"""What the apps add to a bundle: sums to compare, and texts that stand in events."""

from typing import Final

import msgspec


class Total(msgspec.Struct, frozen=True, kw_only=True):
    """A control total: one member of `data`, added up over all events of a type."""

    name: str
    """For people, with the unit in it."""
    type: str
    """Wire name."""
    field: str
    """An integer, or a decimal string of one, in every event of the type."""
    by: str | None = None
    """The member of `data` whose values are added up apart, such as `currency`."""


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A text that stands in an event beside its SHA-256; a bundle holds it as a file of its own."""

    type: str
    sha256: str
    """The member of `data` that holds the hash, in lower-case hex."""
    text: str | None = None
    """The member that holds the text; None: the event names the hash alone."""
    name: str | None = None
    """The member that names it; made of letters, digits and hyphens."""
    suffix: str = ""


totals: Final[dict[str, Total]] = {}
attachments: Final[dict[str, Attachment]] = {}


def add_total(total: Total) -> None:
    """Let every bundle hold this total; once a name."""
    totals[total.name] = total


def add_attachment(attachment: Attachment) -> None:
    """Let bundles hold what events of this type name; one a type."""
    attachments[attachment.type] = attachment
