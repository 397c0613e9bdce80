"""A halt stops money and volume in the database, too: whoever writes, nothing moves.

Check violations with a name of their own, so that a handler answers them like any other guard.
"""

from django.db import migrations

HALTED = """
CREATE FUNCTION licenses_money_runs() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    IF audits_is_halted('money') THEN
        RAISE EXCEPTION 'money is halted' USING ERRCODE = '23514',
            CONSTRAINT = 'licenses_money_halted';
    END IF;
    RETURN NEW;
END $$;
-- Triggers fire in the order of their names: this one before all others.
CREATE TRIGGER licenses_transfer_0_runs BEFORE INSERT ON licenses_ledger_transfer
    FOR EACH ROW EXECUTE FUNCTION licenses_money_runs();
ALTER TABLE licenses_ledger_transfer ENABLE ALWAYS TRIGGER licenses_transfer_0_runs;

CREATE FUNCTION licenses_volume_runs() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    IF audits_is_halted('volume') THEN
        RAISE EXCEPTION 'volume is halted' USING ERRCODE = '23514',
            CONSTRAINT = 'licenses_volume_halted';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER licenses_allotment_0_runs BEFORE INSERT ON licenses_allotment_entry
    FOR EACH ROW EXECUTE FUNCTION licenses_volume_runs();
ALTER TABLE licenses_allotment_entry ENABLE ALWAYS TRIGGER licenses_allotment_0_runs;
"""


class Migration(migrations.Migration):
    """Additive; an operator's database is never loosened by going back."""

    dependencies = [("licenses", "0006_list_indexes"), ("audits", "0005_findings")]

    operations = [migrations.RunSQL(HALTED, migrations.RunSQL.noop)]
