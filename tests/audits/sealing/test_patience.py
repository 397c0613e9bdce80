"""Who waits for whom: one writer at a time, and nobody for ever for who says nothing."""

import fcntl
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from audits.sealing import files, signing
from audits.sealing.signer import LOCK_FILE, Signed, Signer
from audits.sealing.signing import SignerAwayError, SignerClient, SignerServer
from tests.audits.sealing.journals import seal
from tests.audits.sealing.office import Office
from tests.audits.sealing.test_signing import CODE, served

pytestmark = pytest.mark.django_db


def is_locked(path: Path) -> bool:
    """Tell whether somebody else keeps a file locked."""
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_one_signer_at_a_time_remembers(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    lock, seen = office.signer_directory / LOCK_FILE, []
    remember = Signer._remember  # noqa: SLF001 -- what nobody else may do meanwhile

    def look(signer: Signer, signed: Signed) -> None:
        seen.append(is_locked(lock))
        remember(signer, signed)

    seal(3)
    monkeypatch.setattr(Signer, "_remember", look)
    office.publish()
    assert seen == [True]
    assert not is_locked(lock)


def test_one_sealer_at_a_time_writes_files(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    lock, seen = office.files.directory / files.LOCK, []
    replace = files._replace

    def look(*asked: Any) -> None:
        seen.append(is_locked(lock))
        replace(*asked)

    seal(3)
    office.publish()
    monkeypatch.setattr(files, "_replace", look)
    office.files.catch_up()
    assert seen == [True] * 3
    assert not is_locked(lock)


def test_who_asks_nothing_is_hung_up_on(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing, "TIMEOUT_SECONDS", 0.1)
    path = tmp_path / "socket"
    with served(office.signer, path), socket.socket(socket.AF_UNIX) as silent:
        silent.settimeout(60)
        silent.connect(str(path))
        assert silent.recv(1) == b""


def test_a_signer_that_says_nothing_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing, "TIMEOUT_SECONDS", 0.1)
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        with pytest.raises(SignerAwayError):
            SignerClient(path).last()


def test_the_socket_alone_is_closed_to_others(office: Office, tmp_path: Path) -> None:
    """What this process writes meanwhile is as open as it was; and the socket goes when it ends."""
    path = tmp_path / "socket"
    path.write_text("what another process left")
    before = os.umask(0o022)
    try:
        with SignerServer(office.signer, path, CODE).listening():
            assert path.stat().st_mode & 0o077 == 0
            assert os.umask(0o022) == 0o022
        assert not path.exists()
    finally:
        os.umask(before)
