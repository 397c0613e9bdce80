"""Tables of the customers app: the contents of the screening lists.

A list's rows are written once, by `customers.lists`, in one transaction; triggers refuse every
change after that.
"""

from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from audits.models import ReadModel


class ListSnapshot(models.Model):
    """One screening list as it was fetched: which bytes, from where, how much was in them."""

    sha256 = models.CharField(max_length=64, unique=True)
    """Of the CSV file, unpacked."""
    source = models.TextField()
    fetched_at = models.DateTimeField()
    imported_at = models.DateTimeField(db_default=Now())
    rows = models.PositiveIntegerField()
    """Entries and bad rows together."""
    entries = models.PositiveIntegerField()
    names = models.PositiveIntegerField()
    bad_rows = models.JSONField()
    """[{"line": …, "reason": …, "detail": …}, …]"""

    class Meta:
        db_table = "customers_list_snapshot"

    def __str__(self) -> str:
        return f"{self.sha256[:12]} ({self.entries} entries)"


class ListEntry(models.Model):
    """One entry of a list: somebody listed."""

    snapshot = models.ForeignKey(ListSnapshot, on_delete=models.PROTECT, related_name="contents")
    line = models.PositiveIntegerField()
    """Line of the file on which the entry begins."""
    entry_id = models.TextField()
    """The publisher's; several entries may share one."""
    entry_hash = models.CharField(max_length=64)
    """The entry's version, whatever the list."""
    source = models.TextField()
    kind = models.TextField()
    programs = models.JSONField()
    name = models.TextField()
    raw = models.JSONField()
    """Every column as published."""

    class Meta:
        db_table = "customers_list_entry"
        constraints = [
            models.UniqueConstraint(fields=["snapshot", "line"], name="customers_entry_line")
        ]
        indexes = [models.Index(fields=["entry_hash"], name="customers_entry_hash")]

    def __str__(self) -> str:
        return self.name


class ListName(models.Model):
    """One name of an entry: the name it is listed under or an alias, in the order published."""

    entry = models.ForeignKey(ListEntry, on_delete=models.PROTECT, related_name="aliases")
    name = models.TextField()
    normalized = models.TextField()
    """As `screening.normalizing.normalize` gives it."""

    class Meta:
        db_table = "customers_list_name"

    def __str__(self) -> str:
        return self.name


OWN: Final = models.Index(fields=["exporter_id", "created_at", "id"], name="%(class)s_own")
"""For an exporter's own rows of a read model, newest first."""


class CustomerRow(ReadModel):
    """Customers, for lists, and for whoever has to screen all of them again."""

    exporter_id = models.UUIDField()
    name = models.TextField()
    native_name = models.TextField(null=True)
    country = models.CharField(max_length=2)
    party_version = models.IntegerField()
    open_hits = models.IntegerField()
    list_sha256 = models.CharField(max_length=64, null=True)
    """The list of the last screening of this version of the party."""
    approved_until = models.DateTimeField(null=True)

    class Meta(ReadModel.Meta):
        db_table = "customers_customer"
        indexes = [*ReadModel.Meta.indexes, OWN]


class LegalHoldRow(ReadModel):
    """Legal holds, by what they keep."""

    target_id = models.UUIDField(unique=True)
    matters = ArrayField(models.TextField())

    class Meta(ReadModel.Meta):
        db_table = "customers_legal_hold"


class ErasureRow(ReadModel):
    """Requests to erase a person's data, for whoever has to decide on them."""

    holder_id = models.UUIDField(db_index=True)

    class Meta(ReadModel.Meta):
        db_table = "customers_erasure"


class ScreeningListRow(ReadModel):
    """The one screening list in use."""

    sha256 = models.CharField(max_length=64)
    fetched_at = models.DateTimeField()
    entries = models.IntegerField()

    class Meta(ReadModel.Meta):
        db_table = "customers_screening_list"
