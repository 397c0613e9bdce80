"""The guards of an append in two triggers, without conditions and checks that a statement prepares anew.

PostgreSQL reads each WHEN and each CHECK of a table anew for every statement, which costs more than
asking inside a function that is called anyway. What was a CHECK is asked by the guard of 0002, with
the same SQLSTATE and name; what had a trigger of its own follows in one, and keeps its function.
"""

from django.db import migrations

BEFORE = """
CREATE OR REPLACE FUNCTION audits_event_before_insert() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    body CONSTANT jsonb := convert_from(NEW.canonical, 'UTF8')::jsonb;
    event public.audits_event := jsonb_populate_record(NULL::public.audits_event, body);
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
    -- One expression, as each has a price of its own. Only what is amiss ends it before the lock; the
    -- queries below take snapshots of their own, so they see whatever the lock waited for.
    IF event.leaf_hash IS DISTINCT FROM sha256('\\x00'::bytea || event.canonical)
       OR octet_length(event.canonical) > 65535
       OR event.recorded_at NOT BETWEEN clock_timestamp() - interval '2 minutes'
                                    AND clock_timestamp() + interval '5 seconds'
       OR pg_advisory_xact_lock(uuid_hash_extended(event.stream_id, 0)) IS NULL THEN
        PERFORM public.audits_refuse(event);
    END IF;
    -- Version 1 or one more than another: so none is below 1.
    IF event.version <> 1 THEN
        PERFORM FROM public.audits_event e
            WHERE e.stream_id = event.stream_id AND e.version = event.version - 1;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'stream % has no version %', event.stream_id, event.version - 1
                USING ERRCODE = CASE WHEN event.version < 1 THEN '23514' ELSE 'TG001' END;
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

CREATE FUNCTION audits_refuse(event public.audits_event) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF event.leaf_hash IS DISTINCT FROM sha256('\\x00'::bytea || event.canonical) THEN
        RAISE EXCEPTION 'the leaf hash does not match the canonical bytes'
            USING ERRCODE = 'TG002';
    ELSIF octet_length(event.canonical) > 65535 THEN
        RAISE EXCEPTION 'an event of % bytes is beyond 65535', octet_length(event.canonical)
            USING ERRCODE = '23514', TABLE = 'audits_event', CONSTRAINT = 'audits_event_size';
    ELSIF event.stream_id IS NOT NULL THEN
        RAISE EXCEPTION 'recorded_at % is not database time', event.recorded_at
            USING ERRCODE = 'TG004';
    END IF; -- without a stream, the column refuses it
END $$;

ALTER TABLE audits_event
    DROP CONSTRAINT audits_event_size,
    DROP CONSTRAINT audits_event_version_positive;
"""

FOLLOWS = """
CREATE FUNCTION audits_erased(event public.audits_event) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM audits_event e
        WHERE e.stream_id = event.stream_id AND e.version = event.version - 1
          AND e.type = 'erasure_requested' AND e.person_id <> event.person_id
    ) THEN
        RAISE EXCEPTION 'nobody else asked to erase subject %', event.stream_id
            USING ERRCODE = 'TG007';
    END IF;
    UPDATE audits_subject_key SET wrapped_key = NULL, name_mark = NULL,
        destroyed_at = event.recorded_at WHERE subject_id = event.stream_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no subject %', event.stream_id USING ERRCODE = 'TG007';
    END IF;
    -- A login is its name: whoever is erased cannot log in again.
    UPDATE audits_person SET username = 'erased-' || id, password = '!', is_active = false
        WHERE id = (SELECT holder_id FROM audits_subject_key WHERE subject_id = event.stream_id);
END $$;

CREATE FUNCTION audits_lifted(event public.audits_event) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM audits_event p
        WHERE p.stream_id = event.stream_id AND p.version = event.version - 1
          AND p.type = 'halt_lift_proposed' AND p.person_id <> event.person_id
    ) THEN
        RAISE EXCEPTION 'a halt is lifted by two persons' USING ERRCODE = '23514',
            CONSTRAINT = 'audits_halt_lifted_by_two';
    END IF;
END $$;

-- These two believe the event that they are given, so nobody but the owner may give them one.
REVOKE ALL ON FUNCTION audits_erased(audits_event), audits_lifted(audits_event) FROM PUBLIC;

-- Anybody may call this one: it reads the event, and of another transaction it does nothing.
CREATE FUNCTION audits_follow_up(id uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    event audits_event;
BEGIN
    SELECT e.* INTO event FROM audits_event e
        WHERE e.event_id = id AND e.xid = pg_current_xact_id();
    CASE event.type
        WHEN 'personal_data_erased' THEN PERFORM audits_erased(event);
        WHEN 'halt_lifted' THEN PERFORM audits_lifted(event);
        ELSE NULL;
    END CASE;
END $$;

CREATE FUNCTION audits_event_after_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.type IN ('personal_data_erased', 'halt_lifted') THEN
        PERFORM public.audits_follow_up(NEW.event_id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER audits_event_after_insert AFTER INSERT ON audits_event
    FOR EACH ROW EXECUTE FUNCTION audits_event_after_insert();
ALTER TABLE audits_event ENABLE ALWAYS TRIGGER audits_event_after_insert;

DROP TRIGGER audits_event_erase ON audits_event;
DROP TRIGGER audits_event_halt_lifted_by_two ON audits_event;
DROP FUNCTION audits_erase();
DROP FUNCTION audits_halt_lifted_by_two();
"""


class Migration(migrations.Migration):
    """Replaces guards by the same ones elsewhere; no row changes. One transaction, so none is missing."""

    dependencies = [("audits", "0012_access_writers")]

    operations = [
        migrations.RunSQL(BEFORE, migrations.RunSQL.noop),
        migrations.RunSQL(FOLLOWS, migrations.RunSQL.noop),
    ]
