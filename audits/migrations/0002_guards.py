"""Guards of the journal, in plain SQL: derived columns, version order, immutability, locks.

The view `audits_journal` shows each event with its log index and its bytes as jsonb, for queries.

Own SQLSTATEs: TG001 wrong version, TG002 leaf hash, TG003 immutable, TG004 clock, TG005 log order,
TG006 unknown cause.
Triggers are ENABLE ALWAYS, so that `session_replication_role` does not silence them.
"""

from django.db import migrations

COLUMNS = """
ALTER TABLE audits_event
    ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    ADD COLUMN writer name NOT NULL DEFAULT session_user,
    ADD CONSTRAINT audits_event_version_positive CHECK (version >= 1),
    ADD CONSTRAINT audits_event_size CHECK (octet_length(canonical) <= 65535);
CREATE INDEX audits_event_xid ON audits_event (xid);
ALTER TABLE audits_log ADD CONSTRAINT audits_log_not_negative CHECK (log_index >= 0);
"""

VIEW = """
CREATE VIEW audits_journal AS
    SELECT e.*, l.log_index, convert_from(e.canonical, 'UTF8')::jsonb AS body
    FROM audits_event e LEFT JOIN audits_log l USING (event_id);
"""

LOCKS = """
CREATE FUNCTION audits_lock_key(stream uuid) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT uuid_hash_extended(stream, 0)';

CREATE FUNCTION audits_load(stream uuid, lock text)
    RETURNS TABLE (type text, schema_version smallint, canonical bytea)
    LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    -- The query below takes a snapshot of its own, so it sees whatever the lock waited for.
    IF lock = 'write' THEN
        PERFORM pg_advisory_xact_lock(uuid_hash_extended(stream, 0));
    ELSIF lock = 'share' THEN
        PERFORM pg_advisory_xact_lock_shared(uuid_hash_extended(stream, 0));
    END IF;
    RETURN QUERY SELECT e.type, e.schema_version, e.canonical
        FROM audits_event e WHERE e.stream_id = stream ORDER BY e.version;
END $$;

CREATE FUNCTION audits_begin(command uuid)
    RETURNS TABLE (now timestamptz, prior bytea[])
    LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    -- A repeat of a command waits for the first one and then finds its events.
    PERFORM pg_advisory_xact_lock(uuid_hash_extended(command, 1));
    RETURN QUERY SELECT clock_timestamp(), ARRAY(
        SELECT e.canonical FROM audits_event e WHERE e.command_id = command ORDER BY e.ordinal);
END $$;
"""

APPEND = """
CREATE FUNCTION audits_event_before_insert() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    locked boolean;
BEGIN
    IF NEW.leaf_hash IS DISTINCT FROM sha256('\\x00'::bytea || NEW.canonical) THEN
        RAISE EXCEPTION 'the leaf hash does not match the canonical bytes'
            USING ERRCODE = 'TG002';
    END IF;
    -- One query for all columns and the lock: in PL/pgSQL each expression has a price of its own.
    SELECT e.event_id, e.stream_id, e.version, e.aggregate, e.type, e.schema_version,
           (e.command ->> 'id')::uuid, (e.command ->> 'ordinal')::smallint,
           e.correlation_id, e.causation_id,
           (e.actor ->> 'person_id')::uuid, (e.actor ->> 'organization_id')::uuid,
           e.recorded_at, pg_current_xact_id(), session_user,
           pg_advisory_xact_lock(uuid_hash_extended(e.stream_id, 0)) IS NOT NULL
      INTO NEW.event_id, NEW.stream_id, NEW.version, NEW.aggregate, NEW.type, NEW.schema_version,
           NEW.command_id, NEW.ordinal,
           NEW.correlation_id, NEW.causation_id,
           NEW.person_id, NEW.organization_id,
           NEW.recorded_at, NEW.xid, NEW.writer,
           locked
      FROM jsonb_to_record(convert_from(NEW.canonical, 'UTF8')::jsonb) AS e (
           event_id uuid, stream_id uuid, version integer, aggregate text, type text,
           schema_version smallint, command jsonb, correlation_id uuid, causation_id uuid,
           actor jsonb, recorded_at timestamptz);
    IF NEW.recorded_at NOT BETWEEN clock_timestamp() - interval '2 minutes'
                               AND clock_timestamp() + interval '5 seconds' THEN
        RAISE EXCEPTION 'recorded_at % is not database time', NEW.recorded_at
            USING ERRCODE = 'TG004';
    END IF;
    IF NEW.version > 1 AND NOT EXISTS (
        SELECT FROM public.audits_event e
        WHERE e.stream_id = NEW.stream_id AND e.version = NEW.version - 1
    ) THEN
        RAISE EXCEPTION 'stream % has no version %', NEW.stream_id, NEW.version - 1
            USING ERRCODE = 'TG001';
    END IF;
    -- The sequencer puts causes first, so an effect of nothing would wait for ever.
    IF NEW.causation_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM public.audits_event e WHERE e.event_id = NEW.causation_id
    ) THEN
        RAISE EXCEPTION 'there is no event % to be the cause', NEW.causation_id
            USING ERRCODE = 'TG006';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audits_event_before_insert BEFORE INSERT ON audits_event
    FOR EACH ROW EXECUTE FUNCTION audits_event_before_insert();
ALTER TABLE audits_event ENABLE ALWAYS TRIGGER audits_event_before_insert;

CREATE FUNCTION audits_log_before_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.log_index > 0 AND NOT EXISTS (
        SELECT FROM public.audits_log l WHERE l.log_index = NEW.log_index - 1
    ) THEN
        RAISE EXCEPTION 'log index % would leave a gap', NEW.log_index USING ERRCODE = 'TG005';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audits_log_before_insert BEFORE INSERT ON audits_log
    FOR EACH ROW EXECUTE FUNCTION audits_log_before_insert();
ALTER TABLE audits_log ENABLE ALWAYS TRIGGER audits_log_before_insert;
"""

IMMUTABLE = """
CREATE FUNCTION audits_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is never allowed: the journal is append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'TG003';
END $$;
CREATE TRIGGER audits_event_immutable BEFORE UPDATE OR DELETE ON audits_event
    FOR EACH ROW EXECUTE FUNCTION audits_immutable();
CREATE TRIGGER audits_event_no_truncate BEFORE TRUNCATE ON audits_event
    FOR EACH STATEMENT EXECUTE FUNCTION audits_immutable();
CREATE TRIGGER audits_log_immutable BEFORE UPDATE OR DELETE ON audits_log
    FOR EACH ROW EXECUTE FUNCTION audits_immutable();
CREATE TRIGGER audits_log_no_truncate BEFORE TRUNCATE ON audits_log
    FOR EACH STATEMENT EXECUTE FUNCTION audits_immutable();
ALTER TABLE audits_event ENABLE ALWAYS TRIGGER audits_event_immutable;
ALTER TABLE audits_event ENABLE ALWAYS TRIGGER audits_event_no_truncate;
ALTER TABLE audits_log ENABLE ALWAYS TRIGGER audits_log_immutable;
ALTER TABLE audits_log ENABLE ALWAYS TRIGGER audits_log_no_truncate;
"""


class Migration(migrations.Migration):
    """Additive; an operator's database is never loosened by going back."""

    dependencies = [("audits", "0001_initial")]

    operations = [
        migrations.RunSQL(COLUMNS, migrations.RunSQL.noop),
        migrations.RunSQL(VIEW, migrations.RunSQL.noop),
        migrations.RunSQL(LOCKS, migrations.RunSQL.noop),
        migrations.RunSQL(APPEND, migrations.RunSQL.noop),
        migrations.RunSQL(IMMUTABLE, migrations.RunSQL.noop),
    ]
