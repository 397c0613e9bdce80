"""What must be together with an event, asked by one trigger at COMMIT instead of four with conditions.

PostgreSQL reads the condition of each trigger anew for every statement that appends. Each promise
keeps a function of its own, with the body that it had. Own SQLSTATEs: TG102, TG103.
"""

from django.db import migrations

TOGETHER = """
CREATE FUNCTION licenses_must_be_covered(event audits_event) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    dispatched jsonb := convert_from(event.canonical, 'UTF8')::jsonb -> 'data';
    license uuid := (dispatched ->> 'license_id')::uuid;
    price numeric := licenses_prepayment_cents(license);
    paid bigint;
    gone bigint;
BEGIN
    SELECT count(*) INTO gone FROM licenses_shipped_serial s
        WHERE s.shipment_id = event.stream_id AND s.event_id = event.event_id;
    IF gone <> jsonb_array_length(dispatched -> 'serials') THEN
        RAISE EXCEPTION 'dispatch %: % serial numbers are recorded', event.stream_id, gone
            USING ERRCODE = 'TG103';
    END IF;
    SELECT coalesce(sum(t.amount_cents), 0) INTO paid FROM licenses_ledger_transfer t
        WHERE t.subject_id = event.stream_id AND t.kind = 'posted'
          AND t.code IN ('levy', 'proceeds') AND t.debit_id = format('escrow/%s/%s',
              dispatched ->> 'license_id', dispatched ->> 'currency');
    IF price > 0 AND paid <> (dispatched ->> 'value_cents')::bigint THEN
        RAISE EXCEPTION 'dispatch % is worth % and % was released from escrow',
            event.stream_id, dispatched ->> 'value_cents', paid USING ERRCODE = 'TG103';
    END IF;
    IF licenses_paid_in_cents(license) < price THEN
        RAISE EXCEPTION 'dispatch %: the price of % is not paid in', event.stream_id, price
            USING ERRCODE = 'TG103';
    END IF;
    IF dispatched ->> 'allotment_id' IS NOT NULL AND NOT EXISTS (
        SELECT FROM audits_event p JOIN licenses_allotment_entry m ON m.event_id = p.event_id
        WHERE p.command_id = event.command_id AND p.type = 'volume_posted'
          AND m.allotment_id = (dispatched ->> 'allotment_id')::uuid
          AND m.units_posted = jsonb_array_length(dispatched -> 'serials')
    ) THEN
        RAISE EXCEPTION 'dispatch % posts no volume', event.stream_id USING ERRCODE = 'TG103';
    END IF;
END $$;

CREATE FUNCTION licenses_must_be_as_requested(event audits_event) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    left_as jsonb := convert_from(event.canonical, 'UTF8')::jsonb -> 'data';
    terms jsonb;
    units bigint := jsonb_array_length(left_as -> 'serials');
BEGIN
    SELECT convert_from(r.canonical, 'UTF8')::jsonb #> '{data,terms}' INTO terms
        FROM audits_event r
        WHERE r.stream_id = event.stream_id AND r.version = 1 AND r.type = 'shipment_requested';
    IF (left_as -> 'license_id', left_as -> 'line', left_as -> 'allotment_id', left_as -> 'currency',
        (left_as ->> 'quantity')::bigint, (left_as ->> 'value_cents')::bigint)
       IS DISTINCT FROM
       (terms -> 'license_id', terms -> 'line', terms -> 'allotment_id', terms -> 'currency',
        units, units * (terms ->> 'unit_price_cents')::bigint)
       OR NOT (terms -> 'serials') @> (left_as -> 'serials') THEN
        RAISE EXCEPTION 'dispatch % is not what was requested', event.stream_id
            USING ERRCODE = 'TG103';
    END IF;
    IF NOT EXISTS (
        SELECT FROM audits_event d,
            LATERAL (SELECT convert_from(d.canonical, 'UTF8')::jsonb -> 'data' AS said) AS drawn
        WHERE d.command_id = event.command_id AND d.type = 'license_drawn_down'
          AND d.stream_id = (left_as ->> 'license_id')::uuid
          AND (said -> 'line', said -> 'quantity', said -> 'value_cents')
            = (left_as -> 'line', left_as -> 'quantity', left_as -> 'value_cents')
    ) THEN
        RAISE EXCEPTION 'dispatch % draws no license', event.stream_id USING ERRCODE = 'TG103';
    END IF;
END $$;

CREATE FUNCTION licenses_must_follow_dispatch(event audits_event) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM audits_event d
        WHERE d.command_id = event.command_id AND d.type = 'shipment_dispatched'
          AND d.stream_id = (convert_from(event.canonical, 'UTF8')::jsonb
                             #>> '{data,shipment_id}')::uuid
    ) THEN
        RAISE EXCEPTION '% without the dispatch that it follows', event.type
            USING ERRCODE = 'TG103';
    END IF;
END $$;

CREATE FUNCTION licenses_must_follow_grant(event audits_event) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM audits_event g
        WHERE g.command_id = event.command_id AND g.type = 'license_granted'
          AND g.stream_id = (convert_from(event.canonical, 'UTF8')::jsonb
                             #>> '{data,license_id}')::uuid
    ) THEN
        RAISE EXCEPTION '% without the grant that it follows', event.type USING ERRCODE = 'TG102';
    END IF;
END $$;

-- These believe the event that they are given, so nobody but the owner may give them one.
REVOKE ALL ON FUNCTION licenses_must_be_covered(audits_event),
    licenses_must_be_as_requested(audits_event), licenses_must_follow_dispatch(audits_event),
    licenses_must_follow_grant(audits_event) FROM PUBLIC;

-- Anybody may call this one: it reads the event, and of another transaction it asks nothing.
CREATE FUNCTION licenses_must_be_together(id uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    event audits_event;
BEGIN
    SELECT e.* INTO event FROM audits_event e
        WHERE e.event_id = id AND e.xid = pg_current_xact_id();
    CASE event.type
        WHEN 'shipment_dispatched' THEN
            PERFORM licenses_must_be_as_requested(event);
            PERFORM licenses_must_be_covered(event);
        WHEN 'escrow_released', 'license_drawn_down', 'volume_posted' THEN
            PERFORM licenses_must_follow_dispatch(event);
        WHEN 'volume_reserved' THEN
            PERFORM licenses_must_follow_grant(event);
        ELSE NULL;
    END CASE;
END $$;

CREATE FUNCTION licenses_event_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.type IN ('shipment_dispatched', 'escrow_released', 'license_drawn_down',
                    'volume_posted', 'volume_reserved') THEN
        PERFORM public.licenses_must_be_together(NEW.event_id);
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER licenses_event_at_commit AFTER INSERT ON audits_event
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION licenses_event_at_commit();
ALTER TABLE audits_event ENABLE ALWAYS TRIGGER licenses_event_at_commit;

DROP TRIGGER licenses_dispatch_is_covered ON audits_event;
DROP TRIGGER licenses_dispatch_as_requested ON audits_event;
DROP TRIGGER licenses_follows_dispatch ON audits_event;
DROP TRIGGER licenses_follows_grant ON audits_event;
DROP FUNCTION licenses_dispatch_is_covered();
DROP FUNCTION licenses_dispatch_as_requested();
DROP FUNCTION licenses_follows_dispatch();
DROP FUNCTION licenses_follows_grant();
"""


class Migration(migrations.Migration):
    """Replaces guards by the same ones elsewhere; no row changes. One transaction, so none is missing."""

    dependencies = [
        ("licenses", "0011_free_numbers"),
        ("audits", "0013_guards_in_two_triggers"),
    ]

    operations = [migrations.RunSQL(TOGETHER, migrations.RunSQL.noop)]
