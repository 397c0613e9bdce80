"""Who notes a read counts and signs what it notes, so that a row cannot go or change unseen."""

from django.db import migrations, models

RECORDED_ONCE = """
CREATE OR REPLACE FUNCTION audits_access_recorded_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.event_id IS NOT NULL OR NEW.event_id IS NULL
       OR (NEW.id, NEW.person_id, NEW.organization_id, NEW.role, NEW.path, NEW.filters,
           NEW.subject_id, NEW.at, NEW.writer_id, NEW.writer_number, NEW.signature)
          IS DISTINCT FROM (OLD.id, OLD.person_id, OLD.organization_id, OLD.role, OLD.path,
                            OLD.filters, OLD.subject_id, OLD.at, OLD.writer_id, OLD.writer_number,
                            OLD.signature)
       OR NOT EXISTS (SELECT FROM public.audits_event e
                      WHERE e.event_id = NEW.event_id AND e.type = 'accesses_recorded') THEN
        RAISE EXCEPTION 'a read is recorded once, as it was noted' USING ERRCODE = 'TG003';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    """Additive: the code before neither counts nor signs."""

    dependencies = [("audits", "0011_latest_of_the_log")]

    operations = [
        migrations.AddField("AccessRow", "writer_id", models.UUIDField(null=True)),
        migrations.AddField("AccessRow", "writer_number", models.BigIntegerField(null=True)),
        migrations.AddField("AccessRow", "signature", models.TextField(db_default="")),
        migrations.AddConstraint(
            "AccessRow",
            models.UniqueConstraint(
                fields=["writer_id", "writer_number"], name="audits_access_writer"
            ),
        ),
        migrations.RunSQL(RECORDED_ONCE, migrations.RunSQL.noop),
    ]
