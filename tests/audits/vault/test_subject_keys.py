"""Keys of personal data in the database: nobody changes, deletes or destroys one by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, LiteralString
from uuid import UUID

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection, transaction
from pytest_django import Settings

from audits import context as minting
from audits import grants, guards, vault
from audits.vault import Holder
from tests.support.database import in_threads
from tests.support.opening import opened
from tests.support.people import EXPORTER, identity
from tests.support.world import logged_in

pytestmark = pytest.mark.django_db

HOLDER: Final = Holder(EXPORTER.organization_id, identity("holder"))
NAME: Final = "Ottoline Krebsbach"
KEPT: Final = "TG007"
FORBIDDEN: Final = "42501"
TAMPERING: Final[dict[str, LiteralString]] = {
    "destroy": "UPDATE audits_subject_key SET wrapped_key = NULL, name_mark = NULL,"
    " destroyed_at = clock_timestamp()",
    "replace": "UPDATE audits_subject_key SET wrapped_key = '\\x00'",
    "rename": "UPDATE audits_subject_key SET holder_id = gen_random_uuid()",
    "delete": "DELETE FROM audits_subject_key",
    "truncate": "TRUNCATE audits_subject_key",
    "ask for the erasure itself": "SELECT audits_erased(jsonb_populate_record(NULL::audits_event,"
    " jsonb_build_object('stream_id', subject_id))) FROM audits_subject_key",
}


@pytest.fixture
def token() -> str:
    return vault.seal_name(NAME, HOLDER)


@contextmanager
def refused(sqlstate: str) -> Iterator[None]:
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        yield
    assert getattr(caught.value.__cause__, "sqlstate", None) == sqlstate


@pytest.mark.parametrize("attempt", TAMPERING)
def test_not_even_a_superuser_destroys_a_key_by_hand(attempt: str, token: str) -> None:
    with refused(KEPT), connection.cursor() as cursor:
        cursor.execute(TAMPERING[attempt])
    assert vault.revealed(token.encode()) == NAME.encode()


@pytest.mark.usefixtures("token")
@pytest.mark.parametrize("role", grants.ROLES)
@pytest.mark.parametrize("attempt", TAMPERING)
def test_no_role_of_the_service_may_touch_a_key(attempt: str, role: str) -> None:
    with logged_in(role), refused(FORBIDDEN), connection.cursor() as cursor:
        cursor.execute(TAMPERING[attempt])


@pytest.mark.usefixtures("token")
@pytest.mark.parametrize("role", [grants.SEALER, grants.AUDITOR])
def test_sealer_and_auditor_cannot_read_keys(role: str) -> None:
    with logged_in(role), refused(FORBIDDEN), connection.cursor() as cursor:
        cursor.execute("SELECT wrapped_key FROM audits_subject_key")


def test_the_guards_are_among_those_that_verification_asks_for() -> None:
    assert list(guards.missing()) == []
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audits_event DISABLE TRIGGER audits_event_after_insert")
    assert list(guards.missing()) == [("audits_event_after_insert on audits_event", "disabled")]


def test_the_same_name_is_the_same_token_in_one_thing_and_another_elsewhere(token: str) -> None:
    assert vault.seal_name(NAME, HOLDER) == token
    elsewhere = Holder(HOLDER.organization_id, identity("another thing"))
    foreign = Holder(identity("organization/another"), HOLDER.thing_id)
    others = {vault.seal_name(NAME, holder) for holder in (elsewhere, foreign)}
    assert len(others | {token}) == 3


def test_a_token_of_nobody_or_with_another_bit_is_unreadable(token: str) -> None:
    last = "A" if token[-2] != "A" else "B"
    for forged in (token.replace(token[11:47], str(UUID(int=7))), token[:-2] + last + token[-1]):
        assert vault.revealed(forged.encode()) == vault.UNREADABLE.encode()


def test_a_token_moved_to_another_subject_is_unreadable(token: str) -> None:
    other = vault.seal_name("Somebody else", HOLDER)
    moved = other[:48] + token[48:]
    assert vault.revealed(moved.encode()) == vault.UNREADABLE.encode()


def test_text_comes_back_as_json_has_it() -> None:
    name = 'Zoë "Zed" \\ 李小龙'
    sealed = vault.seal_name(name, HOLDER)
    shown = vault.revealed(f'{{"name":"{sealed}","n":1}}'.encode())
    assert opened({"name": sealed}) == {"name": name}
    assert shown == ('{"name":"Zoë \\"Zed\\" \\\\ 李小龙","n":1}').encode()


def test_without_the_right_secret_nothing_opens(token: str, settings: Settings) -> None:
    for secret, words in ((("x" * 40), "does not open"), ("short", "must be set")):
        settings.PERSONAL_KEY = secret
        with pytest.raises(ImproperlyConfigured, match=words):
            vault.revealed(token.encode())


def test_what_is_sealed_beside_a_token_belongs_to_its_subject(token: str) -> None:
    glass = vault.Glass({"name": token})
    assert glass.read(token) == NAME
    beside = glass.beside(token, "an alias")
    assert beside[:47] == token[:47]
    assert opened([beside]) == ["an alias"]
    assert (glass.read("clear"), glass.beside("clear", "text")) == ("clear", "text")
    stranger = token.replace(token[11:47], str(minting.new_id()))
    assert glass.read(stranger) == vault.UNREADABLE


@pytest.mark.django_db(transaction=True)
def test_requests_at_once_mint_one_subject() -> None:
    tokens = in_threads(lambda _: vault.seal_name(NAME, HOLDER), range(8), threads=8)
    assert len(set(tokens)) == 1
    assert len(vault.named_in(HOLDER.thing_id)) == 1
