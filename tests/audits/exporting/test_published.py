"""What the sealing office publishes, and what witnesses add, the one-file verifier accepts."""

from pathlib import Path

import pytest

from audits import context
from audits.exporting.bundle import Order, export
from audits.exporting.scopes import Scope
from audits.models import CheckpointRow, CosignatureRow
from audits.sealing import keys
from audits.sealing.note import parse, parse_checkpoint, sign
from tests.audits.sealing.journals import seal
from tests.audits.sealing.office import Office
from tests.audits.sealing.published import WITNESS
from tests.support.people import NOON
from verifier.verify_bundle import main

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path / "office", now_s=int(context.database_now().timestamp()))


def exported(place: Path) -> Path:
    export(Order(scope=Scope(kind="all")), place)
    return place


def test_a_published_checkpoint_proves_a_bundle(office: Office, tmp_path: Path) -> None:
    seal(30)
    (tmp_path / "held").write_bytes(office.publish().note)
    seal(20)
    office.publish()
    place = exported(tmp_path / "all")
    options = ["--key", str(office.key), f"--checkpoint={tmp_path / 'held'}"]
    assert main([str(place), *options]) == 0


def test_either_key_of_a_rotation_will_do_while_it_lasts(office: Office, tmp_path: Path) -> None:
    seal(3)
    (tmp_path / "held").write_bytes(office.publish().note)
    new = keys.add(office.signer_directory, office.key.name)
    seal(3)
    office.publish()
    place = exported(tmp_path / "both")
    for key in (office.key, new):
        assert main([str(place), "--key", str(key)]) == 0
    keys.retire(office.signer_directory, office.key)
    seal(3)
    office.publish()
    place = exported(tmp_path / "new")
    assert main([str(place), "--key", str(office.key)]) == 1
    assert main([str(place), "--key", str(new)]) == 0
    held = f"--checkpoint={tmp_path / 'held'}"
    assert main([str(place), "--key", str(new), "--key", str(office.key), held]) == 0


def test_a_witness_counts_when_it_cosigned(office: Office, tmp_path: Path) -> None:
    seal(3)
    office.publish()
    row = CheckpointRow.objects.order_by("-number")[0]
    text = parse(bytes(row.note)).text
    assert parse_checkpoint(text).size == row.size
    options = ["--key", str(office.key), "--witness", str(WITNESS.verifier_key), "--witnesses=1"]
    assert main([str(exported(tmp_path / "without")), *options]) == 1
    line = str(sign(text, WITNESS, signed_at_s=office.now_s))
    CosignatureRow.objects.create(checkpoint=row, witness=WITNESS.name, line=line, signed_at=NOON)
    assert main([str(exported(tmp_path / "with")), *options]) == 0
