"""The signer's socket and the commands of sealing, as separate processes use them."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import OperationalError
from pytest_django import Settings

from audits import reading, verification
from audits.models import CheckpointRow
from audits.sealing import configured, deployment, record
from audits.sealing.halt import SealingHalted
from audits.sealing.merkle import EMPTY_ROOT
from audits.sealing.publishing import Publisher
from audits.sealing.signer import STATE_FILE, Signed, Signer, SigningRefused, SignRequest
from audits.sealing.signing import (
    MAX_LINE_BYTES,
    Running,
    SignerAwayError,
    SignerClient,
    SignerServer,
)
from audits.sequencing import Sequencer
from tests.audits.sealing.journals import log
from tests.audits.sealing.office import NOON_S, ORIGIN, Office

pytestmark = pytest.mark.django_db
CODE = Running(package_sha256="5" * 64, version="1.2.3")
NOTHING = SignRequest(old_size=0, size=0, root=EMPTY_ROOT, proof=())


@contextmanager
def served(signer: Signer, path: Path, code: Running = CODE) -> Iterator[SignerClient]:
    """Answer at a socket in a thread meanwhile."""
    stop = threading.Event()
    server = SignerServer(signer, path, code)
    with server.listening() as listener:

        def serve() -> None:
            while not stop.is_set():
                server.answer_one(listener, within_seconds=0.05)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield SignerClient(path)
        finally:
            stop.set()
            thread.join()


def test_the_signer_answers_at_its_socket(office: Office, tmp_path: Path) -> None:
    with served(office.signer, tmp_path / "socket") as client:
        assert (tmp_path / "socket").stat().st_mode & 0o777 == 0o700
        assert client.last() == Signed()
        assert client.sign(NOTHING).startswith(b"tollgate.test/log\n0\n")
        assert client.last() == Signed(at_s=NOON_S)
        with pytest.raises(SigningRefused) as refused:
            client.sign(SignRequest(old_size=0, size=0, root=bytes(32), proof=()))
        assert refused.value.code == "other_root"
    with pytest.raises(SignerAwayError):
        client.last()


REFUSED = {
    "not JSON": b"hello\n",
    "another question": b'{"type":"key"}\n',
    "a size that is none": b'{"type":"sign","old_size":0,"size":"1","root":"","proof":[]}\n',
}


@pytest.mark.parametrize("name", REFUSED)
def test_nonsense_is_refused_and_survived(office: Office, tmp_path: Path, name: str) -> None:
    with served(office.signer, tmp_path / "socket") as client:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(tmp_path / "socket"))
            connection.sendall(REFUSED[name])
            assert json.loads(connection.recv(4096))["code"] == "request_malformed"
        assert client.last() == Signed()


@pytest.mark.parametrize("content", [b"", b"no end", b"x" * (MAX_LINE_BYTES + 1)])
def test_a_line_without_an_end_is_dropped(office: Office, tmp_path: Path, content: bytes) -> None:
    with served(office.signer, tmp_path / "socket") as client:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(tmp_path / "socket"))
            connection.sendall(content)
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(10)
            assert connection.recv(1) == b""
        assert client.last() == Signed()


def test_a_key_that_others_may_read_is_named(office: Office, tmp_path: Path) -> None:
    office.signer_directory.chmod(0o755)
    with (
        served(office.signer, tmp_path / "socket") as client,
        pytest.raises(SigningRefused) as refused,
    ):
        client.sign(NOTHING)
    assert refused.value.code == "key_unsafe"


@pytest.mark.parametrize("content", ["no key", "-----BEGIN PRIVATE KEY-----\n", ""])
def test_a_key_that_is_none_is_named_and_survived(
    office: Office, tmp_path: Path, content: str
) -> None:
    path = office.signer_directory / "damaged.pem"
    path.touch(mode=0o600)
    path.write_text(content)
    with served(office.signer, tmp_path / "socket") as client:
        with pytest.raises(SigningRefused) as refused:
            client.sign(NOTHING)
        path.unlink()
        assert client.sign(NOTHING).startswith(b"tollgate.test/log\n0\n")
    assert refused.value.code == "key_unsafe"


@pytest.mark.parametrize("content", ["", "{", '{"size":"many"}', "[]", "\xff"])
def test_a_signer_whose_memory_is_damaged_signs_nothing(
    office: Office, tmp_path: Path, content: str
) -> None:
    log(5)
    office.publish()
    path = office.signer_directory / STATE_FILE
    kept = path.read_bytes()
    path.write_bytes(content.encode("latin-1"))
    with served(office.signer, tmp_path / "socket") as client:
        publisher = Publisher(ORIGIN, office.store, client)
        with pytest.raises(SealingHalted) as halted:
            publisher.publish(now_s=office.now_s)
        with pytest.raises(SigningRefused) as refused:
            client.sign(NOTHING)
        path.write_bytes(kept)
        assert publisher.publish(now_s=office.now_s) is not None
    assert halted.value.code == refused.value.code == "memory_damaged"


def test_what_the_signer_runs_is_heard_once(office: Office, tmp_path: Path) -> None:
    heard: list[Running] = []
    with served(office.signer, tmp_path / "socket"):
        client = SignerClient(tmp_path / "socket", heard.append)
        for _ in range(3):
            client.last()
        client.sign(NOTHING)
        assert heard == [CODE]


def test_what_could_not_be_recorded_of_the_signer_is_told_again(
    office: Office, tmp_path: Path
) -> None:
    tries: list[Running] = []

    def record(code: Running) -> None:
        tries.append(code)
        if len(tries) == 1:
            raise OperationalError

    with served(office.signer, tmp_path / "socket"):
        client = SignerClient(tmp_path / "socket", record)
        with pytest.raises(OperationalError):
            client.last()
        assert [client.last(), client.last()] == [Signed()] * 2
        assert tries == [CODE] * 2


@pytest.mark.parametrize(
    ("package_sha256", "version"), [("5" * 63, "1"), ("5" * 64, "1" * 41), ("5" * 64, "\0")]
)
def test_a_signer_that_says_nonsense_of_its_code_is_not_believed(
    office: Office, tmp_path: Path, package_sha256: str, version: str
) -> None:
    said = Running(package_sha256=package_sha256, version=version)
    with (
        served(office.signer, tmp_path / "socket", said) as client,
        pytest.raises(SignerAwayError),
    ):
        client.last()


# -- Commands ------------------------------------------------------------------------------


@pytest.fixture
def configured_sealing(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """Set everything that sealing needs, and let a signer answer."""
    settings.TOLLGATE_LOG_ORIGIN = "tollgate.test/commands"
    settings.TOLLGATE_CHECKPOINT_STORE = str(tmp_path / "checkpoints")
    settings.TOLLGATE_SIGNER_SOCKET = str(tmp_path / "socket")
    settings.TOLLGATE_SIGNER_DIRECTORY = str(tmp_path / "signer")
    clock = iter(range(NOON_S, NOON_S + 1_000))
    signer = Signer(configured.signer_directory(), configured.origin(), clock.__next__)
    with served(signer, tmp_path / "socket"):
        yield


def command(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, stderr=out)
    return out.getvalue()


@pytest.mark.usefixtures("configured_sealing")
def test_sealing_by_command() -> None:
    begun = command("signing_key", "begin")
    assert begun.count("signs: tollgate.test/commands+") == 1
    assert begun.count("receipts: tollgate.test/commands/receipts+") == 1
    assert command("signing_key", "begin") == begun
    log(5)
    assert command("seal") == "7 events sealed; checkpoint of size 7 published\n"
    Sequencer().run_until_empty()
    assert command("seal").startswith("3 events sealed")  # the code of two, and the fingerprint
    assert CheckpointRow.objects.count() == 2 + 2


@pytest.mark.usefixtures("configured_sealing")
def test_the_sealer_records_which_code_the_signer_runs() -> None:
    command("signing_key", "begin")
    for _ in range(3):
        command("seal")
    loaded = reading.load(deployment.DEPLOYMENT, deployment.STREAM)
    told = {each.process: (each.package_sha256, each.version) for each in loaded.state.latest}
    assert told.keys() == {"sealer", "signer"}
    assert told["signer"] == ("5" * 64, "1.2.3")
    assert loaded.version == len(told)  # and no more, whoever started again
    assert verification.verify(only=("authority",)).is_sound


@pytest.mark.usefixtures("configured_sealing")
def test_keys_by_command() -> None:
    with pytest.raises(CommandError, match="signing_key_unknown"):
        command("signing_key", "revoke", str(configured.receipt_key().verifier_key), "--reason=x")
    command("signing_key", "create")
    with pytest.raises(CommandError, match="signing_key_exists"):
        command("signing_key", "create")
    [first] = record.current().current_keys
    with pytest.raises(CommandError, match="signing_key_last"):
        command("signing_key", "retire", first)
    with pytest.raises(CommandError, match="key_malformed"):
        command("signing_key", "retire", "key")
    assert command("signing_key", "add").count("signs: ") == 2
    assert f"retired: {first}" in command("signing_key", "retire", first)
    assert f"revoked: {first}" in command("signing_key", "revoke", first, "--reason=found a copy")
    assert command("signing_key", "list").count("signs: ") == 1


@pytest.mark.usefixtures("configured_sealing")
def test_a_halt_has_an_exit_status_of_its_own(tmp_path: Path) -> None:
    command("signing_key", "begin")
    log(5)
    command("seal")
    (tmp_path / "checkpoints").unlink()
    log(5)
    for _ in range(3):
        with pytest.raises(SystemExit) as ended:
            command("seal")
        assert ended.value.code == 3
    halt = record.current().halt
    assert halt is not None
    assert halt.code == "outside_behind"


def test_a_signer_that_is_away_is_told(settings: Settings, tmp_path: Path) -> None:
    settings.TOLLGATE_CHECKPOINT_STORE = str(tmp_path / "checkpoints")
    settings.TOLLGATE_SIGNER_SOCKET = str(tmp_path / "socket")
    with pytest.raises(SystemExit) as ended:
        command("seal")
    assert ended.value.code == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOLLGATE_CHECKPOINT_STORE", ""),
        ("TOLLGATE_SIGNER_SOCKET", ""),
        ("TOLLGATE_RECEIPT_KEY", ""),
        ("TOLLGATE_RECEIPT_KEY", "c2hvcnQ="),
        ("TOLLGATE_RECEIPT_KEY", "not base64"),
    ],
)
def test_what_is_missing_is_named(
    settings: Settings, tmp_path: Path, name: str, value: str
) -> None:
    settings.TOLLGATE_CHECKPOINT_STORE = settings.TOLLGATE_SIGNER_SOCKET = str(tmp_path / "x")
    setattr(settings, name, value)
    with pytest.raises(ImproperlyConfigured, match=name):
        configured.receipt_key() if "RECEIPT" in name else configured.publisher()
