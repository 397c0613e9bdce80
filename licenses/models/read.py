"""Read models: what lists show, written by projectors."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from audits.models import ReadModel
from customers.models import OWN


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
    uncovered_cents = models.BigIntegerField(db_default=0)
    owed_cents = models.BigIntegerField(db_default=0)
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
