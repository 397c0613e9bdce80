"""Another key from the environment takes over: nothing is lost, whatever is cut off or comes between."""

import io
import json
from collections.abc import Iterator
from typing import Any, Final, LiteralString
from uuid import UUID

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from pytest_django import Settings

from audits import grants, vault
from audits.models import EventRow
from audits.statements import run
from audits.vault import Holder, rewrapping, wrapping
from audits.verification import verify
from tests.support.people import EXPORTER, identity
from tests.support.world import logged_in

pytestmark = pytest.mark.django_db

HOLDER: Final = Holder(EXPORTER.organization_id, identity("holder"))
NAMES: Final = ("Ottoline Krebsbach", "Ilmari Wexcombe", "Thessaly Vandermoor")
COMING: Final = "the coming key of tests, which opens nothing of anybody's"


@pytest.fixture
def tokens() -> list[str]:
    return [vault.seal_name(name, HOLDER) for name in NAMES]


@pytest.fixture
def taken_over(tokens: list[str], settings: Settings) -> list[str]:
    """Let another key take over, and the one before open what it wrapped."""
    settings.PERSONAL_KEY_OTHER = settings.PERSONAL_KEY
    settings.PERSONAL_KEY = COMING
    return tokens


def personal_key(action: str) -> Any:
    out = io.StringIO()
    call_command("personal_key", action, "--json", stdout=out)
    return json.loads(out.getvalue())


def shown(tokens: list[str]) -> list[str]:
    return [vault.revealed(token.encode()).decode() for token in tokens]


def rewraps() -> int:
    return EventRow.objects.filter(type="personal_keys_rewrapped").count()


def test_either_key_opens_while_one_replaces_the_other(
    tokens: list[str], settings: Settings
) -> None:
    settings.PERSONAL_KEY_OTHER = COMING  # everywhere, before anybody wraps by it
    assert shown(tokens) == list(NAMES)
    settings.PERSONAL_KEY, settings.PERSONAL_KEY_OTHER = COMING, settings.PERSONAL_KEY
    assert shown(tokens) == list(NAMES)
    later = vault.seal_name("Balthasar Inkpen", HOLDER)
    assert vault.seal_name(NAMES[0], HOLDER) == tokens[0]  # the same subject as before
    assert sorted(use["keys"] for use in personal_key("status")["uses"]) == [1, 3]
    settings.PERSONAL_KEY_OTHER = ""
    assert shown([later]) == ["Balthasar Inkpen"]
    with pytest.raises(ImproperlyConfigured, match="does not open"):
        shown(tokens)


def test_once_all_is_wrapped_anew_the_old_key_is_not_needed(
    taken_over: list[str], settings: Settings
) -> None:
    told = personal_key("rewrap")
    assert told["rewrapped"] == len(NAMES)
    [use] = told["uses"]
    assert use == {
        "wrapped_by": wrapping.current().id,
        "keys": len(NAMES),
        "setting": "TOLLGATE_PERSONAL_KEY",
    }
    settings.PERSONAL_KEY_OTHER = ""
    assert shown(taken_over) == list(NAMES)
    assert personal_key("check")["unopened"] == []
    assert verify(only=("bytes", "versions", "streams", "authority")).is_sound
    assert (personal_key("rewrap")["rewrapped"], rewraps()) == (0, 1)


def test_what_was_cut_off_goes_on_where_it_was(
    taken_over: list[str], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rewrapping, "BATCH", 1)
    batches = count_to(2)

    def killed(*values: Any) -> Any:
        next(batches)
        return run(*values)

    monkeypatch.setattr(rewrapping, "run", killed)
    with pytest.raises(RuntimeError):
        call_command("personal_key", "rewrap")
    monkeypatch.setattr(rewrapping, "run", run)
    assert shown(taken_over) == list(NAMES)
    [first, second] = personal_key("status")["uses"]
    assert sorted((first["keys"], second["keys"])) == [1, 2]
    assert personal_key("rewrap")["rewrapped"] == 2
    settings.PERSONAL_KEY_OTHER = ""
    assert shown(taken_over) == list(NAMES)


def count_to(batches: int) -> Iterator[None]:
    """Let one count and then `batches` batches of two statements begin; the last is cut off."""
    for _ in range(2 * batches):
        yield
    raise RuntimeError("cut off")


def test_a_key_that_nothing_opens_stops_it_and_is_named(
    tokens: list[str], settings: Settings
) -> None:
    settings.PERSONAL_KEY = COMING
    before = rewraps()
    with pytest.raises(CommandError, match="key_not_opened"):
        call_command("personal_key", "rewrap")
    assert rewraps() == before
    with pytest.raises(SystemExit) as ended:
        call_command("personal_key", "check")
    assert ended.value.code == 1
    settings.PERSONAL_KEY_OTHER = ""
    found = {subject for each in unopened() for subject in [each.removeprefix("subject ")]}
    assert found == {token.split(":")[2] for token in tokens}


def unopened() -> list[str]:
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("personal_key", "check", "--json", stdout=out)
    return [each["subject"] for each in json.loads(out.getvalue())["unopened"]]


def test_what_was_wrapped_before_ids_were_noted_is_wrapped_anew(settings: Settings) -> None:
    with connection.cursor() as cursor:
        token = vault.seal_name(NAMES[0], HOLDER)
        cursor.execute("ALTER TABLE audits_subject_key DISABLE TRIGGER audits_subject_key_kept")
        cursor.execute("UPDATE audits_subject_key SET wrapped_by = NULL")
        cursor.execute(
            "ALTER TABLE audits_subject_key ENABLE ALWAYS TRIGGER audits_subject_key_kept"
        )
    [use] = personal_key("status")["uses"]
    assert (use["wrapped_by"], use["setting"]) == (None, None)
    assert personal_key("rewrap")["rewrapped"] == 1
    assert shown([token]) == [NAMES[0]]
    assert settings.PERSONAL_KEY_OTHER == ""


FORGED: Final[dict[str, LiteralString]] = {
    "without its event": "UPDATE audits_subject_key SET wrapped_by = 'x'",
    "another length": "UPDATE audits_subject_key SET wrapped_by = 'x', wrapped_key = '\\x00'",
    "by the same key": "UPDATE audits_subject_key SET wrapped_key = set_byte(wrapped_key, 0, 0)",
}


@pytest.mark.usefixtures("tokens")
@pytest.mark.parametrize("attempt", FORGED)
def test_no_wrapped_key_changes_by_hand(attempt: str) -> None:
    with (
        pytest.raises(DatabaseError) as caught,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(FORGED[attempt])
    assert getattr(caught.value.__cause__, "sqlstate", None) == "TG007"


@pytest.mark.usefixtures("taken_over")
@pytest.mark.parametrize("role", grants.ROLES)
def test_no_login_of_the_service_wraps_anew(role: str) -> None:
    with logged_in(role), pytest.raises((DatabaseError, CommandError)), transaction.atomic():
        call_command("personal_key", "rewrap")
    assert rewraps() == 0


def test_the_id_of_a_key_tells_nothing_of_it(settings: Settings) -> None:
    first = wrapping.current()
    settings.PERSONAL_KEY = COMING
    second = wrapping.current()
    assert len(bytes.fromhex(first.id)) == 8
    assert first.id != second.id
    wrapped = first.wrap(bytes(wrapping.KEY_BYTES), UUID(int=1))
    assert first.unwrap(wrapped, UUID(int=1)) == bytes(wrapping.KEY_BYTES)
    assert (second.unwrap(wrapped, UUID(int=1)), first.unwrap(wrapped, UUID(int=2))) == (None, None)
