"""The witness as a program by itself: what it answers, what it remembers, whom it lets read its key."""

import hashlib
import json
import threading
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

import httpx
import pytest

from audits.sealing import keys
from audits.sealing.note import Checkpoint, Note, Signature, parse, sign, verify
from audits.sealing.witnesses import Policy, Witness, gather
from tests.audits.sealing.journals import seal
from tests.audits.sealing.office import NOON_S, ORIGIN, Office
from tests.audits.sealing.watchers import running
from verifier import tollgate_witness

pytestmark = pytest.mark.django_db


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
