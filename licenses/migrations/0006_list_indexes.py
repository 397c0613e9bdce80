"""Indexes for whatever a list may be ordered or narrowed by; an exporter's own rows come in order."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("licenses", "0005_counted_sales"),
    ]

    operations = [
        migrations.AlterField(
            model_name="allotmentrow",
            name="exporter_id",
            field=models.UUIDField(),
        ),
        migrations.AlterField(
            model_name="applicationrow",
            name="exporter_id",
            field=models.UUIDField(),
        ),
        migrations.AlterField(
            model_name="escrowrow",
            name="exporter_id",
            field=models.UUIDField(),
        ),
        migrations.AlterField(
            model_name="labtestrow",
            name="exporter_id",
            field=models.UUIDField(),
        ),
        migrations.AlterField(
            model_name="licenserow",
            name="exporter_id",
            field=models.UUIDField(),
        ),
        migrations.AlterField(
            model_name="remittancerow",
            name="exporter_id",
            field=models.UUIDField(),
        ),
        migrations.AlterField(
            model_name="shipmentrow",
            name="exporter_id",
            field=models.UUIDField(),
        ),
        migrations.AddIndex(
            model_name="allotmentrow",
            index=models.Index(fields=["created_at", "id"], name="allotmentrow_created"),
        ),
        migrations.AddIndex(
            model_name="allotmentrow",
            index=models.Index(fields=["changed_at", "id"], name="allotmentrow_changed"),
        ),
        migrations.AddIndex(
            model_name="allotmentrow",
            index=models.Index(fields=["status", "created_at", "id"], name="allotmentrow_status"),
        ),
        migrations.AddIndex(
            model_name="allotmentrow",
            index=models.Index(fields=["correlation_id"], name="allotmentrow_deal"),
        ),
        migrations.AddIndex(
            model_name="allotmentrow",
            index=models.Index(fields=["exporter_id", "created_at", "id"], name="allotmentrow_own"),
        ),
        migrations.AddIndex(
            model_name="applicationrow",
            index=models.Index(fields=["created_at", "id"], name="applicationrow_created"),
        ),
        migrations.AddIndex(
            model_name="applicationrow",
            index=models.Index(fields=["changed_at", "id"], name="applicationrow_changed"),
        ),
        migrations.AddIndex(
            model_name="applicationrow",
            index=models.Index(fields=["status", "created_at", "id"], name="applicationrow_status"),
        ),
        migrations.AddIndex(
            model_name="applicationrow",
            index=models.Index(fields=["correlation_id"], name="applicationrow_deal"),
        ),
        migrations.AddIndex(
            model_name="applicationrow",
            index=models.Index(
                fields=["exporter_id", "created_at", "id"], name="applicationrow_own"
            ),
        ),
        migrations.AddIndex(
            model_name="editionrow",
            index=models.Index(fields=["created_at", "id"], name="editionrow_created"),
        ),
        migrations.AddIndex(
            model_name="editionrow",
            index=models.Index(fields=["changed_at", "id"], name="editionrow_changed"),
        ),
        migrations.AddIndex(
            model_name="editionrow",
            index=models.Index(fields=["status", "created_at", "id"], name="editionrow_status"),
        ),
        migrations.AddIndex(
            model_name="editionrow",
            index=models.Index(fields=["correlation_id"], name="editionrow_deal"),
        ),
        migrations.AddIndex(
            model_name="escrowrow",
            index=models.Index(fields=["created_at", "id"], name="escrowrow_created"),
        ),
        migrations.AddIndex(
            model_name="escrowrow",
            index=models.Index(fields=["changed_at", "id"], name="escrowrow_changed"),
        ),
        migrations.AddIndex(
            model_name="escrowrow",
            index=models.Index(fields=["status", "created_at", "id"], name="escrowrow_status"),
        ),
        migrations.AddIndex(
            model_name="escrowrow",
            index=models.Index(fields=["correlation_id"], name="escrowrow_deal"),
        ),
        migrations.AddIndex(
            model_name="escrowrow",
            index=models.Index(fields=["exporter_id", "created_at", "id"], name="escrowrow_own"),
        ),
        migrations.AddIndex(
            model_name="laboratoryrow",
            index=models.Index(fields=["created_at", "id"], name="laboratoryrow_created"),
        ),
        migrations.AddIndex(
            model_name="laboratoryrow",
            index=models.Index(fields=["changed_at", "id"], name="laboratoryrow_changed"),
        ),
        migrations.AddIndex(
            model_name="laboratoryrow",
            index=models.Index(fields=["status", "created_at", "id"], name="laboratoryrow_status"),
        ),
        migrations.AddIndex(
            model_name="laboratoryrow",
            index=models.Index(fields=["correlation_id"], name="laboratoryrow_deal"),
        ),
        migrations.AddIndex(
            model_name="labtestrow",
            index=models.Index(fields=["created_at", "id"], name="labtestrow_created"),
        ),
        migrations.AddIndex(
            model_name="labtestrow",
            index=models.Index(fields=["changed_at", "id"], name="labtestrow_changed"),
        ),
        migrations.AddIndex(
            model_name="labtestrow",
            index=models.Index(fields=["status", "created_at", "id"], name="labtestrow_status"),
        ),
        migrations.AddIndex(
            model_name="labtestrow",
            index=models.Index(fields=["correlation_id"], name="labtestrow_deal"),
        ),
        migrations.AddIndex(
            model_name="labtestrow",
            index=models.Index(fields=["exporter_id", "created_at", "id"], name="labtestrow_own"),
        ),
        migrations.AddIndex(
            model_name="licenserow",
            index=models.Index(fields=["created_at", "id"], name="licenserow_created"),
        ),
        migrations.AddIndex(
            model_name="licenserow",
            index=models.Index(fields=["changed_at", "id"], name="licenserow_changed"),
        ),
        migrations.AddIndex(
            model_name="licenserow",
            index=models.Index(fields=["status", "created_at", "id"], name="licenserow_status"),
        ),
        migrations.AddIndex(
            model_name="licenserow",
            index=models.Index(fields=["correlation_id"], name="licenserow_deal"),
        ),
        migrations.AddIndex(
            model_name="licenserow",
            index=models.Index(fields=["exporter_id", "created_at", "id"], name="licenserow_own"),
        ),
        migrations.AddIndex(
            model_name="licenserow",
            index=models.Index(fields=["expires_at", "id"], name="licenserow_expiry"),
        ),
        migrations.AddIndex(
            model_name="productrow",
            index=models.Index(fields=["created_at", "id"], name="productrow_created"),
        ),
        migrations.AddIndex(
            model_name="productrow",
            index=models.Index(fields=["changed_at", "id"], name="productrow_changed"),
        ),
        migrations.AddIndex(
            model_name="productrow",
            index=models.Index(fields=["status", "created_at", "id"], name="productrow_status"),
        ),
        migrations.AddIndex(
            model_name="productrow",
            index=models.Index(fields=["correlation_id"], name="productrow_deal"),
        ),
        migrations.AddIndex(
            model_name="remittancerow",
            index=models.Index(fields=["created_at", "id"], name="remittancerow_created"),
        ),
        migrations.AddIndex(
            model_name="remittancerow",
            index=models.Index(fields=["changed_at", "id"], name="remittancerow_changed"),
        ),
        migrations.AddIndex(
            model_name="remittancerow",
            index=models.Index(fields=["status", "created_at", "id"], name="remittancerow_status"),
        ),
        migrations.AddIndex(
            model_name="remittancerow",
            index=models.Index(fields=["correlation_id"], name="remittancerow_deal"),
        ),
        migrations.AddIndex(
            model_name="remittancerow",
            index=models.Index(
                fields=["exporter_id", "created_at", "id"], name="remittancerow_own"
            ),
        ),
        migrations.AddIndex(
            model_name="shipmentrow",
            index=models.Index(fields=["created_at", "id"], name="shipmentrow_created"),
        ),
        migrations.AddIndex(
            model_name="shipmentrow",
            index=models.Index(fields=["changed_at", "id"], name="shipmentrow_changed"),
        ),
        migrations.AddIndex(
            model_name="shipmentrow",
            index=models.Index(fields=["status", "created_at", "id"], name="shipmentrow_status"),
        ),
        migrations.AddIndex(
            model_name="shipmentrow",
            index=models.Index(fields=["correlation_id"], name="shipmentrow_deal"),
        ),
        migrations.AddIndex(
            model_name="shipmentrow",
            index=models.Index(fields=["exporter_id", "created_at", "id"], name="shipmentrow_own"),
        ),
    ]
