"""What every test may use."""

import pytest
import pytest_django
from django.db import connection
from django.db.models.signals import post_migrate

DISABLE_TRUNCATE_GUARDS = """
DO $$
DECLARE guard record;
BEGIN
    FOR guard IN
        SELECT tgrelid::regclass AS guarded, tgname AS name
        FROM pg_trigger WHERE tgname LIKE '%\\_no\\_truncate' AND NOT tgisinternal
    LOOP
        EXECUTE format('ALTER TABLE %s DISABLE TRIGGER %I', guard.guarded, guard.name);
    END LOOP;
END $$
"""


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None,  # noqa: ARG001 -- pytest-django's own, which this one follows
    django_db_blocker: pytest_django.DjangoDbBlocker,
) -> None:
    """Let transactional tests empty the tables between them, which the journal refuses."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(DISABLE_TRUNCATE_GUARDS)
    # Emptying the tables says "migrated" again each time; the grants are in place already.
    post_migrate.disconnect(dispatch_uid="audits.grants")
