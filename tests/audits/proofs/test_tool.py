"""`manage audit proof` and `audit consistency`."""

from io import StringIO
from uuid import UUID

import msgspec
import pytest
from django.core.management import CommandError, call_command

from audits import proofs
from tests.audits.sealing.journals import log, seal
from tests.audits.sealing.published import publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def ids() -> list[UUID]:
    """Five events, sealed in two checkpoints."""
    found = seal(3)
    publish()
    found += seal(2)
    publish()
    return found


def test_a_proof_as_json(ids: list[UUID], capsys: pytest.CaptureFixture[str]) -> None:
    call_command("audit", "proof", str(ids[1]), "--size", "3", "--json")
    found = msgspec.json.decode(capsys.readouterr().out, type=proofs.InclusionProof)
    assert found == proofs.inclusion(ids[1], size=3)


def test_a_proof_in_words(ids: list[UUID], capsys: pytest.CaptureFixture[str]) -> None:
    call_command("audit", "proof", str(ids[1]))
    said = capsys.readouterr().out
    assert f"event {ids[1]} is at log index 1 of 5" in said
    assert said.count("hash  ") == 3
    assert "\ntollgate.test/log\n5\n" in said


@pytest.mark.usefixtures("ids")
def test_consistency(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("audit", "consistency", "--from", "3", "--json")
    found = msgspec.json.decode(capsys.readouterr().out, type=proofs.ConsistencyProof)
    assert found == proofs.consistency(3, 5)
    call_command("audit", "consistency", "--from", "3", "--to", "5")
    assert "the log of 5 events begins with that of 3" in capsys.readouterr().out


@pytest.mark.usefixtures("ids")
def test_what_cannot_be_proved_is_said_with_its_code() -> None:
    [late] = log(1)
    for arguments, code in (
        (["proof", str(UUID(int=1))], "not_found"),
        (["proof", str(late)], "event_not_sealed"),
        (["consistency", "--from", "4"], "not_found"),
        (["consistency", "--from", "5", "--to", "3"], "checkpoints_reversed"),
    ):
        with pytest.raises(CommandError, match=code):
            call_command("audit", *arguments, stdout=StringIO())
