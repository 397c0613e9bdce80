"""What waits to be done, and the reads that wait to be recorded."""

from django.db import models

from audits.models.journal import EventRow


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
    reached = models.JSONField(null=True)
    """How far long work is, or was when it broke off."""
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
    writer_id = models.UUIDField(null=True)
    """The thread that noted it; null before threads counted."""
    writer_number = models.BigIntegerField(null=True)
    """From 1 without gaps among what that thread noted."""
    signature = models.TextField(db_default="")
    """Of the web's key of receipts (`audits.access.text_of`); empty where nobody signed."""

    class Meta:
        db_table = "audits_access"
        constraints = [
            models.UniqueConstraint(
                fields=["writer_id", "writer_number"], name="audits_access_writer"
            )
        ]
        indexes = [
            models.Index(
                fields=["id"], name="audits_access_waiting", condition=models.Q(event=None)
            ),
            models.Index(fields=["correlation_id", "id"], name="audits_access_deal"),
            models.Index(fields=["person_id", "id"], name="audits_access_person"),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.path}"
