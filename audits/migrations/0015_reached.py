"""Long work says how far it is, for whoever looks and for whoever goes on with it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Additive: null where nothing was said, which is right for every item there is."""

    dependencies = [("audits", "0014_references")]
    operations = [
        migrations.AddField(
            model_name="workitem", name="reached", field=models.JSONField(null=True)
        )
    ]
