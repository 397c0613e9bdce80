"""Everybody who talks to the API, logged in, as fixtures."""

import pytest

from tests.support.client import ApiClient, client_of
from tests.support.people import AUDITOR, BANK, EXPORTER, INTRUDER, OFFICER, SECOND_OFFICER


@pytest.fixture
def exporter() -> ApiClient:
    return client_of(EXPORTER)


@pytest.fixture
def intruder() -> ApiClient:
    return client_of(INTRUDER)


@pytest.fixture
def officer() -> ApiClient:
    return client_of(OFFICER)


@pytest.fixture
def second_officer() -> ApiClient:
    return client_of(SECOND_OFFICER)


@pytest.fixture
def bank() -> ApiClient:
    return client_of(BANK)


@pytest.fixture
def auditor() -> ApiClient:
    return client_of(AUDITOR)
