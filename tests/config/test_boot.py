"""The service boots on the servers of this machine."""

import pytest
from django.db import connection

from config.celery import app


@pytest.mark.django_db
def test_tests_run_on_postgresql_18() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        row = cursor.fetchone()
    assert int(row[0]) // 10_000 == 18


def test_the_broker_answers() -> None:
    with app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1)
        assert broker.connected
