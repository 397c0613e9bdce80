"""The keys of personal data, and the guards around them. Own SQLSTATE: TG007 key kept.

A key goes in one way only: with an event `personal_data_erased` on the subject's stream that follows,
as the next one, a request of another natural person. A login's row loses its name with the key.
"""

import django.db.models.functions.datetime
from django.db import migrations, models

GUARDS = """
CREATE FUNCTION audits_subject_key_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.destroyed_at IS NULL AND NEW.wrapped_key IS NULL
       AND (NEW.subject_id, NEW.organization_id, NEW.holder_id, NEW.key_sha256, NEW.created_at)
           = (OLD.subject_id, OLD.organization_id, OLD.holder_id, OLD.key_sha256, OLD.created_at)
       AND EXISTS (SELECT FROM public.audits_event e WHERE e.stream_id = NEW.subject_id
                   AND e.type = 'personal_data_erased' AND e.xid = pg_current_xact_id()) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% on audits_subject_key: a key goes with the event of its erasure alone', TG_OP
        USING ERRCODE = 'TG007';
END $$;
CREATE TRIGGER audits_subject_key_kept BEFORE UPDATE OR DELETE ON audits_subject_key
    FOR EACH ROW EXECUTE FUNCTION audits_subject_key_kept();
CREATE TRIGGER audits_subject_key_no_truncate BEFORE TRUNCATE ON audits_subject_key
    FOR EACH STATEMENT EXECUTE FUNCTION audits_subject_key_kept();
ALTER TABLE audits_subject_key ENABLE ALWAYS TRIGGER audits_subject_key_kept;
ALTER TABLE audits_subject_key ENABLE ALWAYS TRIGGER audits_subject_key_no_truncate;
"""

ERASURE = """
CREATE FUNCTION audits_erase() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM audits_event e
        WHERE e.stream_id = NEW.stream_id AND e.version = NEW.version - 1
          AND e.type = 'erasure_requested' AND e.person_id <> NEW.person_id
    ) THEN
        RAISE EXCEPTION 'nobody else asked to erase subject %', NEW.stream_id
            USING ERRCODE = 'TG007';
    END IF;
    UPDATE audits_subject_key SET wrapped_key = NULL, name_mark = NULL,
        destroyed_at = NEW.recorded_at WHERE subject_id = NEW.stream_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no subject %', NEW.stream_id USING ERRCODE = 'TG007';
    END IF;
    -- A login is its name: whoever is erased cannot log in again.
    UPDATE audits_person SET username = 'erased-' || id, password = '!', is_active = false
        WHERE id = (SELECT holder_id FROM audits_subject_key WHERE subject_id = NEW.stream_id);
    RETURN NULL;
END $$;
CREATE TRIGGER audits_event_erase AFTER INSERT ON audits_event FOR EACH ROW
    WHEN (NEW.type = 'personal_data_erased') EXECUTE FUNCTION audits_erase();
ALTER TABLE audits_event ENABLE ALWAYS TRIGGER audits_event_erase;
"""


class Migration(migrations.Migration):
    """Additive."""

    dependencies = [("audits", "0003_sealing")]

    operations = [
        migrations.CreateModel(
            name="SubjectKey",
            fields=[
                ("subject_id", models.UUIDField(primary_key=True, serialize=False)),
                ("organization_id", models.UUIDField()),
                ("holder_id", models.UUIDField()),
                ("wrapped_key", models.BinaryField(null=True)),
                ("name_mark", models.BinaryField(null=True)),
                ("key_sha256", models.BinaryField()),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
                ("destroyed_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "audits_subject_key",
                "indexes": [
                    models.Index(
                        fields=["holder_id", "organization_id"], name="audits_subject_key_holder"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        name="audits_subject_key_whole",
                        condition=models.Q(
                            ("destroyed_at__isnull", True),
                            ("name_mark__isnull", False),
                            ("wrapped_key__isnull", False),
                        )
                        | models.Q(
                            ("destroyed_at__isnull", False),
                            ("name_mark__isnull", True),
                            ("wrapped_key__isnull", True),
                        ),
                    )
                ],
            },
        ),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
        migrations.RunSQL(ERASURE, migrations.RunSQL.noop),
    ]
