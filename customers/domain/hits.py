"""Screening hits: what a list and a party have in common, and what persons make of it. Pure."""

from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

import msgspec

from audits import personal
from audits.kernel import Value
from customers.domain.values import LongText, Sha256

PerMille = Annotated[int, msgspec.Meta(ge=0, le=1000)]
MAX_PRINTED: Final = 200
MAX_PRINTED_SEALED: Final = 100
"""Sealing makes texts longer; twenty characters tell a name from another."""
Name = Annotated[str, msgspec.Meta(max_length=MAX_PRINTED)]
"""A name as a list prints it, cut off there: some are whole paragraphs."""

CopiedName = Annotated[str, personal.copied(MAX_PRINTED)]
"""A name of the party, or what resembles it: as sealed as the name is in the party."""

MAX_HITS: Final = 15
"""Hits of one screening, so that they fit into one event; the last may stand for many."""


class Subject(StrEnum):
    """Whose name was screened."""

    PARTY = "party"
    ULTIMATE_PARENT = "ultimate_parent"
    OWNER = "owner"


class ScreenedName(Value):
    """A name that was screened, and whose it is."""

    subject: Subject
    subject_name: CopiedName
    """The subject's main name: tells two owners apart."""
    name: CopiedName
    """The name compared: the main name, an alias or the native name."""


class ListMatch(Value, tag_field="kind", tag="list_match"):
    """The name resembles an alias of an entry of the list."""

    entry_id: Annotated[str, msgspec.Meta(max_length=200)]
    entry_hash: Sha256
    """The version of the entry; a release is good for this version only."""
    source: Name
    entry_name: CopiedName
    alias: CopiedName
    """The one alias that matched."""
    score_per_mille: PerMille


class NativeNameOnly(Value, tag_field="kind", tag="native_name_only"):
    """There is no Latin name to compare: the list cannot clear the subject, a person must."""


class NameErased(Value, tag_field="kind", tag="name_erased"):
    """The name was erased: nobody can compare it, and nobody is cleared without it."""


class NameTooCommon(Value, tag_field="kind", tag="name_too_common"):
    """More entries resemble the party than one screening names: a person compares the rest."""

    entries: Annotated[int, msgspec.Meta(ge=1)]
    """How many are not named."""
    entries_sha256: Sha256
    """Fingerprint of what the hits on them would be: a release is good for exactly these."""


class Hit(Value):
    """Blocks an approval until a person has adjudicated it and a second one has released it."""

    hit_id: UUID
    """The same for the same party version, subject and entry version, whatever the list."""
    screened: ScreenedName
    cause: ListMatch | NativeNameOnly | NameErased | NameTooCommon


class Disposition(StrEnum):
    """What a person finds a hit to be."""

    FALSE_POSITIVE = "false_positive"
    TRUE_MATCH = "true_match"


class Adjudication(Value):
    """A person's finding on a hit, and the second person's release of it."""

    hit_id: UUID
    disposition: Disposition
    reason: LongText
    by: UUID
    released_by: UUID | None = None
