"""The access log keeps what was filtered by, and a read is recorded with it, as it was noted."""

from django.db import migrations, models

RECORDED_ONCE = """
CREATE OR REPLACE FUNCTION audits_access_recorded_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.event_id IS NOT NULL OR NEW.event_id IS NULL
       OR (NEW.id, NEW.person_id, NEW.organization_id, NEW.role, NEW.path, NEW.filters,
           NEW.subject_id, NEW.at)
          IS DISTINCT FROM (OLD.id, OLD.person_id, OLD.organization_id, OLD.role, OLD.path,
                            OLD.filters, OLD.subject_id, OLD.at)
       OR NOT EXISTS (SELECT FROM public.audits_event e
                      WHERE e.event_id = NEW.event_id AND e.type = 'accesses_recorded') THEN
        RAISE EXCEPTION 'a read is recorded once, as it was noted' USING ERRCODE = 'TG003';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    """Additive: the code before notes no filters."""

    dependencies = [("audits", "0008_wrapping_keys")]

    operations = [
        migrations.AddField("AccessRow", "filters", models.TextField(db_default="")),
        migrations.RunSQL(RECORDED_ONCE, migrations.RunSQL.noop),
    ]
