"""What the journal itself records: who was enrolled, refusals, dead work, and how it was sealed."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec

from audits import personal
from audits.kernel import Event, Role, Value

BODY_BYTES_AT_MOST: Final = 60 * 1024
"""Of a refused command, as written inside an event: the journal takes 64 KiB for a whole one."""

LoginName = Annotated[str, personal.line(150, personal.When.ALWAYS, "A login; kept sealed.")]

FreeText = Annotated[str, msgspec.Meta(description=personal.FREE_TEXT)]


class CommandRefused(Event):
    """A command was refused; the record answers a repeat of it with the same words."""

    target_id: UUID
    status: int
    """HTTP status: 409 refused, 403 not permitted."""
    code: str
    detail: str
    citation: str | None = None
    extra_json: str = "{}"
    """Further members of the problem document, as JSON text."""


class RefusedCommandKept(Event):
    """What a refused command asked is kept, so that its refusal can be decided again.

    One event, or as many in a row as its length takes.
    """

    body_json: Annotated[str, personal.copied(BODY_BYTES_AT_MOST)] | None
    """Its body as it was hashed, personal texts sealed; the next piece of it. None: it was too long
    for a version that kept no pieces."""
    raced: bool
    """Whether a constraint refused it because somebody else was faster: no decision did."""


class WorkItemDied(Event):
    """A work item failed too often; it waits for a person."""

    work_item_id: UUID
    kind: str
    subject_id: UUID
    attempts: int
    last_error: str


class WorkItemRedriven(Event):
    """A person sent a dead work item on its way again."""

    work_item_id: UUID
    kind: str
    reason: FreeText


class AuditRan(Event):
    """A scheduled audit came to its end; what it found is in its findings."""

    audit: str
    slot_from: datetime
    slot_until: datetime
    """It was due once in this time, half-open."""
    looked_at: datetime
    """As of when it looked."""
    log_index: int
    """It judged at least everything up to here; -1: the log was empty."""
    found: int
    """How many differences there were, those included that had been found before."""
    saw_all: bool
    """False: there were too many to look on, or a check could not go on."""


class OrganizationEnrolled(Event):
    """The operator enrolled an organization."""

    name: str
    role: Role
    agency: str | None = None


class PersonEnrolled(Event):
    """The operator enrolled a natural person, who acts for one organization."""

    username: LoginName
    organization_id: UUID


class CheckpointKeyAdded(Event):
    """From here on this key signs checkpoints."""

    verifier_key: str
    """C2SP signed-note form: `<name>+<8 hex digits>+<base64>`."""


class CheckpointKeyRetired(Event):
    """The key signs no further checkpoints; what it signed before stays good."""

    verifier_key: str


class CheckpointKeyRevoked(Event):
    """The key is not to be trusted any more, for the reason given."""

    verifier_key: str
    reason: FreeText


class ReceiptKeyAdded(Event):
    """From here on this key signs the receipts of commands."""

    verifier_key: str


class PersonalKeysRewrapped(Event):
    """Keys of natural persons were wrapped by another key from the environment than before."""

    wrapped_by: str
    """Id of that key, 16 hexadecimal digits."""
    keys: int


class SealingHalted(Event):
    """What was to be sealed contradicts what was sealed before; nothing was signed."""

    code: str
    detail: str


class CatalogDigest(Value):
    """One part of the database's catalog: what it held, and in which transactions it got that way."""

    part: str
    """Such as `triggers`."""
    digest: str
    """SHA-256 over its rows, lower-case hex."""
    touched: str
    """SHA-256 over the transactions that wrote the rows: changes even if all is as it was."""


class SchemaFingerprinted(Event):
    """The guards of the database are others than before, or were touched and put back."""

    fingerprint: str
    """SHA-256 over all parts, lower-case hex."""
    parts: tuple[CatalogDigest, ...]
    changed: tuple[str, ...]
    """The parts that differ from the last time; all of them the first time."""
    not_in_force: tuple[str, ...]
    """Guards that must be there and are not, as `trigger on table: how it was found`."""


class CodeDeployed(Event):
    """A process began to run with this code."""

    process: str
    package_sha256: str
    """SHA-256 over paths and contents of the program's files, lower-case hex."""
    version: str


class Access(Value):
    """Somebody was shown something."""

    access_id: int
    """Number of the row that was written before the answer was sent."""
    person_id: UUID
    organization_id: UUID
    role: Role
    path: str
    """Without the query; cut at 300 bytes."""
    filters: str = ""
    """What of the query is nobody's name, such as `limit=5&name=*`; 200 bytes at most."""
    subject_id: UUID | None
    """The thing or event that the address names."""
    correlation_id: UUID | None
    """The deal that it belongs to."""
    at: datetime
    writer_id: UUID | None = None
    """The thread that noted it."""
    writer_number: int | None = None
    """Its number among what that thread noted: from 1 without gaps."""
    signature: str = ""
    """Of the web's key of receipts, over `audits.access.text_of`: key id and Ed25519 signature, base64."""


class AccessesRecorded(Event):
    """Reads of a while, in the order of their numbers."""

    accesses: tuple[Access, ...]
