"""All attacks together: guards off, edit, hash again, new tiles, store outside taken back, clock back.

What is left to find it shrinks with what the forger has: the signer, or who kept a checkpoint outside.
"""

import json
from pathlib import Path

import pytest

from audits import context as minting
from audits.exporting.bundle import Order, export
from audits.exporting.scopes import Scope
from audits.sealing.outside import FileStore
from audits.sealing.signer import STATE_FILE, Signer
from tests.audits.sealing.journals import seal
from tests.audits.sealing.office import ORIGIN, Office
from tests.audits.sealing.tampering import REHASH, REWRITE, as_superuser, rebuild, require_refusal
from verifier.verify_bundle import main

pytestmark = pytest.mark.django_db
AN_HOUR_S = 3600


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Let the signer's clock be that of the database, until somebody sets it back."""
    return Office(tmp_path, now_s=int(minting.database_now().timestamp()))


def forge(office: Office, *, which: str = "= 7") -> None:
    """Rewrite the journal with all that the database, the sealer and the clock can be made to say."""
    as_superuser("DELETE FROM audits_cosignature", "DELETE FROM audits_checkpoint")
    as_superuser(REWRITE.format(which), REHASH)
    rebuild()
    office.store_path.unlink()
    office.store = FileStore(office.store_path)
    office.now_s -= AN_HOUR_S


def judged(place: Path, office: Office, held: Path, capsys: pytest.CaptureFixture[str]) -> set[str]:
    """Export everything, and tell what who kept a checkpoint finds wrong with it."""
    export(Order(scope=Scope(kind="all")), place)
    capsys.readouterr()
    code = main([str(place), "--json", "--key", str(office.key), f"--checkpoint={held}"])
    told = json.loads(capsys.readouterr().out)
    assert code == min(told["difference_count"], 1)
    return {each["code"] for each in told["differences"]}


@pytest.mark.parametrize("which", ["= 7", "= 39", ">= 0"])
def test_short_of_the_signer_nothing_is_signed(office: Office, which: str) -> None:
    seal(40)
    office.publish()
    forge(office, which=which)
    seal(3)
    require_refusal(office, "signer_differs")


def test_with_the_signer_too_it_shows_to_who_kept_a_checkpoint(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seal(40)
    held = tmp_path / "held"
    held.write_bytes(bytes(office.publish().note))
    assert judged(tmp_path / "before", office, held, capsys) == set()
    forge(office)
    (office.signer_directory / STATE_FILE).unlink()
    office.signer = Signer(office.signer_directory, ORIGIN, lambda: office.now_s)
    seal(3)
    office.publish()  # nobody here is left to refuse it
    assert "log_rewritten" in judged(tmp_path / "after", office, held, capsys)
