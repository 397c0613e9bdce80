"""Read models: what all of them share, those of findings and halts, and what events refer to."""

from django.db import models


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


class ReferenceRow(models.Model):
    """An event of the log refers to something outside its stream; leads from that to the event."""

    pk = models.CompositePrimaryKey("named", "log_index")
    named = models.UUIDField()
    """An event or a stream (`audits.lineage.sources.references_of`)."""
    log_index = models.BigIntegerField()

    class Meta:
        db_table = "audits_reference"

    def __str__(self) -> str:
        return f"{self.named} {self.log_index}"
