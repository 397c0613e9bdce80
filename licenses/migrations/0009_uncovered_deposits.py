"""What the bank took back of an escrow, for lists. Rows from before are mended by `manage.py rebuild`."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("licenses", "0008_prepaid_by_the_journal"),
    ]

    operations = [
        migrations.AddField(
            model_name="escrowrow",
            name="uncovered_cents",
            field=models.BigIntegerField(db_default=0),
        ),
    ]
