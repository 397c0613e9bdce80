"""The contents of screening lists: snapshots, entries, names; written once, never changed."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models.functions import Now

IMMUTABLE = """
CREATE TRIGGER {table}_immutable BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION audits_immutable();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION audits_immutable();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_immutable;
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_truncate;
"""
TABLES = ("customers_list_snapshot", "customers_list_entry", "customers_list_name")


class Migration(migrations.Migration):
    """Additive; the guards stay when going back."""

    initial = True

    dependencies = [("audits", "0002_guards")]  # its function `audits_immutable`

    operations = [
        migrations.CreateModel(
            name="ListSnapshot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sha256", models.CharField(max_length=64, unique=True)),
                ("source", models.TextField()),
                ("fetched_at", models.DateTimeField()),
                ("imported_at", models.DateTimeField(db_default=Now())),
                ("rows", models.PositiveIntegerField()),
                ("entries", models.PositiveIntegerField()),
                ("names", models.PositiveIntegerField()),
                ("bad_rows", models.JSONField()),
            ],
            options={"db_table": "customers_list_snapshot"},
        ),
        migrations.CreateModel(
            name="ListEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("snapshot", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="contents", to="customers.listsnapshot")),
                ("line", models.PositiveIntegerField()),
                ("entry_id", models.TextField()),
                ("entry_hash", models.CharField(max_length=64)),
                ("source", models.TextField()),
                ("kind", models.TextField()),
                ("programs", models.JSONField()),
                ("name", models.TextField()),
                ("raw", models.JSONField()),
            ],
            options={
                "db_table": "customers_list_entry",
                "constraints": [models.UniqueConstraint(fields=("snapshot", "line"), name="customers_entry_line")],
                "indexes": [models.Index(fields=["entry_hash"], name="customers_entry_hash")],
            },
        ),
        migrations.CreateModel(
            name="ListName",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entry", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="aliases", to="customers.listentry")),
                ("name", models.TextField()),
                ("normalized", models.TextField()),
            ],
            options={"db_table": "customers_list_name"},
        ),
        *(migrations.RunSQL(IMMUTABLE.format(table=table), migrations.RunSQL.noop) for table in TABLES),
    ]
