"""What tests of the journal share: jars, a small journal, work whose effects can be counted."""

import json
from collections.abc import Iterator

import pytest
import pytest_django
from django.core.management import call_command

from audits import work
from audits.sequencing import Sequencer
from tests.audits import histories
from tests.audits.api import toy
from tests.audits.items import KIND, Effects
from tests.audits.logins import STATE, Written
from tests.support.database import connect_as


@pytest.fixture
def jars() -> Iterator[None]:
    """Let jars be opened, filled and smashed in this test."""
    toy.register()
    toy.move_in()
    yield
    toy.move_out()


@pytest.fixture(scope="module")
def written(
    django_db_setup: None,  # noqa: ARG001 -- the database must be there
    django_db_blocker: pytest_django.DjangoDbBlocker,
) -> Iterator[Written]:
    """Commit a small journal for the tests of this module; nothing here may change it."""
    toy.register()
    toy.move_in()
    with django_db_blocker.unblock():
        stream = histories.full_jar(100)
        Sequencer().run_until_empty()
        histories.do(toy.FillJar(amount_cents=200), stream)
        with connect_as() as superuser:
            [content] = superuser.execute(
                "SELECT canonical FROM audits_event WHERE stream_id = %s AND version = 3", [stream]
            ).fetchall()[0]
        yield Written(stream, json.loads(content))
        call_command("flush", verbosity=0, interactive=False)
    toy.move_out()


@pytest.fixture
def untouched(written: Written) -> Iterator[Written]:
    """Compare rows, triggers, owners, grants and functions of the journal before and after."""
    with connect_as() as superuser:
        before = superuser.execute(STATE).fetchone()
        yield written
        assert superuser.execute(STATE).fetchone() == before


@pytest.fixture
def effects(monkeypatch: pytest.MonkeyPatch) -> Effects:
    """Have nothing run but one kind of work, whose effects can be counted."""
    monkeypatch.setattr(work, "_handlers", {})
    handler = Effects()
    work.register(KIND, handler)
    return handler
