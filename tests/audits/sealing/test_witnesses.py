"""Witnesses: two programs on their own see every checkpoint, and a second view of the log is refused."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

import httpx
import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from audits.models import CosignatureRow
from audits.sealing import checkpoints, configured, keys
from audits.sealing.halt import SealingHalted
from audits.sealing.note import Checkpoint, Note, Signature, parse, sign, verify
from audits.sealing.witnesses import Policy, Witness, gather, parse_witness
from tests.audits.sealing.journals import seal
from tests.audits.sealing.office import NOON_S, ORIGIN, Office
from tests.audits.sealing.test_attacks import forget_after
from verifier import tollgate_witness

pytestmark = pytest.mark.django_db


@contextmanager
def running(directory: Path, name: str, log_key: str) -> Iterator[Witness]:
    """Run a witness in a thread, with its state in a directory of its own."""
    home = directory / name
    home.mkdir(exist_ok=True)
    path = home / "key"
    if not path.exists():
        (home / "verifier-key").write_text(tollgate_witness.keygen(name, path))
    witness = tollgate_witness.Witness(
        *tollgate_witness.load_key(path),
        [tollgate_witness.parse_log_key(log_key)],
        home / "state.json",
    )
    served = tollgate_witness.Server(witness, ("127.0.0.1", 0), lambda: NOON_S)
    thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        key = (home / "verifier-key").read_text()
        yield parse_witness(f"{key} http://127.0.0.1:{served.server_address[1]}/")
    finally:
        served.shutdown()
        served.server_close()
        thread.join()


@pytest.fixture
def policy(office: Office, tmp_path: Path) -> Iterator[Policy]:
    """Two witnesses, both needed."""
    with ExitStack() as exits:
        witnesses = [
            exits.enter_context(running(tmp_path, name, str(office.key)))
            for name in ("one.witness.test", "two.witness.test")
        ]
        yield Policy(tuple(witnesses), 2)


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


# -- The program by itself -----------------------------------------------------------------


def asked(witness: Witness, body: str | bytes) -> httpx.Response:
    return httpx.post(f"{witness.address}/add-checkpoint", content=body, timeout=10)


def wrong_line(note: str) -> str:
    """Give the first signature line of a note with its last bit flipped."""
    [line, *_] = parse(note.encode()).signatures
    flipped = line.content[:-1] + bytes([line.content[-1] ^ 1])
    return str(Signature(line.name, line.key_id, flipped))


def test_it_says_no_as_the_protocol_has_it(office: Office, policy: Policy) -> None:
    witness = policy.witnesses[0]
    seal(5)
    first = office.publish()
    note = first.note.decode()
    assert asked(witness, "old 0\n\n" + note).status_code == 200
    assert asked(witness, "old 6\n\n" + note).status_code == 200  # nothing new, and the same
    stale = asked(witness, "old 0\n\n" + note)
    assert (stale.status_code, stale.text) == (409, "6\n")
    assert stale.headers["Content-Type"] == "text/x.tlog.size"
    assert asked(witness, "old 7\n\n" + note).status_code == 400
    assert asked(witness, "old 6\n\n" + note.replace("tollgate.test", "other")).status_code == 404
    assert asked(witness, "old 6\n\n" + note.replace("\n6\n", "\n7\n")).status_code == 403
    assert asked(witness, "old 6\n\n" + note + wrong_line(note)).status_code == 403
    assert asked(witness, "old 6\n" + "A" * 43 + "=\n\n" + note).status_code == 422
    seal(5)
    second = office.publish().note.decode()
    assert asked(witness, "old 6\n\n" + second).status_code == 422
    assert asked(witness, "old 6\n" + "A" * 43 + "=\n\n" + second).status_code == 422
    assert httpx.post(f"{witness.address}/other", content=note).status_code == 404
    assert asked(witness, b"x" * 65_537).status_code == 413


def other_root(office: Office, size: int) -> str:
    """Sign a checkpoint of that size that says another root than any tree of ours has."""
    [key] = keys.load(office.signer_directory, ORIGIN)
    text = Checkpoint(ORIGIN, size, b"\x07" * 32).text()
    return str(bytes(Note(text, (sign(text, key),))), "utf-8")


@pytest.mark.parametrize("size", [0, 6])
def test_another_root_for_the_same_size_is_refused_with_422(
    office: Office, policy: Policy, size: int
) -> None:
    witness = policy.witnesses[0]
    if size:
        seal(5)
        gather(office.publish(), policy)
    assert asked(witness, f"old {size}\n\n{other_root(office, size)}").status_code == 422


def test_whoever_asks_a_witness_is_shown_what_it_cosigned_last(
    office: Office, policy: Policy
) -> None:
    witness = policy.witnesses[0]
    place = f"{witness.address}/{hashlib.sha256(ORIGIN.encode()).hexdigest()}/checkpoint"
    assert httpx.get(place).status_code == 404
    for count in (5, 0, 5):
        seal(count)
        published = office.publish()
        gather(published, policy)
        note = parse(httpx.get(place).content)
        assert note.text == parse(published.note).text
        [log, own] = verify(note, [office.key, witness.key])
        assert (log.key, log.signed_at_s) == (office.key, None)
        assert (own.key, own.signed_at_s) == (witness.key, NOON_S)
    assert httpx.get(place.replace("/checkpoint", "")).status_code == 404
    assert httpx.get(place[:-1]).status_code == 404


def test_connections_may_be_kept(office: Office, policy: Policy) -> None:
    address = policy.witnesses[0].address.removeprefix("http://")
    seal(5)
    body = b"old 0\n\n" + office.publish().note
    connection = HTTPConnection(address, timeout=60)
    for _ in range(2):
        connection.request("POST", "/add-checkpoint", body)
        answer = connection.getresponse()
        answer.read()
        body = body.replace(b"old 0\n", b"old 6\n")
        assert (answer.status, answer.will_close) == (200, False)
    connection.close()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\n",
        b"old 0\n",
        b"old 01\n\nlog\n1\nAAAA\n\n",
        b"old 0\n\nlog\n1\nAAAA\n\n\xe2\x80\x94 name AAAA\n",
        b"size 0\n\nlog\n",
        b"old 0\nnot base64\n\nlog\n",
        b"old 0\n" + b"A" * 43 + b"=\n" * 64,
        b"old 0\t\n\nlog\n",
    ],
)
def test_nonsense_is_answered_with_400(policy: Policy, body: bytes) -> None:
    assert asked(policy.witnesses[0], body).status_code == 400


def test_it_remembers_over_a_restart(office: Office, tmp_path: Path) -> None:
    seal(5)
    note = office.publish().note.decode()
    for expected in (200, 409):
        with running(tmp_path, "solo", str(office.key)) as witness:
            assert asked(witness, "old 0\n\n" + note).status_code == expected


STATES: Final[dict[str, Callable[[Path], object]]] = {
    "gone": Path.unlink,
    "empty": lambda path: path.write_text(""),
    "a list": lambda path: path.write_text("[]"),
    "without a root": lambda path: path.write_text('{"tollgate.test/log": {"size": 6}}'),
    "without a size": lambda path: path.write_text('{"tollgate.test/log": 6}'),
}


@pytest.mark.parametrize("name", STATES)
def test_a_witness_that_lost_its_memory_cosigns_nothing(
    office: Office, tmp_path: Path, name: str
) -> None:
    seal(5)
    note = office.publish().note.decode()
    state = tmp_path / "solo/state.json"
    with running(tmp_path, "solo", str(office.key)) as witness:
        assert asked(witness, "old 0\n\n" + note).status_code == 200
        STATES[name](state)
        assert asked(witness, "old 0\n\n" + note).status_code == 500
    if state.exists():
        with (
            pytest.raises(ValueError, match="is damaged"),
            running(tmp_path, "solo", str(office.key)),
        ):
            pass


def test_a_state_of_before_notes_were_kept_is_read(office: Office, tmp_path: Path) -> None:
    seal(5)
    published = office.publish()
    (tmp_path / "solo").mkdir()
    state = {ORIGIN: {"size": published.size, "root": published.root.hex()}}
    (tmp_path / "solo/state.json").write_text(json.dumps(state))
    with running(tmp_path, "solo", str(office.key)) as witness:
        assert asked(witness, b"old 6\n\n" + published.note).status_code == 200


def test_two_at_once_never_go_back(office: Office, tmp_path: Path) -> None:
    seal(5)
    note = office.publish().note
    with running(tmp_path, "solo", str(office.key)) as witness:
        answers = []
        threads = [
            threading.Thread(
                target=lambda: answers.append(asked(witness, b"old 0\n\n" + note).status_code)
            )
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(answers) == [200] + [409] * 7


def test_the_program_guards_its_key(tmp_path: Path) -> None:
    path = tmp_path / "key"
    tollgate_witness.main(["keygen", "--name", "w", "--key", str(path)])
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(SystemExit, match="File exists"):
        tollgate_witness.main(["keygen", "--name", "w", "--key", str(path)])
    path.chmod(0o640)
    serve = ["serve", "--key", str(path), "--state", str(tmp_path / "state"), "--log", "x"]
    with pytest.raises(SystemExit, match="closed to others"):
        tollgate_witness.main(serve)
    path.chmod(0o600)
    with pytest.raises(SystemExit, match=r"^serve: key_malformed: .*: x$"):
        tollgate_witness.main(serve)
    with pytest.raises(SystemExit, match="neither spaces"):
        tollgate_witness.main(["keygen", "--name", "a b", "--key", str(tmp_path / "other")])


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
