"""The toy aggregate for tests of the journal that carry out commands."""

from collections.abc import Iterator

import pytest

from tests.audits.api import toy


@pytest.fixture
def jars() -> Iterator[None]:
    """Let jars be opened, filled and smashed in this test."""
    toy.register()
    toy.move_in()
    yield
    toy.move_out()
