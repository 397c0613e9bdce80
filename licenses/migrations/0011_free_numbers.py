"""Numbers lie ready in a table, where a decision that fails leaves them; sequences wasted them.

Where sequences gave numbers before, the next thousand stay theirs: processes of before may still run.
"""

from django.db import migrations, models

GO_ON = """
INSERT INTO licenses_number_series (series, first_place, next_place)
    SELECT 'application', last_value + 1001, last_value + 1001
    FROM licenses_control_number WHERE is_called
    UNION ALL
    SELECT 'license', last_value + 1001, last_value + 1001
    FROM licenses_license_number WHERE is_called;
"""


class Migration(migrations.Migration):
    """Additive."""

    dependencies = [("licenses", "0010_reversed_deposits")]

    operations = [
        migrations.CreateModel(
            name="FreeNumber",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "series",
                        "place",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("series", models.TextField()),
                ("place", models.BigIntegerField()),
            ],
            options={"db_table": "licenses_free_number"},
        ),
        migrations.CreateModel(
            name="NumberSeries",
            fields=[
                ("series", models.TextField(primary_key=True, serialize=False)),
                ("first_place", models.BigIntegerField()),
                ("next_place", models.BigIntegerField()),
            ],
            options={"db_table": "licenses_number_series"},
        ),
        migrations.RunSQL(GO_ON, migrations.RunSQL.noop),
    ]
