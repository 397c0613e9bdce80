"""Findings and halts: their rows, and how the guards of money and volume ask for a halt.

The last event of a halt's stream says whether it is in force; nothing else is kept, so nothing else
can be forged. Own SQLSTATEs: none.
"""

from django.db import migrations, models


HALTED = """
CREATE FUNCTION audits_is_halted(kind text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    stream uuid := CASE kind WHEN 'money' THEN 'a11ed000-6d6f-5ce7-8000-000000000001'::uuid
                             WHEN 'volume' THEN 'a11ed000-766f-5c6d-8000-000000000002'::uuid END;
    last text;
BEGIN
    -- The lock of the stream: a halt that is being set waits for this write, or this one sees it.
    PERFORM pg_advisory_xact_lock_shared(uuid_hash_extended(stream, 0));
    SELECT e.type INTO last FROM audits_event e
        WHERE e.stream_id = stream AND e.aggregate = 'halt' ORDER BY e.version DESC LIMIT 1;
    RETURN coalesce(last <> 'halt_lifted', false);
END $$;

CREATE FUNCTION audits_halt_lifted_by_two() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM audits_event p
        WHERE p.stream_id = NEW.stream_id AND p.version = NEW.version - 1
          AND p.type = 'halt_lift_proposed' AND p.person_id <> NEW.person_id
    ) THEN
        RAISE EXCEPTION 'a halt is lifted by two persons' USING ERRCODE = '23514',
            CONSTRAINT = 'audits_halt_lifted_by_two';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER audits_event_halt_lifted_by_two AFTER INSERT ON audits_event
    FOR EACH ROW WHEN (NEW.type = 'halt_lifted') EXECUTE FUNCTION audits_halt_lifted_by_two();
ALTER TABLE audits_event ENABLE ALWAYS TRIGGER audits_event_halt_lifted_by_two;
"""


class Migration(migrations.Migration):
    """Additive; an operator's database is never loosened by going back."""

    dependencies = [
        ('audits', '0004_subject_keys'),
    ]

    operations = [
        migrations.CreateModel(
            name='HaltRow',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('version', models.IntegerField()),
                ('correlation_id', models.UUIDField()),
                ('status', models.TextField()),
                ('created_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('kind', models.TextField()),
            ],
            options={
                'db_table': 'audits_halt',
            },
        ),
        migrations.CreateModel(
            name='FindingRow',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('version', models.IntegerField()),
                ('correlation_id', models.UUIDField()),
                ('status', models.TextField()),
                ('created_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('audit', models.TextField()),
                ('kind', models.TextField()),
                ('subject', models.TextField()),
                ('halts', models.TextField(null=True)),
                ('assignee_id', models.UUIDField(null=True)),
            ],
            options={
                'db_table': 'audits_finding',
                'indexes': [models.Index(fields=['audit', 'status'], name='findingrow_audit')],
            },
        ),
        migrations.AddIndex(
            model_name='findingrow',
            index=models.Index(fields=['created_at', 'id'], name='findingrow_created'),
        ),
        migrations.AddIndex(
            model_name='findingrow',
            index=models.Index(fields=['changed_at', 'id'], name='findingrow_changed'),
        ),
        migrations.AddIndex(
            model_name='findingrow',
            index=models.Index(fields=['status', 'created_at', 'id'], name='findingrow_status'),
        ),
        migrations.AddIndex(
            model_name='findingrow',
            index=models.Index(fields=['correlation_id'], name='findingrow_deal'),
        ),
        migrations.AddIndex(
            model_name='haltrow',
            index=models.Index(fields=['created_at', 'id'], name='haltrow_created'),
        ),
        migrations.AddIndex(
            model_name='haltrow',
            index=models.Index(fields=['changed_at', 'id'], name='haltrow_changed'),
        ),
        migrations.AddIndex(
            model_name='haltrow',
            index=models.Index(fields=['status', 'created_at', 'id'], name='haltrow_status'),
        ),
        migrations.AddIndex(
            model_name='haltrow',
            index=models.Index(fields=['correlation_id'], name='haltrow_deal'),
        ),
        migrations.RunSQL(HALTED, migrations.RunSQL.noop),
    ]
