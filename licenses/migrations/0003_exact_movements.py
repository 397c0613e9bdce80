"""Holds every guarded row to the very figures of its event, in plain SQL.

0002 asks that an event of a fitting type stands behind a row; here amount, accounts, counters, cap,
serial number and report must be those that the event names, once. And what a dispatch or a grant
moves further is only accepted together with it.
"""

from django.db import migrations

COUNTERS = [
    (metric, counter)
    for metric in ("units", "tpp")
    for counter in ("us_reported", "us_reversed", "us_counting", "shortfall", "pending", "posted")
]

TRANSFER = """
CREATE UNIQUE INDEX licenses_transfer_once ON licenses_ledger_transfer (event_id, code);

CREATE FUNCTION licenses_transfer_matches_event() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    happened text;
    said jsonb;
    bank text;
    escrow text;
    excess text;
    treasury text;
    receivable text;
    payer text;
BEGIN
    SELECT e.type, convert_from(e.canonical, 'UTF8')::jsonb -> 'data' INTO happened, said
        FROM audits_event e WHERE e.event_id = NEW.event_id;
    bank := 'bank_clearing/' || (said ->> 'currency');
    treasury := 'treasury_payable/' || (said ->> 'currency');
    escrow := format('escrow/%s/%s', said ->> 'license_id', said ->> 'currency');
    excess := format('excess/%s/%s', said ->> 'license_id', said ->> 'currency');
    receivable := format('levy_receivable/%s/%s', said ->> 'exporter_id', said ->> 'currency');
    payer := CASE said ->> 'source' WHEN 'escrow' THEN bank ELSE receivable END;
    IF NOT EXISTS (
        SELECT FROM (VALUES
            ('deposit_booked', 'deposit', 'posted', bank, escrow, 'credited_cents', 'license_id'),
            ('deposit_booked', 'excess', 'posted', bank, excess, 'excess_cents', 'license_id'),
            ('excess_returned', 'excess_return', 'posted', excess, bank, 'amount_cents',
             'license_id'),
            ('escrow_released', 'levy', 'posted', escrow, treasury, 'levy_cents', 'shipment_id'),
            ('escrow_released', 'proceeds', 'posted', escrow,
             format('exporter_payable/%s/%s', said ->> 'exporter_id', said ->> 'currency'),
             'exporter_cents', 'shipment_id'),
            ('escrow_forfeited', 'forfeiture', 'posted', escrow,
             'forfeited/' || (said ->> 'currency'), 'amount_cents', 'license_id'),
            ('refund_waived', 'refund', 'pending', escrow, bank, 'amount_cents', 'license_id'),
            ('refund_paid', 'refund', 'post', escrow, bank, 'amount_cents', 'license_id'),
            ('remittance_assessed', 'levy', 'posted',
             CASE said ->> 'source' WHEN 'payer' THEN receivable END, treasury, 'amount_cents',
             'shipment_id'),
            ('remittance_instructed', 'remittance', 'pending', treasury, payer, 'amount_cents',
             'shipment_id'),
            ('remittance_returned', 'remittance', 'void', treasury, payer, 'amount_cents',
             'shipment_id'),
            ('remittance_confirmed', 'remittance', 'post', treasury, payer, 'amount_cents',
             'shipment_id')
        ) AS p (type, code, kind, debit, credit, amount, subject)
        WHERE (p.type, p.code, p.kind, p.debit, p.credit)
                = (happened, NEW.code, NEW.kind, NEW.debit_id, NEW.credit_id)
          AND (said ->> p.amount)::bigint = NEW.amount_cents
          AND (said ->> p.subject)::uuid = NEW.subject_id
          AND said ->> 'currency' = NEW.currency
    ) THEN
        RAISE EXCEPTION 'event % moves no % from % to % as %', NEW.event_id, NEW.amount_cents,
            NEW.debit_id, NEW.credit_id, NEW.code USING ERRCODE = 'TG101';
    END IF;
    RETURN NEW;
END $$;
-- Triggers fire in the order of their names: this one before any counter moves.
CREATE TRIGGER licenses_transfer_a_matches_event BEFORE INSERT ON licenses_ledger_transfer
    FOR EACH ROW EXECUTE FUNCTION licenses_transfer_matches_event();
ALTER TABLE licenses_ledger_transfer ENABLE ALWAYS TRIGGER licenses_transfer_a_matches_event;
"""

ENTRY = f"""
CREATE FUNCTION licenses_allotment_matches_event() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    said jsonb;
    cap jsonb;
BEGIN
    SELECT convert_from(e.canonical, 'UTF8')::jsonb -> 'data' INTO said
        FROM audits_event e WHERE e.event_id = NEW.event_id;
    IF ({", ".join(f"NEW.{metric}_{counter}" for metric, counter in COUNTERS)}) IS DISTINCT FROM
       ({", ".join(f"(said #>> '{{moved,{metric},{counter}}}')::bigint" for metric, counter in COUNTERS)}) THEN
        RAISE EXCEPTION 'event % does not move allotment % like that', NEW.event_id,
            NEW.allotment_id USING ERRCODE = 'TG102';
    END IF;
    -- The cap of the event; else the one that governs already; else the one it was opened with.
    cap := said -> 'cap';
    IF cap IS NULL THEN
        SELECT to_jsonb(c) INTO cap FROM licenses_allotment_counter c
            WHERE c.id = NEW.allotment_id FOR UPDATE;
    END IF;
    IF cap IS NULL THEN
        SELECT convert_from(o.canonical, 'UTF8')::jsonb #> '{{data,cap}}' INTO cap
            FROM audits_event o WHERE o.stream_id = NEW.allotment_id AND o.version = 1;
    END IF;
    IF (NEW.metric, NEW.ratio_numerator, NEW.ratio_denominator) IS DISTINCT FROM
       (cap ->> 'metric', (cap ->> 'ratio_numerator')::bigint,
        (cap ->> 'ratio_denominator')::bigint) THEN
        RAISE EXCEPTION 'allotment % is not capped like that', NEW.allotment_id
            USING ERRCODE = 'TG102';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER licenses_allotment_a_matches_event BEFORE INSERT ON licenses_allotment_entry
    FOR EACH ROW EXECUTE FUNCTION licenses_allotment_matches_event();
ALTER TABLE licenses_allotment_entry ENABLE ALWAYS TRIGGER licenses_allotment_a_matches_event;
"""

GOODS = """
CREATE FUNCTION licenses_serial_matches_event() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM audits_event e
        WHERE e.event_id = NEW.event_id AND e.type = 'shipment_dispatched'
          AND e.stream_id = NEW.shipment_id
          AND convert_from(e.canonical, 'UTF8')::jsonb #> '{data,serials}' ? NEW.serial
    ) THEN
        RAISE EXCEPTION 'serial number % did not leave with event %', NEW.serial, NEW.event_id
            USING ERRCODE = 'TG103';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER licenses_serial_matches_event BEFORE INSERT ON licenses_shipped_serial
    FOR EACH ROW EXECUTE FUNCTION licenses_serial_matches_event();
ALTER TABLE licenses_shipped_serial ENABLE ALWAYS TRIGGER licenses_serial_matches_event;

CREATE FUNCTION licenses_report_matches_event() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM audits_event e,
            LATERAL (SELECT convert_from(e.canonical, 'UTF8')::jsonb -> 'data' AS said) AS accepted
        WHERE e.event_id = NEW.event_id AND e.type = 'report_accepted'
          AND (said ->> 'report_sha256', said #>> '{report,laboratory_id}',
               said #>> '{report,report_number}', said ->> 'shipment_id')
            = (NEW.report_sha256, NEW.laboratory_id::text, NEW.report_number, NEW.shipment_id::text)
    ) THEN
        RAISE EXCEPTION 'report % was not accepted by event %', NEW.report_number, NEW.event_id
            USING ERRCODE = 'TG103';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER licenses_report_matches_event BEFORE INSERT ON licenses_accepted_report
    FOR EACH ROW EXECUTE FUNCTION licenses_report_matches_event();
ALTER TABLE licenses_accepted_report ENABLE ALWAYS TRIGGER licenses_report_matches_event;
"""

TOGETHER = """
CREATE FUNCTION licenses_dispatch_as_requested() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    left_as jsonb := convert_from(NEW.canonical, 'UTF8')::jsonb -> 'data';
    terms jsonb;
    units bigint := jsonb_array_length(left_as -> 'serials');
BEGIN
    SELECT convert_from(r.canonical, 'UTF8')::jsonb #> '{data,terms}' INTO terms
        FROM audits_event r
        WHERE r.stream_id = NEW.stream_id AND r.version = 1 AND r.type = 'shipment_requested';
    IF (left_as -> 'license_id', left_as -> 'line', left_as -> 'allotment_id', left_as -> 'currency',
        (left_as ->> 'quantity')::bigint, (left_as ->> 'value_cents')::bigint)
       IS DISTINCT FROM
       (terms -> 'license_id', terms -> 'line', terms -> 'allotment_id', terms -> 'currency',
        units, units * (terms ->> 'unit_price_cents')::bigint)
       OR NOT (terms -> 'serials') @> (left_as -> 'serials') THEN
        RAISE EXCEPTION 'dispatch % is not what was requested', NEW.stream_id
            USING ERRCODE = 'TG103';
    END IF;
    IF NOT EXISTS (
        SELECT FROM audits_event d,
            LATERAL (SELECT convert_from(d.canonical, 'UTF8')::jsonb -> 'data' AS said) AS drawn
        WHERE d.command_id = NEW.command_id AND d.type = 'license_drawn_down'
          AND d.stream_id = (left_as ->> 'license_id')::uuid
          AND (said -> 'line', said -> 'quantity', said -> 'value_cents')
            = (left_as -> 'line', left_as -> 'quantity', left_as -> 'value_cents')
    ) THEN
        RAISE EXCEPTION 'dispatch % draws no license', NEW.stream_id USING ERRCODE = 'TG103';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER licenses_dispatch_as_requested AFTER INSERT ON audits_event
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.type = 'shipment_dispatched')
    EXECUTE FUNCTION licenses_dispatch_as_requested();
ALTER TABLE audits_event ENABLE ALWAYS TRIGGER licenses_dispatch_as_requested;

CREATE FUNCTION licenses_follows_dispatch() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM audits_event d
        WHERE d.command_id = NEW.command_id AND d.type = 'shipment_dispatched'
          AND d.stream_id = (convert_from(NEW.canonical, 'UTF8')::jsonb
                             #>> '{data,shipment_id}')::uuid
    ) THEN
        RAISE EXCEPTION '% without the dispatch that it follows', NEW.type
            USING ERRCODE = 'TG103';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER licenses_follows_dispatch AFTER INSERT ON audits_event
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.type IN ('escrow_released', 'license_drawn_down', 'volume_posted'))
    EXECUTE FUNCTION licenses_follows_dispatch();
ALTER TABLE audits_event ENABLE ALWAYS TRIGGER licenses_follows_dispatch;

CREATE FUNCTION licenses_follows_grant() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM audits_event g
        WHERE g.command_id = NEW.command_id AND g.type = 'license_granted'
          AND g.stream_id = (convert_from(NEW.canonical, 'UTF8')::jsonb
                             #>> '{data,license_id}')::uuid
    ) THEN
        RAISE EXCEPTION '% without the grant that it follows', NEW.type USING ERRCODE = 'TG102';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER licenses_follows_grant AFTER INSERT ON audits_event
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.type = 'volume_reserved')
    EXECUTE FUNCTION licenses_follows_grant();
ALTER TABLE audits_event ENABLE ALWAYS TRIGGER licenses_follows_grant;
"""


class Migration(migrations.Migration):
    """Additive; an operator's database is never loosened by going back."""

    dependencies = [("licenses", "0002_guards")]

    operations = [
        migrations.RunSQL(TRANSFER, migrations.RunSQL.noop),
        migrations.RunSQL(ENTRY, migrations.RunSQL.noop),
        migrations.RunSQL(GOODS, migrations.RunSQL.noop),
        migrations.RunSQL(TOGETHER, migrations.RunSQL.noop),
    ]
