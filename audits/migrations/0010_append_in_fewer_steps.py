"""The append guard of 0002: the same checks and SQLSTATEs in fewer steps of PL/pgSQL.

One record is filled from the bytes at once, without a query; what is left are expressions, which
PL/pgSQL evaluates itself, and the search for the version before.
"""

from django.db import migrations

APPEND = """
CREATE OR REPLACE FUNCTION audits_event_before_insert() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    body CONSTANT jsonb := convert_from(NEW.canonical, 'UTF8')::jsonb;
    event public.audits_event := jsonb_populate_record(NULL::public.audits_event, body);
    locked boolean;
BEGIN
    -- Nothing that the bytes may name like these columns gets into them.
    event.canonical := NEW.canonical;
    event.leaf_hash := NEW.leaf_hash;
    event.command_id := (body -> 'command' ->> 'id')::uuid;
    event.ordinal := (body -> 'command' ->> 'ordinal')::smallint;
    event.person_id := (body -> 'actor' ->> 'person_id')::uuid;
    event.organization_id := (body -> 'actor' ->> 'organization_id')::uuid;
    event.xid := pg_current_xact_id();
    event.writer := session_user;
    IF event.leaf_hash IS DISTINCT FROM sha256('\\x00'::bytea || event.canonical) THEN
        RAISE EXCEPTION 'the leaf hash does not match the canonical bytes'
            USING ERRCODE = 'TG002';
    END IF;
    -- The queries below take snapshots of their own, so they see whatever the lock waited for.
    locked := pg_advisory_xact_lock(uuid_hash_extended(event.stream_id, 0)) IS NOT NULL;
    IF event.recorded_at NOT BETWEEN clock_timestamp() - interval '2 minutes'
                                 AND clock_timestamp() + interval '5 seconds' THEN
        RAISE EXCEPTION 'recorded_at % is not database time', event.recorded_at
            USING ERRCODE = 'TG004';
    END IF;
    IF event.version > 1 THEN
        PERFORM FROM public.audits_event e
            WHERE e.stream_id = event.stream_id AND e.version = event.version - 1;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'stream % has no version %', event.stream_id, event.version - 1
                USING ERRCODE = 'TG001';
        END IF;
    END IF;
    -- The sequencer puts causes first, so an effect of nothing would wait for ever.
    IF event.causation_id IS NOT NULL THEN
        PERFORM FROM public.audits_event e WHERE e.event_id = event.causation_id;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'there is no event % to be the cause', event.causation_id
                USING ERRCODE = 'TG006';
        END IF;
    END IF;
    RETURN event;
END $$;
"""


class Migration(migrations.Migration):
    """Replaces one function; no row and no other guard changes."""

    dependencies = [("audits", "0009_access_filters")]

    operations = [migrations.RunSQL(APPEND, migrations.RunSQL.noop)]
