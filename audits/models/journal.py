"""Events, their places in the log, the tree over it and its checkpoints.

Event rows are written by `audits.store` alone, the tree and its checkpoints by `audits.sealing`; the
triggers of migrations 0002 and 0003 guard them, and nothing here changes them.
"""

from django.db import models


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
    latest_at = models.DateTimeField()
    """When the latest of the events up to here was recorded; the database derives it."""

    class Meta:
        db_table = "audits_log"
        indexes = [models.Index(fields=["latest_at", "log_index"], name="audits_log_latest")]

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
