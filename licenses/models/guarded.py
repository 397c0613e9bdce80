"""Guarded rows: money, volume, serial numbers, reports that counted.

They are moved by database triggers alone (migration 0002): an application role inserts transfers,
entries and serials, and cannot touch a counter.
"""

from django.db import models

from audits.models import EventRow


class LedgerAccount(models.Model):
    """One account of the double-entry ledger; counters in minor units, moved by the trigger."""

    name = models.TextField(primary_key=True)
    """Kind, owner and currency, such as `escrow/<license id>/USD`."""
    kind = models.TextField()
    currency = models.CharField(max_length=3)
    debits_pending = models.BigIntegerField(default=0)
    debits_posted = models.BigIntegerField(default=0)
    credits_pending = models.BigIntegerField(default=0)
    credits_posted = models.BigIntegerField(default=0)

    class Meta:
        db_table = "licenses_ledger_account"

    def __str__(self) -> str:
        return self.name


class LedgerTransfer(models.Model):
    """One debit and one credit of the same positive amount, because of one event. INSERT only."""

    id = models.UUIDField(primary_key=True)
    kind = models.TextField()
    """posted | pending | post | void"""
    debit = models.ForeignKey(
        LedgerAccount, on_delete=models.PROTECT, related_name="debits", db_constraint=False
    )
    credit = models.ForeignKey(
        LedgerAccount, on_delete=models.PROTECT, related_name="credits", db_constraint=False
    )
    amount_cents = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    pending = models.ForeignKey("self", on_delete=models.PROTECT, null=True)
    event = models.ForeignKey(EventRow, on_delete=models.PROTECT)
    code = models.TextField()
    subject_id = models.UUIDField(db_index=True)
    """The shipment that the money is about, or the license."""
    business_key = models.TextField(unique=True)

    class Meta:
        db_table = "licenses_ledger_transfer"
        constraints = [
            models.CheckConstraint(
                name="licenses_transfer_positive", condition=models.Q(amount_cents__gt=0)
            ),
            models.CheckConstraint(
                name="licenses_transfer_kind",
                condition=models.Q(kind__in=["posted", "pending", "post", "void"]),
            ),
            models.CheckConstraint(
                name="licenses_transfer_two_accounts",
                condition=~models.Q(debit=models.F("credit")),
            ),
            models.UniqueConstraint(fields=["pending"], name="licenses_transfer_resolved_once"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.amount_cents} {self.currency}"


class VolumeColumns(models.Model):
    """The counters of `allotment.values.Counters`, in units and in TPP, and the cap that governs."""

    metric = models.TextField()
    ratio_numerator = models.BigIntegerField()
    ratio_denominator = models.BigIntegerField()
    units_us_reported = models.BigIntegerField(default=0)
    units_us_reversed = models.BigIntegerField(default=0)
    units_us_counting = models.BigIntegerField(default=0)
    units_shortfall = models.BigIntegerField(default=0)
    units_pending = models.BigIntegerField(default=0)
    units_posted = models.BigIntegerField(default=0)
    tpp_us_reported = models.BigIntegerField(default=0)
    tpp_us_reversed = models.BigIntegerField(default=0)
    tpp_us_counting = models.BigIntegerField(default=0)
    tpp_shortfall = models.BigIntegerField(default=0)
    tpp_pending = models.BigIntegerField(default=0)
    tpp_posted = models.BigIntegerField(default=0)

    class Meta:
        abstract = True


class AllotmentCounter(VolumeColumns):
    """How much of a product may still go to the capped countries; moved by the trigger.

    `id` is the allotment's stream; the cap binds in its metric.
    """

    id = models.UUIDField(primary_key=True)

    class Meta:
        db_table = "licenses_allotment_counter"

    def __str__(self) -> str:
        return f"{self.id} ({self.metric})"


class AllotmentEntry(VolumeColumns):
    """One movement of an allotment's counters, because of one event. INSERT only."""

    event = models.OneToOneField(EventRow, on_delete=models.PROTECT, primary_key=True)
    allotment_id = models.UUIDField(db_index=True)

    class Meta:
        db_table = "licenses_allotment_entry"

    def __str__(self) -> str:
        return f"{self.allotment_id}: {self.event_id}"


class CountedSale(models.Model):
    """A US sale that counts in an allotment; in no other, whatever window an edition counts in.

    Written by the database with the entry that it moves; nobody else inserts.
    """

    event = models.OneToOneField(EventRow, on_delete=models.PROTECT, primary_key=True)
    allotment_id = models.UUIDField(db_index=True)
    exporter_id = models.UUIDField()
    product_id = models.UUIDField()
    evidence_sha256 = models.CharField(max_length=64)
    sale_reference = models.TextField()

    class Meta:
        db_table = "licenses_counted_sale"
        constraints = [
            models.UniqueConstraint(
                fields=["product_id", "evidence_sha256"], name="licenses_sale_evidence"
            ),
            models.UniqueConstraint(
                fields=["exporter_id", "product_id", "sale_reference"],
                name="licenses_sale_reference",
            ),
        ]

    def __str__(self) -> str:
        return self.sale_reference


class ShippedSerial(models.Model):
    """A serial number that has left; each leaves once, ever. INSERT only."""

    serial = models.TextField(primary_key=True)
    shipment_id = models.UUIDField(db_index=True)
    event = models.ForeignKey(EventRow, on_delete=models.PROTECT)

    class Meta:
        db_table = "licenses_shipped_serial"

    def __str__(self) -> str:
        return self.serial


class AcceptedReport(models.Model):
    """A report that counted once: neither it nor its number ever counts again. INSERT only."""

    report_sha256 = models.CharField(max_length=64, primary_key=True)
    laboratory_id = models.UUIDField()
    report_number = models.TextField()
    shipment_id = models.UUIDField()
    event = models.ForeignKey(EventRow, on_delete=models.PROTECT)

    class Meta:
        db_table = "licenses_accepted_report"
        constraints = [
            models.UniqueConstraint(
                fields=["laboratory_id", "report_number"], name="licenses_report_number"
            )
        ]

    def __str__(self) -> str:
        return self.report_number
