"""A log of two jars to export from."""

from uuid import UUID

import pytest

from tests.audits.api.toy import FillJar
from tests.audits.exporting.exported import sealed_now
from tests.audits.histories import do, full_jar


@pytest.fixture
def jar(jars: None) -> UUID:  # noqa: ARG001 -- jars can be opened then
    """Two jars of two deals; the second names the first."""
    first = full_jar(100, 200)
    second = full_jar(50)
    do(FillJar(amount_cents=1, note=f"moved from {first}"), second)
    sealed_now()
    return first
