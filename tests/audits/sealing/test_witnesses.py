"""Witnesses: two programs on their own see every checkpoint, and a second view of the log is refused."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from audits.models import CosignatureRow
from audits.sealing import checkpoints, configured
from audits.sealing.halt import SealingHalted
from audits.sealing.note import parse, verify
from audits.sealing.witnesses import Policy, Witness, gather
from tests.audits.sealing.journals import seal
from tests.audits.sealing.office import NOON_S, Office
from tests.audits.sealing.tampering import forget_after

pytestmark = pytest.mark.django_db


def names(policy: Policy) -> list[str]:
    return [witness.name for witness in policy.witnesses]


def test_both_cosign_every_checkpoint(office: Office, policy: Policy) -> None:
    for count in (5, 0, 300, 1):
        seal(count)
        published = office.publish()
        assert gather(published, policy) == names(policy)
        note = parse(checkpoints.cosigned_note(published))
        verified = verify(note, [witness.key for witness in policy.witnesses])
        assert [each.signed_at_s for each in verified] == [NOON_S] * 2
    assert CosignatureRow.objects.count() == 8
    assert policy.is_met(names(policy))
    assert not policy.is_met(names(policy)[:1])
    assert not policy.is_met(["somebody+00000000+else"] * 2)


def test_a_witness_that_is_away_is_caught_up_with(
    office: Office, policy: Policy, tmp_path: Path
) -> None:
    seal(5)
    assert gather(office.publish(), policy) == names(policy)
    one, two = policy.witnesses
    away = Policy((one, Witness(two.key, "http://127.0.0.1:9")), 2)
    seal(5)
    assert gather(office.publish(), away) == [one.name]
    seal(5)
    assert gather(office.publish(), policy) == names(policy)
    assert (tmp_path / "two.witness.test/state.json").exists()


def other_view(office: Office, other: Office) -> None:
    """Let another signer with the same key sign another log of the same name."""
    name = f"{office.key.key_id.hex()}.pem"
    for path in other.signer_directory.glob("*.pem"):
        path.unlink()
    target = other.signer_directory / name
    target.touch(mode=0o600)
    target.write_bytes((office.signer_directory / name).read_bytes())


@pytest.mark.parametrize("count", [3, 10])
def test_a_second_view_of_the_log_is_refused(
    office: Office, policy: Policy, tmp_path: Path, count: int
) -> None:
    seal(10)
    assert gather(office.publish(), policy) == names(policy)
    forget_after(5)  # what the second auditor shall be shown
    seal(count)
    (tmp_path / "other").mkdir()
    other = Office(tmp_path / "other", now_s=office.now_s)
    other_view(office, other)
    shown = other.publish()
    with pytest.raises(SealingHalted) as halted:
        gather(shown, policy)
    assert halted.value.code == ("witness_ahead" if shown.size < 11 else "witness_refuses")
    assert not CosignatureRow.objects.filter(checkpoint=shown.number).exists()


def test_an_answer_that_is_not_the_witnesss_is_not_kept(office: Office, policy: Policy) -> None:
    one, two = policy.witnesses
    seal(5)
    swapped = Policy((Witness(one.key, two.address), Witness(two.key, two.address + "/no")), 1)
    assert gather(office.publish(), swapped) == []
    assert not CosignatureRow.objects.exists()


# -- Settings ------------------------------------------------------------------------------


def test_the_settings_name_witnesses_and_a_quorum(policy: Policy, settings: Settings) -> None:
    settings.TOLLGATE_WITNESSES = [f"{each.name} {each.address}" for each in policy.witnesses]
    settings.TOLLGATE_WITNESS_QUORUM = 2
    assert configured.policy() == policy
    settings.TOLLGATE_WITNESS_QUORUM = 3
    with pytest.raises(ImproperlyConfigured, match="QUORUM"):
        configured.policy()


@pytest.mark.parametrize("text", ["", "key", "key http://x", "{witness}", "{log} http://x"])
def test_a_witness_that_cannot_be_meant_is_refused(
    office: Office, policy: Policy, settings: Settings, text: str
) -> None:
    settings.TOLLGATE_WITNESS_QUORUM = 1
    settings.TOLLGATE_WITNESSES = [text.format(witness=policy.witnesses[0].name, log=office.key)]
    with pytest.raises(ImproperlyConfigured, match="TOLLGATE_WITNESSES"):
        configured.policy()
