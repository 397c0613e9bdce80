"""The servers of a test run."""

import pytest

from devstack.pytest_plugin import on_database


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("unix:///run/valkey.sock?db=0", "unix:///run/valkey.sock?db=3"),
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/3"),
        ("rediss://user:word@cache:6379", "rediss://user:word@cache:6379/3"),
    ],
)
def test_processes_that_test_side_by_side_have_a_broker_each(url: str, other: str) -> None:
    assert on_database(url, 3) == other
