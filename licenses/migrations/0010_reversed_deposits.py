"""Payments that the bank takes back: what moves for them, and that nothing leaves on them.

What a reversal moves is held to its event like all else; what had left escrow is the buyer's debt
and the bank's advance, so that no account ever falls below nothing. And a dispatch that must be
prepaid needs the whole price there: paid in, and not taken back. Own SQLSTATEs: TG101, TG103.

Columns of lists from before are filled by `manage.py rebuild`.
"""

from django.db import migrations, models

ACCOUNTS = """
ALTER TABLE licenses_ledger_account
    DROP CONSTRAINT licenses_ledger_covered,
    ADD CONSTRAINT licenses_ledger_covered CHECK (
        CASE WHEN kind IN ('bank_clearing', 'levy_receivable', 'buyer_receivable')
             THEN credits_pending + credits_posted <= debits_posted
             ELSE debits_pending + debits_posted <= credits_posted END);
"""

# Which event moves money as what is said once, by the trigger that runs first: it asks for type,
# code, kind, accounts, amount and subject together.
MOVES = """
CREATE OR REPLACE FUNCTION licenses_transfer_before_insert() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    held licenses_ledger_transfer%ROWTYPE;
    account text;
    pending bigint := 0;
    posted bigint := 0;
BEGIN
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

CREATE OR REPLACE FUNCTION licenses_transfer_matches_event() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    happened text;
    said jsonb;
    bank text;
    escrow text;
    excess text;
    debt text;
    advance text;
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
    debt := format('buyer_receivable/%s/%s', said ->> 'license_id', said ->> 'currency');
    advance := format('bank_advance/%s/%s', said ->> 'license_id', said ->> 'currency');
    receivable := format('levy_receivable/%s/%s', said ->> 'exporter_id', said ->> 'currency');
    payer := CASE said ->> 'source' WHEN 'escrow' THEN bank ELSE receivable END;
    IF NOT EXISTS (
        SELECT FROM (VALUES
            ('deposit_booked', 'deposit', 'posted', bank, escrow, 'credited_cents', 'license_id'),
            ('deposit_booked', 'excess', 'posted', bank, excess, 'excess_cents', 'license_id'),
            ('deposit_reversed', 'deposit_reversal', 'posted', escrow, bank, 'escrow_cents',
             'license_id'),
            ('deposit_reversed', 'excess_reversal', 'posted', excess, bank, 'excess_cents',
             'license_id'),
            ('deposit_reversed', 'advance', 'posted', debt, advance, 'advanced_cents',
             'license_id'),
            ('reversal_undone', 'settlement', 'posted', advance, debt, 'settled_cents',
             'license_id'),
            ('reversal_undone', 'deposit', 'posted', bank, escrow, 'escrow_cents', 'license_id'),
            ('reversal_undone', 'excess', 'posted', bank, excess, 'excess_cents', 'license_id'),
            ('advance_repaid', 'repayment', 'posted', escrow, bank, 'amount_cents', 'license_id'),
            ('advance_repaid', 'settlement', 'posted', advance, debt, 'amount_cents',
             'license_id'),
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
"""

PREPAID = """
-- The price that must be prepaid; no price is high enough where no account was opened in the deal.
CREATE FUNCTION licenses_prepayment_cents(license uuid) RETURNS numeric
    LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
    SELECT CASE WHEN coalesce(bool_or((said #>> '{prepayment,required}')::boolean), true)
                THEN coalesce(max((said ->> 'price_cents')::numeric), 'Infinity')
                ELSE 0 END
    FROM audits_event g JOIN audits_event o ON o.correlation_id = g.correlation_id,
        LATERAL (SELECT convert_from(o.canonical, 'UTF8')::jsonb -> 'data' AS said) AS opened
    WHERE g.stream_id = license AND g.version = 1 AND o.type = 'escrow_opened'
      AND (said ->> 'license_id')::uuid = license;
$$;

-- What was paid toward the price and not taken back. A repayment to the bank and the settlement
-- that comes with it weigh each other up; what the bank gives back settles without one.
CREATE FUNCTION licenses_paid_in_cents(license uuid) RETURNS numeric
    LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
    SELECT coalesce(sum(CASE WHEN t.code IN ('deposit', 'settlement') THEN t.amount_cents
                             ELSE -t.amount_cents END), 0)
    FROM licenses_ledger_transfer t
    WHERE t.subject_id = license
      AND t.code IN ('deposit', 'settlement', 'deposit_reversal', 'advance', 'repayment');
$$;

CREATE OR REPLACE FUNCTION licenses_dispatch_is_covered() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    dispatched jsonb := convert_from(NEW.canonical, 'UTF8')::jsonb -> 'data';
    license uuid := (dispatched ->> 'license_id')::uuid;
    price numeric := licenses_prepayment_cents(license);
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
    IF price > 0 AND paid <> (dispatched ->> 'value_cents')::bigint THEN
        RAISE EXCEPTION 'dispatch % is worth % and % was released from escrow',
            NEW.stream_id, dispatched ->> 'value_cents', paid USING ERRCODE = 'TG103';
    END IF;
    IF licenses_paid_in_cents(license) < price THEN
        RAISE EXCEPTION 'dispatch %: the price of % is not paid in', NEW.stream_id, price
            USING ERRCODE = 'TG103';
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
DROP FUNCTION licenses_is_prepaid(uuid);
"""


class Migration(migrations.Migration):
    """Additive; an operator's database is never loosened by going back."""

    dependencies = [("licenses", "0009_uncovered_deposits")]

    operations = [
        migrations.AddField(
            model_name="escrowrow",
            name="owed_cents",
            field=models.BigIntegerField(db_default=0),
        ),
        migrations.RunSQL(ACCOUNTS, migrations.RunSQL.noop),
        migrations.RunSQL(MOVES, migrations.RunSQL.noop),
        migrations.RunSQL(PREPAID, migrations.RunSQL.noop),
    ]
