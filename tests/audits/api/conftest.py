"""The toy is there for these tests and for no others."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.audits.api import toy


@pytest.fixture(autouse=True)
def house(settings: Settings) -> Iterator[None]:
    toy.register()
    toy.move_in()
    settings.ROOT_URLCONF = "tests.audits.api.urls"
    yield
    toy.move_out()
