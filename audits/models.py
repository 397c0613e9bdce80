"""Tables of the journal: events, log index, the tree over it, work items, findings; the people who act.

Event rows are written by `audits.store` alone, the tree and its checkpoints by `audits.sealing`; the
triggers of migrations 0002 and 0003 guard them, and nothing here changes them.
"""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib.auth import hashers
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Now

from audits.kernel import Actor, Role


class Organization(models.Model):
    """A body that acts: an exporter, an agency, a laboratory, a bank, the Treasury, auditors."""

    id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=200, unique=True)
    role = models.CharField(max_length=20, choices=[(role.value, role.name) for role in Role])
    agency = models.CharField(max_length=20, blank=True)

    def __str__(self) -> str:
        return self.name


class PersonManager(BaseUserManager["Person"]):
    """Makes people; ids are arguments."""

    def create_person(
        self, *, person_id: UUID, username: str, organization: Organization, password: str | None
    ) -> "Person":
        """Create one natural person (or, without a password, a process that cannot log in)."""
        person = self.model(id=person_id, username=username, organization=organization)
        person.set_password(password)
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser):
    """A natural person with a login. A person acts for exactly one organization."""

    id = models.UUIDField(primary_key=True)
    username = models.CharField(max_length=150, unique=True)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="people")
    is_active = models.BooleanField(default=True)

    objects: ClassVar[PersonManager] = PersonManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.username

    def check_password(self, raw_password: str | None) -> bool:
        """Compare and change nothing: no application role may write a password, not even anew."""
        return hashers.check_password(raw_password, self.password)

    def actor(self) -> Actor:
        """Say who acts: this person for this organization."""
        return Actor(
            person_id=self.id,
            organization_id=self.organization_id,
            role=Role(self.organization.role),
            agency=self.organization.agency or None,
        )

    def has_perms(self, *_args: Any, **_kwargs: Any) -> bool:
        """Refuse Django's own permissions: rights come from `permissions.py` alone."""
        return False


class EventRow(models.Model):
    """One event: its canonical bytes and columns that the database derives from them."""

    event_id = models.UUIDField(primary_key=True)
    stream_id = models.UUIDField()
    version = models.IntegerField()
    aggregate = models.TextField()
    type = models.TextField()
    schema_version = models.SmallIntegerField()
    canonical = models.BinaryField()
    leaf_hash = models.BinaryField()
    command_id = models.UUIDField()
    ordinal = models.SmallIntegerField()
    correlation_id = models.UUIDField()
    causation_id = models.UUIDField(null=True)
    person_id = models.UUIDField()
    organization_id = models.UUIDField()
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "audits_event"
        constraints = [
            models.UniqueConstraint(fields=["stream_id", "version"], name="audits_event_version"),
            models.UniqueConstraint(fields=["command_id", "ordinal"], name="audits_event_command"),
        ]
        indexes = [models.Index(fields=["correlation_id"], name="audits_event_correlation")]

    def __str__(self) -> str:
        return f"{self.type} {self.stream_id}@{self.version}"


class LogEntry(models.Model):
    """The global, dense order: log index 0, 1, 2 … given to committed events by the sequencer."""

    log_index = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(
        EventRow, on_delete=models.PROTECT, db_column="event_id", related_name="log_entry"
    )

    class Meta:
        db_table = "audits_log"

    def __str__(self) -> str:
        return str(self.log_index)


class Tile(models.Model):
    """256 neighboring hashes of the tree, as C2SP tlog-tiles cuts it; full tiles only.

    Level 0 holds leaf hashes; level n holds the roots of the tiles of level n - 1.
    """

    pk = models.CompositePrimaryKey("level", "position")
    level = models.SmallIntegerField()
    position = models.BigIntegerField()
    hashes = models.BinaryField()
    root = models.BinaryField()

    class Meta:
        db_table = "audits_tile"

    def __str__(self) -> str:
        return f"{self.level}/{self.position}"


class FrontierRow(models.Model):
    """How far the tree has grown: one row, whose lock makes sealers take turns."""

    id = models.SmallIntegerField(primary_key=True)
    size = models.BigIntegerField()
    hashes = models.BinaryField()

    class Meta:
        db_table = "audits_frontier"

    def __str__(self) -> str:
        return str(self.size)


class CheckpointRow(models.Model):
    """A signed checkpoint, as it was published."""

    number = models.BigIntegerField(primary_key=True)
    size = models.BigIntegerField()
    root = models.BinaryField()
    note = models.BinaryField()
    signed_at = models.DateTimeField()

    class Meta:
        db_table = "audits_checkpoint"
        constraints = [
            models.UniqueConstraint(fields=["size", "signed_at"], name="audits_checkpoint_moment")
        ]

    def __str__(self) -> str:
        return f"{self.number}: size {self.size}"


class CosignatureRow(models.Model):
    """A witness's signature on a checkpoint: one line of a note."""

    pk = models.CompositePrimaryKey("checkpoint_id", "witness")
    checkpoint = models.ForeignKey(
        CheckpointRow, on_delete=models.PROTECT, related_name="cosignatures"
    )
    witness = models.TextField()
    line = models.TextField()
    signed_at = models.DateTimeField()

    class Meta:
        db_table = "audits_cosignature"

    def __str__(self) -> str:
        return f"{self.witness} on {self.checkpoint_id}"


class SubjectKey(models.Model):
    """The key of one natural person within one thing; without it, all that it sealed is gone.

    Written by `audits.vault`; triggers let a row be neither deleted nor changed. Only the event of an
    erasure takes the key away, inside the database; only that of a rewrapping lets it be wrapped anew.
    """

    subject_id = models.UUIDField(primary_key=True)
    organization_id = models.UUIDField()
    """Whose record names the person."""
    holder_id = models.UUIDField()
    """The thing in which the person is named: a customer, a shipment, a login."""
    wrapped_key = models.BinaryField(null=True)
    name_mark = models.BinaryField(null=True)
    """The person's name, sealed: a repeat finds the same subject by it, and lists can name it."""
    key_sha256 = models.BinaryField()
    """Fingerprint of the key, unwrapped: what the event of its destruction names."""
    wrapped_by = models.TextField(null=True)
    """Id of the key from the environment (`audits.vault.wrapping`); null: from before it was noted."""
    created_at = models.DateTimeField(db_default=Now())
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "audits_subject_key"
        constraints = [
            models.CheckConstraint(
                name="audits_subject_key_whole",
                condition=models.Q(
                    destroyed_at__isnull=True, wrapped_key__isnull=False, name_mark__isnull=False
                )
                | models.Q(
                    destroyed_at__isnull=False, wrapped_key__isnull=True, name_mark__isnull=True
                ),
            )
        ]
        indexes = [
            models.Index(fields=["holder_id", "organization_id"], name="audits_subject_key_holder")
        ]

    def __str__(self) -> str:
        return str(self.subject_id)


class WorkItem(models.Model):
    """Something that must happen because of an event. Its row is the promise; messages are hints."""

    class Status(models.TextChoices):
        """Ready to be leased, leased by a worker, done, or dead until a person re-drives it."""

        READY = "ready"
        LEASED = "leased"
        DONE = "done"
        DEAD = "dead"

    id = models.UUIDField(primary_key=True)
    kind = models.TextField()
    subject_id = models.UUIDField()
    event_id = models.UUIDField(null=True)
    dedupe_key = models.TextField(unique=True)
    due_at = models.DateTimeField()
    status = models.TextField(choices=Status.choices, default=Status.READY)
    attempts = models.IntegerField(default=0)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    last_error = models.TextField(default="", blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "audits_work_item"
        constraints = [
            models.CheckConstraint(
                name="audits_work_item_lease",
                condition=models.Q(
                    status="leased", lease_token__isnull=False, lease_until__isnull=False
                )
                | ~models.Q(status="leased"),
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="audits_work_item_due",
                condition=models.Q(status__in=["ready", "leased"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id} ({self.status})"


class ReadModel(models.Model):
    """What every list page shows of a thing; written by projectors alone."""

    id = models.UUIDField(primary_key=True)
    version = models.IntegerField()
    correlation_id = models.UUIDField()
    status = models.TextField()
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        abstract = True
        # One for each way in which every list may be ordered or narrowed, ready for keyset pages.
        indexes = [
            models.Index(fields=["created_at", "id"], name="%(class)s_created"),
            models.Index(fields=["changed_at", "id"], name="%(class)s_changed"),
            models.Index(fields=["status", "created_at", "id"], name="%(class)s_status"),
            models.Index(fields=["correlation_id"], name="%(class)s_deal"),
        ]

    def __str__(self) -> str:
        return f"{type(self).__name__} {self.id} ({self.status})"


class AccessRow(models.Model):
    """Somebody was shown something; in the journal once it has an event."""

    id = models.BigAutoField(primary_key=True)
    person_id = models.UUIDField()
    organization_id = models.UUIDField()
    role = models.TextField()
    path = models.TextField()
    filters = models.TextField(db_default="")
    """What of the query may be kept (`audits.api.asked`)."""
    subject_id = models.UUIDField(null=True)
    at = models.DateTimeField()
    correlation_id = models.UUIDField(null=True)
    """Of the subject, looked up when it was recorded."""
    event = models.ForeignKey(EventRow, on_delete=models.PROTECT, null=True, db_index=False)

    class Meta:
        db_table = "audits_access"
        indexes = [
            models.Index(
                fields=["id"], name="audits_access_waiting", condition=models.Q(event=None)
            ),
            models.Index(fields=["correlation_id", "id"], name="audits_access_deal"),
            models.Index(fields=["person_id", "id"], name="audits_access_person"),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.path}"


class FindingRow(ReadModel):
    """What audits found, for lists."""

    audit = models.TextField()
    kind = models.TextField()
    subject = models.TextField()
    halts = models.TextField(null=True)
    assignee_id = models.UUIDField(null=True)

    class Meta(ReadModel.Meta):
        db_table = "audits_finding"
        indexes = [
            *ReadModel.Meta.indexes,
            models.Index(fields=["audit", "status"], name="%(class)s_audit"),
        ]


class HaltRow(ReadModel):
    """Which writes are halted, or were."""

    kind = models.TextField()

    class Meta(ReadModel.Meta):
        db_table = "audits_halt"
