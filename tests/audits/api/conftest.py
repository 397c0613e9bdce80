"""The toy is there for these tests and for no others."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.audits.api import toy
from tests.support.client import ApiClient, client_of
from tests.support.people import AUDITOR, BANK, EXPORTER, INTRUDER, OFFICER


@pytest.fixture(autouse=True)
def house(settings: Settings) -> Iterator[None]:
    toy.register()
    toy.move_in()
    settings.ROOT_URLCONF = "tests.audits.api.urls"
    yield
    toy.move_out()


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
def bank() -> ApiClient:
    return client_of(BANK)


@pytest.fixture
def auditor() -> ApiClient:
    return client_of(AUDITOR)
