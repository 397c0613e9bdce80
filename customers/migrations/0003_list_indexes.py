"""Indexes for whatever a list may be ordered or narrowed by; an exporter's own rows come in order."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0002_read_models"),
    ]

    operations = [
        migrations.AlterField(
            model_name="customerrow",
            name="exporter_id",
            field=models.UUIDField(),
        ),
        migrations.AddIndex(
            model_name="customerrow",
            index=models.Index(fields=["created_at", "id"], name="customerrow_created"),
        ),
        migrations.AddIndex(
            model_name="customerrow",
            index=models.Index(fields=["changed_at", "id"], name="customerrow_changed"),
        ),
        migrations.AddIndex(
            model_name="customerrow",
            index=models.Index(fields=["status", "created_at", "id"], name="customerrow_status"),
        ),
        migrations.AddIndex(
            model_name="customerrow",
            index=models.Index(fields=["correlation_id"], name="customerrow_deal"),
        ),
        migrations.AddIndex(
            model_name="customerrow",
            index=models.Index(fields=["exporter_id", "created_at", "id"], name="customerrow_own"),
        ),
        migrations.AddIndex(
            model_name="screeninglistrow",
            index=models.Index(fields=["created_at", "id"], name="screeninglistrow_created"),
        ),
        migrations.AddIndex(
            model_name="screeninglistrow",
            index=models.Index(fields=["changed_at", "id"], name="screeninglistrow_changed"),
        ),
        migrations.AddIndex(
            model_name="screeninglistrow",
            index=models.Index(
                fields=["status", "created_at", "id"], name="screeninglistrow_status"
            ),
        ),
        migrations.AddIndex(
            model_name="screeninglistrow",
            index=models.Index(fields=["correlation_id"], name="screeninglistrow_deal"),
        ),
    ]
