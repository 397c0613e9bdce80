"""Guards of money, volume and serial numbers, in plain SQL.

Application roles insert transfers, entries and serials; triggers that run as the owner move the
counters, and CHECKs decide. Own SQLSTATEs: TG101 ledger, TG102 allotment, TG103 dispatch.
"""

from django.db import migrations

LEDGER = """
ALTER TABLE licenses_ledger_account
    ADD CONSTRAINT licenses_ledger_not_negative CHECK (
        debits_pending >= 0 AND debits_posted >= 0 AND
        credits_pending >= 0 AND credits_posted >= 0),
    -- What the bank holds cannot pay out more than came in; nobody is paid what is not theirs.
    ADD CONSTRAINT licenses_ledger_covered CHECK (
        CASE WHEN kind IN ('bank_clearing', 'levy_receivable') THEN credits_pending + credits_posted <= debits_posted
             ELSE debits_pending + debits_posted <= credits_posted END);

CREATE FUNCTION licenses_transfer_before_insert() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    held licenses_ledger_transfer%ROWTYPE;
    account text;
    pending bigint := 0;
    posted bigint := 0;
BEGIN
    IF NOT EXISTS (
        SELECT FROM audits_event e WHERE e.event_id = NEW.event_id AND e.type = ANY (
            CASE NEW.code
                WHEN 'deposit' THEN ARRAY['deposit_booked']
                WHEN 'excess' THEN ARRAY['deposit_booked']
                WHEN 'excess_return' THEN ARRAY['excess_returned']
                WHEN 'levy' THEN ARRAY['escrow_released', 'remittance_assessed']
                WHEN 'proceeds' THEN ARRAY['escrow_released']
                WHEN 'forfeiture' THEN ARRAY['escrow_forfeited']
                WHEN 'refund' THEN ARRAY['refund_waived', 'refund_paid']
                WHEN 'remittance' THEN ARRAY['remittance_instructed', 'remittance_returned',
                                             'remittance_confirmed']
            END)
    ) THEN
        RAISE EXCEPTION 'no event of the journal moves money as %', NEW.code
            USING ERRCODE = 'TG101';
    END IF;
    IF NEW.kind IN ('post', 'void') THEN
        SELECT * INTO held FROM licenses_ledger_transfer t WHERE t.id = NEW.pending_id;
        IF held.kind IS DISTINCT FROM 'pending'
           OR (held.debit_id, held.credit_id, held.amount_cents, held.currency)
              IS DISTINCT FROM (NEW.debit_id, NEW.credit_id, NEW.amount_cents, NEW.currency) THEN
            RAISE EXCEPTION 'transfer % resolves no such pending transfer', NEW.id
                USING ERRCODE = 'TG101';
        END IF;
    ELSIF NEW.pending_id IS NOT NULL THEN
        RAISE EXCEPTION 'only post and void resolve a transfer' USING ERRCODE = 'TG101';
    END IF;
    pending := CASE NEW.kind WHEN 'pending' THEN NEW.amount_cents
                             WHEN 'posted' THEN 0 ELSE -NEW.amount_cents END;
    posted := CASE WHEN NEW.kind IN ('posted', 'post') THEN NEW.amount_cents ELSE 0 END;
    -- Always in the order of names, so that two transfers never wait for each other.
    FOREACH account IN ARRAY ARRAY[least(NEW.debit_id, NEW.credit_id),
                                greatest(NEW.debit_id, NEW.credit_id)] LOOP
        INSERT INTO licenses_ledger_account
            (name, kind, currency, debits_pending, debits_posted, credits_pending, credits_posted)
            VALUES (account, split_part(account, '/', 1), NEW.currency, 0, 0, 0, 0)
            ON CONFLICT DO NOTHING;
        UPDATE licenses_ledger_account a SET
            debits_pending = debits_pending + CASE a.name WHEN NEW.debit_id THEN pending ELSE 0 END,
            debits_posted = debits_posted + CASE a.name WHEN NEW.debit_id THEN posted ELSE 0 END,
            credits_pending =
                credits_pending + CASE a.name WHEN NEW.credit_id THEN pending ELSE 0 END,
            credits_posted = credits_posted + CASE a.name WHEN NEW.credit_id THEN posted ELSE 0 END
            WHERE a.name = account AND a.currency = NEW.currency;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'account % is not in %', account, NEW.currency USING ERRCODE = 'TG101';
        END IF;
    END LOOP;
    RETURN NEW;
END $$;
"""

COUNTERS = [
    f"{metric}_{counter}"
    for metric in ("units", "tpp")
    for counter in ("us_reported", "us_reversed", "us_counting", "shortfall", "pending", "posted")
]
ALLOTMENT = f"""
ALTER TABLE licenses_allotment_counter
    ADD CONSTRAINT licenses_allotment_not_negative CHECK (least({", ".join(COUNTERS)}) >= 0),
    ADD CONSTRAINT licenses_allotment_metric CHECK (metric IN ('units', 'tpp')),
    ADD CONSTRAINT licenses_allotment_counting CHECK (
        units_us_counting = units_us_reported - units_us_reversed + units_shortfall AND
        tpp_us_counting = tpp_us_reported - tpp_us_reversed + tpp_shortfall),
    ADD CONSTRAINT licenses_allotment_cap CHECK (
        CASE metric
            WHEN 'units' THEN ratio_denominator * (units_pending + units_posted)
                              <= ratio_numerator * units_us_counting
            ELSE ratio_denominator * (tpp_pending + tpp_posted)
                 <= ratio_numerator * tpp_us_counting
        END);

CREATE FUNCTION licenses_allotment_before_insert() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM audits_event e
        WHERE e.event_id = NEW.event_id AND e.stream_id = NEW.allotment_id
          AND e.aggregate = 'allotment'
    ) THEN
        RAISE EXCEPTION 'no event of allotment % moves its counters', NEW.allotment_id
            USING ERRCODE = 'TG102';
    END IF;
    INSERT INTO licenses_allotment_counter
        (id, metric, ratio_numerator, ratio_denominator, {", ".join(COUNTERS)})
        VALUES (NEW.allotment_id, NEW.metric, NEW.ratio_numerator, NEW.ratio_denominator,
                {", ".join("0" for _ in COUNTERS)})
        ON CONFLICT DO NOTHING;
    -- One guarded statement under the row's lock: the CHECKs decide, whoever comes first.
    UPDATE licenses_allotment_counter SET
        metric = NEW.metric,
        ratio_numerator = NEW.ratio_numerator,
        ratio_denominator = NEW.ratio_denominator,
        {", ".join(f"{name} = {name} + NEW.{name}" for name in COUNTERS)}
        WHERE id = NEW.allotment_id;
    RETURN NEW;
END $$;
CREATE TRIGGER licenses_allotment_before_insert BEFORE INSERT ON licenses_allotment_entry
    FOR EACH ROW EXECUTE FUNCTION licenses_allotment_before_insert();
ALTER TABLE licenses_allotment_entry ENABLE ALWAYS TRIGGER licenses_allotment_before_insert;
CREATE TRIGGER licenses_transfer_before_insert BEFORE INSERT ON licenses_ledger_transfer
    FOR EACH ROW EXECUTE FUNCTION licenses_transfer_before_insert();
ALTER TABLE licenses_ledger_transfer ENABLE ALWAYS TRIGGER licenses_transfer_before_insert;
"""

DISPATCH = """
CREATE SEQUENCE licenses_control_number START 1;
CREATE SEQUENCE licenses_license_number START 1;

CREATE FUNCTION licenses_dispatch_is_covered() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    dispatched jsonb := convert_from(NEW.canonical, 'UTF8')::jsonb -> 'data';
    prepaid boolean;
    paid bigint;
    gone bigint;
BEGIN
    SELECT count(*) INTO gone FROM licenses_shipped_serial s
        WHERE s.shipment_id = NEW.stream_id AND s.event_id = NEW.event_id;
    IF gone <> jsonb_array_length(dispatched -> 'serials') THEN
        RAISE EXCEPTION 'dispatch %: % serial numbers are recorded', NEW.stream_id, gone
            USING ERRCODE = 'TG103';
    END IF;
    SELECT coalesce(sum(t.amount_cents), 0) INTO paid FROM licenses_ledger_transfer t
        WHERE t.subject_id = NEW.stream_id AND t.kind = 'posted'
          AND t.code IN ('levy', 'proceeds') AND t.debit_id = format('escrow/%s/%s',
              dispatched ->> 'license_id', dispatched ->> 'currency');
    SELECT (o.body #>> '{data,prepayment,required}')::boolean INTO prepaid
        FROM audits_journal o JOIN licenses_escrow e ON e.id = o.stream_id
        WHERE e.license_id = (dispatched ->> 'license_id')::uuid AND o.type = 'escrow_opened';
    IF coalesce(prepaid, true) AND paid <> (dispatched ->> 'value_cents')::bigint THEN
        RAISE EXCEPTION 'dispatch % is worth % and % was released from escrow',
            NEW.stream_id, dispatched ->> 'value_cents', paid USING ERRCODE = 'TG103';
    END IF;
    IF dispatched ->> 'allotment_id' IS NOT NULL AND NOT EXISTS (
        SELECT FROM audits_event p JOIN licenses_allotment_entry m ON m.event_id = p.event_id
        WHERE p.command_id = NEW.command_id AND p.type = 'volume_posted'
          AND m.allotment_id = (dispatched ->> 'allotment_id')::uuid
          AND m.units_posted = jsonb_array_length(dispatched -> 'serials')
    ) THEN
        RAISE EXCEPTION 'dispatch % posts no volume', NEW.stream_id USING ERRCODE = 'TG103';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER licenses_dispatch_is_covered AFTER INSERT ON audits_event
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.type = 'shipment_dispatched')
    EXECUTE FUNCTION licenses_dispatch_is_covered();
ALTER TABLE audits_event ENABLE ALWAYS TRIGGER licenses_dispatch_is_covered;
"""

IMMUTABLE = "".join(
    f"""
CREATE TRIGGER {table}_immutable BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION audits_immutable();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION audits_immutable();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_immutable;
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_truncate;
"""
    for table in (
        "licenses_ledger_transfer",
        "licenses_allotment_entry",
        "licenses_shipped_serial",
        "licenses_accepted_report",
    )
)


class Migration(migrations.Migration):
    """Additive; an operator's database is never loosened by going back."""

    dependencies = [("licenses", "0001_initial"), ("audits", "0002_guards")]

    operations = [
        migrations.RunSQL(LEDGER, migrations.RunSQL.noop),
        migrations.RunSQL(ALLOTMENT, migrations.RunSQL.noop),
        migrations.RunSQL(DISPATCH, migrations.RunSQL.noop),
        migrations.RunSQL(IMMUTABLE, migrations.RunSQL.noop),
    ]
