"""What every test may use."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from django.apps import apps
from django.db.backends.postgresql.operations import DatabaseOperations
from django.db.models.signals import post_migrate
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.support.cast"]
TESTS: Final = Path(__file__).parent
SET_TRUNCATE_GUARDS = """
DO $$
DECLARE guard record;
BEGIN
    FOR guard IN
        SELECT tgrelid::regclass AS guarded, tgname AS name
        FROM pg_trigger WHERE tgname LIKE '%\\_no\\_truncate' AND NOT tgisinternal
    LOOP
        EXECUTE format('ALTER TABLE %s {} TRIGGER %I', guard.guarded, guard.name);
    END LOOP;
END $$
"""
LIFT, RESTORE = map(SET_TRUNCATE_GUARDS.replace, ("{}", "{}"), ("DISABLE", "ENABLE ALWAYS"))
# What is asserted of examples is that they hold, not how long a busy machine takes over one, nor how
# many had to be thrown away to find it.
settings.register_profile(
    "tollgate",
    deadline=None,
    print_blob=True,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
    ],
)
settings.load_profile("tollgate")


# What takes longest begins first, so that nobody is left waiting for it in the end.
LONGEST: Final = ("trust", "benchmarks", "devstack", "architecture")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest tests first; the order is otherwise the random one of pytest-randomly."""
    ranks = {name: rank for rank, name in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get(item.path.relative_to(TESTS).parts[0], len(ranks)))


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None,  # noqa: ARG001 -- pytest-django's own, which this one follows
) -> Iterator[None]:
    """Let transactional tests empty the tables between them, which the journal refuses to all."""
    from audits import access  # noqa: PLC0415 -- Django is not set up before

    empty = DatabaseOperations.execute_sql_flush

    def empty_in_spite_of_guards(operations: Any, statements: list[str]) -> None:
        empty(operations, [LIFT, *statements, RESTORE])
        access.writer.begin()  # its rows are gone, which verify would miss

    # Emptying the tables says "migrated" again each time; the grants are in place already.
    post_migrate.disconnect(dispatch_uid="audits.grants", sender=apps.get_app_config("audits"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "execute_sql_flush", empty_in_spite_of_guards)
        yield
