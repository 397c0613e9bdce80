"""Which key from the environment wraps which: so that it can be replaced, with an event that says so."""

from django.db import migrations, models

KEPT = """
CREATE OR REPLACE FUNCTION audits_subject_key_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.destroyed_at IS NULL AND NEW.wrapped_key IS NULL
       AND (NEW.subject_id, NEW.organization_id, NEW.holder_id, NEW.key_sha256, NEW.created_at)
           = (OLD.subject_id, OLD.organization_id, OLD.holder_id, OLD.key_sha256, OLD.created_at)
       AND EXISTS (SELECT FROM public.audits_event e WHERE e.stream_id = NEW.subject_id
                   AND e.type = 'personal_data_erased' AND e.xid = pg_current_xact_id()) THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.destroyed_at IS NULL AND NEW.destroyed_at IS NULL
       AND NEW.wrapped_by IS DISTINCT FROM OLD.wrapped_by
       AND octet_length(NEW.wrapped_key) = octet_length(OLD.wrapped_key)
       AND (NEW.subject_id, NEW.organization_id, NEW.holder_id, NEW.key_sha256, NEW.created_at,
            NEW.name_mark)
           = (OLD.subject_id, OLD.organization_id, OLD.holder_id, OLD.key_sha256, OLD.created_at,
              OLD.name_mark)
       AND EXISTS (SELECT FROM public.audits_event e
                   WHERE e.stream_id = 'a11ed000-0000-5000-8000-0000000000b7'  -- `audits.vault.rewrapping`
                     AND e.type = 'personal_keys_rewrapped' AND e.xid = pg_current_xact_id()
                     AND convert_from(e.canonical, 'UTF8')::jsonb #>> '{data,wrapped_by}'
                         = NEW.wrapped_by) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION
        '% on audits_subject_key: a key goes or is wrapped anew with the event of it alone', TG_OP
        USING ERRCODE = 'TG007';
END $$;
"""


class Migration(migrations.Migration):
    """Additive: the code before leaves the new column empty."""

    dependencies = [("audits", "0007_forget_logins")]

    operations = [
        migrations.AddField("SubjectKey", "wrapped_by", models.TextField(null=True)),
        migrations.RunSQL(KEPT, migrations.RunSQL.noop),
    ]
