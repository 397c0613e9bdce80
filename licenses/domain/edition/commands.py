"""What may be asked of a policy edition. The fields are the bodies of the API."""

from typing import Annotated

from msgspec import Meta

from audits.kernel import Command
from customers.domain.values import LongText, Sha256
from licenses.domain.policy.parsing import EDITION_CHARACTERS_AT_MOST


class PublishEdition(Command):
    """Lay an edition before the other officers; its stream follows from its name."""

    toml: Annotated[str, Meta(min_length=1, max_length=EDITION_CHARACTERS_AT_MOST)]


class ApproveEdition(Command):
    """Stand behind an edition as a second officer."""

    sha256: Sha256
    """Of the text that the officer read; another text is not approved."""


class WithdrawEdition(Command):
    """Take an edition back before it takes effect."""

    reason: LongText


class EnforceEdition(Command):
    """Let an approved edition take effect; the system's, when it is due."""
