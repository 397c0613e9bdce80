"""Expired sessions and tokens go, and no others: the worker may not touch either table itself."""

from django.db import migrations

FORGET = """
CREATE FUNCTION audits_forget_logins() RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    sessions bigint;
    tokens bigint;
BEGIN
    DELETE FROM django_session WHERE expire_date < clock_timestamp();
    GET DIAGNOSTICS sessions = ROW_COUNT;
    DELETE FROM knox_authtoken WHERE expiry < clock_timestamp();
    GET DIAGNOSTICS tokens = ROW_COUNT;
    RETURN sessions + tokens;
END $$;
"""


class Migration(migrations.Migration):
    """Additive."""

    dependencies = [("audits", "0006_access_log")]

    operations = [migrations.RunSQL(FORGET, migrations.RunSQL.noop)]
