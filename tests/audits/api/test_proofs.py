"""Checkpoints, proofs and tiles over HTTP: checked with the one-file verifier, which is none of ours."""

import base64
import struct
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from audits import proofs
from audits.models import EventRow
from audits.sealing import merkle, tiles
from tests.audits.api.test_reading import next_of
from tests.audits.sealing.journals import leaves_of_log, log, record, seal
from tests.audits.sealing.published import LOG, WITNESS, publish
from tests.audits.sealing.tampering import tamper
from tests.support.client import ApiClient, problem
from verifier.verify_bundle import (
    Checkpoint,
    read_key,
    read_note,
    verify_consistency,
    verify_inclusion,
)

pytestmark = pytest.mark.django_db

KEYS = [read_key(str(LOG.verifier_key)), read_key(str(WITNESS.verifier_key))]


def decoded(hashes: list[str]) -> list[bytes]:
    return [base64.b64decode(each) for each in hashes]


def note(text: str) -> Checkpoint:
    return read_note(text.encode(), KEYS)


def is_proved(answer: Any) -> bool:
    found = answer.json()
    checkpoint = note(found["note"])
    leaf = bytes.fromhex(found["leaf_hash"])
    path = decoded(found["hashes"])
    return verify_inclusion(leaf, found["log_index"], found["size"], path, checkpoint.root)


@pytest.fixture
def ids() -> list[UUID]:
    """Five hundred events and three checkpoints: of 200, of 500, and of 500 again with a witness."""
    found = seal(200)
    publish()
    found += seal(300)
    publish()
    publish(WITNESS)
    return found


def test_an_event_is_proved_in_the_newest_checkpoint(auditor: ApiClient, ids: list[UUID]) -> None:
    for event_id in (ids[0], ids[199], ids[200], ids[255], ids[256], ids[499]):
        answer = auditor.get(f"events/{event_id}/proof")
        assert is_proved(answer)
        assert answer.json()["size"] == 500
        assert answer.json()["leaf_hash"] == EventRow.objects.get(pk=event_id).leaf_hash.hex()
        assert len(note(answer.json()["note"]).witnesses) == 1


def test_an_event_is_proved_in_an_older_checkpoint(auditor: ApiClient, ids: list[UUID]) -> None:
    answer = auditor.get(f"events/{ids[7]}/proof", {"size": 200})
    assert is_proved(answer)
    assert note(answer.json()["note"]).size == 200


def test_what_a_checkpoint_does_not_cover_it_does_not_prove(
    auditor: ApiClient, ids: list[UUID]
) -> None:
    problem(auditor.get(f"events/{ids[200]}/proof", {"size": 200}), 409, "event_not_sealed")
    [late] = log(1)
    problem(auditor.get(f"events/{late}/proof"), 409, "event_not_sealed")
    [later] = record(1)
    problem(auditor.get(f"events/{later}/proof"), 409, "event_not_sealed")
    problem(auditor.get(f"events/{ids[0]}/proof", {"size": 201}), 404, "not_found")
    problem(auditor.get(f"events/{UUID(int=1)}/proof"), 404, "not_found")
    problem(auditor.get(f"events/{ids[0]}/proof", {"size": -1}), 400, "request_invalid")


def test_proofs_of_events_are_for_auditors_alone(
    exporter: ApiClient, officer: ApiClient, ids: list[UUID]
) -> None:
    for client in (exporter, officer):
        problem(client.get(f"events/{ids[0]}/proof"), 403, "role_not_permitted")
    problem(ApiClient(None).get(f"events/{ids[0]}/proof"), 401, "not_authenticated")


@pytest.mark.usefixtures("ids")
def test_a_checkpoint_goes_on_from_another(exporter: ApiClient) -> None:
    found = exporter.get("proofs/consistency", {"from": 200, "to": 500}).json()
    assert found == exporter.get("proofs/consistency", {"from": 200}).json()
    old, new = note(found["from_note"]), note(found["to_note"])
    path = decoded(found["hashes"])
    assert path
    assert verify_consistency(old.size, new.size, old.root, new.root, path)


@pytest.mark.usefixtures("ids")
def test_a_checkpoint_goes_on_from_itself_without_any_hash(exporter: ApiClient) -> None:
    found = exporter.get("proofs/consistency", {"from": 200, "to": 200}).json()
    old = note(found["from_note"])
    assert (found["hashes"], found["to_note"]) == ([], found["from_note"])
    assert verify_consistency(old.size, old.size, old.root, old.root, [])


@pytest.mark.usefixtures("ids")
def test_no_log_shrinks(auditor: ApiClient) -> None:
    reversed_ = auditor.get("proofs/consistency", {"from": 500, "to": 200})
    problem(reversed_, 409, "checkpoints_reversed")
    problem(auditor.get("proofs/consistency", {"from": 300}), 404, "not_found")
    problem(auditor.get("proofs/consistency"), 400, "request_invalid")


@pytest.mark.usefixtures("ids")
def test_checkpoints_are_listed_in_pages(exporter: ApiClient) -> None:
    first = exporter.get("checkpoints/", {"limit": 2})
    assert [item["size"] for item in first.json()["items"]] == [200, 500]
    second = exporter.get(next_of(first))
    assert [item["number"] for item in second.json()["items"]] == [2]
    assert exporter.get(next_of(second)).json()["items"] == []
    for item in first.json()["items"]:
        assert note(item["note"])[:2] == (item["size"], base64.b64decode(item["root"]))


@pytest.mark.usefixtures("ids")
def test_a_checkpoint_is_shown_by_its_size(exporter: ApiClient) -> None:
    latest = exporter.get("checkpoints/latest").json()
    assert (latest["number"], latest["size"]) == (2, 500)
    assert len(note(latest["note"]).witnesses) == len(latest["cosigned_by"]) == 1
    assert latest["is_witnessed"] is True  # nobody is asked for
    assert exporter.get("checkpoints/500").json() == latest
    assert exporter.get("checkpoints/200").json()["number"] == 0
    problem(exporter.get("checkpoints/201"), 404, "not_found")
    problem(exporter.get(f"checkpoints/{2**64}"), 404, "not_found")


def test_a_checkpoint_below_policy_is_shown_as_not_witnessed(
    exporter: ApiClient, settings: Settings
) -> None:
    seal(1)
    settings.TOLLGATE_WITNESSES = [f"{WITNESS.verifier_key} http://127.0.0.1:9"]
    settings.TOLLGATE_WITNESS_QUORUM = 1
    publish()
    assert exporter.get("checkpoints/latest").json()["is_witnessed"] is False


def test_before_the_first_checkpoint_there_is_nothing_to_show(auditor: ApiClient) -> None:
    [early] = seal(1)
    problem(auditor.get("checkpoints/latest"), 404, "not_found")
    problem(auditor.get(f"events/{early}/proof"), 404, "not_found")
    assert auditor.get("checkpoints/").json() == {"items": []}
    assert ApiClient(None).get("/tiles/checkpoint").status_code == 404


@pytest.mark.usefixtures("ids")
def test_the_tree_is_served_as_tiles_to_anybody() -> None:
    nobody, leaves = ApiClient(None), leaves_of_log()
    newest = nobody.get("/tiles/checkpoint")
    assert newest["Content-Type"] == "text/plain; charset=utf-8"
    assert note(newest.content.decode()).size == 500
    full, partial = nobody.get("/tiles/tile/0/000"), nobody.get("/tiles/tile/0/001.p/244")
    assert full.content == b"".join(leaves[:256])
    assert partial.content == b"".join(leaves[256:])
    assert nobody.get("/tiles/tile/0/000.p/3").content == b"".join(leaves[:3])
    assert len(nobody.get("/tiles/tile/1/000.p/1").content) == 32
    assert full["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.usefixtures("ids")
@pytest.mark.parametrize(
    "path",
    [
        "0/001",
        "0/001.p/245",
        "0/002.p/1",
        "0/000.p/0",
        "0/000.p/256",
        "0/000.p/03",
        "0/x000/000",
        "0/0",
        "1/000.p/2",
        "9/000.p/1",
        "99999999/000.p/1",
        "0/x999/x999/999.p/1",
    ],
)
def test_no_other_tile_is_served(path: str) -> None:
    assert ApiClient(None).get(f"/tiles/tile/{path}").status_code == 404


def test_what_no_checkpoint_covers_is_in_no_tile(ids: list[UUID]) -> None:
    assert len(ids) == 500
    seal(20)
    assert ApiClient(None).get("/tiles/tile/0/001").status_code == 404
    publish()
    assert ApiClient(None).get("/tiles/tile/0/001").status_code == 200


@pytest.mark.usefixtures("ids")
def test_entries_are_for_auditors(auditor: ApiClient, exporter: ApiClient) -> None:
    answer = auditor.get("/tiles/tile/entries/001.p/244")
    contents, rest = [], answer.content
    while rest:
        (length,) = struct.unpack(">H", rest[:2])
        contents.append(rest[2 : 2 + length])
        rest = rest[2 + length :]
    known = EventRow.objects.filter(log_entry__log_index__gte=256).order_by("log_entry__log_index")
    assert contents == [bytes(row.canonical) for row in known]
    assert answer["Cache-Control"] == "private, max-age=31536000, immutable"
    assert auditor.get("/tiles/tile/entries/002.p/1").status_code == 404
    problem(exporter.get("/tiles/tile/entries/000"), 403, "role_not_permitted")
    problem(ApiClient(None).get("/tiles/tile/entries/000"), 401, "not_authenticated")


def test_a_proof_asks_the_database_little(ids: list[UUID]) -> None:
    """Event, checkpoint, cosignatures; of each level a tile where the event is and one at the edge."""
    with CaptureQueriesContext(connection) as asked:
        proofs.inclusion(ids[3])
    assert len(asked) == 3
    reads: list[tuple[int, int]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("audits.sealing.tiles.read_tile", recorder(reads))
        size = 1_000_003
        merkle.inclusion_proof(777_777, size, tiles.node_reader(size))
        assert len(reads) <= 2 * 3
        reads.clear()
        merkle.consistency_proof(777_777, size, tiles.node_reader(size))
        assert len(reads) <= 3 * 3


def recorder(reads: list[tuple[int, int]]) -> Any:
    def read_tile(level: int, position: int, size: int) -> list[bytes]:
        reads.append((level, position))
        return [bytes(32)] * min(256, (size >> 8 * level) - 256 * position)

    return read_tile


@pytest.mark.usefixtures("ids")
def test_a_tree_that_lost_hashes_proves_nothing_and_says_so(
    auditor: ApiClient, ids: list[UUID]
) -> None:
    tamper("DELETE FROM audits_tile", "audits_tile")
    for address in (
        f"events/{ids[7]}/proof",
        "proofs/consistency?from=200",
        "/tiles/tile/0/000",
    ):
        answer = auditor.get(address)
        problem(answer, 409, "log_changed")
        assert "immutable" not in answer.get("Cache-Control", "")


@pytest.mark.usefixtures("ids")
def test_a_log_that_lost_an_event_gives_no_entries(auditor: ApiClient) -> None:
    tamper("DELETE FROM audits_log WHERE log_index = 300", "audits_log")
    answer = auditor.get("/tiles/tile/entries/001.p/244")
    problem(answer, 409, "log_changed")
    assert auditor.get("/tiles/tile/entries/000").status_code == 200
