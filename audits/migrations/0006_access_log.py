"""The access log: a row for each read, which becomes part of an event once and never changes."""

import django.db.models.deletion
from django.db import migrations, models


GUARDS = """
CREATE FUNCTION audits_access_recorded_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.event_id IS NOT NULL OR NEW.event_id IS NULL
       OR (NEW.id, NEW.person_id, NEW.organization_id, NEW.role, NEW.path, NEW.subject_id, NEW.at)
          IS DISTINCT FROM (OLD.id, OLD.person_id, OLD.organization_id, OLD.role, OLD.path,
                            OLD.subject_id, OLD.at)
       OR NOT EXISTS (SELECT FROM public.audits_event e
                      WHERE e.event_id = NEW.event_id AND e.type = 'accesses_recorded') THEN
        RAISE EXCEPTION 'a read is recorded once, as it was noted' USING ERRCODE = 'TG003';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audits_access_recorded_once BEFORE UPDATE ON audits_access
    FOR EACH ROW EXECUTE FUNCTION audits_access_recorded_once();
CREATE TRIGGER audits_access_immutable BEFORE DELETE ON audits_access
    FOR EACH ROW EXECUTE FUNCTION audits_immutable();
CREATE TRIGGER audits_access_no_truncate BEFORE TRUNCATE ON audits_access
    FOR EACH STATEMENT EXECUTE FUNCTION audits_immutable();
ALTER TABLE audits_access ENABLE ALWAYS TRIGGER audits_access_recorded_once;
ALTER TABLE audits_access ENABLE ALWAYS TRIGGER audits_access_immutable;
ALTER TABLE audits_access ENABLE ALWAYS TRIGGER audits_access_no_truncate;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('audits', '0005_findings'),
    ]

    operations = [
        migrations.CreateModel(
            name='AccessRow',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('person_id', models.UUIDField()),
                ('organization_id', models.UUIDField()),
                ('role', models.TextField()),
                ('path', models.TextField()),
                ('subject_id', models.UUIDField(null=True)),
                ('at', models.DateTimeField()),
                ('correlation_id', models.UUIDField(null=True)),
                ('event', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to='audits.eventrow')),
            ],
            options={
                'db_table': 'audits_access',
                'indexes': [models.Index(condition=models.Q(('event', None)), fields=['id'], name='audits_access_waiting'), models.Index(fields=['correlation_id', 'id'], name='audits_access_deal'), models.Index(fields=['person_id', 'id'], name='audits_access_person')],
            },
        ),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
    ]
