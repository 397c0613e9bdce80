"""The fingerprint of the database's guards, and the hash of the code: what changes leaves a trace."""

from pathlib import Path
from typing import Final

import pytest
from django.db import OperationalError, connection

from audits import reading
from audits.events import CodeDeployed, SchemaFingerprinted
from audits.sealing import deployment, fingerprint, record
from audits.sealing.note import VerifierKey
from tests.audits.sealing.office import Office

OFF: Final = "ALTER TABLE audits_event DISABLE TRIGGER audits_event_immutable"
ON: Final = "ALTER TABLE audits_event ENABLE ALWAYS TRIGGER audits_event_immutable"


def fingerprinted() -> SchemaFingerprinted:
    schema = record.current().schema
    assert schema is not None
    return schema


def deployed() -> tuple[CodeDeployed, ...]:
    return reading.load(deployment.DEPLOYMENT, deployment.STREAM).state.latest


def execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        # What waits for COMMIT is asked now: no table is altered that has something waiting.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@pytest.mark.django_db
def test_what_does_not_change_is_recorded_once() -> None:
    assert fingerprint.record_changes()
    assert set(fingerprinted().changed) == set(fingerprint.PARTS)
    assert fingerprinted().not_in_force == ()
    execute("ANALYZE audits_event")
    assert not fingerprint.record_changes()


@pytest.mark.django_db
def test_a_trigger_off_and_on_leaves_two_events() -> None:
    fingerprint.record_changes()
    execute(OFF)
    assert fingerprint.record_changes()
    off = fingerprinted()
    assert off.changed == ("triggers",)
    assert off.not_in_force == ("audits_event_immutable on audits_event: disabled",)
    execute("DELETE FROM audits_event WHERE false", ON)
    assert fingerprint.record_changes()
    assert fingerprinted().not_in_force == ()


@pytest.mark.django_db(transaction=True)
def test_a_trigger_off_and_on_between_two_looks_leaves_a_trace() -> None:
    fingerprint.record_changes()
    before = fingerprinted()
    execute(OFF, ON)
    assert fingerprint.record_changes()
    after = fingerprinted()
    assert after.changed == ("triggers",)
    digests = [
        {part.part: part.digest for part in each.parts}["triggers"] for each in (before, after)
    ]
    assert digests[0] == digests[1]  # all is as it was, and was touched


CHANGES: Final = (
    ("grants", "GRANT DELETE ON audits_event TO tollgate_web"),
    ("grants", "GRANT CREATE ON SCHEMA public TO tollgate_web"),
    ("constraints", "ALTER TABLE audits_log DROP CONSTRAINT audits_log_not_negative"),
    ("indexes", "DROP INDEX licenses_transfer_once"),
    ("triggers", "ALTER TABLE audits_log DISABLE TRIGGER ALL"),
    ("rules", "CREATE RULE unheard AS ON INSERT TO audits_access DO INSTEAD NOTHING"),
    ("rules", "CREATE POLICY unseen ON audits_access USING (false)"),
    ("settings", "ALTER ROLE tollgate_web SET search_path = elsewhere, public"),
    (
        "functions",
        (
            "CREATE OR REPLACE FUNCTION audits_immutable() RETURNS trigger LANGUAGE plpgsql"
            " AS $$ BEGIN RETURN NEW; END $$"
        ),
    ),
    ("columns", "ALTER TABLE audits_event ALTER COLUMN writer SET DEFAULT 'nobody'"),
    ("roles", "ALTER ROLE tollgate_web BYPASSRLS"),
    ("views", "CREATE VIEW another AS SELECT event_id FROM audits_event"),
)


@pytest.mark.django_db
@pytest.mark.parametrize(("part", "statement"), CHANGES)
def test_every_part_is_watched(part: str, statement: str) -> None:
    fingerprint.record_changes()
    execute(statement)
    assert fingerprint.record_changes()
    assert part in fingerprinted().changed


def test_every_part_was_tried() -> None:
    assert {part for part, _ in CHANGES} == set(fingerprint.PARTS)


@pytest.mark.django_db
def test_a_foreign_key_that_was_not_asked_for_a_while_leaves_a_trace() -> None:
    fingerprint.record_changes()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgisinternal AND tgrelid = 'audits_log'::regclass"
        )
        [(name,), *_] = cursor.fetchall()
    for act in ("DISABLE", "ENABLE"):
        execute(f'ALTER TABLE audits_log {act} TRIGGER "{name}"')
    assert fingerprint.record_changes()
    assert fingerprinted().changed == ("triggers",)


@pytest.mark.django_db
def test_an_index_that_was_made_again_leaves_a_trace() -> None:
    fingerprint.record_changes()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_indexdef('licenses_transfer_once'::regclass)")
        [(again,)] = cursor.fetchall()
    execute("DROP INDEX licenses_transfer_once", again)
    assert fingerprint.record_changes()
    assert fingerprinted().changed == ("indexes",)


@pytest.mark.django_db
def test_the_sealer_may_read_all_of_it(office: Office) -> None:
    assert isinstance(office.key, VerifierKey)
    fingerprint.record_changes()
    execute("SET LOCAL ROLE tollgate_sealer")
    assert not fingerprint.record_changes()


# -- Code ----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_other_code_is_recorded_once_for_each_process(monkeypatch: pytest.MonkeyPatch) -> None:
    assert deployment.record_start("sealer")
    assert not deployment.record_start("sealer")
    assert deployment.record_start("web")
    monkeypatch.setattr(deployment, "package_sha256", lambda: "0" * 64)
    assert deployment.record_start("sealer")
    found = {each.process: each.package_sha256 for each in deployed()}
    assert found == {"web": found["web"], "sealer": "0" * 64}


@pytest.mark.django_db
def test_a_loop_records_its_code_before_its_first_step() -> None:
    seen: list[int] = []

    def step() -> int:
        seen.append(len(deployed()))
        return 7

    loop = deployment.recorded_first("sequencer", step)
    assert [loop(), loop()] == [7, 7]
    assert seen == [1, 1]


@pytest.mark.django_db
def test_a_loop_that_could_not_record_its_code_does_nothing_yet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(_process: str) -> bool:
        raise OperationalError

    loop = deployment.recorded_first("sequencer", lambda: pytest.fail("it worked unrecorded"))
    monkeypatch.setattr(deployment, "record_start", away)
    for _ in range(2):
        with pytest.raises(OperationalError):
            loop()


@pytest.mark.django_db(transaction=True)
def test_who_serves_records_its_code_as_soon_as_the_database_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record_start = deployment.record_start
    tries: list[str] = []

    def away_at_first(process: str) -> bool:
        tries.append(process)
        if len(tries) <= 2:
            raise OperationalError
        return record_start(process)

    monkeypatch.setattr(deployment, "record_start", away_at_first)
    monkeypatch.setattr(deployment, "AGAIN_SECONDS", 0.01)
    deployment.record_in_background("web").join()
    assert tries == ["web"] * 3
    assert [each.process for each in deployed()] == ["web"]


def test_the_hash_covers_names_and_contents(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "one.py").write_text("1")
    hashes = {deployment.hash_of([package])}
    (package / "note.txt").write_text("not the program")
    assert deployment.hash_of([package]) in hashes
    (package / "one.py").write_text("2")
    hashes.add(deployment.hash_of([package]))
    (package / "one.py").rename(package / "two.py")
    hashes.add(deployment.hash_of([package]))
    (package / "one.py").write_text("")
    hashes.add(deployment.hash_of([package]))
    assert len(hashes) == 4
