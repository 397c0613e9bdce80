"""The register of editions: who decides under the edition in force keeps it from changing.

A shared lock for decisions, an exclusive one for whatever changes which edition rules. A decision
that waited while an edition took effect has an old clock: 40001 makes it start again.
"""

from django.db import migrations

REGISTER = """
CREATE FUNCTION licenses_hold_editions(moment timestamptz) RETURNS void
    LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('licenses.editions', 0));
    -- A query of its own, so it sees whatever the lock waited for.
    IF EXISTS (
        SELECT FROM public.licenses_edition e
        WHERE e.status IN ('approved', 'in_force')
          AND e.effective_from > moment AND e.effective_from <= clock_timestamp()
    ) THEN
        RAISE EXCEPTION 'an edition took effect after %', moment USING ERRCODE = '40001';
    END IF;
END $$;

CREATE FUNCTION licenses_change_editions() RETURNS timestamptz
    LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('licenses.editions', 0));
    RETURN clock_timestamp();
END $$;
"""


class Migration(migrations.Migration):
    """Additive; an operator's database is never loosened by going back."""

    dependencies = [("licenses", "0003_exact_movements")]

    operations = [migrations.RunSQL(REGISTER, migrations.RunSQL.noop)]
