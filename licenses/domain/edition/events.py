"""What happens to a policy edition. Times are UTC; `by` is a natural person."""

from typing import Literal
from uuid import UUID

from audits.kernel import Event
from customers.domain.values import LongText, Sha256
from licenses.domain.policy.model import EditionName, Moment, Name


class EditionPublished(Event):
    """An officer published an edition; the text is the edition."""

    name: EditionName
    title: Name
    family: Literal["brief", "rule"]
    toml: str
    sha256: Sha256
    """Of the text in UTF-8."""
    effective_from: Moment
    """As the text asks."""
    by: UUID


class EditionApproved(Event):
    """A second officer approved exactly this text."""

    name: EditionName
    sha256: Sha256
    effective_from: Moment
    """As the text asks, but never before the approval."""
    approved_at: Moment
    published_by: UUID
    by: UUID


class EditionWithdrawn(Event):
    """The edition was taken back before it took effect; its name stays taken."""

    name: EditionName
    reason: LongText
    by: UUID


class EditionTookEffect(Event):
    """From `effective_from` on the edition rules, unless a later one does."""

    name: EditionName
    sha256: Sha256
    effective_from: Moment
    approved_at: Moment


EditionEvent = EditionPublished | EditionApproved | EditionWithdrawn | EditionTookEffect
