"""What each event of the log refers to outside its stream: leads from that to whatever rests on it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Additive: an empty table, which a worker fills; until then the log itself is read."""

    dependencies = [("audits", "0013_guards_in_two_triggers")]

    operations = [
        migrations.CreateModel(
            name="ReferenceRow",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "named",
                        "log_index",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("named", models.UUIDField()),
                ("log_index", models.BigIntegerField()),
            ],
            options={"db_table": "audits_reference"},
        ),
    ]
