"""Tables of the licenses app: guarded rows (money, volume, serials) and read models.

Guarded rows are moved by database triggers alone (migration 0002): an application role inserts
transfers, entries and serials, and cannot touch a counter. Read models are written by projectors.
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from audits.models import EventRow, ReadModel
from customers.models import OWN


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


class ProductRow(ReadModel):
    """Accelerators as registered."""

    maker = models.TextField()
    model = models.TextField()
    generation = models.TextField()
    eccn = models.TextField()
    tpp = models.BigIntegerField()
    dram_bandwidth_gb_per_s = models.BigIntegerField()

    class Meta(ReadModel.Meta):
        db_table = "licenses_product"


class EditionRow(ReadModel):
    """Policy editions; which one rules is computed from the approved ones."""

    name = models.TextField(unique=True)
    sha256 = models.CharField(max_length=64)
    effective_from = models.DateTimeField(null=True)
    approved_at = models.DateTimeField(null=True)

    class Meta(ReadModel.Meta):
        db_table = "licenses_edition"


class ApplicationRow(ReadModel):
    """Applications, for queues and lists."""

    exporter_id = models.UUIDField()
    control_number = models.CharField(max_length=7, null=True, unique=True)
    fingerprint = models.CharField(max_length=64, null=True)
    destination_country = models.CharField(max_length=2, null=True)
    total_cents = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, null=True)

    class Meta(ReadModel.Meta):
        db_table = "licenses_application"
        indexes = [*ReadModel.Meta.indexes, OWN]
        constraints = [
            models.UniqueConstraint(
                fields=["fingerprint"],
                name="licenses_application_deal",
                condition=models.Q(status__in=["submitted", "proposed"]),
            )
        ]


class LicenseRow(ReadModel):
    """Licenses, for lists and for whoever has to act on many of them."""

    exporter_id = models.UUIDField()
    application_id = models.UUIDField(unique=True)
    license_number = models.CharField(max_length=8, unique=True)
    product_ids = ArrayField(models.UUIDField())
    destination_country = models.CharField(max_length=2)
    total_cents = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    expires_at = models.DateTimeField()

    class Meta(ReadModel.Meta):
        db_table = "licenses_license"
        indexes = [
            *ReadModel.Meta.indexes,
            OWN,
            GinIndex(fields=["product_ids"], name="licenses_license_products"),
            models.Index(fields=["expires_at", "id"], name="%(class)s_expiry"),
        ]


class AllotmentRow(ReadModel):
    """Volume accounts, for lists; the counters themselves are AllotmentCounter."""

    exporter_id = models.UUIDField()
    product_id = models.UUIDField()
    window = models.TextField()

    class Meta(ReadModel.Meta):
        db_table = "licenses_allotment"
        indexes = [*ReadModel.Meta.indexes, OWN]


class EscrowRow(ReadModel):
    """Escrow accounts, for lists."""

    exporter_id = models.UUIDField()
    license_id = models.UUIDField(unique=True)
    payment_reference = models.TextField(unique=True)
    price_cents = models.BigIntegerField()
    held_cents = models.BigIntegerField()
    missing_cents = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    class Meta(ReadModel.Meta):
        db_table = "licenses_escrow"
        indexes = [*ReadModel.Meta.indexes, OWN]


class LaboratoryRow(ReadModel):
    """Laboratories, by the organization whose people act for them."""

    organization_id = models.UUIDField(unique=True)
    name = models.TextField()
    key_id = models.TextField(null=True)

    class Meta(ReadModel.Meta):
        db_table = "licenses_laboratory"


class LabTestRow(ReadModel):
    """Tests of lots, by exporter, shipment and laboratory."""

    exporter_id = models.UUIDField()
    shipment_id = models.UUIDField(unique=True)
    license_id = models.UUIDField(db_index=True)
    laboratory_id = models.UUIDField(null=True, db_index=True)
    certificate_number = models.TextField(null=True)

    class Meta(ReadModel.Meta):
        db_table = "licenses_lab_test"
        indexes = [*ReadModel.Meta.indexes, OWN]


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


class ShipmentRow(ReadModel):
    """Shipments, with the lot's serial numbers and the number of the export filing."""

    exporter_id = models.UUIDField()
    license_id = models.UUIDField(db_index=True)
    product_id = models.UUIDField()
    line = models.IntegerField()
    quantity = models.IntegerField()
    serials = ArrayField(models.TextField())
    itn = models.TextField(null=True, unique=True)
    clearance_holds = models.BooleanField(null=True)

    class Meta(ReadModel.Meta):
        db_table = "licenses_shipment"
        indexes = [
            *ReadModel.Meta.indexes,
            OWN,
            GinIndex(fields=["serials"], name="licenses_shipment_serials"),
        ]


class RemittanceRow(ReadModel):
    """Remittances, with the reference under which the treasury received them."""

    exporter_id = models.UUIDField()
    license_id = models.UUIDField(db_index=True)
    shipment_id = models.UUIDField(unique=True)
    amount_cents = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reference = models.TextField(null=True, unique=True)

    class Meta(ReadModel.Meta):
        db_table = "licenses_remittance"
        indexes = [*ReadModel.Meta.indexes, OWN]
