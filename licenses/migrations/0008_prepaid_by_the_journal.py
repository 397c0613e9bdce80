"""Whether a dispatch must be prepaid is read from the journal, not from a table that roles may write.

0002 found the account of a license through its read model: pointed at another account, one opened
without prepayment, it let an unpaid dispatch pass. An event in the deal of the grant cannot be taken
away, and one that asks for prepayment outweighs any other. Own SQLSTATE: TG103.
"""

from django.db import migrations

PREPAID = """
CREATE FUNCTION licenses_is_prepaid(license uuid) RETURNS boolean
    LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
    SELECT coalesce(bool_or((said #>> '{prepayment,required}')::boolean), true)
    FROM audits_event g JOIN audits_event o ON o.correlation_id = g.correlation_id,
        LATERAL (SELECT convert_from(o.canonical, 'UTF8')::jsonb -> 'data' AS said) AS opened
    WHERE g.stream_id = license AND g.version = 1 AND o.type = 'escrow_opened'
      AND (said ->> 'license_id')::uuid = license;
$$;

CREATE OR REPLACE FUNCTION licenses_dispatch_is_covered() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    dispatched jsonb := convert_from(NEW.canonical, 'UTF8')::jsonb -> 'data';
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
    IF paid <> (dispatched ->> 'value_cents')::bigint
       AND licenses_is_prepaid((dispatched ->> 'license_id')::uuid) THEN
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
"""


class Migration(migrations.Migration):
    """Additive; an operator's database is never loosened by going back."""

    dependencies = [("licenses", "0007_halted")]

    operations = [migrations.RunSQL(PREPAID, migrations.RunSQL.noop)]
