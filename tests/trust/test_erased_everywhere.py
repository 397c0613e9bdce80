"""An erasure reaches what left the database before it, and what looks back behind it."""

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
from django.core.management import call_command

from audits import grants, vault
from audits.exporting.bundle import Order, export
from audits.exporting.scopes import Scope
from audits.models import AccessRow, EventRow
from audits.personal import PREFIX
from audits.reading import decode
from audits.sealing.growing import grow_until_idle
from audits.sequencing import Sequencer
from audits.tasks import record_accesses
from audits.verification import verify
from tests.audits.sealing.published import LOG, publish
from tests.config.test_logs import said
from tests.support.client import client_of, problem
from tests.support.people import AUDITOR, EXPORTER, OFFICER, SECOND_OFFICER
from tests.support.stage import Stage
from tests.support.world import enroll_cast, logged_in
from tests.trust.names import SIGNATORY, approve, certified, holding, request, signed_by, subject_in
from tests.trust.test_sealed_refusals import LABORATORY_BODY, SHAREHOLDER
from verifier.verify_bundle import main

__all__ = ["said"]

pytestmark = pytest.mark.django_db
ERASED: Final = "[erased]"


@pytest.fixture(autouse=True)
def _cast() -> None:
    enroll_cast()


def logged() -> int:
    """Give every event its place; tell the last one."""
    Sequencer().run_until_empty()
    grow_until_idle()
    return EventRow.objects.count() - 1


def erase(customer: str, name: str = SIGNATORY) -> None:
    subject = subject_in(customer, name)
    assert request(subject).status_code == 201
    assert approve(subject, SECOND_OFFICER).status_code == 200


def test_the_past_is_shown_to_the_byte_as_before_and_names_nobody() -> None:
    customer = certified(client_of(EXPORTER))
    index = {"log_index": str(logged())}
    before = client_of(OFFICER).get(customer, index)
    assert (before.status_code, PREFIX in before.content.decode()) == (200, True)
    assert SIGNATORY not in before.content.decode()
    erase(customer)
    logged()
    assert client_of(OFFICER).get(customer, index).content == before.content
    assert signed_by(client_of(EXPORTER), customer) == ERASED


@pytest.mark.parametrize("form", ["json", "prov", "svg"])
def test_lineage_names_nobody_before_or_after(form: str) -> None:
    customer = certified(client_of(EXPORTER))
    path = f"audits/lineage/{customer.removeprefix('customers/')}"
    for _ in range(2):
        logged()
        answer = client_of(AUDITOR).get(path, {"form": form})
        assert answer.status_code == 200, answer.content
        assert SIGNATORY not in answer.content.decode()
        if subject_in_clear(customer):
            erase(customer)


def subject_in_clear(customer: str) -> bool:
    named = vault.named_in(UUID(customer.removeprefix("customers/")))
    return SIGNATORY in {each.name for each in named}


def contents(place: Path) -> Iterator[bytes]:
    """Read every file of a bundle, and what workbooks keep inside."""
    for path in (each for each in place.rglob("*") if each.is_file()):
        yield path.read_bytes()
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as inside:
                yield from (inside.read(name) for name in inside.namelist())


def test_bundles_hold_nobody_in_clear_and_verify_after_the_erasure(tmp_path: Path) -> None:
    """What left before dies with the key, too; nobody can take back what a reader noted down."""
    customer = certified(client_of(EXPORTER))
    scope = Scope(kind="about", id=UUID(customer.removeprefix("customers/")))
    order = Order(scope=scope, forms=frozenset({"cloudevents", "xlsx"}))
    for name in ("before", "after"):
        logged()
        publish()
        export(order, tmp_path / name)
        if name == "before":
            erase(customer)
    for name in ("before", "after"):
        place = tmp_path / name
        assert main([str(place), "--key", str(LOG.verifier_key)]) == 0
        found = list(contents(place))
        assert any(b"personal:1:" in each for each in found)
        assert not any(SIGNATORY.encode() in each for each in found)
        assert not [t for each in found for t in tokens_open(each)]


def tokens_open(content: bytes) -> list[str]:
    """List what a reader of a bundle could make of its tokens, even from inside the service."""
    shown = vault.revealed(content).decode(errors="replace")
    return [SIGNATORY] if SIGNATORY in shown else []


def test_a_refusal_that_named_somebody_tells_of_nobody_any_more() -> None:
    Stage().prepare()
    officer = client_of(OFFICER)
    refused = officer.post("laboratories/", LABORATORY_BODY, key="one")
    assert SHAREHOLDER in refused.json()["detail"]
    [row] = EventRow.objects.filter(type="command_refused")
    [subject] = vault.named_in(row_target(row))
    assert request(str(subject.subject_id)).status_code == 201
    assert approve(str(subject.subject_id)).status_code == 200
    told = vault.revealed(bytes(row.canonical)).decode()
    assert SHAREHOLDER not in told
    assert f"Financial interest in {ERASED}" in told
    again = officer.post("laboratories/", LABORATORY_BODY, key="one")
    problem(again, 422, "idempotency_key_reused")
    assert SHAREHOLDER not in again.content.decode()
    assert holding(SHAREHOLDER) == set()


def row_target(row: EventRow) -> UUID:
    return UUID(str(decode(bytes(row.canonical)).data.target_id))


def test_neither_logs_nor_the_access_log_ever_name_anybody(
    said: Callable[[], list[dict[str, Any]]],
) -> None:
    exporter = client_of(EXPORTER)
    customer = certified(exporter)
    exporter.get(customer, {"limit": SIGNATORY})
    exporter.post("editions/", {"name": SIGNATORY})
    client_of(OFFICER).get("editions/", {"name": SIGNATORY})
    Stage().prepare()
    client_of(OFFICER).post("laboratories/", LABORATORY_BODY | {"name": 7})
    client_of(OFFICER).post("laboratories/", LABORATORY_BODY)
    erase(customer)
    lines = str(said())
    assert "/api/v1/laboratories/" in lines  # they do say what was refused
    assert [word for word in SIGNATORY.split() if word in lines] == []
    assert [word for word in SHAREHOLDER.split() if word in lines] == []
    assert AccessRow.objects.filter(filters="name=*").exists()
    assert record_accesses() > 0
    assert holding(SIGNATORY) == set()
    noted = client_of(AUDITOR).get("accesses/").content.decode()
    assert SIGNATORY not in noted


def test_names_are_in_no_index_to_be_searched_by() -> None:
    customer = certified(client_of(EXPORTER))
    for name in ("name", "signed_by", "search", "q"):
        answer = client_of(OFFICER).get("customers/", {name: SIGNATORY})
        assert answer.status_code == 400, name
        assert SIGNATORY not in answer.content.decode()
    erase(customer)
    call_command("rebuild", "--json", verbosity=0)
    assert holding(SIGNATORY) == set()


def test_every_proof_and_fold_holds_after_the_erasure() -> None:
    customer = certified(client_of(EXPORTER))
    erase(customer)
    logged()
    with logged_in(grants.AUDITOR):
        assert verify(only=("bytes", "versions", "streams", "log", "read_models")).is_sound
        assert verify(only=("erased_keys", "holds_and_erasures", "accesses")).is_sound
